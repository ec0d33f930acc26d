"""Choosing among N solutions of a problem: by score, by vote, by luck; for all problems and subsets at once.

Arrays have one row for each problem and one column for each of its N solutions. A subset is a mask over the
columns, so the curve of a rule against n is the same code under more masks. Rules follow the official
evaluation (arXiv 2501.07301, section 2.2, and its code): the first of equal scores wins; the answer seen first
of equally common ones wins and is credited with the correctness of its first member.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.statistics import Floats

Bools: TypeAlias = "NDArray[np.bool_]"

AGGREGATIONS = ("product", "min", "last", "mean")
_LOWEST = -np.finfo(float).max
_ALIKE = 1e-12  # relative: sums of votes that differ by less are equal
_CELLS = 4_000_000  # problems x subsets x solutions held at once


def aggregate(step_scores: Sequence[float], rule: str) -> float:
    """The score of a solution from those of its steps, in [0, 1]: their "product" (as a logarithm), "min", "last"
    or "mean".

    The product stays in log space: 40 steps of 1e-9 are not 0. A step of 0 gives the lowest finite number.
    """
    if rule == "last":
        return float(step_scores[-1])
    if rule == "min":
        return float(min(step_scores))
    if rule == "mean":
        return math.fsum(step_scores) / len(step_scores)
    if rule != "product":
        raise ValueError(f"step scores are joined by one of {AGGREGATIONS}, got {rule!r}")
    if min(step_scores) < 0:
        raise ValueError(
            f"a product needs scores in [0, 1], got {min(step_scores)}: give probabilities, not logits"
        )
    return math.fsum(map(math.log, step_scores)) if min(step_scores) > 0 else _LOWEST


def subset_masks(total: int, n: int, *, limit: int = 128, seed: int = 0) -> Bools:
    """Masks of subsets of size ``n`` out of ``total``, shape (subsets, total).

    All of them where there are at most ``limit``, so that averages over them are exact; otherwise ``limit``
    random ones.
    """
    if not 1 <= n <= total:
        raise ValueError(f"a subset of {total} solutions has 1 to {total} of them, got {n}")
    if math.comb(total, n) <= limit:
        chosen = np.array(list(combinations(range(total), n)))
    else:
        order = np.random.default_rng(seed).random((limit, total)).argsort(axis=1)
        chosen = order[:, :n]
    masks = np.zeros((len(chosen), total), bool)
    np.put_along_axis(masks, chosen, True, axis=1)
    return masks


def right_by_score(scores: Floats, right: Bools, masks: Bools) -> Floats:
    """Share of subsets in which the best-scored solution is right, one for each problem.

    NaN marks an unscored solution, which is never chosen; subsets without a scored one are left out, and a
    problem without any is NaN.
    """
    keys = np.where(np.isnan(scores), -np.inf, np.maximum(scores, _LOWEST))
    shares = np.full(len(right), np.nan)
    for rows in _blocks(len(right), masks):
        masked = np.where(masks, keys[rows, None, :], -np.inf)
        best = masked.argmax(axis=2)
        valid = np.take_along_axis(masked, best[..., None], 2)[..., 0] > -np.inf
        _average(shares, rows, np.take_along_axis(right[rows], best, 1), valid)
    return shares


def right_by_vote(groups: NDArray[np.int_], weights: Floats, right: Bools, masks: Bools) -> Floats:
    """Share of subsets in which the answer with the largest sum of weights is right, one for each problem.

    ``groups`` holds equal numbers for equal answers of a problem. With weights of 1 this is the majority vote.
    NaN marks an unscored solution: it has no vote, and is not what its answer is credited by. Sums that agree to
    12 digits tie, whatever the order of addition and however small they are.
    """
    shares = np.full(len(right), np.nan)
    voters = ~np.isnan(weights)
    votes = np.where(voters, weights, 0.0)
    for rows in _blocks(len(right), masks):
        same = groups[rows, :, None] == groups[rows, None, :]
        sums = (same * votes[rows, None, :]) @ masks.T.astype(float)
        masked = np.where(masks & voters[rows, None, :], sums.transpose(0, 2, 1), -np.inf)
        top = masked.max(axis=2, keepdims=True)
        best = (masked >= top - _ALIKE * np.abs(top)).argmax(axis=2)
        _average(shares, rows, np.take_along_axis(right[rows], best, 1), top[..., 0] > -np.inf)
    return shares


def product_weights(scores: Floats) -> Floats:
    """What solutions weigh in a vote by their products: 1 for the best of each problem, and the others beside it.

    Takes ``aggregate``'s logarithms, of which 300 small steps would all be 0 as they are. NaN stays NaN.
    """
    best = np.fmax.reduce(scores, axis=1, keepdims=True)
    return np.where(scores <= _LOWEST, 0.0, np.exp(scores - best))


def right_by_luck(right: Bools, masks: Bools) -> Floats:
    """pass@n: share of subsets that hold a right solution; over all subsets the unbiased estimator.

    >>> right_by_luck(np.array([[True, False, False]]), subset_masks(3, 2)).tolist()
    [0.6666666666666666]
    """
    return ((right @ masks.T.astype(int)) > 0).mean(axis=1)


def pass_at(n: int, right: int, total: int) -> float:
    """The unbiased estimate of pass@n from ``right`` of ``total`` samples (Chen et al. 2021, arXiv 2107.03374)."""
    return 1.0 - math.comb(total - right, n) / math.comb(total, n)


def _average(shares: Floats, rows: slice, chosen: Bools, valid: Bools) -> None:
    counts = valid.sum(axis=1)
    hits = (chosen & valid).sum(axis=1)
    shares[rows] = np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _blocks(problems: int, masks: Bools) -> Iterator[slice]:
    step = max(1, _CELLS // (masks.size + masks.shape[1] ** 2))
    for start in range(0, problems, step):
        yield slice(start, start + step)
