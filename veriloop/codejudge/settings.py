"""Fields of a problem's settings file, each checked: its type, its range, and that it is known.

A table is read from TOML, YAML or an ini file elsewhere; here it is only asked for fields, and every refusal names the
file and the field. What the fields mean is the readers' business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

DAY_S = 86_400.0
TIB_MB = float(1 << 20)  # a tebibyte, in MiB


@final
@dataclass(frozen=True)
class Settings:
    """A table of fields from ``file``; ``inner`` is the table's own name, such as ``checker``."""

    values: Mapping[str, Any]
    file: str
    inner: str = ""

    def refuse(self, name: str, message: str) -> InputError:
        """The error that says what is wrong with a field."""
        return InputError(message, file=self.file, field=self._named(name))

    def only(self, known: Iterable[str]) -> None:
        """Raises InputError on a field that is not among ``known``."""
        names = list(known)
        for name in self.values:
            if name not in names:
                raise self.refuse(str(name), f"unknown field; there are {', '.join(names)}")

    def text(self, name: str, default: str = "") -> str:
        """A text of one line."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self.refuse(name, f"expected a text in quotes, got {shown(value)}")
        if not value.isprintable():
            raise self.refuse(name, f"expected printable text of one line, got {shown(value)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none where the field is absent."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.refuse(name, f"expected a list of texts, got {shown(value)}")
        return tuple(value)

    def flag(self, name: str) -> bool:
        """True or false; false where the field is absent."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(name, f"expected true or false, got {shown(value)}")
        return value

    def number(self, name: str, *, most: float = math.inf, zero: bool = False) -> float | None:
        """A finite number above 0 (from 0 with ``zero``) and up to ``most``; None where the field is absent."""
        if name not in self.values:
            return None
        value = self.values[name]
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not (0 < value <= most or (zero and value == 0)) or value == math.inf:
            bounds = "from 0" if zero else "above 0"
            bounds += f" and up to {most:g}" if most < math.inf else ""
            raise self.refuse(name, f"expected a number {bounds}, got {shown(value)}")
        return float(value)

    def seconds(self, name: str) -> float | None:
        """A time limit, up to a day."""
        return self.number(name, most=DAY_S)

    def size(self, name: str) -> int | None:
        """Bytes, given in MiB, up to a tebibyte."""
        mebibytes = self.number(name, most=TIB_MB)
        if mebibytes is None:
            return None
        if mebibytes * MIB < 1:
            raise self.refuse(name, f"less than a byte: {mebibytes!r} MiB")
        return round(mebibytes * MIB)

    def table(self, name: str) -> Settings | None:
        """A table within; None where the field is absent."""
        if name not in self.values:
            return None
        value = self.values[name]
        if not isinstance(value, Mapping):
            raise self.refuse(name, f"expected a table, got {shown(value)}")
        return Settings(value, self.file, self._named(name))

    def _named(self, name: str) -> str:
        return f"{self.inner}.{name}" if self.inner else name


def shown(value: object) -> str:
    """A value as a message shows it: short, and printable."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
