"""The assignment and its regrets by brute force, the share of rows with a counterpart, and ties broken by order."""

import itertools
import random

import numpy as np
import pytest

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.matching import (
    BY_CONTENT,
    BY_ORDER,
    OTHER_GOLD,
    assignment,
    in_order,
    match,
    with_counterpart,
)


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (5, 5), (3, 5), (5, 3)])
def test_the_regret_is_what_the_best_assignment_without_the_pair_loses(rows, columns):
    """By all permutations. A row without a column, or a column without a row, adds nothing."""
    for seed in range(5):
        scores = np.random.default_rng(seed).normal(0, 3, (rows, columns))
        size = max(rows, columns)
        square = np.zeros((size, size))
        square[:rows, :columns] = scores
        totals = {
            chosen: sum(square[i, j] for i, j in enumerate(chosen))
            for chosen in itertools.permutations(range(size))
        }
        best = max(totals.values())
        pairs, regrets = assignment(scores)
        assert len(pairs) == min(rows, columns)
        for i, j in pairs:
            without = max(total for chosen, total in totals.items() if chosen[i] != j)
            assert regrets[i] == pytest.approx(best - without)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_share_with_a_counterpart_is_recovered(share):
    """Scores drawn from the model itself: normal log-likelihood ratios of pairs that are and are not true."""
    rng = np.random.default_rng(1)
    n = 300
    scores = rng.normal(-8, 4, (n, n))  # N(-d/2, d), and N(d/2, d) of true pairs, with d = 16
    true = rng.choice(n, int(share * n), replace=False)
    scores[true, true] = rng.normal(8, 4, len(true))
    assert with_counterpart(scores) == pytest.approx(share, abs=0.08)


def problems(rng, n, *, digits=(2, 5)):
    """English and 'another language': texts of other letters and lengths, with the digits kept."""
    left, right = [], []
    for _ in range(n):
        size, gold = rng.randint(5, 60), str(rng.randint(1, 2000))
        numbers = [str(rng.randint(2, 400)) for _ in range(rng.randint(*digits))]
        left.append(Item("mgsm", "en", 0, {"question": " ".join(["ab"] * size + numbers)}, gold))
        words = ["가나다"] * round(size * rng.uniform(0.5, 0.6))
        right.append(Item("mgsm", "ko", 0, {"question": " ".join(words + numbers)}, gold))
    return left, right


def test_rows_are_matched_whatever_their_order():
    rng = random.Random(3)
    left, right = problems(rng, 60)
    straight = match(left, right)
    assert sum(i == j for j, i in straight.pairs.items()) == len(straight.pairs) >= 58
    order = list(range(60))
    rng.shuffle(order)
    shuffled = match(left, [right[k] for k in order])
    assert {(order[j], i) for j, i in shuffled.pairs.items()} == set(straight.pairs.items())
    assert set(shuffled.how.values()) == {BY_CONTENT}


def test_rows_without_a_counterpart_stay_apart():
    rng = random.Random(4)
    left, right = problems(rng, 60)
    found = match(left[:40], right[20:])
    assert all(i == j + 20 for j, i in found.pairs.items())
    assert len(found.pairs) >= 17
    assert set(found.apart) | set(found.pairs) == set(range(40))
    assert found.share == pytest.approx(0.5, abs=0.1)


def test_another_gold_is_another_item():
    left, right = problems(random.Random(5), 40, digits=(5, 8))
    wrong = right[7]
    right[7] = Item("mgsm", "ko", 0, wrong.fields, "999983")
    found = match(left, right)
    assert 7 not in found.pairs
    assert found.apart[7] == OTHER_GOLD


def with_a_twin(where):
    """Two rows of the same digits, gold and length: only their neighbours can tell them apart."""
    left, right = problems(random.Random(6), 40)
    left[where], right[where] = left[3], right[3]
    return left, right


def test_ties_are_broken_by_neighbours_in_files_of_one_order():
    left, right = with_a_twin(20)
    found = match(left, right)
    assert not {3, 20} & set(found.pairs)
    ordered = in_order(found, left, right)
    assert (ordered.pairs[3], ordered.pairs[20]) == (3, 20)
    assert (ordered.how[3], ordered.how[20]) == (BY_ORDER, BY_ORDER)
    assert {j for j, how in ordered.how.items() if how == BY_CONTENT} == set(found.pairs)


def test_ties_stay_in_files_of_no_order():
    left, right = with_a_twin(20)
    order = list(range(40))
    random.Random(7).shuffle(order)
    shuffled = [right[k] for k in order]
    found = match(left, shuffled)
    assert in_order(found, left, shuffled) is found


def test_order_never_pairs_what_content_rejects():
    left, right = problems(random.Random(8), 40)
    right[11] = Item("mgsm", "ko", 0, {"question": "7 5 3 111 222 333"}, "31")
    found = in_order(match(left, right), left, right)
    assert 11 not in found.pairs


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 3), (2, 1), (2, 2)])
def test_a_handful_of_rows(n, m):
    left, right = problems(random.Random(9), 3)
    found = match(left[:n], right[:m])
    assert all(i == j for j, i in found.pairs.items())
    assert set(found.pairs) | set(found.apart) == set(range(m))
