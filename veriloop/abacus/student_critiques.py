r"""Critiques in the grammar that all critics share, written from the value graph: what the critic is trained to say.

The critic reads a student's solution, with a right solution beside it (contrastive) or without one (direct), and
writes one comparison for each step up to the first wrong one, a verdict, and a correction that keeps the steps before
the error. It also plants errors in right solutions on request. Its three prompts are layouts alone, those of
``critic_contrastive_bare``, ``critic_direct_bare`` and ``inject_bare``; asking and reading is the system's business.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from veriloop.abacus.checker import boxed, equation
from veriloop.abacus.critiques import Compared, compared
from veriloop.abacus.solutions import Fault, Line, derive, random_fault, write
from veriloop.records import NO_ERROR
from veriloop.text.critiques import Critique, render_critique


def critic_prompt(problem: str, steps: Sequence[str], reference: Sequence[str] = ()) -> str:
    """The user message: problem, reference solution if any, numbered steps; without instructions."""
    parts = [f"<math_problem>\n{problem}\n</math_problem>"]
    if reference:
        whole = "\n\n".join(reference)
        parts.append(f"<reference_solution>\n{whole}\n</reference_solution>")
    parts += [f"<step_{i}>\n{step}\n</step_{i}>" for i, step in enumerate(steps, 1)]
    return "\n\n".join(parts)


def inject_prompt(problem: str, steps: Sequence[str]) -> str:
    """The user message that asks for a right solution with an error planted in it."""
    whole = "\n\n".join(steps)
    return f"<math_problem>\n{problem}\n</math_problem>\n\n<right_solution>\n{whole}\n</right_solution>"


def student_critique(
    meta: Mapping[str, Any], steps: Sequence[str], reference: Sequence[str] = ()
) -> str | None:
    """The true critique, with the reference's equations before it where there is one; None where the comparison
    cannot express the truth.
    """
    found = compared(meta, steps)
    if found is None:
        return None
    right = found.first_error is None
    answer = str(meta["answer"])
    return render_critique(
        Critique(
            steps=found.bodies,
            correct=right,
            first_error=NO_ERROR if found.first_error is None else found.first_error,
            correction=rf"\boxed{{{answer}}}" if right else corrected(meta, steps, found),
            answer=answer,
            analysis=_analysis(reference),
        )
    )


def corrected(meta: Mapping[str, Any], steps: Sequence[str], found: Compared) -> str:
    """The steps before the first wrong one, then the equations that are still due and the answer, in the same style."""
    kept = list(steps[: found.first_error])
    lines, answer = derive(meta, {})
    due = [line for node, line in enumerate(lines) if node not in found.attempted]
    filler = [Line("", 0, "+", 0, 0)] * len(kept)
    return "\n\n".join([*kept, *write([*filler, *due], answer, _style(steps[0]))[len(kept) :]])


def injected(meta: Mapping[str, Any], style: str, rng: random.Random) -> list[str]:
    """A right solution with one slip, wrong operand, wrong operation or skipped step planted in it."""
    fault = Fault("none")
    index = 0
    while fault.kind in ("none", "typo"):
        index = rng.randrange(len(meta["nodes"]))
        fault = random_fault(meta, index, rng)
    return write(*derive(meta, {index: fault}), style)


def _analysis(reference: Sequence[str]) -> str:
    """The reference's equations and its answer, one after another."""
    told = [f"{e[0]}{e[1]}{e[2]}={e[3]}" for step in reference if (e := equation(step))]
    answer = boxed(reference[-1]) if reference else None
    return "\n".join([*told, f"done {answer}"]) if answer else "\n".join(told)


def _style(step: str) -> str:
    if step.startswith(("First", "This gives")):
        return "plain"
    return "numbered" if step.startswith(("Step", "Answer")) else "labelled"
