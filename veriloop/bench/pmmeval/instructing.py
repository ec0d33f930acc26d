"""MIFEval: does an answer follow its instruction, as the instruction means it or as the official harness computes it.

``fixed`` is strict by ``verify.instructions``, with the loose verdict beside it; what a model thought and what its
tools said is no part of the answer there. ``official`` is ``official_instructions``, whose loose verdict is its strict
one.
"""

from __future__ import annotations

from collections.abc import Mapping

from veriloop.bench.pmmeval.official_instructions import (
    OfficialStop,
    official_follows,
    official_loose,
)
from veriloop.bench.pmmeval.outcomes import Judged
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem
from veriloop.verify.instructions.checking import all_followed, answer_of, check_all


def judge_instructions(
    problem: Problem, answer: str, scoring: Scoring, *, cut: bool = False
) -> Judged:
    """1 where every instruction of ``problem`` is followed, else 0; ``detail`` has ``loose`` (0 or 1) and ``why``, and
    ``rule`` the ids.

    Under ``fixed`` an instruction that cannot be checked on this answer leaves it without a value, with the reason, and
    ``loose`` is missing where that cannot be told either. An answer that was ``cut`` is
    checked as it stands. Raises InputError where the problem has no instructions or
    one that is not known.
    """
    if not problem.instructions:
        raise InputError(
            "a problem of MIFEval has instructions, ({'id', 'kwargs'}, ...), and this one has none",
            field="instructions",
        )
    rule = ", ".join(str(one.get("id")) for one in problem.instructions)
    if scoring == "official":
        return _official(problem, answer, rule)
    said = answer_of(answer)
    found = check_all(
        problem.instructions, said or "", language=problem.language, prompt=problem.text
    )
    strict = all_followed(one.strict for one in found)
    loose = all_followed(one.loose for one in found)
    detail: dict[str, Json] = {"why": "; ".join(one.strict.why for one in found)}
    if said is None:
        detail["why"] = "the thought never ends"
    if loose is not None:
        detail["loose"] = int(loose)
    if strict is None:
        reason = next(one.strict.why for one in found if one.strict.value is None)
        return Judged(None, reason=reason, rule=rule, detail=detail)
    return Judged(float(strict), rule=rule, detail=detail)


def _official(problem: Problem, answer: str, rule: str) -> Judged:
    """The harness puts the ``kwargs`` of all instructions of an item into one. Where it stops there is no value."""
    merged: dict[str, Json] = {}
    for one in problem.instructions:
        kwargs = one.get("kwargs")
        merged.update(kwargs if isinstance(kwargs, Mapping) else {})
    names = [str(one.get("id")) for one in problem.instructions]
    try:
        strict = all(official_follows(n, merged, answer, problem.language) for n in names)
        loose = all(official_loose(n, merged, answer, problem.language) for n in names)
    except OfficialStop as error:
        return Judged(None, reason=str(error), rule=rule)
    return Judged(float(strict), rule=rule, detail={"loose": int(loose), "why": ""})
