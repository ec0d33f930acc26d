import random
from collections import Counter

import pytest

from veriloop.abacus import critique, error_kind, first_error, is_correct, judge_prompt, problems
from veriloop.abacus.solutions import corrupted_steps, gold_steps, teacher_steps, write


def test_corruptions_are_mostly_wrong_and_of_every_kind():
    rng = random.Random(0)
    kinds = Counter(
        error_kind(item.meta, corrupted_steps(item.meta, rng)) for item in problems(1, 1000)
    )
    assert kinds[None] < 150
    assert {"arith", "operand", "op", "missing", "final"} <= set(kinds)


def test_teacher_has_room_for_improvement_and_label_noise():
    rng = random.Random(0)
    items = list(problems(2, 1500))
    written = [teacher_steps(item.meta, rng) for item in items]
    right = [is_correct(item.meta, s) for item, s in zip(items, written, strict=True)]
    flawed = [
        r and first_error(i.meta, s) >= 0 for i, s, r in zip(items, written, right, strict=True)
    ]
    assert 0.55 < sum(right) / len(items) < 0.75
    assert 0.01 < sum(flawed) / sum(right) < 0.08


def test_true_critiques_point_at_the_first_error():
    rng = random.Random(0)
    without = 0
    for item in problems(3, 600):
        for steps in (corrupted_steps(item.meta, rng), gold_steps(item.meta, "plain")):
            text = critique(item.meta, steps)
            without += text is None
            if text is None:
                continue
            blocks = text.count("<analysis_")
            correct = text.endswith("<conclusion>Correct</conclusion>")
            found = -1 if correct else blocks - 1
            assert found == first_error(item.meta, steps)
            assert not correct or blocks == len(steps)
            assert text.count("differs") == (0 if correct else 1)
    assert without < 30


def test_judge_prompt_layout():
    assert judge_prompt("P?", ["a", "b"]) == (
        "<math_problem>\nP?\n</math_problem>\n\n<paragraph_1>\na\n</paragraph_1>\n\n"
        "<paragraph_2>\nb\n</paragraph_2>"
    )


def test_unknown_style_is_refused():
    with pytest.raises(ValueError, match="numbered"):
        write([], 1, "fancy")
