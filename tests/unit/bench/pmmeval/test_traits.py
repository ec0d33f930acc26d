"""What is read off a text in any script, and that letters of an item survive where they should."""

import pytest

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.traits import own_traits, plain, shared_text, shared_traits


def problem(text, gold="3"):
    return Item("mgsm", "en", 0, {"question": text}, gold)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("٣٤ and ৫ and ๑๒", "34 and 5 and 12"),  # digits of Arabic, Bengali and Thai
        ("１２３％？（ａ）", "123%?(a)"),  # full width
        ("¿Qué? ¡Sí!", "Qué? Sí!"),
        ("「はい」。", '"はい".'),
        ("كم؟ واحد، اثنان؛", "كم? واحد, اثنان;"),
    ],
)
def test_marks_and_digits_have_one_form(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text", ["1,234 of 5", "1.234 de 5", "1 234 sur 5", "1234 个，5", "๑,๒๓๔ / ๕"]
)
def test_a_number_is_its_digits_whatever_groups_them(text):
    assert own_traits(problem(text), ordered=True).numbers == {"1234", "5"}


def test_names_are_kept_across_scripts():
    english = own_traits(problem("Janet sells eggs with Économie Ltd."), ordered=True).words
    korean = own_traits(problem("Janet은 economía 계란을 판다"), ordered=True).words
    assert english & korean == {"janet", "econo"}


def test_han_characters_stand_alone():
    chinese = own_traits(problem("数学问题"), ordered=True).words
    japanese = own_traits(problem("数学の問題です"), ordered=True).words
    assert {"数", "学"} <= chinese & japanese


def choice(gold, **options):
    fields = {"question": "q", "subject": "anatomy", **options}
    return Item("mmmlu", "en", 0, fields, gold, subset="easy")


def test_options_in_order_or_as_a_set():
    one = choice("A", A="long option", B="b", C="cc", D="ddd")
    other = choice("D", A="b", B="cc", C="ddd", D="long option")
    assert own_traits(one, ordered=False) == own_traits(other, ordered=False)
    ordered = own_traits(one, ordered=True)
    assert ordered != own_traits(other, ordered=True)
    assert ordered.labels == {"subject": "anatomy", "subset": "easy", "gold": "A"}


def test_arguments_of_instructions_without_their_texts():
    def item(**kwargs):
        fields = {"prompt": "p", "instruction_id_list": ["x:y"], "kwargs": [kwargs]}
        return own_traits(Item("mifeval", "en", 0, fields), ordered=True).labels["arguments"]

    assert item(num_words=5, relation="less than") != item(num_words=5, relation="at least")
    assert item(end_phrase="The end") == item(end_phrase="끝")
    assert item(forbidden_words=["a", "b"]) != item(forbidden_words=["가"])


def test_premises_are_shared():
    item = Item("xnli", "en", 0, {"premise": "It rains.", "statement": "It is dry."}, "C")
    shared = shared_traits(item)
    assert shared is not None
    assert shared.lengths == {"premise": 9.0}
    assert shared_text(item) == "It rains."
    assert own_traits(item, ordered=True).lengths == {"statement": 10.0}
    assert shared_traits(problem("q")) is None
    assert shared_text(problem("q")) is None
