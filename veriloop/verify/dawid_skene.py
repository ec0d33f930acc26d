"""Rates of each verifier without gold, by the expectation maximisation of Dawid and Skene (1979); when to doubt it.

One coin: a verifier is right with one chance, whatever is true. Two coins: it has a chance for each truth. Both
believe that verifiers err independently given the truth, and take the larger camp's side where they do not: on the
LLMBar votes without their strongest judge that is worse than chance. ``warning`` says what in the votes, or in a few
gold labels, speaks against the fit; a fit that has none is not proven by that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np

from veriloop.errors import InputError
from veriloop.verify.ballots import Array, Ballots
from veriloop.verify.log_odds import inside, logit, two_rates, vote_evidence
from veriloop.verify.ridge import sigmoid

_STEPS, _DONE = 500, 1e-7
_SHARED = 2.0  # of ``shared_errors``; simulated independent votes stay under 1
_CHANCE = 0.05  # of so few hits, were the claimed confidence true
_FEWEST = 3


@final
@dataclass(frozen=True)
class DawidSkene:
    """``right[j]`` is how often verifier j is for an item that is right, ``wrong[j]`` for one that is wrong, and
    ``prior`` the share of right items, all estimated without gold. ``warning`` is empty where nothing speaks against.

    Decides like ``LogOdds``; abstains where nobody votes.
    """

    verifiers: tuple[str, ...]
    right: tuple[float, ...]
    wrong: tuple[float, ...]
    prior: float = 0.5
    coins: Literal[1, 2] = 1
    warning: str = ""

    def __post_init__(self) -> None:
        right, wrong = two_rates(self.verifiers, self.right, self.wrong, self.prior)
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "wrong", wrong)

    @property
    def weights(self) -> tuple[float, ...]:
        """The step in log odds from a vote against to a vote for; below 0 for a verifier that is turned round."""
        return tuple((logit(np.array(self.right)) - logit(np.array(self.wrong))).tolist())

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in (0, 1), NaN where nobody whom the rule knows votes."""
        votes = ballots.of(self.verifiers).votes
        log_odds = _log_odds(votes, np.array(self.right), np.array(self.wrong), self.prior)
        return np.where(np.isnan(votes).all(axis=1), np.nan, sigmoid(log_odds))


def fit_dawid_skene(ballots: Ballots, coins: Literal[1, 2] = 1) -> DawidSkene:
    """Estimate from the votes alone; gold that is known goes into the warning and nowhere else.

    Starts at the share of votes for each item and climbs to a maximum near it, each rate smoothed by one vote for and
    one against. With one coin, and between pairs, half the items are right. A vote between 0 and 1 counts as a part of
    each. Raises InputError where nobody votes.
    """
    votes = ballots.votes
    if np.isnan(votes).all():
        raise InputError("nobody votes: there is nothing to estimate rates from")
    right, wrong, prior = _climb(votes, coins, half=coins == 1 or ballots.pairs)
    rule = DawidSkene(ballots.verifiers, tuple(right.tolist()), tuple(wrong.tolist()), prior, coins)
    told = [_few_verifiers(rule), _shared_errors(votes, rule), _against_gold(ballots, rule)]
    return replace(rule, warning="; ".join(reason for reason in told if reason))


def _climb(votes: Array, coins: int, *, half: bool) -> tuple[Array, Array, float]:
    cast = ~np.isnan(votes)
    pro, contra = np.where(cast, votes, 0.0), np.where(cast, 1 - votes, 0.0)
    counted = cast.sum(axis=1)
    chance = np.where(counted > 0, pro.sum(axis=1) / np.maximum(counted, 1), 0.5)
    heard = counted > 0
    right = wrong = np.full(votes.shape[1], 0.5)
    prior = 0.5
    for _ in range(_STEPS):
        if coins == 1:
            hits = chance @ pro + (1 - chance) @ contra
            right = (hits + 1) / (cast.sum(axis=0) + 2)
            wrong = 1 - right
        else:
            right = (chance @ pro + 1) / (chance @ cast + 2)
            wrong = ((1 - chance) @ pro + 1) / ((1 - chance) @ cast + 2)
        if not half:
            prior = float((chance[heard].sum() + 1) / (heard.sum() + 2))
        before, chance = chance, sigmoid(_log_odds(votes, right, wrong, prior))
        if np.abs(chance - before).max() < _DONE:
            break
    return inside(right), inside(wrong), prior


def _log_odds(votes: Array, right: Array, wrong: Array, prior: float) -> Array:
    return math.log(prior / (1 - prior)) + vote_evidence(votes, right, wrong)


def excess(votes: Array, rule: DawidSkene) -> Array:
    """[verifiers, verifiers] correlations of votes less those that the fit explains, in standard errors.

    Independent errors explain a covariance of prior (1 - prior) (right_i - wrong_i) (right_j - wrong_j), no more. Only
    items on which both vote count; 0 on the diagonal and where one of the two always says the same.
    """
    cast = (~np.isnan(votes)).astype(float)
    count = np.maximum(cast.sum(axis=0), 1)
    centred = np.where(cast > 0, votes - np.nansum(votes, axis=0) / count, 0.0)
    both = np.maximum(cast.T @ cast, 1)
    covariance = centred.T @ centred / both
    gap = np.array(rule.right) - np.array(rule.wrong)
    explained = rule.prior * (1 - rule.prior) * np.outer(gap, gap)
    spread = np.sqrt(np.diag(covariance))
    scale = np.outer(spread, spread)
    over = np.divide(covariance - explained, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    np.fill_diagonal(over, 0.0)
    return over * np.sqrt(both)


def shared_errors(votes: Array, rule: DawidSkene) -> float:
    """Mean square of ``excess`` over pairs of verifiers: about 1 where errors are independent."""
    found = excess(votes, rule)
    pairs = found[np.triu_indices(len(found), 1)]
    return float((pairs**2).mean()) if pairs.size else 0.0


def _shared_errors(votes: Array, rule: DawidSkene) -> str:
    found = shared_errors(votes, rule)
    if found <= _SHARED:
        return ""
    i, j = np.unravel_index(int(np.argmax(excess(votes, rule))), (len(rule.verifiers),) * 2)
    return (
        f"verifiers err together: their votes agree {found:.1f} times as far beyond the fit as independent ones "
        f"would, most of all {rule.verifiers[i]} with {rule.verifiers[j]}, so the larger camp passes for the truth"
    )


def _against_gold(ballots: Ballots, rule: DawidSkene) -> str:
    known = ballots.labelled()
    chance = rule.probabilities(known)
    told = ~np.isnan(chance) & (chance != 0.5)
    asked = int(told.sum())
    if not asked:
        return ""
    hits = int(((chance[told] > 0.5) == (known.gold[told] > 0.5)).sum())
    claimed = float(np.maximum(chance[told], 1 - chance[told]).mean())
    if _at_most(hits, asked, claimed) >= _CHANCE:
        return ""
    return f"gold contradicts it: right on {hits} of {asked} labels, of which it claims {100 * claimed:.0f} %"


def _few_verifiers(rule: DawidSkene) -> str:
    if len(rule.verifiers) >= _FEWEST:
        return ""
    return f"{len(rule.verifiers)} verifiers cannot tell who of them is right: it takes {_FEWEST}"


def _at_most(hits: int, n: int, chance: float) -> float:
    """P(X <= hits) of n draws."""
    return sum(math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(hits + 1))
