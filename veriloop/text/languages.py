"""Which language a text is in: by its script where that decides, else by a fixed model among those of the script.

The same text always gets the same answer: ``py3langid`` is a naive Bayes model without sampling (langdetect, which
IFEval uses, samples and differs from run to run), and it only ever chooses among languages that are written in the
script that most of the text is in. A text that is too short or too mixed to tell gets no language but a reason. Which
language an answer ought to be in is asked elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, final

from veriloop.errors import MissingExtra

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LEAST_LETTERS: Mapping[str, int] = {"latin": 20, "cyrillic": 16, "arabic": 12, "devanagari": 12}
LEAST_SHARE = 0.6  # of the letters, weighted, in one script
LEAST_CONFIDENCE = 0.5
MOST_READ = (
    250  # characters that the model reads at the start, in the middle and at the end of a long text
)

# First and last code point, script. A letter outside is "other".
_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "latin"),
    (0x0250, 0x02AF, "latin"),
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x077F, "arabic"),
    (0x08A0, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0A00, 0x0A7F, "gurmukhi"),
    (0x0A80, 0x0AFF, "gujarati"),
    (0x0B00, 0x0B7F, "odia"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0C00, 0x0C7F, "telugu"),
    (0x0C80, 0x0CFF, "kannada"),
    (0x0D00, 0x0D7F, "malayalam"),
    (0x0D80, 0x0DFF, "sinhala"),
    (0x0E00, 0x0E7F, "thai"),
    (0x0E80, 0x0EFF, "lao"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x1200, 0x139F, "ethiopic"),
    (0x1780, 0x17FF, "khmer"),
    (0x1E00, 0x1EFF, "latin"),
    (0x1F00, 0x1FFF, "greek"),
    (0x3040, 0x30FF, "kana"),
    (0x3130, 0x318F, "hangul"),
    (0x31F0, 0x31FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFF, "arabic"),
    (0xFF21, 0xFF5A, "latin"),
    (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x3FFFF, "han"),
)
# How many letters of an alphabet say what one sign of these does.
_WEIGHTS: Mapping[str, float] = {"han": 3.0, "hangul": 2.0, "kana": 1.5}
_ONE: Mapping[str, str] = {
    "armenian": "hy",
    "bengali": "bn",
    "georgian": "ka",
    "greek": "el",
    "gujarati": "gu",
    "gurmukhi": "pa",
    "hangul": "ko",
    "hebrew": "he",
    "kannada": "kn",
    "khmer": "km",
    "lao": "lo",
    "malayalam": "ml",
    "odia": "or",
    "sinhala": "si",
    "tamil": "ta",
    "telugu": "te",
    "thai": "th",
}


def _codes(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SEVERAL: Mapping[str, frozenset[str]] = {
    "latin": _codes(
        "en es fr pt vi de it nl sv da no fi is pl cs sk sl hr hu ro tr az id ms sw tl sq et lv lt ca eu ga cy mt af "
        "so zu xh ht"
    ),
    "cyrillic": _codes("ru uk be bg mk sr kk ky mn"),
    "arabic": _codes("ar fa ur ps ug"),
    "devanagari": _codes("hi mr ne"),
}
_NORWEGIAN = {"nb": "no", "nn": "no"}
_FOREIGN = re.compile(
    r"https?://\S+|www\.\S+|(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]{1,200}|&\w+;|<[^<>\s]{1,20}>"
)


@final
@dataclass(frozen=True)
class Detected:
    """``language`` by its ISO 639-1 code with a ``confidence`` in (0, 1], or None with the ``reason``. ``among`` are
    the languages that it may be in where it is None: those of its script; empty where even that is open.
    """

    language: str | None
    confidence: float = 0.0
    reason: str = ""
    among: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if (self.language is None) == (not self.reason):
            raise ValueError(
                f"a language or a reason for having none: got {self.language!r} and {self.reason!r}"
            )


@lru_cache(maxsize=2048)
def detect(text: str) -> Detected:
    """The language that most of ``text`` is in. Addresses and tags of markup are left out.

    Script decides for Korean, Japanese (kana), Chinese (Han without kana), Thai and every script of one language; the
    confidence is that script's share then. Latin, Cyrillic, Arabic script and Devanagari need at least
    ``LEAST_LETTERS`` and the model, and the confidence is the model's among the languages of the script. Raises
    MissingExtra where the model is needed and not installed.
    """
    text = unicodedata.normalize("NFC", _FOREIGN.sub(" ", text))
    letters: Counter[str] = Counter()
    for character, count in Counter(text).items():
        if character.isalpha():
            letters[_script(character)] += count
    weighed = {name: count * _WEIGHTS.get(name, 1.0) for name, count in letters.items()}
    if weighed.get("kana", 0.0) * 12 >= weighed.get("han", 0.0) and "kana" in weighed:
        weighed["kana"] += weighed.pop("han", 0.0)
    if not weighed:
        return Detected(None, reason="no letters to tell a language by")
    script = max(sorted(weighed), key=lambda name: weighed[name])
    share = weighed[script] / sum(weighed.values())
    if share < LEAST_SHARE:
        return Detected(None, reason=f"too mixed to tell a language: {share:.0%} {script}")
    only = {"kana": "ja", "han": "zh", **_ONE}.get(script)
    if only:
        return Detected(only, share)
    if script not in _SEVERAL:
        return Detected(None, reason="a script that is not known here")
    return _modelled(text, script, letters[script])


def _modelled(text: str, script: str, letters: int) -> Detected:
    if letters < LEAST_LETTERS[script]:
        reason = f"too short to tell a language: {letters} letters"
        return Detected(None, reason=reason, among=_SEVERAL[script])
    signs = Counter(text)
    foreign = {ord(c): " " for c in signs if c.isalpha() and _script(c) != script}
    own = text.translate(foreign)
    if sum(n for c, n in signs.items() if c.isupper()) * 2 > letters:
        own = own.lower()
    own = " ".join(own.split())
    if len(own) > 3 * MOST_READ:
        middle = (len(own) - MOST_READ) // 2
        parts = (own[:MOST_READ], own[middle : middle + MOST_READ], own[-MOST_READ:])
        own = " ".join(parts)
    among: dict[str, float] = {}
    for code, probability in _model().rank(own):
        code = _NORWEGIAN.get(code, code)
        if code in _SEVERAL[script]:
            among[code] = among.get(code, 0.0) + float(probability)
    code = max(sorted(among), key=lambda name: among[name])
    confidence = among[code] / (sum(among.values()) or 1.0)
    if confidence < LEAST_CONFIDENCE:
        reason = f"too close to tell a language: {code} at {confidence:.2f}"
        return Detected(None, reason=reason, among=_SEVERAL[script])
    return Detected(code, confidence)


def languages() -> tuple[str, ...]:
    """Every code that ``detect`` can give, sorted."""
    several: Iterable[str] = (code for codes in _SEVERAL.values() for code in codes)
    return tuple(sorted({"ja", "zh", *_ONE.values(), *several}))


@lru_cache(maxsize=65536)
def _script(letter: str) -> str:
    point = ord(letter)
    return next((name for first, last, name in _RANGES if first <= point <= last), "other")


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingExtra("py3langid", "eval", "telling the language of a text") from error
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
