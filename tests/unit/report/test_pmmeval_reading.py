from dataclasses import replace

from veriloop.report.pmmeval_reading import (
    bounds_table,
    cut_line,
    failures_table,
    rules_table,
    unread_table,
)


def unread(one, task=None, code=None):
    return [
        o
        for o in one.answered.outcomes
        if task in (None, o.task) and code in (None, o.language) and o.judged.value is None and not o.lost
    ]  # fmt: skip


def test_bounds_are_failures_wrong_and_failures_left_out(alone):
    _, summary = alone
    table = bounds_table(summary.scored)
    rows = {row.group: row.cells for row in table.rows}
    (fixed,) = summary.of("fixed")
    kept = [o for o in fixed.answered.outcomes if not o.lost]
    failed = len(unread(fixed))
    right = sum(o.judged.value or 0 for o in kept)
    wrong, left, count, share, _ = rows["fixed"]
    assert failed > 0
    assert wrong.value == 100 * right / len(kept)
    assert left.value == 100 * right / (len(kept) - failed)
    assert (count.value, share.value) == (failed, 100 * failed / len(kept))
    assert rows["official"][2].value == 0  # its fallback reads whatever there is


def test_shares_by_language_are_counted_by_hand(several):
    _, summary = several
    (one,) = [s for s in summary.of("fixed") if s.system == ("Qwen2.5-0.5B-Instruct", "en")]
    table = failures_table([one])
    assert table is not None
    for row in table.rows:
        task = {"MLogiQA": "mlogiqa", "MMMLU": "mmmlu", "MIFEval": "mifeval"}[row.label]
        for code, cell in zip(("en", "zh", "th"), row.cells, strict=True):
            assert cell.value == 100 * len(unread(one, task, code)) / cell.n
    assert "FLORES-200" not in [row.label for row in table.rows]  # all could be read


def test_answers_that_were_cut_are_counted(alone):
    _, summary = alone
    assert cut_line(summary.scored) == ""
    assert {row.cells[-1].value for row in bounds_table(summary.scored).rows} == {0}
    (fixed,) = summary.of("fixed")
    marked = tuple(replace(o, cut=o.row < 3) for o in fixed.answered.outcomes)
    cut = replace(fixed, answered=replace(fixed.answered, outcomes=marked))
    assert [row.cells[-1].value for row in bounds_table([cut]).rows] == [3]
    assert cut_line([cut]) == f"3 of {len(marked)} answers were cut by --max-tokens."


def test_nothing_unread_is_no_table(alone):
    official = alone[1].of("official")
    assert failures_table(official) is None


def test_every_answer_is_counted_under_one_rule(several):
    _, summary = several
    (one,) = [s for s in summary.of("fixed") if s.system == ("Qwen2.5-7B-Instruct", "en")]
    table = rules_table([one])
    total = sum(cell.value for row in table.rows for cell in row.cells)
    assert total == len(one.answered.outcomes)
    labels = {row.label for row in table.rows if row.group == "MLogiQA, fixed"}
    assert "lead-in" in labels
    assert labels <= {
        "lead-in",
        "not read: no letter",
        "not read: empty",
        "not read: no answer came",
    }


def test_systems_stand_in_groups_and_wait_folded(several):
    _, summary = several
    table = bounds_table(summary.scored)
    assert table.folded
    assert len({row.group for row in table.rows}) == 8
    shares = unread_table(summary)
    assert len(shares.rows) == 8
