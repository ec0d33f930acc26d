import random

import pytest

from veriloop.abacus import check_steps, error_kind, first_error, gold_steps, is_correct, problems
from veriloop.abacus.checker import boxed, equation, split_steps
from veriloop.abacus.solutions import STYLES, Fault, derive, write

META = {
    "family": "stock",
    "answer": 14,
    "nodes": [
        {"label": "Now", "op": "+", "a": {"n": 12}, "b": {"n": 5}, "value": 17},
        {"label": "Now", "op": "-", "a": {"v": 0}, "b": {"n": 3}, "value": 14},
    ],
    "traps": [],
}
DONE = "Answer: \\boxed{14}"


@pytest.mark.parametrize(
    ("steps", "where", "kind"),
    [
        (["12+5=17", "17-3=14", DONE], -1, None),
        (["Step 1: 5 + 12 = 17", "so 17 - 3 = 14, that is \\boxed{14}"], -1, None),
        (["First, think.", "12+5=17", "17-3=14", DONE], -1, None),
        (["12+5=17", "12+5=17", "17-3=14", DONE], -1, None),
        (["12+5=16", "16-3=13", "Answer: \\boxed{13}"], 0, "arith"),
        (["12+5=16", "17-3=14", DONE], 0, "arith"),
        (["12+5=17", "17-5=12", "Answer: \\boxed{12}"], 1, "operand"),
        (["12+5=17", "17+3=20", "Answer: \\boxed{20}"], 1, "op"),
        (["17-3=14", DONE], 0, "missing"),
        (["12+5=17", "Answer: \\boxed{17}"], 1, "missing"),
        (["12+5=17", "17-3=14", "Answer: \\boxed{41}"], 2, "final"),
        (["12+5=17", "17-3=14"], 1, "missing"),
        (["12+5=17", "then 14", DONE], 1, "format"),
        (["12+5=17", DONE, "17-3=14"], 1, "format"),
        ([], 0, "format"),
    ],
)
def test_first_error_and_kind(steps, where, kind):
    assert first_error(META, steps) == where
    assert error_kind(META, steps) == kind


def test_gold_is_right_in_every_style():
    for item in problems(11, 200, "train"):
        for style in STYLES:
            steps = gold_steps(item.meta, style)
            assert first_error(item.meta, steps) == -1
            assert is_correct(item.meta, steps)
            assert split_steps("\n\n".join(steps)) == steps
            assert len(steps) == item.steps + 1


def test_planted_result_errors_are_located_exactly():
    rng = random.Random(0)
    for item in problems(12, 300, "train"):
        index = rng.randrange(item.steps)
        for kind in ("arith", "typo"):
            steps = write(*derive(item.meta, {index: Fault(kind, number=1)}))
            assert first_error(item.meta, steps) == index
            assert error_kind(item.meta, steps) == "arith"
            wrong = [i for i, check in enumerate(check_steps(item.meta, steps)) if not check.right]
            if kind == "typo":  # repaired in the next line, so nothing else is wrong
                assert wrong == [index]
                assert is_correct(item.meta, steps)


def test_removing_a_needed_step_is_noticed_by_the_next():
    for item in problems(13, 200, "train"):
        steps = gold_steps(item.meta)
        for index in range(item.steps):
            assert first_error(item.meta, steps[:index] + steps[index + 1 :]) in (
                # The answer itself may still be boxed rightly after the last equation is dropped.
                range(index, item.steps) if index < item.steps - 1 else (-1,)
            )


def test_reading_equations_and_boxes():
    assert equation("Total: 6 * 7 = 42 coins") == (6, "*", 7, 42)
    assert equation("3+4=7, then 7//2=3") == (7, "//", 2, 3)
    assert equation("no numbers") is None
    assert boxed("\\boxed{07} and \\boxed{ 12 }") == "12"
    assert boxed("boxed 12") is None
