"""Agreement of shortcut labels with lossless ones: counted by hand, and the audit's sample drawn as it says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.label_agreement import audit_sample, label_agreement
from veriloop.bench.statistics import wilson
from veriloop.records import Cost, Form, Granularity, Group, Problem, Solution, Unscored, Verdict


def verdict(solution, first_error, *, right=None, name="mc", rollouts=2):
    detail = {"k": 4, "steps": 4, "outcomes": ["1" * rollouts]}
    return Verdict(
        "p",
        solution,
        name,
        Form.BINARY,
        Granularity.STEP,
        value=None if first_error is None else float(first_error == -1),
        unscored=Unscored.ENGINE if first_error is None else None,
        first_error=first_error,
        cost=Cost(rollouts=rollouts, tokens=10 * rollouts),
        detail=detail if right is None else detail | {"right": right},
    )


QUICK = {"a": (-1, True), "b": (-1, True), "c": (-1, True), "d": (2, False), "e": (3, False),
         "f": (1, False), "g": (None, None), "h": (2, True)}  # fmt: skip
FULL = {"a": -1, "b": 2, "c": None, "d": 2, "e": 1, "f": 2, "g": 0, "h": -1, "z": 0}


def test_directions_are_counted_by_answer():
    quick = [verdict(s, where, right=right) for s, (where, right) in QUICK.items()]
    full = [verdict(s, where, rollouts=4) for s, where in FULL.items()]
    found = label_agreement(quick, full)
    every, right, wrong = found.every, found.right, found.wrong
    assert (every.n, every.missed, every.later, every.earlier, every.invented) == (6, 1, 1, 1, 1)
    assert (every.differ, every.unscored) == (4, 2)
    assert (right.n, right.missed, right.invented, right.unscored) == (3, 1, 1, 1)
    assert (wrong.n, wrong.later, wrong.earlier, wrong.unscored) == (3, 1, 1, 1)
    assert every.share.value == pytest.approx(100 * 4 / 6)
    assert (every.share.low / 100, every.share.high / 100) == pytest.approx(wilson(4, 6))
    assert (found.shortcut.cost.rollouts, found.full.cost.rollouts) == (16, 32)
    assert found.shortcut.exhaustive == found.full.exhaustive == 7 * 12
    told = found.to_json()
    assert told["all"]["differ"] == 4
    assert told["lossless"]["tokens"] == 320


def test_nothing_compared_has_no_share():
    found = label_agreement([verdict("a", None)], [verdict("a", 1)])
    assert found.every.share is None
    assert found.every.to_json()["share"] is None
    assert found.every.unscored == 1


def groups(sizes):
    made = []
    for i, size in enumerate(sizes):
        problem = Problem("t", f"question {i}", "4")
        solutions = tuple(Solution(problem.id, ("a",), sample=j) for j in range(size))
        made.append(Group(problem, solutions))
    return made


@given(st.lists(st.integers(1, 4), max_size=8), st.integers(0, 20), st.integers(0, 9))
def test_an_audit_takes_one_of_each_problem_before_a_second_of_any(sizes, count, seed):
    whole = groups(sizes)
    sample = audit_sample(whole, count, seed)
    taken = Counter(s.problem for g in sample for s in g.solutions)
    assert taken.total() == min(count, sum(sizes))
    have = {g.problem.id: len(g.solutions) for g in whole}
    most = max(taken.values(), default=0)
    assert all(taken[p] >= min(size, most - 1) for p, size in have.items())
    order = [s.id for g in whole for s in g.solutions]
    picked = [s.id for g in sample for s in g.solutions]
    assert picked == sorted(picked, key=order.index)
    assert sample == audit_sample(list(reversed(whole)), count, seed)[::-1]


def test_the_seed_draws_the_sample():
    whole = groups([3] * 40)
    draws = {tuple(s.id for g in audit_sample(whole, 10, seed) for s in g.solutions) for seed in range(5)}  # fmt: skip
    assert len(draws) == 5
    turns = Counter(s.sample for g in audit_sample(whole, 40, 0) for s in g.solutions)
    assert len(turns) == 3, "not always a problem's first solution"


def test_whether_an_answer_is_right_is_known_from_either_side():
    """Left to right stops before it looks at the answer; the exhaustive run beside it looks."""
    quick = [verdict("a", 0), verdict("b", -1, right=True), verdict("c", 1)]
    full = [verdict("a", 0, right=True), verdict("b", -1, right=True), verdict("c", 1, right=False)]
    found = label_agreement(quick, full)
    assert (found.right.n, found.wrong.n) == (2, 1)
