"""Tables of languages: each of P-MMEval has what the checks read, and commas are what Unicode calls so."""

import unicodedata

import pytest

from veriloop.verify.instructions.tables import RULES, rules_of

TEN = ("en", "zh", "ar", "es", "ja", "ko", "th", "fr", "pt", "vi")
# The codes of ``language:response_language`` in IFEval.
ASKED = ["ar", "bg", "bn", "de", "fa", "fi", "gu", "hi", "it", "kn", "ko", "mr", "ne", "pa", "pt"]
ASKED += ["ru", "sw", "ta", "te", "th", "ur", "vi"]


@pytest.mark.parametrize("code", TEN)
def test_each_of_the_ten_has_three_sentences_that_begin_as_it_says(code):
    rules = RULES[code]
    assert len(set(rules.answers)) == 3
    assert all(one.startswith(rules.stems) for one in rules.answers)


@pytest.mark.parametrize("code", [*TEN, *ASKED])
def test_commas_are_commas(code):
    for comma in rules_of(code).commas:
        name = unicodedata.name(comma)
        assert "COMMA" in name
        assert "SEMICOLON" not in name
    assert "," in rules_of(code).commas
    assert "ล" not in rules_of(code).commas


def test_chinese_alone_lets_its_enumeration_mark_pass():
    assert [code for code in TEN if "、" not in RULES[code].commas] == ["zh"]


def test_a_code_with_a_region_and_one_that_is_not_listed():
    assert rules_of("zh-CN") == rules_of("zh_Hans") == RULES["zh"]
    assert (rules_of("fi").code, rules_of("fi").cased) == ("fi", True)


@pytest.mark.parametrize("code", TEN)
def test_case_is_as_the_script_has_it(code):
    assert RULES[code].cased == any(c.isupper() for c in "".join(RULES[code].answers))
