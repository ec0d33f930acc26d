"""The judge is killed in the middle of its work: no process, mount, control group or file may be left.

``main`` is the judge that dies: a process of its own, which opens boxes, sets programs to work in them, and waits.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.codejudge.selftest.scenes import tagged
from veriloop.codejudge.selftest.stages import Seen, Stage
from veriloop.sandbox.group_trials import hierarchies
from veriloop.sandbox.outcomes import Mode

PATIENCE_S = 10.0  # for what must happen at once, on a machine that may be busy
SLOTS = 2


@final
@dataclass(frozen=True)
class KilledJudge:
    """SIGKILL for a judge whose boxes hold stopped and sleeping processes."""

    weakest: Mode = Mode.LANDLOCK

    @property
    def name(self) -> str:
        """What is done."""
        return "SIGKILL of the judge"

    def make(self, stage: Stage) -> Seen:
        """Start a judge, kill it, look."""
        scene, folder = stage.scene, stage.scene.folder / "judge"
        folder.mkdir(exist_ok=True)
        tag = scene.tag + "-doomed"
        isolation = stage.sandbox.isolation
        command = [sys.executable, "-m", __name__, isolation.mode.value, isolation.launcher]
        doomed = subprocess.Popen(
            [*command, str(scene.hostile), tag],
            env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
        )
        try:
            working = _until(lambda: len(tagged(tag)) > 2 * SLOTS or doomed.poll() is not None)
        finally:
            doomed.kill()
            doomed.wait()
        if not working or doomed.returncode != -9:
            return Seen(self.name, (f"the judge did not start: it ended with {doomed.returncode}",))
        _until(lambda: not list(left(tag, folder, doomed.pid)))
        return Seen(self.name, tuple(left(tag, folder, doomed.pid)))


def left(tag: str, folder: Path, judge: int) -> Iterator[str]:
    """What there still is of a judge: its programs, its temporary files, mounts of them, its control groups.

    The launcher's own binary is kept on purpose, in the temporary folder where the user has no other.
    """
    yield from (f"process {pid} is still alive" for pid in tagged(tag))
    kept = f"veriloop-{os.geteuid()}"
    yield from (f"{path} was left" for path in folder.iterdir() if path.name != kept)
    for line in Path("/proc/self/mounts").read_text().splitlines():
        if str(folder) in line:
            yield f"the mount {line.split()[1]} was left"
    try:
        groups = set(hierarchies().values())
    except OSError:
        return
    for group in groups | {os.path.dirname(group) for group in groups}:
        for path in Path(group).glob(f"veriloop-{judge}-*"):
            yield f"the control group {path} was left"


def _until(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def main(mode: str, launcher: str, hostile: str, tag: str) -> None:
    """Fill the boxes with programs that do not end by themselves, until killed."""
    from veriloop.sandbox.limits import Limits
    from veriloop.sandbox.pool import Sandbox

    limits = Limits(cpu_s=60, wall_s=60, processes=16)
    sandbox = Sandbox.open(slots=SLOTS, mode=mode, launcher=launcher)

    def work() -> None:
        with sandbox.lease() as box:
            box.load({"hostile": Path(hostile)})
            box.run(["{box}/hostile", tag, "stop_self", "60000"], limits=limits)

    for _ in range(SLOTS):
        threading.Thread(target=work).start()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
