"""The value of a member of a panel: by hand, with copies and liars, and with folds that keep problems whole."""

from dataclasses import dataclass
from typing import final

import numpy as np
import pytest

from veriloop.bench.panel_value import accuracy_of, cross_validated, panel_value
from veriloop.bench.recorded import Recorded
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.records import Cost
from veriloop.verify.ballots import Ballots
from veriloop.verify.logistic import fit_logistic

FEW = Bootstrap(resamples=60)


def recorded(votes, gold, units=None):
    votes = np.asarray(votes, float)
    count = votes.shape[1]
    items = tuple(map(str, range(len(votes))))
    return Recorded(
        Ballots(tuple(f"v{i}" for i in range(count)), items, votes, np.asarray(gold, float)),
        tuple(units or items),
        np.where(np.isnan(votes), "engine", ""),
        votes,
        (True,) * count,
        (False,) * count,
        (Cost(),) * count,
    )


@final
@dataclass(frozen=True)
class Mean:
    """The mean of the votes."""

    def probabilities(self, ballots):
        votes = ballots.votes
        known = ~np.isnan(votes)
        return np.where(
            known.any(axis=1), np.nansum(votes, axis=1) / known.sum(axis=1).clip(1), np.nan
        )


def test_by_hand_with_a_rule_that_learns_nothing():
    gold = [1, 1, 0, 0]
    votes = [[1, 1, 0], [1, 0, 0], [0, 0, 1], [1, 1, 1]]
    found = panel_value(recorded(votes, gold), lambda _: Mean(), bootstrap=FEW, rule="mean")
    assert found is not None
    # All: 2/3 right, 1/3 wrong, 1/3 right, 3/3 wrong -> 2 of 4.
    assert found.panel.value == 50.0
    # Without v0: ties on items 0 and 2, wrong on 1 and 3. Without v1: three ties. Without v2: one tie, one wrong.
    assert [m.without.value for m in found.members] == [25.0, 37.5, 62.5]
    assert [m.value.value for m in found.members] == [25.0, 12.5, -12.5]
    assert (found.best, found.best_accuracy.value, found.over_best.value) == ("v0", 75.0, -25.0)


def test_a_copy_adds_nothing_and_a_liar_is_worth_as_much_as_its_mirror():
    generator = np.random.default_rng(0)
    gold = generator.integers(0, 2, 300)
    good = np.where(generator.random(300) < 0.8, gold, 1 - gold)
    liar = 1 - np.where(generator.random(300) < 0.9, gold, 1 - gold)
    found = panel_value(
        recorded(np.column_stack([good, good, liar]), gold), fit_logistic, bootstrap=FEW
    )
    assert found is not None
    first, second, third = (m.value.value for m in found.members)
    assert abs(first) < 1.0
    assert abs(second) < 1.0
    assert third > 5.0
    assert found.panel.value == pytest.approx(90, abs=4)
    assert found.over_best.value > 5.0  # the liar itself is right on a tenth


def test_a_problem_is_never_decided_by_what_was_learned_on_it():
    seen = []

    def fit(ballots):
        seen.append({item.split("/")[0] for item in ballots.items})
        return Mean()

    units = [str(i // 3) for i in range(30)]
    ballots = Ballots(
        ("v",), tuple(f"{u}/{i}" for i, u in enumerate(units)), np.ones((30, 1)), np.ones(30)
    )
    cross_validated(ballots, units, fit, folds=4)
    assert len(seen) == 4
    for known in seen:
        assert 6 <= len(known) < 10
    held = [set(units) - known for known in seen]
    assert sum(map(len, held)) == len(set().union(*held)) == 10


def test_the_gold_of_what_is_decided_is_not_shown_to_the_rule():
    @final
    @dataclass(frozen=True)
    class Looks:
        def probabilities(self, ballots):
            assert np.isnan(ballots.gold).all()
            return np.ones(len(ballots.items))

    ballots = Ballots(("v",), ("a", "b"), np.ones((2, 1)), np.array([1.0, 0.0]))
    assert cross_validated(ballots, ("a", "b"), lambda _: Looks(), folds=2).tolist() == [1.0, 1.0]


def test_a_panel_that_abstains_is_unscored_not_wrong():
    votes = [[1, 1], [0, 0], [np.nan, np.nan]]
    found = panel_value(recorded(votes, [1, 0, 1]), lambda _: Mean(), bootstrap=FEW)
    assert found is not None
    assert (found.panel.value, found.panel.n, found.panel.unscored) == (100.0, 2, 1)


def test_there_is_no_panel_of_one_nor_on_one_problem():
    assert panel_value(recorded([[1], [0]], [1, 0]), fit_logistic) is None
    assert panel_value(recorded([[1, 1], [0, 0]], [1, 0], ["a", "a"]), fit_logistic) is None


def test_what_never_varies_is_not_certain():
    """Wilson's interval of 0 of 8 (Newcombe 1998): a resample of eight zeros would say that 0 is all there is."""
    found = accuracy_of(np.zeros(8), np.arange(8), DEFAULT)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(32.44, abs=0.01)
