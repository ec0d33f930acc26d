"""The page of a report card: what is said first, what folds, and that every table fits a terminal."""

import numpy as np
import pytest

from veriloop.bench.recorded import Recorded
from veriloop.bench.statistics import Bootstrap
from veriloop.bench.verifier_card import verifier_card
from veriloop.records import Cost
from veriloop.report.render import render
from veriloop.report.terminal import terminal_table
from veriloop.report.verifier_card import (
    headline,
    marks_table,
    shortened,
    terminal_tables,
    verifier_card_page,
)
from veriloop.verify.ballots import Ballots
from veriloop.verify.logistic import fit_logistic

QUICK = Bootstrap(resamples=20)


def judges(count, *, pairs, seed=0, items=40):
    """Verifiers that get better with their number; every third loses the first item."""
    generator = np.random.default_rng(seed)
    gold = (generator.random(items) < 0.5).astype(float)
    skill = np.linspace(0.5, 0.95, count)
    orders = np.where(generator.random((2, items, count)) < skill, gold[:, None], 1 - gold[:, None])
    orders[:, 0, ::3] = np.nan
    votes = orders.mean(axis=0)
    return Recorded(
        Ballots(
            tuple(f"judge {i}" for i in range(count)),
            tuple(map(str, range(items))),
            votes,
            gold,
            pairs=pairs,
        ),
        tuple(str(i // 2) for i in range(items)),
        np.where(np.isnan(votes), "unparsed", ""),
        votes if not pairs else np.full(votes.shape, np.nan),
        (True,) * count,
        (not pairs,) * count,
        tuple(Cost(items, 0, 100 * items * (i + 1), 10 * items) for i in range(count)),
        orders if pairs else None,
        families=tuple(f"family {i % 3}" for i in range(count)),
    )


@pytest.mark.parametrize("pairs", [True, False])
def test_every_table_fits_eighty_columns_and_says_what_was_lost(pairs):
    card = verifier_card(judges(4, pairs=pairs), fit_logistic, rule="logistic", bootstrap=QUICK)
    shown = "\n".join(terminal_table(t) for t in terminal_tables(card))
    assert max(map(len, shown.splitlines())) <= 80
    assert "Abstained and failed" in shown
    assert "unparsed 1" in shown
    assert ("consistent" in shown) == pairs
    assert ("false" in shown) == (not pairs)
    assert ("Cost of a verdict" in shown) == (not pairs)


def test_many_verifiers_are_sorted_and_folded():
    card = verifier_card(judges(30, pairs=True), bootstrap=QUICK)
    table = shortened(marks_table(card))
    assert len(table.rows) == 16
    assert table.rows[12].label == "… 15 more …"
    page = render(verifier_card_page(card))
    assert "<summary>All 30 verifiers</summary>" in page
    assert all(f"judge {i}<" in page for i in range(30))
    best = [m.accuracy.value for m in card.marks]
    assert best == sorted(best, reverse=True)


def test_the_headline_says_who_is_best_and_how_many_judge_places():
    card = verifier_card(judges(3, pairs=True), fit_logistic, rule="logistic", bootstrap=QUICK)
    said = headline(card)
    best = card.marks[0]
    assert f"{best.verifier} is right on {best.accuracy.value:.1f} %" in said
    swayed = sum(m.order.consistent.value < 50 for m in card.marks)
    assert f"{swayed} of 3 judges" in said
    assert f"panel of all is right on {card.panel.panel.value:.1f} %" in said


def test_without_a_panel_the_page_says_why():
    card = verifier_card(judges(3, pairs=False), bootstrap=QUICK)
    assert "The panel was not measured: no combiner was given." in render(verifier_card_page(card))
