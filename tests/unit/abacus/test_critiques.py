"""Critiques: the true one stops at the first error and names it by where it stops."""

import random

from veriloop.abacus import critique, first_error, judge_prompt, problems
from veriloop.abacus.solutions import corrupted_steps, gold_steps


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
