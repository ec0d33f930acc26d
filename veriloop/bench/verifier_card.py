"""The report card of verifiers: how far each can be trusted, how alike they are, and what each adds to the others.

Pure functions of what was recorded (``recorded``). Accuracy is over what a verifier decided: a failed or abstaining
verifier is never counted as wrong, and beside it stands what would be left if it were. The parts are modules of
their own: ``calibration``, ``order_consistency``, ``verifier_agreement``, ``panel_value``; first wrong steps are
``metrics``'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from veriloop.bench.calibration import BINS, Calibration, calibration
from veriloop.bench.metrics import FirstErrorScores, first_error_scores
from veriloop.bench.order_consistency import OrderConsistency, order_consistency
from veriloop.bench.panel_value import FOLDS, Fit, PanelValue, accuracy_of, panel_value
from veriloop.bench.recorded import NO_VERDICT, Recorded
from veriloop.bench.separation import area
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, divide, percentage
from veriloop.bench.verifier_agreement import Agreement, agreement
from veriloop.bench.within_problem import within_problem_auc
from veriloop.ids import Json
from veriloop.records import Cost, Unscored
from veriloop.verify.ballots import Array


@final
@dataclass(frozen=True)
class VerifierMarks:
    """One verifier. Shares are in percent, areas on the scale 0 to 1; None where there is nothing to measure.

    ``accuracy`` is over items it decided (a vote of 1/2 is half right), ``accuracy_of_all`` counts every other item as
    wrong. ``false_accepts`` is over wrong items, ``false_rejects`` over right ones, ``balanced`` their mean complement;
    they say nothing of pairs, whose order is anyone's. ``reasons`` counts items without a vote. ``abstained`` and
    ``failed`` are shares of the items it was asked. ``first_errors`` is over verdicts with a value,
    ``first_errors_of_all`` the official metric, in which a missing prediction is wrong.
    """

    verifier: str
    family: str
    items: int
    accuracy: Estimate | None
    accuracy_of_all: Estimate | None
    balanced: Estimate | None
    false_accepts: Estimate | None
    false_rejects: Estimate | None
    auc: Estimate | None
    auc_within: Estimate | None
    calibration: Calibration | None
    order: OrderConsistency | None
    reasons: Mapping[str, int]
    abstained: Estimate | None
    failed: Estimate | None
    first_errors: FirstErrorScores | None
    first_errors_of_all: FirstErrorScores | None
    cost: Cost

    @property
    def asked(self) -> int:
        """Items of which it gave a verdict, with a value or without."""
        return self.items - self.reasons.get(NO_VERDICT, 0)

    def per_verdict(self, what: str) -> float | None:
        """Mean of a field of ``Cost`` over the items it was asked; None where it was asked nothing."""
        return getattr(self.cost, what) / self.asked if self.asked else None

    def to_json(self) -> dict[str, Json]:
        """The marks as JSON."""
        estimates = {
            name: _json(getattr(self, name))
            for name in (
                "accuracy",
                "accuracy_of_all",
                "balanced",
                "false_accepts",
                "false_rejects",
            )
        }
        return {
            "verifier": self.verifier,
            "family": self.family,
            "items": self.items,
            **estimates,
            "auc": _json(self.auc),
            "auc_within_problems": _json(self.auc_within),
            "calibration": self.calibration.to_json() if self.calibration else None,
            "order": self.order.to_json() if self.order else None,
            "without_vote": dict(self.reasons),
            "abstained": _json(self.abstained),
            "failed": _json(self.failed),
            "first_errors": self.first_errors.to_json() if self.first_errors else None,
            "first_errors_of_all": (
                self.first_errors_of_all.to_json() if self.first_errors_of_all else None
            ),
            "cost_per_verdict": {
                name: self.per_verdict(name)
                for name in ("calls", "rollouts", "prompt_tokens", "tokens", "usd")
            },
        }


@final
@dataclass(frozen=True)
class VerifierCard:
    """Marks in the order of accuracy, best first; what only orders items comes last. ``pairs`` says that items are
    pairs of outputs. ``panel`` is None where it was not asked for or cannot be measured, ``panel_note`` then says why.
    """

    marks: tuple[VerifierMarks, ...]
    agreement: Agreement | None
    panel: PanelValue | None
    panel_note: str
    items: int
    units: int
    right: int
    pairs: bool
    without_gold: int

    def of(self, verifier: str) -> VerifierMarks:
        """The marks of one verifier."""
        return next(m for m in self.marks if m.verifier == verifier)

    def to_json(self) -> dict[str, Json]:
        """The card as JSON."""
        return {
            "items": self.items,
            "units": self.units,
            "right": self.right,
            "pairs": self.pairs,
            "without_gold": self.without_gold,
            "verifiers": [m.to_json() for m in self.marks],
            "agreement": self.agreement.to_json() if self.agreement else [],
            "panel": self.panel.to_json() if self.panel else None,
            "panel_note": self.panel_note,
        }


def verifier_card(
    recorded: Recorded,
    fit: Fit | None = None,
    *,
    rule: str = "",
    bins: int = BINS,
    folds: int = FOLDS,
    bootstrap: Bootstrap = DEFAULT,
) -> VerifierCard:
    """The card. ``fit`` makes the panel's rule of ballots with gold; without it the panel is not measured."""
    credit = recorded.credit()
    _, unit = np.unique(np.asarray(recorded.units), return_inverse=True)
    marks = [
        _marks(recorded, i, credit[:, i], unit, bins=bins, bootstrap=bootstrap)
        for i in range(len(recorded.verifiers))
    ]
    marks.sort(key=lambda m: (m.accuracy is None, -(m.accuracy.value if m.accuracy else 0.0)))
    decisive = [i for i, decides in enumerate(recorded.decides) if decides]
    found, note = _panel(recorded, fit, rule=rule, folds=folds, bootstrap=bootstrap)
    return VerifierCard(
        tuple(marks),
        agreement(
            [recorded.verifiers[i] for i in decisive],
            recorded.ballots.votes[:, decisive],
            recorded.units,
            bootstrap=bootstrap,
        )
        if len(decisive) > 1
        else None,
        found,
        note,
        len(recorded.units),
        int(unit.max()) + 1,
        int(recorded.right.sum()),
        recorded.ballots.pairs,
        recorded.without_gold,
    )


def _panel(
    recorded: Recorded,
    fit: Fit | None,
    *,
    rule: str,
    folds: int,
    bootstrap: Bootstrap,
) -> tuple[PanelValue | None, str]:
    if fit is None:
        return None, "no combiner was given"
    if not 0 < recorded.right.sum() < len(recorded.units):
        return None, "all items are of one class: there is nothing to calibrate a combiner on"
    found = panel_value(recorded, fit, folds=folds, bootstrap=bootstrap, rule=rule)
    return (
        found,
        "" if found else "a panel needs two verifiers that decide, and items of two problems",
    )


def _marks(
    recorded: Recorded,
    index: int,
    credit: Array,
    unit: np.ndarray,
    *,
    bins: int,
    bootstrap: Bootstrap,
) -> VerifierMarks:
    votes, right = recorded.ballots.votes[:, index], recorded.right
    reasons = Counter(str(r) for r in recorded.reasons[:, index] if r)
    decides, pairs = recorded.decides[index], recorded.ballots.pairs
    scored = decides and bool((~np.isnan(credit)).any())
    asked = len(votes) - reasons[NO_VERDICT]
    lost = sum(n for why, n in reasons.items() if why not in (NO_VERDICT, Unscored.ABSTAINED.value))
    rates = scored and not pairs
    scores = recorded.scores[:, index]
    cases = recorded.cases.get(recorded.verifiers[index], ())
    predicted = [c for c in cases if c.predicted is not None]
    return VerifierMarks(
        verifier=recorded.verifiers[index],
        family=recorded.families[index] if recorded.families else "",
        items=len(votes),
        accuracy=accuracy_of(credit, unit, bootstrap) if scored else None,
        accuracy_of_all=_of_all(credit, unit, bootstrap) if scored else None,
        balanced=_balanced(credit, right, unit, bootstrap) if rates else None,
        false_accepts=_share(1 - credit, ~right, unit, bootstrap) if rates else None,
        false_rejects=_share(1 - credit, right, unit, bootstrap) if rates else None,
        auc=area(scores, right, unit, bootstrap=bootstrap),
        auc_within=_within(scores, right, unit, bootstrap),
        calibration=calibration(votes, right, recorded.units, bins=bins, bootstrap=bootstrap)
        if recorded.graded[index]
        else None,
        order=order_consistency(
            recorded.orders[0, :, index], recorded.orders[1, :, index], right, level=bootstrap.level
        )
        if recorded.orders is not None
        else None,
        reasons=dict(reasons.most_common()),
        abstained=percentage(reasons[Unscored.ABSTAINED.value], asked, level=bootstrap.level),
        failed=percentage(lost, asked, level=bootstrap.level),
        first_errors=first_error_scores(predicted, bootstrap=bootstrap) if predicted else None,
        first_errors_of_all=first_error_scores(cases, bootstrap=bootstrap) if cases else None,
        cost=recorded.costs[index],
    )


def _of_all(credit: Array, unit: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    """Every item without a vote counted as wrong; how many these were stays beside it."""
    found = accuracy_of(np.where(np.isnan(credit), 0.0, credit), unit, bootstrap)
    return replace(found, unscored=int(np.isnan(credit).sum()))


def _sums(values: Array, among: np.ndarray, unit: np.ndarray) -> tuple[Array, Array]:
    """By unit: the sum of the values and how many there are, of the items ``among`` that have one."""
    known = among & ~np.isnan(values)
    return (
        np.bincount(unit, weights=np.where(known, values, 0.0)).astype(float),
        np.bincount(unit, weights=known).astype(float),
    )


def _share(
    values: Array, among: np.ndarray, unit: np.ndarray, bootstrap: Bootstrap
) -> Estimate | None:
    """Mean of the values in percent among some of the items; None where none of these has one."""
    known = np.where(among, values, np.nan)
    if np.isnan(known).all():
        return None
    lost = int((among & np.isnan(values)).sum())
    return replace(accuracy_of(known, unit, bootstrap), unscored=lost)


def _balanced(
    credit: Array, right: np.ndarray, unit: np.ndarray, bootstrap: Bootstrap
) -> Estimate | None:
    good, bad = _sums(credit, right, unit), _sums(credit, ~right, unit)
    n = int(good[1].sum() + bad[1].sum())
    if not (good[1].sum() and bad[1].sum()):
        return None
    return bootstrap.estimate(
        lambda weights: (
            50 * divide(weights @ good[0], weights @ good[1])
            + 50 * divide(weights @ bad[0], weights @ bad[1])
        ),
        len(good[0]),
        n=n,
        unscored=len(credit) - n,
    )


def _within(
    scores: Array, right: np.ndarray, unit: np.ndarray, bootstrap: Bootstrap
) -> Estimate | None:
    given = [None if np.isnan(s) else float(s) for s in scores]
    return within_problem_auc(unit.tolist(), right.tolist(), given, bootstrap=bootstrap).mean


def _json(estimate: Estimate | None) -> Json:
    return None if estimate is None else estimate.to_json()
