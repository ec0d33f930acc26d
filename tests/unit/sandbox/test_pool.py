"""Boxes are lent to one user at a time, found again by key, replaced where they broke, refused where they must be."""

import os
import signal
import threading

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import probes
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.pool import Sandbox
from veriloop.sandbox.slots import physical_cores

pytestmark = pytest.mark.skipif(
    probes.strongest() is Mode.NONE or probes.compiler().state != "ok",
    reason="no isolation or no compiler here",
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.open(slots=2) as opened:
        yield opened


def echo(box, word: str) -> bytes:
    return box.run(["/bin/echo", word], limits=Limits()).stdout


def test_the_strongest_mode_and_one_box_for_each_core_are_the_default():
    with Sandbox.open() as opened:
        assert opened.isolation.mode is probes.strongest()
        assert opened.isolation.launcher == "native"
        assert opened.slots == physical_cores()
        with opened.lease() as box:
            assert box.isolation == opened.isolation


def test_threads_share_boxes_and_never_one_at_once(sandbox):
    busy: set[int] = set()
    seen: set[int] = set()
    wrong: list[object] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        for turn in range(5):
            with sandbox.lease() as box:
                with lock:
                    if id(box) in busy:
                        wrong.append(box)
                    busy.add(id(box))
                    seen.add(id(box))
                if echo(box, f"{number} {turn}") != f"{number} {turn}\n".encode():
                    wrong.append((number, turn))
                with lock:
                    busy.discard(id(box))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(seen) <= 2


def test_the_box_of_the_same_key_comes_back_with_what_it_holds(sandbox):
    with sandbox.lease("a") as first, sandbox.lease("b") as second:
        assert first is not second
    for _ in range(3):
        with sandbox.lease("b") as box:
            assert box is second
        with sandbox.lease("a") as box:
            assert box is first
    with sandbox.lease("c") as box:
        assert box is second, "the one that was free for longest"


def test_a_broken_box_is_replaced(sandbox):
    with sandbox.lease("x") as box:
        os.kill(box.pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="gone"):
            box.run(["/bin/sleep", "30"], limits=Limits(cpu_s=10))
    for _ in range(3):
        with sandbox.lease("x") as other:
            assert other is not box
            assert echo(other, "y") == b"y\n"


def test_untrusted_programs_are_not_run_without_isolation():
    with pytest.raises(SandboxError, match="untrusted=False"):
        Sandbox.open(mode=Mode.NONE)
    with Sandbox.open(mode="none", untrusted=False, slots=1) as opened, opened.lease() as box:
        assert str(box.isolation).startswith("none/native")
        assert echo(box, "trusted") == b"trusted\n"


def test_what_cannot_be_is_said():
    with pytest.raises(ValueError, match="at least one slot"):
        Sandbox.open(slots=0)
    with pytest.raises(ValueError, match="jail"):
        Sandbox.open(mode="jail")
    with pytest.raises(SandboxError, match="no launcher"):
        Sandbox.open(launcher="shell", slots=1)
    with pytest.raises(ValueError, match="secomp"):
        Sandbox.open(without=["secomp"], slots=1)


def test_a_closed_sandbox_lends_nothing_and_wakes_who_waits():
    opened = Sandbox.open(slots=1)
    said: list[str] = []

    def wait() -> None:
        try:
            with opened.lease():
                said.append("lent")
        except SandboxError as error:
            said.append(str(error))

    with opened.lease() as box:
        waiting = threading.Thread(target=wait)
        waiting.start()
        opened.close()
        waiting.join()
        assert echo(box, "still mine") == b"still mine\n"
    assert said == ["the sandbox is closed"]
    assert not box.alive


def test_a_forked_child_is_told_to_open_its_own(sandbox):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with sandbox.lease():
                os.write(writing, b"lent")
        except SandboxError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert b"another process" in os.read(reading, 1000)
    os.close(reading)
    os.close(writing)
