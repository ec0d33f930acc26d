"""Keep rates of critiques as tables and bars: how many passed the gates, by what, and what each gate removed.

Counting is ``veriloop.feedback.keep_rates``'; intervals are Wilson's, over critiques as if they were independent,
which those of one problem are not: they are somewhat too narrow.
"""

from __future__ import annotations

from veriloop.bench.statistics import wilson
from veriloop.feedback.keep_rates import BY, GateRate, KeepRates, Rate
from veriloop.ids import Json
from veriloop.report.cells import Cell
from veriloop.report.plots import Bar, BarPlot
from veriloop.report.tables import Column, Row, Table

INTERVAL = "95 % Wilson interval over critiques"
_CAPTION = "Critiques of one problem are not independent: the intervals are somewhat too narrow."
_TITLES = {
    "source": "by source",
    "answers": "by different answers to the problem",
    "model": "by model of the target",
    "class": "by class of the target",
}


def keep_rates_json(rates: KeepRates) -> dict[str, Json]:
    """The rates with their intervals."""
    return rates.to_json(wilson)


def keep_rates_table(rates: KeepRates, title: str = "Critiques kept") -> Table:
    """A row for all and for each name of each kind: share kept, kept, of."""
    rows = [_row(rates.overall, "")]
    rows += [_row(rate, _TITLES[what]) for what in BY for rate in rates.by(what)]
    columns = (
        Column("kept", "%", "share of critiques that pass every gate"),
        Column("critiques kept", digits=0),
    )
    return Table(title, columns, tuple(rows), interval=INTERVAL, caption=_CAPTION)


def gates_table(rates: KeepRates, title: str = "What each gate removed") -> Table:
    """A row for each gate in order: how many came, how many it removed, the share that passed, and the reasons."""
    columns = (
        Column("passed", "%", "of those that came to the gate"),
        Column("came", digits=0),
        Column("removed", digits=0),
        Column("why"),
    )
    rows = tuple(
        Row(
            gate.name,
            (_cell(gate), Cell(gate.of), Cell(gate.of - gate.kept), _reasons(gate)),
        )
        for gate in rates.by_gate()
    )
    return Table(title, columns, rows, row_label="gate", interval=INTERVAL)


def keep_rates_plot(rates: KeepRates, title: str = "Critiques kept") -> BarPlot:
    """A bar for each name, under what it goes by."""
    bars = [Bar("all", _cell(rates.overall))]
    for what in BY:
        bars += [Bar(rate.name, _cell(rate), group=_TITLES[what]) for rate in rates.by(what)]
    return _plot(title, bars, _CAPTION)


def gates_plot(rates: KeepRates, title: str = "Critiques left after each gate") -> BarPlot:
    """A bar for each gate: the share of all critiques that is left behind it."""
    of = rates.overall.of
    bars = [Bar(gate.name, _cell(Rate(gate.name, gate.kept, of))) for gate in rates.by_gate()]
    return _plot(title, bars, "Of all critiques, what is left after this gate and those before it.")


def _plot(title: str, bars: list[Bar], caption: str) -> BarPlot:
    return BarPlot(
        title, tuple(bars), axis="kept, %", high=100.0, caption=caption, interval=INTERVAL
    )


def _row(rate: Rate, group: str) -> Row:
    return Row(rate.name, (_cell(rate), Cell(rate.kept)), group=group)


def _cell(rate: Rate | GateRate) -> Cell:
    if not rate.of:
        return Cell(note="no critique came here")
    low, high = wilson(rate.kept, rate.of)
    return Cell(100 * rate.kept / rate.of, 100 * low, 100 * high, rate.of)


def _reasons(gate: GateRate) -> str:
    return ", ".join(f"{why}: {n:,}" for why, n in gate.reasons)
