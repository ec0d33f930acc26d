"""The pictures of a report card: which there are, what they leave out, and a curve point by point."""

from itertools import pairwise

import numpy as np

from veriloop.bench.recorded import Recorded
from veriloop.bench.statistics import Bootstrap
from veriloop.bench.verifier_card import verifier_card
from veriloop.records import Cost
from veriloop.report.plots import BarPlot, HeatMap, LinePlot, ScatterPlot
from veriloop.report.verifier_plots import SQUARES, verifier_plots
from veriloop.verify.ballots import Ballots
from veriloop.verify.logistic import fit_logistic

QUICK = Bootstrap(resamples=20)


def scorers(count, cost=1, items=30):
    """Scores of 0.25 and 0.75 for verifiers of growing skill."""
    generator = np.random.default_rng(0)
    gold = (np.arange(items) % 2).astype(float)
    right = generator.random((items, count)) < np.linspace(0.6, 0.9, count)
    votes = np.where(right == (gold[:, None] > 0.5), 0.75, 0.25)
    names = tuple(f"v{i}" for i in range(count))
    return Recorded(
        Ballots(names, tuple(map(str, range(items))), votes, gold),
        tuple(map(str, range(items))),
        np.full(votes.shape, ""),
        votes,
        (True,) * count,
        (True,) * count,
        tuple(Cost(items, 0, cost * items * 10**i, 0) for i in range(count)),
        families=tuple("ab"[i % 2] for i in range(count)),
    )


def by_kind(card, shown=15):
    return {type(p): p for p in verifier_plots(card, shown)}


def test_each_picture_is_there_with_its_numbers():
    card = verifier_card(scorers(3), fit_logistic, rule="logistic", bootstrap=QUICK)
    plots = by_kind(card)
    assert set(plots) == {LinePlot, HeatMap, BarPlot, ScatterPlot}
    curve = plots[LinePlot].lines[0]
    assert [p.x for p in curve.points] == [0.25, 0.75]
    bins = [b for b in card.marks[0].calibration.bins if b.n]
    assert [p.cell.value for p in curve.points] == [b.right.value for b in bins]
    assert [p.cell.n for p in curve.points] == [b.n for b in bins]
    assert plots[LinePlot].lines[-1].label == "as said"
    assert [d.x.value for d in plots[ScatterPlot].dots] == [
        m.per_verdict("prompt_tokens") for m in card.marks
    ]
    diagonal = [plots[HeatMap].values[i][i].value for i in range(3)]
    assert diagonal == [1.0, 1.0, 1.0]


def test_without_costs_or_a_panel_there_is_no_picture_of_them():
    plots = by_kind(verifier_card(scorers(3, cost=0), bootstrap=QUICK))
    assert set(plots) == {LinePlot, HeatMap}


def test_of_many_the_squares_show_the_best_of_each_family():
    card = verifier_card(scorers(26), bootstrap=QUICK)
    heat = by_kind(card)[HeatMap]
    assert len(heat.rows) == SQUARES
    assert "Shown are 20 of 26" in heat.caption
    families = [int(name[1:]) % 2 for name in heat.rows]
    assert sorted(families) in ([0] * 10 + [1] * 10,)
    assert sum(a != b for a, b in pairwise(families)) == 1
