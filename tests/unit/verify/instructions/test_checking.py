"""The 25 instructions: each followed and not, strict and loose, and what their fields must hold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.verify.instructions.checking import (
    FIELDS,
    KINDS,
    all_followed,
    check_all,
    follows,
    follows_loosely,
    require_known,
    variants,
)
from veriloop.verify.instructions.followed import Followed

LONG = "The harbour was quiet and the boats lay still in the morning light"
# id, fields, an answer that follows, one that does not
CASES = [
    ("keywords:existence", {"keywords": ["cat", "sea"]}, "A Cat by the sea.", "A category at sea."),
    (
        "keywords:frequency",
        {"keyword": "war", "relation": "at least", "frequency": 2},
        "War is war.",
        "A war, a warden and a warm day.",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "Rocky road.", "They ROCK."),
    (
        "keywords:letter_frequency",
        {"letter": "t", "let_relation": "less than", "let_frequency": 2},
        "The end.",
        "That.",
    ),
    ("language:response_language", {"language": "de"}, "Das Wetter ist heute sehr schön.", LONG),
    (
        "length_constraints:number_paragraphs",
        {"num_paragraphs": 2},
        "One.\n***\nTwo with ***bold*** words.",
        "One.\n\nTwo.",
    ),
    (
        "length_constraints:number_words",
        {"relation": "less than", "num_words": 4},
        "Three words — here.",
        "Four words stand here.",
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "at least", "num_sentences": 3},
        "One. Two? Three!",
        "Dr. Smith paid 3.50 dollars, i.e. too much. Why?",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "elm"},
        'Trees.\n\n"Elm trees grow."',
        "Elm.\n\nElms grow.",
    ),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Hi.\n\nP. S. Bye.", "P.S. Hi."),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "[name] of [city]",
        "[name] in [a link](http://a.b), [x] and []",
    ),
    (
        "detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        "* one\n  - two\n---\n- - -",
        "* one\n- two\n+ three",
    ),
    (
        "detectable_format:constrained_response",
        {},
        "Well. My answer is no. So it is.",
        "My answer is no. My answer is yes.",
    ),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*one* and **two**",
        "* bullet\n* bullet\n**one** and 2*3*4",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "# SECTION 1\nA\n**SECTION II**: B",
        "SECTION 1\nSee SECTION 2, and Section 2.",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": [1]}\n```', 'Here:\n{"a": 1}'),
    ("detectable_format:title", {}, "<<Sea>>\nText", "<< >> <Sea>"),
    ("combination:two_responses", {}, "One.\n******\nTwo.", "One.\n******\n one."),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Why is it so?"},
        "Why is it so? Because.",
        "You ask: Why is it so? Because.",
    ),
    ("startend:end_checker", {"end_phrase": "Any more help?"}, '"Fine. Any more help?"', "Any more help? Yes"),
    ("startend:quotation", {}, '"All "of" it."', '"Some" and "some"'),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": "at least", "capital_frequency": 2},
        "NASA and DON'T.",
        "I had A cat, NASA.",
    ),
    ("change_case:english_capital", {}, "ALL OF IT, 1 BY 1.", "ALL OF It."),
    ("change_case:english_lowercase", {}, "all of it, 1 by 1.", "All of it."),
    ("punctuation:no_comma", {}, "No comma; none.", "1,000"),
]  # fmt: skip


def ask(name, **kwargs):
    return {"id": name, "kwargs": kwargs}


def test_every_instruction_stands_here():
    assert sorted(name for name, *_ in CASES) == list(KINDS)
    assert len(KINDS) == 25
    assert set(FIELDS) <= set(KINDS)


@pytest.mark.parametrize(("name", "kwargs", "good", "bad"), CASES, ids=[c[0] for c in CASES])
def test_followed_and_not(name, kwargs, good, bad):
    one = ask(name, **kwargs)
    assert follows(one, good).value is True
    found = follows(one, bad)
    assert found.value is False
    assert found.why
    assert follows(one, " \n").value is False


@pytest.mark.parametrize("relation", ["less than", "at least"])
def test_relations_are_strict(relation):
    five = "One two three four five"
    one = ask("length_constraints:number_words", relation=relation, num_words=5)
    assert follows(one, five).value is (relation == "at least")


def test_loose_tries_the_variants_themselves():
    one = ask("detectable_format:json_format")
    assert follows(one, 'Sure, here it is:\n{"a": 1}').value is False
    found = follows_loosely(one, 'Sure, here it is:\n{"a": 1}')
    assert found == Followed(True, "without the first line: one JSON value")
    wrapped = 'Sure:\n"*Hello.*"\nBye.'
    assert follows_loosely(ask("startend:quotation"), wrapped).value is True
    assert follows_loosely(ask("punctuation:no_comma"), "a, b\nc, d\ne, f").value is False
    assert follows_loosely(ask("punctuation:no_comma"), "a, b").value is False


def test_there_are_eight_variants():
    found = variants("*a*\nb\nc")
    assert [text for _, text in found] == ["*a*\nb\nc", "b\nc", "*a*\nb", "b", "a\nb\nc", "a\nb"]
    eight = variants("*a*\n*b*\n*c*")
    assert len({name for name, _ in eight}) == len({text for _, text in eight}) == 8


@given(st.text(alphabet="ab*\n .,", max_size=40))
@settings(max_examples=60, deadline=None)
def test_loose_follows_wherever_strict_does(answer):
    for name, kwargs, *_ in CASES:
        if name.startswith(("language", "change_case")):
            continue
        one = ask(name, **kwargs)
        if follows(one, answer).value:
            assert follows_loosely(one, answer).value


def test_each_instruction_has_its_own_fields():
    """Both have ``relation``: merged, the second would be checked by the first's words or the other way round."""
    both = (
        ask("length_constraints:number_words", relation="at least", num_words=3),
        ask("length_constraints:number_sentences", relation="less than", num_sentences=3),
    )
    assert [one.strict.value for one in check_all(both, "One two three four. Five.")] == [
        True,
        True,
    ]


def test_an_answer_in_another_language_is_checked_by_its_rules():
    asked = (
        ask("language:response_language", language="hi"),
        ask("change_case:english_lowercase"),
    )
    text = "यह एक छोटा सा उत्तर है जो हिन्दी में लिखा गया है।"
    assert [one.strict.value for one in check_all(asked, text)] == [True, None]


def test_all_followed():
    yes, no, untold = Followed(True, ""), Followed(False, ""), Followed(None, "short")
    assert all_followed([yes, yes]) is True
    assert all_followed([yes, untold]) is None
    assert all_followed([no, untold]) is False


@pytest.mark.parametrize(
    ("one", "field"),
    [
        ({"id": "keywords:none"}, "id"),
        ({"kwargs": {}}, "id"),
        (ask("startend:end_checker"), "end_phrase"),
        (ask("startend:end_checker", end_phrase=" "), "end_phrase"),
        ({"id": "startend:end_checker", "kwargs": ["x"]}, "kwargs"),
        (ask("keywords:existence", keywords="cat"), "keywords"),
        (ask("keywords:existence", keywords=[]), "keywords"),
        (ask("keywords:frequency", keyword="a", relation="about", frequency=1), "relation"),
        (ask("detectable_format:number_bullet_lists", num_bullets=1.5), "num_bullets"),
        (ask("detectable_format:number_bullet_lists", num_bullets=True), "num_bullets"),
        (ask("detectable_format:number_bullet_lists", num_bullets=float("nan")), "num_bullets"),
        (
            ask("length_constraints:nth_paragraph_first_word", num_paragraphs=2, nth_paragraph=0, first_word="a"),
            "nth_paragraph",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_named(one, field):
    with pytest.raises(InputError) as told:
        follows(one, "text")
    assert told.value.field == field


@pytest.mark.parametrize(
    ("folder", "file", "prompts"),
    [
        ("ifeval", "en_input_data.jsonl", 541),
        ("pmmeval", "en/mifeval.jsonl", 96),
        ("pmmeval", "ko/mifeval.jsonl", 96),
    ],
)
def test_every_published_instruction_is_understood(shared_data, folder, file, prompts):
    text = (shared_data(folder) / file).read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == prompts
    for row in rows:
        for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            require_known({"id": name, "kwargs": kwargs})
