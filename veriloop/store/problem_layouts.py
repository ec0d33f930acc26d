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
from veriloop.text.answer_rules import AnswerRule, choice_rule
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
    rule: Callable[[Row], AnswerRule | None] = lambda row: None

    def problem(self, row: Row, *, task: str | None, made_by: str) -> Problem:
        """The row's problem, with the rule of its answer where the columns say one. Raises InputError naming the
        field.
        """
        rule = self.rule(row)
        return Problem(
            task or self.task,
            self.prompt(row),
            self.reference(row),
            subset=_first(row, self.subsets) or "",
            language=_first(row, self.languages) or "en",
            uid=_first(row, self.uids),
            instructions=(rule.to_instruction(),) if rule else (),
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


def _choice_rule(row: Row) -> AnswerRule:
    options = tuple(c.strip() for c in row["choices"])
    return AnswerRule(choices=ascii_uppercase[: len(options)], options=options)


def _olympiad_rule(row: Row) -> AnswerRule:
    """OlympiadBench says of each answer whether it is several, in which unit, and how exact it has to be."""
    unit, error = row.get("unit"), row.get("error")
    try:
        absolute = float(error) if error else 0.0
    except (TypeError, ValueError):
        raise InputError(
            f"expected a number or nothing, got {_shown(error)}", field="error"
        ) from None
    if unit is not None and not isinstance(unit, str):
        raise InputError(f"expected a text or nothing, got {_shown(unit)}", field="unit")
    several = "any" if row.get("is_multiple_answer") is True else ""
    return AnswerRule(several=several, units=True, unit=(unit or "").strip(), absolute=absolute)


def _gaokao_prompt(row: Row) -> str:
    options = row.get("options")
    if not isinstance(options, Mapping):
        return _prompt(row)
    lines = [f"({letter}) {text}" for letter, text in options.items() if text is not None]
    return "\n".join([_prompt(row), *lines])


def _gaokao_answer(row: Row) -> str:
    return plain_answer(row, "label" if row.get("label") else "answer")


def _gaokao_rule(row: Row) -> AnswerRule:
    options = row.get("options")
    if not isinstance(options, Mapping):
        return AnswerRule(several="fixed", units=True)
    texts = {letter: text for letter, text in options.items() if isinstance(text, str)}
    return AnswerRule(choices="".join(texts), options=tuple(texts.values()))


def _chinese_answer(row: Row) -> str:
    return plain_answer(row, "choice_answer" if row.get("choice_answer") else "answer")


def _chinese_rule(row: Row) -> AnswerRule:
    blanks = AnswerRule(several="fixed", units=True, percent=True)
    letters = row.get("choice_answer")
    if not letters:
        return blanks
    found = choice_rule(_prompt(row), str(letters))
    # Some rows lack a mark before an option: then the letters alone decide.
    return found if found and len(found.choices) == 4 else AnswerRule(choices="ABCD")


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
        rule=_choice_rule,
    ),
    Layout(
        "gaokao",
        "question, options by letter with label, or neither with answer",
        "gaokao",
        lambda row: {"question", "options", "label", "answer"} <= set(row),
        _gaokao_prompt,
        _gaokao_answer,
        rule=_gaokao_rule,
    ),
    Layout(
        "choice or blanks",
        "question, choice_answer (empty where nothing is to choose), answer",
        "choice_or_blanks",
        lambda row: {"question", "choice_answer", "answer"} <= set(row),
        _prompt,
        _chinese_answer,
        rule=_chinese_rule,
    ),
    Layout(
        "olympiadbench",
        "question, final_answer, is_multiple_answer, unit, error",
        "math",
        lambda row: {"question", "final_answer", "is_multiple_answer", "unit"} <= set(row),
        _prompt,
        _answer,
        rule=_olympiad_rule,
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
