"""MATH-APS as a tree: nodes ``text``, ``mc_value``, ``children``; the root is the question.

Every path from the root to a leaf is a solution, so that steps near the root stand in many of them, and rollouts
that happened to be the same are as many solutions. The flat form is ``math_aps``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.store.formats.fields import (
    kept,
    labelled_steps,
    other_columns,
    prompt_text,
    score,
    set_aside,
    shown,
    text,
    white,
)
from veriloop.store.formats.labelled import LabelledSolution, Row
from veriloop.store.formats.math_aps import aps_columns, aps_labelled, aps_problem

_COLUMNS = ("question", "final_answer", "reasoning_steps")
_Path = tuple[int, ...]


@final
@dataclass(frozen=True)
class MathAPSTree:
    """All solutions of a problem in a row. Values are shares of rollouts that reached the answer.

    Steps lose the white space around them. ``Solution.sample`` counts a row's solutions, depth first.
    """

    name: ClassVar[str] = "math-aps-tree"
    shown: ClassVar[str] = "question, reasoning_steps (an object)"
    per_problem: ClassVar[bool] = True

    def fits(self, row: Row) -> bool:
        """True where the row has the columns, and a tree of steps."""
        return "question" in row and isinstance(row.get("reasoning_steps"), dict)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's solutions, one for each leaf."""
        problem = aps_problem(row, subset)
        root = row.get("reasoning_steps")
        if not isinstance(root, dict) or root.get("text") != problem.prompt:
            raise InputError(
                f"expected a node with the question as its text, got {shown(root)}",
                field="reasoning_steps",
            )
        value = root.get("mc_value")
        if value is not None:
            score(value, "reasoning_steps.mc_value")
        columns = other_columns(row, _COLUMNS)
        items: list[LabelledSolution] = []
        for sample, (path, pieces, scores) in enumerate(_leaves(root)):
            aside: dict[str, Json] = {"path": list(path), "root": value}
            if any(piece != piece.strip() for piece in pieces):
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
        """The solutions of one problem as a row. The root's value is null where it is not known.

        Solutions that did not come from such a tree share the steps that the one before them begins with too.
        """
        tree = _Tree()
        for item in items:
            steps, scores = labelled_steps(item)
            aside = kept(item, self.name)
            around = aside.get("white") or [("", "")] * len(steps)
            texts = [f"{a}{step}{b}" for step, (a, b) in zip(steps, around, strict=False)]
            tree.add(list(zip(texts, scores, strict=True)), aside.get("path"))
        root = kept(items[0], self.name).get("root")
        return {
            **aps_columns(items[0], self.name),
            "reasoning_steps": tree.nested(prompt_text(items[0]), root),
        }


def _leaves(root: dict[str, Any]) -> Iterator[tuple[_Path, tuple[str, ...], tuple[float, ...]]]:
    """Depth first: the path of each leaf but the root, and the texts and values on it."""
    stack: list[tuple[dict[str, Any], _Path, tuple[str, ...], tuple[float, ...]]] = [
        (root, (), (), ())
    ]
    while stack:
        node, path, texts, values = stack.pop()
        children = node.get("children")
        if not isinstance(children, list):
            raise InputError(f"expected a list, got {shown(children)}", field=_at(path, "children"))
        if path and not children:
            yield path, texts, values
        for i in reversed(range(len(children))):
            child, inner = children[i], (*path, i)
            if not isinstance(child, dict):
                raise InputError(f"expected an object, got {shown(child)}", field=_at(inner))
            told = text(child, "text", field=_at(inner, "text"))
            value = score(child.get("mc_value"), _at(inner, "mc_value"))
            stack.append((child, inner, (*texts, told), (*values, value)))


def _at(path: _Path, name: str = "") -> str:
    nodes = "".join(f".children[{i}]" for i in path)
    return f"reasoning_steps{nodes}" + (f".{name}" if name else "")


@final
@dataclass(frozen=True)
class _Tree:
    """Nodes by their paths; ``leaves`` are those that end a solution."""

    nodes: dict[_Path, tuple[str, float]] = field(default_factory=dict[_Path, tuple[str, float]])
    leaves: set[_Path] = field(default_factory=set[_Path])
    width: dict[_Path, int] = field(default_factory=dict[_Path, int])

    def add(self, steps: list[tuple[str, float]], path: Sequence[int] | None) -> None:
        """Add a solution at the path where it stood, or behind the last one."""
        known = tuple(path) if path is not None and len(path) == len(steps) else None
        if known is None or known in self.leaves:
            known = self._next(steps)
        for depth, node in enumerate(steps, start=1):
            here = known[:depth]
            self.nodes[here] = node
            above = here[:-1]
            self.width[above] = max(self.width.get(above, 0), here[-1] + 1)
        self.leaves.add(known)

    def _next(self, steps: list[tuple[str, float]]) -> _Path:
        here: _Path = ()
        for depth, node in enumerate(steps, start=1):
            width = self.width.get(here, 0)
            last = (*here, width - 1)
            shared = depth < len(steps) and last not in self.leaves and self.nodes.get(last) == node
            here = last if shared else (*here, width)
        return here

    def nested(self, question: str, value: float | None) -> dict[str, Any]:
        """The tree under its root, as JSON."""
        root: dict[str, Any] = {"text": question, "mc_value": value, "children": []}
        made: dict[_Path, dict[str, Any]] = {(): root}
        for path in sorted(self.nodes):
            told, score = self.nodes[path]
            made[path] = {"text": told, "mc_value": score, "children": []}
            made[path[:-1]]["children"].append(made[path])
        return root
