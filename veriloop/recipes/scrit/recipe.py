"""The stages of the recipe, in order. Each leaves a folder of records and is skipped when it is there.

``run_scrit`` is the whole: solutions once, then round after round critiques, gates, fits and measurements. The vote
stands for the truth everywhere in the loop; a problem's own reference and the exact verifier only measure.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import final

from veriloop.errors import InputError
from veriloop.protocols import Engine, Verifier
from veriloop.recipes.scrit.collected import Collected
from veriloop.recipes.scrit.critiquing import ANSWER, Critiquing, rehearsed
from veriloop.recipes.scrit.evaluation import Evaluation, open_critic
from veriloop.recipes.scrit.fitting import Job, fit_all, learnt
from veriloop.recipes.scrit.settings import BASE, Arm, Settings, arms, of_round
from veriloop.records import Example, Problem
from veriloop.runs.stages import Run
from veriloop.search.sample import Sample
from veriloop.verify.answer import Answer
from veriloop.verify.equality import Equality


@final
@dataclass(frozen=True)
class Cast:
    """Who takes part beside the critic: the other students, the equality of answers, an exact verifier if any, which
    is asked about nothing but what is measured.
    """

    students: Sequence[Engine]
    equality: Equality
    gold: Verifier | None = None


@final
@dataclass(frozen=True)
class Inputs:
    """Problems to learn from, and problems that only measure. They share no question."""

    train: Sequence[Problem]
    heldout: Sequence[Problem]


@final
@dataclass(frozen=True)
class Recipe:
    """The recipe as it runs in ``run.folder``."""

    settings: Settings
    cast: Cast
    run: Run

    @property
    def collected(self) -> Collected:
        """What is in the folder."""
        return Collected(self.settings, self.run.folder)

    async def collect(self, inputs: Inputs) -> None:
        """Problems; the base critic's votes; solutions of the students and of the critic, once for all rounds."""
        shared = {p.text for p in inputs.train} & {p.text for p in inputs.heldout}
        if shared:
            raise InputError(
                f"{len(shared)} problems are among those to learn from and among those that measure, such as "
                f"{min(shared)[:60]!r}: give sets that share no question"
            )
        s, run = self.settings, self.run
        await run.problems("problems/train", inputs.train)
        await run.problems("problems/heldout", inputs.heldout)
        async with self._critic("") as critic:
            votes = Sample(s.votes, s.sampling, s.seed, s.chat, "votes")
            await run.search("solutions/votes", inputs.train, votes, critic)
            greedy = Sample(1, replace(s.sampling, temperature=0.0), s.seed, s.chat, "own")
            await run.search("solutions/own", inputs.heldout, greedy, critic)
            for number, student in enumerate((*self.cast.students, critic)):
                parts = (
                    ("train", inputs.train, s.samples),
                    ("heldout", inputs.heldout, s.measured),
                )
                for part, problems, n in parts:
                    search = Sample(n, s.sampling, s.seed, s.chat, "student")
                    await run.search(f"solutions/{part}-{number}", problems, search, student)

    async def judge(self) -> None:
        """Right or wrong: training solutions by the vote; held-out ones by the problem's own reference and, where it
        is known, by the exact verifier.
        """
        run, collected = self.run, self.collected
        answer = Answer(self.cast.equality, ANSWER)
        await run.verify("verdicts/train", collected.answered(), answer)
        for part, groups in (
            ("heldout", collected.measured(judged=False)),
            ("own", collected.own(judged=False)),
        ):
            await run.verify(f"verdicts/{part}", groups, answer)
            if self.cast.gold:
                await run.verify(f"verdicts/{part}-gold", groups, self.cast.gold)

    async def criticise(self, number: int) -> None:
        """The critiques of a round, by all its ways whose critic is there."""
        groups = self.collected.students().groups
        found = self._ready(number)
        for source, arm in {arm.source: arm for arm in found}.items():
            ungated = any(a.source == source and not a.gates for a in found)
            async with self._critic(arm.after) as engine:
                equality = self.cast.equality
                made = Critiquing(self.settings, self.run, equality, arm.way, source, engine)
                await made.make(groups, ungated=ungated, gold=self.cast.gold)

    async def train(self, number: int) -> None:
        """The fits of a round, each followed by its measurement, in worker processes. An arm of which the gates have
        left nothing to learn trains no critic.
        """
        folder, s = self.run.folder, self.settings
        jobs = [
            Job(folder, s, arm, self.model(arm.after), self._rehearsal(arm), self.run.fresh)
            for arm in self._ready(number)
            if learnt(folder, s, arm)
        ]
        await asyncio.to_thread(fit_all, jobs, self.run)

    def trained(self) -> list[Arm]:
        """The arms that have a critic."""
        found = arms(self.settings)
        return [a for a in found if self.run.path(f"models/{a.name}/training.json").is_file()]

    def _ready(self, number: int) -> list[Arm]:
        """The arms of a round whose base is there."""
        there = {"", *(arm.name for arm in self.trained())}
        return [arm for arm in of_round(arms(self.settings), number) if arm.after in there]

    def _rehearsal(self, arm: Arm) -> tuple[Example, ...]:
        s = self.settings
        if arm.way != "contrastive" or not s.fit.rehearsal:
            return ()
        groups = self.collected.critiqued(arm, self.cast.equality)
        examples = learnt(self.run.folder, s, arm)
        return tuple(
            rehearsed(
                examples, groups, prompt=s.prompts.contrastive, share=s.fit.rehearsal, seed=s.seed
            )
        )

    async def measure_base(self) -> None:
        """The base critic on what all critics are measured on."""
        collected = self.collected
        async with self._critic("") as engine:
            evaluation = Evaluation(self.settings, self.run, self.cast.equality, BASE)
            parts = {"heldout": collected.measured(), "own": collected.own()}
            await evaluation.run_on(engine, parts)

    def model(self, arm: str) -> str:
        """The checkpoint of an arm's critic; of the base one for an empty name."""
        return str(self.run.path(f"models/{arm}")) if arm else self.settings.base

    @asynccontextmanager
    async def _critic(self, arm: str) -> AsyncIterator[Engine]:
        engine = open_critic(self.settings, self.model(arm))
        try:
            yield engine
        finally:
            await engine.close()


async def run_scrit(recipe: Recipe, inputs: Inputs) -> list[Arm]:
    """All stages but the page. Returns the arms a critic was trained for. Raises InputError where there is none."""
    await recipe.collect(inputs)
    await recipe.judge()
    await recipe.measure_base()
    for number in sorted({arm.round for arm in arms(recipe.settings)}):
        await recipe.criticise(number)
        await recipe.train(number)
    found = recipe.trained()
    if not found:
        raise InputError(
            "no way left balanced critiques to learn from: the gates keep critiques of one class only, or none; the "
            "folders of dropped ones (round-1/*/kept/dropped) say why",
            file=str(recipe.run.folder),
        )
    return found
