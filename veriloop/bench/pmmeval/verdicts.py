r"""Verdicts that name a letter without a lead-in: "C is correct", "选C，因为A不正确", "C'est la C", "AではなくCです".

Two kinds. A letter that is *called right* stands before a word that says so. A letter that is *chosen* stands right
after a word of choosing ("elijo la C", "is", "but", 而是) or right before one (Cです, C입니다), or opens the answer and
gives its reason ("C because A is wrong"); its clause ends there or goes on with the reason. One that is rejected or
supposed is none, and where another letter is named and not rejected, nothing is taken for chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from veriloop.bench.pmmeval import rejections
from veriloop.bench.pmmeval.phrases import spoken
from veriloop.bench.pmmeval.rejections import LATIN

_RIGHT = re.compile(
    rf"(?P<letter>[A-D])(?<![{LATIN}'’][A-D])[\s*)\].\"”」]{{0,4}}(?:选项|項|项|選択肢)?(?:"
    r"\s?is (?:the )?(?:correct|right|best|most suitable)|(?:是|为|才是)(?:最)?(?:正确|对的|合适|恰当|答案)|正确|"
    r"[がは](?:最も適切|正解|正しい(?!とは|わけ)|答え)|\s?(?:가|이|은|는)?\s?(?:정답(?!이 아|은 아)|옳(?!지)|맞(?!지))|"
    r"\s?es (?:la )?(?:respuesta |opción )?(?:correcta|más adecuada)|\s?est (?:la )?(?:bonne|correcte?|juste|exacte)|"
    r"\s?é (?:a )?(?:resposta |opção |alternativa )?(?:correta|certa|mais adequada)|"
    r"\s?là (?:câu trả lời |đáp án |phương án )?(?:đúng|chính xác|phù hợp)|\s?(?:เป็น|คือ)?(?:คำตอบ|ข้อ)?ที?่?ถูก|"
    r"\s?(?:هو|هي) (?:الجواب |الإجابة |الخيار )?(?:الصحيح|الأنسب))"
)
_CAPITAL = re.compile(rf"[A-D](?<![{LATIN}'’][A-D])(?![{LATIN}]|['’-][{LATIN}])")
_NOUN = re.compile(
    r"\s(?:opción|alternativa|opção|letra|resposta|respuesta|option|réponse|proposition|answer|question|passage|frase)"
)
"""Words before which a capital A is an article."""
_BEFORE: Mapping[str, str] = {
    "en": r"(?:\bI(?: would| will|['’]d|['’]ll)? (?:choose|pick|select|go with|say|answer)|"
    r"(?:\A|[.!\n]\s?)(?:choose|pick|select)|\bit is|\bit['’]s|\bbut|\bmust be|\bhas to be)"
    r"(?:\s(?:the\s)?(?:correct\s)?(?:option|choice|letter|answer))?",
    "es": r"\b(?:es|sería|elijo|elegiría|escojo|selecciono|marco|opto por|sino|respuesta|opción|alternativa)"
    r"(?:\s(?:la|el))?(?:\s(?:opción|respuesta|alternativa|letra))?",
    "fr": r"(?:\bc['’]est|\best|\bje (?:choisis|sélectionne|prends|retiens)|\bj['’]opte pour|\bmais|\bréponse|\boption|"
    r"\bproposition|\bchoix)(?:\s(?:la|le))?(?:\s(?:l['’])?(?:réponse|option|proposition|choix|lettre))?",
    "pt": r"\b(?:é|seria|escolho|seleciono|marco|opto pela|mas|mas sim|e sim|resposta|opção|alternativa|letra)"
    r"(?:\s[ao])?(?:\s(?:opção|resposta|alternativa|letra))?",
    "zh": r"(?:(?<!为什么)(?<!为何)(?<!能)选|选择|应为|而?是|答案?)(?:了)?(?:选项|项)?",
    "ja": r"(?!)",
    "ko": r"(?!)",
    "ar": r"(?<!\w)(?:أختار|اخترت|نختار|سأختار|هو|هي|بل|وإنما|إنه|إنها|الجواب|الإجابة|الخيار)"
    r"(?:\s(?:الخيار|الجواب|الإجابة|الحرف))?",
    "th": r"(?:ตอบ|เลือก|คือ|เป็น)(?:\s?(?:ข้อ|ตัวเลือก))?",
    "vi": r"(?<!\w)(?:chọn|là|đáp án|câu trả lời|phương án|lựa chọn)(?:\s(?:đáp án|câu|phương án|là))?",
}
_AFTER: Mapping[str, str] = {
    "ja": r"です(?!か)|だ(?=[。\s]|\Z)|である|を選び(?:ます|ました)|を選択し(?:ます|ました)|になります|となります",
    "ko": r"입니다|이다(?=[.\s]|\Z)|이에요|예요|[을를]\s(?:선택|택)(?:합니다|했습니다|하겠습니다)|[을를]\s고르겠습니다",
}
_BECAUSE: Mapping[str, str] = {
    "en": r"(?:because|since|as|for|due to)\b",
    "es": r"(?:porque|pues|ya que|puesto que|dado que)\b",
    "fr": r"(?:car|parce qu|puisqu)",
    "pt": r"(?:porque|pois|já que|visto que)\b",
    "zh": r"因为|由于",
    "ja": r"(?!)",
    "ko": r"왜냐하면",
    "ar": r"(?:لأن|حيث|إذ)",
    "th": r"เพราะ|เนื่องจาก",
    "vi": r"(?:vì|bởi|do)(?!\w)",
}
_NEAR = 32  # characters before a letter that may choose it
_MARKS = r"[\s*_\"'“‘«「『(\[:：]{0,4}"
_CLOSERS = r"[*_\"'”’」』»)\]]{0,4}"
_OPENING = " \n*_\"'“(「"
_TRIED = 40  # letters, from the last; keeps a degenerate answer linear
_JOINED = re.compile(
    r"[\s*_()\"”“」「]{0,4}(?:\b(?:and|or|nor|y|o|ni|et|ou|e|và|hoặc)\b|和|或|与|と|や|및|또는|และ|หรือ|أو|و|[,，、&/])"
    r"[\s*_()\"”“」「]{0,4}(?:la |a |l['’])?"
)


def called_right(text: str, language: str, *, begin: int = 0) -> dict[str, tuple[int, int]]:
    """The letters that ``text[begin:]`` calls right, each with its last place.

    >>> called_right("A is wrong, C is correct.", "en")
    {'C': (12, 13)}
    """
    return {
        m["letter"]: m.span("letter")
        for m in _RIGHT.finditer(text, begin)
        if not rejections.rejected(text, m.span("letter"), language)
    }


def chosen(text: str, language: str, *, begin: int = 0) -> dict[str, tuple[int, int]]:
    """The letters that ``text[begin:]`` chooses, each with its last place; none where another one stays open.

    >>> chosen("选C，因为A不正确", "zh"), chosen("We could choose B or C.", "en")
    ({'C': (1, 2)}, {})
    """
    named = [
        m.span()
        for m in _CAPITAL.finditer(text, begin)
        if not (m[0] == "A" and _NOUN.match(text, m.end()))
    ][-_TRIED:]
    said = [span for span in named if _is_chosen(text, span, language, begin)]
    if not said:
        return {}
    found = {text[slice(*span)]: span for span in said}
    others = (i for i, span in enumerate(named) if text[slice(*span)] not in found)
    return found if all(_gone(text, named[i:], language) for i in others) else {}


def _is_chosen(text: str, span: tuple[int, int], language: str, begin: int) -> bool:
    before, after, reason, end = _patterns(language)
    at, stop = span
    led = end.match(text, stop) and before.search(text[max(begin, at - _NEAR) : at])
    opens = at - begin <= _NEAR and not text[begin:at].strip(_OPENING)
    if not led and not after.match(text, stop) and not (opens and reason.match(text, stop)):
        return False
    return not rejections.taken_back(text, span, language)


def _gone(text: str, spans: list[tuple[int, int]], language: str) -> bool:
    """Is the first of these letters rejected, alone or with those it is joined to ("A and B are wrong")?"""
    for i, span in enumerate(spans):
        if rejections.rejected(text, span, language):
            return True
        if i + 1 == len(spans) or not _JOINED.fullmatch(text, span[1], spans[i + 1][0]):
            return False
    return False


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    """What chooses a letter before it and after it, a reason after it, and the end of its clause."""
    codes = spoken(language)
    before = "|".join(_BEFORE[c] for c in codes)
    after = "|".join(_AFTER.get(c, r"(?!)") for c in codes)
    because = "|".join(_BECAUSE[c] for c in codes)
    other = rf"(?!\s?{_MARKS}[A-H](?![{LATIN}]))"
    return (
        re.compile(rf"(?:{before}){_MARKS}\Z", re.IGNORECASE),
        re.compile(rf"{_CLOSERS}(?:{after})"),
        re.compile(rf"{_CLOSERS}[\s,.，。:—–-]{{0,3}}(?:{because})", re.IGNORECASE),
        re.compile(
            rf"{_CLOSERS}(?:选项|项)?{_CLOSERS}(?:[.。!！;；\n]|\s*\Z|[,，،、]{other}|\s?[,，]?\s?(?:{because}))",
            re.IGNORECASE,
        ),
    )
