"""Numbers that are denied, in ten languages, and what stands instead; what only looks like a denial."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.pmmeval.denials import corrected, denied, instead, stated
from veriloop.bench.pmmeval.numbers import NO_NUMBER, judge_number
from veriloop.bench.pmmeval.tasks import LANGUAGES
from veriloop.records import Problem

BUT = {
    "en": ("The answer is not 20 but 18.", "The answer isn't 20, it's 18.", "It is 18, not 20."),
    "zh": ("答案不是20而是18。", "答案不是20元，而是18元", "答案是18，不是20。"),
    "ar": ("الجواب ليس 20 بل 18.", "الجواب هو ليس 20 بل 18", "هذا 18 وليس 20."),
    "es": ("La respuesta no es 20 sino 18.", "La respuesta es no 20, sino 18", "Son 18, no 20."),
    "ja": ("答えは20ではなく18です。", "20個ではなく、18個です", "これは18であり、20ではない。"),
    "ko": ("답은 20이 아니라 18입니다.", "20개가 아니라 18개입니다", "18입니다. 20이 아닙니다."),
    "th": ("คำตอบไม่ใช่ 20 แต่เป็น 18", "คำตอบคือ ไม่ใช่ 20 แต่คือ 18", "ได้ 18 ไม่ใช่ 20"),
    "fr": ("La réponse est non pas 20 mais 18", "Ce n'est pas 20, c'est 18", "C'est 18, pas 20"),
    "pt": ("A resposta não é 20, mas 18.", "Não são 20, e sim 18.", "São 18, e não 20."),
    "vi": ("Đáp án là không phải 20 mà là 18", "Không phải 20 mà là 18", "Là 18, không phải 20."),
}
ALONE = {
    "en": "The answer is not 20.",
    "zh": "答案不是20",
    "ar": "الجواب ليس 20",
    "es": "La respuesta no es 20.",
    "ja": "答えは20ではない。",
    "ko": "답은 20이 아닙니다.",
    "th": "คำตอบไม่ใช่ 20",
    "fr": "La réponse n'est pas 20.",
    "pt": "A resposta não é 20.",
    "vi": "Câu trả lời không phải là 20.",
}


def read(answer, language="en"):
    problem = Problem("pmmeval/mgsm", "q", "18", language=language)
    return judge_number(problem, answer, "fixed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_denied_number_is_none_and_the_one_instead_is_read(language):
    assert [read(answer, language).extracted for answer in BUT[language]] == ["18"] * 3
    only = read(ALONE[language], language)
    assert (only.extracted, only.reason) == (None, NO_NUMBER)
    both = f"{BUT['en'][0]} {ALONE[language]}".replace("20", "30")
    assert read(both, language).extracted == "18"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("The answer is 18.\nThe answer is not 20.", "18"),
        ("The answer is **not $20** but **$18**", "18"),
        ("The answer is 20, no wait, 18.", "18"),
        ("The answer is 18 instead of 20.", "18"),
        ("20 is wrong, so 18", "18"),
        ("2 * 10 = 20 is wrong, 18", "18"),
        ("The answer is 18. No, 20 is too many.", "18"),
        ("The answer is 18. Sorry, 3 is odd.", "18"),
        ("The answer is 18, but 2 of these are broken.", "18"),
        ("The answer is 18, which is not 20% of 100.", "18"),
        ("He did not buy all. The answer is 18", "18"),
        ("20 are not red", "20"),
        ("no more than 18", "18"),
        ("not only 18", "18"),
    ],
)
def test_what_a_denial_reaches(answer, value):
    assert read(answer).extracted == value


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("zh", "他有20题是错的"),
        ("zh", "是不是20？"),
        ("ko", "그는 20개 틀렸습니다"),
        ("ja", "彼は20問間違いました"),
        ("th", "เขาทำผิด 20 ข้อ"),
        ("vi", "Anh ấy làm sai 20 câu"),
        ("es", "Hay 20 que no son rojas"),
        ("ar", "إلا 20"),
        ("fr", "Il reste 20, pas plus"),
    ],
)
def test_twenty_wrong_ones_are_twenty(language, answer):
    at = answer.index("20")
    assert not denied(answer, (at, at + 2), language)
    assert read(answer, language).extracted == "20"


def test_what_stands_instead_follows_closely():
    text = "not 20 because 5 were eaten"
    assert denied(text, (4, 6), "en")
    assert instead(text, 6, "en") is None
    text = "20, no wait, 18 eggs."
    assert text[corrected(text, 2, "en") :] == "18 eggs."
    assert corrected("20. ", 2, "en") is None
    assert stated(text, 15)
    assert not stated("18 is too many", 2)


@given(st.text(max_size=80), st.integers(0, 80), st.sampled_from(list(LANGUAGES)))
def test_any_text_is_looked_at(text, at, language):
    end = min(at, len(text))
    assert denied(text, (max(end - 1, 0), end), language) in (True, False)
    for found in (instead(text, end, language), corrected(text, end, language)):
        assert found is None or end <= found <= len(text)
