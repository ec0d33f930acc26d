"""Statements of a conclusion; and no pattern can take more than linear time."""

import re
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

from veriloop.text import conclusions, critiques
from veriloop.text.conclusions import read_stated, read_stated_lines

PATTERNS = {
    f"{module.__name__}.{name}": value
    for module in (conclusions, critiques)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


def repeats(tree):
    """Every repeat of a parsed pattern: (most times, what is repeated)."""
    for operator, argument in tree:
        if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            yield argument[1], argument[2]
        for part in argument if isinstance(argument, tuple | list) else ():
            for inner in part if isinstance(part, list) else (part,):
                if isinstance(inner, parser.SubPattern):
                    yield from repeats(inner)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_every_repeat_is_bounded_and_none_holds_another_long_one(name):
    found = list(repeats(parser.parse(PATTERNS[name].pattern, PATTERNS[name].flags)))
    for most, inner in found:
        assert most <= 400
        if most > 1:
            assert all(deeper <= 1 for deeper, _ in repeats(inner))


def test_the_walk_sees_repeats_at_any_depth():
    found = [most for most, _ in repeats(parser.parse(r"(?:a{2,3}|(b*c){0,7})[^x]+"))]
    assert sorted(map(int, found))[:2] == [3, 7]
    assert len(found) == 4


def test_statements_are_collected_and_not_weighed():
    told = read_stated("The solution is Correct. First error step: 2. The solution is wrong.")
    assert told.verdicts == {True, False}
    assert told.steps == {2}
    assert read_stated("") == read_stated_lines("")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("first error step number: 3", {3}),
        ("First Error Step: **Step 12**.", {12}),
        ("The first incorrect step is Step 4", {4}),
        ("first erroneous step: fourth", {4}),
        ("The first error lies in step #5", {5}),
        ("first error step: no error", {-1}),
        ("first error step number: unknown", set()),
        ("first error step: 3 and 4", set()),
        ("the first step has an error", set()),
    ],
)
def test_numbers_of_the_first_wrong_step(text, steps):
    assert read_stated(text).steps == steps


def test_lines_outside_a_conclusion_must_be_nothing_but_a_verdict():
    assert read_stated_lines("Therefore, the student's solution is incorrect.").verdicts == {False}
    assert not read_stated_lines("The solution is incorrect in its use of signs.").verdicts
    assert not read_stated_lines("Correct").verdicts
    assert read_stated_lines("Correct\nThe first error step number: -1").verdicts == {True}
