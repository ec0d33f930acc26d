"""Does a critique tell what its writer learnt from a reference solution that its reader will not see?

A contrastive critic writes with a right solution in sight, and its critiques train a critic that has none (SCRIT,
arXiv 2501.05727, section 2.1: the reference is used only while making data). Three exact rules, none of them a model;
that a critic *knew* the answer cannot be seen in a text, and is not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from veriloop.records import NO_ERROR, STEP_DELIMITER
from veriloop.text.critiques import Critique, render_critique
from veriloop.text.steps import split_steps

NAMES = "it speaks of a reference"
QUOTES = "a step's critique repeats the reference"
COPIES = "the correction is the reference's in place of the student's"

# "A reference angle", "a frame of reference" and "he references a law" are no words of one who has seen a solution.
_REFERENCE = re.compile(
    r"(?<![a-z])reference[\s_-]+(?:solution|answer|analysis|approach|method|result|derivation|step|work|text|value)|"
    r"\b(?:the|this|that|a|our)\s+references?(?![a-z])(?!\s+(?:angle|point|frame|line|plane|axis|axes|triangle|number|"
    r"level|direction|system|circle|position|state|class))",
    re.IGNORECASE,
)


def leak(
    critique: Critique,
    problem: str,
    *,
    steps: Sequence[str],
    reference: Sequence[str] = (),
    length: int = 40,
) -> str:
    """Which rule the critique breaks, as it is trained on (without the analysis); empty where it breaks none.

    1. It speaks of a reference or a reference solution, and neither the problem nor the student's ``steps`` do.
    2. The critique of a step holds a run of ``length`` characters of the ``reference`` that stands neither in the
       problem, nor in the student's solution, nor in the correction.
    3. The correction does not begin with the student's steps before the first error, and holds a whole step of the
       reference, of ``length`` characters or more, that stands neither in the problem nor in the student's solution.

    White space does not count. A correction that keeps the student's steps may well end as the reference does: it
    is its writer's own derivation that the target is to teach.
    """
    known = _flat(problem, *steps)
    said = _flat(render_critique(_shown(critique)))
    if _REFERENCE.search(said) and not _REFERENCE.search(known):
        return NAMES
    if not reference:
        return ""
    correction = _flat(critique.correction)
    shared = _runs(_flat(*critique.steps), length) & _runs(_flat(*reference), length)
    if any(run not in known and run not in correction for run in shared):
        return QUOTES
    whole = (_flat(step) for step in reference)
    copied = any(len(step) >= length and step in correction and step not in known for step in whole)
    return COPIES if copied and not _keeps(critique, steps) else ""


def _shown(critique: Critique) -> Critique:
    """Without the analysis: what is learnt."""
    return Critique(
        critique.steps, critique.correct, critique.first_error, correction=critique.correction
    )


def _keeps(critique: Critique, steps: Sequence[str]) -> bool:
    """True where the correction begins with the student's steps before the first error."""
    if critique.first_error is None or critique.first_error == NO_ERROR:
        return True
    before = [_flat(step) for step in steps[: critique.first_error]]
    made = [_flat(step.text) for step in split_steps(critique.correction)]
    return made[: len(before)] == before


def _flat(*texts: str) -> str:
    return " ".join(STEP_DELIMITER.join(texts).split())


def _runs(text: str, length: int) -> set[str]:
    return {text[i : i + length] for i in range(len(text) - length + 1)}
