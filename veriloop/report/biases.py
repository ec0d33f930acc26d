"""The three biases of Best-of-N as pictures: whose right answers are flawed, who tolerates them, who judges outcomes.

``bias_sections`` serves any page; numbers come from ``bench.biases``, the papers' own stand beside them, named so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veriloop.bench.biases import Biases, VerifierBias
from veriloop.bench.published import published_biases, published_processbench
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.plots import (
    Bar,
    BarPlot,
    Dot,
    GroupedBarPlot,
    Reference,
    ScatterPlot,
    Series,
)
from veriloop.report.processbench_tables import HERE, THERE, cell, subset_name
from veriloop.report.tables import Column, Row, Table

_POLICY = "Qwen2.5-Math-7B-Instruct"
# The published systems that have a name in the picture; the others are told on hovering.
_NAMED = {
    "EurusPRM-Stage1": "EurusPRM-1",
    "Qwen2.5-Math-7B, MC 860k": "MC 860k",
    "Qwen2.5-Math-7B, PRM800K": "PRM800K",
    "Qwen2.5-Math-7B, judge 860k": "judge 860k",
    "Qwen2.5-Math-PRM-7B": "PRM-7B",
    "Qwen2.5-Math-PRM-72B": "PRM-72B",
    "Qwen2.5-Math-RM-72B": "RM-72B, an outcome model",
    "Skywork-PRM-7B": "Skywork-7B",
}
_FIGURE_8 = (
    "arXiv 2501.07301, figure 8, over all Best-of-8 solutions; its rule for ties is not reported"
)
_LOSSES = "Solutions without a prediction are in n and count as wrong."
_BOOTSTRAP = "95 % bootstrap intervals over problems"


def bias_sections(
    biases: Biases, *, titles: Mapping[str, str] | None = None, published: bool = True
) -> tuple[Section, ...]:
    """Two tables and a picture for each bias. ``titles`` rename verifiers; ``published`` False leaves the papers out.

    Without verifiers there is the process-error rate alone; without a Best-of-N table there is no scatter.
    """
    names = {v.verifier: v.verifier for v in biases.verifiers} | dict(titles or {})
    sections: list[Section] = [process_error_table(biases)]
    if biases.verifiers:
        sections.append(verifiers_table(biases, names))
    sections.append(_process_error_plot(biases, published))
    if any(v.extracted_micro for v in biases.verifiers):
        sections.append(_extracted_plot(biases, names, published))
    if any(v.minimum_at_last for v in biases.verifiers):
        sections.append(_minimum_plot(biases, names, published))
    if any(v.best_of_n and v.f1 for v in biases.verifiers):
        sections.append(_scatter(biases, names))
    if published:
        sections.append(_published_scatter())
    if any(v.extracted for v in biases.verifiers):
        sections.append(_extracted_table(biases, names, published))
    return tuple(sections)


def biases_page(
    biases: Biases,
    *,
    subtitle: str = "",
    titles: Mapping[str, str] | None = None,
    provenance: Provenance | None = None,
) -> Page:
    """A report of its own."""
    return Page(
        title="The three biases of Best-of-N",
        subtitle=subtitle or f"{biases.solutions:,} labelled solutions",
        headline=_headline(biases),
        sections=(*bias_sections(biases, titles=titles), _how_to_read(biases)),
        provenance=provenance,
    )


def process_error_table(biases: Biases) -> Table:
    """Right answers that rest on a wrong step, by subset."""
    rows = [Row(subset_name(name), (cell(e),)) for name, e in biases.process_error.by_subset]
    rows.append(Row("all", (cell(biases.process_error.pooled, "no right answer is known"),)))
    unknown = biases.process_error.unknown
    told = f" Of {unknown:,} solutions nothing says whether the answer is right." if unknown else ""
    return Table(
        "How many right answers rest on a wrong step?",
        (Column("process errors", "%", "of the solutions whose final answer is right"),),
        tuple(rows),
        interval="95 % Wilson interval over solutions",
        caption=f"Solutions whose final answer is right and that have a wrong step.{told}",
    )


def verifiers_table(biases: Biases, titles: Mapping[str, str] | None = None) -> Table:
    """One row for each verifier: first-error F1, the two means on extracted solutions, last minima, Best-of-N."""
    names = titles or {}
    best = f"best of {biases.n}" if biases.n else "best of N"
    rows = tuple(
        Row(
            names.get(v.verifier, v.verifier),
            (
                cell(v.f1, "no subset has wrong and right solutions"),
                cell(v.extracted_macro, "no right answer by a wrong step"),
                cell(v.extracted_micro, "no right answer by a wrong step"),
                cell(v.minimum_at_last, "no score for each step"),
                *([_accuracy(v)] if biases.n else []),
            ),
            tooltip=v.protocol,
        )
        for v in biases.verifiers
    )
    columns = [
        Column("F1", "%", "of the first error, plain mean of the subsets'", best="max"),
        Column("macro", "%", "right answers by wrong steps: mean over subsets", best="max"),
        Column("micro", "%", "right answers by wrong steps: over all of them", best="max"),
        Column("last", "%", "solutions whose smallest step score is at the last step"),
    ]
    if biases.n:
        columns.append(Column(best, "%", f"accuracy of the pick by {biases.rule}", best="max"))
    return Table(
        "What verifiers make of it",
        tuple(columns),
        rows,
        row_label="verifier",
        interval="95 % interval",
        caption="macro, micro: wrong steps of right answers that are found exactly. last: where the smallest score "
        f"stands, {_where(biases.verifiers)}; {biases.tie_rule}.",
        losses=_LOSSES + (" Best-of-N leaves out problems without a score." if biases.n else ""),
    )


def _where(verifiers: Sequence[VerifierBias]) -> str:
    places = sorted({v.minimum_over for v in verifiers if v.minimum_at_last})
    return "over " + " or ".join(places) if places else "where every step is scored"


def _accuracy(bias: VerifierBias) -> Cell:
    """Here an unscored problem is left out and not counted as wrong."""
    found = bias.best_of_n
    if found is None:
        return Cell(note="not in the Best-of-N table")
    return Cell(found.value, found.low, found.high, found.n, found.unscored)


def _process_error_plot(biases: Biases, published: bool) -> GroupedBarPlot:
    rates = dict(biases.process_error.by_subset)
    series = [Series("these solutions", tuple(cell(e) for e in rates.values()))]
    references: tuple[Reference, ...] = ()
    told = published_biases().process_error if published else {}
    if any(name in told.get(_POLICY, {}) for name in rates):
        for whose, values in told.items():
            cells = tuple(
                Cell(values[name]) if name in values else Cell(note="not published")
                for name in rates
            )
            series.append(Series(f"{whose} (published)", cells))
    elif told:
        ends = (("gsm8k", "GSM8K"), ("omnimath", "Omni-MATH"))
        references = tuple(
            Reference(f"published, {title}", told[_POLICY][name]) for name, title in ends
        )
    return GroupedBarPlot(
        "Right answers by wrong steps",
        tuple(subset_name(name).removesuffix("Bench") for name in rates),
        tuple(series),
        axis="% of right answers",
        references=references,
        caption="A final answer says little of the steps, and less the harder the problems are."
        + (f" Published: {_POLICY}, arXiv 2501.07301, figure 6." if published else ""),
        interval="95 % Wilson intervals over solutions",
    )


def _extracted_plot(biases: Biases, names: Mapping[str, str], published: bool) -> BarPlot:
    bars = [
        Bar(names[v.verifier], cell(found), group=f"{label}, {HERE}")
        for label, pick in (("micro", _micro), ("macro", _macro))
        for v in biases.verifiers
        if (found := pick(v)) is not None
    ]
    if published:
        told = published_biases().extracted
        bars += [
            Bar(name, Cell(values["micro"], n=521), group=f"micro, {THERE}", faint=True)
            for name, values in sorted(told.items(), key=lambda item: -item[1]["micro"])
        ]
    return BarPlot(
        "Is the wrong step of a right answer found?",
        tuple(bars),
        axis="first wrong step named exactly, %",
        high=100.0,
        caption="A macro mean gives each subset the same weight, however few such solutions it has."
        + (" Published: arXiv 2501.07301, table 5, on ProcessBench's 521." if published else ""),
        interval="95 % intervals",
        losses=_LOSSES,
    )


def _micro(bias: VerifierBias) -> Estimate | None:
    return bias.extracted_micro


def _macro(bias: VerifierBias) -> Estimate | None:
    return bias.extracted_macro


def _minimum_plot(biases: Biases, names: Mapping[str, str], published: bool) -> BarPlot:
    bars = [
        Bar(names[v.verifier], cell(v.minimum_at_last), group=HERE)
        for v in biases.verifiers
        if v.minimum_at_last
    ]
    if published:
        told = published_biases().minimum_at_last
        bars += [
            Bar(name, Cell(value), group=THERE, faint=True)
            for name, value in sorted(told.items(), key=lambda item: item[1])
        ]
    return BarPlot(
        "Where is the smallest score?",
        tuple(bars),
        axis="solutions with it at the last step, %",
        high=100.0,
        caption=f"A large share says that outcomes are judged, not steps. {biases.tie_rule.capitalize()}."
        + (f" Published: {_FIGURE_8}." if published else ""),
        interval="95 % Wilson intervals over solutions",
    )


def _scatter(biases: Biases, names: Mapping[str, str]) -> ScatterPlot:
    dots = tuple(
        Dot(names[v.verifier], cell(v.f1), _accuracy(v), HERE)
        for v in biases.verifiers
        if v.f1 and v.best_of_n
    )
    references = ()
    if biases.majority:
        references = (Reference("majority vote", biases.majority.value),)
    return ScatterPlot(
        f"Best of {biases.n} against finding the error",
        dots,
        x_axis="first-error F1, %",
        y_axis=f"accuracy of the pick by {biases.rule}, %",
        references=references,
        caption="If Best-of-N measured the judging of steps, the marks would rise to the right.",
        interval=_BOOTSTRAP,
    )


def _published_scatter() -> ScatterPlot:
    told = published_biases()
    average = {row.system: row.average for row in published_processbench().family("prm")}
    dots = tuple(
        Dot(_NAMED.get(name, name), Cell(average[name]), Cell(value), THERE, name not in _NAMED)
        for name, value in told.best_of_8.items()
    )
    return ScatterPlot(
        "Best of 8 against finding the error, as published",
        dots,
        x_axis="ProcessBench, mean F1, %",
        y_axis="best of 8, mean of seven sets, %",
        references=(Reference("majority vote", told.majority_of_8),),
        caption=f"arXiv 2501.07301, tables 1, 3, 6 and 7; policy {_POLICY}, product of step scores. Not measured here.",
    )


def _extracted_table(biases: Biases, names: Mapping[str, str], published: bool) -> Table:
    found = [v for v in biases.verifiers if v.extracted]
    subsets = list(dict.fromkeys(s.subset for v in found for s in v.extracted.subsets))  # type: ignore[union-attr]
    rows = []
    for v in found:
        shares = {s.subset: s.acc_error for s in v.extracted.subsets}  # type: ignore[union-attr]
        rows.append(
            Row(
                names[v.verifier],
                (
                    *(cell(shares.get(name)) for name in subsets),
                    cell(v.extracted_macro),
                    cell(v.extracted_micro),
                ),
                group=HERE,
            )
        )
    told = published_biases()
    if published and set(subsets) <= set(told.extracted_rows):
        rows += [
            Row(
                name,
                tuple(Cell(values[key]) for key in (*subsets, "macro", "micro")),
                group=f"{THERE}, table 5",
                reference=True,
            )
            for name, values in told.extracted.items()
        ]
    columns = [Column(subset_name(name).removesuffix("Bench"), "%") for name in subsets]
    return Table(
        "Right answers by wrong steps, by subset",
        (*columns, Column("macro", "%"), Column("micro", "%")),
        tuple(rows),
        interval="95 % interval",
        caption="Share whose first wrong step is named exactly. Look at n before comparing.",
        losses=_LOSSES,
    )


def _headline(biases: Biases) -> str:
    pooled = biases.process_error.pooled
    told = []
    if pooled:
        told.append(
            f"{pooled.value:.1f} % [{pooled.low:.1f}, {pooled.high:.1f}] of {pooled.n:,} right answers rest on a "
            "wrong step."
        )
    known = [(v, v.extracted_micro) for v in biases.verifiers if v.extracted_micro]
    if known:
        best, found = max(known, key=lambda pair: pair[1].value)
        told.append(
            f"The best of {len(known)} verifiers at finding it, {best.verifier}, finds {found.value:.1f} % "
            f"[{found.low:.1f}, {found.high:.1f}] of them."
            if len(known) > 1
            else f"{best.verifier} finds {found.value:.1f} % [{found.low:.1f}, {found.high:.1f}] of them."
        )
    lost = [(v.first_error.pooled, v.verifier) for v in biases.verifiers]
    told += [
        f"{name} has no prediction for {scores.unscored:,} of {scores.n:,} solutions, which count as not found."
        for scores, name in lost
        if scores.unscored
    ]
    return " ".join(told) or "No solution with a right answer is labelled."


def _how_to_read(biases: Biases) -> Text:
    return Text(
        "How to read this",
        (
            "Best-of-N rewards whatever picks a right final answer. Policies reach right answers by wrong steps; a "
            "verifier that lets these pass loses nothing by it; and one that is tuned on Best-of-N turns into a judge "
            "of outcomes, whose smallest score stands at the last step. So Best-of-N alone does not say whether a "
            "process reward model judges the process.",
        ),
        tuple(
            (v.verifier, f"{v.protocol}; smallest scores over {v.minimum_over}")
            for v in biases.verifiers
        ),
        (Link("arXiv 2501.07301", "https://arxiv.org/abs/2501.07301"),),
    )
