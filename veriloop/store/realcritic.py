"""Reads RealCritic: student solutions to criticise and correct, and critiques of such that somebody has recorded.

One JSONL file a set, as published (tangzhy/RealCritic): ``idx``, ``question``, ``gt`` (the gold answer), ``reasoning``
(the student's solution), ``model``, and in the balanced scenario ``previous_score`` (whether its answer is right).
Recorded rows have ``student_solution`` and ``critique`` instead. All scenarios are of the same problems; the all-wrong
scenario of SCRIT's table 1 is the folder ``incorrect``, not the wrong half of ``balanced``. The metric is
``veriloop.bench``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from veriloop.errors import InputError
from veriloop.records import Finish, Problem, Solution
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import file_rows
from veriloop.text.answer_rules import AnswerRule
from veriloop.text.steps import split_steps

SETS = (
    "arc-challenge",
    "college_math",
    "gpqa",
    "gsm8k",
    "math",
    "minerva_math",
    "mmlu_stem",
    "olympiadbench",
)
INCORRECT, BALANCED, OWN = "incorrect", "balanced", "own"
SCENARIOS = (INCORRECT, BALANCED, OWN)

Rules = Callable[[Problem], AnswerRule | None]


@final
@dataclass(frozen=True)
class StudentRow:
    """One student solution. ``right`` says whether its final answer is, as published; None where that is not known.

    ``critique`` and ``recorded_score`` are a recorded critique and what was said of its corrected answer, None where
    there is none. ``uid`` names the row within its scenario.
    """

    scenario: str
    subset: str
    uid: str
    problem: Problem
    solution: Solution
    right: bool | None = None
    critique: str | None = None
    recorded_score: bool | None = None


def read_realcritic(
    folder: str | Path,
    scenario: str,
    *,
    sets: Sequence[str] = (),
    rules: Rules = lambda _: None,
    quarantine: Quarantine | None = None,
) -> list[StudentRow]:
    """The rows of a scenario, ``folder/<scenario>/<set>.jsonl``, of ``sets`` or of all that are there.

    ``rules`` gives a problem the rule of its answers. A malformed row goes to ``quarantine``, and without one is an
    InputError. Raises InputError on an unknown set or scenario, and where no file is found.
    """
    if scenario not in (INCORRECT, BALANCED):
        raise InputError(f"RealCritic has files of {INCORRECT} and {BALANCED}, not of {scenario!r}")
    unknown = sorted(set(sets) - set(SETS))
    if unknown:
        raise InputError(f"no set {unknown[0]!r}; there are {', '.join(SETS)}")
    place = Path(folder) / scenario
    files = [f for name in sets or SETS if (f := place / f"{name}.jsonl").is_file()]
    missing = [name for name in sets if not (place / f"{name}.jsonl").is_file()]
    if missing or not files:
        wanted = ", ".join(f"{name}.jsonl" for name in missing or SETS)
        raise InputError(
            f"expected {'' if missing else 'at least one of '}{wanted}", file=str(place)
        )
    return [
        row
        for file in files
        for row in _rows(file, scenario, file.stem, rules=rules, quarantine=quarantine)
    ]


def read_recorded(
    source: str | Path,
    *,
    subset: str = "math",
    rules: Rules = lambda _: None,
    quarantine: Quarantine | None = None,
) -> list[StudentRow]:
    """The rows of a JSONL file of recorded critiques, whose name is the scenario (``self`` is the model's own).

    ``subset`` is the set that the problems are of. Bad rows as above.
    """
    file = Path(source)
    if not file.is_file():
        raise InputError("there is no such file", file=str(file))
    scenario = OWN if file.stem in ("self", OWN) else file.stem
    return _rows(file, scenario, subset, rules=rules, quarantine=quarantine)


def _rows(
    file: Path, scenario: str, subset: str, *, rules: Rules, quarantine: Quarantine | None
) -> list[StudentRow]:
    rows: list[StudentRow] = []
    for number, raw in file_rows(file):
        try:
            if isinstance(raw, InputError):
                raise raw
            rows.append(_row(raw, scenario, subset, rules=rules))
        except InputError as error:
            where = InputError(error.message, file=str(file), row=number, field=error.field)
            if quarantine is None:
                raise where from error
            quarantine.add(where, None if isinstance(raw, InputError) else raw)
    return rows


def _row(raw: Any, scenario: str, subset: str, *, rules: Rules) -> StudentRow:
    if not isinstance(raw, Mapping):
        raise InputError(f"expected an object, got {ascii(raw)[:60]}")
    recorded = "critique" in raw
    question, gold = _text(raw, "question"), _text(raw, "gt")
    told = _text(raw, "student_solution" if recorded else "reasoning")
    made_by = f"read_realcritic({scenario!r}, {subset!r})"
    problem = Problem("realcritic", question, gold, subset=subset, made_by=made_by)
    rule = rules(problem)
    if rule is not None:
        problem = replace(problem, instructions=(rule.to_instruction(),))
    steps = tuple(step.text for step in split_steps(told))
    engine = raw.get("model")
    solution = Solution(
        problem.id,
        steps,
        Finish.GIVEN,
        engine=engine if isinstance(engine, str) else "",
        made_by=made_by,
    )
    return StudentRow(
        scenario,
        subset,
        f"{subset}-{raw.get('idx', '')}",
        problem,
        solution,
        right=False if scenario == INCORRECT else _score(raw, "previous_score"),
        critique=_text(raw, "critique") if recorded else None,
        recorded_score=_score(raw, "score") if recorded else None,
    )


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"expected a text that is not empty, got {ascii(value)[:60]}", field=name)
    return value


def _score(raw: Mapping[str, Any], name: str) -> bool | None:
    """True or false, alone or as the only one of a list; None where the row does not say."""
    value = raw.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is not None and not isinstance(value, bool):
        raise InputError(f"expected true or false, got {ascii(value)[:60]}", field=name)
    return value
