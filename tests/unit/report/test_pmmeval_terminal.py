"""What a run prints: all of two models, of more what fits on two screens, with the numbers of the page."""

import re

import pytest

from veriloop.bench.comparison import Comparing
from veriloop.bench.multiplicity import holm
from veriloop.bench.pmmeval.summary import summarise
from veriloop.bench.statistics import Bootstrap
from veriloop.report.page import Gallery
from veriloop.report.plots import HeatMap
from veriloop.report.pmmeval import PMMEvalFound, pmmeval_page, pmmeval_terminal
from veriloop.report.pmmeval_terminal import ROWS, printed_tables

FEW = Comparing(flips=99, bootstrap=Bootstrap(50))


def summary_of(made_up, count, **asked):
    names = tuple(f"Qwen2.5-{size}B-Instruct" for size in (0.5, 1.5, 7, *range(8, 100)))[:count]
    measured = made_up.measured(models=names, **asked)
    return summarise([one for m in measured for one in m.answered], comparing=FEW)


def groups_of(summary):
    """Fixed, then official, of each system."""
    by: dict = {}
    for scoring in ("fixed", "official"):
        for one in summary.of(scoring):
            by.setdefault(one.system, []).append(one)
    return list(by.values())


@pytest.fixture(scope="module")
def five(made_up):
    asked = {"tasks": ("flores", "mgsm", "mlogiqa"), "languages": ("en", "zh", "th")}
    return summary_of(made_up, 5, rows=12, **asked)


@pytest.fixture(scope="module")
def thirty(made_up):
    return summary_of(made_up, 30, rows=6, settings=("en",), tasks=("mgsm",), languages=("en",))


def test_two_models_are_printed_whole(several):
    _, summary = several
    tables, left = printed_tables(summary, groups_of(summary))
    assert left == ""
    whole = [t.title for t in tables if t.title.startswith(("Scores by language", "Bounds"))]
    assert len(whole) == 2 * 4
    assert (
        sum(len(t.rows) for t in tables if t.title.startswith("Paired")) == 2 * 4 + 2 * 3
    )  # MIFEval has one prompt


def test_of_five_models_the_leader_is_printed_in_full_and_the_counts_are_told(five):
    tables, left = printed_tables(five, groups_of(five))
    titles = [t.title for t in tables]
    assert titles[0] == "All systems, fixed"
    means = {(r.group, r.label): [c.value for c in r.cells] for r in tables[0].rows}
    for one in five.of("fixed"):
        own = means[f"prompt {one.answered.setting}", one.answered.model]
        assert own == [one.means.sets[k].estimate.value for k in ("flores", "mgsm", "mlogiqa")]
    best = max(means.items(), key=lambda item: sum(item[1][1:]))[0]
    assert titles[1] == f"Scores by language: {best[1]}, {best[0]}"
    assert left.startswith("Shown here: 10 of 10 systems; the languages of 1 of 10; 8 of 20 pairs")
    assert "5 of 5 pairs of prompts" in left
    text = pmmeval_terminal(PMMEvalFound(five))
    assert left in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 120


def test_pairs_stand_with_the_leader_first_and_holm_is_over_all_of_them(five):
    tables, _ = printed_tables(five, groups_of(five))
    (pairs,) = (t for t in tables if t.title.startswith("Paired: the first"))
    contrasts = five.contrasts_of("models")
    adjusted = holm([c.shares.p for c in contrasts])
    assert len(pairs.rows) == 8
    for row in pairs.rows:
        leader = row.group.partition(" (")[0]
        at = next(
            i
            for i, c in enumerate(contrasts)
            if f"({c.held})" in row.group
            and {c.comparison.first, c.comparison.second} == {leader, row.label[2:]}
        )
        told = contrasts[at].shares
        sign = 1 if contrasts[at].comparison.first == leader else -1
        difference, first, second, _, holm_p, gap = row.cells
        assert difference.value == sign * told.difference.value
        assert difference.low <= difference.value <= difference.high
        assert difference.value == pytest.approx(first.value - second.value)
        assert gap.value == told.detectable.gap
        assert holm_p == ("< 0.001" if adjusted[at] < 0.001 else f"{adjusted[at]:.3f}")


def test_thirty_models_fit_as_well(thirty):
    tables, left = printed_tables(thirty, groups_of(thirty))
    assert [len(t.rows) for t in tables] == [ROWS, 2, ROWS, ROWS]
    assert f"{ROWS} of 30 systems" in left
    assert f"{ROWS} of 435 pairs" in left
    assert len(pmmeval_terminal(PMMEvalFound(thirty)).splitlines()) <= 120


def test_heat_maps_of_more_than_two_models_are_folded_by_model(five, several):
    page = pmmeval_page(PMMEvalFound(five))
    (gallery,) = (s for s in page.sections if isinstance(s, Gallery))
    assert not any(isinstance(s, HeatMap) for s in page.sections)
    assert [name for name, _ in gallery.groups] == sorted(
        {one.answered.model for one in five.scored}, key=lambda m: float(re.split("[-B]", m)[1])
    )
    for model, plots in gallery.groups:
        named = [plot.title for plot in plots]
        assert len(named) == len(set(named)) == 6  # three kinds in two prompts
        assert all(f"{model}, prompt" in title for title in named)
    alone = pmmeval_page(PMMEvalFound(several[1])).sections
    assert not any(isinstance(s, Gallery) for s in alone)
    assert sum(isinstance(s, HeatMap) for s in alone) == 4 + 4 + 4
