"""The grid of 2 searches, 9 types of verifiers and 5 feedbacks: what is listed, what of it runs, what else would.

A cell that no paper fills is possible here where parts for it fit together; such a row is made by ``generic`` and runs
(each is run in a test). That it fits says nothing of whether it helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, TypeAlias, final

from veriloop.recipes.catalogue.rows import FEEDBACKS, SEARCHES, TYPES, Row, read_types

Cell: TypeAlias = "tuple[str, str, str]"  # search, type of verifier, feedback
CELLS: tuple[Cell, ...] = tuple(product(SEARCHES, TYPES, FEEDBACKS))
_JUDGE = {"kind": "facts", "engine": "@judge"}
_WHOLE: Mapping[str, Mapping[str, Any]] = {
    "golden annotation": {"kind": "answer", "equality": "@equality"},
    "rule-based": {"kind": "pattern", "forbidden": [r"\bas an AI\b"]},
    "code interpreter": {"kind": "code", "judge": "@code_judge?"},
    "ORM": {"kind": "outcome", "checkpoint": "@orm"},
    "language model": {"kind": "rubric", "engine": "@judge"},
    "tool": {"kind": "equations"},
    "search engine": {**_JUDGE, "tool": {"kind": "lookup", "path": "@documents"}},
    "PRM": {"kind": "process", "checkpoint": "@prm"},
    "knowledge graph": {
        **_JUDGE, "tool": {"kind": "graph", "path": "@graph"}, "decides": "tool"
    },
}  # fmt: skip
_ROLLOUTS = {
    "kind": "montecarlo", "engine": "@policy", "equality": "@equality", "k": 2, "estimate": "soft"
}  # fmt: skip
# Of solutions under way. A program that is half written is no program: nothing to run.
_PARTIAL: Mapping[str, Mapping[str, Any]] = {
    **{name: spec for name, spec in _WHOLE.items() if name != "code interpreter"},
    "golden annotation": _ROLLOUTS,
    "ORM": {**_WHOLE["ORM"], "granularity": "step"},
    "language model": {**_WHOLE["language model"], "prompt": "rubric_partial"},
}
_WRITERS: Mapping[str, Mapping[str, Any]] = {
    "imitation": {"kind": "demonstrations"},
    "preference": {"kind": "pairs"},
    "reinforcement": {"kind": "rewards"},
    "verifier-guided": {"kind": "selection"},
    "verifier-aware": {"kind": "context"},
}


class State(StrEnum):
    """What a cell of the grid holds."""

    RUNS = "runs"  # listed, and at least one of its methods is composed of parts that run
    LACKS = "lacks"  # listed, and every method of it lacks a part
    POSSIBLE = "possible"  # not listed, and parts for it fit and run
    EMPTY = "empty"  # neither


@final
@dataclass(frozen=True)
class Filled:
    """A cell: the first names of listed rows that run and of those that lack a part."""

    cell: Cell
    state: State
    running: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def generic(cell: Cell) -> Row | None:
    """The plainest row of a cell: one part of each kind. None where no parts fit."""
    search, verifier, feedback = cell
    known = _PARTIAL if search == "tree" else _WHOLE
    if verifier not in known or (search, feedback) == ("tree", "verifier-aware"):
        return None
    drawn = "whole" if verifier == "code interpreter" else "sample"
    samples = {"kind": drawn, "n": 4}
    aware = {
        "kind": "refine", "verifier": "@verifier", "draft": {"kind": drawn, "n": 1}, "by": {"most": 1, "accept": 0.5}
    }  # fmt: skip
    beam = {"kind": "beam", "width": 2, "expand": 2, "verifier": "@verifier"}
    linear = aware if feedback == "verifier-aware" else samples
    of = next(one for one in read_types() if one.name == verifier)
    return Row(
        names=(f"{search} / {verifier} / {feedback}",),
        papers=("",),
        search=search,
        verifiers=(verifier,),
        feedback=feedback,
        tasks=("general",),
        forms=of.forms,
        granularities=of.granularities,
        parts={
            "search": beam if search == "tree" else linear,
            "verifiers": [known[verifier]],
            "feedback": _WRITERS[feedback],
        },
    )


def fill(rows: Iterable[Row]) -> dict[Cell, Filled]:
    """Every cell of the grid, with the rows that stand in it. A row with two types of verifiers stands in two."""
    running: dict[Cell, list[str]] = {cell: [] for cell in CELLS}
    lacking: dict[Cell, list[str]] = {cell: [] for cell in CELLS}
    for row in rows:
        for cell in row.cells:
            (running if row.runs else lacking)[cell].append(row.names[0])
    return {cell: _filled(cell, running[cell], lacking[cell]) for cell in CELLS}


def _filled(cell: Cell, running: list[str], lacking: list[str]) -> Filled:
    if running or lacking:
        state = State.RUNS if running else State.LACKS
    else:
        state = State.POSSIBLE if generic(cell) else State.EMPTY
    return Filled(cell, state, tuple(running), tuple(lacking))
