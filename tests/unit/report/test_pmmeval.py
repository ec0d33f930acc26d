"""The page and the terminal text: what is there, what is absent where there is one model, and that nothing is silly."""

import re
from dataclasses import replace

from veriloop.bench.pmmeval.outcomes import DIES, Answered, Judged, Outcome
from veriloop.bench.pmmeval.summary import summarise
from veriloop.report.items import Items
from veriloop.report.pmmeval import PMMEvalFound, pmmeval_page, pmmeval_terminal
from veriloop.report.pmmeval_data import Completeness
from veriloop.report.render import render
from veriloop.report.tables import Table

COMPLETE = (Completeness("mlogiqa", "en", 80, 80, 80, {}),)


def titles(page):
    return [section.title for section in page.sections]


def test_the_whole_page_is_in_order_and_items_come_last(several, html):
    measured, summary = several
    page = pmmeval_page(PMMEvalFound(summary, measured, COMPLETE, "mgsm lacks fr", ("a note",)))
    found = titles(page)
    wanted = [
        "All systems",
        "Scores by language",
        "Within tasks",
        "Fixed minus official scoring",
        "Bounds",
        "Rules that read the answers",
        "Models, paired",
        "Prompt language, paired",
        "Right in English and right in the language",
        "Model size (prompt en)",
        "What these sets can tell apart",
        "Beside published numbers",
        "Completeness and alignment",
        "How to read this",
        "Items",
    ]
    assert [title for title in found if title in wanted] == wanted
    assert isinstance(page.sections[-1], Items)
    root = html(render(page))
    assert "Missing: mgsm lacks fr." in root.by_class("headline")[0].text
    assert "4 systems" in root.by_class("headline")[0].text
    assert "a note" in root.text
    assert len(root.by_class("items-index")) == 1
    ids = [n.attributes["id"] for n in root.all() if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    assert not re.search(
        r"\bnan\b|None|inf\b", " ".join(n.text for n in root.all("td", "text", "p"))
    )


def test_one_model_in_one_language_has_what_it_can_have(alone, html):
    measured, summary = alone
    page = pmmeval_page(PMMEvalFound(summary, measured))
    assert titles(page) == [
        "Scores by language",
        "Fixed minus official scoring",
        "Bounds",
        "Share that could not be read, by language",
        "Rules that read the answers",
        "What these sets can tell apart",
        "How to read this",
        "Items",
    ]
    assert page.subtitle == "mine, MLogiQA, English, prompt en; 80 answers"
    assert "cannot separate models" in html(render(page)).text
    assert all(section.rows for section in page.sections if isinstance(section, Table))


def test_one_scoring_alone_makes_a_page(made_up, html):
    measured = made_up.measured(
        6, models=("mine",), settings=("en",), tasks=("mgsm",), languages=("en", "th"), scorings=("official",)
    )  # fmt: skip
    summary = summarise([one for m in measured for one in m.answered])
    page = pmmeval_page(PMMEvalFound(summary, measured))
    assert "Fixed minus official scoring" not in titles(page)
    assert "Right in English and right in the language" in titles(page)
    assert page.sections[-1].scorings == ("official",)
    html(render(page))


def test_a_headline_warns_where_systems_were_not_asked_the_same(made_up):
    some = [
        one
        for model, codes in (("wide", ("en", "th")), ("narrow", ("en",)))
        for m in made_up.measured(
            6, models=(model,), settings=("en",), tasks=("mgsm",), languages=codes
        )
        for one in m.answered
    ]
    headline = pmmeval_page(PMMEvalFound(summarise(some))).headline
    assert "not asked in the same tasks and languages" in headline


def test_without_what_was_measured_there_are_no_items(several):
    assert "Items" not in titles(pmmeval_page(PMMEvalFound(several[1])))


def test_the_same_answers_give_the_same_bytes(several):
    measured, summary = several
    found = PMMEvalFound(summary, measured)
    assert render(pmmeval_page(found)) == render(pmmeval_page(found))


def test_the_terminal_holds_every_line_in_its_width(several):
    measured, summary = several
    text = pmmeval_terminal(PMMEvalFound(summary, measured, (), "mgsm lacks fr"))
    assert max(map(len, text.splitlines())) <= 80
    for model in ("Qwen2.5-0.5B-Instruct", "Qwen2.5-7B-Instruct"):
        assert f"Scores by language: {model}, prompt native" in text
    assert "Paired: models" in text
    assert "Paired: settings" in text
    assert "Missing: mgsm lacks fr." in " ".join(text.split())


def test_how_many_answers_were_cut_is_told_where_any_were(several):
    _, summary = several
    assert "cut by --max-tokens" not in pmmeval_terminal(PMMEvalFound(summary))
    outcomes = tuple(
        Outcome("mgsm", "en", i, f"p{i}", Judged(1.0, rule="boxed"), f"u{i}", cut=i < 2)
        for i in range(8)
    )
    some = PMMEvalFound(
        summarise([Answered("m", "en", scoring, outcomes) for scoring in ("official", "fixed")])
    )
    told = "2 of 8 answers were cut by --max-tokens."
    assert told in " ".join(pmmeval_terminal(some).split())
    assert told in pmmeval_page(some).headline


def test_where_the_official_evaluation_stops_is_told():
    """One answer without a letter ends MLogiQA: its score is what it would be without the fault."""
    dead = [Judged(None, f"{DIES} (TypeError)", detail={"without": x}) for x in (1.0, 0.0)]
    outcomes = tuple(
        Outcome("mlogiqa", "ko", row, f"p{row}", one, f"q{row}")
        for row, one in enumerate([*dead, *[Judged(1.0, "", "json", "A")] * 8])
    )
    summary = summarise([Answered("m", "en", "official", outcomes)])
    assert summary.scored[0].died == {("mlogiqa", "ko"): 2}
    assert summary.scored[0].means.sets["mlogiqa"].estimate.value == 90
    found = PMMEvalFound(summary)
    assert "MLogiQA (ko) and gives no score" in " ".join(pmmeval_terminal(found).split())
    assert "Where the official evaluation stops" in titles(pmmeval_page(found))


def right_of(model, right, task="mgsm"):
    """Ten answers, the first ``right`` of them right."""
    outcomes = tuple(
        Outcome(task, "en", i, f"p{i}", Judged(float(i < right), "", "json"), f"q{i}")
        for i in range(10)
    )
    return Answered(model, "en", "fixed", outcomes)


def headline(*answered):
    return pmmeval_page(PMMEvalFound(summarise(answered))).headline


def test_equal_scores_are_no_lead():
    one, two = right_of("a", 7), right_of("b", 3)
    assert "a, prompt en is first in the specialised tasks (70.0)" in headline(one, two)
    assert "a, prompt en is first" in headline(two, one)
    twins = headline(two, one, right_of("c", 7))
    assert "a, prompt en and c, prompt en are equally first in the specialised tasks" in twins
    assert "a, prompt en and 2 others are equally first" in headline(
        one, right_of("c", 7), right_of("d", 7)
    )


def test_one_point_between_the_scorings_is_no_dark_square(several):
    """Colours of all maps have one scale, and never less than ten points for the full one."""
    _, summary = several
    maps = [
        s
        for s in pmmeval_page(PMMEvalFound(summary)).sections
        if s.title.startswith("Fixed minus official: ")
    ]
    apart = [
        abs(d.difference.value)
        for c in summary.contrasts_of("scorings")
        for d in c.comparison.languages.values()
    ]
    assert len(maps) == 4
    assert {m.end for m in maps} == {max(10.0, *apart)}
    answered = right_of("a", 7)
    outcomes = (
        replace(answered.outcomes[0], judged=Judged(0.0, "", "json")),
        *answered.outcomes[1:],
    )
    both = [
        replace(x, outcomes=(*x.outcomes, *(replace(o, language="ko") for o in x.outcomes)))
        for x in (answered, replace(answered, scoring="official", outcomes=outcomes))
    ]
    small = pmmeval_page(PMMEvalFound(summarise(both)))
    (shown,) = [s for s in small.sections if s.title.startswith("Fixed minus official: ")]
    assert shown.end == 10.0


def test_what_sets_can_tell_apart_is_read_off_a_system_that_is_not_all_right():
    """Scores that are all alike do not say how languages hang together."""

    def gaps(*answered):
        page = pmmeval_page(PMMEvalFound(summarise(answered)))
        (table,) = [s for s in page.sections if s.title == "What these sets can tell apart"]
        return [[c.value for c in row.cells] for row in table.rows]

    def wide(answered):
        korean = (
            replace(o, language="ko", judged=Judged(float(i % 2), "", "json"))
            for i, o in enumerate(answered.outcomes)
        )
        return replace(answered, outcomes=(*answered.outcomes, *korean))

    best = right_of("a", 10)
    best = replace(
        best, outcomes=(*best.outcomes, *(replace(o, language="ko") for o in best.outcomes))
    )
    some = wide(right_of("b", 4))
    assert gaps(best, some) == gaps(some) != gaps(best)
