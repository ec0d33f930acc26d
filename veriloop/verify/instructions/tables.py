"""What differs between languages: commas, ends of sentences, quotation marks, fixed sentences, words, case.

Data and nothing else. The three sentences of ``constrained_response`` are those that P-MMEval's own checkers allow
(arXiv 2411.09116; in Korean and Spanish its prompts ask for others too, which are read off the prompt by their
beginning). A language that is not listed has the rules of Latin script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, final

Pairs: TypeAlias = "tuple[tuple[str, str], ...]"
Words: TypeAlias = Literal["spaced", "particles", "prefixed", "unspaced"]

# Every code point that is a comma by its name. The Arabic semicolon and the decimal separator are none.
_COMMAS = ",，﹐︐،､、﹑⸴"
_STRAIGHT: Pairs = (('"', '"'), ("＂", "＂"))
_CURLY: Pairs = (("“", "”"), ("〝", "〞"))
_LOW: Pairs = (("„", "“"), ("„", "”"))
_ANGLED: Pairs = (("«", "»"),)
_CORNERS: Pairs = (("「", "」"), ("『", "』"))


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


@final
@dataclass(frozen=True)
class Rules:
    """One language.

    ``words`` says how words stand: spaced apart, spaced with particles behind them (Korean), spaced with articles and
    prepositions in front (Arabic), or not spaced. ``unit`` is what "n words" counts where the prompt names no unit;
    ``as_characters`` and ``as_words`` are patterns of prompts that name one. ``letters_a_word`` bounds the letters in a
    word of an unspaced script. ``bare`` words mean yes or no by themselves and stand inside others in most texts:
    forbidden, they are so only where they stand alone. ``stems`` begin the allowed sentences of a constrained response,
    ``answers`` are they.
    """

    code: str
    name: str
    commas: str = _COMMAS
    quotes: Pairs = _STRAIGHT + _CURLY
    cased: bool = True
    words: Words = "spaced"
    unit: Literal["words", "characters"] = "words"
    as_characters: str = ""
    as_words: str = ""
    letters_a_word: tuple[float, float] = (1.0, 1.0)
    abbreviations: frozenset[str] = frozenset()
    spaces_end_sentences: bool = False
    bare: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()


_EN = Rules(
    "en",
    "English",
    abbreviations=_listed(
        "mr mrs ms dr prof st jr sr vs etc inc ltd co corp e.g i.e u.s u.k u.n d.c ph.d a.m p.m no vol fig al "
        "gen col lt sgt capt rev hon gov sen rep pres approx dept est jan feb mar apr jun jul aug sep sept oct "
        "nov dec p.s p.p.s mt ft ave blvd rd cf ed eds pp"
    ),
    stems=("My answer is",),
    answers=("My answer is yes.", "My answer is no.", "My answer is maybe."),
)
_ZH = Rules(
    "zh",
    "Chinese",
    commas="".join(sorted(set(_COMMAS) - set("、､﹑"))),  # 、 is the enumeration mark 顿号, no 逗号
    quotes=_STRAIGHT + _CURLY + _CORNERS,
    cased=False,
    words="unspaced",
    unit="characters",
    as_characters=r"\d\s*(?:多)?\s*(?:个)?(?:汉)?(?:字|字符)",
    as_words=r"\d\s*(?:多)?\s*(?:个)?\s*(?:词|单词|词语)",
    letters_a_word=(1.5, 2.1),
    bare=frozenset("是否"),
    stems=("我的答案是",),
    answers=("我的答案是是。", "我的答案是否。", "我的答案是不确定。"),
)
_AR = Rules(
    "ar",
    "Arabic",
    quotes=_STRAIGHT + _CURLY + _ANGLED,
    cased=False,
    words="prefixed",
    abbreviations=frozenset(("د", "أ", "م", "ص")),
    stems=("إجابتي هي",),
    answers=("إجابتي هي نعم.", "إجابتي هي لا.", "إجابتي هي ربما."),
)
_ES = Rules(
    "es",
    "Spanish",
    quotes=_STRAIGHT + _CURLY + _ANGLED,
    abbreviations=_listed(
        "sr sra srta sres dr dra d dña prof ej p.ej etc pág págs núm av ee.uu ud uds vs lic ing "
        "a.c d.c p.d p.p.d gral tel cía ee uu"
    ),
    stems=("Mi respuesta es",),
    answers=("Mi respuesta es sí.", "Mi respuesta es no.", "Mi respuesta es tal vez."),
)
_JA = Rules(
    "ja",
    "Japanese",
    quotes=_STRAIGHT + _CURLY + _CORNERS,
    cased=False,
    words="unspaced",
    unit="characters",
    as_characters=r"\d\s*(?:文字|字)",
    as_words=r"\d\s*(?:語|単語|ワード|個の単語)",
    letters_a_word=(1.5, 2.0),
    bare=frozenset(("はい", "いえ")),
    stems=("私の答えは",),
    answers=("私の答えははいです。", "私の答えはいいえです。", "私の答えはたぶんです。"),
)
_KO = Rules(
    "ko",
    "Korean",
    quotes=_STRAIGHT + _CURLY + _CORNERS,
    cased=False,
    words="particles",
    as_characters=r"\d\s*(?:글)?자(?![가-힣]*료)",
    as_words=r"\d\s*(?:개(?:의)?\s*)?(?:단어|낱말|어절)",
    bare=frozenset("예네응요"),
    stems=("제 대답은", "제 답변은"),
    answers=("제 대답은 예입니다.", "제 대답은 아닙니다.", "제 대답은 아마도입니다."),
)
_TH = Rules(
    "th",
    "Thai",
    cased=False,
    words="unspaced",
    as_characters=r"\d\s*(?:ตัวอักษร|อักขระ|ตัวอักขระ)",
    as_words=r"\d\s*คำ",
    letters_a_word=(2.8, 3.7),
    abbreviations=frozenset(
        ("พ.ศ", "ค.ศ", "น", "ดร", "นาย", "กม", "กก", "ซม", "ฯลฯ", "อ", "จ", "ต")
    ),
    spaces_end_sentences=True,
    bare=frozenset(("ใช่", "ไม่")),
    stems=("คำตอบของฉันคือ",),
    answers=("คำตอบของฉันคือใช่", "คำตอบของฉันคือไม่", "คำตอบของฉันคืออาจจะ"),
)
_FR = Rules(
    "fr",
    "French",
    quotes=_STRAIGHT + _CURLY + _ANGLED,
    abbreviations=_listed(
        "m mm mme mmes mlle dr pr me st ste etc p.ex ex cf av bd vol p.s p.-s p.p.s j.-c chap fig réf"
    ),
    stems=("Ma réponse est",),
    answers=("Ma réponse est oui.", "Ma réponse est non.", "Ma réponse est peut-être."),
)
_PT = Rules(
    "pt",
    "Portuguese",
    quotes=_STRAIGHT + _CURLY + _ANGLED,
    abbreviations=_listed(
        "sr sra srta srs dr dra prof profa ex p.ex etc pág págs núm av vs d.c a.c eng exmo p.s p.p.s tel"
    ),
    stems=("Minha resposta é",),
    answers=("Minha resposta é sim.", "Minha resposta é não.", "Minha resposta é talvez."),
)
_VI = Rules(
    "vi",
    "Vietnamese",
    abbreviations=frozenset(
        ("tp", "ts", "pgs", "gs", "ths", "v.v", "vd", "q", "p", "t.b", "t.t.b")
    ),
    stems=("Câu trả lời của tôi là",),
    answers=(
        "Câu trả lời của tôi là có.",
        "Câu trả lời của tôi là không.",
        "Câu trả lời của tôi là có thể.",
    ),
)
_DE = Rules(
    "de",
    "German",
    quotes=_STRAIGHT + _CURLY + _LOW + _ANGLED + (("»", "«"),),
    abbreviations=_listed("z.b d.h dr prof hr fr bzw usw ca nr bspw evtl ggf u.a str"),
)
_RU = Rules("ru", "Russian", quotes=_STRAIGHT + _CURLY + _LOW + _ANGLED)

_CASELESS = (
    ("bn", "Bengali"),
    ("fa", "Persian"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("kn", "Kannada"),
    ("mr", "Marathi"),
    ("ne", "Nepali"),
    ("pa", "Punjabi"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("ur", "Urdu"),
)
_OTHERS = tuple(
    Rules(code, name, quotes=_STRAIGHT + _CURLY + _ANGLED, cased=False) for code, name in _CASELESS
)

RULES: Mapping[str, Rules] = {
    one.code: one for one in (_EN, _ZH, _AR, _ES, _JA, _KO, _TH, _FR, _PT, _VI, _DE, _RU, *_OTHERS)
}


@lru_cache(maxsize=256)
def rules_of(language: str) -> Rules:
    """The rules of a language by its code; ``zh-CN`` and ``zh_hans`` have those of ``zh``."""
    code = language.replace("_", "-").partition("-")[0].lower()
    return RULES.get(code) or Rules(code, code)
