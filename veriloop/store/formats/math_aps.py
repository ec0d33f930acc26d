"""MATH-APS, flat: prefixes of solutions, question included, each with its Monte Carlo value (OpenR's OmegaPRM set).

A row holds a tree of rollouts as a list of texts. A prefix continues the longest other one that it begins with,
followed by a blank line; the texts between are the steps, and each prefix that none continues is a solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import STEP_DELIMITER, Form, Problem, Solution, Source
from veriloop.store.formats.fields import (
    kept,
    labelled_steps,
    maybe_text,
    other_columns,
    problem_text,
    prompt_text,
    score,
    set_aside,
    shown,
    text,
    white,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

_COLUMNS = ("question", "final_answer", "reasoning_steps")
_Nodes = dict[str, list[list[Any]]]  # prefix -> its [index in the row, value] pairs


@final
@dataclass(frozen=True)
class MathAPS:
    """All solutions of a problem in a row. Values are shares of rollouts that reached the answer.

    A prefix that stands in the row several times was estimated several times: its label is the mean. Steps lose
    the white space around them. ``Solution.sample`` counts a row's solutions.
    """

    name: ClassVar[str] = "math-aps"
    shown: ClassVar[str] = "question, reasoning_steps (a list)"
    per_problem: ClassVar[bool] = True

    def fits(self, row: Row) -> bool:
        """True where the row has the columns, and a list of steps."""
        return "question" in row and isinstance(row.get("reasoning_steps"), list)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's solutions, in the order in which their last prefixes stand there."""
        problem = aps_problem(row, subset)
        nodes = _nodes(row, problem.text)
        root = nodes.pop(problem.text, [])
        columns = other_columns(row, _COLUMNS)
        items: list[LabelledSolution] = []
        for sample, chain in enumerate(_chains(list(nodes))):
            ends = [len(problem.text), *map(len, chain)]
            pieces = [chain[-1][a:b] for a, b in pairwise(ends)]
            scores = tuple(fmean(value for _, value in nodes[prefix]) for prefix in chain)
            aside: dict[str, Json] = {"nodes": [nodes[p] for p in chain], "root": root}
            if any(piece != STEP_DELIMITER + piece.strip() for piece in pieces):
                aside["white"] = [list(white(piece)) for piece in pieces]
            if columns:
                aside["columns"] = columns
            detail = set_aside(self.name, aside)
            items.append(aps_labelled(problem, pieces, scores, sample=sample, detail=detail))
        if not items:
            raise InputError(
                "expected a step after the question, got none", field="reasoning_steps"
            )
        return items

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """The solutions of one problem as a row; the problem's own value is left out where it is not known.

        Raises InputError on a solution that is the beginning of another: this format cannot hold it.
        """
        question = prompt_text(items[0])
        at: dict[int, tuple[str, float]] = {}
        more: dict[tuple[str, float], None] = {}
        solutions: list[str] = []
        for item in items:
            steps, scores = labelled_steps(item)
            aside = kept(item, self.name)
            # Both may be longer than the steps: labels may have been cut at an error since.
            indices = aside.get("nodes") or [[]] * len(steps)
            around = aside.get("white") or [(STEP_DELIMITER, "")] * len(steps)
            parts = (f"{a}{step}{b}" for step, (a, b) in zip(steps, around, strict=False))
            prefixes = list(accumulate(parts, initial=question))[1:]
            solutions.append(prefixes[-1])
            for prefix, value, places in zip(prefixes, scores, indices, strict=False):
                _place(at, more, (prefix, value), places)
            for index, value in aside.get("root", ()):
                at.setdefault(index, (question, value))
        _check_whole(solutions, [prefix for prefix, _ in (*at.values(), *more)])
        return {
            **aps_columns(items[0], self.name),
            "reasoning_steps": [
                {"solution_prefix": prefix, "mc_value": value}
                for prefix, value in (*(at[i] for i in sorted(at)), *more)
            ],
        }


def aps_problem(row: Row, subset: str) -> Problem:
    """The problem of a row, flat or tree. ``uid`` is its ``question_id``."""
    number = row.get("question_id")
    return Problem(
        "math-aps",
        problem_text(row, "question"),
        maybe_text(row, "final_answer"),
        subset=subset,
        uid=None if number is None else str(number),
        made_by="read_labelled('math-aps')",
    )


def aps_labelled(
    problem: Problem,
    pieces: Sequence[str],
    scores: tuple[float, ...],
    *,
    sample: int,
    detail: dict[str, Json],
) -> LabelledSolution:
    """One solution of a row, from the texts of its nodes."""
    steps = tuple(piece.strip() for piece in pieces)
    solution = Solution(problem.id, steps, sample=sample, made_by=problem.made_by)
    return labelled(
        problem, solution, Labels("mc", scores, form=Form.SCORE, detail=detail, source=Source.MODEL)
    )


def aps_columns(item: LabelledSolution, name: str) -> dict[str, Any]:
    """The columns of a row, without its steps."""
    uid = item.problem.uid
    return {
        **({} if uid is None else {"question_id": uid}),
        **kept(item, name).get("columns", {}),
        "question": prompt_text(item),
        "final_answer": item.problem.reference,
    }


def _nodes(row: Row, question: str) -> _Nodes:
    """Every prefix, in order of first appearance, with its places and values."""
    listed = row.get("reasoning_steps")
    if not isinstance(listed, list):
        raise InputError(f"expected a list, got {shown(listed)}", field="reasoning_steps")
    nodes: _Nodes = {}
    for i, node in enumerate(listed):
        where = f"reasoning_steps[{i}]"
        if not isinstance(node, dict):
            raise InputError(f"expected an object, got {shown(node)}", field=where)
        prefix = text(node, "solution_prefix", field=f"{where}.solution_prefix")
        if prefix != question and not prefix.startswith(question + STEP_DELIMITER):
            raise InputError(
                f"expected the question, a blank line and steps, got {shown(prefix)}",
                field=f"{where}.solution_prefix",
            )
        value = score(node.get("mc_value"), f"{where}.mc_value")
        nodes.setdefault(prefix, []).append([i, value])
    return nodes


def _chains(prefixes: list[str]) -> Iterator[list[str]]:
    """For each prefix that none continues, in the order given: it and all that it continues, shortest first."""
    parents = dict(_parents(prefixes))
    continued = set(parents.values())
    for prefix in prefixes:
        if prefix not in continued:
            chain = [prefix]
            while (parent := parents[chain[-1]]) is not None:
                chain.append(parent)
            yield chain[::-1]


def _parents(prefixes: list[str]) -> Iterator[tuple[str, str | None]]:
    """Each prefix with the longest other one that it continues. Sorted, what begins alike stands together."""
    stack: list[str] = []
    for prefix in sorted(prefixes):
        while stack and not prefix.startswith(stack[-1]):
            stack.pop()
        fitting = (one for one in reversed(stack) if prefix.startswith(one + STEP_DELIMITER))
        yield prefix, next(fitting, None)
        stack.append(prefix)


def _place(
    at: dict[int, tuple[str, float]],
    more: dict[tuple[str, float], None],
    node: tuple[str, float],
    places: Sequence[Sequence[Any]],
) -> None:
    """Put a node where it stood, with the values it had there unless its label was changed, or at the end."""
    prefix, value = node
    same = bool(places) and fmean(old for _, old in places) == value
    for index, old in places:
        if at.setdefault(index, (prefix, old if same else value))[0] != prefix:
            more[node] = None
    if not places:
        more[node] = None


def _check_whole(solutions: list[str], prefixes: list[str]) -> None:
    continued = {parent for _, parent in _parents(list(dict.fromkeys(prefixes)))}
    if len(set(solutions)) < len(solutions) or not continued.isdisjoint(solutions):
        raise InputError(
            "a solution is the beginning of another one of this problem, or the same: a list of prefixes cannot "
            "say so; math-aps-tree can",
            field="steps",
        )
