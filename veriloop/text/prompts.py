"""Prompt templates: text files beside the code that uses them, filled in one pass.

``{name}`` declares a field and doubled braces are literal. A value is never expanded again, so a problem that
holds braces is safe. Chats and the templates of models are elsewhere (``chats``, engines).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import final

from veriloop.errors import InputError

_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
_LITERAL = {"{{": "{", "}}": "}"}


@final
@dataclass(frozen=True)
class Prompt:
    """A template by its text; ``name`` is for messages. Raises InputError on a brace that declares nothing."""

    text: str
    name: str = "prompt"

    def __post_init__(self) -> None:
        for match in _PIECE.finditer(self.text):
            if match[0] in _LITERAL.values():
                line = self.text.count("\n", 0, match.start()) + 1
                raise InputError(
                    f"line {line} has a lone {match[0]!r}: write {match[0] * 2!r} for the character, or "
                    "{name} for a field",
                    file=self.name,
                )

    @property
    def fields(self) -> frozenset[str]:
        """The declared fields."""
        return frozenset(m[1] for m in _PIECE.finditer(self.text) if m[1])

    def fill(self, **values: str) -> str:
        """The text with every field filled, once. Raises InputError on a missing or an undeclared field."""
        fields = self.fields
        wrong = [f"{name!r} is missing" for name in sorted(fields - values.keys())]
        wrong += [f"{name!r} is not declared" for name in sorted(values.keys() - fields)]
        if wrong:
            raise InputError(
                f"{', '.join(wrong)}: the template declares {', '.join(sorted(fields)) or 'no field'}",
                file=self.name,
            )
        return _PIECE.sub(lambda m: values[m[1]] if m[1] else _LITERAL[m[0]], self.text)


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """The template ``prompts/<name>.txt`` of a package; a final newline is not part of it."""
    folder = resources.files(package).joinpath("prompts")
    file = folder.joinpath(f"{name}.txt")
    if not file.is_file():
        names = [f.name for f in folder.iterdir()] if folder.is_dir() else []
        known = ", ".join(sorted(n.removesuffix(".txt") for n in names if n.endswith(".txt")))
        raise InputError(
            f"no prompt {name!r} in {package}: there is {known or 'none'}", file=f"{name}.txt"
        )
    return Prompt(file.read_text(encoding="utf-8").removesuffix("\n"), f"{package}: {name}.txt")
