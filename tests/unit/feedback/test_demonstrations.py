"""Rejection sampling: which solutions of a problem are demonstrated, by hand-made groups and properties."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.demonstrations import Demonstrations
from veriloop.records import ExampleKind, Finish, Form, Group, Unscored
from veriloop.testing import check_feedback

KINDS = [
    Demonstrations("v"),
    Demonstrations("v", threshold=None, order="best", k=1),
    Demonstrations("v", distinct="equations", order="shortest", k=2),
]


def texts(kept) -> list[str]:
    return ["\n\n".join(e.completions) for e in kept.examples]


def test_accepted_solutions_are_demonstrated_once_each(group_of):
    group = group_of(1.0, 0.0, 1.0, 1.0, form=Form.BINARY, texts=["a  b", "x", "a b", "c"])
    kept = Demonstrations("v").feedback(group)
    assert texts(kept) == ["a  b", "c"]
    assert [d.reason for d in kept.dropped] == ["v: not accepted", "v: the same text as another"]
    assert {e.kind for e in kept.examples} == {ExampleKind.DEMONSTRATION}
    assert kept.examples[0].to_trl() == {"prompt": "What is 2 + 2?", "completion": "a  b"}


def test_raft_takes_the_best_scored_of_each_problem_right_or_not(group_of):
    raft = Demonstrations("v", threshold=None, order="best", k=1)
    kept = raft.feedback(group_of(-3.0, -1.5, Unscored.ENGINE, -2.0, texts=["a", "b", "c", "d"]))
    assert texts(kept) == ["b"]
    ranked = raft.feedback(group_of(2.0, 1.0, 0.0, form=Form.RANKING, texts=["a", "b", "c"]))
    assert texts(ranked) == ["c"]


def test_rft_keeps_solutions_of_different_equations(group_of):
    group = group_of(
        1.0, 1.0, 1.0, 1.0,
        texts=["So 3*4=12.", "Thus 3 * 4 = 12", "12 = it is 4*3=12", "no equation here"],
    )  # fmt: skip
    rft = Demonstrations("v", distinct="equations")
    assert texts(rft.feedback(group)) == ["So 3*4=12.", "12 = it is 4*3=12", "no equation here"]
    assert len(rft.feedback(group).dropped) == 1
    assert texts(replace(rft, order="shortest", k=1).feedback(group)) == ["So 3*4=12."]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("3 * 4 = 12, and 12+5 = 17.", "So 3*4=12. Then 12 + 5 = 17 apples", True),
        ("3 * 4 = 12, and 12+5 = 17.", "First 12 + 5 = 17, and 3 * 4 = 12", False),
        (r"$\left(8 − 2\right) \div 3 = 2$", "(8 - 2) / 3 = 2", True),
        ("sold 48/2 = <<48/2=24>>24 clips", "That is 48 / 2 = 24.", True),
        ("$2 \\times 3 = 6$", "3 * 2 = 6", False),
        ("x = 4 and nothing else", "x = 4 and no more", False),
    ],
)
def test_equations_are_the_same_in_any_dress_and_in_one_order(group_of, one, other, same):
    rft = Demonstrations("v", distinct="equations")
    assert len(rft.feedback(group_of(1.0, 1.0, texts=[one, other])).examples) == 2 - same


def test_a_ranking_accepts_its_first_place_and_none_where_nobody_competed(group_of):
    kept = Demonstrations("v").feedback(group_of(1.0, 0.0, 2.0, form=Form.RANKING))
    assert [e.solutions[0] for e in kept.examples] == [
        group_of(1.0, 0.0, 2.0, form=Form.RANKING).solutions[1].id
    ]
    assert {d.reason for d in kept.dropped} == {"v: not first"}
    alone = Demonstrations("v").feedback(group_of(0.0, Unscored.ENGINE, form=Form.RANKING))
    assert not alone.examples
    assert "v: a ranking of one solution" in {d.reason for d in alone.dropped}


def test_what_a_limit_cut_is_no_demonstration(group_of, verdict_on):
    group = group_of(1.0)
    cut = replace(group.solutions[0], finish=Finish.LENGTH)
    kept = Demonstrations("v").feedback(Group(group.problem, (cut,), (verdict_on(cut, 1.0),)))
    assert [d.reason for d in kept.dropped] == ["v: the solution was cut"]


@pytest.mark.parametrize("writer", KINDS)
def test_the_contract_of_feedback(writer, group_of):
    check_feedback(writer, [group_of(1.0, 0.0, 0.75), group_of(Unscored.ENGINE, None, 1.0)])


@pytest.mark.parametrize("writer", KINDS)
@settings(max_examples=30)
@given(data=st.data())
def test_nothing_unscored_contributes_everything_is_accounted_for_and_order_is_nothing(
    writer, groups, data
):
    group = data.draw(groups)
    kept = writer.feedback(group)
    valued = {v.solution for v in group.verdicts if v.scored}
    used = [s for e in kept.examples for s in e.solutions]
    assert set(used) <= valued
    assert sorted([*used, *(d.what for d in kept.dropped)]) == sorted(s.id for s in group.solutions)
    seed = data.draw(st.integers(0, 99))
    mixed = Group(
        group.problem,
        tuple(random.Random(seed).sample(group.solutions, len(group.solutions))),
        tuple(random.Random(seed + 1).sample(group.verdicts, len(group.verdicts))),
    )
    assert writer.feedback(mixed) == kept


@pytest.mark.parametrize(
    "wrong",
    [{"k": 0}, {"distinct": "words"}, {"order": "longest"}, {"threshold": float("nan")}],
)
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"shortest|at least 1|got nan"):
        Demonstrations("v", **wrong)
