"""Interactions: submissions whose folder names the verdict, both conventions, and who is to blame for a bad end."""

import os
import signal
import threading
from pathlib import Path

import pytest

from veriloop.codejudge.checkers import Checker
from veriloop.codejudge.deciding import Bounds
from veriloop.codejudge.interactive import Interactor
from veriloop.codejudge.problem import Test
from veriloop.codejudge.verdicts import Code
from veriloop.errors import SandboxError
from veriloop.sandbox.limits import MIB

GUESS = Path(__file__).parents[2] / "data" / "judge" / "guess"
SUBMISSIONS = sorted((GUESS / "submissions").glob("*/*.py"))
TIME_S = 0.2


@pytest.fixture(scope="module")
def guess(build):
    source = (GUESS / "interactor.c").read_bytes()
    few = Checker(build((GUESS / "few_guesses.py").read_bytes()))
    return {
        "testlib": Interactor(build(source, "c"), checker=few, patience_s=1.0),
        "kattis": Interactor(build(source, "c", defines=("KATTIS",)), "kattis", patience_s=1.0),
    }


@pytest.fixture
def hold(build, boxes):
    """Lets a submission in Python talk with an interactor."""

    def talk(interactor, source, test=None, *, output=MIB, language="python"):
        submission = build(source, language, cpu_s=1.3 * TIME_S, memory=64 * MIB)
        boxes[0].load(submission.files)
        return interactor.talk(
            boxes,
            test or Test("1", b"500", b"", points=1.0),
            submission=submission,
            bounds=Bounds(TIME_S, 64 * MIB, output),
        )

    return talk


def verdict(talk):
    return talk.ended[0] if talk.ended else talk.ruling.code


def words(talk):
    return talk.ended[1] if talk.ended else talk.ruling.message


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_submission_gets_the_verdict_that_its_folder_names(guess, hold, path):
    talk = hold(guess["testlib"], path.read_bytes())
    assert verdict(talk) == path.parent.name, talk


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AC/binary", Code.AC),
        ("WA/counts_up_and_dies_of_the_end", Code.WA),
        ("ILE/no_flush", Code.ILE),  # not the 43 of a validator that then reads the end
        ("RE/after_correct", Code.RE),
        ("TLE/after_correct", Code.TLE),
        ("PE/words", Code.WA),
    ],
)
def test_the_other_convention_gives_the_same_verdicts(guess, hold, name, code):
    talk = hold(guess["kattis"], (GUESS / "submissions" / f"{name}.py").read_bytes())
    assert verdict(talk) is code, talk
    if code is Code.WA:
        assert "after" in words(talk)  # what the validator wrote into judgemessage.txt


def test_the_checker_reads_what_the_interactor_wrote(guess, hold):
    source = (GUESS / "submissions" / "AC" / "binary.py").read_bytes()
    quick = hold(guess["testlib"], source, Test("1", b"250", b"", points=1.0))
    assert (quick.ruling.code, quick.ruling.message) == (Code.AC, "ok quick")
    slow = hold(guess["testlib"], source, Test("1", b"1000", b"", points=1.0))
    assert (slow.ruling.code, slow.ruling.score) == (Code.PC, 0.5)


def test_the_transcript_tells_who_said_what(guess, hold):
    source = (GUESS / "submissions" / "WA" / "gives_up.py").read_bytes()
    talk = hold(guess["testlib"], source)
    assert talk.transcript == "< 1\n> higher"
    assert talk.ruling.message == "no guess after 2 [the talk ended: < 1 | > higher]"
    assert talk.outcome.stdout_bytes == 2


LISTENS = "import sys\nwhile sys.stdin.buffer.read(65536): pass\n"
TELLS = "import sys, time\nprint('wrong', flush=True)\ntime.sleep(0.03)\nsys.exit(1)\n"
ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)\n"


def interactor(build, source, **limits):
    return Interactor(build(source, **limits), patience_s=1.0)


@pytest.mark.parametrize(
    ("jury", "submission", "code"),
    [
        # The interactor has decided, says so, and ends a moment after the submission has crashed of it.
        (TELLS, "input()\nraise SystemExit(1)\n", Code.WA),
        # The same crash with an interactor that decides only when it sees the end.
        (LISTENS + "sys.exit(1)\n", "raise SystemExit(1)\n", Code.RE),
        (LISTENS + "sys.exit(1)\n", "print(1)\n", Code.WA),
        (LISTENS, "print(1)\n", Code.AC),
        # One that never stops talking does not hang the judge, however willing its listener is.
        (LISTENS, "while True: print('x' * 999, flush=True)\n", Code.OLE),
        (LISTENS, "import os\nos.close(1)\nwhile True: pass\n", Code.TLE),
        # Both wait.
        (LISTENS, "input()\n", Code.ILE),
        # The interactor waits for an answer to a question that nobody reads.
        ("input()\n", "import time\ntime.sleep(60)\n", Code.ILE),
        # Refused first, and asleep for ever after: the wall limit ends it, the refusal stands.
        ("import sys; sys.exit(1)\n", "import time\ntime.sleep(60)\n", Code.WA),
        ("import sys; sys.exit(2)\n", "while True: pass\n", Code.PE),
        ("", "while True: pass\n", Code.TLE),
        # The jury's own faults, whatever the submission does of it.
        ("import sys; sys.exit(3)\n", "input()\n", Code.JE),
        ("import sys; sys.exit(9)\n", "print(1)\n", Code.JE),
        ("import os; os.abort()\n", "input()\n", Code.JE),
        ("while True: pass\n", "input()\n", Code.JE),
        # An interactor that dies because a crashed submission reads no more is not at fault.
        ("while True: print('x' * 99999, flush=True)\n", "raise SystemExit(1)\n", Code.RE),
        ("import sys; sys.stderr.write('points 0.5'); sys.exit(7)\n", "", Code.PC),
        (
            "import sys; sys.stderr.write('points 0.5'); sys.exit(7)\n",
            "raise SystemExit(1)\n",
            Code.RE,
        ),
    ],
)
def test_who_is_to_blame(build, hold, jury, submission, code):
    talk = hold(interactor(build, jury, cpu_s=0.25), submission)
    assert verdict(talk) is code, talk


def test_a_submission_sees_only_its_two_pipes(build, hold):
    source = (
        "import os\n"
        "open_ones = []\n"
        "for fd in range(64):\n"
        "    try: os.fstat(fd); open_ones.append(fd)\n"
        "    except OSError: pass\n"
        "print(open_ones, os.listdir('.'))\n"
    )
    talk = hold(interactor(build, LISTENS), source, Test("1", b"secret", b"answer"))
    assert talk.transcript == "< [0, 1, 2] ['main.py']"


def test_an_accepting_interactor_without_a_tout_is_at_fault_if_a_checker_wants_it(build, hold):
    jury = Interactor(build(""), checker=Checker(build("")), patience_s=1.0)
    talk = hold(jury, "")
    assert (talk.ruling.code, "tout" in talk.ruling.message) == (Code.JE, True)


def test_a_slow_checker_and_an_answer_file_reach_the_interactor(build, hold):
    jury = interactor(build, "import sys; sys.exit(open(sys.argv[3]).read() != 'the answer')")
    assert verdict(hold(jury, "", Test("1", b"", b"the answer"))) is Code.AC
    alone = interactor(build, "import sys; sys.exit(len(sys.argv) != 3)")
    assert verdict(hold(alone, "", Test("1", b""))) is Code.AC


def test_many_exchanges_and_large_messages_pass(build, hold):
    asks = (
        "import sys\n"
        "for size in [10] * 2000 + [300_000] * 5:\n"
        "    line = 'y' * size + '\\n'\n"
        "    sys.stdout.write(line); sys.stdout.flush()\n"
        "    if sys.stdin.readline() != line: sys.exit(1)\n"
    )
    talk = hold(interactor(build, asks), ECHO, output=4 * MIB)
    assert verdict(talk) is Code.AC, talk
    assert talk.outcome.stdout_bytes == 2000 * 11 + 5 * 300_001
    assert len(talk.transcript) < 100_000


def test_a_box_that_fails_is_told_and_leaves_neither_thread_nor_descriptor(build, boxes):
    def count():
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    submission = build("input()", cpu_s=TIME_S)
    boxes[0].load(submission.files)
    jury = interactor(build, LISTENS)
    os.kill(boxes[0].pid, signal.SIGKILL)
    before = count()
    with pytest.raises(SandboxError):
        jury.talk(boxes, Test("1", b""), submission=submission, bounds=Bounds(TIME_S, MIB, MIB))
    threads, descriptors = count()
    assert threads == before[0]
    assert descriptors <= before[1]  # the box has closed its own
