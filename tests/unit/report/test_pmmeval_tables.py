"""Scores by task and language, checked against counts by hand, and the gaps that so many items can show."""

import pytest

from veriloop.bench.pmmeval.outcomes import Answered, Judged, Outcome
from veriloop.bench.pmmeval.summary import summarise
from veriloop.report.cells import Cell
from veriloop.report.pmmeval_tables import (
    gaps_table,
    languages_of,
    overview_table,
    parts_table,
    scores_table,
    scorings_table,
    title_of,
    warning,
    worth,
)
from veriloop.report.terminal import terminal_table


def by_hand(answered, task, code):
    """(percent right, counted) of one task in one language; what could not be read is wrong."""
    own = [o for o in answered.outcomes if (o.task, o.language) == (task, code) and not o.lost]
    return 100 * sum(o.judged.value or 0 for o in own) / len(own), len(own)


def test_scores_are_those_of_a_count_by_hand(several):
    _, summary = several
    own = [one for one in summary.scored if one.system == ("Qwen2.5-7B-Instruct", "native")]
    table = scores_table(own)
    names = [c.name for c in table.columns]
    assert names == ["mean", "gap", "en", "zh", "th"]
    rows = {(r.group, r.label): dict(zip(names, r.cells, strict=True)) for r in table.rows}
    assert {group for group, _ in rows} == {"fixed", "official"}
    for one in own:
        found = rows[one.answered.scoring, "MLogiQA"]
        shares = [by_hand(one.answered, "mlogiqa", code) for code in ("en", "zh", "th")]
        assert [(found[c].value, found[c].n) for c in ("en", "zh", "th")] == [
            (pytest.approx(share), n) for share, n in shares
        ]
        assert found["mean"].value == pytest.approx(sum(share for share, _ in shares) / 3)
        assert found["en"].low <= found["en"].value <= found["en"].high
    assert rows["fixed", "FLORES-200"]["en"].note == "translates from English"
    assert "BLEU" in rows["fixed", "FLORES-200"]["gap"].note


def test_ten_languages_stand_side_by_side_on_a_terminal(made_up):
    measured = made_up.measured(3, models=("m",), settings=("en",), tasks=("xnli", "humaneval_xl"))
    summary = summarise([one for m in measured for one in m.answered])
    text = terminal_table(scores_table(summary.scored, terminal=True), width=80)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[:3] == ["task", "mean", "gap"]
    assert lines[1].split()[3:] == languages_of(summary.scored)
    assert len(languages_of(summary.scored)) == 10
    assert len([line for line in lines if line.startswith("xnli ")]) == 2  # one row a scoring


def test_one_language_of_mlogiqa_cannot_tell_neighbours_apart(alone):
    _, summary = alone
    (scored,) = summary.of("fixed")
    table = gaps_table(scored)
    (row,) = table.rows
    assert row.label == "MLogiQA"
    assert row.cells[0].n == 80
    assert (
        row.cells[0].shown(1) == "19.5"
    )  # both figures: discordance 0.30, alpha 0.01, power 0.8, by arithmetic
    assert row.cells[1].shown(1) == "5.6"
    assert "less than 19.5 points apart" in warning(scored)
    assert "One MLogiQA language" in table.caption
    assert "neighbouring models are not told apart" in table.caption


def test_too_few_items_show_no_gap(several):
    _, summary = several
    table = gaps_table(summary.scored[0])
    cells = [row.cells[0] for row in table.rows]
    assert {c.note for c in cells} == {"so few items can show no gap at all"}  # 24 items: 30.4 > 30
    assert "cannot separate any two models" in table.caption
    assert "FLORES-200" not in [row.label for row in table.rows]


def test_scores_that_are_all_alike_are_worth_their_items_and_not_their_languages():
    rows = tuple(
        Outcome("xnli", code, i, f"{code}{i}", Judged(1.0, rule="json"), f"u{i}")
        for code in ("en", "zh", "ar", "es")
        for i in range(6)
    )
    (scored,) = summarise([Answered("m", "en", "fixed", rows)]).scored
    assert worth(scored.means.sets["xnli"]) == 6
    (row,) = gaps_table(scored).rows
    assert row.cells[3].value == 6


def test_one_language_of_programs_is_worth_its_problems_and_not_its_answers():
    rows = tuple(
        Outcome("humaneval_xl", "en", i, "p", Judged(float(i % 2)), f"{name}/{i}", name)
        for name in ("java", "javascript", "python")
        for i in range(80)
    )
    draws = {"humaneval_xl": {o.uid: str(o.row) for o in rows}}
    (scored,) = summarise([Answered("m", "en", "fixed", rows)], draws=draws).scored
    (row,) = gaps_table(scored).rows
    assert row.cells[0].n == 240
    assert row.cells[0].value == pytest.approx(19.5, abs=0.15)  # of 80 items, as above


def test_the_overview_has_every_system_and_marks_the_best_of_the_fixed(several):
    _, summary = several
    table = overview_table(summary)
    assert [(row.group, row.reference) for row in table.rows] == [("fixed", False)] * 4 + [
        ("official", True)
    ] * 4
    assert [c.name for c in table.columns] == ["FLORES-200", "MLogiQA", "MMMLU", "MIFEval"]
    fixed = [row.cells[1].value for row in table.rows[:4]]
    assert table.best(1) == max(fixed)


def test_parts_stand_apart(several):
    _, summary = several
    own = [one for one in summary.scored if one.system == ("Qwen2.5-7B-Instruct", "en")]
    table = parts_table(own)
    assert table is not None
    rows = {(row.group, row.label): row.cells for row in table.rows}
    assert {label for group, label in rows if group == "MMMLU"} == {
        "fixed, easy", "fixed, hard", "official, easy", "official, hard"
    }  # fmt: skip
    assert {label for group, label in rows if group == "MIFEval"} == {
        "fixed, strict", "fixed, loose", "official, strict", "official, loose"
    }  # fmt: skip
    assert {label for group, label in rows if group == "FLORES-200"} == {
        "fixed, BLEU", "fixed, chrF", "official, window BLEU", "official, chrF"
    }  # fmt: skip
    easy, hard = (rows["MMMLU", f"fixed, {part}"][0] for part in ("easy", "hard"))
    assert easy.value > hard.value
    (fixed,) = [one for one in own if one.answered.scoring == "fixed"]
    loose = [
        o.judged.detail["loose"]
        for o in fixed.answered.outcomes
        if (o.task, o.language) == ("mifeval", "th") and not o.lost
    ]
    assert rows["MIFEval", "fixed, loose"][3].value == pytest.approx(100 * sum(loose) / len(loose))


def test_a_task_without_parts_has_no_such_table(alone):
    assert parts_table(alone[1].scored) is None


def test_fixed_minus_official_is_the_difference_of_the_two_on_the_same_answers(several):
    _, summary = several
    contrasts = summary.contrasts_of("scorings")
    assert len(contrasts) == 4
    (one,) = [c for c in contrasts if c.held == "Qwen2.5-0.5B-Instruct, prompt native"]
    table = scorings_table([one])
    assert [c.name for c in table.columns] == ["mean", "differ", "en", "zh", "th"]
    (row,) = [row for row in table.rows if row.label == "MMMLU"]
    of = {
        s.answered.scoring: s.answered
        for s in summary.scored
        if s.system == ("Qwen2.5-0.5B-Instruct", "native")
    }
    wanted = [
        by_hand(of["fixed"], "mmmlu", c)[0] - by_hand(of["official"], "mmmlu", c)[0]
        for c in ("en", "zh", "th")
    ]
    assert [cell.value for cell in row.cells[2:]] == pytest.approx(wanted)
    assert row.cells[0].value == pytest.approx(sum(wanted) / 3)
    assert isinstance(row.cells[1], Cell)
    assert row.cells[1].value > 0


def test_titles_are_the_papers():
    assert title_of("humaneval_xl, python") == "HumanEval-XL, python"
    assert title_of("mgsm") == "MGSM"
