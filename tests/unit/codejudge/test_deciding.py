"""Every rule of the spec's table of verdicts, alone and against every other (CodeElo judge spec, sections 1 and 4)."""

import itertools
import signal

import pytest

from veriloop.codejudge.deciding import Bounds, borderline, ending, result, summary
from veriloop.codejudge.rulings import accepted, fault, partial, refused
from veriloop.codejudge.verdicts import PRECEDENCE, Code, TestResult
from veriloop.sandbox.limits import MIB
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome, Stopped

BOUNDS = Bounds(cpu_s=2.0, memory=256 * MIB, output=1000)
HELD = Isolation(Mode.NAMESPACES, "native", ("seccomp",))
GOOD = {
    "exit": 0, "signal": None, "cpu_s": 0.5, "wall_s": 0.6, "peak": 10 * MIB, "peak_source": "cgroup",
    "isolation": HELD, "stopped": None, "stdout_bytes": 10, "stderr": b"",
}  # fmt: skip


def run(**changes) -> Outcome:
    return Outcome(**(GOOD | changes))


def code(**changes) -> Code | None:
    found = ending(run(**changes), BOUNDS)
    return found[0] if found else None


def test_a_good_run_decides_nothing_by_itself():
    assert code() is None
    assert code(cpu_s=2.0, peak=256 * MIB, stdout_bytes=1000) is None  # at every limit, over none


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cpu_s": 2.001}, Code.TLE),
        ({"cpu_s": 1.99, "stopped": Stopped.CPU, "exit": None, "signal": 9}, Code.TLE),
        ({"exit": None, "signal": signal.SIGXCPU}, Code.TLE),
        ({"cpu_s": 0.0, "wall_s": 6.0, "stopped": Stopped.WALL, "exit": None, "signal": 9}, Code.ILE),
        ({"cpu_s": 0.99, "wall_s": 6.0, "stopped": Stopped.WALL, "exit": None, "signal": 9}, Code.ILE),
        ({"cpu_s": 1.0, "wall_s": 6.0, "stopped": Stopped.WALL, "exit": None, "signal": 9}, Code.TLE),
        ({"peak": 256 * MIB + 1}, Code.MLE),
        ({"stopped": Stopped.MEMORY, "exit": None, "signal": 9}, Code.MLE),
        ({"stdout_bytes": 1001}, Code.OLE),
        ({"stopped": Stopped.OUTPUT, "exit": None, "signal": 9}, Code.OLE),
        ({"exit": None, "signal": signal.SIGXFSZ}, Code.OLE),
        ({"exit": 1}, Code.RE),
        ({"exit": None, "signal": signal.SIGSEGV}, Code.RE),
        ({"exit": None, "signal": 9}, Code.RE),
        ({"exit": None, "signal": signal.SIGSYS}, Code.SV),
        ({"stopped": Stopped.SECURITY, "exit": None, "signal": signal.SIGSYS}, Code.SV),
    ],
)  # fmt: skip
def test_each_rule_alone(changes, expected):
    assert code(**changes) is expected


NEAR, FAR = 245 * MIB, 200 * MIB  # 95 % of 256 is 243.2


@pytest.mark.parametrize(
    ("changes", "near"),
    [
        ({"exit": 1, "stderr": b"MemoryError\n"}, Code.MLE),
        ({"exit": None, "signal": signal.SIGABRT, "stderr": b"what(): std::bad_alloc"}, Code.MLE),
        ({"exit": 3, "stderr": b"java.lang.OutOfMemoryError: Java heap space"}, Code.MLE),
        ({"exit": None, "signal": signal.SIGABRT, "stderr": b"JavaScript heap out of memory"}, Code.MLE),
        ({"exit": None, "signal": signal.SIGABRT, "stderr": b"memory allocation of 8192 bytes failed"}, Code.MLE),
        ({"exit": 2, "stderr": b"fatal error: runtime: cannot allocate memory"}, Code.MLE),
        ({"exit": None, "signal": signal.SIGSEGV}, Code.MLE),
        ({"exit": 1, "stderr": b"IndexError"}, Code.RE),
        ({"exit": 0, "stderr": b"MemoryError"}, None),
    ],
)  # fmt: skip
def test_an_allocation_that_fails_is_the_limits_doing_only_near_the_limit(changes, near):
    assert code(peak=NEAR, **changes) is near
    assert code(peak=FAR, **changes) is (None if near is None else Code.RE)


def test_a_runtime_that_gives_up_at_its_own_limit_is_over_the_problems():
    """A JVM with -Xmx256m fails at 256 MiB of heap, below the limit of its process."""
    bounds = Bounds(2.0, (256 + 64) * MIB, 1000, runtime=64 * MIB)
    fails = {"exit": 3, "stderr": b"java.lang.OutOfMemoryError"}
    assert ending(run(peak=NEAR, **fails), bounds)[0] is Code.MLE
    assert ending(run(peak=FAR, **fails), bounds)[0] is Code.RE
    assert ending(run(peak=300 * MIB), bounds) is None
    assert ending(run(peak=321 * MIB), bounds) == (
        Code.MLE,
        "321.0 MiB at its peak, the limit is 256 MiB and 64 for the runtime",
    )
    stopped = ending(run(peak=300 * MIB, exit=None, signal=9, stopped=Stopped.MEMORY), bounds)
    assert stopped is not None
    assert stopped[1].startswith("stopped at 300.0 MiB as it asked for more, the limit is 256 MiB")


SIGNS = {
    Code.TLE: {"cpu_s": 2.5},
    Code.MLE: {"peak": 300 * MIB},
    Code.OLE: {"stdout_bytes": 2000},
    Code.RE: {"exit": 1},
}


@pytest.mark.parametrize("size", [2, 3, 4])
def test_of_several_the_first_in_the_precedence_stands(size):
    for chosen in itertools.combinations(SIGNS, size):
        changes = {k: v for c in chosen for k, v in SIGNS[c].items()}
        assert code(**changes) is min(chosen, key=PRECEDENCE.index), chosen


def test_a_killed_run_is_never_a_runtime_error_as_well():
    for stopped in Stopped:
        assert code(exit=None, signal=9, stopped=stopped) is not Code.RE


def test_messages_tell_the_figure_and_the_limit():
    assert ending(run(cpu_s=2.5), BOUNDS) == (Code.TLE, "2.50 s of CPU, the limit is 2 s")
    found = ending(run(exit=None, signal=11, stderr=b"last \xff\0 words\n"), BOUNDS)
    assert found == (Code.RE, "killed by SIGSEGV: last \\xff\\x00 words")
    assert ending(run(exit=None, signal=60), BOUNDS) == (Code.RE, "killed by signal 60")
    found = ending(run(exit=1, stderr=b"x" * 100_000), BOUNDS)
    assert found is not None
    assert len(found[1]) < 1000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cpu_s": 2.1}, True),
        ({"cpu_s": 2.59}, True),
        ({"cpu_s": 2.6}, False),
        ({"cpu_s": 1.9}, False),
        ({"cpu_s": 1.9, "stopped": Stopped.CPU}, True),
        ({"cpu_s": 0.0, "wall_s": 6.0, "stopped": Stopped.WALL}, False),  # asleep
        ({"cpu_s": 0.8, "wall_s": 6.0, "stopped": Stopped.WALL}, True),  # starved
    ],
)
def test_only_refusals_for_time_near_the_limit_are_measured_again(changes, expected):
    assert borderline(run(**changes), BOUNDS) is expected


def test_a_result_holds_the_run_and_the_ruling():
    made = result("7", run(), ended=None, ruling=refused("differs at 3", exit=1))
    assert (made.code, made.score, made.checker_exit, made.message) == (
        Code.WA,
        0.0,
        1,
        "differs at 3",
    )
    assert (made.cpu_s, made.peak, made.isolation) == (0.5, 10 * MIB, "namespaces/native+seccomp")
    ended = result("7", run(exit=1), ended=(Code.RE, "exit code 1"))
    assert (ended.code, ended.score, ended.exit) == (Code.RE, 0.0, 1)
    assert result("7", run(), ended=None, ruling=fault("broken")).score is None
    with pytest.raises(ValueError, match="ruling"):
        result("7", run(), ended=None)


def results(*codes: Code) -> tuple[TestResult, ...]:
    scores = {Code.AC: 1.0, Code.PC: 0.25, Code.JE: None, Code.SK: None}
    return tuple(TestResult(str(i), c, scores.get(c, 0.0)) for i, c in enumerate(codes))


@pytest.mark.parametrize(
    ("codes", "points", "expected"),
    [
        ((Code.AC, Code.AC), (1, 1), (Code.AC, 1.0)),
        ((Code.AC, Code.WA, Code.TLE, Code.AC), (1, 1, 1, 1), (Code.WA, 0.5)),
        ((Code.AC, Code.TLE, Code.WA), (3, 1, 1), (Code.TLE, 0.6)),
        ((Code.AC, Code.PC), (1, 3), (Code.PC, 0.4375)),
        ((Code.WA, Code.AC, Code.JE), (1, 1, 1), (Code.JE, None)),
        ((Code.AC, Code.WA, Code.SK), (1, 1, 1), (Code.WA, None)),
        ((Code.AC, Code.AC), (0, 0), (Code.AC, 1.0)),
        ((Code.AC, Code.WA), (0, 0), (Code.WA, 0.0)),
    ],
)
def test_a_submissions_verdict_and_score(codes, points, expected):
    assert summary(results(*codes), points) == expected


def test_partial_rulings_keep_their_share():
    made = result("1", run(), ended=None, ruling=partial(3, of=4))
    assert (made.code, made.score) == (Code.PC, 0.75)
    assert result("1", run(), ended=None, ruling=accepted()).score == 1.0
