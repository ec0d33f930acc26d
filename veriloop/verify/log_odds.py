"""Weights by counting: how often each verifier is right on a few gold labels, added up as log odds (naive Bayes).

Exact where verifiers err independently given the truth; where they do not, the sum counts one opinion many times.
``temper`` divides by that, from how votes go together, without a label. ``dawid_skene`` estimates the same numbers
without gold; ``logistic`` needs no independence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.errors import InputError
from veriloop.verify.ballots import Array, Ballots
from veriloop.verify.ridge import sigmoid

_SURE = 1e-6


@final
@dataclass(frozen=True)
class LogOdds:
    """``right[j]`` is how often verifier j is for an item that is right, ``wrong[j]`` for one that is wrong.

    log odds = log(prior / (1 - prior)) + temper x sum over cast votes v of v log(right/wrong) +
    (1 - v) log((1 - right)/(1 - wrong)). Abstains where nobody votes.
    """

    verifiers: tuple[str, ...]
    right: tuple[float, ...]
    wrong: tuple[float, ...]
    prior: float = 0.5
    temper: float = 1.0
    labels: int = 0

    def __post_init__(self) -> None:
        right, wrong = two_rates(self.verifiers, self.right, self.wrong, self.prior)
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "wrong", wrong)

    @property
    def weights(self) -> tuple[float, ...]:
        """The step in log odds from a vote against to a vote for; below 0 for a verifier that is turned round."""
        right, wrong = np.array(self.right), np.array(self.wrong)
        return tuple((self.temper * (logit(right) - logit(wrong))).tolist())

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in (0, 1), NaN where nobody whom the rule knows votes."""
        votes = ballots.of(self.verifiers).votes
        evidence = self.temper * vote_evidence(votes, np.array(self.right), np.array(self.wrong))
        prior = float(logit(np.array(self.prior)))
        return np.where(np.isnan(votes).all(axis=1), np.nan, sigmoid(prior + evidence))


def two_rates(
    verifiers: Sequence[str], right: Sequence[float], wrong: Sequence[float], prior: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The rates as floats, one of each for a verifier. Raises ValueError where they do not fit."""
    if not len(verifiers) == len(right) == len(wrong):
        raise ValueError(
            f"each verifier has two rates: {len(verifiers)} verifiers, {len(right)} and {len(wrong)}"
        )
    if not all(0 < rate < 1 for rate in (*right, *wrong, prior)):
        raise ValueError("rates and the prior lie between 0 and 1, both excluded")
    return tuple(map(float, right)), tuple(map(float, wrong))


def fit_log_odds(ballots: Ballots, strength: float = 2.0) -> LogOdds:
    """Count on the items whose gold is known, each rate shrunk by ``strength`` made-up votes.

    They are cast as the verifier votes overall, so what is not known weighs nothing. Between pairs one rate stands for
    both sides and the prior is 1/2. Raises InputError without a label.
    """
    known = ballots.labelled()
    if not known.items:
        raise InputError("log odds are counted on gold labels, and none is given")
    cast = ~np.isnan(known.votes)
    pro = np.where(cast, known.votes, 0.0)
    true = known.gold[:, None] > 0.5
    if ballots.pairs:
        hits = np.where(true, pro, cast - pro).sum(axis=0)
        right = (hits + strength / 2) / (cast.sum(axis=0) + strength)
        wrong, prior = 1 - right, 0.5
    else:
        usual = (pro.sum(axis=0) + 1) / (cast.sum(axis=0) + 2)
        right = _rate(pro, cast & true, usual, strength)
        wrong = _rate(pro, cast & ~true, usual, strength)
        prior = (float(true.sum()) + 1) / (len(known.items) + 2)
    temper = voices(ballots.votes) / max(1, len(ballots.verifiers))
    return LogOdds(
        ballots.verifiers,
        tuple(inside(right).tolist()),
        tuple(inside(wrong).tolist()),
        prior,
        min(1.0, temper),
        len(known.items),
    )


def vote_evidence(votes: Array, right: Array, wrong: Array) -> Array:
    """[items] sum of the log likelihood ratios of the votes that were cast."""
    cast = ~np.isnan(votes)
    pro = np.where(cast, votes, 0.0)
    return pro @ np.log(right / wrong) + (cast - pro) @ np.log((1 - right) / (1 - wrong))


def voices(votes: Array) -> float:
    """As how many independent verifiers these vote: (sum of eigenvalues)^2 over the sum of their squares, of the
    correlation of votes. Verifiers that never change their vote are left out; missing votes count as average ones.
    """
    centred = votes - np.nanmean(np.where(np.isnan(votes).all(axis=0), 0.0, votes), axis=0)
    centred = np.nan_to_num(centred, nan=0.0)
    spread = np.sqrt((centred**2).sum(axis=0))
    standard = centred[:, spread > 0] / spread[spread > 0]
    if not standard.size:
        return 1.0
    members = standard.shape[1]
    return members**2 / float(((standard.T @ standard) ** 2).sum())


def logit(chance: Array) -> Array:
    """log(p / (1 - p))."""
    return np.log(chance) - np.log1p(-chance)


def inside(rates: Array) -> Array:
    """Rates kept off 0 and 1, where one vote would decide everything."""
    return np.clip(rates, _SURE, 1 - _SURE)


def _rate(pro: Array, among: NDArray[np.bool_], usual: Array, strength: float) -> Array:
    counted = np.where(among, pro, 0.0).sum(axis=0)
    return (counted + strength * usual) / (among.sum(axis=0) + strength)
