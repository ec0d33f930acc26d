"""The request repeated, and two responses."""

import pytest

from veriloop.verify.instructions.combining import repeat_prompt, two_responses
from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.tables import rules_of


def asked(answer, prompt="", **kwargs):
    return Given(answer, kwargs, rules_of("en"), prompt)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Say it.  Twice.\nDone.", True),
        ("SAY IT. TWICE.\n\nDONE.", True),
        ("Say it. Twice.", False),
        ("Say it. Once.\nDone.", False),
        ('"Say it. Twice."\nDone.', False),
        ("Sure. Say it. Twice.\nDone.", False),
    ],
)
def test_repeated(answer, value):
    assert repeat_prompt(asked(answer, prompt_to_repeat="Say it. Twice. ")).value is value


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("a\n******\nb", True),
        ("******\na ****** b\n******", True),
        ("a\n******\nA ", False),
        ("a\n*****\nb", False),
        ("a\n*******\nb", False),
        ("a\n******\n\n******\nb", False),
        ("a\n******\nb\n******\nc", False),
        ("a\n******", False),
    ],
)
def test_two(answer, value):
    assert two_responses(asked(answer)).value is value


def test_a_longer_row_that_the_prompt_shows():
    prompt = "Separate them with exactly 6 asterisks symbols: *******"
    for row in ("******", "*******"):
        assert two_responses(asked(f"a\n{row}\nb", prompt)).value is True
    assert two_responses(asked("a\n********\nb", prompt)).value is False
