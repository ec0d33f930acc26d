"""Rules of choice against plain loops over every subset, as the official code writes them."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from veriloop.bench.selection import (
    aggregate,
    pass_at,
    product_weights,
    right_by_luck,
    right_by_score,
    right_by_vote,
    subset_masks,
)

GENERATOR = np.random.default_rng(0)
RIGHT = GENERATOR.random((20, 6)) < 0.4
SCORES = np.round(GENERATOR.random((20, 6)), 1)
ANSWERS = GENERATOR.integers(0, 3, (20, 6))


def each_subset(n):
    """(problem, columns) of every subset."""
    return [(p, list(c)) for p in range(20) for c in itertools.combinations(range(6), n)]


def averaged(pairs):
    """Mean over subsets by problem."""
    found: dict[int, list[float]] = {}
    for problem, value in pairs:
        found.setdefault(problem, []).append(value)
    return [np.mean(found[p]) for p in range(20)]


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_first_of_the_best_scores_wins(n):
    expected = averaged(
        (p, float(RIGHT[p, c[int(np.argmax(SCORES[p, c]))]])) for p, c in each_subset(n)
    )
    assert right_by_score(SCORES, RIGHT, subset_masks(6, n)) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_the_most_common_answer_wins_and_its_first_member_is_credited(n):
    def official(problem, columns):
        answer = Counter(ANSWERS[problem, columns].tolist()).most_common(1)[0][0]
        return float(RIGHT[problem, next(c for c in columns if ANSWERS[problem, c] == answer)])

    expected = averaged((p, official(p, c)) for p, c in each_subset(n))
    found = right_by_vote(ANSWERS, np.ones((20, 6)), RIGHT, subset_masks(6, n))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("n", [2, 5])
def test_a_weighted_vote_sums_the_weights_of_each_answer(n):
    def official(problem, columns):
        sums: dict[int, float] = {}
        for c in columns:
            answer = int(ANSWERS[problem, c])
            sums[answer] = round(sums.get(answer, 0.0) + SCORES[problem, c], 9)
        best = max(sums, key=lambda a: sums[a])
        return float(RIGHT[problem, next(c for c in columns if ANSWERS[problem, c] == best)])

    expected = averaged((p, official(p, c)) for p, c in each_subset(n))
    assert right_by_vote(ANSWERS, SCORES, RIGHT, subset_masks(6, n)) == pytest.approx(expected)


@pytest.mark.parametrize("n", range(1, 7))
def test_pass_over_all_subsets_is_the_unbiased_estimator(n):
    expected = [pass_at(n, int(row.sum()), 6) for row in RIGHT]
    assert right_by_luck(RIGHT, subset_masks(6, n)) == pytest.approx(expected)


def test_pass_at_has_its_closed_form():
    assert pass_at(1, 3, 10) == pytest.approx(0.3)
    assert pass_at(10, 1, 10) == 1.0
    assert pass_at(2, 0, 5) == 0.0
    product = 1 - math.prod(1 - 5 / i for i in range(20 - 5 + 1, 21))
    assert pass_at(5, 5, 20) == pytest.approx(product)


def test_an_unscored_solution_is_never_chosen_and_has_no_vote():
    scores = np.array([[np.nan, 0.1, 0.2], [np.nan, np.nan, np.nan], [0.3, np.nan, np.nan]])
    right = np.array([[True, False, True], [True, True, True], [False, True, True]])
    found = right_by_score(scores, right, subset_masks(3, 3))
    assert (found[0], np.isnan(found[1]), found[2]) == (1.0, True, 0.0)
    pairs = right_by_score(scores, right, subset_masks(3, 2))
    assert pairs[0] == pytest.approx(2 / 3)
    assert pairs[2] == 0.0
    answers = np.array([[0, 0, 1], [0, 0, 0], [0, 1, 1]])
    votes = right_by_vote(answers, scores, right, subset_masks(3, 3))
    assert (votes[0], np.isnan(votes[1]), votes[2]) == (1.0, True, 0.0)


def test_the_worst_score_there_is_is_still_a_score():
    scores, right = np.array([[np.nan, -np.inf]]), np.array([[False, True]])
    assert right_by_score(scores, right, subset_masks(2, 2)).tolist() == [1.0]


def test_equal_sums_tie_whatever_the_order_of_addition():
    """0.1 + 0.2 + 0.3 and 0.6 differ in floating point; the first seen wins both ways round."""
    weights = np.array([[0.6, 0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.6]])
    answers = np.array([[0, 1, 1, 1], [0, 0, 0, 1]])
    right = np.array([[True, False, False, False], [True, True, True, False]])
    assert right_by_vote(answers, weights, right, subset_masks(4, 4)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("size", [1e-3, 1e-14, 1e-200])
def test_small_weights_are_still_weights(size):
    """40 steps of 0.4 have a product of 1e-16: the vote for it is not a tie with one of 1e-17."""
    weights, answers = np.array([[size / 10, size]]), np.array([[0, 1]])
    right = np.array([[False, True]])
    assert right_by_vote(answers, weights, right, subset_masks(2, 2)).tolist() == [1.0]


def test_weights_of_products_keep_their_proportions_where_the_products_themselves_are_no_floats():
    long, longer = (aggregate((1e-9,) * n, "product") for n in (100, 101))
    zero = aggregate((0.0,), "product")
    found = product_weights(np.array([[longer, long, np.nan], [zero, zero, np.nan]]))
    assert found[0, :2] == pytest.approx([1e-9, 1.0])
    assert found[1, :2].tolist() == [0.0, 0.0]
    assert np.isnan(found[:, 2]).all()


def test_step_scores_become_one_score():
    assert aggregate((0.5, 0.8, 0.4), "product") == pytest.approx(math.log(0.16))
    assert aggregate((0.5, 0.4, 0.8), "min") == 0.4
    assert aggregate((0.5, 0.4, 0.8), "last") == 0.8
    assert aggregate((0.5, 0.4, 0.9), "mean") == pytest.approx(0.6)
    assert aggregate((0.1,) * 10, "mean") == 0.1  # no rounding by the order of addition
    with pytest.raises(ValueError, match="product"):
        aggregate((0.5,), "sum")
    with pytest.raises(ValueError, match="not logits"):
        aggregate((-1.0, 2.0), "product")


def test_a_long_product_does_not_vanish_and_a_zero_is_below_all_but_can_be_chosen():
    long, longer, zero = (aggregate((1e-9,) * n, "product") for n in (40, 41, 0 + 1))
    assert longer < long < zero
    zero = aggregate((0.9, 0.0), "product")
    assert zero < longer
    assert zero == aggregate((0.0, 0.0, 0.1), "product")
    found = right_by_score(
        np.array([[np.nan, zero, zero]]), np.array([[False, True, False]]), subset_masks(3, 3)
    )
    assert found.tolist() == [1.0]


def test_masks_are_all_subsets_or_a_seeded_draw():
    masks = subset_masks(8, 4)
    assert masks.shape == (70, 8)
    assert len(np.unique(masks, axis=0)) == 70
    drawn = subset_masks(64, 8, seed=1)
    assert drawn.shape == (128, 64)
    assert (drawn.sum(axis=1) == 8).all()
    assert (drawn == subset_masks(64, 8, seed=1)).all()
    assert (drawn != subset_masks(64, 8, seed=2)).any()
    assert abs(drawn.mean(axis=0) - 1 / 8).max() < 0.12
    with pytest.raises(ValueError, match="1 to 8"):
        subset_masks(8, 9)


def test_blocks_of_problems_give_what_one_block_gives():
    """Large enough to be cut into blocks: 3,000 problems x 128 subsets x 32 solutions."""
    generator = np.random.default_rng(2)
    right = generator.random((3000, 32)) < 0.5
    scores = generator.random((3000, 32))
    masks = subset_masks(32, 4)
    whole = right_by_score(scores, right, masks)
    assert whole[-5:] == pytest.approx(right_by_score(scores[-5:], right[-5:], masks))
    answers = generator.integers(0, 4, (3000, 32))
    whole = right_by_vote(answers, scores, right, masks)
    assert whole[-5:] == pytest.approx(right_by_vote(answers[-5:], scores[-5:], right[-5:], masks))


def test_64_solutions_of_many_problems_need_no_more_memory_than_few():
    """pass@n against its closed form; a score that knows the truth is pass@n; blocks do not change a result."""
    right = np.random.default_rng(1).random((600, 64)) < 0.05
    groups = np.random.default_rng(2).integers(0, 9, right.shape)
    for n in (1, 2, 4, 8, 16, 32, 64):
        masks = subset_masks(64, n)
        assert masks.sum(axis=1).tolist() == [n] * len(masks)
        luck = right_by_luck(right, masks)
        expected = np.mean([pass_at(n, int(row.sum()), 64) for row in right])
        assert luck.mean() == pytest.approx(expected, abs=0.01)
        assert right_by_score(right.astype(float), right, masks) == pytest.approx(luck)
        whole = right_by_vote(groups, np.ones(right.shape), right, masks)
        parts = [right_by_vote(g, np.ones(r.shape), r, masks) for g, r in
                 zip(np.split(groups, 60), np.split(right, 60), strict=True)]  # fmt: skip
        assert np.concatenate(parts) == pytest.approx(whole)
