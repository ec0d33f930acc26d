"""What is said around a letter, in ten languages: rejected, announced, corrected, or none of these."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.pmmeval.letter_reading import extract_letter
from veriloop.bench.pmmeval.rejections import (
    announced,
    correction,
    exemplified,
    rejected,
    rejected_after,
    stated,
    supposed,
    taken_back,
)
from veriloop.bench.pmmeval.tasks import LANGUAGES

DATA = Path(__file__).resolve().parents[3] / "data" / "pmmeval_answers"


def around(text, letter="A"):
    at = text.rindex(letter)
    return text, (at, at + 1)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Option A cannot be right."),
        ("en", "So we rule out answer A."),
        ("en", "It isn't A."),
        ("es", "La A no es correcta."),
        ("fr", "La proposition A n'est pas exacte."),
        ("pt", "A letra A não é a certa."),
        ("zh", "不选A。"),
        ("ja", "Aではありません。"),
        ("ko", "A는 아닙니다."),
        ("ar", "ليس A"),
        ("th", "ไม่ใช่ข้อ A"),
        ("vi", "không phải phương án A."),
        ("zh", "Option A is wrong."),
    ],
)
def test_rejected(language, text):
    assert rejected(*around(text), language)
    assert not announced(*around(text), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I choose A, since B is wrong."),
        ("en", "I choose A since the others are wrong."),
        ("en", "That is not true, so A."),
        ("es", "Elijo A porque las otras no son correctas."),
        ("fr", "C'est A car les autres sont fausses."),
        ("pt", "É A pois as outras são falsas."),
        ("zh", "选A因为其他选项错误。"),
        ("ja", "Aが正解で他は間違いです。"),
        ("ko", "A입니다. 나머지는 틀렸습니다."),
        ("ar", "هو A لأن الباقي خاطئ."),
        ("th", "ข้อ A เพราะข้ออื่นผิด"),
        ("vi", "Chọn A vì các phương án khác sai."),
    ],
)
def test_what_is_said_of_others_rejects_nothing(language, text):
    assert not rejected(*around(text), language)


def test_before_a_letter_that_was_led_in_is_another_thought():
    text, span = around("It is not B; not A")
    assert rejected(text, span, "en")
    assert not rejected_after(text, span[1], "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_recorded_answers_that_are_announced_and_corrected(language):
    rows = map(json.loads, (DATA / "letters.jsonl").read_text(encoding="utf-8").splitlines())
    own = [r["answer"] for r in rows if r["language"] == language]
    assert any(announced(*around(a), language) for a in own if "A" in a)
    fixes = [correction(a, m.end(), language) for a in own for m in re.finditer("A", a)]
    assert any(found and found[1] for found in fixes)


def test_a_correction_is_sure_or_may_be_a_remark():
    text = "A, no wait, B. A, actually B is"
    at, sure = correction(text, 1, "en")
    assert (text[at], sure, stated(text, at + 1)) == ("B", True, True)
    at, sure = correction(text, 16, "en")
    assert (text[at], sure, stated(text, at + 1)) == ("B", False, False)
    assert correction("A and B", 1, "en") is None


def test_a_letter_is_taken_back_that_is_rejected_or_announced():
    for text, gone in (("Option A is wrong.", True), ("Option A says", True), ("I take A.", False)):
        assert taken_back(*around(text), "en") is gone


def test_after_a_bracket_stands_an_option_and_no_rejection():
    assert not rejected_after("(B) the claim is not supported", 2, "en")
    assert not rejected_after("B）他不是医生", 1, "zh")
    assert rejected_after("(B) is not supported", 2, "en")


@given(st.text(max_size=80), st.integers(0, 79), st.sampled_from(list(LANGUAGES)))
def test_any_text_is_looked_at(text, at, language):
    span = (min(at, len(text)), min(at + 1, len(text)))
    for asked in (rejected, announced):
        assert asked(text, span, language) in (True, False)


SUPPOSED = {
    "en": ("Suppose the answer is ", "Some say the answer is ", "I think the answer is "),
    "zh": ("假设答案是", "如果答案是", "所以答案是"),
    "ar": ("لنفترض أن الجواب هو ", "إذا كان الجواب هو ", "أعتقد أن الجواب هو "),
    "es": ("Supongamos que la respuesta es ", "Si la respuesta es ", "Así, la respuesta es "),
    "ja": ("もし答えは", "仮に正しい答えは", "よって答えは"),
    "ko": ("만약 정답은 ", "만일 정답은 ", "따라서 정답은 "),
    "th": ("ถ้าคำตอบคือ ", "สมมติว่าคำตอบคือ ", "ดังนั้นคำตอบคือ "),
    "fr": ("Supposons que la réponse est ", "Si la réponse est ", "Ainsi la réponse est "),
    "pt": ("Se a resposta é ", "Suponha que a resposta é ", "Conclui-se que a resposta é "),
    "vi": ("Giả sử câu trả lời là ", "Nếu câu trả lời là ", "Vậy câu trả lời là "),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lead_in_that_is_only_supposed_states_nothing(language):
    one, other, sure = SUPPOSED[language]
    assert supposed(f"{one}A. B", len(one), language)
    assert extract_letter(f"{other}A. ", language).value is None
    assert not supposed(sure, len(sure), language)
    assert extract_letter(f"{sure}A.", language).value == "A"
    assert extract_letter(f"{sure}C.\n{one}A: no.", language).value == "C"


EXAMPLE = {
    "en": ("For example, ", "As in the example: "),
    "zh": ("例如：", "按照示例："),
    "ar": ("على سبيل المثال: ", "كما في المثال: "),
    "es": ("Por ejemplo: ", "Como en el ejemplo: "),
    "ja": ("例：", "次の例: "),
    "ko": ("예시: ", "위 예시: "),
    "th": ("ตัวอย่างเช่น ", "คำตอบ: "),
    "fr": ("Par exemple : ", "Comme l'exemple : "),
    "pt": ("Por exemplo: ", "Como o exemplo: "),
    "vi": ("Ví dụ: ", "Trả lời: "),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ['{{"answer": "{}"}}', "```json\n{{'answer': '{}'}}\n```"])
def test_an_object_of_json_that_is_an_example_does_not_win_over_the_answer(language, form):
    one, other = EXAMPLE[language]
    answer, shown = form.format("C"), form.format("A")
    for text in (f"{answer}\n{one}{shown}", f"{one}{shown}\n{answer}"):
        assert extract_letter(text, language).value == "C"
    said = f"The answer is C.\n{one}{shown}"
    assert extract_letter(said, language).value == "C"
    assert exemplified(said, said.rindex("A"), language)
    assert extract_letter(f"{shown}\n{other}{answer}", language).value == "C"
    assert extract_letter(f"{one}{answer}", language).value == "C"  # nothing else is there
