"""Written solutions: corruptions of every kind, and a teacher with room for improvement."""

import random
from collections import Counter

import pytest

from veriloop.abacus import error_kind, first_error, is_correct, problems
from veriloop.abacus.solutions import corrupted_steps, teacher_steps, write


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


def test_unknown_style_is_refused():
    with pytest.raises(ValueError, match="numbered"):
        write([], 1, "fancy")
