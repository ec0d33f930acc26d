"""The recorded answers of the recipe: one program of every kind a problem, in an order that is known beforehand.

The kinds are those that a judge must tell apart. The right program is the first at the first problem, the second at
the second and so on, so that a first-k share rises with k. Right programs lie beside the problems; all others are the
same for every problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.prompts import asked
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem

HERE = Path(__file__).parent
KINDS: Mapping[str, frozenset[str]] = {
    "right": frozenset({"AC"}),
    "wrong": frozenset({"WA", "PE"}),
    "slow": frozenset({"TLE"}),
    "hungry": frozenset({"MLE"}),
    "hostile": frozenset({"SV"}),
    "crash": frozenset({"RE"}),
    "broken": frozenset({"CE"}),
    "prose": frozenset({"NC"}),
}
"""Kinds of answers and the verdicts that each may get."""

FUNCTION_KINDS: Mapping[str, frozenset[str]] = {
    "right": frozenset({"AC"}),
    "wrong": frozenset({"WA"}),
    "cheat": frozenset({"WA", "RE"}),
    "prose": frozenset({"NC"}),
}
"""The same for functions. ``cheat`` leaves its process with success before it is called."""

SUFFIXES = {"cpp": "cpp", "python": "py.txt"}  # no modules of the package


def order(kinds: Mapping[str, frozenset[str]], place: int) -> list[str]:
    """The kinds of the attempts at problem ``place``, in order: the first kind stands at this place.

    >>> order(FUNCTION_KINDS, 1)
    ['prose', 'right', 'wrong', 'cheat']
    """
    names = list(kinds)
    turn = len(names) - place % len(names)
    return names[turn:] + names[:turn]


def programs(
    problems: Sequence[CodeEloProblem], language: str, right: Mapping[str, Path]
) -> Scripted:
    """The engine that answers every problem with one program of each kind. ``right`` are the right ones, by problem.

    Raises InputError where a problem has none.
    """
    table: dict[str, list[str]] = {}
    for place, problem in enumerate(problems):
        if problem.id not in right:
            raise InputError(f"there is no recorded program in {language} for {problem.id}")
        table[asked(problem, language).text] = [
            _program(kind, language, right[problem.id]) for kind in order(KINDS, place)
        ]
    return Scripted(table, name="recorded")


def functions(problems: Sequence[Problem], rows: Mapping[str, Mapping[str, Json]]) -> Scripted:
    """The engine that answers every function problem with one answer of each kind; right ones are the set's own."""
    table: dict[str, list[str]] = {}
    for place, problem in enumerate(problems):
        row = rows[str(problem.uid)]
        table[problem.text] = [_function(kind, row) for kind in order(FUNCTION_KINDS, place)]
    return Scripted(table, name="recorded")


def own_right(language: str) -> dict[str, Path]:
    """The right programs for the recipe's own problems, by problem."""
    found = (HERE / "own" / "right").glob(f"*.{SUFFIXES[language]}")
    return {p.name.partition(".")[0]: p for p in found}


def contest_right(language: str) -> dict[str, Path]:
    """The right programs for the ten contest problems, by problem."""
    name = {"cpp": "right.cpp", "python": "right.py"}[language]
    return {p.parent.name.replace("_", ""): p for p in (HERE / "solutions").glob(f"*/{name}")}


def unexpected(
    kinds: Mapping[str, frozenset[str]],
    problems: Sequence[str],
    verdicts: Mapping[str, Sequence[str]],
) -> list[str]:
    """Every attempt whose verdict is not one that its kind may get, in words; ``problems`` in the set's order."""
    found: list[str] = []
    for place, problem in enumerate(problems):
        for kind, said in zip(order(kinds, place), verdicts[problem], strict=True):
            if said not in kinds[kind]:
                wanted = " or ".join(sorted(kinds[kind]))
                found.append(f"{problem}, {kind}: {said}, expected {wanted}")
    return found


def _program(kind: str, language: str, right: Path) -> str:
    if kind == "prose":
        return _prose()
    suffix = SUFFIXES[language]
    path = right if kind == "right" else HERE / "programs" / f"{kind}.{suffix}"
    return f"This should do it.\n\n```{language}\n{path.read_text(encoding='utf-8')}```\n"


def _prose() -> str:
    return (HERE / "programs" / "prose.txt").read_text(encoding="utf-8")


def _function(kind: str, row: Mapping[str, Json]) -> str:
    if kind == "prose":
        return _prose()
    entry = row["entry_point"]
    bodies = {
        "right": f"{row['prompt']}{row['canonical_solution']}",
        "wrong": f"def {entry}(*arguments):\n    return object\n",
        "cheat": f"import os\n\nos._exit(0)\n\n\ndef {entry}(*arguments):\n    pass\n",
    }
    return f"```python\n{bodies[kind]}\n```\n"
