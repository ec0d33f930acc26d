"""A model's attempts: from answers to verdicts, by whichever submitter, and from verdicts to the lists that are rated.

An answer without a program is a failed attempt with the verdict NC. A judge error is unscored, told apart and never a
wrong answer; attempts that were lost with their problem are LOST. What the lists come to is ``summary``'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

from veriloop.bench.codeelo.submitting import Handed, Judgement, Patience, Submitter, judgement
from veriloop.bench.rating.scores import LOST, NO_CODE, ProblemVerdicts, split_problem
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.code_blocks import NoCode, find_program
from veriloop.verify.stamp import stamped


@final
@dataclass(frozen=True)
class Submitted:
    """A verifier that hands the programs of solutions to a submitter, under the problem's ``uid``.

    ``language`` is the language that the model was asked for; a program in another one is handed in as what it is.
    """

    submitter: Submitter
    language: str = "cpp"
    patience: Patience = field(default_factory=Patience)
    name: str = "codeelo"
    traits: ClassVar[Traits] = Traits(
        Source.PROGRAM, (Form.BINARY,), (Granularity.TRAJECTORY,), deterministic=False
    )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail["verdict"]`` has the letters. Raises InputError on a problem that
        the judge does not have.
        """
        asked = [asyncio.create_task(self._one(group, s)) for s in group.solutions]
        try:
            return tuple(await asyncio.gather(*asked))
        finally:
            for task in asked:
                task.cancel()

    async def _one(self, group: Group, solution: Solution) -> Verdict:
        if not solution.steps:
            detail = {"verdict": NO_CODE, "reason": "an empty answer"}
            return stamped(self, solution, unscored=Unscored.EMPTY, detail=detail)
        found = find_program(solution.text, self.language)
        cut: dict[str, Json] = {"finish": "length"} if solution.finish is Finish.LENGTH else {}
        if isinstance(found, NoCode):
            detail = {"verdict": NO_CODE, "reason": found.value, **cut}
            return stamped(self, solution, value=0.0, detail=detail)
        handed = Handed(
            group.problem.uid or group.problem.id,
            found.language,
            found.code,
            f"{solution.engine} {solution.sample}",
        )
        try:
            said = await judgement(self.submitter, handed, self.patience)
        except InputError as error:
            if error.field != "language" or found.language == self.language:
                raise
            reason = f"a program in {found.language}, which is not judged"
            detail = {"verdict": NO_CODE, "reason": reason, **cut}
            return stamped(self, solution, value=0.0, detail=detail)
        return self._judged(solution, said, {"block": found.label, **cut})

    def _judged(self, solution: Solution, said: Judgement, more: Mapping[str, Json]) -> Verdict:
        detail = {**said.detail, "verdict": said.code.value, **more}
        if said.code.value in LOST:
            return stamped(self, solution, unscored=Unscored.CHECKER, detail=detail)
        return stamped(self, solution, value=float(said.code is Code.AC), detail=detail)


@final
@dataclass(frozen=True)
class Attempts:
    """One model's attempts at one problem in their order: letters as in ``ProblemVerdicts``, and what was told.

    ``problem`` may be any name; those of contests can be rated.
    """

    problem: str
    verdicts: tuple[str, ...]
    details: tuple[Mapping[str, Json], ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The verdicts without those that were lost."""
        return tuple(v for v in self.verdicts if v not in LOST)

    @property
    def accepted(self) -> int:
        """Accepted attempts."""
        return self.verdicts.count(Code.AC.value)


def attempts_of(
    groups: Iterable[Group], *, verifier: str, samples: int, names: Sequence[str] = ()
) -> list[Attempts]:
    """The verdict lists of groups, ``samples`` long each, by problem ``uid``; LOST where a solution or its verdict is
    missing. ``names`` are all problems that were asked: those without a group were lost as a whole.
    """
    found: dict[str, Attempts] = {}
    for group in groups:
        said = group.by(verifier)
        by_sample = {s.sample: said.get(s.id) for s in group.solutions}
        verdicts = [by_sample.get(j) for j in range(samples)]
        name = group.problem.uid or group.problem.id
        found[name] = Attempts(
            name,
            tuple(letters(v) for v in verdicts),
            tuple({} if v is None else v.detail for v in verdicts),
        )
    lost = Attempts("", ("LOST",) * samples, ({},) * samples)
    order = names or list(found)
    return [found.get(n) or Attempts(n, lost.verdicts, lost.details) for n in order]


def letters(verdict: Verdict | None) -> str:
    """The verdict in letters; LOST for none, JE for one without a value that says nothing else."""
    if verdict is None:
        return "LOST"
    said = verdict.detail.get("verdict")
    if isinstance(said, str):
        return said
    return NO_CODE if verdict.unscored is Unscored.EMPTY else Code.JE.value


def rateable(attempts: Iterable[Attempts], *, model: str, language: str) -> list[ProblemVerdicts]:
    """The lists that ``veriloop rate`` reads: problems of contests alone."""
    kept: list[ProblemVerdicts] = []
    for one in attempts:
        try:
            split_problem(one.problem)
        except ValueError:
            continue
        kept.append(ProblemVerdicts(model, one.problem, one.verdicts, language))
    return kept
