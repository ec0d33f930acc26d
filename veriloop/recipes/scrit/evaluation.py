"""A critic on held-out solutions: greedy direct critiques, the solutions they correct, and whether those are right.

Source: arXiv 2501.05727, section 4.1. The reference answers used here are the problems' own; the loop never sees them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from veriloop.engines import open_engine
from veriloop.feedback.corrections import correction_of
from veriloop.protocols import Engine, Sampling
from veriloop.recipes.scrit.critiquing import ANSWER, read_any
from veriloop.recipes.scrit.settings import Settings
from veriloop.records import NO_ERROR, Finish, Group, Problem, Solution, Unscored, Verdict
from veriloop.runs.plan import StageReport
from veriloop.runs.stages import Run, join, read_all
from veriloop.verify.answer import Answer
from veriloop.verify.critic import Critic
from veriloop.verify.equality import Equality

CRITIC: Final = "critic"
GOLD: Final = "gold"


@final
@dataclass(frozen=True)
class Said:
    """What a critic said of a solution, beside the truth: ``before`` and ``after`` say whether the answer was right
    and whether the corrected one is, ``gold`` where the first error is; None where it is not known, or not given.

    ``lost`` is True where the engine or the check of the corrected answer failed, so that nothing can be said of it.
    """

    problem: Problem
    solution: Solution
    verdict: Verdict
    before: bool | None
    after: bool | None
    gold: int | None = None
    lost: bool = False

    @property
    def engine_failed(self) -> bool:
        """True where there is no critique at all."""
        return self.verdict.unscored is Unscored.ENGINE

    def approved(self) -> Said:
        """The same where the critic calls the solution right and leaves it as it is."""
        verdict = replace(
            self.verdict,
            value=1.0,
            unscored=None,
            step_scores=(),
            first_error=NO_ERROR,
            critique=None,
        )
        return replace(self, verdict=verdict, after=self.before, lost=False)


@final
@dataclass(frozen=True)
class Evaluation:
    """The measurement of the critic ``name``."""

    settings: Settings
    run: Run
    equality: Equality
    name: str

    async def run_on(
        self, engine: Engine, parts: Mapping[str, Sequence[Group]]
    ) -> list[StageReport]:
        """Critiques of each part's solutions, and verdicts on what they correct."""
        s, run = self.settings, self.run
        reports: list[StageReport] = []
        greedy = Sampling(s.critique.max_tokens, 0.0)
        critic = Critic(engine, s.prompts.direct, greedy, s.seed, name=CRITIC)
        for part, groups in parts.items():
            reports.append(await run.verify(f"eval/{self.name}/{part}", groups, critic))
            said = read_all(run.path(f"eval/{self.name}/{part}"), Verdict)
            corrected = _corrected(groups, said)
            answer = Answer(self.equality, ANSWER)
            name = f"eval/{self.name}/{part}-answers"
            reports.append(await run.verify(name, corrected, answer))
        return reports

    def said(self, part: str, groups: Sequence[Group]) -> list[Said]:
        """What was said of each solution, in order."""
        folder = self.run.path(f"eval/{self.name}/{part}")
        verdicts = {v.solution: v for v in read_all(folder, Verdict)}
        judged_in = self.run.path(f"eval/{self.name}/{part}-answers")
        answers = {v.solution: v for v in read_any(judged_in, Verdict)}
        found: list[Said] = []
        for group in groups:
            for solution in group.solutions:
                verdict = verdicts[solution.id]
                made = corrected_answer(group.problem, solution, verdict)
                judged = answers.get(made.id) if made else None
                gold = group.by(GOLD).get(solution.id)
                found.append(
                    Said(
                        group.problem,
                        solution,
                        verdict,
                        _right(group.by(ANSWER).get(solution.id)),
                        _right(judged),
                        gold.first_error if gold else None,
                        verdict.unscored is Unscored.ENGINE
                        or (judged is not None and not judged.scored),
                    )
                )
        return found


def _right(verdict: Verdict | None) -> bool | None:
    return None if verdict is None or verdict.value is None else verdict.value == 1


def open_critic(settings: Settings, folder: str) -> Engine:
    """The engine of a critic's checkpoint. Nothing heavy opens yet."""
    return open_engine(f"{settings.kind}:{folder}")


def corrected_answer(problem: Problem, target: Solution, verdict: Verdict) -> Solution | None:
    """The corrected solution, or what stands for it: an answer boxed by a critique that states no verdict counts, as
    in RealCritic's public evaluation.
    """
    made = correction_of(problem, target, verdict)
    if made is not None:
        return made
    said = verdict.detail.get("answer")
    if not isinstance(said, str) or not said:
        return None
    steps = (verdict.correction or said,)
    return Solution(problem.id, steps, Finish.STOP, said, engine=f"answer to {target.id}")


def _corrected(groups: Sequence[Group], said: Sequence[Verdict]) -> list[Group]:
    verdicts = {v.solution: v for v in said}
    made: dict[str, Solution] = {}
    for group in groups:
        for solution in group.solutions:
            one = corrected_answer(group.problem, solution, verdicts[solution.id])
            if one is not None:
                made[one.id] = one
    return join([group.problem for group in groups], made.values())
