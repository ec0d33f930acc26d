"""Words, characters, sentences and paragraphs as the languages write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.verify.instructions.counting import Amount, amount, paragraphs, sentences, words
from veriloop.verify.instructions.tables import rules_of


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "Mr. Smith of the U.S. paid 3.14 dollars at 9 a.m. on Monday. Why? Nobody knows...", 3),
        ("en", "He said \"Stop!\" and left. Then J. K. Rowling came.", 2),
        ("en", "hello there. how are you? fine.", 3),
        ("en", "# A heading\nOne. Two.\n\n1. First point\n2. Second point.", 4),
        ("en", "<<A title>>\n**Day 1:**\nWe go.\n## Really?\n**Yes.**", 3),
        ("en", "A line of verse\nthat runs on\nuntil its end.", 1),
        ("en", "Visit example.com today! Version 2.0 is out.", 2),
        ("zh", "今天下雨。我带伞了！你呢？", 3),
        ("zh", "他说：“好。”然后走了。我想了想……还是不去吧。", 2),
        ("ja", "「はい。」「そうです。」と言った。", 2),
        ("ja", "雨です。傘がありません！", 2),
        ("ko", "비가 옵니다. 우산이 없어요! 3.5킬로미터를 걸었다.어떡하죠?", 4),
        ("ar", "هل أنت بخير؟ نعم. شكرا جزيلا!", 3),
        ("th", "วันนี้ฝนตก ฉันไม่มีร่ม เธอให้ 2 บาท", 3),
        ("es", "El Sr. Díaz vive en EE. UU. desde 2010. ¿Y tú? ¡Vaya!", 3),
        ("fr", "M. Dupont est venu. Voilà !", 2),
        ("pt", "A Sra. Lima chegou. Tudo bem?", 2),
        ("vi", "TP. Hồ Chí Minh rất đông. Bạn khỏe không?", 2),
        ("hi", "यह एक वाक्य है। यह दूसरा है।", 2),
    ],
)  # fmt: skip
def test_sentences(language, text, count):
    assert len(sentences(text, rules_of(language))) == count


@pytest.mark.parametrize(
    ("language", "prompt", "text", "expected"),
    [
        ("en", "", "It's a well-known fact — really: 3 dogs.", Amount(7, 7, "words")),
        ("ar", "", "ذهب الولد إلى المدرسة", Amount(4, 4, "words")),
        ("ko", "최소 3단어", "나는 학교에 간다.", Amount(3, 3, "words")),
        ("ko", "최소 300자 이상", "나는 학교에 간다.", Amount(8, 8, "characters")),
        ("ko", "", "나는 학교에 간다.", Amount(3, 3, "words")),
        ("zh", "至少300字", "我爱 Go 语言。", Amount(7, 7, "characters")),
        ("ja", "300文字以上", "犬が好き。", Amount(5, 5, "characters")),
        ("th", "อย่างน้อย 5 ตัวอักษร", "น้ำดี", Amount(3, 3, "characters")),
        ("th", "", "สวัสดี hello", Amount(2, 2, "words")),
    ],
)
def test_amounts_in_their_unit(language, prompt, text, expected):
    assert amount(text, rules_of(language), prompt) == expected


# Texts and how many words the segmenters newmm, jieba and janome cut them into.
SEGMENTED = {
    "th": ("ฉันรักการอ่านหนังสือที่บ้านในวันหยุด แม่ของฉันชอบทำอาหารให้ทุกคนในครอบครัวกินตอนเย็น", 19),
    "zh": (
        "我喜欢在周末的时候在家里看书，我的妈妈喜欢给全家人做晚饭，然后我们一起去公园散步。",
        23,
    ),
    "ja": (
        "週末に家で本を読むのが好きです。母は毎晩、家族のために料理を作ってくれます。そのあと公園を散歩します。",
        31,
    ),
}


@pytest.mark.parametrize(
    ("language", "prompt"), [("th", ""), ("zh", "至少10个词"), ("ja", "10単語")]
)
def test_words_without_spaces_have_bounds(language, prompt):
    text, cut = SEGMENTED[language]
    found = amount(text, rules_of(language), prompt)
    assert found.low <= cut <= found.high
    assert found.low < found.high


def test_paragraphs_stand_between_blank_lines():
    assert paragraphs("\none\ntwo\n \t\n\nthree\n") == ["one\ntwo", "three"]


@given(st.lists(st.sampled_from(["One dog barked.", "Why so?", "Stop it!"]), max_size=8))
def test_as_many_sentences_as_were_put_together(parts):
    for glue in (" ", "\n", "\n\n"):
        assert sentences(glue.join(parts), rules_of("en")) is not None
        assert len(sentences(glue.join(parts), rules_of("en"))) == len(parts)


@given(st.lists(st.sampled_from(["a", "b-c", "it's", "7"]), max_size=9))
def test_as_many_words_as_were_put_together(parts):
    assert words(" , ".join(parts)) == parts
