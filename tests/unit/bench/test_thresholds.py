"""The exact search against trying every threshold, and the rule against its definition."""

import itertools

import numpy as np
import pytest

from veriloop.bench.metrics import f1
from veriloop.bench.thresholds import best_threshold, first_error
from veriloop.bench.thresholds import f1_at as f1_by_counting
from veriloop.errors import InputError


def f1_at(rows, threshold):
    hits = {True: [], False: []}
    for label, scores in rows:
        hits[label != -1].append(first_error(scores, threshold) == label)
    return f1(*(100 * np.mean(hits[wrong]) for wrong in (True, False)))


def random_rows(seed, digits):
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(60):
        steps = int(generator.integers(1, 7))
        label = int(generator.integers(-1, steps))
        scores = generator.beta(4, 2, steps)
        if label >= 0:
            scores[label] *= generator.random()
        rows.append((label, tuple(np.round(scores, digits).tolist())))
    return rows


def test_a_step_is_right_only_above_the_threshold():
    assert first_error((0.6, 0.5, 0.4), 0.5) == 1
    assert first_error((0.6, 0.51)) == -1
    assert first_error((0.0,), 0.0) == 0
    assert first_error(()) is first_error(None) is None


@pytest.mark.parametrize("digits", [2, 6])
@pytest.mark.parametrize("seed", range(10))
def test_the_search_finds_the_best_of_all_thresholds(seed, digits):
    """Two digits give many ties; every distinguishable threshold is a score, a gap or an end."""
    rows = random_rows(seed, digits)
    found = best_threshold(rows)
    scores = sorted({x for _, s in rows for x in s})
    gaps = [(a + b) / 2 for a, b in itertools.pairwise(scores)]
    best = max(f1_at(rows, t) for t in (*scores, *gaps, -1.0, 2.0))
    assert found.f1 == pytest.approx(best)
    assert f1_at(rows, found.value) == pytest.approx(best)


def test_a_chosen_threshold_stands_in_the_middle_of_its_stretch():
    rows = [(1, (0.9, 0.2)), (-1, (0.8, 0.7))]
    found = best_threshold(rows)
    assert (found.value, found.f1) == (pytest.approx(0.45), 100.0)


def test_rows_without_scores_are_wrong_at_every_threshold():
    rows = [(1, (0.9, 0.2)), (-1, (0.8, 0.7)), (-1, None), (0, ())]
    assert best_threshold(rows).f1 == pytest.approx(50.0)
    assert best_threshold([(0, None), (-1, None)]).f1 == 0.0


@pytest.mark.parametrize("low", [0.5, float(np.nextafter(0.5, 1))])
def test_neighbouring_floats_have_no_middle(low):
    """Their mean rounds to the even one of the two: down from the first, up from the second."""
    high = float(np.nextafter(low, 1))
    found = best_threshold([(0, (low,)), (-1, (high,))])
    assert found.f1 == 100.0
    assert first_error((low,), found.value) == 0
    assert first_error((high,), found.value) == -1


def test_a_label_that_can_never_be_predicted_is_wrong_at_every_threshold():
    assert best_threshold([(1, (0.2, 0.9)), (-1, (0.5,))]).f1 == 0.0


def test_one_class_alone_cannot_choose():
    with pytest.raises(InputError, match="there is none without"):
        best_threshold([(0, (0.1,))])
    with pytest.raises(InputError, match="there is none with"):
        best_threshold([(-1, (0.1,))])


@pytest.mark.parametrize("digits", [1, 6])
def test_f1_at_many_thresholds_is_f1_at_each(digits):
    rows = [*random_rows(5, digits), (1, None), (-1, ())]
    at = np.linspace(-0.1, 1.1, 49).round(3).tolist()
    assert f1_by_counting(rows, at) == pytest.approx([f1_at(rows, t) for t in at])
    with pytest.raises(InputError, match="none without"):
        f1_by_counting([(0, (0.5,))], at)
