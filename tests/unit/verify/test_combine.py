"""Majority, weights and gates: by brute force over all votes of four members, and what must not change anything."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.testing import check_repr
from veriloop.verify.ballots import Ballots
from veriloop.verify.combine import RULES, Gated, Majority, Weighted, weights_of
from veriloop.verify.dawid_skene import DawidSkene
from veriloop.verify.log_odds import LogOdds
from veriloop.verify.logistic import Logistic

VOTES = st.lists(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, np.nan]), min_size=3, max_size=3),
    min_size=1,
    max_size=8,
)
NAMED = (
    Weighted(("a", "b", "c"), (2, -1, 0.5)),
    Logistic(("a", "b", "c"), (2, -1, 0.5), (0.1, 0, 0), 0.3),
    LogOdds(("a", "b", "c"), (0.9, 0.4, 0.6), (0.2, 0.6, 0.6), 0.4),
    DawidSkene(("a", "b", "c"), (0.9, 0.4, 0.6), (0.2, 0.6, 0.6), 0.4),
    Gated(2, ("a", "b", "c")),
    Gated("all", ("a", "b", "c")),
)


def ballots(votes, names="abcd"):
    votes = np.array(votes, float)
    return Ballots(tuple(names[: votes.shape[1]]), tuple(map(str, range(len(votes)))), votes)


ALL = list(product([0.0, 1.0, 0.5, np.nan], repeat=4))


def test_majority_by_brute_force():
    found = Majority().probabilities(ballots(ALL))
    strict = Majority("panel").probabilities(ballots(ALL))
    for votes, chance, of_panel in zip(ALL, found, strict, strict=True):
        pro, contra = votes.count(1.0), votes.count(0.0)
        if pro == contra:
            assert np.isnan(chance)
        else:
            assert chance == pro / (pro + contra)
        assert np.isnan(of_panel) == (max(pro, contra) <= 2)
        assert np.isnan(of_panel) or of_panel == chance


@pytest.mark.parametrize("need", ["any", 1, 2, 3, "all", 4])
def test_a_gate_says_only_what_no_missing_vote_can_change(need):
    """Every way to fill in the missing votes is tried; the gate speaks where all of them agree."""
    count = {"any": 1, "all": 4}.get(need, need)
    for votes, chance in zip(ALL, Gated(need).probabilities(ballots(ALL)), strict=True):
        holes = [i for i, v in enumerate(votes) if v not in (0.0, 1.0)]
        outcomes = set()
        for filling in product([0.0, 1.0], repeat=len(holes)):
            whole = dict(enumerate(votes)) | dict(zip(holes, filling, strict=True))
            outcomes.add(sum(whole.values()) >= count)
        if len(outcomes) == 2 or len(holes) == 4:
            assert np.isnan(chance)
        else:
            assert chance == float(outcomes.pop())


def test_all_with_a_missing_vote_and_no_reject_abstains():
    made = Gated("all").probabilities(ballots([[1, np.nan], [0, np.nan], [1, 1]]))
    np.testing.assert_equal(made, [np.nan, 0, 1])


def test_weights_by_hand_and_turned_round():
    rule = Weighted(("a", "b", "c"), (2, 1, -1))
    made = rule.probabilities(
        ballots([[1, 0, 0], [np.nan, 1, 1], [np.nan, 0.75, np.nan], [np.nan] * 3])
    )
    np.testing.assert_allclose(made, [(1 + 2 / 4) / 2, np.nan, 0.75, np.nan])
    assert weights_of(rule) == {"a": 2, "b": 1, "c": -1}
    assert weights_of(Majority()) == {}


@settings(max_examples=40, deadline=None)
@given(VOTES, st.permutations(range(3)))
def test_neither_order_nor_a_silent_member_changes_a_rule(votes, order):
    given_votes = ballots(votes)
    shuffled = given_votes.of([given_votes.verifiers[i] for i in order])
    more = given_votes.of([*given_votes.verifiers, "silent"])
    for rule in (*NAMED, Majority()):
        known = rule.probabilities(given_votes)
        np.testing.assert_allclose(rule.probabilities(shuffled), known, atol=1e-12)
        np.testing.assert_allclose(rule.probabilities(more), known, atol=1e-12)
        nobody = np.isnan(given_votes.votes).all(axis=1)
        assert np.isnan(known[nobody]).all()
        assert ((known >= 0) & (known <= 1) | np.isnan(known)).all()


@pytest.mark.parametrize("rule", [*NAMED, Majority("panel")])
def test_reprs_rebuild_and_nobody_is_no_item(rule):
    check_repr(rule)
    assert rule.probabilities(ballots(np.empty((0, 3)))).shape == (0,)
    assert f"{type(rule).__module__}:{type(rule).__name__}" in RULES.values()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Majority("most"), "cast votes or of the panel"),
        (lambda: Weighted(("a",), (0.0,)), "not 0"),
        (lambda: Weighted(("a",), (1.0, 2.0)), "one weight"),
        (lambda: Gated(0), "number from 1"),
        (lambda: Gated("most"), "number from 1"),
        (lambda: Gated(3, ("a", "b")), "3 of 2"),
    ],
)
def test_rules_that_cannot_be(make, says):
    with pytest.raises(ValueError, match=says):
        make()
