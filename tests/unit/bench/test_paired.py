"""Two systems on the same rows: signs, subsets, exact p, and what cannot be compared."""

import pytest

from veriloop.bench.labelled import Labelled
from veriloop.bench.metrics import Case, compare_first_errors
from veriloop.bench.paired import compare
from veriloop.bench.processbench import score_processbench
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Verdict

QUICK = Bootstrap(resamples=100)


def make_rows(subsets=("a", "b"), count=20):
    rows = []
    for subset in subsets:
        for i in range(count):
            problem = Problem("own", f"{subset} {i}", subset=subset, uid=f"{subset}-{i}")
            rows.append(Labelled(subset, problem, Solution(problem.id, ("x", "y")), i % 2 - 1))
    return rows


def result(rows, right, name="prm"):
    """Right on the rows whose place ``right`` accepts, elsewhere index 1, which is no label."""
    verdicts = [
        Verdict(
            row.problem.id,
            row.solution.id,
            name,
            Form.BINARY,
            Granularity.STEP,
            0.0,
            first_error=row.label if right(i) else 1,
        )
        for i, row in enumerate(rows)
    ]
    return score_processbench(rows, verdicts, bootstrap=QUICK)


def test_the_difference_is_paired_overall_and_by_subset():
    rows = make_rows()
    first = result(rows, lambda i: i % 4 != 3, "first")
    second = result(rows, lambda i: i < 20 and i % 4 != 3, "second")
    found = compare(first, second, bootstrap=QUICK)
    gain = first.scores.macro.value - second.scores.macro.value
    assert found.macro.estimate.value == pytest.approx(gain)
    assert (found.only_first, found.only_second, found.rows) == (15, 0, 40)
    assert found.macro.p == pytest.approx(2 * 0.5**15)
    assert found.subsets["a"].estimate.value == 0.0
    assert (found.subsets["a"].p, found.subsets["b"].p) == (1.0, pytest.approx(2 * 0.5**15))
    back = compare(second, first, bootstrap=QUICK)
    assert back.macro.estimate.value == -found.macro.estimate.value
    assert found.to_json()["first"] == "first"


def test_the_order_of_rows_does_not_matter():
    rows = make_rows()
    first = result(rows, lambda i: i % 3 > 0)
    second = result(rows[::-1], lambda i: i % 5 > 0)
    found = compare(first, second, bootstrap=QUICK)
    by_uid = dict(zip(second.uids, second.cases, strict=True))
    aligned = [by_uid[uid] for uid in first.uids]
    assert found.macro == compare_first_errors(first.cases, aligned, bootstrap=QUICK)


def test_other_rows_and_missing_verdicts_are_refused():
    rows = make_rows()
    first = result(rows, lambda i: True)
    with pytest.raises(InputError, match=r"1 of 40 rows of 'prm' are not .* \(b-19 is the first\)"):
        compare(first, result(rows[:-1], lambda i: True, "short"))
    partial = score_processbench(rows, first.verdicts[:30], bootstrap=QUICK)
    with pytest.raises(InputError, match="says nothing of 10 of 40 rows"):
        compare(first, partial)
    changed = [Labelled(r.subset, r.problem, r.solution, 0) for r in rows]
    with pytest.raises(InputError, match="row a-0 has the label -1"):
        compare(first, result(changed, lambda i: True))


def test_rows_of_one_kind_have_no_f1_to_compare():
    rows = [row for row in make_rows() if row.label == -1]
    only = result(rows, lambda i: True)
    with pytest.raises(InputError, match="no subset has both"):
        compare(only, only)
    assert all(isinstance(case, Case) for case in only.cases)
