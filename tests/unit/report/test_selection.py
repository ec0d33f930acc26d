"""The selection as tables: verdicts, what could have been shown at all, and nothing wider than a terminal."""

import numpy as np
import pytest

from veriloop.bench.discriminativeness import select
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.selection_verdicts import Criterion, ModelPair
from veriloop.bench.statistics import Bootstrap
from veriloop.report.render import render
from veriloop.report.selection import (
    languages_table,
    pairs_table,
    selection_page,
    sets_table,
    shown_p,
)
from veriloop.report.terminal import terminal_table


@pytest.fixture(scope="module")
def found():
    generator = np.random.default_rng(0)
    systems = []
    for name, share in (("F-1B", 0.3), ("F-70B", 0.8)):
        scores = {}
        for key, n, at in (("wide", 200, share), ("narrow", 20, 0.5), ("alike", 40, 1.0)):
            for code in ("en", "ar"):
                right = generator.random(n) < at
                scores[key, code] = {str(i): float(v) for i, v in enumerate(right)}
        systems.append(ParallelScores(name, scores))
    systems[0].scores["lost", "en"] = {"1": 1.0}
    return select(
        systems, [ModelPair("F-1B", "F-70B")], criterion=Criterion(), bootstrap=Bootstrap(50)
    )


def test_each_set_has_three_verdicts_and_its_smallest_gap(found):
    rows = {row.label: row.cells for row in sets_table(found).rows}
    assert rows["wide"][3:] == ("kept", "kept", "kept")
    assert rows["narrow"][3:] == ("dropped", "dropped", "dropped")
    assert rows["lost"][3:] == ("untested", "untested", "untested")
    assert "fewer than two" in rows["lost"][2].note
    wide = found.sets[0].pairs[0].pooled.compared
    assert rows["wide"][1].value == 200
    assert rows["wide"][2].value == wide.detectable.gap


def test_each_pair_stands_with_every_p(found):
    assert {row.group for row in pairs_table(found).rows} == {"F-1B:F-70B"}
    rows = {row.label: row.cells for row in pairs_table(found).rows}
    pooled = found.sets[0].pairs[0].pooled
    ahead, p, clustered, *_, needed = rows["wide"]
    assert (ahead.value, ahead.n) == (pooled.compared.difference.value, 400)
    assert (p, clustered) == (shown_p(pooled.p), shown_p(pooled.compared.t_p))
    assert needed.value == pooled.required_n
    assert "assumed" in rows["alike"][5].note
    assert rows["alike"][6].note == "no gap was seen"


def test_tables_fit_a_terminal(found):
    for table in (sets_table(found), pairs_table(found), languages_table(found)):
        assert max(map(len, terminal_table(table).splitlines())) <= 80


def test_the_page_says_what_was_chosen_and_what_a_verdict_is_not(found):
    page = selection_page(found)
    text = render(page)
    assert page.headline.startswith(
        "The paper's rule keeps 1 of 4 sets (wide); the strict one 1 (wide)"
    )
    assert "first 4 in alphabetical order" in text
    assert "is not shown to be useless" in text


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.0, "< 0.0001"), (0.00012, "0.00012"), (0.0312, "0.031"), (0.5, "0.50"), (None, "–")],
)
def test_a_p_is_never_0(p, shown):
    assert shown_p(p) == shown
