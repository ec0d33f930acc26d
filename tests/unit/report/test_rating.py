"""The page of ratings: what is in it, what is said under the numbers, and that it is a page."""

import json

import numpy as np
import pytest

from veriloop.bench.rating.aggregate import RatingRule, rate_models
from veriloop.bench.rating.contests import Contest, ContestProblem, Standing
from veriloop.bench.rating.passes import ProblemFacts
from veriloop.bench.rating.scores import ProblemVerdicts, Scoring
from veriloop.bench.rating.written import rated_json, read_rated
from veriloop.report import rating as shown
from veriloop.report.render import render
from veriloop.report.terminal import terminal_table


def contest(number, people=300, division="Div. 2"):
    generator = np.random.default_rng(number)
    ratings = generator.integers(700, 2000, people)
    points = np.clip(ratings - 700 + generator.normal(0, 200, people), 0, None)
    problems = (
        ContestProblem("A", 500.0, 800, ("math",)),
        ContestProblem("B", 1000.0, 1500, ("dp",)),
    )
    standing = Standing(points, np.zeros(people), ratings).sorted()
    return Contest(number, standing, f"Round {number}", division, 120.0, problems)


CONTESTS = [contest(1), contest(2, division="Div. 3"), contest(3), contest(4, people=150)]


def attempts(model, problem, text, language="cpp"):
    return ProblemVerdicts(model, problem, tuple(text.split()), language)


@pytest.fixture(scope="module")
def rated():
    rows = [
        *(attempts("ant", f"{n}A", "AC WA") for n in (1, 2, 3)),
        *(attempts("ant", f"{n}B", "WA JE") for n in (1, 2)),
        attempts("ant", "3B", "JE"),
        *(attempts("ant", f"{n}A", "WA AC", "python") for n in (1, 2)),
        *(attempts("bee", f"{n}{i}", "AC AC") for n in (1, 2, 3) for i in "AB"),
        attempts("bee", "77A", "AC"),
    ]
    return rate_models(rows, CONTESTS, RatingRule(orders=20))


def test_tables_fit_a_terminal_and_stand_best_first(rated):
    tables = [
        shown.ratings_table(rated),
        shown.divisions_table(rated),
        shown.languages_table(rated),
        shown.passes_table(rated),
        shown.rates_table(rated),
        shown.contests_table(rated),
    ]
    for table in tables:
        assert table
        assert max(map(len, terminal_table(table).splitlines())) <= 80
    labels = [row.label for row in shown.ratings_table(rated).rows]
    assert labels[0] == "cpp · bee"
    assert set(labels) == {"cpp · bee", "cpp · ant", "python · ant"}


def test_a_division_of_one_contest_has_no_width(rated):
    table = shown.divisions_table(rated)
    assert table
    cells = dict(zip((c.name for c in table.columns), table.rows[0].cells, strict=True))
    assert cells["Div. 2"].interval  # type: ignore[union-attr]
    assert cells["Div. 3"].interval is None  # type: ignore[union-attr]
    assert cells["Div. 3"].n == 1  # type: ignore[union-attr]


def test_the_notes_say_what_was_left_out_and_how_it_was_scored(rated):
    told = "\n".join(shown.notes(rated))
    assert "50 points or 10 minutes for each attempt" in told
    assert "bounds codeelo (0 to max + 99), place counted from 0, displayed" in told
    assert "contest 4: 150 rated rows" in told
    assert "python · ant: left out, without a verdict: 1 contest." in told
    assert "cpp · ant: some problems of 1 contest have no verdicts" in told
    assert "cpp · ant: left out, without a verdict: 3 attempts." in told
    assert "problems of no contest given here: 77A" in told
    assert "cpp · bee: left out" not in told


def test_the_notes_of_other_rules():
    rows = [attempts("m", "1A", "AC")]
    rule = RatingRule(Scoring("human-time", minutes=7, pacing="parallel"))
    told = "\n".join(shown.notes(rate_models(rows, CONTESTS[:1], rule)))
    assert "every attempt taking 7 minutes, problems in parallel" in told
    assert "one contest holds the order of its attempts alone" in told


def test_the_violins_hold_every_contest_and_mark_the_bounds(rated):
    plot = shown.violins(rated)
    by_label = {v.label: v for v in plot.violins}
    bee = next(m for m in rated.models if m.model == "bee")
    assert by_label["cpp · bee"].values == tuple(c.rating for c in bee.contests)
    assert len(by_label["cpp · bee"].bounded) == bee.capped + bee.floored
    assert [r.value for r in plot.references] == [1073, 1603]


def test_languages_stand_side_by_side(rated):
    plot = shown.languages_plot(rated)
    assert plot
    assert plot.categories == ("ant",)
    assert [s.label for s in plot.series] == ["cpp", "python"]
    table = shown.languages_table(rated)
    assert table
    assert table.rows[0].cells[0] == "cpp − python"


def test_tags_of_few_problems_are_shown_where_there_are_no_others(rated):
    table = shown.tags_table(rated)
    assert table
    assert [row.label for row in table.rows] == ["dp", "math"]
    many = {f"{n}{i}": ProblemFacts(f"{n}{i}", 900, ("math",)) for n in range(1, 20) for i in "AB"}
    rows = [attempts("m", name, "AC") for name in many]
    few = rate_models(rows, CONTESTS[:3], facts={**many, "1A": ProblemFacts("1A", 900, ("dp",))})
    table = shown.tags_table(few)
    assert table
    assert [row.label for row in table.rows] == ["math"]


def test_the_page_is_whole(rated, tmp_path, html):
    path = tmp_path / "ratings.json"
    path.write_text(json.dumps(rated_json(rated)), encoding="utf-8")
    page = shown.rating_page(rated, written=read_rated(path))
    root = html(render(page))
    heads = [h.text for h in root.all("h2", "h3")]
    for title in ("Rating", "By division", "The rating in every contest", "Languages",
                  "Beside the published leaderboard", "Problems passed", "Contests"):  # fmt: skip
        assert title in heads
    assert "cpp · bee rates" in page.headline
    assert "above" in page.headline


def test_a_page_of_one_model_in_one_contest_without_facts(html, tmp_path):
    bare = Contest(1, CONTESTS[0].standing, problems=(ContestProblem("A", 500.0),))
    rated = rate_models([attempts("m", "1A", "AC", "")], [bare], RatingRule(orders=0))
    assert shown.divisions_table(rated) is None
    assert shown.rates_table(rated) is None
    assert shown.tags_table(rated) is None
    assert shown.languages_plot(rated) is None
    html(render(shown.rating_page(rated, written=())))
