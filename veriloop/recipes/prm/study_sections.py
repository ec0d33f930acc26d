"""The parts of the page that repeat the paper's comparisons: hard against soft labels, and the threshold's sweep.

Source: arXiv 2501.07301, figures 3 to 5. Numbers come from the measures; the main tables are ``page``'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.statistics import Estimate
from veriloop.recipes.prm.measures import Measures
from veriloop.recipes.prm.sources import CONSENSUS, CONSENSUS_SOFT, MC_HARD, MC_SOFT, Source
from veriloop.report.cells import Cell
from veriloop.report.plots import Line, LinePlot, Point
from veriloop.report.tables import Column, Row, Table

PICK = "product"


def hard_against_soft(measures: Measures) -> Table:
    """Two label kinds, before the consensus filter and after it."""
    stages = (
        ("before: Monte Carlo", MC_SOFT, MC_HARD),
        ("after: consensus", CONSENSUS_SOFT, CONSENSUS),
    )
    rows = tuple(
        Row(
            name,
            (
                *(_f1(measures, s) for s in (soft, hard)),
                *(_pick(measures, s) for s in (soft, hard)),
            ),
        )
        for name, soft, hard in stages
    )
    n = measures.best_of.n
    columns = (
        Column("F1, soft", "%", "first error found, trained on shares with squared error"),
        Column("F1, hard", "%", "first error found, trained on 0 and 1 with cross-entropy"),
        Column(f"{PICK}@{n}, soft", "%"),
        Column(f"{PICK}@{n}, hard", "%"),
    )
    return Table(
        "Hard against soft labels, before and after the filter",
        columns,
        rows,
        row_label="solutions",
        interval="95 % interval",
        caption="The paper's figures 3 and 4: level before the filter (40.2 both), 66.5 to 49.3 after it.",
    )


def threshold_sweep(sources: Sequence[Source], measures: Measures) -> list[LinePlot]:
    """First-error F1 and Best-of-N by the threshold of hard labels; nothing where no threshold was tried."""
    swept = [(s.threshold or 0.0, s) for s in (MC_HARD, *sources) if s in (MC_HARD,) or s.threshold]
    if len(swept) < 2:
        return []
    found = [
        Line("F1 of the first error", tuple(Point(t, _f1(measures, s)) for t, s in swept)),
        Line(
            f"{PICK}@{measures.best_of.n}",
            tuple(Point(t, _pick(measures, s)) for t, s in swept),
        ),
    ]
    lines = tuple(line for line in found if any(p.cell.value is not None for p in line.points))
    return [
        LinePlot(
            "What share of rollouts must succeed for a step to count as right",
            lines,
            x_axis="threshold t",
            y_axis="%",
            caption="Monte Carlo hard labels above t, one model each. The paper's figure 5 falls from t = 0 (F1 40.2) "
            "to t = 7/8 (29.5), and Best-of-8 from 65.5 to 64.4.",
        )
    ]


def _f1(measures: Measures, source: Source) -> Cell:
    scores = measures.first_errors.get(f"prm-{source.name}")
    return estimate_cell(scores.pooled.f1 if scores else None)


def _pick(measures: Measures, source: Source) -> Cell:
    return estimate_cell(measures.best_of.row(PICK, f"prm-{source.name}").accuracy)


def estimate_cell(estimate: Estimate | None) -> Cell:
    """An estimate as a cell."""
    if estimate is None:
        return Cell(note="not measured")
    e = estimate
    return Cell(e.value, e.low, e.high, e.n, e.unscored)
