"""One row of a set, asked for fields: every refusal names the file, the row and the field.

Texts become bytes here, names are cut from titles, and a row's parts become a judged problem. What the columns of a
set mean is in ``set_layouts``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from veriloop.codejudge.notes import Said, tell
from veriloop.codejudge.problem import JudgedProblem, Test
from veriloop.codejudge.settings import DAY_S, shown
from veriloop.codejudge.wording import wording
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

_BYTES = {"": MIB, "b": 1, "byte": 1, "kb": 1 << 10, "kilobyte": 1 << 10}
_BYTES |= {"mb": MIB, "megabyte": MIB, "gb": 1 << 30, "gigabyte": 1 << 30}
_MOST_MEMORY = 1 << 40


@final
@dataclass(frozen=True)
class Row:
    """A row's columns, and where it is from."""

    values: Mapping[str, Any]
    file: str = ""
    number: int | None = None
    said: Said = field(default=tell, repr=False, compare=False)

    def refuse(self, column: str, message: str) -> InputError:
        """The error that says what is wrong with a column."""
        return InputError(message, file=self.file or None, row=self.number, field=column)

    def has(self, *columns: str) -> bool:
        """Whether all the columns are there."""
        return all(column in self.values for column in columns)

    def text(self, column: str, default: str | None = None) -> str:
        """A column's text; a whole number counts as text. ``default`` is for an absent one or null."""
        value = self.values.get(column)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.refuse(column, f"expected a text, got {shown(value)}")
        return str(value)

    def data(self, column: str, value: object) -> bytes:
        """A text as the bytes that a program reads or writes."""
        if not isinstance(value, str):
            raise self.refuse(column, f"expected a text, got {shown(value)}")
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise self.refuse(
                column, f"text with a lone surrogate has no bytes: {shown(value)}"
            ) from error

    def json(self, column: str, default: object = None) -> Any:
        """A column's JSON: as it stands, or decoded where the column holds it as text."""
        value = self.values.get(column)
        if value is None or value == "":
            return default
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise self.refuse(column, f"not JSON: {error}") from error

    def objects(self, column: str, value: object) -> Iterator[Mapping[str, Any]]:
        """The objects of a list."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.refuse(column, f"expected a list of objects, got {shown(value)}")
        for part in value:
            if not isinstance(part, Mapping):
                raise self.refuse(column, f"expected a list of objects, got one with {shown(part)}")
            yield part

    def seconds(self, column: str, value: object) -> float | None:
        """A time: a number of seconds, a text such as ``2.0 seconds``, or ``{seconds, nanos}``. None for 0."""
        if isinstance(value, Mapping):
            whole, nanos = (self._number(column, value.get(p)) for p in ("seconds", "nanos"))
            number = whole + nanos / 1e9
        else:
            number = self._number(column, value, r"(?:s|sec|secs|seconds?)\.?")
        if not 0 <= number <= DAY_S:
            raise self.refuse(column, f"expected up to {DAY_S:g} seconds, got {shown(value)}")
        return number or None

    def size(self, column: str, value: object, unit: int) -> int | None:
        """A size: a number of ``unit`` bytes, or a text with a unit such as ``256 megabytes``. None for 0."""
        text = value.strip().lower() if isinstance(value, str) else None
        if text:
            found = re.fullmatch(r"([0-9.]+)\s*([a-z]*?)s?", text)
            if not found or found[2] not in _BYTES:
                raise self.refuse(column, f"expected a size such as '256 MB', got {shown(value)}")
            size = self._number(column, found[1]) * _BYTES[found[2]]
        else:
            size = self._number(column, text or value) * unit
        if not 0 <= size <= _MOST_MEMORY:
            raise self.refuse(column, f"expected up to {_MOST_MEMORY} bytes, got {shown(value)}")
        return round(size) or None

    def problem(
        self,
        title: str,
        tests: Sequence[Test],
        *,
        statement: str,
        time_s: float | None = None,
        memory: int | None = None,
        name: str = "",
    ) -> JudgedProblem:
        """The problem of this row, compared as the statement's words have it: see ``wording``."""
        if not tests:
            raise self.refuse("tests", "the row has no tests")
        if not any(test.points for test in tests):
            raise self.refuse("points", "all tests together are worth 0 points")
        if time_s is None:
            self.said(f"{self.file}: rows give no time limit: {JudgedProblem.time_s:g} s taken")
        if memory is None:
            taken = JudgedProblem.memory // MIB
            self.said(f"{self.file}: rows give no memory limit: {taken} MiB taken")
        given = wording(statement)
        guessed = given.several or bool(given.rules)
        called = name or short_name(title) or f"row-{self.number}"
        clash = _contradicted(tests)
        if clash:
            self.said(f"{called}: the input of {clash[0]} has two answers: guessed")
        return JudgedProblem(
            name=called,
            tests=tuple(tests),
            time_s=time_s or JudgedProblem.time_s,
            memory=memory or JudgedProblem.memory,
            compare=given.compare,
            guessed=guessed or clash is not None,
            title=" ".join(title.split()),
        )

    def _number(self, column: str, value: object, unit: str = "") -> float:
        """A finite number, 0 for nothing; a text may end with a unit."""
        if value is None or value == "":
            return 0.0
        text = re.sub(rf"\s*{unit}\s*$", "", value) if isinstance(value, str) else value
        try:
            number = float(text) if isinstance(text, str | int | float) else float("nan")
        except (ValueError, OverflowError):
            number = float("nan")
        if isinstance(value, bool) or not abs(number) < 1e18:
            raise self.refuse(column, f"expected a finite number, got {shown(value)}")
        return number


def short_name(title: str) -> str:
    """``1000_A`` of ``1000_A. Codehorses T-shirts``; a title without a number in front stands for itself."""
    head, dot, _ = title.partition(". ")
    return (head if dot and head and " " not in head else title).strip()


def _contradicted(tests: Sequence[Test]) -> tuple[str, str] | None:
    """Two tests with one input and different answers, which no comparison with the answer can both accept."""
    seen: dict[object, Test] = {}
    for test in tests:
        first = seen.setdefault(test.input, test)
        if first.answer != test.answer and _words(first.answer) != _words(test.answer):
            return first.name, test.name
    return None


def _words(answer: object) -> object:
    return answer.split() if isinstance(answer, bytes) else answer
