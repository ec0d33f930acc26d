"""The recipe's page and its table on the terminal, from the measures and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from veriloop.bench.best_of_n import BestOfN
from veriloop.recipes.prm.browse import browser, traces
from veriloop.recipes.prm.measures import Measures
from veriloop.recipes.prm.recipe import UNTRAINED, UNTRAINED_JUDGE, Recipe
from veriloop.recipes.prm.sources import ABOVE, CONSENSUS, Source
from veriloop.recipes.prm.study_sections import estimate_cell, hard_against_soft, threshold_sweep
from veriloop.report.account import account_provenance
from veriloop.report.biases import bias_sections
from veriloop.report.cells import Cell
from veriloop.report.page import Page, Text
from veriloop.report.plots import Bar, BarPlot, Line, LinePlot, Point, Reference
from veriloop.report.processbench_tables import LOSSES
from veriloop.report.tables import Column, Row, Table

RULE = "vote_product"
_CONTROLS = (UNTRAINED, UNTRAINED_JUDGE)


def page(
    recipe: Recipe, sources: Sequence[Source], measures: Measures, account: Mapping[str, Any]
) -> Page:
    """The whole report. ``account`` is the run's manifest."""
    titles = verifier_titles(sources, measures)
    read = {name: title for name, title in titles.items() if not _swept(name)}
    sections = [
        *main_tables(titles, measures),
        *_f1_plot(titles, measures),
        hard_against_soft(measures),
        *threshold_sweep(sources, measures),
        _curves(titles, measures.best_of),
        *(
            bias_sections(measures.biases, titles=titles, published=False)
            if measures.biases
            else ()
        ),
        _rollouts(measures),
        _labels(measures),
        traces(recipe, read),
        browser(recipe, read),
        _how_to_read(recipe),
    ]
    return Page(
        title=f"Process reward models from {len(sources)} sources of labels",
        subtitle=_subtitle(recipe, measures),
        headline=headline(titles, measures),
        sections=tuple(sections),
        provenance=account_provenance(account, recipe.settings),
    )


def verifier_titles(sources: Sequence[Source], measures: Measures) -> dict[str, str]:
    """What the page calls each verifier of held-out solutions, by its name in the records."""
    named = {f"prm-{s.name}": s.title for s in sources}
    measured = {row.verifier for row in measures.best_of.rows}
    untrained = {
        UNTRAINED: "token probability, policy",
        UNTRAINED_JUDGE: "token probability, judge",
    }
    return named | {name: title for name, title in untrained.items() if name in measured}


def headline(titles: Mapping[str, str], measures: Measures) -> str:
    """Did it work? The best rule against the vote, and the filter against as many plain labels."""
    board = measures.best_of
    told = []
    scored = {n: s.pooled.f1 for n, s in measures.first_errors.items() if n not in _CONTROLS}
    best = max((n for n in scored if scored[n]), key=lambda n: scored[n].value, default=None)  # type: ignore[union-attr]
    if best is not None:
        told.append(f"Best first-error F1: {scored[best]} from {titles[best]} labels.")
    gains = {n: board.row(RULE, n) for n in titles if n not in _CONTROLS}
    top = max(gains.values(), key=lambda r: r.over_maj.estimate.value if r.over_maj else -1e9)
    if top.over_maj:
        gain = top.over_maj.estimate
        verdict = (
            "beats" if gain.low > 0 else "loses to" if gain.high < 0 else "is not told apart from"
        )
        told.append(
            f"A vote of {board.n} weighted by the PRM from {titles[top.verifier]} labels {verdict} the plain "
            f"vote: {gain.value:+.1f} points [{gain.low:+.1f}, {gain.high:+.1f}]."
        )
    return " ".join(told)


def main_tables(titles: Mapping[str, str], measures: Measures) -> tuple[Table, ...]:
    """Where the first error is, what the best of N is worth, and the same without any verifier."""
    board = measures.best_of
    names = sorted(titles, key=lambda name: (name in _CONTROLS, _swept(name)))
    located = tuple(_row(name, titles, _located(name, measures)) for name in names)
    picked = tuple(_row(name, titles, _picked(name, board)) for name in names)
    controls = tuple(
        estimate_cell(board.row(rule).accuracy) for rule in ("mean", "greedy", "maj", "pass")
    )
    which = f"{board.problems:,} held-out problems with {board.n} solutions each"
    first = [
        Table(
            "Does it find the first wrong step?",
            _LOCATED,
            located,
            row_label="trained on labels from",
            interval="95 % interval",
            caption=f"ProcessBench's metric over the solutions of {which}.",
            losses=LOSSES,
        )
    ]
    return (
        *(first if measures.first_errors else ()),
        Table(
            f"Is its pick among {board.n} right?",
            _PICKED,
            picked,
            row_label="trained on labels from",
            interval="95 % bootstrap interval over problems",
            caption=f"Accuracy over {which}.",
        ),
        Table(
            f"The same {board.n} solutions without a verifier",
            tuple(
                Column(name, "%")
                for name in ("mean", "greedy", f"maj@{board.n}", f"pass@{board.n}")
            ),
            (Row("accuracy", controls),),
            interval="95 % bootstrap interval over problems",
        ),
    )


def _swept(name: str) -> bool:
    return name.startswith(f"prm-{ABOVE}")


_LOCATED = (
    Column("examples", tooltip="solutions the model was trained on", digits=0),
    Column("wrong", "%", "wrong solutions whose first wrong step is found exactly", best="max"),
    Column("right", "%", "faultless solutions that are called faultless", best="max"),
    Column("F1", "%", "harmonic mean of the two", best="max"),
    Column(
        "AUC", "", "within a problem, right above wrong solutions; 0.5 is chance", 2, best="max"
    ),
)
_PICKED = (
    Column("product", "%", "the solution with the largest product of step scores", best="max"),
    Column("min", "%", "the solution with the largest smallest step score", best="max"),
    Column("last", "%", "the solution with the largest last step score", best="max"),
    Column("vote", "%", "the vote weighted by the product", best="max"),
    Column("vote - maj", "points", "weighted vote minus plain vote, paired", best="max"),
)


def _row(name: str, titles: Mapping[str, str], cells: tuple[Cell, ...]) -> Row:
    untrained = name in _CONTROLS
    group = "untrained" if untrained else "by threshold" if _swept(name) else ""
    return Row(titles[name], cells, group=group, reference=untrained)


def _located(name: str, measures: Measures) -> tuple[Cell, ...]:
    scores = measures.first_errors.get(name)
    pooled = scores.pooled if scores else None
    auc = measures.best_of.row("product", name).auc
    trained = measures.examples.get(name.removeprefix("prm-"))
    return (
        Cell(note="none: it is not trained") if trained is None else Cell(float(trained)),
        *(
            estimate_cell(x)
            for x in (
                pooled and pooled.acc_error,
                pooled and pooled.acc_correct,
                pooled and pooled.f1,
            )
        ),
        estimate_cell(auc.mean if auc else None),
    )


def _picked(name: str, board: BestOfN) -> tuple[Cell, ...]:
    vote = board.row(RULE, name)
    return (
        *(estimate_cell(board.row(rule, name).accuracy) for rule in ("product", "min", "last")),
        estimate_cell(vote.accuracy),
        estimate_cell(vote.over_maj.estimate if vote.over_maj else None),
    )


def _f1_plot(titles: Mapping[str, str], measures: Measures) -> list[BarPlot]:
    if not measures.first_errors:
        return []
    bars = tuple(
        Bar(titles[name], estimate_cell(scores.pooled.f1), faint=name in _CONTROLS)
        for name, scores in sorted(
            measures.first_errors.items(), key=lambda item: item[0] in _CONTROLS
        )
        if not _swept(name)
    )
    return [
        BarPlot(
            "F1 of the first error, by label source",
            bars,
            axis="F1, %",
            high=100.0,
            caption="On all held-out solutions, with 95 % bootstrap intervals over problems.",
            losses=LOSSES,
        )
    ]


def _curves(titles: Mapping[str, str], board: BestOfN) -> LinePlot:
    shown = [("", "pass", "pass@n", True), ("", "maj", "maj@n", True)]
    shown += [
        (f"prm-{n}", RULE, f"vote, {n}", False)
        for n in ("gold", "consensus", "mc-hard")
        if f"prm-{n}" in titles
    ]
    lines = tuple(
        Line(
            label, tuple(Point(n, estimate_cell(e)) for n, e in board.row(rule, name).curve), dashed
        )
        for name, rule, label, dashed in shown
    )
    mean = board.row("mean").accuracy
    references = (Reference("mean", mean.value),) if mean else ()
    return LinePlot(
        "Best-of-N against n",
        lines,
        x_axis="solutions for each problem",
        y_axis="accuracy, %",
        x_scale="log2",
        references=references,
        caption="Votes are weighted by the product of step scores; subsets of the same samples.",
    )


def _rollouts(measures: Measures) -> BarPlot:
    cost = measures.rollouts
    bars = [
        ("exhaustive", cost.exhaustive),
        ("soft: stop at the first 0", cost.soft),
        ("hard: and at the first success", cost.hard),
    ]
    whole = max(cost.exhaustive, 1)
    return BarPlot(
        "Rollouts saved without changing a label",
        tuple(Bar(label, Cell(100 * made / whole, n=cost.solutions)) for label, made in bars),
        axis="% of an exhaustive run",
        high=100.0,
        caption=f"{cost.exhaustive:,} rollouts of an exhaustive run; {cost.soft:,} were made, and hard labels "
        f"alone would have taken {cost.hard:,}.",
    )


def _labels(measures: Measures) -> Table:
    rows = [
        Row(
            label.source,
            (
                Cell(float(label.n)),
                estimate_cell(label.scores.pooled.acc_error if label.scores else None),
                estimate_cell(label.scores.pooled.acc_correct if label.scores else None),
                estimate_cell(label.scores.pooled.f1 if label.scores else None),
                Cell(float(label.unscored)),
            ),
            group="labels against the exact verifier",
        )
        for label in measures.labels
    ]
    columns = (
        Column("solutions", digits=0),
        Column("wrong", "%", "wrong solutions with the first error in its place"),
        Column("right", "%", "faultless solutions without one"),
        Column("F1", "%"),
        Column("unscored", digits=0),
    )
    kept, of = measures.kept["all"]
    parts = ", ".join(
        f"{name} {100 * k // max(n, 1)} %"
        for name, (k, n) in measures.kept.items()
        if name != "all"
    )
    return Table(
        "The labels themselves",
        columns,
        tuple(rows),
        row_label="source",
        interval="95 % interval",
        losses=LOSSES,
        caption=f"The consensus filter kept {kept:,} of {of:,} solutions ({100 * kept / max(of, 1):.0f} %): {parts}. "
        "What it dropped is kept with its reason.",
    )


def _how_to_read(recipe: Recipe) -> Text:
    s = recipe.settings
    return Text(
        "How to read this",
        (
            "A solution's first error is the first wrong step; later steps are neither labelled nor scored. "
            "Monte Carlo labels estimate whether a prefix can still reach the right answer, which is not the "
            "same as whether its last step is right. The untrained verifier takes the smallest token "
            "probability in a step: a reward model has to beat it to be worth its labels.",
        ),
        (
            ("rollouts", f"{s.k} for each prefix, at temperature {s.sampling.temperature:g}"),
            ("head", f"{s.head}, on {s.base.rsplit('/', 1)[-1]}"),
            (
                CONSENSUS.title,
                "Monte Carlo hard labels where the judge puts the first error in the same place",
            ),
        ),
    )


def _subtitle(recipe: Recipe, measures: Measures) -> str:
    board = measures.best_of
    return (
        f"{measures.rollouts.solutions:,} labelled solutions of {recipe.cast.policy.name}, "
        f"{board.problems:,} held-out problems, {board.n} solutions each"
    )
