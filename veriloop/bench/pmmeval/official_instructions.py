"""MIFEval as its official harness scores it, fault for fault, so that a score compares with published ones.

Facts read from OpenCompass @ a5acc4b (``datasets/PMMEval/mifeval.py`` and ``mifeval_utils``). What stands here is
often not what an instruction means: "less than n" accepts n, the first word of a paragraph is never looked at, a Thai
answer must not contain the letter ``ล``, Arabic, Chinese, Japanese, Korean and Thai words are characters. The checks
that mean what the instructions say are ``verify/instructions``; none of them is used here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from veriloop.bench.pmmeval.outcomes import DIES
from veriloop.errors import VerifierError

Check: TypeAlias = Callable[..., bool]

_PLAIN_MARKER = re.compile(r"[^|()\[\]{}*+?\\^$]*")
_LIGHT = re.compile(r"\*([^\n*]*)\*")
_BOLD = re.compile(r"\*\*([^\n*]*)\*\*")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_FENCES = ("```json", "```Json", "```JSON", "```")


class OfficialStop(VerifierError):
    """The official code raises here, which ends the evaluation of the whole task in this language: none of its answers
    gets a score. The kwargs of the release that we hold never do this. An answer can, by JSON nested about a thousand
    deep; other kwargs can, by a postscript marker that is no regular expression or by a field that is missing.
    """


def official_follows(
    instruction_id: str, kwargs: Mapping[str, Any], answer: str, language: str
) -> bool:
    """The strict verdict. ``kwargs`` are the item's, those that are None count as absent; ``language`` is a code of the
    ten. The official code never reads the prompt. Raises ``OfficialStop`` where that code raises.
    """
    given = {name: value for name, value in kwargs.items() if value is not None}
    return official_loose(instruction_id, given, answer, language)


def official_loose(
    instruction_id: str, kwargs: Mapping[str, Any], answer: str, language: str
) -> bool:
    """The loose verdict. Eight variants of the answer are made, but it is the answer itself that is judged eight times:
    this is the strict verdict. The one difference is in kwargs that are None: they are handed on as they are. A blank
    answer is wrong before anything is read of it but the instruction's name.
    """
    if instruction_id not in OFFICIAL_CHECKS:
        raise OfficialStop(
            f"{DIES} (KeyError): it knows no instruction {instruction_id!r}, only "
            f"{', '.join(OFFICIAL_CHECKS)}"
        )
    needed, check = OFFICIAL_CHECKS[instruction_id]
    if not answer.strip():
        return False
    try:
        if missing := [name for name in needed if name not in kwargs]:
            raise TypeError(f"{missing[0]!r} is missing")
        return bool(check(answer, language, *(kwargs[name] for name in needed)))
    except Exception as error:
        raise OfficialStop(
            f"{DIES} ({type(error).__name__}): {instruction_id} with "
            f"{dict(kwargs)} in language {language!r}: {error}"
        ) from error


@cache
def _table() -> Mapping[str, Any]:
    path = files("veriloop.bench.pmmeval") / "tables" / "official_instructions.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _repeats(answer: str, _: str, wanted: str) -> bool:
    return answer.strip().lower().startswith(wanted.strip().lower())


def _two_responses(answer: str, _: str) -> bool:
    """Blank pieces are let pass at either end only."""
    pieces = [piece.strip() for piece in answer.split("******")]
    if not all(pieces[1:-1]):
        return False
    said = [piece for piece in pieces if piece]
    return len(said) == 2 and said[0] != said[1]


def _placeholders(answer: str, _: str, least: int) -> bool:
    r"""Matches of ``\[.*?\]``: a closing bracket with an opening one before it since the last, on its line."""
    pieces = (piece for line in answer.split("\n") for piece in line.split("]")[:-1])
    return sum("[" in piece for piece in pieces) >= least


def _postscript(answer: str, _: str, marker: str) -> bool:
    """The marker is a regular expression here: the dots of "P.S." are any character. What the official code puts around
    it decides nothing unless the marker has more than dots of a pattern, and takes quadratic time on blank lines.
    """
    wanted = marker.lower()
    if not _PLAIN_MARKER.fullmatch(wanted):
        wanted = r"\s*" + wanted + ".*$"
    return re.search(wanted, answer.lower(), re.MULTILINE) is not None


def _constrained(answer: str, language: str) -> bool:
    return any(option in answer for option in _table()["constrained_response"][language])


def _bullets(answer: str, _: str, exactly: int) -> bool:
    """Lines that begin with a dash (rules and signs too), and lines that begin with a star that no star follows; a star
    alone on its line takes the next line into its bullet.
    """
    lines = [line.lstrip() for line in answer.split("\n")]
    counted = sum(1 for line in lines if line.startswith("-"))
    taken = False
    for line, more in zip(lines, [True] * (len(lines) - 1) + [False], strict=True):
        starred = not taken and line.startswith("*") and not line.startswith("**")
        taken = starred and line == "*" and more
        counted += starred and (line != "*" or more)
    return counted == exactly


def _highlights(answer: str, _: str, least: int) -> bool:
    inner = _LIGHT.findall(answer) + _BOLD.findall(answer)
    return sum(1 for text in inner if text.strip()) >= least


def _title(answer: str, _: str) -> bool:
    r"""``<<[^\n]+>>``: from the first opening marks of a line to its last closing ones."""
    for line in answer.split("\n"):
        begin, end = line.find("<<"), line.rfind(">>")
        if 0 <= begin < end - 2 and line[begin:end].lstrip("<").rstrip(">").strip():
            return True
    return False


def _json(answer: str, _: str) -> bool:
    text = answer.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except ValueError:
        return False
    return True


def _no_forbidden(answer: str, _: str, words: Sequence[str]) -> bool:
    return not any(word in answer for word in words)


def _nth_paragraph(answer: str, _: str, paragraphs: int, nth: int, __: str) -> bool:
    """The first word asked for is replaced by an empty text before it is compared."""
    found = [part for part in answer.split("\n\n") if part.strip()]
    return len(found) >= paragraphs and len(found) >= nth and found[nth - 1].startswith("")


def _paragraphs(answer: str, _: str, exactly: int) -> bool:
    return sum(1 for part in _DIVIDER.split(answer) if part.strip()) == exactly


def _sentences(answer: str, _: str, relation: str, number: int) -> bool:
    """Lines, not sentences."""
    return _compared(sum(1 for line in answer.split("\n") if line.strip()), relation, number)


def _words(answer: str, language: str, relation: str, number: int) -> bool:
    words = answer.split()
    in_words = language in _table()["counted_in_words"]
    return _compared(len(words) if in_words else sum(map(len, words)), relation, number)


def _compared(counted: int, relation: str, number: int) -> bool:
    """The number itself passes as less than it; any other relation than these two is never kept."""
    if relation == "less than":
        return counted <= number
    return relation == "at least" and counted >= number


def _no_comma(answer: str, language: str) -> bool:
    return not set(answer) & set(_table()["forbidden_by_no_comma"][language])


def _ends(answer: str, _: str, phrase: str) -> bool:
    return answer.strip().endswith(phrase)


def _quoted(answer: str, language: str) -> bool:
    """One lone mark that both opens and closes passes."""
    text = answer.strip()
    pairs = _table()["quotation_marks"].get(language, ('""',))
    return any(text.startswith(first) and text.endswith(last) for first, last in pairs)


OFFICIAL_CHECKS: Mapping[str, tuple[tuple[str, ...], Check]] = {
    "combination:repeat_prompt": (("prompt_to_repeat",), _repeats),
    "combination:two_responses": ((), _two_responses),
    "detectable_content:number_placeholders": (("num_placeholders",), _placeholders),
    "detectable_content:postscript": (("postscript_marker",), _postscript),
    "detectable_format:constrained_response": ((), _constrained),
    "detectable_format:json_format": ((), _json),
    "detectable_format:number_bullet_lists": (("num_bullets",), _bullets),
    "detectable_format:number_highlighted_sections": (("num_highlights",), _highlights),
    "detectable_format:title": ((), _title),
    "keywords:forbidden_words": (("forbidden_words",), _no_forbidden),
    "length_constraints:nth_paragraph_first_word": (
        ("num_paragraphs", "nth_paragraph", "first_word"),
        _nth_paragraph,
    ),
    "length_constraints:number_paragraphs": (("num_paragraphs",), _paragraphs),
    "length_constraints:number_sentences": (("relation", "num_sentences"), _sentences),
    "length_constraints:number_words": (("relation", "num_words"), _words),
    "punctuation:no_comma": ((), _no_comma),
    "startend:end_checker": (("end_phrase",), _ends),
    "startend:quotation": ((), _quoted),
}
"""Instruction id -> the kwargs it must have, and its check of (answer, language, those kwargs)."""
