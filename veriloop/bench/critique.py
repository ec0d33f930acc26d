"""Critique and correct: what becomes of right and wrong solutions in a critic's hands, and which step it names first.

"Self-Evolving Critique Abilities in Large Language Models" (SCRIT), https://arxiv.org/abs/2501.05727, section 4.1, on
RealCritic's 8 sets (tangzhy/RealCritic). A critic is any verifier that leaves its corrected answer in
``detail["answer"]``; who is asked what, and in which order, is the caller's business: here are rows and verdicts, the
comparison of answers, and the result. The metrics are in ``critique_metrics`` and ``error_identification``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from veriloop.bench.critique_metrics import CritiqueCase, CritiqueScores, critique_scores
from veriloop.bench.error_identification import (
    ErrorIdentification,
    Gate,
    LocatedCase,
    error_identification,
)
from veriloop.bench.labelled import Labelled, LabelledRow
from veriloop.bench.metrics import Case
from veriloop.bench.sets import SETS
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.errors import VerifierError
from veriloop.ids import Json
from veriloop.records import (
    Cost,
    Form,
    Granularity,
    Problem,
    Solution,
    Source,
    Unscored,
    Verdict,
)
from veriloop.store.labelled import LabelledSolution
from veriloop.store.realcritic import StudentRow
from veriloop.text.answer_rules import AnswerRule, choice_rule, find_answer
from veriloop.text.answers import last_boxed
from veriloop.text.critiques import parse_critique
from veriloop.verify.answer_rules import equality_of
from veriloop.verify.equality import Equality

_WORDS = {True: "right", False: "wrong", None: "unread"}
_OTHERWISE = AnswerRule(several="any", units=True, relative=1e-4, percent=True)


@final
@dataclass(frozen=True)
class JudgedCritique:
    """A row, what the critic said of it, and what came of that. ``answer`` is the corrected one, None where there is
    none; ``lost`` says why nothing can be said of the row, empty where something can.
    """

    row: StudentRow
    verdict: Verdict | None
    case: CritiqueCase
    answer: str | None = None
    lost: str = ""

    @property
    def outcome(self) -> str:
        """``wrong -> right`` and the like, or why there is none."""
        if self.case.after is None:
            return self.lost
        return f"{_WORDS[self.case.before]} -> {_WORDS[self.case.after]}"


@final
@dataclass(frozen=True)
class CritiqueResult:
    """CC-Acc of one critic, and EI-F1 under each reading of its switches, empty where no labelled set was given.

    ``differing`` are rows whose recorded score is not the one found here, of ``recorded`` rows that have one.
    """

    critic: str
    scores: CritiqueScores | None
    judged: tuple[JudgedCritique, ...]
    identification: tuple[ErrorIdentification, ...] = ()
    located: tuple[LocatedCase, ...] = ()
    recorded: int = 0
    differing: tuple[str, ...] = ()
    cost: Cost = Cost()

    @property
    def lost(self) -> dict[str, int]:
        """Rows of which nothing can be said, by reason."""
        return dict(Counter(j.lost for j in self.judged if j.lost))

    @property
    def without_verdict(self) -> dict[str, int]:
        """Rows with an outcome whose critique states no verdict, by reason."""
        told = [j for j in self.judged if j.case.after is not None and j.case.stated is None]
        return dict(Counter(why_unread(j.verdict) for j in told))

    def to_json(self) -> dict[str, Json]:
        """Everything but the critiques, which are records of their own."""
        return {
            "benchmark": "critique and correct",
            "source": "https://arxiv.org/abs/2501.05727",
            "critic": self.critic,
            "scores": self.scores.to_json() if self.scores else None,
            "error_identification": [e.to_json() for e in self.identification],
            "lost": dict[str, Json](self.lost),
            "without_verdict": dict[str, Json](self.without_verdict),
            "recorded": {"rows": self.recorded, "differing": list(self.differing)},
            "cost": {
                "calls": self.cost.calls,
                "prompt_tokens": self.cost.prompt_tokens,
                "tokens": self.cost.tokens,
                "usd": self.cost.usd,
            },
            "rows": [
                {
                    "scenario": j.row.scenario,
                    "id": j.row.uid,
                    "before": j.case.before,
                    "after": j.case.after,
                    "stated": j.case.stated,
                    "answer": j.answer,
                }
                | ({"lost": j.lost} if j.lost else {})
                for j in self.judged
            ],
        }


def rule_of_set(problem: Problem) -> AnswerRule:
    """How answers of a RealCritic set are compared: letters where the problem lists options, else the rule that the
    set has among ``veriloop.bench.sets``, else lists in any order, units, and 1e-4 on decimals.
    """
    choice = choice_rule(problem.text, problem.reference or "")
    if choice is not None:
        return choice
    spec = SETS.get(problem.subset)
    return spec.rule(problem) if spec is not None and spec.rule is not None else _OTHERWISE


def recorded_verdict(row: StudentRow, critic: str) -> Verdict:
    """What a recorded critique says, as the critic's own verdict would have it."""
    text = row.critique or ""
    read = parse_critique(text, len(row.solution.steps))
    # Recorded critics saw the solution whole, so a step that is not among its paragraphs may well exist.
    loose = parse_critique(text)
    stated = read if read.why is None else loose
    detail: dict[str, Json] = {"answer": loose.answer}
    if stated.why is not None:
        detail["why"] = stated.why.value
    return Verdict(
        problem=row.problem.id,
        solution=row.solution.id,
        verifier=critic,
        form=Form.TEXT,
        granularity=Granularity.STEP,
        value=None if stated.correct is None else float(stated.correct),
        unscored=Unscored.UNPARSED if stated.correct is None else None,
        first_error=stated.first_error,
        critique=text,
        correction=loose.correction or None,
        detail=detail,
        source=Source.MODEL,
    )


async def judge_critiques(
    rows: Sequence[StudentRow], verdicts: Iterable[Verdict], equality: Equality
) -> tuple[JudgedCritique, ...]:
    """Every row with what came of it, in order; a row without a verdict is lost.

    A row whose ``right`` is not known (one's own solutions) is judged by its final answer; one that is neither boxed
    nor a choice is not called wrong where it does not equal the gold, since it may have been misread. A comparison that
    failed loses the row: it says nothing of the critic.
    """
    said = {v.solution: v for v in verdicts}
    return tuple(
        await asyncio.gather(*(_judge(row, said.get(row.solution.id), equality) for row in rows))
    )


async def _judge(row: StudentRow, verdict: Verdict | None, equality: Equality) -> JudgedCritique:
    lost = why_lost(verdict)
    answer = corrected_answer(verdict)
    before = row.right
    after: bool | None = None
    try:
        if before is None:
            before = await _own_answer(row, equality)
        if not lost:
            after = await right_answer(row.problem, answer, equality)
    except VerifierError:
        lost = Unscored.CHECKER.value
    stated = None if verdict is None or verdict.value is None else verdict.value > 0.5
    case = CritiqueCase(
        row.subset, row.problem.id, before, after, stated, answered=answer is not None
    )
    return JudgedCritique(row, verdict, case, answer, lost)


async def _own_answer(row: StudentRow, equality: Equality) -> bool | None:
    """Whether the final answer of a solution without a label is right, None where it cannot be read for certain."""
    text = row.solution.text
    found = row.solution.answer or find_answer(row.problem, text)
    if await right_answer(row.problem, found, equality):
        return True
    rule = AnswerRule.of(row.problem)
    chosen = rule is not None and rule.choices and rule.find(text)
    return False if last_boxed(text) or chosen else None


async def right_answer(problem: Problem, answer: str | None, equality: Equality) -> bool:
    """Whether an answer equals the problem's reference under its rule; none is wrong. Raises VerifierError."""
    if not answer or problem.reference is None:
        return False
    return await equality_of(problem, equality).equal(problem.reference, answer)


def corrected_answer(verdict: Verdict | None) -> str | None:
    """The final answer of the corrected solution, None where there is none."""
    answer = verdict.detail.get("answer") if verdict is not None else None
    return answer if isinstance(answer, str) and answer.strip() else None


def why_lost(verdict: Verdict | None) -> str:
    """Why nothing can be said of the row: nobody was asked, or the engine failed. What cannot be read is not lost."""
    if verdict is None:
        return "not criticised"
    lost = verdict.unscored in (Unscored.ENGINE, Unscored.EMPTY)
    return verdict.unscored.value if lost and verdict.unscored else ""


def why_unread(verdict: Verdict | None) -> str:
    """Why a critique states no verdict, in the words of its reader where it left some."""
    if verdict is None:
        return "not criticised"
    why = verdict.detail.get("why")
    cut = verdict.unscored is Unscored.TRUNCATED
    return "cut by the token limit" if cut else str(why or verdict.unscored or "")


def labelled_rows(items: Iterable[LabelledSolution], answers: Mapping[str, str]) -> list[Labelled]:
    """Labelled solutions of ProcessBench or PRM800K, with the gold answer that their problem has or ``answers`` gives
    to its text; solutions whose first wrong step is not known are left out.
    """
    rows: list[Labelled] = []
    for item in items:
        where = item.verdict.first_error
        if where is None:
            continue
        problem = item.problem
        gold = problem.reference or answers.get(" ".join(problem.text.split()))
        subset = problem.task if problem.task == "prm800k" else problem.subset or problem.task
        problem = replace(problem, reference=gold, subset=subset)
        rule = rule_of_set(problem)
        problem = replace(problem, instructions=(*problem.instructions, rule.to_instruction()))
        solution: Solution = replace(item.solution, problem=problem.id)
        rows.append(Labelled(subset, problem, solution, where))
    return rows


async def locate_critiques(
    rows: Sequence[LabelledRow], verdicts: Iterable[Verdict], equality: Equality
) -> tuple[LocatedCase, ...]:
    """Labelled rows with the step that was named and whether the corrected answer is right, None where the problem's
    gold answer is not known or the comparison failed.
    """
    said = {v.solution: v for v in verdicts}
    return tuple(
        await asyncio.gather(*(_locate(row, said.get(row.solution.id), equality) for row in rows))
    )


async def _locate(row: LabelledRow, verdict: Verdict | None, equality: Equality) -> LocatedCase:
    predicted = verdict.first_error if verdict is not None and verdict.scored else None
    case = Case(row.subset, row.problem.id, row.label, predicted)
    corrected: bool | None = None
    if row.problem.reference is not None:
        try:
            corrected = await right_answer(row.problem, corrected_answer(verdict), equality)
        except VerifierError:
            corrected = None
    return LocatedCase(case, corrected, bool(why_lost(verdict)))


def score_critiques(
    critic: str,
    judged: Sequence[JudgedCritique],
    located: Sequence[LocatedCase] = (),
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> CritiqueResult:
    """All numbers of one critic. EI-F1 is given without switches (ProcessBench's F1), with the tolerance alone, and
    with the gate on wrong samples and on both, since the paper leaves open which it means.
    """
    scenarios: dict[str, list[CritiqueCase]] = {}
    for one in judged:
        scenarios.setdefault(one.row.scenario, []).append(one.case)
    switches = [(0, Gate.NONE), (1, Gate.NONE), (1, Gate.ERROR), (1, Gate.BOTH)]
    recorded = [j for j in judged if j.row.recorded_score is not None]
    return CritiqueResult(
        critic,
        critique_scores(scenarios, bootstrap=bootstrap) if scenarios else None,
        tuple(judged),
        tuple(
            error_identification(located, tolerance=steps, gate=gate, bootstrap=bootstrap)
            for steps, gate in (switches if located else [])
        ),
        tuple(located),
        len(recorded),
        tuple(
            f"{j.row.scenario}/{j.row.uid}"
            for j in recorded
            if j.case.after is not j.row.recorded_score
        ),
        sum((j.verdict.cost for j in judged if j.verdict is not None), Cost()),
    )
