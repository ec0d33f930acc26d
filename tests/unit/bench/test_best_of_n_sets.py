"""Several sets at once: each by itself, and their unweighted mean with an interval."""

import json

import numpy as np
import pytest

from veriloop.bench.best_of_n import best_of_n
from veriloop.bench.best_of_n_sets import best_of_n_sets, mean_of_sets
from veriloop.bench.statistics import Bootstrap, Estimate
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Group, Problem, Solution, Verdict


def verdict(solution, verifier, value, form=Form.SCORE, **detail):
    return Verdict(
        solution.problem, solution.id, verifier, form, Granularity.TRAJECTORY, value, detail=detail
    )


def group(task, name, right):
    problem = Problem(task, name, "1")
    solutions = tuple(
        Solution(problem.id, ("a step",), answer="1" if r else str(i + 2), sample=i)
        for i, r in enumerate(right)
    )
    truth = tuple(verdict(s, "answer", float(r)) for s, r in zip(solutions, right, strict=True))
    return Group(problem, solutions, truth)


def groups():
    small = [group("small", f"s{i}", (True, False)) for i in range(4)]
    large = [group("large", f"l{i}", (False, i % 4 == 0)) for i in range(40)]
    return [*small, *large]


def test_a_small_set_counts_as_much_as_a_large_one():
    every = groups()
    scores = [verdict(s, "rm", 1.0 - s.sample) for g in every for s in g.solutions]
    found = best_of_n_sets(every, {"rm": scores}, n=2)
    assert list(found.boards) == ["small", "large"]
    means = {(m.rule, m.verifier): m.accuracy for m in found.means}
    assert means["pass", ""].value == pytest.approx((100 + 25) / 2)
    assert means["value", "rm"].value == pytest.approx((100 + 0) / 2)
    assert means["mean", ""].value == pytest.approx((50 + 12.5) / 2)
    assert means["pass", ""].n == 44
    assert found.boards["large"] == best_of_n(every[4:], {"rm": scores}, n=2)
    told = json.loads(json.dumps(found.to_json()))
    assert set(told["sets"]) == {"small", "large"}
    assert told["means"][0]["rule"] == "mean"


def test_one_set_has_no_mean():
    found = best_of_n_sets(groups()[:4], {}, n=2)
    assert found.means == ()
    assert found.undecided == ()


def test_the_interval_of_a_mean_covers_as_it_says():
    """Against simulation: two sets of shares, 95 % intervals from bootstraps, 300 draws."""
    draw, truth, inside = np.random.default_rng(0), (0.3 + 0.8) / 2, 0
    bootstrap = Bootstrap(200)
    for _ in range(300):
        parts = []
        for share, size in ((0.3, 60), (0.8, 200)):
            x = draw.random(size) < share
            parts.append(bootstrap.estimate(lambda w, x=x: (w @ x) / w.sum(axis=1), size))
        mean = mean_of_sets(parts)
        inside += mean.low <= truth <= mean.high
    assert 0.90 <= inside / 300 <= 0.98


def test_the_mean_of_equal_sets_is_narrower_by_the_root_of_their_number():
    one = Estimate(50.0, 40.0, 60.0, 100, unscored=1)
    mean = mean_of_sets([one] * 4)
    assert (mean.value, mean.low, mean.high) == pytest.approx((50.0, 45.0, 55.0))
    assert (mean.n, mean.unscored) == (400, 4)


def test_comparisons_that_decided_nothing_are_counted_once_a_problem():
    every = groups()[:3]
    said = [
        verdict(s, "pairwise", float(s.sample), Form.RANKING, comparisons=1, tied=int(g is every[0]), unread=0)
        for g in every
        for s in g.solutions
    ]  # fmt: skip
    (counted,) = best_of_n_sets(every, {"pairwise": said}, n=2).undecided
    assert (counted.comparisons, counted.tied, counted.unread) == (3, 1, 0)


def test_a_set_without_enough_solutions_is_named():
    with pytest.raises(InputError, match="large: none of 40 groups has 3 solutions"):
        best_of_n_sets([g for g in groups() if g.problem.task == "large"], {}, n=3)
    with pytest.raises(InputError, match="no group"):
        best_of_n_sets([], {}, n=2)
