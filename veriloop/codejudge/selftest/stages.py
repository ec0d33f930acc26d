"""Where trials are made: the scene, the pool of boxes under test, and the shape that every trial has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.selftest.scenes import Scene, scene
from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.outcomes import Isolation, Mode
from veriloop.sandbox.pool import Sandbox

PROGRAMS = Path(__file__).parent / "programs"
MODES = tuple(Mode)  # strongest first


@final
@dataclass(frozen=True)
class Seen:
    """What one trial came to: the ways in which it was not held (none: it was), its verdict and its figures."""

    trial: str
    breaches: tuple[str, ...]
    code: Code | None = None
    cpu_s: float = 0.0
    peak: int = 0

    @property
    def held(self) -> bool:
        """True where nothing was breached."""
        return not self.breaches


@final
@dataclass(frozen=True)
class Stage:
    """A scene, and the boxes in which its programs are run."""

    scene: Scene
    sandbox: Sandbox
    judge: CodeJudge

    @property
    def isolation(self) -> Isolation:
        """What is under test."""
        return self.sandbox.isolation

    @contextmanager
    def box(self) -> Iterator[Box]:
        """A box that holds the hostile programs."""
        with self.sandbox.lease() as box:
            box.load(self.files)
            yield box

    @property
    def files(self) -> Mapping[str, bytes | Path]:
        """The hostile programs by their names in a box."""
        return {"hostile": self.scene.hostile, "shadow.py": PROGRAMS / "shadow.py.txt"}


@contextmanager
def stage(mode: str | None = None, launcher: str | None = None) -> Iterator[Stage]:
    """A stage of the mode that a judge would choose, or of the one given. Raises SandboxError, SelftestError."""
    with ExitStack() as stack:
        around = stack.enter_context(scene())
        found = [toolchain(key) for key in ("c", "cpp17", "python")]
        binds = {(str(folder), str(folder)) for t in found if t for folder in t.folders}
        sandbox = Sandbox.open(
            slots=1, mode=mode, launcher=launcher, untrusted=mode != Mode.NONE, binds=sorted(binds)
        )
        stack.callback(sandbox.close)
        judge = CodeJudge(1, sandbox.isolation.mode.value, mode != Mode.NONE, cache=None)
        yield Stage(around, sandbox, stack.enter_context(judge))


class Trial(Protocol):
    """One try at an attack."""

    @property
    def name(self) -> str:
        """What is tried."""
        ...

    @property
    def weakest(self) -> Mode:
        """The weakest mode that claims to hold it."""
        ...

    def make(self, stage: Stage) -> Seen:
        """Try it. Raises SandboxError where the sandbox itself failed."""
        ...


def claimed(trial: Trial, isolation: Isolation) -> bool:
    """Whether this isolation claims to hold it: its mode is strong enough, and a protection that the trial ``needs``
    beside that is active.
    """
    needs = getattr(trial, "needs", "")
    there = not needs or any(p.startswith(needs) for p in isolation.protections)
    return there and MODES.index(isolation.mode) <= MODES.index(trial.weakest)
