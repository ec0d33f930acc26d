"""Instructions as a verifier: 1 where an answer follows all instructions of its problem, else 0.

A program's verdict without reference answer or model: ``Problem.instructions`` says what is asked, in IFEval's
ids and fields. It sees form and never whether the answer is any good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from veriloop.ids import Json
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.instructions.checking import Checked, all_followed, answer_of, check_all
from veriloop.verify.stamp import stamped

# What more text cannot mend, besides "less than".
_FINAL = (
    "change_case:english_capital",
    "change_case:english_lowercase",
    "keywords:forbidden_words",
    "punctuation:no_comma",
)


@final
@dataclass(frozen=True)
class Instructions:
    """1 where every instruction of the problem is followed, else 0, with what was not as the critique.

    ``loose`` takes an instruction as followed where any of eight variants of the answer follows it. Thoughts and what
    tools said are no part of the answer. A problem without instructions gets no value, nor an answer on which one
    cannot be checked while none is broken. One that a token limit cut gets no value where more of it could have
    decided; ``cut_too`` judges it as it stands, as benchmarks do. Raises InputError on an instruction that is unknown.
    """

    loose: bool = False
    cut_too: bool = False
    name: str = "instructions"
    traits: ClassVar[Traits] = Traits(
        Source.PROGRAM, (Form.BINARY,), (Granularity.TRAJECTORY,), needs_reference=True
    )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail["instructions"]`` has id, strict, loose and why of each."""
        return tuple(self._verdict(group.problem, solution) for solution in group.solutions)

    def _verdict(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return stamped(self, solution, unscored=Unscored.EMPTY)
        if not problem.instructions:
            return stamped(self, solution, unscored=Unscored.NO_REFERENCE)
        answer = answer_of(solution.text)
        if answer is None and not self.cut_too:
            return stamped(self, solution, unscored=Unscored.TRUNCATED)
        found = check_all(
            problem.instructions, answer or "", language=problem.language, prompt=problem.text
        )
        judged = [one.loose if self.loose else one.strict for one in found]
        value = all_followed(judged)
        detail: dict[str, Json] = {"instructions": [one.to_json() for one in found]}
        cut = solution.finish is Finish.LENGTH and not self.cut_too
        if value is None:
            return stamped(self, solution, unscored=Unscored.ABSTAINED, detail=detail)
        if cut and (value or not _beyond_mending(problem.instructions, found)):
            return stamped(self, solution, unscored=Unscored.TRUNCATED, detail=detail)
        faults = [
            f"{one.id} is not followed: {said.why}."
            for one, said in zip(found, judged, strict=True)
            if said.value is False
        ]
        return stamped(
            self, solution, value=float(value), critique="\n".join(faults) or None, detail=detail
        )


def _beyond_mending(instructions: Sequence[Mapping[str, Json]], found: Sequence[Checked]) -> bool:
    """Is an instruction broken, even loosely, that no more text can mend?"""
    for asked, one in zip(instructions, found, strict=True):
        kwargs = asked.get("kwargs") or {}
        assert isinstance(kwargs, Mapping)
        less = "less than" in kwargs.values()
        if one.loose.value is False and (less or one.id in _FINAL):
            return True
    return False
