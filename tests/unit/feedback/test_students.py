"""The filters of SCRIT's section 2.2, against counting by hand and as properties."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.students import Students
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict

ENGINES = ("qwen", "llama")
VALUES = st.sampled_from([1.0, 0.0, None, 0.5])
ROWS = st.lists(st.tuples(st.sampled_from(ENGINES), VALUES), max_size=5)


def verdict(solution, value):
    reason = Unscored.CHECKER if value is None else None
    return Verdict(
        solution.problem, solution.id, "answer", Form.SCORE, Granularity.TRAJECTORY, value, reason
    )


def groups_of(made):
    groups = []
    for number, rows in enumerate(made):
        problem = Problem("t", f"q{number}", "4")
        solutions = tuple(
            Solution(problem.id, ("a",), engine=engine, sample=i)
            for i, (engine, _) in enumerate(rows)
        )
        said = (verdict(s, value) for s, (_, value) in zip(solutions, rows, strict=True))
        groups.append(Group(problem, solutions, tuple(said)))
    return groups


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, max_size=6), st.integers(1, 4), st.integers(0, 5))
def test_what_stays_and_what_goes(made, cap, seed):
    groups = groups_of(made)
    chosen = Students(cap=cap, seed=seed).choose(groups)
    stay = [s for g in chosen.groups for s in g.solutions]
    every = [s.id for g in groups for s in g.solutions]
    assert sorted([*(s.id for s in stay), *(d.what for d in chosen.dropped)]) == sorted(every)
    assert all(d.reason for d in chosen.dropped)
    classes = Counter()
    for group in chosen.groups:
        said = group.by("answer")
        assert {said[s.id].value for s in group.solutions} == {1.0, 0.0}
        assert said.keys() == {s.id for s in group.solutions}
        classes.update((s.engine, said[s.id].value) for s in group.solutions)
    assert max(classes.values(), default=0) <= cap
    assert Students(cap=cap, seed=seed).choose(groups[::-1]).groups == chosen.groups[::-1]


def test_reasons_by_hand():
    made = [
        [("qwen", 1.0), ("llama", 0.0)],
        [("qwen", 1.0), ("llama", 1.0)],
        [("qwen", 0.0)],
        [("qwen", None), ("qwen", 0.5), ("qwen", 1.0), ("llama", 0.0)],
    ]
    groups = groups_of(made)
    unjudged = Group(groups[0].problem, groups[0].solutions)
    chosen = Students().choose([*groups, unjudged])
    assert [len(g.solutions) for g in chosen.groups] == [2, 2]
    assert Counter(d.reason for d in chosen.dropped) == {
        "students: no wrong solution": 2,
        "students: no right solution": 1,
        "answer: checker": 1,
        "answer: neither right (1) nor wrong (0)": 1,
        "answer: no verdict": 2,
    }


def test_the_cap_is_for_each_engine_and_class_and_says_so():
    groups = groups_of([[("qwen", 1.0), ("llama", 1.0), ("qwen", 0.0)]] * 5)
    chosen = Students(cap=3, seed=1).choose(groups)
    over = [d for d in chosen.dropped if d.reason == "students: over the cap"]
    assert Counter((d.detail["engine"], d.detail["class"]) for d in over) == {
        ("qwen", "right"): 2,
        ("llama", "right"): 2,
        ("qwen", "wrong"): 2,
    }
    assert all(d.detail["cap"] == 3 for d in over)
    left = {d.reason for d in chosen.dropped} - {"students: over the cap"}
    assert left <= {
        "students: no wrong solution is left by the cap",
        "students: no right solution is left by the cap",
    }


def test_a_smaller_cap_keeps_a_part_and_another_seed_another_part():
    groups = groups_of([[("qwen", 1.0), ("qwen", 0.0)]] * 40)

    def over(cap, seed):
        chosen = Students(cap=cap, seed=seed).choose(groups)
        return {d.what for d in chosen.dropped if d.reason == "students: over the cap"}

    assert over(20, 0) < over(10, 0)
    assert over(20, 0) != over(20, 1)
    assert len(over(20, 0)) == 40


def test_a_cap_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Students(cap=0)
