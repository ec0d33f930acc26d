"""Format: what markdown means, counted once, and JSON that is JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.formats import (
    constrained_response,
    json_format,
    multiple_sections,
    number_bullet_lists,
    number_highlighted_sections,
    title,
)
from veriloop.verify.instructions.tables import RULES, rules_of


def asked(answer, language="en", prompt="", **kwargs):
    return Given(answer, kwargs, rules_of(language), prompt)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', True),
        ('```\n[1, 2]\n```', True),
        ('```JSON\n{"a": 1}\n```\n', True),
        ('~~~json\n{}\n~~~', True),
        ('{"a": 1} as asked', False),
        ('```json\n{"a": 1}\n```\nThere.', False),
        ("{'a': 1}", False),
        ('{"a": NaN}', False),
        ('{"a": 1,}', False),
        ("42", False),
        ('"text"', False),
        ("[" * 100_000, False),
        ("`" * 20_000, False),
        ("```" + " " * 20_000 + "x", False),
    ],
)  # fmt: skip
def test_json(text, value):
    assert json_format(asked(text)).value is value


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4))
def test_whatever_json_writes_is_json(made):
    assert json_format(asked(json.dumps(made, ensure_ascii=False))).value is True
    assert json_format(asked(f"```json\n{json.dumps(made, indent=1)}\n```")).value is True


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("* a\n* b", 2),
        ("- a\n  * b\n+ c", 3),
        ("*italics* first\n**bold**", 0),
        ("-5 degrees\n---\n***\n* * *\n- - -", 0),
        ("- Hello, he said", 1),
        ("1. a\n2. b\n• c", 0),
        ("*\n* a", 1),
    ],
)
def test_bullets(text, count):
    assert number_bullet_lists(asked(text, num_bullets=count)).value is True
    assert number_bullet_lists(asked(text, num_bullets=count + 1)).value is False


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("*a* **b** ***c***", 3),
        ("**a**", 1),
        ("* a\n* b *c", 0),
        ("2*3*4", 0),
        ("这是*重点*部分", 1),
        ("*a\nb*", 0),
        ("**  **", 0),
        (r"\*a\*", 0),
        ("*a b* and *c*", 2),
    ],
)
def test_highlights(text, count):
    assert number_highlighted_sections(asked(text, num_highlights=count)).value is True
    assert number_highlighted_sections(asked(text, num_highlights=count + 1)).value is False


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<A>>", True),
        ("x <<La mer, 2>> y", True),
        ("<<>>", False),
        ("<<  >>", False),
        ("<A>", False),
        ("<<a\nb>>", False),
        ("《《A》》", False),
        ("<<x" * 20_000, False),
        ("<<x" * 20_000 + ">>", True),
    ],
)
def test_titles(text, value):
    assert title(asked(text)).value is value


@pytest.mark.parametrize(
    ("mark", "text", "count"),
    [
        ("SECTION", "SECTION 1\na\n## SECTION 2: b\n**SECTION III**", 3),
        ("Section", "\"Section 1\na\nSection 2", 2),
        ("SECTION", "Section 1\nSection 2", 0),
        ("Day", "Day 1\nOn Day 2 we go.\nDays 3", 1),
        ("Audience", "Audience A\nAudience Basics", 1),
        ("SECTION", "SECTION X\na\nSECTION X\nb", 1),
        ("Day", "Day 1\nDay 2\n******\nDay 1\nDay 2", 2),
        ("Section", "- \n" * 10_000 + "Section 1", 1),
    ],
)  # fmt: skip
def test_sections(mark, text, count):
    assert multiple_sections(asked(text, section_spliter=mark, num_sections=count)).value is True
    more = asked(text, section_spliter=mark, num_sections=count + 1)
    assert multiple_sections(more).value is False


@pytest.mark.parametrize("code", ["en", "zh", "ar", "es", "ja", "ko", "th", "fr", "pt", "vi"])
def test_one_of_three_sentences(code):
    yes, no, maybe = RULES[code].answers
    for one in (yes, no, maybe):
        assert constrained_response(asked(f"* {one} *", code)).value is True
    assert constrained_response(asked(f"{yes}\n{maybe}", code)).value is False
    assert constrained_response(asked(yes[:-2], code)).value is False


def test_the_prompts_own_sentences_go_before_the_table():
    """P-MMEval asks some Korean and Spanish items for others than its checkers know."""
    prompt = (
        '다음 중 하나: "제 답변은 예입니다.", "제 답변은 아니오입니다.", "제 답변은 아마도입니다."'
    )
    assert constrained_response(asked("제 답변은 아니오입니다.", "ko", prompt)).value is True
    assert constrained_response(asked("제 대답은 아닙니다.", "ko", prompt)).value is False
    assert constrained_response(asked("Mi respuesta es quizás.", "es")).value is False
    assert constrained_response(asked("x", "fi")).value is None
