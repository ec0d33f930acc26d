"""Equality of answers: math-verify's verdicts, whatever its workers go through."""

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from veriloop.errors import VerifierError
from veriloop.verify.equality import EqualityFailed, MathEquality

# Neither side is plain, and sympy tries to compute them: no end in sight.
TOWER = ("9^{9^{9^{9}}}", "9^{9^{9^{8}}}")


def workers_of(parent: int) -> list[int]:
    """Process ids of the equality workers that ``parent`` started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(stat[1]) == parent and stat[0] != "Z" and "equality_worker" in command:
            found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(met, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


async def with_equality(use, **options):
    equality = MathEquality(**options)
    try:
        return await use(equality)
    finally:
        await equality.close()


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("reference", "answer", "equal"),
    [
        ("70,000", "70000", True),
        ("4a-2", "2(2a-1)", True),
        ("4x", "4", False),
        (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt 2}", True),
        (r"\{1, 2, 3\}", "3, 2, 1", True),
        ("(1, 2)", "(2, 1)", False),
        ("5", "x = 5", True),
        (r"$\text{Evelyn}$", "Evelyn", True),
        (r"5 \text{ cm}", "5", True),
        ("28", r"\sqrt{34}+3\sqrt{10}", False),
        ("0.3333333", "1/3", True),
        ("1 < x < 2", "(1, 2)", True),
        ("(1, 2)", "1 < x < 2", False),  # the reference comes first: math-verify is not symmetric
    ],
)
def test_verdicts_are_those_of_mathematics(shared_equality, reference, answer, equal, fast):
    assert shared_equality(reference, answer, fast) is equal


@pytest.fixture(scope="module")
def shared_equality():
    """One pair of checkers for the module: workers start once, though every call has its own event loop."""
    checkers = {fast: MathEquality(timeout=30, workers=1, fast=fast) for fast in (True, False)}
    yield lambda reference, answer, fast: asyncio.run(checkers[fast].equal(reference, answer))
    for checker in checkers.values():
        asyncio.run(checker.close())


def test_repr_rebuilds_it_and_records_name_the_library():
    equality = MathEquality(timeout=2.5, workers=3)
    assert eval(repr(equality)) == equality == pickle.loads(pickle.dumps(equality))
    assert equality.name.startswith("math-verify 0.")
    with pytest.raises(ValueError, match="timeout=0"):
        MathEquality(timeout=0)


@needs_proc
def test_plain_answers_start_no_worker_and_a_closed_one_can_be_used_again():
    async def use(equality):
        before = workers_of(os.getpid())
        assert await equality.equal("1,000", "1000")
        assert workers_of(os.getpid()) == before
        assert await equality.equal("x+1", "1+x")
        assert len(workers_of(os.getpid())) == len(before) + 1
        assert pickle.loads(pickle.dumps(equality)) == equality
        await equality.close()
        assert workers_of(os.getpid()) == before
        assert await equality.equal("x+1", "1+x")

    asyncio.run(with_equality(use))


def test_a_pair_that_hangs_fails_in_time_and_nobody_else_does():
    async def use(equality):
        others = [equality.equal(f"x+{i}", f"{i}+x") for i in range(100)]
        found = await asyncio.gather(
            equality.equal(*TOWER), *others, equality.equal(*TOWER), return_exceptions=True
        )
        assert found[1:-1] == [True] * 100
        for failure in (found[0], found[-1]):
            assert isinstance(failure, EqualityFailed)
            assert isinstance(failure, VerifierError)
            assert "no result within 1.5 s" in str(failure)
            assert TOWER[1] in str(failure)
        assert await equality.equal("y+1", "1+y")

    asyncio.run(with_equality(use, timeout=1.5, workers=2))


def test_one_worker_goes_on_after_a_pair_that_hangs():
    async def use(equality):
        tower = asyncio.create_task(equality.equal(*TOWER))
        await asyncio.sleep(0)
        assert await equality.equal("y+1", "1+y")
        assert tower.done()
        assert isinstance(tower.exception(), EqualityFailed)

    asyncio.run(with_equality(use, timeout=1.5, workers=1))


def test_a_tower_that_equals_itself_needs_no_computation():
    assert asyncio.run(with_equality(lambda e: e.equal(TOWER[0], TOWER[0]), timeout=1.5)) is True


def test_a_caller_that_gives_up_takes_nobody_with_it():
    async def use(equality):
        first, second = (asyncio.create_task(equality.equal("z+1", "1+z")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second is True
        assert first.cancelled()

    asyncio.run(with_equality(use))


def test_many_threads_with_loops_of_their_own_share_it():
    equality, said = MathEquality(workers=2), []

    def ask(k: int) -> None:
        async def some():
            return await asyncio.gather(
                *(equality.equal(f"x+{i}", f"{i + k % 2}+x") for i in range(20))
            )

        said.append((k, asyncio.run(some())))

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(equality.close())
    assert sorted(said) == [(k, [k % 2 == 0] * 20) for k in range(4)]


@needs_proc
def test_a_worker_killed_while_idle_is_replaced_and_nobody_notices():
    async def use(equality):
        before = set(workers_of(os.getpid()))
        assert await equality.equal("x+1", "1+x")
        (worker,) = set(workers_of(os.getpid())) - before
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not alive(worker))
        assert await equality.equal("x+2", "2+x")

    asyncio.run(with_equality(use, workers=1))


@needs_proc
def test_a_pair_on_which_two_workers_die_fails():
    async def use(equality):
        before = set(workers_of(os.getpid()))
        assert await equality.equal("x+1", "1+x")
        tower = asyncio.create_task(equality.equal(*TOWER))
        killed: set[int] = set()
        for _ in range(2):
            while not (new := set(workers_of(os.getpid())) - before - killed):
                await asyncio.sleep(0.02)
            (worker,) = new
            while cpu_seconds(worker) < 2:  # more than its start takes: it is at the tower
                await asyncio.sleep(0.02)
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
        with pytest.raises(EqualityFailed, match="the worker died twice"):
            await tower

    asyncio.run(with_equality(use, timeout=60, workers=1))


PARENT = """
import asyncio
from veriloop.verify.equality import MathEquality
async def main():
    equality = MathEquality(timeout=4, workers=2)
    await equality.equal("x+1", "1+x")
    tower = asyncio.create_task(equality.equal({0!r}, {1!r}))
    await asyncio.sleep(0.2)
    await equality.equal("y+1", "1+y")
    print("busy", flush=True)
    await tower
asyncio.run(main())
"""


@needs_proc
def test_no_worker_outlives_a_parent_that_is_killed():
    """One worker is idle and one hangs when SIGKILL comes: the first ends with its input, the second by its alarm."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(*TOWER)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == "busy\n"
        workers = workers_of(parent.pid)
        parent.kill()
        parent.wait()
    assert len(workers) == 2
    wait_until(lambda: not any(alive(worker) for worker in workers))


def test_an_interpreter_that_ends_without_closing_says_nothing():
    code = (
        "import asyncio; from veriloop.verify.equality import MathEquality; e = MathEquality(); "
        "print(asyncio.run(e.equal('x+1', '1+x')))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_real_answers_are_judged_as_the_official_code_judged_them(shared_data):
    """Of 800, one differs: the official code does not read the reference 10{,}000 and calls 10000 wrong."""
    text = (shared_data("best_of_n") / "math_cot_100.jsonl").read_text("utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    pairs = [(row["gt"], answer) for row in records for answer in row["pred"]]

    async def use(equality):
        return await asyncio.gather(*(equality.equal(*pair) for pair in pairs))

    official = [score for row in records for score in row["score"]]
    for fast in (True, False):
        said = asyncio.run(with_equality(use, fast=fast, timeout=30))
        differ = [pair for pair, a, b in zip(pairs, said, official, strict=True) if a != b]
        assert differ == [("10{,}000", "10000")]
