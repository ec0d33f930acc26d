"""What the formats share: fields of a raw row checked, each error naming its field, and what a format can hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import NO_ERROR
from veriloop.store.formats.labelled import LabelledSolution, Row


def shown(value: object) -> str:
    """The value in ASCII, cut to 60 characters."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def text(row: Row, name: str, *, field: str | None = None) -> str:
    """A text, as it stands."""
    value = row.get(name)
    if not isinstance(value, str):
        raise InputError(f"expected text, got {shown(value)}", field=field or name)
    return value


def problem_text(row: Row, name: str, *, field: str | None = None) -> str:
    """A text that is not blank, as it stands."""
    value = text(row, name, field=field)
    if not value.strip():
        raise InputError(
            f"expected a text that is not empty, got {shown(value)}", field=field or name
        )
    return value


def maybe_text(row: Row, name: str, *, field: str | None = None) -> str | None:
    """A text, or None where it is absent or null."""
    return None if row.get(name) is None else text(row, name, field=field)


def texts(row: Row, name: str, *, field: str | None = None) -> tuple[str, ...]:
    """A list of at least one text. Blank ones are kept, for labels pair with steps."""
    value = row.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(t, str) for t in value):
        raise InputError(
            f"expected a list of texts, at least one, got {shown(value)}", field=field or name
        )
    return tuple(value)


def score(value: object, field: str) -> float:
    """A number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"expected a number from 0 to 1, got {shown(value)}", field=field)
    return float(value)


def scores(row: Row, name: str, count: int) -> tuple[float, ...]:
    """One number in [0, 1] for each of ``count`` steps."""
    value = row.get(name)
    if not isinstance(value, list) or len(value) != count:
        found = f"{len(value)}" if isinstance(value, list) else shown(value)
        raise InputError(f"expected {count} labels, one a step, got {found}", field=name)
    return _in_range(value, name)


def set_aside(name: str, kept: Mapping[str, Json]) -> dict[str, Json]:
    """What the format ``name`` keeps of a row in the verdict's detail, under its name; empty where nothing is."""
    return {name: kept} if kept else {}


def _in_range(values: Sequence[Any], name: str) -> tuple[float, ...]:
    # Names of places are made only where one is needed: there are many labels.
    if all(type(value) is float and 0 <= value <= 1 for value in values):
        return tuple(values)
    return tuple(score(value, f"{name}[{i}]") for i, value in enumerate(values))


def other_columns(row: Row, known: Collection[str]) -> dict[str, Json]:
    """The columns that a format does not know."""
    return {name: value for name, value in row.items() if name not in known}


def kept(item: LabelledSolution, name: str) -> dict[str, Any]:
    """What the format ``name`` set aside in the verdict's detail."""
    found = item.verdict.detail.get(name)
    return dict(found) if isinstance(found, Mapping) else {}


def prompt_text(item: LabelledSolution) -> str:
    """The problem as plain text. Raises InputError on a chat."""
    prompt = item.problem.prompt
    if not isinstance(prompt, str):
        raise InputError(
            "this format holds a problem as text, and this one is a chat", field="prompt"
        )
    return prompt


def labelled_steps(item: LabelledSolution) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The steps that have a label, and their labels. Raises InputError where there are none, or the
    verdict has no value.
    """
    labels = item.verdict.step_scores
    if item.verdict.unscored:
        raise InputError(
            f"expected a verdict with a value, got {item.verdict.unscored.value}",
            field="step_scores",
        )
    if not labels or len(labels) > len(item.solution.steps):
        raise InputError(
            f"expected a label for each step from the first on, got {len(labels)} labels "
            f"for {len(item.solution.steps)} steps",
            field="step_scores",
        )
    return item.solution.steps[: len(labels)], _in_range(labels, "step_scores")


def hard_labels(item: LabelledSolution) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """As ``labelled_steps``. Raises InputError on a label between 0 and 1: where to cut is not ours to choose."""
    steps, labels = labelled_steps(item)
    soft = next((i for i, label in enumerate(labels) if label not in (0.0, 1.0)), None)
    if soft is not None:
        raise InputError(
            f"expected labels of 0 or 1 (a threshold makes them), got {labels[soft]!r}",
            field=f"step_scores[{soft}]",
        )
    return steps, labels


def until(first_error: int, steps: Sequence[str]) -> tuple[float, ...]:
    """Labels of a solution whose first wrong step is known: 1 before it, 0 for it, none after it."""
    return (1.0,) * len(steps) if first_error == NO_ERROR else (1.0,) * first_error + (0.0,)


def located(item: LabelledSolution) -> int:
    """The first error. Raises InputError where it is not known."""
    first = item.verdict.first_error
    if first is None or not NO_ERROR <= first < len(item.solution.steps):
        raise InputError(
            f"expected -1 to {len(item.solution.steps) - 1}, got {first}", field="first_error"
        )
    return first


def white(piece: str) -> tuple[str, str]:
    """The white space before and after a text."""
    inner = piece.strip()
    at = piece.index(inner) if inner else len(piece)
    return piece[:at], piece[at + len(inner) :]
