r"""What an answer says around a letter that takes it back: rejected ("option A is wrong", "we can eliminate C"), merely
announced ("option A says", "let us consider B"), corrected ("A, no wait, B"), or an example of the form ("e.g. {...").

The ten languages, and English in each of them. Only the clause around a letter is looked at, and of it no more than a
few words: a reader that must not take a wrong letter for an answer may leave one unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from veriloop.bench.pmmeval.phrases import spoken

LATIN = r"A-Za-z0-9\u00c0-\u024f\u1e00-\u1eff\u0370-\u04ff"
_END = re.compile(rf"[.!?,;:\n。！？，、；：،؛؟—]|(?<![{LATIN}'’])[A-D](?![{LATIN}])")
_CLOSERS = re.compile(r"[\s)\]*_`\"'“”’」』]{0,6}(?:[:：]\s?|,\s?(?:however|though),\s?)?")
_MARKS = r"[\s(\[*_`\"'“‘「『]{0,6}\Z"
_NEAR = 56  # characters on either side
_OTHER = r"(?!\s?(?:option |choice |选项|选)?[A-D](?![A-Za-z]))"  # "B, not A" and "不是A" say nothing against B


_ARTICLE = r"(?:(?:the|an?|la|una?|une|uma?)\s)?"


def _after(stops: str, words: str) -> str:
    """At most four words that begin no other thought, then one that rejects."""
    return rf"\s?(?:(?!(?:{stops})(?!\w))[^\sA-Z]\S*\s+){{0,4}}?{_ARTICLE}(?:{words})(?!\w){_OTHER}"


def _close(stops: str, words: str, most: int) -> str:
    """The same in scripts that part words by nothing or glue endings to them."""
    return rf"(?:(?!{stops}).){{0,{most}}}?(?:{words}){_OTHER}"


def _before(words: str, stops: str = "so|but") -> str:
    return rf"(?:{words})(?!\w)(?:\s+(?!(?:{stops})\b)\S+){{0,4}}{_MARKS}"


_REJECTED_AFTER: Mapping[str, str] = {
    "en": _after(
        "which|that|because|since|as|so|while|whereas|over|instead|others?|rest|all|and|for|if|than|not|"
        "the|an?|he|she|they|this|there|you|we|his|her|its|their|people|[-–]",
        r"wrong|incorrect|false|untrue|invalid|eliminated|ruled out|excluded|discarded|dismissed|rejected|implausible|"
        r"unlikely|out|(?:is|was|does|do|can|could|would|must) ?not(?! only)|"
        r"(?:is|was|does|do|ca|could|would|wo)n['’]t|"
        r"fails|contradicts",
    ),
    "es": _after(
        "porque|ya|pues|y|puesto|que|si|las|los|mientras|el|la|él|ella|una?|[-–]",
        "incorrect[ao]|fals[ao]|err[óo]ne[ao]|equivocad[ao]|descartad[ao]|se descarta|eliminad[ao]|"
        "no (?:es|puede|parece|coincide|corresponde|está|sirve|se)",
    ),
    "fr": _after(
        "car|parce|puisque|et|que|les|si|tandis|le|la|ils?|elles?|une?|on|[-–]",
        "incorrecte?|fausse|faux|erronée?|éliminée?|à éliminer|à exclure|exclue?|écartée?|mauvaise|"
        "n['’](?:est|a) pas|ne (?:peut|correspond|convient|semble|dit)",
    ),
    "pt": _after(
        "porque|pois|já|e|que|as|os|se|enquanto|o|a|eles?|elas?|uma?|[-–]",
        "incorret[ao]|errad[ao]|fals[ao]|eliminad[ao]|descartad[ao]|não (?:é|pode|está|parece|corresponde|serve)",
    ),
    "zh": _close(
        "因为|其他|其它|其余|而|所以|才",
        "错误|错的|错了|是错|不正确|不对|不是|不符|不成立|不合|并非|排除|不能选|不选|不准确|不可能|不恰当|矛盾",
        8,
    ),
    "ja": _close(
        "ため|ので|から|以外|他|残り",
        "間違|誤り|誤って|誤答|不正解|不適切|正しくな|ではな|ではあり|じゃな|でない|違い|違う|違って|除外|除く|ありえな|"
        "当てはまらな|矛盾",
        12,
    ),
    "ko": _close(
        "나머지|다른|때문|므로",
        "틀린|틀렸|틀리|틀립|아니|아닙|아닌|제외|잘못|오답|옳지|맞지|거짓|배제",
        10,
    ),
    "ar": _after(
        "لأن|لأنه|لأنها|حيث|بينما|والباقي|أما",
        "خاطئة?|خطأ|غير (?:صحيحة?|صائبة?|مناسبة?)|ليست?|مستبعدة?|لا (?:يمكن|يصح|تصح)|[يت]ستبعد|باطلة?",
    ),
    "th": _close(
        "เพราะ|เนื่องจาก|ส่วน|อื่น", "ผิด|ไม่ถูก|ไม่ใช่|ตัดออก|ตัดทิ้ง|ถูกตัด|ไม่สอดคล้อง|ไม่เป็นจริง|ไม่จริง", 12
    ),
    "vi": _after(
        "vì|do|bởi|chứ|còn|các|những|và|nên|anh|cô|họ|nó|người|[-–]",
        "sai|không (?:đúng|phải|chính xác|phù hợp|thể|hợp)|bị loại|loại (?:bỏ|trừ)",
    ),
}
_REJECTED_BEFORE: Mapping[str, str] = {
    "en": _before(
        r"(?:\b(?:eliminat\w+|rul(?:e|es|ed|ing) out|exclud\w+|discard\w*|dismiss\w*|reject\w*|not|cannot|neither|nor|"
        r"never|cross(?:ed|ing)? out|wrong|incorrect|except|other than|besides|unlike|instead of|rather than)|n['’]t)",
        "so|but|choose|pick|select|therefore|thus|hence",
    ),
    "es": _before(r"\b(?:descart\w+|elimin\w+|exclu\w+|no|ni|incorrect[ao]s?|fals[ao]s?|excepto)"),
    "fr": _before(r"\b(?:élimin\w+|exclu\w+|écart\w+|rejet\w+|pas|ni|sauf|fausses?|incorrectes?)"),
    "pt": _before(r"\b(?:descart\w+|elimin\w+|exclu\w+|não|nem|incorret[ao]s?|errad[ao]s?|exceto)"),
    "zh": rf"(?:排除|不选|不是|并非|不能选|去掉|不会是|错误的|否定|除了).{{0,8}}{_MARKS}",
    "ja": rf"(?:誤り|間違い|不正解|不適切|除外)(?:は|が|な|の|する).{{0,8}}{_MARKS}",
    "ko": rf"(?:제외|틀린|오답|잘못된).{{0,10}}{_MARKS}",
    "ar": _before("استبعاد|[نأي]?ستبعد|استبعدنا|ليست?|لا يمكن|حذف|الخاطئة?|الخطأ|عدا"),
    "th": rf"(?:ตัด|ไม่ใช่|ไม่เลือก|ยกเว้น|ผิดคือ).{{0,14}}{_MARKS}",
    "vi": _before(r"\b(?:loại|không phải|không chọn|không thể|ngoại trừ|sai)", "nên|mà|chọn"),
}
_ANNOUNCED_AFTER: Mapping[str, str] = {
    "en": r"\s?(?:says?|said|states|claims|suggests|describes|mentions|talks|refers|reads|implies|argues|proposes|"
    r"means|discusses|is about|would mean|might|may|could)\b",
    "es": r"\s?(?:dice|afirma|sugiere|describe|menciona|habla|indica|plantea|señala|podría)\b",
    "fr": r"\s?(?:dit|affirme|suggère|décrit|mentionne|parle|indique|évoque|pourrait)\b",
    "pt": r"\s?(?:diz|afirma|sugere|descreve|menciona|fala|indica|aponta|poderia)\b",
    "zh": r".{0,2}?(?:说|指出|提到|认为|描述|表示|讲|声称|可能)",
    "ja": r"(?:を(?:検討|考え|見|分析)|について|から(?:見|考|検討|始)|によ[るれ]|"
    r"は.{0,20}?(?:と述べ|と言|とい|とあ|について|かもし))",
    "ko": r"(?:을|를)?\s?(?:살펴|검토|고려|보면|보겠|분석|부터)|"
    r"(?:은|는).{0,20}?(?:라고|말하|말한|설명|주장|에 대해|수도)",
    "ar": r"\s?(?:[يت]قول|[يت]ذكر|[يت]نص|[يت]شير|[يت]صف|[يت]تحدث|قد)(?!\w)",
    "th": r".{0,3}?(?:กล่าว|บอก|ระบุ|พูด|อธิบาย|หมายถึง|อาจ)",
    "vi": r"\s?(?:nói|cho rằng|cho biết|mô tả|đề cập|khẳng định|nêu|có thể)(?!\w)",
}
_ANNOUNCED_BEFORE: Mapping[str, str] = {
    "en": r"\b(?:consider(?:ing)?|look(?:ing)? (?:at|into)|examin\w+|evaluat\w+|analy[sz]\w+|(?:start|begin)\w* with|"
    r"check(?:ing)?|assess\w*|whether|if|suppose|regarding|as for|turning to|review\w*|what about|compar\w+)"
    rf"(?:\s+(?:the|now|first|then|answer|option|choice|letter|statement)){{0,3}}{_MARKS}",
    "es": _before(
        r"\b(?:consider\w+|veamos|analic\w+|analizar|examin\w+|miremos|empe\w+ (?:con|por)|si)"
    ),
    "fr": _before(r"\b(?:considér\w+|examin\w+|regard\w+|analys\w+|voyons|commen\w+ par|si)"),
    "pt": _before(r"\b(?:consider\w+|vejamos|analis\w+|examin\w+|come\w+ (?:com|por|pela)|se)"),
    "zh": rf"(?:考虑|分析|看|检查|考察|如果|比较).{{0,4}}{_MARKS}",
    "ja": rf"(?:まず|次に|もし).{{0,6}}{_MARKS}",
    "ko": rf"(?:먼저|우선|다음으로|만약).{{0,6}}{_MARKS}",
    "ar": _before("لننظر|لنأخذ|دعنا|لنفحص|نبدأ|لنبدأ|ننظر|لندرس|لنحلل|إذا"),
    "th": rf"(?:พิจารณา|ดู|วิเคราะห์|เริ่มจาก|เริ่มที่|ถ้า|หาก).{{0,10}}{_MARKS}",
    "vi": _before(r"\b(?:xem|xét|phân tích|bắt đầu (?:với|từ)|nếu)", "chọn"),
}
_STRONG: Mapping[str, str] = {
    "en": r"no,?\s+wait|wait(?=[,.!…—-])|no(?=,)|scratch that|correction|sorry|I meant?|or rather",
    "es": r"no,?\s+espera|espera(?=,)|perdón|mejor dicho|corrijo|quiero decir|no(?=,)",
    "fr": r"non,?\s+attend(?:s|ez)|attend(?:s|ez)|pardon|ou plutôt|je veux dire|non(?=,)",
    "pt": r"não,?\s+esper[ae]|esper[ae](?=,)|aliás|ou melhor|quero dizer|desculpe?|não(?=,)",
    "zh": r"不对|等等|等一下|不(?=,|，)|更正|我是说|抱歉",
    "ja": r"いや|違う|違います|待って|ではなく|じゃなく|訂正|失礼",
    "ko": r"아니다|아니요|아니(?=,|\s)|잠깐|(?:가|이)\s?아니라|정정|죄송",
    "ar": r"لا(?=،|,|\sانتظر)(?:[،,]?\sانتظر)?|بل|عفوا|عفوًا|انتظر|عذرا|أقصد",
    "th": r"ไม่สิ|ไม่ใช่|เดี๋ยว|ขอแก้|ขอโทษ",
    "vi": r"à không|không(?=,)|đợi đã|khoan(?: đã)?|xin lỗi|nhầm|ý tôi là",
}
_WEAK: Mapping[str, str] = {
    "en": r"actually|rather", "es": r"en realidad|más bien", "fr": r"en fait|plutôt", "pt": r"na verdade",
    "zh": r"其实(?:应该)?是|应该是", "ja": r"やっぱり|やはり", "ko": r"사실(?:은)?", "ar": r"في الواقع",
    "th": r"จริง\s?ๆ แล้ว", "vi": r"thực ra",
}  # fmt: skip
_SUPPOSED: Mapping[str, str] = {
    "en": r"\b(?:assum(?:e|ing)|suppos(?:e|ing)|if|whether|(?:might|may|could|would) (?:think|say|guess|assume|argue)|"
    r"(?:some|people|others) (?:say|think|argue|believe))(?:\s+\S+){1,4}",
    "es": r"\b(?:supon\w+|asum\w+|imagin\w+|si)(?:\s+\S+){1,5}",
    "fr": r"\b(?:suppos\w+|imagin\w+|si)(?:\s+\S+){1,5}",
    "pt": r"(?<![-\w])(?:supon\w+|assum\w+|imagin\w+|se|caso)(?:\s+\S+){1,4}",
    "zh": r"(?:如果|假如|假设|假定|倘若|若).{1,10}", "ja": r"(?:もし|仮に).{1,12}",
    "ko": r"(?:만약|만일|가정).{1,12}", "ar": r"(?:إذا|لو|لنفترض|نفترض|افترض\w*|بافتراض)(?:\s+\S+){1,5}",
    "th": r"(?:ถ้า|หาก|สมมติ|สมมุติ).{1,24}", "vi": r"(?<!\w)(?:nếu|giả sử|giả định)(?:\s+\S+){1,7}",
}  # fmt: skip
_EXAMPLE: Mapping[str, str] = {
    "en": r"for example|for instance|e\.g\.|(?<!the )(?<!this )(?<!\babove )\b(?:an )?(?:example|sample)",
    "es": r"por ejemplo|p\. ?ej\.|(?<!el )(?<!este )\bejemplo",
    "fr": r"par exemple|p\. ?ex\.|(?<!l['’])(?<!cet )\bexemple",
    "pt": r"por exemplo|p\. ?ex\.|(?<!\bo )(?<!este )\bexemplo",
    "zh": r"例如|比如|譬如|举例(?:来说)?|(?<!按照)(?<!根据)(?<!参照)(?:示例|样例)",
    "ja": r"例えば|たとえば|(?<![一-龠の])例",
    "ko": r"예를 들(?:어|면)|예컨대|(?<!위 )예시|(?<![가-힣])예(?=\s?[:：])",
    "ar": r"على سبيل المثال|مثلا|مثلاً|(?<!ال)مثال",
    "th": r"ตัวอย่าง(?:เช่น)?|เช่น", "vi": r"ví dụ|chẳng hạn(?: như)?",
}  # fmt: skip
_SMALL = r"a-z\u00df-\u00ff\u1ea0-\u1eff\u0621-\u064a"
_MARKS_OPTION = (*")）]:：」』”",)
_DIRECT = re.compile(
    r".[\s*_]{0,3}(?:(?:is|was|cannot|can['’]t|isn['’]t|es|está|no|est|n['’]est|é|não|không|là|sai|ليست?|غير|خاطئة?)\b|"
    r"[はが是不错]|[은는가이]\s|ผิด|ไม่)"
)
"""After a bracket the option's own text may follow: only what is said of the letter itself can reject it."""
_COPULA = r"(?:です|だ|である|입니다|이다|이에요|예요|ครับ|ค่ะ)?"
_STATED = re.compile(rf"[\s)\]*_\"'”’」』]{{0,4}}{_COPULA}(?:\s?instead)?\s?(?:[.!,。！，،]|\n|\Z)")


def rejected(text: str, span: tuple[int, int], language: str) -> bool:
    """Does the clause around the letter or option at ``span`` reject it?

    >>> rejected("Option A is clearly wrong.", (7, 8), "en"), rejected("A, since B is wrong", (0, 1), "en")
    (True, False)
    """
    return rejected_after(text, span[1], language) or _said_before(
        text, span[0], language, "reject"
    )


def rejected_after(text: str, end: int, language: str) -> bool:
    """Does what follows the letter that ends at ``end`` reject it? What stands before a lead-in is another thought."""
    marked = text[end : end + 1] in _MARKS_OPTION
    return (not marked or _DIRECT.match(text, end) is not None) and _said_after(
        text, end, language, "reject"
    )


def announced(text: str, span: tuple[int, int], language: str) -> bool:
    """Is the letter at ``span`` only what comes up next?

    >>> announced("Let us see. Option A says", (19, 20), "en")
    True
    """
    return _said_after(text, span[1], language, "announce") or _said_before(
        text, span[0], language, "announce"
    )


def supposed(text: str, end: int, language: str) -> bool:
    """Is the lead-in that ends at ``end`` no more than a thought: "suppose the answer is"?

    >>> supposed("Suppose the answer is A.", 21, "en"), supposed("I think the answer is A.", 21, "en")
    (True, False)
    """
    clause = _END.split(text[max(0, end - _NEAR) : end])[-1]
    return _suppositions(language).search(clause.lower()) is not None


def exemplified(text: str, end: int, language: str) -> bool:
    """Is the object of JSON whose key ends at ``end`` an example of the form?

    >>> exemplified('{"answer": "C"}. Example: {"answer": "A"}', 37, "en"), exemplified('{"answer": "C"}', 10, "en")
    (True, False)
    """
    near = text[max(0, end - _NEAR) : end]
    return "{" in near and _examples(language).search(near) is not None


def taken_back(text: str, span: tuple[int, int], language: str) -> bool:
    """Is the letter at ``span`` rejected, announced or supposed?"""
    return (
        _said_after(text, span[1], language, "either")
        or _said_before(text, span[0], language, "either")
        or supposed(text, span[0], language)
    )


def correction(text: str, end: int, language: str) -> tuple[int, bool] | None:
    """(where the correction of a letter that ends at ``end`` goes on, whether it surely takes that letter back)."""
    found = _corrections(language).match(text, end)
    return None if found is None else (found.end(), found["strong"] is not None)


def stated(text: str, end: int) -> bool:
    """Does nothing but the end of a clause follow?"""
    return _STATED.match(text, end) is not None


def _said_after(text: str, end: int, language: str, what: str) -> bool:
    begin = _CLOSERS.match(text, end).end()  # type: ignore[union-attr]
    stop = _END.search(text, begin, begin + _NEAR)
    after, _ = _patterns(language, what)
    return after.match(text, begin, stop.end() if stop else begin + _NEAR) is not None


def _said_before(text: str, begin: int, language: str, what: str) -> bool:
    clause = _END.split(text[max(0, begin - _NEAR) : begin])[-1]
    if clause.isspace() or not clause:
        return False
    _, before = _patterns(language, what)
    return before.search(clause.lower()) is not None


@cache
def _patterns(language: str, what: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is said after a letter, and before it: to "reject" it, to "announce" it, or "either"."""
    kinds = {
        "reject": (_REJECTED_AFTER, _REJECTED_BEFORE),
        "announce": (_ANNOUNCED_AFTER, _ANNOUNCED_BEFORE),
    }
    chosen = kinds.values() if what == "either" else (kinds[what],)
    codes = spoken(language)
    after, before = (
        "|".join(f"(?:{kind[side][c]})" for kind in chosen for c in codes) for side in (0, 1)
    )
    return re.compile(after), re.compile(before)


@cache
def _suppositions(language: str) -> re.Pattern[str]:
    said = "|".join(_SUPPOSED[c] for c in spoken(language))
    return re.compile(rf"(?:{said})\s*\Z")


@cache
def _examples(language: str) -> re.Pattern[str]:
    said = "|".join(_EXAMPLE[c] for c in spoken(language))
    return re.compile(
        rf"(?:{said})(?:\s(?:output|answer|response|json|object|format|of the format|only|is|would be|could be)){{0,3}}"
        r"[\s:,،，：`*(（\"'“-]{0,12}(?:json)?[\s`]{0,3}\{[^{}]{0,24}\Z",
        re.IGNORECASE,
    )


@cache
def _corrections(language: str) -> re.Pattern[str]:
    codes = spoken(language)
    strong, weak = ("|".join(kind[c] for c in codes) for kind in (_STRONG, _WEAK))
    return re.compile(
        rf"[)\]*_\"'”’」』]{{0,3}}(?:\s?\([^()\n]{{1,60}}\))?{_COPULA}[\s.,،，、。;…!?—–-]{{0,8}}"
        rf"(?:(?P<strong>{strong})|(?:{weak}))(?-i:(?![{_SMALL}]))[\s.,،，、。;:…!—–-]{{0,6}}"
        rf"(?:I (?:think|believe|meant?)\s)?(?:(?:it is|it['’]s|es|est|é|là|คือ|هو|应该是|是)\s?(?-i:(?![{_SMALL}])))?",
        re.IGNORECASE,
    )
