r"""Numbers that an answer names to deny them ("not 20 but 18"), and where the one stands that it names instead.

The ten languages, and English in each of them. Only what touches a number counts: a word that denies it right before
it ("no es 20", "不是20") or right after it and its unit ("20個ではなく"), a correction ("20, no wait, 18"). What was
reckoned wrongly, or is no answer for another reason, is not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from veriloop.bench.pmmeval.phrases import spoken
from veriloop.bench.pmmeval.rejections import correction

_NEAR = 40  # characters before a number that may deny it
_FAR = 48  # characters after one that may lead to another
_DRESS = r"[\s*_`~$€£¥₩฿₫\"'“‘«「『(（\[{\\]{0,8}"
_STOPS = (*".,;:\n。，、", "")
_UNIT = r"[^\d\s,.;:!?、。，！？()（）=+×÷/<>-]"
_STATED = re.compile(
    rf"[*_\"'”’」』)\]%]{{0,4}}(?:\s?{_UNIT}{{1,14}})?[\s*_]{{0,3}}(?:[.!,;。！，；\n]|\Z)"
)

_BEFORE: Mapping[str, str] = {
    "en": r"(?:\bnot|\bcannot|n['’]t)(?:\s(?:be|equal(?:\sto)?|exactly|simply|just))?|\bnor|\bneither|"
    r"\brather than|\binstead of",
    "es": r"\bno(?:\s(?:es|son|era|eran|sería|será|serán))?(?:\sigual a)?|\bni|\ben (?:vez|lugar) de",
    "fr": r"\bpas(?:\sde)?|\bnon(?:\spas)?|\bni|\bau lieu de|\bplutôt que",
    "pt": r"\bnão(?:\s(?:é|são|era|eram|seria|será|serão))?(?:\sigual a)?|\bnem|\bem vez de|\bao invés de",
    "zh": r"(?<!是)不(?:应该|应当|应|会|可能|能)?(?:是|为|等于)|并非|而非|并不(?:是|等于)",
    "ja": r"(?!)",
    "ko": r"(?!)",
    "ar": r"(?<!\w)[فو]?ليست?|(?<!\w)و?لا(?:\s[يت]ساوي)?|(?<!\w)بدلا? ?ً?ا? من",
    "th": r"ไม่(?:ใช่|เท่ากับ|ได้เป็น)|มิใช่|แทนที่จะ(?:เป็น|ได้)",
    "vi": r"(?<!\w)(?:không|chẳng|chả) phải(?:\slà)?|(?<!\w)chứ không|(?<!\w)không bằng|(?<!\w)thay vì",
}
_UNLIKE = r"(?:では|じゃ)(?:な|ありま)|\s?[이가은는]?\s?(?:아니|아닙|아닌)"
"""Of Japanese and Korean: what denies after a number and its unit."""
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "en": ("not", "n't", "n’t", "nor", "neither", "rather", "instead"),
    "es": ("no", "ni", "vez", "lugar"), "fr": ("pas", "non", "ni", "lieu", "plutôt"),
    "pt": ("não", "nem", "vez", "invés"), "zh": ("不", "非"), "ja": (), "ko": (),
    "ar": ("ليس", "لا", "بدل"), "th": ("ไม่", "มิ", "แทน"), "vi": ("phải", "không", "thay"),
}  # fmt: skip
"""What all that denies before a number holds one of: looked for first, since patterns are slow."""
_AFTER: Mapping[str, str] = {
    "en": r"\sis (?:wrong|incorrect|not (?:right|correct|the (?:\w+ )?answer))\b",
    "es": r"\s(?:no es (?:correct[ao]|la respuesta)|es incorrect[ao])\b",
    "fr": r"\s(?:n['’]est pas (?:correct|juste|la)|est (?:faux|incorrect))\b",
    "pt": r"\s(?:não é (?:corret[ao]|a resposta)|está errad[ao])\b",
    "zh": r"是?(?:不对|错的|错误的|不正确)",
    "ja": r"[はが](?:間違い|誤り|不正解)",
    "ko": r"[은는이가]\s?(?:틀렸|틀린|오답)",
    "ar": r"\s(?:غير صحيح|خطأ|خاطئ)",
    "th": r"\s?(?:ไม่ถูก|ผิด|ไม่ใช่คำตอบ)",
    "vi": r"\s(?:là )?(?:sai|không đúng)(?!\w)",
}
_INSTEAD: Mapping[str, str] = {
    "en": r"\bbut(?:\s(?:rather|instead))?|\bit['’]s|\bit is|\brather",
    "es": r"\bsino(?:\sque)?|\bson|\bes",
    "fr": r"\bmais(?:\sbien)?|\bc['’]est|\bce sont",
    "pt": r"\bmas(?:\ssim)?|\be sim|\bé|\bsão",
    "zh": r"而?(?:应该|应当|应)?(?:是|为)|而",
    "ja": r"(?:では|じゃ)な(?:くて|く)|(?:では|じゃ)ありません",
    "ko": r"[이가]?\s?아니(?:라|고)|[이가]?\s?아닌",
    "ar": r"بل|و?إنما|و?لكن",
    "th": r"แต่(?:เป็น|คือ)?|คือ|เป็น",
    "vi": r"(?<!\w)(?:mà|nhưng)(?:\slà)?|(?<!\w)là",
}


def denied(text: str, span: tuple[int, int], language: str) -> bool:
    """Is the number at ``span`` named only to deny it?

    >>> denied("It is 18, not 20.", (14, 16), "en"), denied("It is 18, not 20.", (6, 8), "en")
    (True, False)
    """
    before, after, _ = _patterns(language)
    near = text[max(0, span[0] - _NEAR) : span[0]].lower()
    if any(sign in near for sign in _signs(language)) and before.search(near) is not None:
        return True
    stops = text[span[1] : span[1] + 1] in _STOPS
    return not stops and after.match(text, span[1], span[1] + _FAR) is not None


def instead(text: str, end: int, language: str) -> int | None:
    """Where the number would stand that replaces a denied one, which ends at ``end``.

    >>> text = "not 20 eggs but 18"
    >>> text[instead(text, 6, "en"):]
    '18'
    """
    _, _, more = _patterns(language)
    found = more.match(text, end, end + _FAR)
    return None if found is None else found.end()


def corrected(text: str, end: int, language: str) -> int | None:
    """Where the correction of a number that ends at ``end`` goes on, if it surely takes the number back."""
    if not text[end : end + 3].strip(".。 \n"):
        return None
    found = correction(text, end, language)
    return found[0] if found is not None and found[1] else None


def stated(text: str, end: int) -> bool:
    """Does no more than a unit and the end of a clause follow the number that ends at ``end``?"""
    return _STATED.match(text, end) is not None


@cache
def _signs(language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sign for code in spoken(language) for sign in _SIGNS[code]))


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What denies a number before it, after it, and what stands between it and another one."""
    codes = spoken(language)
    before, after, more = ("|".join(kind[c] for c in codes) for kind in (_BEFORE, _AFTER, _INSTEAD))
    unit = rf"(?:\s?{_UNIT}{{1,14}}?){{0,2}}?"
    copula = r"(?:\s?(?:es|son|est|ce sont|é|são|is|là|هو|هي|إنه))?"
    return (
        re.compile(rf"(?:{before}){_DRESS}\Z", re.IGNORECASE),
        re.compile(
            rf"[*_%\"'”’」』)\]]{{0,3}}(?:{_UNIT}{{0,6}}?(?:{_UNLIKE})|{after})", re.IGNORECASE
        ),
        re.compile(
            rf"[*_\"'”’」』)\]%]{{0,4}}{unit}[\s,;.:،，、；。—–-]{{0,4}}(?:{more}){copula}[、,，]?(?:{_DRESS})",
            re.IGNORECASE,
        ),
    )
