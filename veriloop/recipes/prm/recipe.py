"""The stages of the recipe, in order. Each leaves a folder of records and is skipped when it is there.

``run_prm`` is the whole; ``stages`` below are what it is made of. Times and progress go to the run, never into
records. Numbers and the page are made from the records by ``measures`` and ``page``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.protocols import Engine, Verifier
from veriloop.recipes.prm.fitting import Job, fit_all
from veriloop.recipes.prm.settings import Settings
from veriloop.recipes.prm.sources import Source, study
from veriloop.records import Example, Group, Problem, Solution, Verdict
from veriloop.runs.stages import Run, join, read_all
from veriloop.search.sample import Sample
from veriloop.verify.answer import Answer
from veriloop.verify.equality import Equality
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo
from veriloop.verify.surprise import MinTokenProbability

UNTRAINED = "min-token-probability"
UNTRAINED_JUDGE = "min-token-probability-judge"


@final
@dataclass(frozen=True)
class Cast:
    """Who takes part: the policy that solves, the judge, the equality of answers, an exact verifier if any."""

    policy: Engine
    judge: Engine
    equality: Equality
    gold: Verifier | None = None


@final
@dataclass(frozen=True)
class Inputs:
    """Problems whose solutions are labelled, and problems that only measure. They share no question."""

    train: Sequence[Problem]
    heldout: Sequence[Problem]


@final
@dataclass(frozen=True)
class Recipe:
    """The recipe as it runs in ``run.folder``."""

    settings: Settings
    cast: Cast
    run: Run

    async def search(self, inputs: Inputs) -> None:
        """Stages 1 and 2: problems, and solutions for them; greedy ones of the held-out problems too."""
        s, run = self.settings, self.run
        await run.problems("problems/train", inputs.train)
        await run.problems("problems/heldout", inputs.heldout)
        policy = self.cast.policy
        train = Sample(s.samples, s.sampling, s.seed, s.chat)
        await run.search("solutions/train", inputs.train, train, policy)
        heldout = Sample(s.n, s.sampling, s.seed, s.chat)
        await run.search("solutions/heldout", inputs.heldout, heldout, policy)
        greedy = Sample(1, replace(s.sampling, temperature=0.0), s.seed, s.chat, "greedy")
        await run.search("solutions/greedy", inputs.heldout, greedy, policy)

    async def verify(self) -> None:
        """Stage 3: labels of the training solutions, and the truth about the held-out ones."""
        s, cast = self.settings, self.cast
        answer = Answer(cast.equality)
        mc = MonteCarlo(
            cast.policy,
            cast.equality,
            s.k,
            estimate="soft",  # hard labels are read off the same rollouts
            sampling=s.sampling,
            chat=s.chat,
            seed=s.seed,
        )
        judge = Judge(cast.judge, s.judge_prompt, s.judge_sampling, s.seed)
        untrained = [MinTokenProbability(cast.policy, chat=s.chat)]
        if s.reference is not None:  # what the reward models read must stand beside them untrained
            untrained.append(MinTokenProbability(cast.judge, chat=s.chat, name=UNTRAINED_JUDGE))
        gold = [cast.gold] if cast.gold else []
        for part, verifiers in (
            ("train", [mc, judge, *gold]),
            ("heldout", [answer, *untrained, *gold]),
            ("greedy", [answer]),
        ):
            groups = self.groups(part)
            for verifier in verifiers:
                await self.run.verify(f"verdicts/{part}/{verifier.name}", groups, verifier)

    async def label(self) -> list[Source]:
        """Stage 4: examples from each source; sources whose verifier took no part are left out."""
        names = ["mc", "judge", *(["gold"] if self.cast.gold else [])]
        groups = self.groups("train", *names)
        sources = study(self.settings, gold=self.cast.gold is not None)
        for source in {s.labels: s for s in reversed(sources)}.values():
            await self.run.feedback(f"labels/{source.labels}", groups, source.feedback)
        return sources

    async def train(self, sources: Sequence[Source]) -> None:
        """Stages 5 and 6: a reward model from each source, and its verdicts on the held-out solutions."""
        kept = len(read_all(self.run.path("labels/consensus"), Example))
        jobs = [
            Job(self.run.folder, source, self.settings, kept if source.sized_as else None)
            for source in sources
        ]
        await asyncio.to_thread(fit_all, jobs, self.run)

    def groups(self, part: str, *verifiers: str) -> list[Group]:
        """The groups of ``train``, ``heldout`` or ``greedy``, with the verdicts of ``verifiers``."""
        path = self.run.path
        problems = "train" if part == "train" else "heldout"
        said: list[Verdict] = []
        for name in verifiers:
            said += read_all(path(f"verdicts/{part}/{name}"), Verdict)
        return join(
            read_all(path(f"problems/{problems}"), Problem),
            read_all(path(f"solutions/{part}"), Solution),
            said,
        )


async def run_prm(recipe: Recipe, inputs: Inputs) -> list[Source]:
    """All stages but the measuring and the page. Returns the sources a model was trained from."""
    await recipe.search(inputs)
    await recipe.verify()
    sources = await recipe.label()
    await recipe.train(sources)
    return sources


def model_folder(run: Path, source: Source) -> Path:
    """Where the reward model of a source is."""
    return run / "models" / source.name
