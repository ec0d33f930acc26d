"""Pairs of next steps: only steps of one prefix meet, and the prefix stands in the prompt."""

import pytest

from veriloop.feedback.siblings import Siblings
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.testing import check_feedback

PROBLEM = Problem("t", "Go.")


def nodes(values, form=Form.SCORE):
    """A group of the nodes with these steps and values."""
    solutions, verdicts = [], []
    for i, (steps, value) in enumerate(values.items()):
        node = Solution(PROBLEM.id, tuple(steps), Finish.LENGTH, engine="e", sample=i)
        has = {"unscored": value} if isinstance(value, Unscored) else {"value": value}
        solutions.append(node)
        verdicts.append(Verdict(PROBLEM.id, node.id, "tree", form, Granularity.STEP, **has))
    return Group(PROBLEM, tuple(solutions), tuple(verdicts))


VALUES = {"a": 0.9, "b": 0.1, "ax": 0.8, "ay": 0.95, "bz": 0.2, "az": Unscored.ENGINE}


def test_steps_meet_their_siblings_and_nobody_else():
    kept = Siblings("tree").feedback(nodes(VALUES))
    assert [(e.prompt, e.completions) for e in kept.examples] == [
        ((Message("user", "Go."),), ("a", "b")),
        ((Message("user", "Go."), Message("assistant", "a\n\n")), ("y", "x")),
    ]
    assert sorted(d.reason for d in kept.dropped) == [
        "tree: engine",
        "tree: nothing to compare with",
    ]


def test_a_chosen_path_beats_what_stood_beside_it():
    kept = Siblings("tree").feedback(
        nodes({"a": 1.0, "b": 0.0, "c": 0.0, "ax": 0.0, "ay": 1.0}, Form.BINARY)
    )
    assert [e.completions for e in kept.examples] == [("a", "b"), ("a", "c"), ("y", "x")]


def test_margins_and_caps_hold_for_each_prefix():
    assert not Siblings("tree", margin=0.9).feedback(nodes(VALUES)).examples
    many = nodes({"a": 0.1, "b": 0.2, "c": 0.3, "ax": 0.1, "ay": 0.2, "az": 0.3})
    kept = Siblings("tree", cap=1).feedback(many)
    assert len(kept.examples) == 2
    assert {len(e.prompt) for e in kept.examples} == {1, 2}


def test_the_contract_of_feedback():
    check_feedback(Siblings("tree"), [nodes(VALUES), nodes({"a": 1.0})])


def test_options_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="which is"):
        Siblings("tree", which="some")
