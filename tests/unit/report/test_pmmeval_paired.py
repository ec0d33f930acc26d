from dataclasses import replace

import pytest

from veriloop.bench.pmmeval.summary import summarise
from veriloop.bench.power import NO_SCATTER
from veriloop.report.pmmeval_paired import (
    contrasts_table,
    forest_of,
    languages_table,
    phi_map,
    scaling_plots,
    scaling_table,
    shown_p,
    transfer_tables,
)


def test_differences_stand_with_p_and_gap(several):
    _, summary = several
    contrasts = summary.contrasts_of("models")
    assert [c.held for c in contrasts] == ["prompt en", "prompt native"]
    table = contrasts_table(contrasts, "T", "")
    names = [c.name for c in table.columns]
    assert names == ["difference", "first", "second", "p", "Holm", "gap"]
    for row in table.rows:
        difference, first, second = row.cells[:3]
        assert difference.value == pytest.approx(first.value - second.value)
        assert difference.low <= difference.value <= difference.high
    groups = list(dict.fromkeys(row.group for row in table.rows))
    assert groups[0] == "Qwen2.5-0.5B-Instruct − Qwen2.5-7B-Instruct (prompt en)"
    settings = contrasts_table(summary.contrasts_of("settings"), "T", "")
    assert {row.group for row in settings.rows} == {
        "en − native (Qwen2.5-0.5B-Instruct)",
        "en − native (Qwen2.5-7B-Instruct)",
    }


def test_translations_that_never_differ_have_no_gap_and_say_why(several):
    _, summary = several
    contrast = summary.contrasts_of("models")[0]
    told = contrast.comparison
    alike = replace(told.sets["flores"], detectable=None)
    same = replace(contrast, comparison=replace(told, sets={**told.sets, "flores": alike}))
    (row,) = (r for r in contrasts_table([same], "T", "").rows if r.label == "FLORES-200")
    assert (row.cells[-1].value, row.cells[-1].note) == (None, NO_SCATTER)
    assert forest_of(same).rows[0].detectable is None


def test_holm_is_over_all_rows_of_the_table(several):
    _, summary = several
    contrasts = summary.contrasts_of("models")
    rows = [(c, name) for c in contrasts for name in c.comparison.sets]
    smallest = min(rows, key=lambda row: row[0].comparison.sets[row[1]].p)
    p = smallest[0].comparison.sets[smallest[1]].p
    assert smallest[0].holm[smallest[1]] == pytest.approx(min(1.0, len(rows) * p))


def test_a_forest_has_a_row_for_each_task_and_one_for_all(several):
    _, summary = several
    contrast = summary.contrasts_of("models")[0]
    plot = forest_of(contrast)
    assert [row.label for row in plot.rows] == [
        "FLORES-200", "MLogiQA", "MMMLU", "MIFEval", "all but FLORES-200"
    ]  # fmt: skip
    told = contrast.comparison.sets["mlogiqa"]
    assert plot.rows[1].cell.value == told.difference.value
    assert plot.rows[1].detectable == told.detectable.gap
    each = [row.cell.value for row in plot.rows[1:4]]
    assert plot.rows[4].cell.value == pytest.approx(
        sum(each) / 3
    )  # BLEU does not add up with shares


def test_languages_are_their_own_table(several, made_up):
    _, summary = several
    table = languages_table(summary.contrasts_of("models"), "T")
    assert table is not None
    assert [c.name for c in table.columns] == ["en", "zh", "th"]
    one = made_up.measured(
        4, models=("a", "b"), settings=("en",), tasks=("mgsm",), languages=("en",)
    )
    only = summarise([x for m in one for x in m.answered])
    assert languages_table(only.contrasts_of("models"), "T") is None


def test_transfer_is_counted_by_hand(several):
    measured, summary = several
    system = "Qwen2.5-7B-Instruct, prompt en"
    (told,) = [t for t in summary.transfers if t.system == system]
    first, second = transfer_tables([told])
    (fixed,) = [
        a
        for m in measured
        for a in m.answered
        if (m.model, m.setting, a.scoring) == ("Qwen2.5-7B-Instruct", "en", "fixed")
    ]
    own = [o for o in fixed.outcomes if o.task == "mlogiqa" and o.uid and not o.lost]
    right = {
        code: {o.uid: o.value for o in own if o.language == code} for code in ("en", "zh", "th")
    }
    (row,) = [row for row in first.rows if row.label == "MLogiQA"]
    for code, cell in zip(("zh", "th"), row.cells[1:], strict=True):
        both = [uid for uid in right["en"] if uid in right[code] and right["en"][uid] == 1]
        assert cell.n == len(both)
        assert cell.value == pytest.approx(100 * sum(right[code][uid] for uid in both) / len(both))
    assert {row.group for row in second.rows} == {
        f"{system}, {title}" for title in ("MLogiQA", "MMMLU", "MIFEval")
    }
    plot = phi_map(told)
    assert plot is not None
    assert plot.columns == ("zh", "th")


def test_sizes_make_steps_and_lines(several):
    _, summary = several
    assert summary.scalings is not None
    told = summary.scalings["en"]
    table = scaling_table("en", told)
    assert {row.label for row in table.rows} == {"Qwen2.5-0.5B-Instruct → Qwen2.5-7B-Instruct"}
    (plot,) = scaling_plots("en", told)
    assert plot.xs == (0.5, 7.0)
    assert [line.label for line in plot.lines] == ["MLogiQA", "MMMLU", "MIFEval", "FLORES-200"]


def test_a_p_is_never_zero():
    assert shown_p(0.0) == "< 0.001"
    assert shown_p(0.0342) == "0.034"


def test_paired_means_of_translations_are_said_to_be_of_sentences(several):
    """Their mean is not the corpus score that the tables of scores show."""
    table = contrasts_table(several[1].contrasts_of("models"), "T", "")
    for row in table.rows:
        said = [c.note for c in row.cells[1:3]]
        assert [bool(note) for note in said] == [row.label == "FLORES-200"] * 2
        assert all("sentence" in note for note in said if note)
