"""Critiques in the shared grammar: read back they say the truth, and what they correct is right by the checker."""

import random

from veriloop.abacus import first_error, is_correct, problems, split_steps
from veriloop.abacus.solutions import STYLES, corrupted_steps, gold_steps
from veriloop.abacus.student_critiques import (
    critic_prompt,
    inject_prompt,
    injected,
    student_critique,
)
from veriloop.records import NO_ERROR, Problem
from veriloop.text.critic_chats import CriticChat
from veriloop.text.critiques import parse_critique
from veriloop.text.prompts import load_prompt


def test_what_is_written_reads_back_as_the_checkers_truth():
    rng = random.Random(0)
    told = 0
    for item in problems(3, 300):
        for style in STYLES:
            for steps in (corrupted_steps(item.meta, rng), gold_steps(item.meta, style)):
                reference = gold_steps(item.meta, rng.choice(STYLES)) if rng.random() < 0.5 else []
                text = student_critique(item.meta, steps, reference)
                if text is None:
                    continue
                told += 1
                read = parse_critique(text, len(steps))
                where = first_error(item.meta, steps)
                assert (read.first_error, read.correct) == (where, where == NO_ERROR)
                assert read.answer == item.answer
                assert bool(read.analysis) == bool(reference)
                if where == NO_ERROR:
                    continue
                corrected = split_steps(read.correction)
                assert corrected[:where] == list(steps[:where])
                assert first_error(item.meta, corrected) == NO_ERROR
                assert is_correct(item.meta, corrected)
    assert told > 1700


def test_planted_errors_are_errors():
    rng = random.Random(1)
    wrong = [
        first_error(item.meta, injected(item.meta, rng.choice(STYLES), rng)) != NO_ERROR
        for item in problems(4, 500)
    ]
    assert (
        sum(wrong) / len(wrong) > 0.98
    )  # an operation may be swapped for one with the same result


def test_the_layouts_are_the_bare_prompts():
    problem, steps = Problem("t", "P?"), ["a", "b"]
    asked = CriticChat("critic_direct_bare").ask(problem, steps)[0].content
    assert critic_prompt("P?", steps) == asked
    asked = CriticChat("critic_contrastive_bare").ask(problem, steps, reference=["r", "q"])
    assert critic_prompt("P?", steps, ["r", "q"]) == asked[0].content
    bare = load_prompt("veriloop.search", "inject_bare").fill(problem="P?", solution="r\n\nq")
    assert inject_prompt("P?", ["r", "q"]) == bare
