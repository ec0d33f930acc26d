"""Relay processes: lent again, replaced where they died, and gone when their judge is."""

import os
import signal
import subprocess
import sys
import time

import pytest

from veriloop.codejudge import relays
from veriloop.codejudge.relay import JURY, MINE
from veriloop.errors import SandboxError


@pytest.fixture(autouse=True)
def none_left():
    relays.close_all()
    yield
    relays.close_all()


def carry(process, *, limits=(1000, 1000), said=b"", asked=b""):
    """One conversation in which both say what they have to say, and end."""
    pipes = [os.pipe() for _ in range(4)]
    mine, heard, jury, told = pipes
    process.take((mine[0], heard[1], jury[0], told[1]), limits)
    os.write(mine[1], said)
    os.write(jury[1], asked)
    os.close(mine[1])
    os.close(jury[1])
    process.ended(MINE, False)
    process.ended(JURY, True)
    try:
        return process.result()
    finally:
        os.close(heard[0])
        os.close(told[0])


def test_a_relay_is_lent_again_and_remembers_nothing():
    with relays.lent() as first:
        carried = carry(first, said=b"1\n2\n", asked=b"\xff?\n")
    assert (carried.jury_first, carried.said, carried.asked) == (False, 4, 3)
    assert sorted(carried.transcript().splitlines()) == ["< 1", "< 2", "> \\xff?"]
    with relays.lent() as second:
        assert second is first
        assert carry(second) == relays.Carried(False, 0, 0)


def test_two_at_once_are_two():
    with relays.lent() as one, relays.lent() as other:
        assert one is not other


def test_one_that_was_given_up_is_not_lent_again():
    with pytest.raises(KeyboardInterrupt), relays.lent() as given_up:
        raise KeyboardInterrupt
    assert not given_up.alive
    with relays.lent() as fresh:
        assert fresh is not given_up


def test_one_that_died_is_replaced_and_one_that_dies_is_an_error():
    with relays.lent() as first:
        carry(first)
    first._process.send_signal(signal.SIGKILL)
    first._process.wait()
    with relays.lent() as second:
        assert carry(second, said=b"x").said == 1
    with relays.lent() as third:
        third._process.kill()
        with pytest.raises(SandboxError):
            carry(third)


def test_a_fork_of_the_judge_starts_relays_of_its_own():
    code = (  # in a process of its own: this one has threads
        "import os\n"
        "from veriloop.codejudge import relays\n"
        "with relays.lent() as first: pass\n"
        "pid = os.fork()\n"
        "with relays.lent() as mine: os.write(1, f'{mine is first} {mine.alive}\\n'.encode())\n"
        "if pid: os.waitpid(pid, 0)\n"
        "else: relays.close_all(); os._exit(0)\n"
        "with relays.lent() as again: print(again is first, again.alive)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = said.stdout.splitlines()
    assert sorted(lines[:2]) == ["False True", "True True"]
    assert lines[2] == "True True"


def test_the_death_of_the_judge_ends_its_relays():
    code = (
        "import time\n"
        "from veriloop.codejudge import relays\n"
        "with relays.lent() as one:\n"
        "    print(one._process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as judge:
        assert judge.stdout is not None
        pid = int(judge.stdout.readline())
        judge.kill()
    deadline = time.monotonic() + 20
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(pid)


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
