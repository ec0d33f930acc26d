"""Accuracy against spend: every point by a plain loop, the front by comparing all pairs, the ends."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.cascades import cascade_curve, run_bounds
from veriloop.bench.statistics import Bootstrap
from veriloop.verify.ballots import Ballots

FEW = Bootstrap(20)


def recorded(seed, items=40, stages=3):
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, 2, items).astype(float)
    votes = np.clip(gold[:, None] + generator.normal(0, 0.6, (items, stages)), 0, 1)
    votes[generator.random(votes.shape) < 0.1] = np.nan
    cost = np.array([1.0, 5.0, 30.0])[:stages] * np.ones((items, 1))
    return Ballots(tuple("abc"[:stages]), tuple(map(str, range(items))), votes, gold, cost)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.sampled_from([(0.9, 0.1), (0.7, 0.0), (0.5, 0.5), (1.0, 0.2)]))
def test_a_point_is_what_a_plain_loop_finds(seed, bounds):
    ballots = recorded(seed)
    accept, reject = bounds
    right, spent, asked = 0.0, 0.0, np.zeros(3)
    for votes, cost, gold in zip(ballots.votes, ballots.cost, ballots.gold, strict=True):
        said = np.nan
        for k in range(3):
            asked[k] += 1
            spent += cost[k]
            if not np.isnan(votes[k]) and (k == 2 or votes[k] >= accept or votes[k] <= reject):
                said = votes[k]
                break
        right += 0.5 if np.isnan(said) or said == 0.5 else (said > 0.5) == gold
    (point,) = cascade_curve(ballots, [bounds], bootstrap=FEW).points
    assert point.accuracy.value == pytest.approx(100 * right / 40)
    assert point.spend.value == pytest.approx(spent / 40)
    assert point.asked == pytest.approx(tuple(asked / 40))
    assert point.accuracy.low <= point.accuracy.value <= point.accuracy.high
    assert point.accuracy.n == 40


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_nothing_beats_the_front(seed):
    curve = cascade_curve(recorded(seed, stages=2), bootstrap=FEW)
    front = curve.front()
    for point in (*curve.points, *curve.alone):
        assert any(
            f.spend.value <= point.spend.value and f.accuracy.value >= point.accuracy.value
            for f in front
        )
    for point in front:
        assert not any(
            o.spend.value <= point.spend.value and o.accuracy.value > point.accuracy.value
            for o in (*curve.points, *curve.alone)
        )
    budget = float(np.median([p.spend.value for p in front]))
    assert curve.choose(budget).spend.value <= budget
    with pytest.raises(ValueError, match="the cheapest spends"):
        curve.choose(0.5)


def test_the_ends_are_the_stages_alone():
    ballots = recorded(0, stages=2)
    whole = Ballots(
        ballots.verifiers,
        ballots.items,
        np.nan_to_num(ballots.votes, nan=0.4),
        ballots.gold,
        ballots.cost,
    )
    curve = cascade_curve(whole, [(0.5, 0.5), (1.1, -0.1)], bootstrap=FEW)
    cheap, dear = curve.points
    assert cheap.accuracy.value == curve.alone[0].accuracy.value
    assert cheap.spend.value == curve.alone[0].spend.value == 1
    assert dear.accuracy.value == curve.alone[1].accuracy.value
    assert dear.spend.value == 6  # the cheap one was asked for nothing
    assert [p.name for p in curve.alone] == ["always a", "always b"]
    assert len(curve.lines()) == 2 + len([p for p in curve.front() if p not in curve.alone])
    assert curve.to_json()["points"][0]["asked"] == [1.0, 0.0]


def test_recorded_bounds_are_the_running_cascade():
    """The same items through ``veriloop.verify.cascade`` get the same values and are asked about equally often."""
    spec = importlib.util.spec_from_file_location(
        "stages", Path(__file__).parents[1] / "verify" / "test_cascade.py"
    )
    running = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(running)
    ballots = recorded(3, items=25)
    columns = [[None if np.isnan(v) else float(v) for v in column] for column in ballots.votes.T]
    cascade = running.Cascade(
        tuple(running.stage(n, *c) for n, c in zip("abc", columns, strict=True)), 0.8, 0.3
    )
    made = running.run(cascade, 25)
    chance, _, asked = run_bounds(ballots, 0.8, 0.3)
    np.testing.assert_equal([np.nan if v.value is None else v.value for v in made], chance)
    assert [stage.asked for stage in cascade.account()] == asked.sum(axis=0).tolist()


def test_what_cannot_be_swept():
    with pytest.raises(ValueError, match="gold is known"):
        cascade_curve(recorded(0).without_gold())
    with pytest.raises(ValueError, match="above acceptance"):
        cascade_curve(recorded(0), [(0.2, 0.4)])
