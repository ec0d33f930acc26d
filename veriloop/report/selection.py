"""Which sets tell a small model from a large one, as tables for the terminal and a page.

Numbers come from ``bench.discriminativeness``. Beside every verdict stands what the set could have shown at all: the
smallest detectable gap, and how many instances the gap that was seen would need.
"""

from __future__ import annotations

from veriloop.bench.power import NO_SCATTER, Detectable
from veriloop.bench.selection_verdicts import LanguageTest, PairVerdict, Selection, SetVerdict
from veriloop.report.cells import Cell
from veriloop.report.markup import counted
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.tables import Column, Entry, Row, Table

_SAID = {True: "kept", False: "dropped", None: "untested"}
_RULES = (
    ("paper", "The paper's rule: p below alpha for every pair, whichever model is ahead."),
    ("directed", "The paper's rule, where only tests in which the large model is ahead may pass."),
    (
        "strict",
        "The large model is ahead for every pair, by a t-test with standard errors clustered by uid, its p adjusted by "
        "Holm over all pairs and sets.",
    ),
)
_INTERVAL = "95 % bootstrap interval over items, their languages together"


def selection_page(selection: Selection, *, provenance: Provenance | None = None) -> Page:
    """A report of its own."""
    sections: list[Section] = [sets_table(selection), pairs_table(selection)]
    if any(len(one.languages) > 1 for one in selection.sets):
        sections.append(languages_table(selection))
    return Page(
        title="Which sets tell models apart?",
        subtitle=f"{counted(len(selection.sets), 'set')}, {counted(len(selection.pairs), 'model pair')}",
        headline=_headline(selection),
        sections=(*sections, how_to_read(selection)),
        provenance=provenance,
    )


def sets_table(selection: Selection) -> Table:
    """One row for each set: its languages, its smallest detectable gap at worst, and three verdicts."""
    return Table(
        "Which sets tell a small model from a large one?",
        (
            Column("languages", "", "tested", digits=0),
            Column("items", "", "fewest clusters of a pair", digits=0),
            Column("gap", "points", "smallest detectable gap, at worst of the pairs"),
            *(Column(name, "", told) for name, told in _RULES),
        ),
        tuple(_set_row(one) for one in selection.sets),
        row_label="set",
        caption=f"Gap: what a pair must differ by to be told apart with {_percent(selection.criterion.power)} power at "
        f"two-sided alpha {selection.criterion.alpha:g}, languages of an item being one draw.",
    )


def pairs_table(selection: Selection) -> Table:
    """One row for each set of each pair, the languages together."""
    rows = [
        Row(one.set, _pair_cells(pair), group=str(pair.pair))
        for named in selection.pairs
        for one in selection.sets
        for pair in one.pairs
        if pair.pair == named
    ]
    return Table(
        "Each pair, the languages together",
        (
            Column("ahead by", "points", "large minus small"),
            Column("p", "", "paired t-test of instances as independent: the paper's rule"),
            Column("clustered", "", "p of the t-test with standard errors clustered by uid"),
            Column(
                "Holm",
                "",
                "the clustered p, or that of flips where there is no spread, adjusted over all pairs and sets",
            ),
            Column("flips", "", "p of sign flips of whole items; McNemar's exact in one language"),
            Column("gap", "points", "smallest detectable gap"),
            Column("needed", "", "instances that the observed gap needs", digits=0),
        ),
        tuple(rows),
        row_label="set",
        interval=_INTERVAL,
        losses="n counts instances that both models have.",
        caption="needed: instances with which a gap as large as this one would be shown with "
        f"{_percent(selection.criterion.power)} power.",
    )


def languages_table(selection: Selection) -> Table:
    """One row for each pair, set and language."""
    rows = [
        Row(test.language, _test_cells(test), group=f"{one.set}, {pair.pair}")
        for one in selection.sets
        for pair in one.pairs
        for test in pair.tests
    ]
    return Table(
        "Each language for itself",
        (
            Column("ahead by", "points", "large minus small"),
            Column("small", "%", "score of the small model"),
            Column("large", "%", "score of the large model"),
            Column("p", "", "paired t-test"),
            Column("exact", "", "McNemar's exact p, or of sign flips where scores are not 0/1"),
            Column("gap", "points", "smallest detectable gap"),
            Column("needed", "", "instances that the observed gap needs", digits=0),
        ),
        tuple(rows),
        row_label="language",
        interval=_INTERVAL,
        losses="n counts instances that both models have.",
        folded=f"{len(rows)} tests" if len(rows) > 40 else "",
    )


def how_to_read(selection: Selection) -> Text:
    """The rules, what was chosen where the source is silent, and what a verdict does not say."""
    return Text(
        "How to read it",
        paragraphs=(
            *selection.notes,
            "A dropped set is not shown to be useless: with too few items a real gap stays below the smallest "
            "detectable one.",
        ),
        terms=_RULES,
        links=(Link("P-MMEval, first version", "https://arxiv.org/abs/2411.09116v1"),),
    )


def _headline(selection: Selection) -> str:
    kept, strict = selection.kept(), selection.kept("strict")
    said = f"The paper's rule keeps {len(kept)} of {len(selection.sets)} sets"
    said += f" ({', '.join(kept)})" if kept else ""
    return f"{said}; the strict one {len(strict)}" + (f" ({', '.join(strict)})." if strict else ".")


def _set_row(one: SetVerdict) -> Row:
    tests = [pair.pooled for pair in one.pairs if pair.pooled is not None]
    gaps = [gap for t in tests if (gap := t.compared.detectable) is not None]
    worst = max(gaps, key=lambda d: d.gap, default=None)
    why = next((pair.reason for pair in one.pairs if pair.reason), "no pair was tested")
    few = min((t.compared.clusters for t in tests), default=None)
    return Row(
        one.set,
        (
            Cell(float(len(one.languages))),
            Cell(note=why) if few is None else Cell(float(few)),
            _gap(worst, NO_SCATTER if tests else why),
            *(_SAID[getattr(one, name)] for name, _ in _RULES),
        ),
        tooltip=", ".join(one.languages),
    )


def _pair_cells(pair: PairVerdict) -> tuple[Entry, ...]:
    test = pair.pooled
    if test is None:
        return (Cell(note=pair.reason), "", "", "", "", Cell(note=pair.reason), Cell())
    found = test.compared
    return (
        _ahead(test),
        shown_p(test.p),
        shown_p(found.t_p),
        shown_p(pair.holm),
        shown_p(found.p),
        _gap(found.detectable, NO_SCATTER),
        _needed(test),
    )


def _test_cells(test: LanguageTest) -> tuple[Entry, ...]:
    found = test.compared
    return (
        _ahead(test),
        Cell(found.second),
        Cell(found.first),
        shown_p(test.p),
        shown_p(found.p),
        _gap(found.detectable, NO_SCATTER),
        _needed(test),
    )


def _ahead(test: LanguageTest) -> Cell:
    found = test.compared.difference
    return Cell(found.value, found.low, found.high, found.n)


def _gap(found: Detectable | None, why: str = "") -> Cell:
    if found is None:
        return Cell(note=why)
    if not found.reachable:
        return Cell(found.gap, note="larger than any gap can be at this discordance")
    note = "the two never differ: a discordance of 0.30 is assumed" if found.assumed else ""
    return Cell(found.gap, note=note)


def _needed(test: LanguageTest) -> Cell:
    if test.required_n is None:
        return Cell(note="no gap was seen")
    return Cell(float(test.required_n))


def shown_p(p: float | None) -> str:
    """A p as a reader wants it: two digits, and never 0.

    >>> shown_p(0.0312), shown_p(3e-7), shown_p(None)
    ('0.031', '< 0.0001', '–')
    """
    if p is None:
        return "–"
    if p < 0.0001:
        return "< 0.0001"
    return f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
