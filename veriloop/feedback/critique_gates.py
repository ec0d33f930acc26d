"""Gates that a critique passes before a critic is trained on it, one after another.

Source: SCRIT (arXiv 2501.05727, section 2.4): the direct critic has to accept the correction. The paper states that
gate alone; equal answers, agreement with the label, and the critique that finds every step right and rejects the
answer because the reference has another one (appendix E) are gates of their own here. A gate looks at verdicts that
are there; it asks nobody, and a verdict without a value is a reason of its own and never a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from veriloop.records import NO_ERROR, Problem, Solution, Verdict
from veriloop.text.answer_rules import answer_of
from veriloop.text.answers import fast_equal
from veriloop.text.critiques import Critique


@final
@dataclass(frozen=True)
class Case:
    """A critique on trial: of which target, what correction came of it, and what others said of the two.

    ``accepted`` is the direct critic's verdict on the correction, ``answered`` the verdict on the correction's answer,
    ``labelled`` that on the target's; None where there is none.
    """

    problem: Problem
    target: Solution
    critique: Critique
    correction: Solution
    accepted: Verdict | None = None
    answered: Verdict | None = None
    labelled: Verdict | None = None


def accepts(case: Case) -> str:
    """The direct critic finds no error in the correction."""
    if missing := _missing(case.accepted):
        return missing
    found = case.accepted
    fine = found is not None and found.value == 1 and found.first_error in (NO_ERROR, None)
    return "" if fine else "the direct critic rejects the correction"


def answer(case: Case) -> str:
    """The correction's answer is the problem's."""
    if missing := _missing(case.answered):
        return missing
    right = case.answered.right if case.answered is not None else None
    if right is None:
        return "the correction's answer is called neither right nor wrong"
    return "" if right else "the correction has another answer"


def agreement(case: Case) -> str:
    """The critique calls a right target right and a wrong one wrong, and its correction changes the answer only of a
    solution that it calls wrong. Answers that plain rules cannot tell apart are left to the other gates.
    """
    if missing := _missing(case.labelled):
        return missing
    label = case.labelled.right if case.labelled is not None else None
    if label is None:
        return "the label is neither right nor wrong"
    if case.critique.correct != label:
        return "it rejects a right solution" if label else "it approves a wrong solution"
    own, new = answer_of(case.problem, case.target), case.correction.answer
    same = fast_equal(own, new) if own and new else None
    if same is not None and same != case.critique.correct:
        return "the correction contradicts the verdict"
    return ""


_OTHER = re.compile(
    r"\b(?:reference|expected|official|model|gold|provided|known|correct|actual|right|true|given)\s+"
    r"(?:final\s+)?(?:answer|solution|result|value)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?:\bnot|n't|\bfails?\s+to)\s+(?:match|agree|equal|coincide|correspond|the\s+same)|"
    r"\bdiffer(?:s|ent|ing)?\b|\bmismatch|\binconsistent\s+with\b|"
    r"\binstead\s+of\b|\brather\s+than\b|\bbut\s+(?:the|it)\b",
    re.IGNORECASE,
)
_FAULT = re.compile(
    r"\b(?:wrong|incorrect|error|mistake|invalid|flaw|false|fault|slip|miscalculat|misread|misappl|misinterpret|"
    r"misunderst|should|must|instead|however|but|not|never|missing|omit|forg[eo]t|overlook|unjustified|differs?)|n't\b",
    re.IGNORECASE,
)
_APPROVED = re.compile(
    r"\b(?:correct(?:ly)?|valid|sound|right|fine|accurate|no\s+errors?)\b", re.IGNORECASE
)
_NO_ERROR = re.compile(
    r"\b(?:no|without(?:\s+any)?)\s+(?:errors?|mistakes?|flaws?)\b", re.IGNORECASE
)


def last_step(case: Case) -> str:
    """The critique does not reject the last step by its answer alone.

    It does where the first error is the last step and what it says of that step is nothing, approval without a fault,
    or a comparison with another's answer (by phrases, in English) without anything of its own: an equation that ends
    in the new answer, a calculation that the student did not write, or a fault in the doing by name.
    """
    critique, steps = case.critique, case.target.steps
    if critique.correct or critique.first_error != len(steps) - 1:
        return ""
    said = critique.steps[len(steps) - 1] if len(critique.steps) >= len(steps) else ""
    if not said.strip():
        return "it says nothing of the last step, which it rejects"
    if _APPROVED.search(said) and not _FAULT.search(_NO_ERROR.sub("", said)):
        return "it approves the last step and rejects it"
    compared = _OTHER.search(said) and _COMPARED.search(said)
    if compared and not _derives(said, case.correction.answer, steps[-1]):
        return "only the final answer is compared"
    return ""


_CALCULATION = re.compile(
    r"[\w)}\].\\]\s{0,3}(?:[-+*/^×÷]|\\(?:times|cdot|div)\b)[^=\n]{0,60}=\s*[^\s,;]+"
    r"|\\(?:sqrt|frac)\b[^=\n]{0,60}="
)
_DOING = re.compile(
    r"\b(?:incorrectly|wrongly|mistakenly|erroneously)\s+(?!state|conclud|giv|answer|writ|report|claim|say)\w+|"
    r"\b(?:calculation|computation(?:al)?|arithmetic|algebra(?:ic)?|sign)\s+(?:error|mistake|slip)|"
    r"\bmis(?:calculat|comput|read|appl|interpret|understood|understand)",
    re.IGNORECASE,
)


def _derives(said: str, answer: str | None, step: str) -> bool:
    """True where a critique of ``step`` has something of its own to say of it."""
    if _DOING.search(said):
        return True
    if answer and re.search(rf"=\s*[$\\(\[{{\s]*{re.escape(answer)}(?![\w.]*\w)", said):
        return True
    own = "".join(step.split())
    return any("".join(m[0].split()) not in own for m in _CALCULATION.finditer(said))


GATES: Mapping[str, Callable[[Case], str]] = {
    "accepts": accepts,
    "answer": answer,
    "agreement": agreement,
    "last-step": last_step,
}
"""Each gives the reason for which it closes, or nothing."""


def _missing(verdict: Verdict | None) -> str:
    """Why a verdict says nothing; empty where it has a value."""
    if verdict is None:
        return "no verdict"
    return verdict.unscored.value if verdict.unscored else ""
