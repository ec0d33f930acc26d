"""A group of commands one of which need not be named, and how a group shows what it has: in which order, how wide.

``veriloop judge PROBLEM`` is ``veriloop judge run PROBLEM``, and ``veriloop verify KIND`` is ``veriloop verify run
KIND``; what stands first on the line decides. What the commands do is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

# A stage that is a group -> what it comes after; of two after the same one the last stands first.
_PLACES = {"verify": "sample", "search": "sample", "train": "label"}


class WithDefault(TyperGroup):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first command's name before arguments that begin with none."""
        if not args or args[0] not in self.commands:
            args = [next(iter(self.commands)), *(args or ["--help"])]
        return super().parse_args(ctx, args)


class InPipelineOrder(TyperGroup):
    """The door: groups come after commands, but a stage that is a group stands in its place of the pipeline."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for group, before in _PLACES.items():
            names = [name for name in self.commands if name != group]
            if group in self.commands and before in names:
                names.insert(names.index(before) + 1, group)
                self.commands = {name: self.commands[name] for name in names}
        _shorten(self.commands)


def _shorten(commands: Mapping[str, Any]) -> None:
    """A bounded number is an ``<int>`` like others, or the x of its range: ``<float range>`` beside that takes the
    room of the help, and cuts the names of options short.
    """
    for command in commands.values():
        _shorten(getattr(command, "commands", {}))
        for option in command.params:
            low, high = getattr(option, "min", None), getattr(option, "max", None)
            if low is not None and option.metavar is None:
                option.metavar = "<int>" if isinstance(low, int) and high is None else "x"
