"""Critiques of one way in one round: written, their corrections checked by the same critic, and put through the gates.

Source: arXiv 2501.05727, sections 2.3 to 2.5 and 3. Whoever writes also checks, and is what is trained next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

from veriloop.errors import EngineError
from veriloop.feedback.critiques import Critiques, correction_group
from veriloop.ids import derive_seed, describe
from veriloop.protocols import Engine, Reply, Request, Scored, ScoreRequest, Verifier
from veriloop.recipes.scrit.settings import GATED, UNGATED, Settings, Way
from veriloop.records import (
    Dropped,
    Example,
    ExampleKind,
    Group,
    Problem,
    Record,
    Solution,
    Verdict,
)
from veriloop.runs.stages import Run, identity, join, read_all
from veriloop.search.inject import Inject
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS, R
from veriloop.text.critic_chats import CriticChat
from veriloop.verify.answer import Answer
from veriloop.verify.critic import ContrastiveCritic, Critic
from veriloop.verify.equality import Equality

CHECK: Final = "critic"  # the direct critic's verdicts on corrections
ANSWER: Final = "answer"


@final
@dataclass(frozen=True)
class Silent:
    """No engine: for reading what a critic said, when nobody is asked any more."""

    name: str = "silent"

    async def generate(self, request: Request) -> Reply:
        """Raises EngineError."""
        raise EngineError("nobody is asked any more: this run is only read")

    async def score(self, request: ScoreRequest) -> Scored:
        """Raises EngineError."""
        raise EngineError("nobody is asked any more: this run is only read")

    async def close(self) -> None:
        """Nothing."""


@final
@dataclass(frozen=True)
class Critiquing:
    """Who criticises (``engine``), in which ``way``, into which ``folder`` of the run."""

    settings: Settings
    run: Run
    equality: Equality
    way: Way
    folder: str
    engine: Engine

    async def make(
        self, groups: Sequence[Group], *, ungated: bool, gold: Verifier | None = None
    ) -> None:
        """All stages, on ``groups`` of students with verdicts on their answers. What ``gold`` says of the targets is
        kept for those who measure, and not looked at.
        """
        if self.way == "inject":
            groups = await self._injected(groups)
        if gold is not None:
            await self.run.verify(f"{self.folder}/gold", groups, gold)
        await self.run.verify(f"{self.folder}/critiques", groups, self._writer())
        await self._check(groups)
        groups = self.groups(groups)
        for name, gates in (("kept", GATED), *((("ungated", UNGATED),) if ungated else ())):
            await self.run.feedback(f"{self.folder}/{name}", groups, self.feedback(gates))

    def groups(self, groups: Sequence[Group]) -> list[Group]:
        """The targets with all that was said of them and of their corrections."""
        path = self.run.path
        made = [f"{self.folder}/{part}" for part in ("critiques", "checked", "answered")]
        said = [v for name in made for v in read_any(path(name), Verdict)]
        known = [v for group in groups for v in group.verdicts]
        solutions = [s for group in groups for s in group.solutions]
        return join([group.problem for group in groups], solutions, [*known, *said])

    def feedback(self, gates: tuple[str, ...]) -> Critiques:
        """The rows that pass ``gates``."""
        direct = self.settings.prompts.direct
        return Critiques(self.way, CHECK, ANSWER, gates, direct)

    def _writer(self) -> Critic | ContrastiveCritic:
        s = self.settings
        if self.way == "contrastive":
            return ContrastiveCritic(
                self.engine, ANSWER, s.prompts.contrastive, s.critique, s.seed, name=self.way
            )
        return Critic(self.engine, s.prompts.direct, s.critique, s.seed, name=self.way)

    async def _check(self, groups: Sequence[Group]) -> None:
        """Self-validation: the direct critic, and the voted answer, on what the critiques corrected."""
        s, run = self.settings, self.run
        written = read_all(run.path(f"{self.folder}/critiques"), Verdict)
        solutions = [solution for group in groups for solution in group.solutions]
        found = join([group.problem for group in groups], solutions, written)
        corrected = [c for g in found if (c := correction_group(g, self.way)).solutions]
        checker = Critic(self.engine, s.prompts.direct, s.critique, s.seed, name=CHECK)
        await run.verify(f"{self.folder}/checked", corrected, checker)
        await run.verify(f"{self.folder}/answered", corrected, Answer(self.equality, ANSWER))

    async def _injected(self, groups: Sequence[Group]) -> list[Group]:
        """Right solutions, and each of them again with a bug in it."""
        s = self.settings
        injector = Inject(self.engine, s.prompts.inject, s.sampling, s.seed)
        sound = [right for group in groups if (right := only_right(group)).solutions]
        of = {group.problem.id: group for group in sound}

        async def plant(problem: Problem) -> Sequence[Record]:
            made: list[Solution | Dropped] = [
                await injector.inject(problem, solution) for solution in of[problem.id].solutions
            ]
            return made

        name = f"{self.folder}/injected"
        problems = [group.problem for group in sound]
        made_by = {"inject": identity(injector), "of": [s.id for g in sound for s in g.solutions]}
        await self.run.trace(name, problems, plant, made_by=made_by)
        planted = read_any(self.run.path(name), Solution)
        fresh = join(problems, planted)
        await self.run.verify(f"{name}-answers", fresh, Answer(self.equality, ANSWER))
        said = read_any(self.run.path(f"{name}-answers"), Verdict)
        solutions = [s for g in sound for s in g.solutions]
        known = [v for g in sound for v in g.verdicts]
        return join(problems, [*solutions, *planted], [*known, *said])


def read_any(folder: Path, kind: type[R]) -> list[R]:
    """All records of one kind of a finished stage, which may have had nothing to do."""
    return list(Table(folder / FOLDERS[kind], kind).read())


def only_right(group: Group) -> Group:
    """The solutions whose answer is the voted one, with their verdicts."""
    right = {sid for sid, verdict in group.by(ANSWER).items() if verdict.value == 1}
    return replace(
        group,
        solutions=tuple(s for s in group.solutions if s.id in right),
        verdicts=tuple(v for v in group.verdicts if v.solution in right),
    )


def rehearsed(
    examples: Sequence[Example], groups: Sequence[Group], *, prompt: str, share: float, seed: int
) -> list[Example]:
    """Critiques of the same targets as they were written beside their references, ``share`` for each example.

    Drawn by seed and content. Critiques without a reference (other ways than the contrastive one) give none.
    """
    found: dict[str, tuple[Problem, Solution, Solution, Verdict]] = {}
    for group in groups:
        by_id = {s.id: s for s in group.solutions}
        for verdict in group.verdicts:
            reference = by_id.get(str(verdict.detail.get("reference")))
            if reference is not None and verdict.solution in by_id and verdict.critique:
                found[verdict.solution] = (
                    group.problem, by_id[verdict.solution], reference, verdict,
                )  # fmt: skip
    able = [e for e in examples if e.solutions and e.solutions[0] in found]
    able.sort(key=lambda e: derive_seed(seed, "rehearsal", e.id))
    made: list[Example] = []
    for example in able[: round(share * len(examples))]:
        problem, target, reference, verdict = found[example.solutions[0]]
        chat = CriticChat(prompt).ask(problem, target.steps, reference=reference.steps)
        made.append(
            Example(
                ExampleKind.CRITIQUE,
                chat,
                (verdict.critique or "",),
                example.labels,
                problem=problem.id,
                solutions=(target.id, reference.id),
                source="rehearsal",
                made_by=describe(CriticChat(prompt)),
            )
        )
    return made
