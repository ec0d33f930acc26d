"""The pictures of a verifier report card: accuracy, calibration, agreement, order, value in a panel, and cost.

Each shows at most as many verifiers as can be read; which are left out is said below it. Tables are in
``verifier_card``.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.verifier_agreement import Agreement
from veriloop.bench.verifier_card import VerifierCard, VerifierMarks
from veriloop.report.cells import Cell
from veriloop.report.plots import (
    Bar,
    BarPlot,
    Dot,
    HeatMap,
    Line,
    LinePlot,
    Plot,
    Point,
    Reference,
    ScatterPlot,
)

CURVES = 6
SQUARES = 20
_BOOTSTRAP = "95 % bootstrap intervals over problems"


def verifier_plots(card: VerifierCard, shown: int) -> list[Plot]:
    """All pictures that there is something to draw for; of bars at most ``shown``."""
    plots: list[Plot | None] = [
        _calibration(card),
        _agreement(card),
        _orders(card),
        _panel(card, shown),
        _costs(card),
    ]
    return [plot for plot in plots if plot is not None]


def _calibration(card: VerifierCard) -> LinePlot | None:
    marks = [m for m in card.marks if m.calibration]
    if not marks:
        return None
    lines = tuple(Line(m.verifier, _points(m)) for m in marks[:CURVES])
    even = tuple(Point(x / 4, Cell(25.0 * x)) for x in range(5))
    left = f" {len(marks) - CURVES} more are in the file." if len(marks) > CURVES else ""
    return LinePlot(
        "Do scores mean what they say?",
        (*lines, Line("as said", even, dashed=True, marked=False)),
        x_axis="score, mean of its bin",
        y_axis="right, %",
        low=0.0,
        high=100.0,
        caption="Below the dashed line a verifier is too sure, above it too shy. Empty bins have no point; n of each "
        f"is in the numbers.{left}",
        interval="95 % Wilson intervals of a bin",
    )


def _points(marks: VerifierMarks) -> tuple[Point, ...]:
    found = marks.calibration.bins if marks.calibration else ()
    return tuple(
        Point(round(b.said, 3), Cell(b.right.value, b.right.low, b.right.high, b.n))
        for b in found
        if b.said is not None and b.right is not None
    )


def _agreement(card: VerifierCard) -> HeatMap | None:
    found = card.agreement
    if found is None:
        return None
    names = _chosen(card, found)
    place = {name: i for i, name in enumerate(found.verifiers)}
    index = [place[name] for name in names]
    left = len(found.verifiers) - len(names)
    told = (
        f" Shown are {len(names)} of {len(found.verifiers)}, the best of each family first."
        if left
        else ""
    )
    return HeatMap(
        "Who says the same as whom?",
        tuple(names),
        tuple(names),
        tuple(tuple(_kappa(found, i, j) for j in index) for i in index),
        caption="Cohen's kappa: full for always, none for as often as by chance, orange for less. Two that always "
        f"agree are one voice in a panel.{told}",
        interval=_BOOTSTRAP,
    )


def _chosen(card: VerifierCard, found: Agreement) -> list[str]:
    """At most SQUARES verifiers: turn by turn the next best of each family, then families together."""
    known = set(found.verifiers)
    ranked = [m for m in card.marks if m.verifier in known]
    turn: dict[str, int] = {}
    order: list[tuple[int, int, VerifierMarks]] = []
    for i, m in enumerate(ranked):
        turn[m.family] = turn.get(m.family, 0) + 1
        order.append((turn[m.family] if m.family else 0, i, m))
    kept = [m for _, _, m in sorted(order, key=lambda one: one[:2])[:SQUARES]]
    families = list(dict.fromkeys(m.family for m in ranked))
    return [m.verifier for family in families for m in ranked if m in kept and m.family == family]


def _kappa(found: Agreement, i: int, j: int) -> Cell:
    n = int(found.n[i, j])
    value = float(found.kappa[i, j])
    if value != value:
        return Cell(note="undefined: both always say one thing, or nothing is shared")
    if i == j:
        return Cell(1.0, n=n)
    low, high = float(found.low[i, j]), float(found.high[i, j])
    return Cell(value, low, high, n)


def _orders(card: VerifierCard) -> ScatterPlot | None:
    marks = [m for m in card.marks if m.order and m.accuracy]
    if not marks:
        return None
    named = {m.verifier for m in _spread(marks)}
    dots = tuple(
        Dot(
            m.verifier,
            _plain(m.order.consistent.value, m.order.consistent.n, m.order.consistent.unscored),
            _plain(m.accuracy.value, m.accuracy.n, m.accuracy.unscored),
            m.family,
            m.verifier not in named,
        )
        for m in marks
        if m.order and m.accuracy
    )
    return ScatterPlot(
        "Does the winner stay when the outputs change places?",
        tuple(sorted(dots, key=lambda d: d.faint)),
        x_axis="pairs with the same winner in both orders, %",
        y_axis="accuracy, %",
        references=(Reference("chance", 50.0),),
        caption="A judge may be consistent and wrong: then it prefers something else than what is asked. Named is the "
        "best of each family.",
    )


def _spread(marks: Sequence[VerifierMarks]) -> list[VerifierMarks]:
    """The best of each family; without families the best and the last few."""
    best: dict[str, VerifierMarks] = {}
    for m in marks:
        best.setdefault(m.family, m)
    return list(best.values()) if len(best) > 1 else [*marks[:6], *marks[-2:]]


def _plain(value: float, n: int, unscored: int) -> Cell:
    return Cell(value, n=n, unscored=unscored)


def _panel(card: VerifierCard, shown: int) -> BarPlot | None:
    panel = card.panel
    if panel is None:
        return None
    members = sorted(panel.members, key=lambda m: -m.value.value)
    kept = members if len(members) <= shown else [*members[: shown - 3], *members[-3:]]
    told = (
        f" Shown are the first {shown - 3} and the last 3 of {len(members)}."
        if kept != members
        else ""
    )
    bars = tuple(
        Bar(m.verifier, Cell(m.value.value, m.value.low, m.value.high, m.value.n, m.value.unscored))
        for m in kept
    )
    return BarPlot(
        "What does each add to the others?",
        bars,
        axis="points of accuracy that the panel loses without it",
        caption=f"Cross-validated, combined by {panel.rule}: all of them, less all but this one.{told}",
        interval="95 % paired bootstrap intervals over problems",
        low=None,
    )


def _costs(card: VerifierCard) -> ScatterPlot | None:
    """Accuracy against dollars where any were paid, else against tokens; None without costs."""
    if card.pairs:
        return None
    usd = any(m.cost.usd for m in card.marks)
    dots = tuple(
        Dot(
            m.verifier,
            Cell(paid, n=m.asked),
            Cell(
                m.accuracy.value, m.accuracy.low, m.accuracy.high, m.accuracy.n, m.accuracy.unscored
            ),
        )
        for m in card.marks
        if m.accuracy and (paid := _paid(m, usd)) is not None and paid > 0
    )
    if len(dots) < 2:
        return None
    free = [m.verifier for m in card.marks if m.accuracy and not _paid(m, usd)]
    told = f" Without such a cost: {', '.join(free)}." if free else ""
    return ScatterPlot(
        "What does accuracy cost?",
        dots,
        x_axis="dollars a verdict" if usd else "tokens a verdict, read and written",
        y_axis="accuracy, %",
        digits=4 if usd else 1,
        caption=f"Each mark is a verifier; the scale of costs is logarithmic.{told}",
        interval=_BOOTSTRAP,
        x_scale="log10",
    )


def _paid(marks: VerifierMarks, usd: bool) -> float | None:
    if usd:
        return marks.per_verdict("usd")
    read, written = marks.per_verdict("prompt_tokens"), marks.per_verdict("tokens")
    return None if read is None or written is None else read + written
