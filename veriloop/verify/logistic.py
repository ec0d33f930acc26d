"""Weights learned from a few gold labels: L2-regularised logistic regression on the votes.

The combiner of choice where verifiers share biases: a group that errs together shares one weight, and a verifier
that is wrong more often than right gets a negative one. Regression itself is ``ridge``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.errors import InputError
from veriloop.verify.ballots import Array, Ballots
from veriloop.verify.ridge import fit_ridge, sigmoid


@final
@dataclass(frozen=True)
class Logistic:
    """log odds = bias + sum of weight x (2 vote - 1) over cast votes + sum of ``silence`` over missing ones.

    ``silence`` is what a missing vote says by itself (a judge that cannot read an answer may tell something). Abstains
    where nobody votes. ``penalty`` and ``labels`` are what the weights were fitted with.
    """

    verifiers: tuple[str, ...]
    weights: tuple[float, ...]
    silence: tuple[float, ...] = ()
    bias: float = 0.0
    penalty: float = 0.0
    labels: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))
        silence = tuple(map(float, self.silence)) or (0.0,) * len(self.verifiers)
        object.__setattr__(self, "silence", silence)
        if not len(self.verifiers) == len(self.weights) == len(self.silence):
            raise ValueError(
                f"each verifier has a weight and a weight of its silence: {len(self.verifiers)} verifiers, "
                f"{len(self.weights)} and {len(self.silence)} weights"
            )

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in (0, 1), NaN where nobody whom the rule knows votes."""
        votes = ballots.of(self.verifiers).votes
        missing = np.isnan(votes)
        said = np.where(missing, 0.0, 2 * votes - 1)
        log_odds = self.bias + said @ np.array(self.weights) + missing @ np.array(self.silence)
        return np.where(missing.all(axis=1), np.nan, sigmoid(log_odds))


def fit_logistic(ballots: Ballots, penalties: Sequence[float] = ()) -> Logistic:
    """Fit on the items whose gold is known.

    Between pairs there is no bias and silence says nothing, since either could stand first; there also a verifier's
    votes weigh less beforehand, the more of them are ties or disagreements of its two orders: the prior deviation of
    its weight is the root mean square of 2 vote - 1 over all items, labelled or not. Among solutions the silence of a
    verifier gets a weight where some of its votes are missing and some are not. A verifier without any vote gets the
    weight 0. Raises InputError without a label.
    """
    known = ballots.labelled()
    if not known.items:
        raise InputError("a logistic combiner learns from gold labels, and none is given")
    missing = np.isnan(known.votes)
    said = np.where(missing, 0.0, 2 * known.votes - 1)
    count = len(ballots.verifiers)
    decided = np.ones(count)
    blocks = [said]
    told = np.zeros(count, bool)
    if ballots.pairs:
        decided = np.sqrt(_mean_square(ballots.votes))
        blocks = [said * decided]
    else:
        told = missing.any(axis=0) & ~missing.all(axis=0)
        blocks += [missing[:, told].astype(float), np.ones((len(known.items), 1))]
    made = fit_ridge(np.hstack(blocks), known.gold, penalties)
    silence = np.zeros(count)
    bias = 0.0
    if not ballots.pairs:
        silence[told] = made.coefficients[count:-1]
        bias = float(made.coefficients[-1])
    return Logistic(
        ballots.verifiers,
        tuple((made.coefficients[:count] * decided).tolist()),
        tuple(silence.tolist()),
        bias,
        made.penalty,
        len(known.items),
    )


def _mean_square(votes: Array) -> Array:
    """Of 2 vote - 1 over cast votes, by verifier; 0 without any."""
    cast = (~np.isnan(votes)).sum(axis=0)
    return np.nansum((2 * votes - 1) ** 2, axis=0) / np.maximum(cast, 1)
