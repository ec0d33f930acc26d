"""Abacus as records: different problems, disjoint splits, and a gold verifier that keeps the contract."""

import asyncio

from veriloop.abacus import gold_steps, judge_prompt
from veriloop.abacus.world import Gold, abacus_problems
from veriloop.engines.scripted import Scripted
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.verify.judge import Judge


def test_problems_are_different_and_splits_disjoint():
    train = abacus_problems(0, 1500, "train")
    heldout = abacus_problems(0, 1500, "heldout")
    other = abacus_problems(1, 500, "heldout")
    assert len({p.id for p in train}) == len({p.id for p in heldout}) == 1500
    assert not {p.text for p in train} & {p.text for p in [*heldout, *other]}
    assert train[:100] == abacus_problems(0, 100, "train")


def test_gold_finds_no_error_in_gold_solutions_and_none_is_lost():
    problems = abacus_problems(3, 200)
    for problem in problems:
        right = Solution(problem.id, tuple(gold_steps(problem.meta)), Finish.STOP)
        empty = Solution(problem.id, (), Finish.STOP)
        good, nothing = asyncio.run(Gold().verify(Group(problem, (right, empty))))
        assert (good.first_error, good.value) == (-1, 1.0)
        assert nothing.unscored is Unscored.EMPTY
    foreign = Group(Problem("gsm8k", "1+1?", "2"), (Solution("p", ("2",)),))
    assert asyncio.run(Gold().verify(foreign))[0].unscored is Unscored.NO_REFERENCE


def test_the_shipped_judge_is_asked_in_the_systems_own_words():
    """The judge was trained on the layout of ``prompts/judge_bare.txt``; one blank more would blind it."""
    for problem in abacus_problems(5, 20):
        steps = tuple(gold_steps(problem.meta))
        (message,) = Judge(Scripted({}), prompt="judge_bare").ask(problem, steps)
        assert message.content == judge_prompt(problem.text, steps)
