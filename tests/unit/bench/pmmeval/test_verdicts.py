"""Short verdicts in ten languages: what is chosen, and what only looks so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.pmmeval.letter_reading import extract_letter
from veriloop.bench.pmmeval.tasks import LANGUAGES
from veriloop.bench.pmmeval.verdicts import called_right, chosen

CHOSEN = {
    "en": ("It's C.", "Not A but C", "C because A is wrong", "I choose C since A and B are wrong."),
    "zh": ("选C，因为A不正确", "不选A，选C", "不是A，是C", "C，因为A不正确"),
    "ar": ("ليس A بل C", "أختار C لأن A خاطئ", "الخيار C لأن A خاطئ", "هو C"),
    "es": ("Es la C", "Es la C, porque la A es incorrecta", "No es la A sino la C", "Elijo la C."),
    "ja": ("AではなくCです", "Cを選びます。Aは間違いです。", "Cです。", "答えとしてはCです"),
    "ko": ("A가 아니라 C입니다", "C입니다. A는 틀렸습니다.", "C를 선택합니다.", "저는 C예요"),
    "th": ("ไม่ใช่ A แต่เป็น C", "ตอบ C เพราะ A ผิด", "เลือกข้อ C", "คือ C"),
    "fr": ("C'est la C", "C'est la C, car A est fausse", "Ce n'est pas A mais C", "Je choisis C."),
    "pt": ("É a C", "É a C. A opção A está errada.", "Não é a A, mas a C", "Escolho a C."),
    "vi": ("Chọn C vì A sai", "Không phải A mà là C", "Đáp án C vì A sai", "Là C."),
}
OPEN = {
    "en": ("It's not C.", "It's A or C.", "If it's C, A is wrong.", "I choose C. Then again, B."),
    "zh": ("不能选C。", "选A或C。", "如果选C，那么A不正确", "选C。不过B也对。"),
    "ar": ("ليس هو C", "أختار A أو C", "إذا كان هو C، فإن A خاطئ", "ليس الخيار C."),
    "es": ("No es la C", "Es la A o la C", "Si es la C, A es falsa", "Es la A, la B y la C"),
    "ja": ("Cではありません", "AまたはCです。", "Cですか？Aですか？", "もしCならA"),
    "ko": ("C가 아닙니다", "A 또는 C입니다. B입니다.", "만약 C이면 A", "A와 B"),
    "th": ("ไม่ใช่ C", "คือ A หรือ C", "ถ้าเลือก C, A ผิด", "ไม่เลือก C"),
    "fr": (
        "Ce n'est pas la C",
        "C'est la A ou la C",
        "Si c'est la C, A est fausse",
        "C'est la vie",
    ),
    "pt": ("Não é a C", "É a A ou a C", "Se é a C, a A é falsa", "A menina é a mais alta"),
    "vi": ("Không phải là C", "Là A hoặc C", "Nếu là C thì A sai", "Không chọn C"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_verdict_is_read(language):
    for answer in CHOSEN[language]:
        assert [*chosen(answer, language)] == ["C"], answer
        assert extract_letter(answer, language).value == "C", answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_rejected_supposed_or_open_is_not_chosen(language):
    for answer in OPEN[language]:
        assert len(chosen(answer, language)) != 1, answer
        assert extract_letter(answer, language).value is None, answer


@pytest.mark.parametrize(
    "answer",
    [
        "A is wrong. B: he goes home.",
        "Option A says so. Option B does not. But wait",
        "The vitamin is C in oranges, and A in carrots",
        "The choices are A, B, C and D.",
        "Is it C?",
        "I think A is tempting, but C.",
        "Some say it is B, others that it is C.",
    ],
)
def test_letters_that_nobody_chose(answer):
    assert chosen(answer, "en") == {}


def test_another_letter_keeps_the_choice_open_unless_it_is_rejected():
    assert chosen("I choose C. Both A and B are wrong.", "en") == {"C": (9, 10)}
    assert chosen("I choose C. A is better.", "en") == {}
    assert chosen("I choose A. No, I choose C.", "en") == {"A": (9, 10), "C": (25, 26)}


def test_called_right_holds_each_letter_that_is():
    assert called_right("A is correct. B is the best.", "en") == {"A": (0, 1), "B": (14, 15)}
    assert called_right("I do not think that C is correct.", "en") == {}


@given(st.text(alphabet="ABC选是，。isbut la'C因为", max_size=50), st.sampled_from(list(LANGUAGES)))
def test_what_is_chosen_stands_there(text, language):
    for letter, span in chosen(text, language).items():
        assert text[slice(*span)] == letter
