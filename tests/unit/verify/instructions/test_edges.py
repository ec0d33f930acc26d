"""Commas, endings, quotation marks and the language."""

import json

import pytest

from veriloop.verify.instructions.edges import (
    end_checker,
    no_comma,
    quotation,
    response_language,
)
from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.tables import rules_of


def asked(answer, language="en", **kwargs):
    return Given(answer, kwargs, rules_of(language))


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("th", "ล้าง ลมและลูก", True),
        ("th", "ก, ข", False),
        ("ar", "واحد, اثنان", False),
        ("ar", "واحد، اثنان", False),
        ("ar", "واحد؛ اثنان", True),
        ("ja", "一，二", False),
        ("ja", "一、二", False),
        ("zh", "一、二", True),
        ("zh", "一，二", False),
        ("fr", "un… deux", True),
        ("fr", "3,5", False),
        ("ko", "1,000", False),
        ("es", "uno; dos", True),
    ],
)
def test_commas(language, text, value):
    assert no_comma(asked(text, language)).value is value


def test_thai_texts_may_use_the_letter_that_the_official_script_forbids(shared_data):
    text = (shared_data("mgsm") / "th.jsonl").read_text("utf-8")
    questions = [json.loads(line)["question"] for line in text.splitlines()]
    assert sum("ล" in one for one in questions) == 240
    plain = [one for one in questions if "," not in one]
    assert len(plain) > 200
    assert all(no_comma(asked(one, "th")).value for one in plain)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Fine. Any more help?", True),
        ("Fine. ANY  MORE\nHELP?  ", True),
        ('"Fine. Any more help?"', True),
        ("Fine. **Any more help?**", True),
        ("Fine. Any more help", False),
        ("Any more help? Yes.", False),
        ("Fine. Any more help?!", False),
    ],
)
def test_endings(text, value):
    assert end_checker(asked(text, end_phrase="Any more help?")).value is value


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", '"All of it."', True),
        ("en", '"He said "go" to me."', True),
        ("en", '"One." "Two."', False),
        ("en", "'All of it.'", False),
        ("en", "“All of “it”.”", True),
        ("en", "“One.” And “two.”", False),
        ("en", "«All»", False),
        ("fr", "« Tout. »", True),
        ("es", "«Todo.»", True),
        ("ja", "「すべて。」", True),
        ("ja", "『すべて。』", True),
        ("ko", "“모두.”", True),
        ("zh", "“全部。”", True),
        ("th", "“ทั้งหมด”", True),
        ("ar", "«كل شيء»", True),
        ("en", '""', False),
        ("en", '" . "', False),
        ("en", '"', False),
        ("en", '“Half"', False),
    ],
)
def test_quotation_marks(language, text, value):
    assert quotation(asked(text, language)).value is value


@pytest.mark.parametrize(
    ("wanted", "text", "value"),
    [
        ("ko", "날씨가 좋습니다", True),
        ("hi", "आज मौसम बहुत अच्छा है और हम बाहर जाएंगे", True),
        ("mr", "आज मौसम बहुत अच्छा है और हम बाहर जाएंगे", False),
        ("kn", "ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ", True),
        ("de", "Ja, gut", None),
        ("hi", "Ji haan", False),
        ("de", "да", False),
        ("en", "Это не по-английски, а по-русски.", False),
    ],
)
def test_languages(wanted, text, value):
    found = response_language(Given(text, {"language": wanted}, rules_of("en")))
    assert found.value is value
    assert found.why
