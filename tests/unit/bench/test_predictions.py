"""Predictions from verdicts: whose rule, which threshold, and what a subset could reach at best."""

import pytest

from veriloop.bench.labelled import Labelled
from veriloop.bench.predictions import predict, upper_bounds
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict


def row(subset, index, label, steps=2):
    problem = Problem("own", f"{subset} {index}", subset=subset)
    return Labelled(subset, problem, Solution(problem.id, ("a",) * steps), label)


def say(of, scores=(), *, verifier="prm", first_error=None, unscored=None):
    return Verdict(
        of.problem.id,
        of.solution.id,
        verifier,
        Form.SCORE,
        Granularity.STEP,
        None if unscored else 0.5,
        unscored,
        step_scores=scores,
        first_error=first_error,
    )


ROWS = [row("a", 0, 1), row("a", 1, -1), row("b", 0, 0), row("b", 1, -1)]
SCORES = [(0.9, 0.6), (0.9, 0.8), (0.3, 0.9), (0.4, 0.5)]
VERDICTS = [say(r, s) for r, s in zip(ROWS, SCORES, strict=True)]


def test_the_rule_is_the_verifiers_own_a_number_or_chosen_on_a_subset():
    own = predict(ROWS, VERDICTS)
    assert [c.predicted for c in own.cases] == [-1, -1, 0, 0]
    assert (own.threshold, own.protocol) == (None, "the verifier's own first error")
    fixed = predict(ROWS, VERDICTS, threshold=0.7)
    assert [c.predicted for c in fixed.cases] == [1, -1, 0, 0]
    chosen = predict(ROWS, VERDICTS, threshold="a")
    assert chosen.threshold == pytest.approx(0.7)  # the middle of 0.6 and 0.8
    assert chosen.cases == fixed.cases


def test_the_upper_bound_of_a_subset_is_chosen_on_its_own_labels():
    bounds = upper_bounds(ROWS, predict(ROWS, VERDICTS).scores)
    assert {name: bound.f1 for name, bound in bounds.items()} == {"a": 100.0, "b": 100.0}
    assert bounds["b"].value == pytest.approx(0.35)
    assert upper_bounds(ROWS[:1], [SCORES[0]]) == {}
    assert upper_bounds(ROWS, [None] * 4) == {}


def test_what_has_no_score_has_no_prediction():
    lost = [say(ROWS[0], unscored=Unscored.TRUNCATED), *VERDICTS[1:3]]
    said = predict(ROWS, lost)
    assert [c.predicted for c in said.cases] == [None, -1, 0, None]
    assert said.verdicts[3] is None
    assert said.scores == (None, SCORES[1], SCORES[2], None)


def test_verdicts_of_two_verifiers_or_of_none_are_refused():
    with pytest.raises(InputError, match="2 verifiers"):
        predict(ROWS, [VERDICTS[0], say(ROWS[1], SCORES[1], verifier="other")])
    with pytest.raises(InputError, match="0 verifiers"):
        predict(ROWS, [])
