"""The judge's side of the paper's protocol: what it is shown and what a true critique says.

The judge reads the problem and the paragraphs in tags. For each paragraph it writes the equation
that is due, then puts the student's numbers next to its own one at a time, says same or differs,
and stops at the first difference. Deriving before quoting, and comparing one number at a time, is
what a tiny model can learn; a verdict over a whole equation is not. Parsing critiques belongs to
the system that uses judges, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from veriloop.abacus.checker import boxed, check_steps, equation

SAME, DIFFERS = "same", "differs"
_DONE, _NOTHING = "done", "nothing"


def judge_prompt(problem: str, steps: Sequence[str]) -> str:
    """The user message: problem and 1-based paragraphs in tags, without instructions."""
    parts = [f"<math_problem>\n{problem}\n</math_problem>"]
    parts += [f"<paragraph_{i}>\n{step}\n</paragraph_{i}>" for i, step in enumerate(steps, 1)]
    return "\n\n".join(parts)


def critique(meta: Mapping[str, Any], steps: Sequence[str]) -> str | None:
    """The true critique of a solution, or None where the comparison cannot express the truth.

    None is rare: prose steps, and steps whose numbers all agree but which come at the wrong
    place (an answer before the end).
    """
    found = compared(meta, steps)
    if found is None:
        return None
    blocks = [
        f"<analysis_{number}>\n{body}\n</analysis_{number}>"
        for number, body in enumerate(found.bodies, 1)
    ]
    verdict = "Correct" if found.first_error is None else "Incorrect"
    return "\n\n".join([*blocks, f"<conclusion>{verdict}</conclusion>"])


@final
@dataclass(frozen=True)
class Compared:
    """What a true critique writes of each step, up to the first wrong one; ``attempted`` are the nodes that the
    right steps before it went through.
    """

    bodies: tuple[str, ...]
    first_error: int | None
    attempted: frozenset[int]


def compared(meta: Mapping[str, Any], steps: Sequence[str]) -> Compared | None:
    """Every step beside the equation that is due, or None where the comparison cannot express the truth."""
    checks = check_steps(meta, steps)
    attempted: set[int] = set()
    bodies: list[str] = []
    for index, (step, check) in enumerate(zip(steps, checks, strict=True)):
        before = frozenset(attempted)
        own, pairs = _pairs(meta, step, attempted)
        agree = all(mine == quoted for mine, quoted in pairs)
        if not pairs or agree != check.right:
            return None
        bodies.append(f"{own}\n{_compare(pairs)}")
        if not agree:
            return Compared(tuple(bodies), index, before)
    return Compared(tuple(bodies), None, frozenset(attempted))


def _compare(pairs: Sequence[tuple[str, str]]) -> str:
    """Write pairs up to and including the first that differs."""
    written: list[str] = []
    for own, quoted in pairs:
        written.append(f"{own} vs {quoted} {SAME if own == quoted else DIFFERS}")
        if own != quoted:
            break
    return ", ".join(written)


def _pairs(
    meta: Mapping[str, Any], step: str, attempted: set[int]
) -> tuple[str, list[tuple[str, str]]]:
    """What the judge derives by itself, and its numbers beside those of the step."""
    found, answer = equation(step), boxed(step)
    expected = _expected(meta, found, attempted)
    if expected is None:
        own = f"{_DONE} {meta['answer']}"
        if answer is None or found is not None:
            return own, [(_DONE, str(found[0]) if found else _NOTHING)]
        return own, [(_DONE, _DONE), (str(meta["answer"]), answer)]
    numbers = [str(part) for part in expected]
    own = f"{numbers[0]}{numbers[1]}{numbers[2]}={numbers[3]}"
    if found is None:
        return own, [(numbers[0], _DONE if answer is not None else _NOTHING)]
    return own, list(zip(numbers, map(str, found), strict=True))


def _expected(
    meta: Mapping[str, Any], found: tuple[int, str, int, int] | None, attempted: set[int]
) -> tuple[int, str, int, int] | None:
    """The true equation due at this step: the one the step means if that is due, else the next."""
    due: list[tuple[int, tuple[int, str, int, int]]] = []
    for index, node in enumerate(meta["nodes"]):
        parents = {node[side]["v"] for side in "ab" if "v" in node[side]}
        if index not in attempted and parents <= attempted:
            a, b = (
                node[side]["n"] if "n" in node[side] else meta["nodes"][node[side]["v"]]["value"]
                for side in "ab"
            )
            due.append((index, (a, node["op"], b, node["value"])))
    if not due:
        return None
    for index, (a, op, b, value) in due:
        if found and found[:3] in ((a, op, b), (b, op, a) if op in "+*" else (a, op, b)):
            attempted.add(index)
            return found[0], op, found[2], value
    attempted.add(due[0][0])
    return due[0][1]
