"""Where an answer says that its answer follows: the lead-ins of the ten languages, with what models put around them.

Every language also knows the English ones. A lead-in is what the prompt asks for ("答案是"), and near ways of saying it
("正确答案应为", "Answer:"); what stands after it is the readers' business (``numbers``, ``letters``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from veriloop.bench.pmmeval.phrases import phrases, spoken

_SIGNS = r"[:：=]|->|→|⇒"
_GAP = r"[*_`'\"”’」』»)）\s\u200e\u200f\u202a-\u202e\u2066-\u2069]{0,8}"

_NOUNS: Mapping[str, str] = {
    "en": r"\b(?:answer|ans)\b(?:\s+(?:to|for)\s[^.:\n]{1,80}?)?",
    "zh": r"答案|答复|(?<!回)(?<!解)答(?=[:：])",
    "ar": r"(?:جواب|إجابة|اجابة)(?:\s+(?:الصحيحة|الصحيح|النهائية|النهائي))*",
    "es": r"\brespuesta\b(?:\s+(?:correcta|final))*",
    "ja": r"答え|(?<!不)正解|回答|解答|正答",
    "ko": r"답변|정답|(?<![가-힣])답",
    "th": r"คำตอบ(?:ที่ถูกต้องที่สุด|ที่ถูกต้อง|สุดท้าย|ที่ถูก|ที่เหมาะสมที่สุด)*|เฉลย",
    "fr": r"\br[ée]ponse\b(?:\s+(?:correcte|exacte|finale|juste))*",
    "pt": r"\bresposta\b(?:\s+(?:correta|certa|final))*",
    "vi": r"(?:câu trả lời|đáp án|đáp số)(?:\s+(?:đúng nhất|đúng|chính xác|cuối cùng))*",
}
_OPTIONS: Mapping[str, str] = {
    "en": r"\b(?:option|choice|ending)\b",
    "zh": r"选项|选择|(?<=[故应该以此])选|正确的是",
    "ar": r"(?:خيار|اختيار)(?:\s+(?:الصحيحة|الصحيح|الأنسب))*",
    "es": r"\b(?:opción|alternativa)\b(?:\s+(?:correcta|adecuada|más adecuada))*",
    "ja": r"選択肢|正しいの",
    "ko": r"선택지|보기",
    "th": r"ตัวเลือก(?:ที่ถูกต้องที่สุด|ที่ถูกต้อง|ที่ถูก|ที่เหมาะสมที่สุด)*|ตอบข้อ",
    "fr": r"\b(?:option|choix|proposition)\b(?:\s+(?:correcte?|exacte?|appropriée))*",
    "pt": r"\b(?:opção|alternativa|letra)\b(?:\s+(?:correta|certa|mais adequada))*",
    "vi": r"(?:phương án|lựa chọn)(?:\s+(?:đúng nhất|đúng|chính xác|phù hợp nhất))*",
}
_COPULAS: Mapping[str, str] = {
    "en": r"\s(?:is|would be|should be|must be)\b(?: (?:therefore|thus|clearly|then|indeed))?",
    "zh": r"(?:应该|应当|应|就)?(?:是|为|選|选)|(?<=[选選择擇])",
    "ar": r"\s(?:هو|هي)(?![\u0621-\u064a])",
    "es": r"\s(?:es|sería|será)\b(?: (?:por lo tanto|por tanto|entonces))?",
    "ja": r"[はが](?:、)?",
    "ko": r"\s?(?:은|는|이)(?![가-힣])",
    "th": r"\s?(?:ก็)?(?:คือ|เป็น)|(?<=ข้อ)",
    "fr": r"\s(?:est|serait)\b(?: (?:donc|ainsi|alors))?",
    "pt": r"\s(?:é|seria|será)(?!\w)(?: (?:portanto|então|assim))?",
    "vi": r"\s(?:sẽ |chính )?là(?!\w)",
}


_ANCHORS: Mapping[str, tuple[str, ...]] = {
    "en": ("answer", "ans", "option", "choice", "ending"),
    "zh": ("答案", "答复", "答", "选项", "选择", "选", "正确的是"),
    "ar": ("جواب", "إجابة", "اجابة", "خيار", "اختيار"),
    "es": ("respuesta", "opción", "alternativa"),
    "ja": ("答え", "正解", "回答", "解答", "正答", "選択肢", "正しいの"),
    "ko": ("답변", "정답", "답", "선택지", "보기"),
    "th": ("คำตอบ", "เฉลย", "ตัวเลือก", "ตอบข้อ"),
    "fr": ("réponse", "reponse", "option", "choix", "proposition"),
    "pt": ("resposta", "opção", "alternativa", "letra"),
    "vi": ("câu trả lời", "đáp án", "đáp số", "phương án", "lựa chọn"),
}
"""With what the lead-ins begin: these are looked for first, since patterns are slow over a whole answer."""


def lead_ends(
    text: str, language: str, *, begin: int = 0, options: bool = False
) -> tuple[int, ...]:
    """Where each lead-in of ``text[begin:]`` ends, in order: after its last sign, before what it leads in.

    ``options`` adds those that name a choice ("the correct option is"), which in a calculation say nothing.
    """
    pattern, lower = _pattern(language, options), lowered(text)
    starts: set[int] = set()
    for anchor in _anchors(language):
        at = lower.find(anchor, begin)
        while at >= 0:
            starts.add(at)
            at = lower.find(anchor, at + len(anchor))
    ends: list[int] = []
    for at in sorted(starts):
        if ends and at < ends[-1]:
            continue
        if found := pattern.match(text, at):
            ends.append(found.end())
    return tuple(ends)


def lowered(text: str) -> str:
    """The text in small letters, every character at its place: İ is the only one that would grow."""
    return text.replace("İ", "I").lower()


@cache
def _anchors(language: str) -> tuple[str, ...]:
    said = (phrase.lower() for phrase in phrases(language)["lead_in"])
    return tuple(dict.fromkeys((*_ANCHORS[language], *_ANCHORS["en"], *said)))


@cache
def _pattern(language: str, options: bool) -> re.Pattern[str]:
    said = [re.escape(phrase) for phrase in phrases(language)["lead_in"]]
    for code in spoken(language):
        nouns = f"{_NOUNS[code]}|{_OPTIONS[code]}" if options else _NOUNS[code]
        said.append(rf"(?:{nouns}){_GAP}(?:{_SIGNS}|{_COPULAS[code]})")
    return re.compile(rf"(?:{'|'.join(said)})(?:{_GAP}[:：])?", re.IGNORECASE)
