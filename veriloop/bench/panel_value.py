"""What each verifier adds to a panel of all: cross-validated accuracy of a combiner with it, less without it.

The combiner is whatever ``fit`` makes of ballots with gold. Folds are of units (problems), so that no solution of a
problem is decided by weights that saw another of it. A verifier that others can stand in for adds nothing, however
good it is; one that is often wrong may add much, where it is wrong in a way that can be discounted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from veriloop.bench.recorded import Recorded
from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    difference_of,
    percentage,
    ratio_of,
)
from veriloop.ids import Json, derive_seed
from veriloop.verify.ballots import Array, Ballots, Rule
from veriloop.verify.calibrate import credit as credit_of

Fit: TypeAlias = "Callable[[Ballots], Rule]"
FOLDS = 5


@final
@dataclass(frozen=True)
class Marginal:
    """One member: accuracy of the panel ``without`` it, and ``value``, what the panel loses by that, in points."""

    verifier: str
    without: Estimate
    value: Estimate

    def to_json(self) -> dict[str, Json]:
        """The member as JSON."""
        return {
            "verifier": self.verifier,
            "without": self.without.to_json(),
            "value": self.value.to_json(),
        }


@final
@dataclass(frozen=True)
class PanelValue:
    """Accuracy of the panel of all, cross-validated, in percent; ``over_best`` is it less the best single verifier,
    which is chosen in hindsight, on the items on which both decide. ``members`` are in the order of the ballots.
    """

    panel: Estimate
    best: str
    best_accuracy: Estimate
    over_best: Estimate
    members: tuple[Marginal, ...]
    rule: str
    folds: int

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            "rule": self.rule,
            "folds": self.folds,
            "panel": self.panel.to_json(),
            "best_single": self.best,
            "best_single_accuracy": self.best_accuracy.to_json(),
            "over_best_single": self.over_best.to_json(),
            "members": [m.to_json() for m in self.members],
        }


def cross_validated(
    ballots: Ballots, units: Sequence[str], fit: Fit, *, folds: int = FOLDS, seed: int = 0
) -> Array:
    """[items] the probability that each is right by a rule fitted on the other folds; NaN where the rule abstains.

    Which fold a unit is in depends on its name, the seed and the other names alone. Raises ValueError where there are
    not two units.
    """
    fold = _folds(units, folds, seed)
    found = np.full(len(ballots.items), np.nan)
    for k in np.unique(fold):
        own = fold == k
        found[own] = fit(ballots.rows(~own)).probabilities(ballots.rows(own).without_gold())
    return found


def panel_value(
    recorded: Recorded,
    fit: Fit,
    *,
    folds: int = FOLDS,
    bootstrap: Bootstrap = DEFAULT,
    rule: str = "",
) -> PanelValue | None:
    """Measure the panel of all and every panel without one member.

    None with fewer than two verifiers or two units, and where none decides. Items on which the panel abstains are
    unscored. ``rule`` names what ``fit`` makes.
    """
    ballots, units, credit = recorded.ballots, recorded.units, recorded.credit()
    count = len(ballots.verifiers)
    if count < 2 or len(set(units)) < 2 or np.isnan(credit).all():
        return None
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    seed = bootstrap.seed
    whole = _credit(cross_validated(ballots, units, fit, folds=folds, seed=seed), ballots.gold)
    members: list[Marginal] = []
    for i, name in enumerate(ballots.verifiers):
        rest = ballots.of([other for j, other in enumerate(ballots.verifiers) if j != i])
        without = _credit(cross_validated(rest, units, fit, folds=folds, seed=seed), ballots.gold)
        members.append(
            Marginal(
                name,
                accuracy_of(without, unit, bootstrap),
                paired_difference(whole, without, unit, bootstrap),
            )
        )
    means = np.array([np.nan if np.isnan(c).all() else np.nanmean(c) for c in credit.T])
    best = int(np.nanargmax(means))
    return PanelValue(
        accuracy_of(whole, unit, bootstrap),
        ballots.verifiers[best],
        accuracy_of(credit[:, best], unit, bootstrap),
        paired_difference(whole, credit[:, best], unit, bootstrap),
        tuple(members),
        rule,
        min(folds, len(set(units))),
    )


def accuracy_of(credit: Array, unit: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    """Mean credit in percent over what is scored, bootstrapped over units; NaN is unscored.

    ``unit`` is the number of each item's unit, from 0.
    """
    known = ~np.isnan(credit)
    top = np.bincount(unit, weights=np.where(known, credit, 0.0))
    bottom = np.bincount(unit, weights=known)
    n, lost = int(known.sum()), int((~known).sum())
    if top.sum() in (0, n):  # resamples of what never varies know no doubt
        found = percentage(int(top.sum()), n, unscored=lost, level=bootstrap.level)
        if found is not None:
            return found
    return bootstrap.estimate(ratio_of(100 * top, bottom), len(top), n=n, unscored=lost)


def paired_difference(
    first: Array, second: Array, unit: np.ndarray, bootstrap: Bootstrap
) -> Estimate:
    """Mean credit of the first less that of the second, in points, over the items that both score."""
    known = ~np.isnan(first) & ~np.isnan(second)
    bottom = np.bincount(unit, weights=known)
    one, two = (np.bincount(unit, weights=np.where(known, c, 0.0)) for c in (first, second))
    statistic = difference_of(ratio_of(100 * one, bottom), ratio_of(100 * two, bottom))
    return bootstrap.estimate(
        statistic, len(bottom), n=int(known.sum()), unscored=int((~known).sum())
    )


def _credit(probabilities: Array, gold: Array) -> Array:
    """Abstentions are unscored here, where ``credit_of`` gives them a half."""
    return np.where(np.isnan(probabilities), np.nan, credit_of(probabilities, gold))


def _folds(units: Sequence[str], folds: int, seed: int) -> np.ndarray:
    names = sorted(set(units), key=lambda name: derive_seed(seed, "fold", name))
    if len(names) < 2 or folds < 2:
        raise ValueError(f"cross-validation needs two units and two folds: {len(names)}, {folds}")
    place = {name: i % folds for i, name in enumerate(names)}
    return np.array([place[name] for name in units])
