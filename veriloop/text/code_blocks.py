r"""Which program an answer hands in: its fenced blocks, and the one that is meant.

Official CodeElo takes the first block of the shape backticks, word characters, newline, body, newline, backticks, and
loses what does not fit (``c++`` is no word, the program stands last, a closing fence may follow code on its line).
Here every block is read and the last one that is a program in the language asked for is taken. Languages are plain
names; which compiler a name means, and whether code compiles, is the judge's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from veriloop.text.tagged import own_words
from veriloop.text.thoughts import without_thoughts

LABELS: Mapping[str, str] = {
    "c": "c",
    "c#": "csharp",
    "c++": "cpp",
    "cc": "cpp",
    "cpp": "cpp",
    "cs": "csharp",
    "csharp": "csharp",
    "cxx": "cpp",
    "go": "go",
    "golang": "go",
    "java": "java",
    "javascript": "javascript",
    "js": "javascript",
    "kotlin": "kotlin",
    "kt": "kotlin",
    "node": "javascript",
    "nodejs": "javascript",
    "perl": "perl",
    "php": "php",
    "pl": "perl",
    "py": "python",
    "pypy": "pypy",
    "python": "python",
    "rb": "ruby",
    "rs": "rust",
    "ruby": "ruby",
    "rust": "rust",
    "scala": "scala",
    "swift": "swift",
    "ts": "typescript",
    "typescript": "typescript",
}
"""What a fence may be labelled with, in small letters and without a version, and the language it means."""

# What a whole program has, by language; the guess of an unlabelled block's language goes in this order.
_MAIN: Mapping[str, re.Pattern[str]] = {
    "java": re.compile(r"\bpublic\s+static\s+void\s+main\s*\("),
    "cpp": re.compile(r"^\s*#\s*include\b|\bmain\s*\([^()]*\)\s*\{", re.MULTILINE),
    "rust": re.compile(r"\bfn\s+main\s*\("),
    "javascript": re.compile(r"\bconsole\.log\s*\(|\brequire\s*\("),
    "go": re.compile(r"^\s*package\s+main\b|\bfunc\s+main\s*\(", re.MULTILINE),
    "python": re.compile(
        r"\binput\s*\(|\bsys\.stdin\b|\bopen\s*\(\s*0|^\s*(?:print\s*\(|import\s+\w|from\s+\w+\s+import\b|def\s+\w+\s*\()",
        re.MULTILINE,
    ),
}
_SAME_MARKS = {"c": "cpp", "pypy": "python"}
_OPEN = re.compile(
    r"(?P<indent>[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?)(?P<fence>`{3,}(?!.*`)|~{3,})(?P<info>.*)"
)
# "Here is the code: ```cpp", which Markdown would not take for a fence
_BEHIND_WORDS = re.compile(r"(?P<indent>)[^`]*(?P<fence>`{3,})(?P<info>[^`\s]+)\s*")
_VERSION = re.compile(r"[\d.]+$")


class NoCode(StrEnum):
    """Why an answer hands in no program."""

    NO_BLOCK = "no code block"
    EMPTY = "only empty code blocks"
    NO_PROGRAM = "no block in a programming language"
    THINKING = "the thoughts never end"


@final
@dataclass(frozen=True)
class Block:
    """One fenced block. ``language`` is None for a label that names no programming language, and a guess from the
    code, or "" where that says nothing, for a block without a label. ``closed`` is False where the text ended first.
    """

    code: str
    label: str
    language: str | None
    closed: bool = True

    @property
    def whole(self) -> bool:
        """True where it has what a whole program of its language has."""
        return _is_whole(self.code, self.language or "")


@final
@dataclass(frozen=True)
class Program:
    """The program that an answer hands in. ``label`` is the block's as written; ``closed`` is False where the answer
    was cut before the closing fence; ``blocks`` counts the answer's blocks.
    """

    code: str
    language: str
    label: str
    closed: bool
    blocks: int


def find_program(text: str, language: str, *, defines: str = "") -> Program | NoCode:
    """The program meant by an answer to a prompt that asked for ``language`` (a value of LABELS).

    Among blocks that are not empty: in the language asked for before others; then a whole program before a fragment
    (with ``defines``: one that defines that function); then a closed block before one that was cut; then the last.
    A block without a label and without the marks of another language is in the language asked for. What a tool showed
    is nobody's program.
    """
    said = without_thoughts(own_words(text))
    if said is None:
        return NoCode.THINKING
    blocks = code_blocks(said)
    if not blocks:
        return NoCode.NO_BLOCK
    written = [b for b in blocks if b.code.strip()]
    if not written:
        return NoCode.EMPTY
    programs = [b for b in written if b.language is not None]
    if not programs:
        return NoCode.NO_PROGRAM
    ranks = [_rank(block, language, defines) for block in programs]
    best = programs[max(range(len(ranks)), key=lambda i: (ranks[i], i))]
    return Program(best.code, best.language or language, best.label, best.closed, len(blocks))


def code_blocks(text: str) -> tuple[Block, ...]:
    """Every fenced block in order: backticks or tildes, indented or not, in lists, the last one perhaps unclosed.

    A fence with the label of a language may stand behind words, and opens a new block where the one before was never
    closed; a fence may close behind code on the same line. A block's indentation is taken off its lines.
    """
    blocks: list[Block] = []
    lines: list[str] = []
    opened: re.Match[str] | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        opens = _OPEN.fullmatch(line)
        if opened is None:
            opened, lines = opens or _behind_words(line), []
            continue
        rest = _closing(line, opened["fence"])
        if rest is not None:
            lines += [rest] if rest.strip() else []
            blocks.append(_block(lines, opened))
            opened = None
        elif opens and opens["fence"][0] == opened["fence"][0] and language_of(opens["info"]):
            blocks.append(_block(lines, opened))
            opened, lines = opens, []
        else:
            lines.append(line)
    if opened is not None:
        blocks.append(_block(lines, opened, closed=False))
    return tuple(blocks)


def language_of(info: str) -> str | None:
    """The language that the text behind a fence names, "" for an empty one, None where it names none of LABELS.

    >>> [language_of(x) for x in ("C++17", "{.py}", "python3 title='a'", "cpp:main.cpp", "text", "")]
    ['cpp', 'python', 'python', 'cpp', None, '']
    """
    words = re.split(r"[\s,:{}]+", info.strip().strip("{}").strip())
    label = words[0].lower().lstrip(".").removeprefix("language-").replace("gnu++", "c++")
    return LABELS.get(label) or LABELS.get(_VERSION.sub("", label)) if label else ""


def _rank(block: Block, language: str, defines: str) -> tuple[bool, bool, bool]:
    asked = block.language in ("", language)
    if defines:
        name = re.escape(defines)
        made = rf"\b(?:def|function)\s+{name}\s*\(|(?<![\w.]){name}\s*=[^=]"
        whole = re.search(made, block.code) is not None
    else:
        whole = _is_whole(block.code, block.language or language)
    return asked, whole, block.closed


def _behind_words(line: str) -> re.Match[str] | None:
    found = _BEHIND_WORDS.fullmatch(line)
    return found if found and language_of(found["info"]) else None


def _closing(line: str, fence: str) -> str | None:
    """The code before a closing fence at the end of this line; None where the line does not close the block."""
    bare = line.rstrip()
    end = bare.rstrip(fence[0])
    if len(bare) - len(end) < len(fence):
        return None
    if end.strip() and (fence[0] == "~" or "`" in end):  # tildes are operators of code
        return None
    return end


def _block(lines: list[str], opened: re.Match[str], *, closed: bool = True) -> Block:
    width = len(opened["indent"].expandtabs(4))
    code = "\n".join(_dedent(line, width) for line in lines)
    label = opened["info"].strip()
    language = language_of(label)
    return Block(code, label, _guess(code) if language == "" else language, closed)


def _dedent(line: str, width: int) -> str:
    """Up to ``width`` columns of white space taken off the front."""
    taken = 0
    for place, character in enumerate(line):
        if taken >= width or character not in " \t":
            return line[place:]
        taken += 4 if character == "\t" else 1
    return ""


def _is_whole(code: str, language: str) -> bool:
    marks = _MAIN.get(_SAME_MARKS.get(language, language))
    return marks is None or marks.search(code) is not None


def _guess(code: str) -> str:
    return next((name for name, marks in _MAIN.items() if marks.search(code)), "")
