"""One stage for all tests of the selftest, and two ways of taking defences away: no sandbox, a box that lacks one."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.codejudge.selftest.attempts import Attempt, judged, said
from veriloop.codejudge.selftest.scenes import Scene, tagged
from veriloop.codejudge.selftest.stages import PROGRAMS, Stage, stage
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome
from veriloop.sandbox.pool import Sandbox

PATIENCE_S = 10.0
Unguarded = Callable[[Attempt], list[str]]


@pytest.fixture(scope="session")
def attacked() -> Iterator[Stage]:
    """A stage of the mode that a judge would choose here."""
    with stage() as there:
        yield there


@pytest.fixture(scope="session")
def weakened(attacked: Stage) -> Iterator[Callable[[str], Stage]]:
    """The same stage with boxes that lack the protections named."""
    opened: dict[str, Sandbox] = {}

    def open_without(names: str) -> Stage:
        if names not in opened:
            mode = attacked.isolation.mode
            opened[names] = Sandbox.open(slots=1, mode=mode, without=names.split(), untrusted=False)
        return replace(attacked, sandbox=opened[names])

    yield open_without
    for sandbox in opened.values():
        sandbox.close()


@pytest.fixture
def unguarded(attacked: Stage, tmp_path: Path) -> Iterator[Unguarded]:
    """Runs an attempt as a simple harness would, in a working folder; what it got, judged as in the selftest."""
    yield lambda attempt: run_unguarded(attempt, attacked.scene, tmp_path)
    until = time.monotonic() + PATIENCE_S
    while (left := tagged(attacked.scene.tag)) and time.monotonic() < until:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def run_unguarded(attempt: Attempt, scene: Scene, folder: Path) -> list[str]:
    program = folder / "hostile"
    if not program.exists():
        program.write_bytes(scene.hostile.read_bytes())
        program.chmod(0o755)
        (folder / "shadow.py").write_bytes((PROGRAMS / "shadow.py.txt").read_bytes())
    with open(folder / "stdout", "w+b") as out, open(folder / "stderr", "w+b") as err:
        outcome = one_run(attempt, attempt.program, scene, (out.fileno(), err.fileno()))
        found = list(judged(attempt, outcome, scene))
        found += scene.leftovers() if attempt.limits.processes > 1 else []
        if attempt.collect:
            path = folder / attempt.collect
            if path.exists() and path.read_bytes() != attempt.collected:
                found.append("something else was collected")
        if attempt.then:
            found += said(one_run(attempt, attempt.then, scene, (out.fileno(), err.fileno())))
    return found


def one_run(attempt: Attempt, program: str, scene: Scene, out: tuple[int, int]) -> Outcome:
    """Both runs of an attempt get the same files, and a descriptor too many; CPU and memory are the child's own."""
    folder = Path(f"/proc/self/fd/{out[0]}").resolve().parent
    words = [
        w.replace("{tmp}", str(folder)).replace("{box}", str(folder)) for w in scene.filled(program)
    ]
    argv = [str(folder / "hostile"), scene.tag, *words]
    if words[0].endswith(".py"):
        argv = ["/usr/bin/python3", words[0], scene.tag, *words[1:]]
    given = scene.user_file() if attempt.stdin == "file" else Path(os.devnull)
    with open(given, "rb") as stdin:
        child = subprocess.Popen(
            argv, stdin=stdin, stdout=out[0], stderr=out[1], cwd=folder, pass_fds=(out[1],)
        )
    started = time.monotonic()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(
        exit=child.returncode if child.returncode >= 0 else None,
        signal=-child.returncode if child.returncode < 0 else None,
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=time.monotonic() - started,
        peak=used.ru_maxrss * 1024,
        peak_source="rss",
        isolation=Isolation(Mode.NONE, "unguarded"),
        stdout=(folder / "stdout").read_bytes(),
        stderr=(folder / "stderr").read_bytes(),
    )
