"""Limits that include their number, in ten languages, against those that do not."""

import pytest

from veriloop.verify.instructions.limits import includes_itself

REACHED = [
    "Write at most 5 sentences.",
    "Keep it to 5 words or fewer, please.",
    "Escribe 5 frases como máximo.",
    "No más de 5 palabras.",
    "Écrivez 5 phrases au plus.",
    "Pas plus de 5 mots.",
    "Escreva no máximo 5 frases.",
    "Viết không quá 5 câu.",
    "اكتب 5 جمل على الأكثر.",
    "اكتب ما لا يزيد عن ٥ جمل.",
    "请写不超过5句话。",
    "请用5个字以内回答。",
    "5文以内で書いてください。",
    "５文字以下で書いてください。",
    "5문장 이내로 써주세요.",
    "5단어 이하로 답하세요.",
    "เขียนไม่เกิน 5 ประโยค",
]
BELOW = [
    "",
    "Write less than 5 sentences.",
    "Write fewer than 5 sentences about at most 15 kings.",
    "Escribe menos de 5 frases.",
    "Écrivez moins de 5 phrases.",
    "Escreva menos de 5 frases.",
    "Viết ít hơn 5 câu.",
    "اكتب أقل من 5 جمل.",
    "请写少于5句话。",
    "5文未満で書いてください。",
    "5문장 미만으로 써주세요.",
    "เขียนน้อยกว่า 5 ประโยค",
    "At most 5,000 words, less than 5 sentences.",
]


@pytest.mark.parametrize("prompt", REACHED)
def test_at_most_includes_the_number(prompt):
    assert includes_itself(prompt, 5)


@pytest.mark.parametrize("prompt", BELOW)
def test_less_than_does_not(prompt):
    assert not includes_itself(prompt, 5)


def test_thousands_have_commas():
    assert includes_itself("At most 5,000 words.", 5000)
