"""Calibration on the recorded votes of LLMBar: the known figures, and a report that says who was turned round."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from veriloop.bench.calibration import calibration
from veriloop.bench.panel_value import cross_validated
from veriloop.bench.recorded_votes import recorded_votes
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError
from veriloop.verify.ballots import Ballots
from veriloop.verify.calibrate import (
    NAMES,
    calibrate,
    credit,
    make_rule,
    report_of,
)
from veriloop.verify.combine import Majority
from veriloop.verify.dawid_skene import fit_dawid_skene
from veriloop.verify.logistic import fit_logistic

ROOT = Path(__file__).parents[3]
WHOLE = ROOT.parent / "shared" / "data" / "llmbar" / "evaluator_votes.csv"
SAMPLE = ROOT / "tests" / "data" / "llmbar_votes_sample.csv"
STRONGEST = "GPT-4"
real = pytest.mark.skipif(not WHOLE.is_file(), reason="the whole of LLMBar is not here")


@cache
def read(path):
    return recorded_votes(path)


def judges(recorded, *, strongest=True):
    """65 judges, an evaluator with a prompt each: the mean of their two orders."""
    names = [v for v in recorded.verifiers if strongest or not v.startswith(f"{STRONGEST} ")]
    return recorded.ballots.of(names)


def each_order(recorded, *, strongest=True):
    """130 voters: every judge in each order is one."""
    names = [f"{v}, {way}" for way in ("first", "second") for v in recorded.verifiers]
    votes = np.hstack(list(recorded.orders))
    made = Ballots(tuple(names), recorded.ballots.items, votes, recorded.ballots.gold, pairs=True)
    return made.of([n for n in names if strongest or not n.startswith(f"{STRONGEST} ")])


def accuracy(chance, ballots):
    return 100 * float(np.mean(credit(chance, ballots.gold)))


def held_out(ballots, labels, draw):
    """Accuracy on the other items of a combiner that saw the gold of ``labels`` drawn ones."""
    chosen = np.random.default_rng(draw).choice(len(ballots.items), labels, replace=False)
    seen = np.isin(np.arange(len(ballots.items)), chosen)
    rule = fit_logistic(replace(ballots, gold=np.where(seen, ballots.gold, np.nan)))
    rest = ballots.rows(~seen)
    return accuracy(rule.probabilities(rest), rest)


@real
def test_figures_without_calibration():
    """Each order of each judge is a voter, ties count half: 62.9, 48.2, 44.9 %; the best judge's orders: 87.2 %."""
    recorded = read(WHOLE)
    both, weak = each_order(recorded), each_order(recorded, strongest=False)
    assert accuracy(Majority().probabilities(both), both) == pytest.approx(62.9, abs=0.05)
    assert accuracy(Majority().probabilities(weak), weak) == pytest.approx(48.2, abs=0.05)
    assert accuracy(fit_dawid_skene(weak).probabilities(weak), weak) == pytest.approx(
        44.9, abs=0.05
    )
    gold = recorded.ballots.gold
    alone = {
        v: accuracy(col, recorded.ballots)
        for v, col in zip(recorded.verifiers, recorded.ballots.votes.T, strict=True)
    }
    assert max(alone, key=alone.get) == "GPT-4 Metrics_Reference"
    orders = recorded.orders[:, :, recorded.verifiers.index("GPT-4 Metrics_Reference")]
    assert 100 * np.mean(orders == gold) == pytest.approx(87.2, abs=0.05)


@real
def test_calibrated_and_cross_validated():
    recorded = read(WHOLE)
    for ballots, least in ((judges(recorded), 90.0), (judges(recorded, strongest=False), 78.0)):
        chance = cross_validated(ballots, ballots.items, fit_logistic, folds=10)
        assert accuracy(chance, ballots) >= least
        found = calibration(chance, ballots.gold, ballots.items, bootstrap=Bootstrap(resamples=20))
        assert found.expected_error.value < 0.09


@real
def test_ten_labels():
    ballots = judges(read(WHOLE))
    assert np.mean([held_out(ballots, 10, draw) for draw in range(20)]) >= 86.0


@real
@pytest.mark.parametrize("strongest", [True, False])
def test_label_free_estimates_are_doubted_and_ten_labels_say_why(strongest):
    ballots = judges(read(WHOLE), strongest=strongest)
    assert "err together" in fit_dawid_skene(ballots.without_gold()).warning
    told = 0
    for draw in range(10):
        chosen = np.random.default_rng(draw).choice(419, 10, replace=False)
        few = replace(ballots, gold=np.where(np.isin(np.arange(419), chosen), ballots.gold, np.nan))
        told += "gold contradicts" in fit_dawid_skene(few).warning
    assert told == 10 if not strongest else told >= 4


def test_the_sample_and_its_report():
    recorded = read(SAMPLE)
    ballots = judges(recorded)
    assert ballots.votes.shape == (40, 12)
    rule, report = calibrate(ballots, labels=ballots.items[::2])
    assert report.labels == rule.labels == 20
    weights = dict(zip(rule.verifiers, rule.weights, strict=True))
    (leader,) = report.roles("leads")
    assert weights[leader] == max(weights.values())
    assert leader.startswith(("GPT-4 ", "PaLM2 "))  # the two best evaluators of the whole set
    flipped = report.roles("flipped")
    assert flipped
    assert all(weights[name] < 0 for name in flipped)
    lines = report.lines()
    assert max(len(part) for line in lines for part in line.splitlines()) <= 79
    text = "\n".join(lines)
    assert f"flipped: {flipped[0]}" in text.replace("\n  ", " ")
    assert "20 gold labels" in text
    pro, contra = (ballots.votes > 0.5).any(axis=1), (ballots.votes < 0.5).any(axis=1)
    assert report.disputed == int((pro & contra).sum())
    chance = rule.probabilities(ballots)
    for member, votes in zip(report.members, ballots.votes.T, strict=True):
        against = [
            (v > 0.5) != (p > 0.5) for v, p, d in zip(votes, chance, pro & contra, strict=True)
            if d and v != 0.5 and not np.isnan(v)
        ]  # fmt: skip
        assert (member.lost, member.disputes) == (sum(against), len(against))


def test_labels_of_other_items_are_not_looked_at():
    ballots = judges(read(SAMPLE))
    seen = ballots.items[:15]
    wrong = np.where(np.arange(40) < 15, ballots.gold, 1 - ballots.gold)
    assert (
        calibrate(ballots, labels=seen)[0]
        == calibrate(replace(ballots, gold=wrong), labels=seen)[0]
    )
    with pytest.raises(InputError, match="no item 'nowhere'"):
        calibrate(ballots, labels=["nowhere"])


@pytest.mark.parametrize("name", [n.replace("K", "7") for n in NAMES])
def test_every_rule_is_made_and_reported(name):
    ballots = judges(read(SAMPLE))
    rule, report = calibrate(ballots, name)
    chance = rule.probabilities(ballots)
    assert report.decided == int((~np.isnan(chance)).sum())
    assert report.hits == pytest.approx(float(credit(chance, ballots.gold).sum()))
    assert report.to_json()["rule"] == name


def test_a_silent_member_a_warning_and_names_that_are_none():
    ballots = judges(read(SAMPLE))
    more = ballots.of([*ballots.verifiers, "nobody"]).without_gold()
    report = report_of(fit_dawid_skene(more), more)
    assert report.roles("silent") == ("nobody",)
    assert report.warnings[-1] == "no gold label checks it: a few would"
    for name, says in (
        ("best", "no rule 'best'"),
        ("at-least:13", "can never be reached"),
        ("at-least:0", "no rule"),
    ):
        with pytest.raises(InputError, match=says):
            make_rule(ballots, name)
    with pytest.raises(InputError, match="none is given"):
        calibrate(ballots, labels=[])
