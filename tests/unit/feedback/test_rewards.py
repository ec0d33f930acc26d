"""Rewards: transforms against numpy, group baselines over scored members alone, steps and tokens kept."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.rewards import Rewards
from veriloop.records import Example, ExampleKind, Form, Group, Unscored
from veriloop.testing import check_feedback


def rewards(kept) -> list[float]:
    return [e.labels[0] for e in kept.examples]


def test_a_reward_is_the_value_and_what_cannot_be_scored_is_no_zero(group_of):
    kept = Rewards("v").feedback(group_of(0.25, Unscored.ENGINE, None, -2.0))
    assert rewards(kept) == [0.25, -2.0]
    assert [d.reason for d in kept.dropped] == ["v: engine", "v: no verdict"]
    assert kept.examples[0].to_trl() == {
        "prompt": "What is 2 + 2?", "completion": "try 0\n\nso 0", "reward": 0.25
    }  # fmt: skip


def test_baselines_are_over_the_scored_members_alone(group_of):
    group = group_of(1.0, 0.0, 0.0, Unscored.UNPARSED, None, 1.0)
    scored = np.array([1.0, 0.0, 0.0, 1.0])
    assert rewards(Rewards("v", "centred").feedback(group)) == list(scored - 0.5)
    scaled = rewards(Rewards("v", "scaled").feedback(group))
    np.testing.assert_allclose(scaled, (scored - scored.mean()) / scored.std())
    assert rewards(Rewards("v", "scaled").feedback(group_of(0.1, 0.1, 0.1))) == [0.0] * 3
    assert rewards(Rewards("v", "sign").feedback(group_of(0.5, 0.6))) == [-1.0, 1.0]


@pytest.mark.parametrize("size", [1e308, 1e200, 1e-200])
def test_baselines_of_huge_and_tiny_values(group_of, size):
    group = group_of(size, size, -size, -size)
    assert rewards(Rewards("v", "centred").feedback(group)) == [size, size, -size, -size]
    assert rewards(Rewards("v", "scaled").feedback(group)) == pytest.approx([1, 1, -1, -1])


@pytest.mark.parametrize("grain", ["trajectory", "step", "token"])
def test_what_is_not_finite_is_no_reward(group_of, verdict_on, grain):
    (solution,) = group_of(1.0).solutions
    lost = -float("inf")
    dense = {"step_scores": (0.5, lost), "token_scores": (lost,), "token_offsets": (0,)}
    said = verdict_on(solution, lost, **dense)
    kept = Rewards("v", grain=grain).feedback(Group(group_of().problem, (solution,), (said,)))
    assert [d.reason for d in kept.dropped] == ["v: not finite"]


def test_a_ranking_is_no_reward(group_of):
    kept = Rewards("v").feedback(group_of(0.0, 1.0, form=Form.RANKING))
    assert not kept.examples
    assert {d.reason for d in kept.dropped} == {"v: a ranking is no reward"}


def test_step_scores_become_step_labels_as_far_as_they_go(group_of, verdict_on):
    first, second = group_of(1.0, 1.0).solutions
    said = (verdict_on(first, 0.2, step_scores=(0.2,)), verdict_on(second, 1.0))
    kept = Rewards("v", grain="step").feedback(Group(group_of().problem, (first, second), said))
    (example,) = kept.examples
    assert example.kind is ExampleKind.STEP_LABELS
    assert (example.completions, example.labels) == (("try 0",), (0.2,))
    assert [d.reason for d in kept.dropped] == ["v: no step scores"]


def test_token_scores_stay_with_the_text_of_their_tokens(group_of, verdict_on):
    (solution,) = group_of(1.0).solutions
    scores, offsets = (0.5, -1.0, 2.0), (0, 3, 5)
    said = verdict_on(solution, 1.0, token_scores=scores, token_offsets=offsets)
    kept = Rewards("v", grain="token").feedback(Group(group_of().problem, (solution,), (said,)))
    (example,) = kept.examples
    assert example.labels == scores
    assert "".join(example.completions) == solution.text
    assert example.completions[:2] == ("try", " 0")
    assert example.to_trl() == {
        "prompt": "What is 2 + 2?",
        "completion": solution.text,
        "tokens": list(example.completions),
        "rewards": list(scores),
    }
    with pytest.raises(ValueError, match="one label for each of its tokens"):
        Example(ExampleKind.REWARD, "q", ("a", "b"), (1.0,))


@pytest.mark.parametrize("transform", ["identity", "centred", "scaled", "sign"])
@settings(max_examples=30)
@given(data=st.data())
def test_nothing_unscored_contributes_and_order_is_nothing(transform, groups, data):
    group, writer = data.draw(groups), Rewards("v", transform)
    kept = writer.feedback(group)
    used = [s for e in kept.examples for s in e.solutions]
    assert set(used) <= {v.solution for v in group.verdicts if v.scored}
    assert sorted([*used, *(d.what for d in kept.dropped)]) == sorted(s.id for s in group.solutions)
    without = Group(group.problem, group.solutions, tuple(v for v in group.verdicts if v.scored))
    assert writer.feedback(without).examples == kept.examples
    if transform in ("centred", "scaled"):
        assert sum(rewards(kept)) == pytest.approx(0, abs=1e-9)
    seed = data.draw(st.integers(0, 99))
    mixed = Group(
        group.problem,
        tuple(random.Random(seed).sample(group.solutions, len(group.solutions))),
        tuple(random.Random(seed + 1).sample(group.verdicts, len(group.verdicts))),
    )
    assert writer.feedback(mixed) == kept


def test_the_contract_of_feedback(group_of):
    for transform in ("identity", "centred", "scaled", "sign"):
        check_feedback(Rewards("v", transform), [group_of(1.0, 0.0, Unscored.EMPTY), group_of()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"transform": "log"},
        {"grain": "word"},
        {"grain": "step", "transform": "sign"},
        {"threshold": float("nan")},
    ],
)
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="transform"):
        Rewards("v", **wrong)
