"""What is paired in P-MMEval, as tables and plots: models, prompt languages, transfer from English, and model size.

Every difference stands with its p, the p adjusted for all that were asked at once, and the gap that would have been
found. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.comparison import PairedDifference
from veriloop.bench.pmmeval.summary import Contrast
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.bench.power import NO_SCATTER
from veriloop.bench.scaling import Scaling, Scalings
from veriloop.bench.statistics import Estimate
from veriloop.bench.transfer import Transfer, TransferTable
from veriloop.report.cells import Cell
from veriloop.report.forest import ForestPlot, ForestRow
from veriloop.report.plots import HeatMap, Line, LinePlot, Point
from veriloop.report.pmmeval_tables import estimate, title_of
from veriloop.report.tables import Column, Row, Table

INTERVAL = "95 % bootstrap interval over items, all languages of an item together"
PAIRED = "n counts answers of both to the same items; items without a counterpart are left out."
UNDECIDED = "not known"
SENTENCES = "mean of sentence scores, where the scores above are of the whole corpus"


def shown_p(p: float) -> str:
    """``0.034``, or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def name_of(contrast: Contrast) -> str:
    """``large − small (prompt en)``."""
    return f"{contrast.comparison.first} − {contrast.comparison.second} ({contrast.held})"


def detectable_cell(found: PairedDifference) -> Cell:
    """The smallest gap that these items would show, or why none is known or can be."""
    gap = found.detectable
    if gap is None:
        return Cell(note=NO_SCATTER)
    if not gap.reachable:
        return Cell(note="no gap can be shown where the two differ in so few answers")
    return Cell(gap.gap)


def contrasts_table(contrasts: Sequence[Contrast], title: str, caption: str) -> Table:
    """Differences by task, a group for each contrast."""
    rows: list[Row] = []
    for one in contrasts:
        for name in (key for key in TASKS if key in one.comparison.sets):
            d = one.comparison.sets[name]
            note = SENTENCES if name == "flores" else ""
            cells = (
                estimate(d.difference),
                Cell(d.first, note=note),
                Cell(d.second, note=note),
                shown_p(d.p),
                shown_p(one.holm[name]),
                detectable_cell(d),
            )
            rows.append(Row(title_of(name), cells, group=name_of(one)))
    return Table(
        title,
        (
            Column("difference", "points"),
            Column("first"),
            Column("second"),
            Column(
                "p",
                tooltip="McNemar's exact test where all items are drawn one by one, else sign flips of draws",
            ),
            Column("Holm", tooltip="p adjusted for all rows of this table"),
            Column(
                "gap", "points", "smallest detectable gap at power 0.8 and two-sided alpha 0.01"
            ),
        ),
        tuple(rows),
        row_label="task",
        interval=INTERVAL,
        caption=caption,
        losses=PAIRED,
        folded="Unfold all differences" if len(contrasts) > 2 else "",
    )


def languages_table(contrasts: Sequence[Contrast], title: str) -> Table | None:
    """The same by language, with p adjusted within each contrast; None where there is one language."""
    codes = [
        c for c in LANGUAGES if any(c == code for k in contrasts for _, code in k.comparison.languages)
    ]  # fmt: skip
    if len(codes) < 2:
        return None
    rows: list[Row] = []
    for one in contrasts:
        told = one.comparison
        for name in (key for key in TASKS if key in told.sets):
            cells: list[Cell] = []
            for code in codes:
                d = told.languages.get((name, code))
                note = "Holm p below 0.01" if d and told.holm_languages[name, code] < 0.01 else ""
                cells.append(
                    Cell(d.difference.value, *_ends(d.difference), d.n, note=note)
                    if d
                    else Cell(note="not in both")
                )
            rows.append(Row(title_of(name), tuple(cells), group=name_of(one)))
    return Table(
        title,
        tuple(Column(c, tooltip=LANGUAGES[c].name) for c in codes),
        tuple(rows),
        row_label="task",
        interval=INTERVAL,
        caption="Differences in points. A footnote marks those that stay below 0.01 after Holm's correction for all "
        "tasks and languages of the pair.",
        losses=PAIRED,
        folded="Unfold the differences by language",
    )


def _ends(found: Estimate) -> tuple[float, float]:
    return min(found.low, found.value), max(found.high, found.value)


def forest_of(contrast: Contrast) -> ForestPlot:
    """The contrast as a forest plot, a row for each task and one overall."""
    told = contrast.comparison
    rows = [
        _forest_row(title_of(name), told.sets[name], f"Holm p {shown_p(contrast.holm[name])}")
        for name in TASKS
        if name in told.sets
    ]
    whole = contrast.shares
    if whole is not None:
        name = "all but FLORES-200" if "flores" in told.sets else "mean of these"
        rows.append(_forest_row(name, whole, f"p {shown_p(whole.p)}"))
    return ForestPlot(
        name_of(contrast),
        tuple(rows),
        axis="difference in points",
        interval=INTERVAL,
        detectable="gaps that these items would not show at power 0.8 and alpha 0.01",
    )


def _forest_row(label: str, d: PairedDifference, beside: str) -> ForestRow:
    gap = detectable_cell(d).value
    return ForestRow(label, estimate(d.difference), gap, beside=beside)


def transfer_tables(tables: Sequence[TransferTable]) -> tuple[Table, Table]:
    """CACR by task and language, and everything that stands beside it, folded."""
    codes = [c for c in LANGUAGES if any(code == c for told in tables for _, code in told.places)]
    several = len(codes) > 1
    rows: list[Row] = []
    details: list[Row] = []
    for told in tables:
        for key in (key for key in TASKS if any(name == key for name, _ in told.places)):
            own = [told.places.get((key, c)) for c in codes]
            cells = [estimate(told.sets.get(key), "no language has one")] if several else []
            cells += [_cacr(one) for one in own]
            rows.append(Row(title_of(key), tuple(cells), group=told.system))
            group = f"{told.system}, {title_of(key)}"
            details += [Row(one.language, _details(one), group=group) for one in own if one]
    first = Table(
        f"Right in {LANGUAGES[tables[0].source].name} and right in the language",
        (
            *([Column("mean", "%", "plain mean over languages")] if several else []),
            *(Column(c, "%", tooltip=LANGUAGES[c].name) for c in codes),
        ),
        tuple(rows),
        row_label="task",
        interval="95 % interval (Wilson; of means and of items drawn together, bootstrap)",
        caption="CACR: of the items that are right in English, the share that is right in the language too. A model "
        "whose answers had nothing to do with each other would have its plain accuracy here; lift and phi say how far "
        "it is from that.",
        losses="n counts items that are right in English.",
        folded="Unfold CACR of all systems" if len(tables) > 2 else "",
    )
    second = Table(
        "Transfer in full",
        (
            Column("CACR", "%"),
            Column(
                "lift", tooltip="CACR over the accuracy in the language: 1 if independent", digits=2
            ),
            Column("phi", tooltip="correlation of right and wrong: 0 if independent", digits=2),
            Column("reverse", "%", "right in the language, of the items wrong in English"),
            Column("Jaccard", "%", "right in both, of right in either"),
            Column("same answer", "%", "equal answers, where options stand in the same order"),
        ),
        tuple(details),
        row_label="language",
        interval="95 % bootstrap interval over items",
        folded="Unfold lift, phi and the reverse",
        losses="n counts items that both languages have; of CACR and reverse, those they are shares of.",
    )
    return first, second


def _cacr(one: Transfer | None) -> Cell:
    if one is None:
        return Cell(note="not aligned with English")
    return estimate(one.cacr, _why(one, "cacr"))


def _details(one: Transfer) -> tuple[Cell, ...]:
    return tuple(
        estimate(getattr(one, name), _why(one, name))
        for name in ("cacr", "lift", "phi", "reverse", "jaccard", "agreement")
    )


def _why(one: Transfer, name: str) -> str:
    return (one.reasons or {}).get(name, "") or UNDECIDED


def phi_map(told: TransferTable) -> HeatMap | None:
    """Phi by task and language; None where no two answers can be compared."""
    codes = [c for c in LANGUAGES if any(code == c for _, code in told.places)]
    tasks = [key for key in TASKS if any(name == key for name, _ in told.places)]
    if len(codes) < 2 or not tasks:
        return None
    values = tuple(
        tuple(
            estimate(one.phi, _why(one, "phi")) if (one := told.places.get((key, c))) else Cell()
            for c in codes
        )
        for key in tasks
    )
    return HeatMap(
        f"Phi with English: {told.system}",
        tuple(map(title_of, tasks)),
        tuple(codes),
        values,
        digits=1,
        caption="How far right and wrong go together with English: 0 not at all, 1 always.",
        interval="95 % bootstrap interval over items",
    )


def scaling_plots(setting: str, told: Scalings) -> list[LinePlot]:
    """A line for each task of each family, over the number of parameters."""
    plots: list[LinePlot] = []
    for family in dict.fromkeys(one.family for one in told.families):
        own = [one for one in told.families if one.family == family and one.set]
        lines = tuple(
            Line(title_of(one.set), tuple(Point(size, Cell(score, n=one.n)) for _, size, score in one.points))
            for one in own
        )  # fmt: skip
        plots.append(
            LinePlot(
                f"{family} by size (prompt {setting})",
                lines,
                x_axis="billions of parameters",
                y_axis="points",
                x_scale="log2",
                low=0.0,
                caption="On the items that all sizes have; FLORES-200 is the mean of sentence scores.",
            )
        )
    return plots


def scaling_table(setting: str, told: Scalings) -> Table:
    """Each step up in size, and what a doubling is worth."""
    rows: list[Row] = []
    for one in told.families:
        rows += _steps(one)
    unknown = "; ".join(f"{name}: {why}" for name, why in told.unknown.items())
    return Table(
        f"Model size (prompt {setting})",
        (
            Column("difference", "points"),
            Column("Holm p"),
            Column("says"),
            Column(
                "gap", "points", "smallest detectable gap at power 0.8 and two-sided alpha 0.01"
            ),
            Column("a doubling", "points", "least-squares slope on log2 of the size"),
        ),
        tuple(rows),
        row_label="step",
        interval=INTERVAL,
        caption="Larger minus smaller. 'inside noise' is no finding that two sizes are equal: the gap says what could "
        "have been seen." + (f" Size not known: {unknown}." if unknown else ""),
        losses=PAIRED,
        folded="Unfold the steps" if len(rows) > 6 else "",
    )


def _steps(one: Scaling) -> list[Row]:
    where = title_of(one.set) if one.set else "mean of tasks, without FLORES-200"
    slope = estimate(one.per_doubling) if one.per_doubling else Cell(note="one step only")
    return [
        Row(
            f"{step.smaller} → {step.larger}",
            (
                estimate(step.difference.difference),
                shown_p(step.holm),
                step.trend,
                detectable_cell(step.difference),
                slope if i == len(one.steps) - 1 else "",
            ),
            group=f"{one.family}, {where}",
        )
        for i, step in enumerate(one.steps)
    ]
