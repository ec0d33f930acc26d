"""Ratings of models as a page: the table, every contest's rating as a violin, languages, shares passed, the published.

Numbers come from ``bench.rating``; the published leaderboard stands beside them as reference rows, named so.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.rating.aggregate import Rated, RatedModel
from veriloop.bench.rating.humans import rating_at
from veriloop.bench.rating.passes import BUCKETS
from veriloop.bench.rating.written import WrittenModel
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.markup import counted
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.plots import (
    GroupedBarPlot,
    Reference,
    Series,
    Violin,
    ViolinPlot,
)
from veriloop.report.rating_published import BOTH, comparison_table
from veriloop.report.tables import Column, Row, Table

DIVISIONS = ("Div. 1 + 2", "Div. 1", "Div. 2", "Div. 3", "Div. 4")
OVER_CONTESTS = "95 % bootstrap interval over contests"
LEAST = 30  # problems that a tag needs for a row, as in the paper's table 4
_LOST = "n counts contests; attempts without a verdict count nowhere."


def ratings_table(rated: Rated) -> Table:
    """One row a model: rating, percentile of people, in how many of its contests (n) a bound decided."""
    rows = tuple(
        Row(
            m.label,
            (
                _mean(m),
                Cell(m.percentile),
                Cell(float(m.capped)),
                Cell(float(m.floored)),
            ),
        )
        for m in rated.models
    )
    return Table(
        "Rating",
        (
            Column("rating", digits=0, best="max"),
            Column("percentile", "%", "of 717,421 people", digits=1),
            Column("capped", tooltip="contests where the bound above decided", digits=0),
            Column("floored", tooltip="contests where the bound below decided", digits=0),
        ),
        rows,
        row_label="model",
        interval=BOTH,
        losses=_LOST,
    )


def divisions_table(rated: Rated) -> Table | None:
    """The mean within each division; None where no contest says its division."""
    found = [d for d in DIVISIONS if any(d in m.divisions for m in rated.models)]
    found += sorted({d for m in rated.models for d in m.divisions} - set(DIVISIONS))
    if not found:
        return None
    rows = tuple(
        Row(m.label, tuple(_estimate(m.divisions.get(d), "no contest", least=2) for d in found))
        for m in rated.models
    )
    return Table(
        "By division",
        tuple(Column(d, digits=0) for d in found),
        rows,
        row_label="model",
        interval=OVER_CONTESTS,
        losses=_LOST,
    )


def passes_table(rated: Rated) -> Table | None:
    """pass@k in both meanings; None where there are no attempts."""
    ks = sorted({k for m in rated.models for k in m.shares.first})
    if not ks:
        return None
    columns = [Column(f"first {k}", "%", "a program of the first k is accepted") for k in ks]
    columns += [Column(f"pass@{k}", "%", "unbiased: any k of the attempts") for k in ks]
    rows = tuple(
        Row(
            m.label,
            (
                *(_estimate(m.shares.first.get(k), "fewer attempts") for k in ks),
                *(_estimate(m.shares.unbiased.get(k), "fewer attempts") for k in ks),
            ),
        )
        for m in rated.models
    )
    return Table(
        "Problems passed",
        tuple(columns),
        rows,
        row_label="model",
        interval="95 %: Wilson for the first k, bootstrap over problems for pass@k",
        caption="CodeElo's pass@k is the share with an accepted program among the first k attempts.",
    )


def rates_table(rated: Rated) -> Table | None:
    """Accepted attempts by difficulty; None where no problem's difficulty is known."""
    names = [b for b in BUCKETS if any(b in m.shares.buckets for m in rated.models)]
    if not names:
        return None
    columns = tuple(
        Column(name, "%", f"difficulty {BUCKETS[name][0]} to {BUCKETS[name][1] - 1}")
        for name in names
    )
    rows = tuple(
        Row(m.label, tuple(_estimate(m.shares.buckets.get(name), "none") for name in names))
        for m in rated.models
    )
    return Table(
        "Attempts accepted, by difficulty",
        columns,
        rows,
        row_label="model",
        interval="95 % bootstrap interval over problems",
        losses="n counts problems.",
    )


def tags_table(rated: Rated) -> Table | None:
    """Accepted attempts by tag, a row a tag; None where no tag is known. Tags of at least 30 problems, else all."""
    sizes: dict[str, int] = {}
    for m in rated.models:
        for tag, found in m.shares.tags.items():
            sizes[tag] = max(sizes.get(tag, 0), found.n)
    if not sizes:
        return None
    frequent = [tag for tag, n in sizes.items() if n >= LEAST] or list(sizes)
    rows = tuple(
        Row(tag, tuple(_estimate(m.shares.tags.get(tag), "none") for m in rated.models))
        for tag in sorted(frequent, key=lambda t: (-sizes[t], t))
    )
    return Table(
        "Attempts accepted, by tag",
        tuple(Column(m.label, "%", best="") for m in rated.models),
        rows,
        row_label="tag",
        interval="95 % bootstrap interval over problems",
        losses="n counts problems.",
    )


def violins(rated: Rated) -> ViolinPlot:
    """Every contest's rating (the paper's figure 3), with percentiles of people to read them by."""
    shapes = tuple(
        Violin(
            m.label,
            tuple(float(c.rating) for c in m.contests),
            _mean(m),
            frozenset(i for i, c in enumerate(m.contests) if c.capped or c.floored),
        )
        for m in rated.models
    )
    return ViolinPlot(
        "The rating in every contest",
        shapes,
        axis="rating",
        references=tuple(
            Reference(f"{name} {rating_at(p)}", rating_at(p))
            for name, p in (("median of people", 50), ("best tenth from", 90))
        ),
        bounded="a bound decided the rating",
        caption="A dot is a contest. The spread of single contests is why one alone says little.",
        interval=BOTH,
    )


def languages_plot(rated: Rated) -> GroupedBarPlot | None:
    """Models that were asked for several languages, side by side (the paper's figure 2)."""
    models = list(dict.fromkeys(gap.model for gap in rated.gaps))
    if not models:
        return None
    by_key = {(m.model, m.language): m for m in rated.models}
    languages = sorted({m.language for m in rated.models if m.model in models})
    series = tuple(
        Series(
            language or "not said",
            tuple(
                _mean(by_key[model, language])
                if (model, language) in by_key
                else Cell(note="not asked")
                for model in models
            ),
        )
        for language in languages
    )
    return GroupedBarPlot(
        "Languages", tuple(models), series, axis="rating", digits=0, interval=BOTH
    )


def languages_table(rated: Rated) -> Table | None:
    """The difference between two languages of a model, over the contests that both were rated in."""
    if not rated.gaps:
        return None
    rows = tuple(
        Row(
            gap.model,
            (f"{gap.first or 'none'} − {gap.second or 'none'}", _estimate(gap.difference, least=2)),
        )
        for gap in rated.gaps
    )
    return Table(
        "Languages of one model",
        (Column("languages"), Column("difference", "rating", digits=0)),
        rows,
        row_label="model",
        interval=f"{OVER_CONTESTS}, the same for both",
        losses="n counts contests in which both were rated.",
    )


def contests_table(rated: Rated) -> Table:
    """The contests that were used, with the models' mean rating in each."""
    rows = []
    for contest in rated.contests:
        own = [c for m in rated.models for c in m.contests if c.contest == contest.id]
        mean = Cell(sum(c.rating for c in own) / len(own)) if own else Cell(note="no model")
        counts = (sum(c.capped for c in own), sum(c.floored for c in own))
        rows.append(
            Row(
                str(contest.id),
                (
                    contest.division or "–",
                    Cell(float(len(contest.standing))),
                    Cell(float(len(own))),
                    mean,
                    *(Cell(float(n)) for n in counts),
                ),
                tooltip=contest.name,
            )
        )
    names = ("division", "people", "models", "mean", "capped", "floored")
    return Table(
        "Contests", tuple(Column(n, digits=0) for n in names), tuple(rows), row_label="contest"
    )


def notes(rated: Rated) -> tuple[str, ...]:
    """What has to stand under the numbers: the rule, contests refused or skipped, what was lost."""
    rule = rated.rule
    low, high = (
        ("0", "max + 99") if rule.placing.bounds == "codeelo" else ("min − 400", "max + 399")
    )
    told = [
        f"Score: {rule.scoring.says}. Rating: bounds {rule.placing.bounds} ({low} to {high}), place counted from "
        f"{rule.placing.place}, {rule.placing.ratings} ratings of people."
    ]
    if any(len(m.contests) == 1 for m in rated.models):
        told.append(
            "The interval of a model with one contest holds the order of its attempts alone."
        )
    if rated.refused:
        told.append(f"Not rated: {'; '.join(rated.refused)}.")
    for m in rated.models:
        if m.skipped:
            told.append(
                f"{m.label}: left out, without a verdict: {counted(len(m.skipped), 'contest')}."
            )
        part = [c for c in m.contests if c.attempted < c.problems]
        if part:
            told.append(
                f"{m.label}: some problems of {counted(len(part), 'contest')} have no verdicts and so count as "
                "unsolved; the rating is too low."
            )
        if m.lost:
            told.append(f"{m.label}: left out, without a verdict: {counted(m.lost, 'attempt')}.")
        if 2 * m.capped > len(m.contests):
            told.append(
                f"{m.label}: a bound above decided {m.capped} of {len(m.contests)} contests; the mean is too low."
            )
    if rated.strangers:
        shown = ", ".join(rated.strangers[:5])
        more = f" and {len(rated.strangers) - 5:,} more" if len(rated.strangers) > 5 else ""
        told.append(f"Verdicts on problems of no contest given here: {shown}{more}.")
    return tuple(told)


def rating_page(
    rated: Rated, *, written: Sequence[WrittenModel], provenance: Provenance | None = None
) -> Page:
    """The whole report."""
    tables = [ratings_table(rated), divisions_table(rated)]
    pictures: list[Section | None] = [violins(rated), languages_plot(rated)]
    more = [
        languages_table(rated),
        comparison_table(written),
        passes_table(rated),
        rates_table(rated),
        tags_table(rated),
        contests_table(rated),
    ]
    sections = [s for s in (*tables, *pictures, *more) if s is not None]
    return Page(
        title="Ratings on programming contests",
        subtitle=f"{counted(len(rated.models), 'model')} over {counted(len(rated.contests), 'contest')}",
        headline=_headline(rated),
        sections=(*sections, _how_to_read(rated)),
        provenance=provenance,
    )


def _headline(rated: Rated) -> str:
    best = rated.models[0]
    ends = best.over_both
    told = f" [{ends[0]:.0f}, {ends[1]:.0f}]" if ends else ""
    return (
        f"{best.label} rates {best.rating:.0f}{told}, above {best.percentile:.1f} % of people, over "
        f"{counted(len(best.contests), 'contest')}."
    )


def _how_to_read(rated: Rated) -> Text:
    return Text(
        "How to read it",
        notes(rated),
        (
            ("rating", "mean over contests of the rating whose expected place is the place taken"),
            ("percentile", "share of people whose displayed rating is lower; below 350 it is 0"),
            ("capped, floored", "the rating of that place lies outside the bounds"),
            (
                "what the interval leaves out",
                "the estimator's own bias: low at the bottom, high at the top; and scores without time, which favour a "
                "model",
            ),
        ),
        (Link("arXiv 2501.01257", "https://arxiv.org/abs/2501.01257"),),
    )


def _mean(m: RatedModel) -> Cell:
    low, high = m.over_both or (None, None)
    return Cell(m.rating, low, high, len(m.contests))


def _estimate(found: Estimate | None, note: str = "", *, least: int = 1) -> Cell:
    """With an interval where it stands on ``least`` units or more: one contest alone has no width to show."""
    if found is None:
        return Cell(note=note)
    if found.n < least:
        return Cell(found.value, n=found.n, unscored=found.unscored)
    return Cell(found.value, found.low, found.high, found.n, found.unscored)
