"""Format: JSON, titles, sections, bullets, highlights, and answers out of three fixed sentences.

IFEval (arXiv 2311.07911), table 1, the group "detectable format". Marks are those of markdown as the instructions show
them. What official scripts see besides (``-`` in front of a dialogue, one bold text counted twice) is not seen here.
"""

from __future__ import annotations

import json
import re
import unicodedata

from veriloop.verify.instructions.followed import Followed, Given, counted

_BULLET = re.compile(r"^[ \t]*[-*+][ \t]+(?=\S)(?!(?:[-*+][ \t]*)+$)", re.MULTILINE)
_HIGHLIGHT = re.compile(
    r"(?<![*A-Za-z0-9\\])(\*{1,3})(?=[^\s*])([^*\n]*[^\s*\\])\1(?![*A-Za-z0-9])"
)
_TITLE = re.compile(r"<<(?!<)(.+?)>>")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*[\w+-]*")
_NUMBERED = (
    r"(?:[0-9]+|[٠-٩]+|[๐-๙]+|[０-９]+|[一二三四五六七八九十]+|[IVXLC]+|[A-Z])(?![A-Za-z0-9])"
)


def json_format(given: Given) -> Followed:
    """The whole answer is one JSON object or list, alone or in one fenced block. Text around it is a fault, and so is
    what JSON has not (NaN, a comma at the end). A bare number or string is not taken for JSON format.
    """
    text = given.stripped
    fence = _FENCE.match(text)
    if fence and text.endswith(fence[1], fence.end()):
        text = text[fence.end() : -len(fence[1])].strip()
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return Followed(False, f"no JSON: {error}"[:80])
    if not isinstance(found, dict | list):
        return Followed(False, f"JSON of a bare {type(found).__name__}")
    return Followed(True, "one JSON value")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def number_bullet_lists(given: Given) -> Followed:
    """Exactly so many bullets: lines that begin with ``*``, ``-`` or ``+``, white space and text, at any depth. Rules
    (``---``, ``* * *``), bold text and signs of dialogue or of numbers without white space behind them are none.
    """
    found = len(_BULLET.findall(given.answer))
    return counted(found, given.count("num_bullets"), "bullets", exactly=True)


def number_highlighted_sections(given: Given) -> Followed:
    """At least so many highlights ``*so*``, ``**so**`` or ``***so***`` on one line, each counted once. Bullets and
    products (2*3*4) are none.
    """
    found = sum(1 for m in _HIGHLIGHT.finditer(given.answer) if any(map(str.isalnum, m[2])))
    return counted(found, given.count("num_highlights"), "highlights", exactly=False)


def title(given: Given) -> Followed:
    """A title with a letter or digit in double angular brackets, ``<<so>>``, on one line."""
    ends = (line.rpartition(">>") for line in given.answer.split("\n"))
    titles = (m[1] for before, end, _ in ends for m in _TITLE.finditer(f"{before}{end}"))
    found = next((one for one in titles if any(map(str.isalnum, one))), None)
    if found is None:
        return Followed(False, "no <<title>>")
    return Followed(True, f"title {found.strip()[:40]!r}")


def multiple_sections(given: Given) -> Followed:
    """At least so many sections, each beginning with a line that starts with the mark and a number (1, I, 一, A), in
    the mark's own case, and each with a number of its own: a mark repeated as it was shown ("SECTION X") numbers
    nothing. Signs of headings, bold text and quotation marks may stand before it. IFEval asks for n sections and its
    script takes more; the item that repeats seven of them in two versions needs that.
    """
    mark = re.escape(given.text("section_spliter").strip())
    lines = re.compile(rf"^(?:[^\S\n]|[#>*_\"'“「『(\[{{\\-])*{mark}\s*({_NUMBERED})", re.MULTILINE)
    found = len(set(lines.findall(given.answer)))
    return counted(found, given.count("num_sections"), "sections", exactly=False)


def constrained_response(given: Given) -> Followed:
    """The answer has exactly one of the allowed sentences in it, to the letter: the prompt's own where it has two
    or more that begin as the language's do, else the three of the language. Two different ones are no answer.
    """
    allowed = _allowed(given)
    if not allowed:
        return Followed(None, f"no sentences to choose from are known in {given.rules.name!r}")
    text = unicodedata.normalize("NFC", given.answer)
    said = [one for one in allowed if one in text]
    said = [one for one in said if not any(one != other and one in other for other in said)]
    if len(said) == 1:
        return Followed(True, f"says {said[0]!r}")
    return Followed(False, f"says {len(said)} of the {len(allowed)} sentences")


def _allowed(given: Given) -> tuple[str, ...]:
    prompt = unicodedata.normalize("NFC", given.prompt)
    stems = "|".join(map(re.escape, given.rules.stems))
    if stems and prompt:
        asked = re.findall(rf"(?:{stems})[^\n.。,،，、;\"'“”«»「」『』()]*[.。]?", prompt)
        kept = tuple(dict.fromkeys(one.strip() for one in asked))
        if len(kept) > 1:
            return kept
    return given.rules.answers
