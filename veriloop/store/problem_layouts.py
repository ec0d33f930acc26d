"""How the columns of a published problem set become a Problem. A layout is found by its columns,
never guessed.

Answers are taken as written, but for the dollar signs around a whole answer; whether two answers
are equal is for ``veriloop.verify`` to say. Reading files is ``veriloop.store.problems``'s
business.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, final

from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.rows import COLUMNS, from_row
from veriloop.text.answers import extract_answer

Row = Mapping[str, Any]

PROMPTS = ("problem", "question")
ANSWERS = ("gt", "final_answer", "answer")
UIDS = ("uid", "unique_id", "id", "idx")
LANGUAGES = ("language", "lang")
SUBSETS = ("subset", "subject", "type", "subfield")
NAMEABLE = ("prompt", "reference", "solution", "uid", "language", "subset")

_GSM8K = re.compile(r"(?:^|\n)####[ \t]*(\S[^\n]*)")


@final
@dataclass(frozen=True)
class Layout:
    """A way of writing problems down: what columns it has, and the problem that a row holds."""

    name: str
    shown: str
    task: str
    fits: Callable[[Row], bool]
    prompt: Callable[[Row], str]
    reference: Callable[[Row], str | None]
    subsets: tuple[str, ...] = SUBSETS
    languages: tuple[str, ...] = LANGUAGES
    uids: tuple[str, ...] = UIDS

    def problem(self, row: Row, *, task: str | None, made_by: str) -> Problem:
        """The row's problem. Raises InputError naming the field."""
        return Problem(
            task or self.task,
            self.prompt(row),
            self.reference(row),
            subset=_first(row, self.subsets) or "",
            language=_first(row, self.languages) or "en",
            uid=_first(row, self.uids),
            made_by=made_by,
        )


def detect(row: Row, columns: Mapping[str, str] | None = None) -> Layout | None:
    """The layout of a set by its first row; None for Veriloop's own.

    ``columns`` names columns outright: ``{"prompt": "q", "reference": "a"}``. Raises InputError listing the
    columns found and the layouts known.
    """
    if columns is not None:
        return _named(row, columns)
    if {"task", "made_by"} <= set(row) <= {"id", *COLUMNS[Problem]}:
        return None
    for layout in LAYOUTS:
        if layout.fits(row):
            return layout
    known = "; ".join(f"{layout.name}: {layout.shown}" for layout in LAYOUTS)
    raise InputError(
        f"unknown layout with the columns {', '.join(map(str, row)) or '(none)'}; known are {known}; "
        "Veriloop's own Parquet; for another one name its columns, for example "
        'columns={"prompt": "q", "reference": "a"}'
    )


def own(row: Row, *, file: str, index: int, task: str | None) -> Problem:
    """A row of Veriloop's own layout."""
    if task is not None and row.get("task") != task:
        raise InputError(
            f"holds the task {row.get('task')!r}, and {task!r} was asked for", field="task"
        )
    return from_row(Problem, row, file=file, index=index)


def _first(row: Row, names: tuple[str, ...]) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def _has(row: Row, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in row), None)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"expected a text that is not empty, got {_shown(value)}", field=name)
    return value.strip()


def _prompt(row: Row) -> str:
    """The problem text; OlympiadBench's ``context`` is what several problems share and comes first."""
    context = row.get("context")
    text = _text(row, _has(row, PROMPTS) or PROMPTS[0])
    return f"{context.strip()}\n\n{text}" if isinstance(context, str) and context.strip() else text


def _answer(row: Row) -> str:
    return plain_answer(row, _has(row, ANSWERS) or ANSWERS[-1])


def plain_answer(row: Row, name: str) -> str:
    """A reference answer as text: from a string, a number (27.0 is 27), or a list of one of them."""
    value = row.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        value = repr(value)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"expected an answer, got {_shown(row.get(name))}", field=name)
    text = value.strip()
    if len(text) > 2 and text[0] == text[-1] == "$" and "$" not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def _gsm8k(row: Row) -> str:
    found = _GSM8K.findall(_text(row, "answer"))
    if not found:
        raise InputError(
            f"expected a last line '#### <answer>', got {_shown(row['answer'])}", field="answer"
        )
    return found[-1].strip()


def _from_solution(row: Row, name: str = "solution") -> str:
    found = extract_answer(_text(row, name))
    if not found:
        raise InputError(f"no \\boxed{{...}} answer in {_shown(row[name])}", field=name)
    return found


def _choice_prompt(row: Row) -> str:
    choices = row.get("choices")
    if not isinstance(choices, list) or not all(isinstance(c, str) for c in choices):
        raise InputError(f"expected a list of texts, got {_shown(choices)}", field="choices")
    lines = [
        f"{letter}. {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)
    ]
    return "\n".join([_prompt(row), "", *lines])


def _choice_answer(row: Row) -> str:
    answer, letters = row.get("answer"), ascii_uppercase[: len(row.get("choices") or ())]
    if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(letters):
        return letters[answer]
    if isinstance(answer, str) and len(answer) == 1 and answer in letters:
        return answer
    raise InputError(
        f"expected an index below {len(letters)} or its letter, got {_shown(answer)}",
        field="answer",
    )


def _named(row: Row, columns: Mapping[str, str]) -> Layout:
    unknown = set(columns) - set(NAMEABLE)
    if unknown or "prompt" not in columns:
        raise InputError(
            f"columns names {', '.join(NAMEABLE)}, and prompt at least; got {dict(columns)}",
            field="columns",
        )
    absent = [name for name in columns.values() if name not in row]
    if absent:
        raise InputError(
            f"there is no column {', '.join(absent)}; the columns are {', '.join(map(str, row))}",
            field="columns",
        )

    def prompt(row: Row) -> str:
        return _text(row, columns["prompt"])

    def reference(row: Row) -> str | None:
        if "reference" in columns:
            return plain_answer(row, columns["reference"])
        return _from_solution(row, columns["solution"]) if "solution" in columns else None

    def names(field: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        return (columns[field],) if field in columns else otherwise

    return Layout(
        "named",
        "",
        "math",
        lambda row: True,
        prompt,
        reference,
        names("subset", SUBSETS),
        names("language", LANGUAGES),
        names("uid", UIDS),
    )


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_gsm8k(row: Row) -> bool:
    answer = row.get("answer")
    return "question" in row and isinstance(answer, str) and bool(_GSM8K.search(answer))


LAYOUTS = (
    Layout(
        "gsm8k",
        "question, answer ending in '#### <answer>'",
        "gsm8k",
        _is_gsm8k,
        _prompt,
        _gsm8k,
    ),
    Layout(
        "multiple choice",
        "question, choices, answer (index or letter)",
        "multiple_choice",
        lambda row: {"question", "choices", "answer"} <= set(row),
        _choice_prompt,
        _choice_answer,
    ),
    Layout(
        "math",
        "problem or question, with gt, final_answer or answer",
        "math",
        lambda row: bool(_has(row, PROMPTS) and _has(row, ANSWERS)),
        _prompt,
        _answer,
    ),
    Layout(
        "math solutions",
        "problem or question, with solution holding \\boxed{...}",
        "math",
        lambda row: bool(_has(row, PROMPTS)) and isinstance(row.get("solution"), str),
        _prompt,
        _from_solution,
    ),
)
