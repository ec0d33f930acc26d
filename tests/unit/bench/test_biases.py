"""The three biases against the figures of the paper: ProcessBench's own rates, table 5, and counted by hand."""

import json

import pytest

from veriloop.bench.best_of_n import best_of_n
from veriloop.bench.biases import Selected, measure_biases
from veriloop.bench.labelled import Labelled, labelled_groups
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Group, Problem, Solution, Verdict
from veriloop.store.processbench import SUBSETS, read_processbench

QUICK = Bootstrap(resamples=50)
EXTRACTED = dict(zip(SUBSETS, (7, 94, 161, 259), strict=True))


def say(row, verifier, scores=(), first_error=None):
    return Verdict(
        row.problem.id,
        row.solution.id,
        verifier,
        Form.SCORE,
        Granularity.STEP,
        0.5,
        step_scores=scores,
        first_error=first_error,
    )


def extracted_rows():
    """521 rows whose answers are right and whose second step is wrong, as many by subset as ProcessBench has."""
    rows = []
    for subset, count in EXTRACTED.items():
        for i in range(count):
            problem = Problem("processbench", f"{subset} {i}", subset=subset)
            rows.append(Labelled(subset, problem, Solution(problem.id, ("a", "b", "c")), 1, True))
    return rows


# 2501.07301 table 5: accuracy on the four subsets, and the macro mean; micro over 521 rows follows.
TABLE_5 = {
    "Skywork-1.5B": ((42.9, 36.2, 12.4, 13.9), 26.4, 17.8),
    "Math-Shepherd-7B": ((14.3, 12.8, 13.7, 14.7), 13.9, 14.0),
    "RLHFlow-Mistral": ((14.3, 13.8, 7.5, 10.0), 11.4, 10.0),
    "RLHFlow-Deepseek": ((0.0, 18.1, 9.9, 10.8), 9.7, 11.7),
    "Skywork-7B": ((57.1, 26.6, 14.3, 13.1), 27.8, 16.5),
    "EurusPRM-1": ((28.6, 25.5, 19.9, 20.1), 23.5, 21.1),
    "EurusPRM-2": ((42.9, 27.7, 18.0, 20.8), 27.4, 21.5),
    "Qwen-Math-Shepherd": ((0.0, 9.6, 4.3, 1.2), 3.8, 3.7),
    "Qwen-PRM800K": ((42.9, 50.0, 31.7, 28.2), 38.2, 33.4),
    "PRM-7B": ((42.9, 68.1, 48.4, 56.0), 53.9, 55.7),
    "PRM-72B": ((28.6, 76.6, 62.7, 64.5), 58.1, 65.6),
}


@pytest.mark.parametrize(("shares", "macro", "micro"), TABLE_5.values(), ids=TABLE_5)
def test_every_row_of_table_5_from_verdicts_on_as_many_rows(shares, macro, micro):
    rows = extracted_rows()
    hits = {s: round(x / 100 * EXTRACTED[s]) for s, x in zip(SUBSETS, shares, strict=True)}
    verdicts = []
    for row in rows:
        found = hits[row.subset] > 0
        hits[row.subset] -= found
        verdicts.append(say(row, "prm", first_error=1 if found else -1))
    (bias,) = measure_biases(rows, {"prm": verdicts}, bootstrap=QUICK).verifiers
    values = [part.acc_error.value for part in bias.extracted.subsets]
    assert values == pytest.approx(shares, abs=0.05)
    assert bias.extracted_macro.value == pytest.approx(macro, abs=0.1)
    assert bias.extracted_micro.value == pytest.approx(micro, abs=0.1)
    assert bias.extracted_micro.n == 521
    assert bias.minimum_at_last is None


def test_processbench_has_the_rates_of_the_paper(shared_data):
    rows = read_processbench(shared_data("processbench"))
    verdicts = [say(row, "always", (0.9,) * len(row.solution.steps)) for row in rows]
    biases = measure_biases(rows, {"always": verdicts}, bootstrap=QUICK)
    rates = {name: round(e.value, 1) for name, e in biases.process_error.by_subset}
    assert rates == dict(zip(SUBSETS, (3.5, 18.8, 32.2, 51.8), strict=True))
    assert [e.n for _, e in biases.process_error.by_subset] == [200, 500, 500, 500]
    assert biases.process_error.pooled.value == pytest.approx(100 * 521 / 1700)
    (bias,) = biases.verifiers
    assert bias.extracted_micro.value == 0.0
    assert (
        bias.minimum_at_last.value == 0.0
    )  # all equal: the earliest counts, and no row has one step
    assert bias.minimum_over == "labelled solutions"


def own_groups():
    """Two problems with two solutions each: one right by a wrong step."""
    groups = []
    for i in range(2):
        problem = Problem("own", f"problem {i}", reference="1", subset="own")
        solutions = tuple(
            Solution(problem.id, ("a", "b", "c"), answer=str(j), sample=j) for j in range(2)
        )
        labels, right = ((2, -1), (1.0, 1.0)) if i else ((0, -1), (0.0, 1.0))
        said = []
        for s, label, value in zip(solutions, labels, right, strict=True):
            about = Labelled("own", problem, s, label)
            said.append(say(about, "gold", first_error=label))
            said.append(
                Verdict(problem.id, s.id, "answer", Form.BINARY, Granularity.TRAJECTORY, value)
            )
        groups.append(Group(problem, solutions, tuple(said)))
    return groups


def test_own_groups_with_a_best_of_n_table():
    groups = own_groups()
    rows = labelled_groups(groups)
    scores = [(0.2, 0.3, 0.4), (0.9, 0.9, 0.9), (0.9, 0.8, 0.1), (0.9, 0.9, 0.95)]
    verdicts = [say(row, "prm", s) for row, s in zip(rows, scores, strict=True)]
    board = best_of_n(groups, {"prm": verdicts}, n=2, bootstrap=QUICK)
    selected = Selected(board, {"prm": verdicts})
    biases = measure_biases(rows, {"prm": verdicts}, selected=selected, bootstrap=QUICK)
    assert biases.process_error.pooled.value == pytest.approx(100 / 3)
    assert biases.process_error.unknown == 0
    (bias,) = biases.verifiers
    assert bias.f1.value == 100.0
    assert (bias.extracted_micro.value, bias.extracted_micro.n) == (100.0, 1)
    assert (bias.minimum_at_last.value, bias.minimum_at_last.n) == (25.0, 4)
    assert bias.minimum_over == "Best-of-N solutions"
    assert bias.best_of_n.value == 100.0
    assert biases.majority.value == board.row("maj").accuracy.value
    shown = json.loads(json.dumps(biases.to_json(), allow_nan=False))
    assert shown["verifiers"][0]["best_of_n"]["value"] == 100.0
    assert "earliest" in shown["tie_rule"]


def test_scores_that_end_at_the_first_wrong_step_say_nothing_of_where_the_smallest_stands():
    """Their last score is their smallest by construction: of four solutions two would count, and none may."""
    groups = own_groups()
    rows = labelled_groups(groups)
    scores = [(1.0, 0.0), (1.0, 1.0, 1.0), (0.0,), (1.0, 1.0, 1.0)]
    verdicts = [say(row, "stops", s) for row, s in zip(rows, scores, strict=True)]
    board = best_of_n(groups, {"stops": verdicts}, n=2, bootstrap=QUICK)
    selected = Selected(board, {"stops": verdicts})
    (bias,) = measure_biases(
        rows, {"stops": verdicts}, selected=selected, bootstrap=QUICK
    ).verifiers
    assert bias.minimum_at_last is None


def test_solutions_that_are_not_in_the_table_are_not_counted():
    groups = own_groups()
    rows = labelled_groups(groups)
    scores = [(0.2, 0.3, 0.4), (0.9, 0.9, 0.1), (0.9, 0.8, 0.85), (0.9, 0.9, 0.1)]
    verdicts = [say(row, "prm", s) for row, s in zip(rows, scores, strict=True)]
    board = best_of_n(groups, {"prm": verdicts}, n=1, bootstrap=QUICK)
    selected = Selected(board, {"prm": verdicts})
    (bias,) = measure_biases(rows, {"prm": verdicts}, selected=selected, bootstrap=QUICK).verifiers
    assert (bias.minimum_at_last.value, bias.minimum_at_last.n) == (0.0, 2)


def test_thresholds_are_by_verifier_and_what_is_unknown_stays_unknown():
    rows = labelled_groups(own_groups(), answer="nobody")
    scores = [(0.2, 0.3, 0.4), (0.9, 0.9, 0.9), (0.9, 0.8, 0.1), (0.9, 0.9, 0.95)]
    verdicts = [say(row, "prm", s) for row, s in zip(rows, scores, strict=True)]
    biases = measure_biases(rows, {"prm": verdicts}, thresholds={"prm": 0.92}, bootstrap=QUICK)
    assert biases.process_error.pooled is None
    assert biases.process_error.unknown == 4
    (bias,) = biases.verifiers
    assert (bias.extracted, bias.extracted_macro) == (None, None)
    assert bias.protocol == "step scores above 0.92"
    assert bias.first_error.pooled.acc_correct.value == 0.0
    assert bias.best_of_n is None
    with pytest.raises(InputError, match="no labelled solution"):
        measure_biases([], {}, bootstrap=QUICK)


def test_a_rule_that_the_table_lacks_is_refused():
    groups = own_groups()
    rows = labelled_groups(groups)
    verdicts = [say(row, "prm", (0.5, 0.5, 0.5)) for row in rows]
    board = best_of_n(groups, {"prm": verdicts}, n=2, bootstrap=QUICK)
    with pytest.raises(InputError, match="no rule 'median'"):
        measure_biases(
            rows, {"prm": verdicts}, selected=Selected(board, {}, "median"), bootstrap=QUICK
        )
