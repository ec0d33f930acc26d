"""The area within problems against counting pairs, and against what it is for: telling hard problems apart is 0.50."""

import json

import numpy as np
import pytest

from veriloop.bench.within_problem import within_problem_auc


def by_pairs(problems, right, scores):
    """Mean over mixed problems, and pooled, by looking at every pair."""
    wins: dict[int, list[float]] = {}
    for p, r, s in zip(problems, right, scores, strict=True):
        for q, t, u in zip(problems, right, scores, strict=True):
            if p == q and r and not t:
                wins.setdefault(p, []).append(1.0 if s > u else 0.5 if s == u else 0.0)
    every = [w for ws in wins.values() for w in ws]
    return np.mean([np.mean(w) for w in wins.values()]), np.mean(every), len(wins), len(every)


@pytest.mark.parametrize("digits", [1, 8])
def test_it_is_the_share_of_pairs_won_with_ties_a_half(digits):
    generator = np.random.default_rng(digits)
    problems = generator.integers(0, 30, 200).tolist()
    right = (generator.random(200) < 0.4).tolist()
    scores = np.round(generator.random(200) + 0.3 * np.array(right), digits).tolist()
    found = within_problem_auc(problems, right, scores)
    mean, pooled, mixed, pairs = by_pairs(problems, right, scores)
    assert found.mean.value == pytest.approx(mean)
    assert found.pooled.value == pytest.approx(pooled)
    assert (found.problems, found.pairs, found.mean.n) == (mixed, pairs, mixed)
    assert found.mean.low < found.mean.value < found.mean.high


def test_a_verifier_that_only_knows_hard_problems_has_one_half():
    generator = np.random.default_rng(0)
    difficulty = generator.random(500)
    problems = np.repeat(np.arange(500), 8)
    right = generator.random(4000) > difficulty[problems]
    scores = 1 - difficulty[problems]
    found = within_problem_auc(problems.tolist(), right.tolist(), scores.tolist())
    assert found.mean.value == found.pooled.value == 0.5
    noisy = (scores + 0.01 * generator.random(4000)).tolist()
    found = within_problem_auc(problems.tolist(), right.tolist(), noisy)
    assert found.mean.low < 0.5 < found.mean.high


def test_unscored_solutions_are_in_no_pair_and_counted():
    found = within_problem_auc(
        [1, 1, 1, 2, 2], [True, False, False, True, False], [0.9, 0.1, None, None, 0.2]
    )
    assert (found.mean.value, found.pairs, found.problems, found.mean.unscored) == (1.0, 1, 1, 2)
    assert str(found.mean) == "1.000 [1.000, 1.000] n=1 (2 unscored)"


def test_nothing_to_compare_has_no_area():
    found = within_problem_auc([1, 1, 2], [True, True, False], [0.1, 0.2, 0.3])
    assert (found.mean, found.pooled, found.pairs) == (None, None, 0)
    assert json.loads(json.dumps(found.to_json()))["mean"] is None
    assert within_problem_auc([], [], []).mean is None
    with pytest.raises(ValueError, match="one entry for each solution"):
        within_problem_auc([1], [True, False], [0.1])
