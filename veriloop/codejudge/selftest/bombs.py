"""Sources that attack the compiler, and through it the machine: each must end as a compile error within the limits.

The judge's own compiler step is used, in a box whose limits are lowered so that no bomb costs more than a fifth of a
second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.codejudge.artifacts import Artifacts
from veriloop.codejudge.compiling import MESSAGE_LIMIT, Built, Compiler
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.selftest.stages import PROGRAMS, Seen, Stage
from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.boxes import Box, Stdin
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome

CAP = Limits(cpu_s=0.2, wall_s=6.0, memory=512 * MIB)


@final
@dataclass(frozen=True)
class Capped:
    """A box that lowers the limits of every run to those of ``cap``, and remembers outcomes in ``seen``."""

    box: Box
    cap: Limits
    seen: list[Outcome]

    @property
    def isolation(self) -> Isolation:
        """That of the box."""
        return self.box.isolation

    def load(self, files: Mapping[str, bytes | Path]) -> None:
        """Load the box."""
        self.box.load(files)

    def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits,
        stdin: Stdin = None,
        stdout: int | None = None,
        env: Mapping[str, str] | None = None,
        proc: bool = False,
    ) -> Outcome:
        """Run under the lower limits."""
        cap = self.cap
        memory = min(limits.memory, cap.memory)
        limits = replace(limits, cpu_s=cap.cpu_s, wall_s=cap.wall_s, memory=memory)
        outcome = self.box.run(argv, limits=limits, stdin=stdin, stdout=stdout, env=env, proc=proc)
        self.seen.append(outcome)
        return outcome

    def collect(self, name: str, *, limit: int) -> bytes | None:
        """Collect from the box."""
        return self.box.collect(name, limit=limit)

    def close(self) -> None:
        """Close the box."""
        self.box.close()


@final
@dataclass(frozen=True)
class Bomb:
    """One source. ``builds`` says that it may compile, if the program holds nothing of the secret. ``grows``: what
    stops it is a limit, so it takes more where there is more.
    """

    file: str
    language: str = "c"
    builds: bool = False
    grows: bool = False
    weakest: Mode = Mode.LANDLOCK

    @property
    def name(self) -> str:
        """The source."""
        return self.file

    def source(self, stage: Stage) -> bytes:
        """The text, with the path of the secret file put in."""
        text = (PROGRAMS / self.file).read_bytes()
        return text.replace(b"@FILE@", str(stage.scene.folder / "secret").encode())

    def make(self, stage: Stage) -> Seen:
        """Compile it, and see that the box still works."""
        if toolchain(self.language) is None:
            return Seen(self.name, ())
        built, outcome = build(stage, self.source(stage), self.language)
        breaches = list(self.judged(stage, built))
        with stage.box() as box:
            after = box.run(["{box}/hostile", stage.scene.tag, "fine"], limits=Limits(cpu_s=1))
        if not after.clean:
            breaches.append("the box no longer runs programs")
        used = (outcome.cpu_s, outcome.peak) if outcome else (0.0, 0)
        return Seen(self.name, tuple(breaches), Code.CE if built.refused else None, *used)

    def judged(self, stage: Stage, built: Built) -> Iterator[str]:
        """What was got from it."""
        if not built.refused and not self.builds:
            yield "it compiled"
        if len(built.message.encode()) > MESSAGE_LIMIT + 4096:
            yield f"a message of {len(built.message)} characters was kept"
        secret = stage.scene.secret
        contents = [d if isinstance(d, bytes) else d.read_bytes() for d in built.files.values()]
        if secret in built.message or any(secret.encode() in c for c in contents):
            yield "the compiler gave out a secret file"


def build(
    stage: Stage, source: bytes, language: str, *, cap: Limits = CAP
) -> tuple[Built, Outcome | None]:
    """Compile a source with the judge's compiler step under lowered limits; no outcome where it was not run."""
    seen: list[Outcome] = []

    @contextmanager
    def lease() -> Iterator[Box]:
        with stage.sandbox.lease() as box:
            yield Capped(box, cap, seen)

    built = Compiler(Artifacts()).build(source, language, lease=lease)
    return built, seen[-1] if seen else None


BOMBS = (
    Bomb("bomb_random.c"),
    Bomb("bomb_zero.c"),
    Bomb("bomb_include.c"),
    Bomb("bomb_incbin.c", builds=True),
    Bomb("bomb_array.c"),
    Bomb("bomb_macro.c", grows=True),
    Bomb("bomb_self.c", grows=True),
    Bomb("bomb_templates.cpp", "cpp17", grows=True),
    Bomb("bomb_constexpr.cpp", "cpp17", grows=True),
)
