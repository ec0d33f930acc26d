"""The tagged text in which a model calls a tool, and the one in which the answer is shown to it.

``<tool name="calculator">3 * 4</tool>`` calls, ``<observation name="calculator">12</observation>`` answers. Only what
the model wrote is read for calls: an observation that holds tags calls nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from veriloop.search.tools.observation import Observation, Tool
from veriloop.text.excerpts import excerpt

CLOSE = "</tool>"
_OPEN = re.compile(r"<\s*tool\b(?P<attributes>[^<>]*)>", re.IGNORECASE)
_NAME = re.compile(r"""name\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))""", re.IGNORECASE)
_END = re.compile(r"<\s*/\s*tool\s*>", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[\w-]+", re.ASCII)
# Tags of this grammar, and the signs by which chat templates mark turns.
_SHOWN_TAG = re.compile(r"<(?=\s*/?\s*(?:observation|tool)\b|\|)", re.IGNORECASE)


@final
@dataclass(frozen=True)
class Action:
    """One call: the tool's name ("" where none is given), what is said to it, and where in the text the call ends."""

    tool: str
    text: str
    end: int
    closed: bool = True


def find_action(text: str) -> Action | None:
    """The first call in what a model wrote; None where it calls nothing. An unclosed one goes on to the end.

    >>> find_action('I add: <tool name="calculator">1 + 2</tool>')
    Action(tool='calculator', text='1 + 2', end=46, closed=True)
    """
    opened = _OPEN.search(text)
    if opened is None:
        return None
    named = _NAME.search(opened["attributes"])
    name = next((group for group in named.groups() if group is not None), "") if named else ""
    ended = _END.search(text, opened.end())
    body = text[opened.end() : ended.start() if ended else None]
    end = ended.end() if ended else len(text)
    return Action(name.strip(), _without_fence(body), end, ended is not None)


def show(tool: str, observation: Observation, most: int) -> str:
    """The user turn with an observation, at most ``most`` characters of it. Tags of this grammar and ``<|`` in it are
    made harmless, and a name that no tool can have is not repeated.
    """
    said = observation.text if observation.ok else observation.error
    inner = _SHOWN_TAG.sub("&lt;", excerpt(said.strip(), most))
    error = "" if observation.ok else ' error="true"'
    named = f' name="{tool}"' if _PLAIN_NAME.fullmatch(tool) else ""
    return f"<observation{named}{error}>\n{inner}\n</observation>"


def describe_tools(tools: Iterable[Tool]) -> str:
    """The list of tools for a prompt, one paragraph each."""
    return "\n".join(f"- {tool.name}: {tool.description}" for tool in tools)


def check_names(tools: Iterable[Tool]) -> None:
    """Raises ValueError where a name cannot stand in a tag or two tools share one."""
    names = [tool.name for tool in tools]
    for name in names:
        if not _PLAIN_NAME.fullmatch(name):
            raise ValueError(f"a tool is called by letters, digits, _ and -, got {name!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"two tools share a name: {', '.join(sorted(names))}")
    if not names:
        raise ValueError("no tool is given: without one this is plain sampling (search.sample)")


def _without_fence(body: str) -> str:
    """The body without blank lines around it, and without a code fence where it is all in one."""
    bare = body.strip("\r\n")
    lines = bare.strip().splitlines()
    if len(lines) >= 2 and lines[0].startswith("```") and lines[-1].strip() == "```":
        return "\n".join(lines[1:-1])
    return bare
