"""How the official harness cuts a program out of an answer: OpenCompass @ a5acc4bb, ``PMMEval/humanevalxl.py``.

The cut text is put behind the prompt. What models often write (a whole function behind a fence) is cut rightly in
Python alone: in Java the prompt's method opens twice, and the repair of braces asks for a language called ``js`` while
the tasks say ``javascript``, so in JavaScript nothing is cut and nothing is closed.
"""

from __future__ import annotations

import ast
import re
import warnings

OFFICIAL_LANGUAGES = ("java", "javascript", "python")
"""The programming languages that the official harness judges."""

_ENDS = ("\ndef", "\nclass", "\n#", "\nassert", '\n"""', "\nprint", "\nif", "\n\n\n")


def official_body(answer: str, language: str, declaration: str) -> str:
    """What stands behind the prompt. A text that is the literal of a string is what it says; the harness evaluates
    any text as Python to find that out, which is not done here.
    """
    text = _fenced(_literal(answer).lstrip("\n"))
    if language == "python":
        text = _python(text)
    head = declaration.strip().split("\n")[-1]
    if head:
        head = head.strip().strip("{")
        if head in text:
            text = "\n".join(text[text.find(head) :].split("\n")[1:])
    return _java(text) if language == "java" else text


def _literal(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own, of what it parses: "1if x", "\\d"
            found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text
    return found if isinstance(found, str) else text


def _fenced(text: str) -> str:
    """The first fenced block, without the line of its label."""
    if "```" not in text:
        return text
    blocks = re.findall(r"```(.*?)```", text, re.DOTALL)
    if not blocks:
        return text.split("```")[1]
    text = blocks[0]
    return text if text.startswith("\n") else text[max(text.find("\n") + 1, 0) :]


def _python(text: str) -> str:
    """The body: indented anew, and cut where a line begins without indentation."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    text = "    " + (blocks[0] if blocks else text).lstrip()
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.strip() and line[0] not in " \t":
            return "\n".join(lines[:at])
    for word in _ENDS:
        if word in text:
            text = text[: text.rfind(word)]
    return text


def _java(text: str) -> str:
    main = text.find("public static void main")
    if main != -1:
        text = text[:main] + "}"
    if "}" in text:
        text = text[: text.rfind("}")] + "}"
    return text + "\n}" if text.count("{") + 1 == text.count("}") else text
