r"""The exact checker of the Abacus world: which steps are right, and which is the first wrong one.

It works from a problem's stored `meta` and the written steps alone. It is lenient about words and
labels and strict about numbers: a step is right when its equation is one of the problem's, its
parents were attempted before, and its result is true. Harmless repetition is right; a different
but valid route is not recognised, since Abacus problems have one natural order. No partial
credit, no answer extraction beyond `\boxed{}`: general answer judging lives in `veriloop.text`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from veriloop.abacus.problems import compute

ErrorKind = Literal["arith", "operand", "op", "missing", "final", "format"]

DELIMITER = "\n\n"
_EQUATION = re.compile(r"(\d+)\s*(\+|-|\*|//)\s*(\d+)\s*=\s*(-?\d+)(?!\d)")
_BOXED = re.compile(r"\\boxed\{\s*(-?\d+)\s*\}")


@dataclass(frozen=True)
class StepCheck:
    """The truth about one step: right or not, and if not, what kind of error it is.

    arith: right operands and operation, wrong result. operand, op: a wrong number or operation.
    missing: something needed was skipped. final: wrong number in the box. format: unreadable.
    """

    right: bool
    error: ErrorKind | None = None


def split_steps(text: str) -> list[str]:
    """Split a written solution at blank lines, dropping empty pieces."""
    return [piece.strip() for piece in re.split(r"\n{2,}", text) if piece.strip()]


def equation(step: str) -> tuple[int, str, int, int] | None:
    """The last `a op b = c` of a step as (a, op, b, c), or None."""
    found = _EQUATION.findall(step)
    if not found:
        return None
    left, op, right, result = found[-1]
    return int(left), op, int(right), int(result)


def boxed(text: str) -> str | None:
    r"""The last `\boxed{number}` of a text, or None."""
    found = _BOXED.findall(text)
    return str(int(found[-1])) if found else None


def first_error(meta: Mapping[str, Any], steps: Sequence[str]) -> int:
    """Index of the first wrong step, or -1. No steps at all is an error at 0."""
    checks = check_steps(meta, steps)
    if not checks:
        return 0
    return next((i for i, check in enumerate(checks) if not check.right), -1)


def error_kind(meta: Mapping[str, Any], steps: Sequence[str]) -> ErrorKind | None:
    """The kind of the first error, or None for a faultless solution."""
    checks = check_steps(meta, steps)
    if not checks:
        return "format"
    return next((check.error for check in checks if not check.right), None)


def is_correct(meta: Mapping[str, Any], steps: Sequence[str]) -> bool:
    """True when the last step's boxed number is the answer (the steps may still be wrong)."""
    return bool(steps) and boxed(steps[-1]) == str(meta["answer"])


def check_steps(meta: Mapping[str, Any], steps: Sequence[str]) -> list[StepCheck]:
    """Judge every step of a solution against the value graph in `meta`.

    A step after the first error is judged against the true values, so one that faithfully carries
    a wrong value on is wrong as well, while one that silently returns to the true value is right.
    """
    attempted: set[int] = set()
    checks: list[StepCheck] = []
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        check = _check(meta, step, attempted)
        if last and check.right and boxed(step) is None:
            check = StepCheck(False, "missing")  # stops without an answer
        if not last and check.right and boxed(step) is not None:
            check = StepCheck(False, "format")  # goes on after the answer
        checks.append(check)
    return checks


def _check(meta: Mapping[str, Any], step: str, attempted: set[int]) -> StepCheck:
    answer, found = boxed(step), equation(step)
    if answer is not None and found is None:
        return _check_final(meta, answer, attempted)
    if found is None:
        # Pure prose claims nothing; numbers outside an equation cannot be followed.
        return StepCheck(False, "format") if re.search(r"\d", _unlabelled(step)) else _RIGHT
    check = _check_equation(meta, found, attempted)
    if answer is None or not check.right:
        return check
    return _check_final(meta, answer, attempted)


def _check_final(meta: Mapping[str, Any], answer: str, attempted: set[int]) -> StepCheck:
    if answer == str(meta["answer"]):
        return _RIGHT
    complete = len(meta["nodes"]) - 1 in attempted
    return StepCheck(False, "final" if complete else "missing")


def _check_equation(
    meta: Mapping[str, Any], found: tuple[int, str, int, int], attempted: set[int]
) -> StepCheck:
    left, op, right, result = found
    exact = [i for i in range(len(meta["nodes"])) if _same(_operands(meta, i), (left, op, right))]
    ready = [i for i in exact if _parents(meta, i) <= attempted]
    if ready:
        fresh = next((i for i in ready if i not in attempted), ready[0])
        attempted.add(fresh)
        return _RIGHT if result == meta["nodes"][fresh]["value"] else StepCheck(False, "arith")
    if exact:
        return StepCheck(False, "missing")
    due = [i for i in range(len(meta["nodes"])) if i not in attempted]
    due = [i for i in due if _parents(meta, i) <= attempted]
    graph = [_operands(meta, i) for i in due]
    if any({left, right} == {a, b} and op != o for a, o, b in graph):
        return StepCheck(False, "op")
    if any(op == o and {left, right} & {a, b} for a, o, b in graph):
        return StepCheck(False, "operand")
    if compute(op, left, right) != result:
        return StepCheck(False, "arith")
    return StepCheck(False, "operand")


def _operands(meta: Mapping[str, Any], index: int) -> tuple[int, str, int]:
    node = meta["nodes"][index]
    return _value(meta, node["a"]), node["op"], _value(meta, node["b"])


def _value(meta: Mapping[str, Any], operand: Mapping[str, int]) -> int:
    return operand["n"] if "n" in operand else int(meta["nodes"][operand["v"]]["value"])


def _parents(meta: Mapping[str, Any], index: int) -> set[int]:
    node = meta["nodes"][index]
    return {operand["v"] for operand in (node["a"], node["b"]) if "v" in operand}


def _same(node: tuple[int, str, int], written: tuple[int, str, int]) -> bool:
    if node == written:
        return True
    a, op, b = written
    return op in "+*" and node == (b, op, a)


def _unlabelled(step: str) -> str:
    """The step without a leading `Step 3:` style label, whose number claims nothing."""
    return re.sub(r"^\s*Step\s*\d+\s*:?", "", step)


_RIGHT = StepCheck(True)
