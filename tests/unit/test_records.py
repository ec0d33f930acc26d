"""Records: ids are content, invariants are checked where they are made, reprs rebuild."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.records import (
    Cost,
    Example,
    ExampleKind,
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

VERDICT = {
    "problem": "p",
    "solution": "s",
    "verifier": "v",
    "form": Form.SCORE,
    "granularity": Granularity.STEP,
}


@given(st.text(), st.text() | st.none(), st.text())
def test_repr_rebuilds_and_ids_ignore_provenance(prompt, reference, maker):
    problem = Problem("t", prompt, reference, made_by=maker)
    assert eval(repr(problem)) == problem
    assert problem.id == Problem("t", prompt, reference).id
    assert pickle.loads(pickle.dumps(problem)).id == problem.id


def test_ids_tell_apart_what_differs():
    ids = {
        Problem("t", "a").id,
        Problem("t", "b").id,
        Problem("u", "a").id,
        Problem("t", "a", "1").id,
        Problem("t", "a", language="de").id,
        Problem("t", (Message("user", "a"),)).id,
        Problem("t", "a", tests=({"in": "1"},)).id,
    }
    assert len(ids) == 7
    solutions = {
        Solution("p", ("a", "b")).id,
        Solution("p", ("a\n\nb",)).id,
        Solution("p", ("a", "b"), sample=1).id,
        Solution("p", ("a", "b"), finish=Finish.LENGTH).id,
    }
    assert len(solutions) == 4


def test_a_verdict_has_a_value_or_a_reason():
    assert Verdict(**VERDICT, value=0.0).scored
    assert not Verdict(**VERDICT, unscored=Unscored.UNPARSED).scored
    for wrong in ({}, {"value": 1.0, "unscored": Unscored.ENGINE}, {"value": float("nan")}):
        with pytest.raises(ValueError, match="verdict"):
            Verdict(**VERDICT, **wrong)
    with pytest.raises(ValueError, match="first_error"):
        Verdict(**VERDICT, value=1.0, first_error=-2)


def test_a_group_finds_verdicts_by_verifier():
    verdicts = tuple(
        Verdict("p", s, v, Form.SCORE, Granularity.STEP, value=1.0)
        for s in "ab"
        for v in ("x", "y")
    )
    group = Group(Problem("t", "q"), (), verdicts)
    assert {k: v.verifier for k, v in group.by("y").items()} == {"a": "y", "b": "y"}


def test_examples_export_to_the_formats_of_trl():
    """Formats: TRL documentation, "Dataset formats and types"."""
    chat = (Message("user", "q"),)
    turns = [{"role": "user", "content": "q"}]
    demonstration = Example(ExampleKind.DEMONSTRATION, chat, ("a", "b"))
    said = [{"role": "assistant", "content": "a\n\nb"}]
    assert demonstration.to_trl() == {"prompt": turns, "completion": said}
    begun = Example(ExampleKind.PREFERENCE, (*chat, Message("assistant", "a\n\n")), ("b", "c"))
    assert begun.to_trl() == {
        "prompt": turns,
        "chosen": [{"role": "assistant", "content": "a\n\nb"}],
        "rejected": [{"role": "assistant", "content": "a\n\nc"}],
    }
    preference = Example(ExampleKind.PREFERENCE, "q", ("good", "bad"))
    assert preference.to_trl() == {"prompt": "q", "chosen": "good", "rejected": "bad"}
    hard = Example(ExampleKind.STEP_LABELS, "q", ("a", "b"), (1.0, 0.0))
    assert hard.to_trl() == {"prompt": "q", "completions": ["a", "b"], "labels": [True, False]}
    soft = Example(ExampleKind.STEP_LABELS, "q", ("a", "b"), (1.0, 0.25))
    assert soft.to_trl()["labels"] == [1.0, 0.25]
    with pytest.raises(ValueError, match="one to one"):
        Example(ExampleKind.STEP_LABELS, "q", ("a", "b"), (1.0,))
    with pytest.raises(ValueError, match="two completions"):
        Example(ExampleKind.PREFERENCE, "q", ("a",))


def test_costs_add_up():
    total = Cost(1, 8, 100, 50, 0.5) + Cost(2, 0, 1, 1, 0.25)
    assert total == Cost(3, 8, 101, 51, 0.75)


def test_whole_numbers_and_floats_are_one_verdict():
    whole, real = (Verdict(**VERDICT, value=x, step_scores=(x, 0)) for x in (1, 1.0))
    assert whole == real
    assert whole.id == real.id
    labels = [Example(ExampleKind.STEP_LABELS, "q", ("a",), (x,)).id for x in (1, 1.0)]
    assert labels[0] == labels[1]


@pytest.mark.parametrize(
    ("value", "form", "label"),
    [
        (1.0, Form.BINARY, True),
        (0.0, Form.TEXT, False),
        (1, Form.SCORE, True),
        (0.5, Form.SCORE, None),
        (-1.0, Form.SCORE, None),
        (0.0, Form.RANKING, None),  # the best place is not "wrong"
        (1.0, Form.RANKING, None),
    ],
)
def test_a_verdict_is_a_label_where_it_says_one_or_zero(value, form, label):
    assert Verdict(**{**VERDICT, "form": form}, value=value).right is label
    assert Verdict(**VERDICT, unscored=Unscored.ENGINE).right is None
