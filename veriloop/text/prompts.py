"""Prompt templates: text files beside the code that uses them, filled in one pass.

``{name}`` declares a field and doubled braces are literal. A value is never expanded again, so a problem that
holds braces is safe. Chats and model templates are elsewhere (``chats``, engines).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import final

from veriloop.errors import InputError

_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")


@final
@dataclass(frozen=True)
class Prompt:
    """A template by its text; ``name`` is for messages."""

    text: str
    name: str = "prompt"

    def __post_init__(self) -> None:
        for match in _PIECE.finditer(self.text):
            if match[0] in "{}":
                raise InputError(
                    f"a single brace at character {match.start()}: double it, or name a field",
                    file=self.name,
                )

    @property
    def fields(self) -> frozenset[str]:
        """The declared fields."""
        return frozenset(m[1] for m in _PIECE.finditer(self.text) if m[1])

    def fill(self, **values: str) -> str:
        """The text with every field filled. Raises InputError on a missing or an undeclared one."""
        if values.keys() != self.fields:
            missing, extra = self.fields - values.keys(), values.keys() - self.fields
            raise InputError(
                f"fields are {sorted(self.fields)}: missing {sorted(missing)}, not declared {sorted(extra)}",
                file=self.name,
            )
        literal = {"{{": "{", "}}": "}"}
        return _PIECE.sub(lambda m: values[m[1]] if m[1] else literal[m[0]], self.text)


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """The template ``prompts/<name>.txt`` of a package; a final newline is not part of it."""
    file = resources.files(package).joinpath("prompts", f"{name}.txt")
    if not file.is_file():
        folder = resources.files(package).joinpath("prompts")
        known = sorted(f.name.removesuffix(".txt") for f in folder.iterdir())
        raise InputError(f"no such prompt; there are {', '.join(known)}", file=f"{package}: {name}")
    return Prompt(file.read_text(encoding="utf-8").removesuffix("\n"), f"{package}: {name}.txt")
