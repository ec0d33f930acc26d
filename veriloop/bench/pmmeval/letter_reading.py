r"""The letter that an answer names under ``fixed``, with its place and the rule that found it, or why there is none.

Rules in order: ``json`` (the last object or key "answer" whose value is a letter or an option, but for examples),
``boxed``, ``lead-in`` (the last that a letter or an option follows), ``letter line`` (a last or first line that is a
letter), ``option text``, ``called right`` ("C is correct"), ``chosen`` ("it's C, as A is wrong": ``verdicts``), ``only
letter`` (the only one mentioned as a choice). A capital somewhere is no choice, nor is a letter that is named to be
rejected or to be talked of next (``rejections``).

A thought is cut off before. Of an answer that the token limit cut, only ``json``, ``boxed`` and ``lead-in`` count, and
only where something follows them. Full-width letters count; Cyrillic and Greek look-alikes do not. أ ب ج د, ก ข ค ง
and 가 나 다 라 count where a letter is expected (json, lead-in, a line of its own) in Arabic, Thai and Korean:
elsewhere they are parts of words. Small letters count only where nothing but a mark follows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias, final

from veriloop.bench.pmmeval import rejections, verdicts
from veriloop.bench.pmmeval.leads import lead_ends, lowered
from veriloop.bench.pmmeval.rejections import LATIN
from veriloop.text.choices import narrow
from veriloop.text.extraction import Extraction
from veriloop.text.thoughts import after_thoughts

EMPTY, NO_LETTER, ONLY_THOUGHT = "empty", "no letter", "a thought without an answer"
SEVERAL, NOT_OFFERED = "several letters", "a letter that is not offered"
CUT, CUT_OFF, REFUSED = "cut off before a letter", "cut off", "refused"

Options: TypeAlias = Mapping[str, tuple[str, ...]]
_Found: TypeAlias = tuple[str, tuple[int, int]]

_CLOSING = (*".):,\"'”’」}]*", "")
_MORE_THAN_A_LETTER = 3  # characters: "(a)" names a letter, "(a) and (b)" repeats an option
_TELLING = 6  # characters of an option's text that say it even within a sentence

_BIDI = r"\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
_DRESS = rf"[\s*_`~$:,，、\"'“”‘’「」『』«»‹›<>【】\[\](){{}}\\=→–—-]|[{_BIDI}]"
_INSIDE = rf"[\s\"'“‘`(\[*_\\]|[{_BIDI}]"
_WORDS = (
    r"(?:the\s|la\s|el\s|l['’]\s?|le\s|a\s|o\s|là\s)?(?:correct\s)?(?:option|choice|letter|answer|opción|alternativa|"
    r"opção|lettre|letra|choix|proposition|réponse|respuesta|resposta|phương án|lựa chọn|đáp án|câu|选项|选择|选|"
    r"選択肢|選項|선택지|보기|ข้อ|ตัวเลือก|الخيار|الحرف|الاختيار|الإجابة)"
)
_ARTICLES = r"(?:the|la|el|le|a|o|là|c['’]est|es|est)(?=\s+[(*\"]*[A-H]\b)|\\?(?:text|textbf|mathrm|mathbf|boxed)"
_LETTER = (
    rf"(?P<capital>[A-H])(?![{LATIN}]|['’-][{LATIN}]|\s?[+×=/]\s?[0-9a-z])|"
    r"(?P<small>[a-d])(?=[*_`]{0,3}\s*(?:[)\]}.:,\"'”’」』]|\n|\Z))(?!['’.][A-Za-z])"
)
_FOREIGN: Mapping[str, tuple[str, str]] = {
    "ar": ("أبجد", r"(?P<foreign>[أبجد])(?![\u0621-\u0652])"),
    "th": ("กขคง", r"(?P<foreign>[กขคง])(?![\u0e00-\u0e7f])"),
    "ko": (
        "가나다라",
        r"(?P<foreign>[가나다라])(?=[)\]}”\"'」.,*]|\s*(?:\n|\Z)|입니다|이다|이에요|예요)",
    ),
}
_AND = r"\b(?:and|or|y|o|et|ou|e|và|hoặc)\b|和|或|と|または|및|또는|และ|หรือ|أو|و|[&/]"
_JOINED = re.compile(
    rf"[\s*_)\"”」]{{0,4}}(?:(?:{_AND})[\s*_(\"“「]{{0,4}}(?P<one>[A-D])(?![{LATIN}])|"
    rf"[,，、]\s?(?P<two>[A-D])(?=\s*(?:[.。)\]}}\"'”」,，、*&]|\Z|\n|{_AND})))"
)
_QUOTES = r"[\"'“”‘’`«»「」]"
_NAMES = (
    "answer|final[_ ]answer|correct[_ ]answer|choice|correct[_ ]option|option|答案|答え|正解|回答|정답|답변|답|"
    "respuesta|réponse|reponse|resposta|đáp án|câu trả lời|คำตอบ|الإجابة|الجواب|الاجابة"
)
_KEY = re.compile(rf"[\"'“”‘’`«»「」{{]\s{{0,9}}(?i:{_NAMES})\s?(?:\\?{_QUOTES})?\s{{0,9}}[:=]")
_BOX = re.compile(r"\\f?box(?:ed)?\s?\{")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_CAPITAL = re.compile(rf"[A-D](?<![{LATIN}'’][A-D])(?![{LATIN}])")
_NAMED = re.compile(rf"(?:{_WORDS})[\s*_\"“「(:]{{0,4}}\Z", re.IGNORECASE)
_LINE_START = re.compile(r"(?:\A|\n)[\s*_#>(-]{0,6}\Z")
_DOTTED = re.compile(r"[*_]{0,2}[.):、](?![A-Za-z0-9])")
_COUNTED = re.compile(r"\s?(?:选项|项|번)")
_BARE = re.compile(rf"(?!['’-]|\s[{LATIN}])")
_BEFORE = re.compile(rf"([{LATIN}]+)[\s*_\"“(]*\Z")
_AROUND = 24  # characters before a letter that may say that it is a choice
_CHOOSING = frozenset(
    ("is", "be", "choose", "chose", "pick", "select", "say", "think", "with", "go", "es", "sería", "elijo", "elegir",
     "est", "choisis", "choisir", "é", "escolho", "escolher", "là", "chọn")
)  # fmt: skip
"""Words that a bare letter may follow: "I choose C.", not "vitamin C."."""
_REFUSALS = re.compile(
    r"\bI(?:['’]m| am) (?:sorry|unable)|\bI can(?:no|['’])t\b|抱歉|对不起|无法回答|我不能|申し訳|お答えできません|죄송|"
    r"답변할 수 없|ขออภัย|ไม่สามารถ|lo siento|no puedo|désolée?\b|je ne peux pas|desculpe|sinto muito|não posso|"
    r"xin lỗi|không thể trả lời|آسف|عذر|لا أستطيع|لا يمكنني",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r'\s{0,9}("(?:[^"\\\n]|\\.){1,2000}")')
_PLAIN = re.compile(r"[\s:\"'“‘「`*]{0,12}")
_A_LETTER = re.compile("[A-Za-z]")
_ENDED = re.compile(r"(?:です|である|だ|입니다|이다|이에요|예요|ครับ|ค่ะ)?(?![^\W_])(?![.,]\d)")
_NOTHING = re.compile(rf"[\s{_BIDI}]*")
_MARKED = re.compile(r"[ )\].:*_\"'”」。-]{0,8}")
_MENTIONS = 2  # of the only letter, from the last: what is said of it there counts
_CORRECTED = 5  # corrections of corrections that are followed
_TRIED = 20  # lead-ins or objects, from the last; keeps a degenerate answer linear
_SHORT = 300  # characters of an answer in which a bare letter can only be the choice
_MARKS = " \t\r.。!！*_`\"'“”「」()[]{}:،,;\u200e\u200f\u202a\u202b\u202c"


def extract_letter(
    answer: str,
    language: str,
    *,
    letters: str = "ABCD",
    options: Options | None = None,
    cut: bool = False,
) -> Extraction:
    """The letter that ``answer`` names, of ``letters``. ``options`` are the texts of each, for answers that repeat
    one instead of naming it; ``cut`` says that the token limit cut the answer.

    >>> extract_letter("A B-movie fan would say: the answer is (C).", "en").value
    'C'
    """
    if _NOTHING.fullmatch(answer):
        return Extraction(None, reason=EMPTY)
    begin = after_thoughts(answer)
    if begin is None or not answer[begin:].strip():
        return Extraction(None, reason=ONLY_THOUGHT)
    asked = _Asked(
        answer if answer.isascii() else narrow(answer), begin, language, letters, options or {}
    )
    for name in STATING if cut else RULES:
        found = RULES[name](asked)
        if isinstance(found, str):
            return Extraction(None, reason=found)
        if found is not None:
            if cut and found[1][1] >= len(answer.rstrip()):  # it might have gone on
                break
            return Extraction(found[0], found[1], name)
    if cut:
        return Extraction(None, reason=CUT_OFF)
    refused = _REFUSALS.search(answer, begin) is not None
    return Extraction(None, reason=REFUSED if refused else NO_LETTER)


@final
@dataclass(frozen=True)
class _Asked:
    """An answer in narrow letters, read from ``begin`` on, and what it may choose from."""

    text: str
    begin: int
    language: str
    letters: str
    options: Options

    @cached_property
    def said(self) -> Options:
        """Options as they are looked for: narrow, without a final stop. A single letter is no text."""
        found = {
            x: [narrow(t).strip().rstrip(".。 ") for t in self.options[x]] for x in self.options
        }
        return {x: tuple(t for t in found[x] if t and not _A_LETTER.fullmatch(t)) for x in found}

    def value_at(self, at: int, *, inside: bool = False) -> _Found | str | None:
        """The letter or option that stands at ``at``, after quotes and the like; within one value if ``inside``."""
        plain = _PLAIN.match(self.text, at)
        option = self.option_at(at if plain is None else plain.end())
        if option and option[1][1] - option[1][0] > _MORE_THAN_A_LETTER:
            return option
        opened = _opening(inside).match(self.text, at)
        start = at if opened is None else opened.end()
        found = _letter(self.language).match(self.text, start)
        closed = found is not None and self.text[found.end() : found.end() + 1] in _CLOSING
        if not closed and (option := option or self.option_at(start)):
            return option
        if found is None:
            return None
        if _JOINED.match(self.text, found.end()):
            return SEVERAL
        return self.named(found)

    def named(self, found: re.Match[str]) -> _Found | str:
        """The letter of a match, if it is offered."""
        name = found.lastgroup or ""
        sign = found[name]
        if name == "foreign":
            sign = "ABCD"[_FOREIGN[self.language][0].index(sign)]
        letter = sign.upper()
        return (letter, found.span(name)) if letter in self.letters else NOT_OFFERED

    def option_at(self, at: int) -> _Found | None:
        """The one option whose text stands at ``at``, the longest where one begins like another."""
        begun = [
            (len(said), letter)
            for letter, texts in self.said.items()
            for said in texts
            if self.text[at : at + len(said)].casefold() == said.casefold()
        ]
        size, letter = max(begun, default=(0, ""))
        twins = sum(length == size for length, _ in begun)
        if twins != 1 or not _ENDED.match(self.text, at + size):
            return None
        return letter, (at, at + size)

    def escaped_option_at(self, at: int) -> _Found | None:
        """The option that stands at ``at`` as a string of JSON with escapes."""
        string = _ESCAPED.match(self.text, at)
        if string is None:
            return None
        try:
            told = str(json.loads(string[1])).strip().rstrip(".。 ").casefold()
        except ValueError:
            return None
        same = [x for x, texts in self.said.items() if told in {t.casefold() for t in texts}]
        return (same[0], (string.start(1) + 1, string.end(1) - 1)) if len(same) == 1 else None

    def lines(self) -> list[tuple[int, int]]:
        """Lines that say something."""
        return [m.span() for m in _LINE.finditer(self.text, self.begin)]


@cache
def _opening(inside: bool) -> re.Pattern[str]:
    dress = _INSIDE if inside else _DRESS
    return re.compile(
        rf"(?:{dress}){{0,40}}(?:(?:{_WORDS}|{_ARTICLES})[\s*_\"“「(\[{{:]{{1,6}}|(?:选项|选择|选|選択肢|ข้อ))?",
        re.IGNORECASE,
    )


@cache
def _letter(language: str) -> re.Pattern[str]:
    return re.compile(f"{_LETTER}|{_FOREIGN[language][1]}" if language in _FOREIGN else _LETTER)


def _json(asked: _Asked) -> _Found | str | None:
    keys = [m.end() for m in _KEY.finditer(asked.text, asked.begin)]
    shown: _Found | str | None = None
    for at in reversed(keys[-_TRIED:]):
        value = asked.value_at(at, inside=True) or asked.escaped_option_at(at)
        if value is not None and not rejections.exemplified(asked.text, at, asked.language):
            return value
        shown = shown or value
    # An example counts where nothing else is stated.
    return None if shown is None or _boxed(asked) or _led_in(asked) else shown


def _boxed(asked: _Asked) -> _Found | str | None:
    boxes = [m.end() for m in _BOX.finditer(asked.text, asked.begin)]
    values = (asked.value_at(at) for at in reversed(boxes[-_TRIED:]))
    return next((v for v in values if v is not None), None)


def _led_in(asked: _Asked) -> _Found | str | None:
    leads = lead_ends(asked.text, asked.language, begin=asked.begin, options=True)
    if leads and not asked.text[leads[-1] :].strip(_MARKS + "\n"):
        return CUT
    for at in reversed(leads[-_TRIED:]):
        said = (asked.text, at, asked.language)
        thought = rejections.supposed(*said) or rejections.exemplified(*said)
        found = None if thought else asked.value_at(at)
        found = _last_word(asked, found) if isinstance(found, tuple) else found
        if found is not None:
            return found
    return None


def _last_word(asked: _Asked, found: _Found) -> _Found | str | None:
    """What stays of a letter that was led in: another where its own sentence corrects it, none where it rejects it."""
    text, language = asked.text, asked.language
    for _ in range(_CORRECTED):
        follows = _MARKED.match(text, found[1][1]).end()  # type: ignore[union-attr]
        if follows == len(text) or text[follows] == "\n":
            return found
        if any(text.startswith(t[:_TELLING], follows) for t in asked.said.get(found[0], ())):
            return found  # "B) he does not leave" rejects nothing
        more = rejections.correction(text, found[1][1], language)
        if more is None:
            break
        at, sure = more
        other = asked.value_at(at)
        if not isinstance(other, tuple) or not rejections.stated(text, other[1][1]):
            if sure:
                return NO_LETTER
            break
        found = other
    return None if rejections.rejected_after(text, found[1][1], language) else found


def _letter_line(asked: _Asked) -> _Found | str | None:
    """A last or first line that is a letter, or that alone begins with a marked one: "C. because ..."."""
    lines = asked.lines()
    for begin, stop in dict.fromkeys((lines[-1], lines[0])):
        if stop - begin > 60:
            continue
        opened = _opening(False).match(asked.text, begin, stop)
        found = _letter(asked.language).match(asked.text, opened.end() if opened else begin)
        if found and found.end() <= stop and not asked.text[found.end() : stop].strip(_MARKS):
            return asked.named(found)
    return None


def _option_text(asked: _Asked) -> _Found | None:
    """A last or first line that is an option's text; or the only option that a short answer repeats."""
    lines = asked.lines()
    for begin, stop in dict.fromkeys((lines[-1], lines[0])):
        opened = _opening(False).match(asked.text, begin, stop)
        for at in dict.fromkeys((begin, opened.end() if opened else begin)):
            found = asked.option_at(at)
            ended = _ENDED.match(asked.text, found[1][1]) if found else None
            if ended and not asked.text[ended.end() : stop].strip(_MARKS):
                return found
    plain = lowered(asked.text[asked.begin :])
    held = {
        letter: (at, len(said))
        for letter, texts in asked.said.items()
        for said in texts
        if _tells(said) and (at := plain.find(lowered(said))) >= 0
    }
    if len(held) != 1:
        return None
    ((letter, (at, size)),) = held.items()
    if len(plain) > 3 * size + 40:
        return None
    span = (asked.begin + at, asked.begin + at + size)
    return None if rejections.rejected(asked.text, span, asked.language) else (letter, span)


def _tells(said: str) -> bool:
    """Does an option's text say it within a sentence? One word does not: "it is not true"."""
    return len(said) >= _TELLING and (" " in said or said[0] >= "\u0e00")


def _called_right(asked: _Asked) -> _Found | None:
    return _only(asked, verdicts.called_right(asked.text, asked.language, begin=asked.begin))


def _chosen(asked: _Asked) -> _Found | None:
    return _only(asked, verdicts.chosen(asked.text, asked.language, begin=asked.begin))


def _only_letter(asked: _Asked) -> _Found | str | None:
    short = len(asked.text) - asked.begin <= _SHORT
    said: dict[str, list[tuple[int, int]]] = {}
    for m in _CAPITAL.finditer(asked.text, asked.begin):
        if _is_choice(asked, m.start(), short=short):
            said.setdefault(m[0], []).append(m.span())
    if len(said) != 1:
        return SEVERAL if said else None
    ((letter, spans),) = said.items()
    if letter not in asked.letters:
        return None
    *before, last = spans[-_MENTIONS:]
    gone = rejections.taken_back(asked.text, last, asked.language) or any(
        rejections.rejected(asked.text, s, asked.language) for s in before
    )
    return None if gone else (letter, last)


def _is_choice(asked: _Asked, at: int, *, short: bool) -> bool:
    """Is the capital at ``at`` a choice: in brackets, after "option", at the start of a line with a mark, or bare in a
    short answer and no part of a phrase ("vitamin C")?
    """
    text = asked.text
    before = text[max(at - _AROUND, asked.begin) : at]
    if (before.endswith("(") and text.startswith(")", at + 1)) or _COUNTED.match(text, at + 1):
        return True
    if _NAMED.search(before) or (_DOTTED.match(text, at + 1) and _LINE_START.search(before)):
        return True
    if not short or before.endswith(".") or not _BARE.match(text, at + 1):
        return False
    word = _BEFORE.search(before)
    return word is None or word[1].casefold() in _CHOOSING


def _only(asked: _Asked, said: Mapping[str, tuple[int, int]]) -> _Found | None:
    """The letter, where only one is said and it is offered."""
    if len(said) != 1:
        return None
    ((letter, span),) = said.items()
    return (letter, span) if letter in asked.letters else None


RULES: Mapping[str, Callable[[_Asked], _Found | str | None]] = {
    "json": _json,
    "boxed": _boxed,
    "lead-in": _led_in,
    "letter line": _letter_line,
    "option text": _option_text,
    "called right": _called_right,
    "chosen": _chosen,
    "only letter": _only_letter,
}
"""Rule -> what finds a letter by it, in the order in which they are asked."""

STATING = ("json", "boxed", "lead-in")
"""Rules by which an answer states what it ends up with: the only ones that count where it was cut."""
