"""Make a rule of combination from a little gold, and say what it does to whom.

``calibrate`` fits the rule that is named; its report tells who weighs most, who is turned round or ignored, where
verifiers disagree and who loses, and what speaks against the fit. How good a rule is on held-out items is the
business of ``veriloop.bench``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.verify.ballots import Array, Ballots, Rule
from veriloop.verify.combine import Gated, Majority, counts, weights_of
from veriloop.verify.dawid_skene import DawidSkene, fit_dawid_skene
from veriloop.verify.log_odds import fit_log_odds
from veriloop.verify.logistic import fit_logistic

NAMES = (
    "majority", "panel-majority", "all", "any", "at-least:K", "logistic", "log-odds", "dawid-skene",
    "dawid-skene-2",
)  # fmt: skip
LEARNED = ("logistic", "log-odds")
_IGNORED, _DISCOUNTED = 0.02, 0.25  # of the largest weight
_WIDTH, _SHOWN = 79, 6
UNCHECKED = "no gold label checks it: a few would"


@final
@dataclass(frozen=True)
class Member:
    """One verifier under a rule. ``weight`` is None where the rule tells nobody apart; ``share`` is it over the
    largest; ``role`` is one of leads, counts, discounted, ignored, flipped, silent.

    ``right`` of ``labels`` gold labels is how often its vote was on the side of the truth, 1/2 as half. ``lost`` of
    ``disputes`` is how often the decision went against its vote where verifiers disagreed.
    """

    verifier: str
    weight: float | None
    share: float
    role: str
    votes: int
    missing: int
    right: float
    labels: int
    lost: int
    disputes: int


@final
@dataclass(frozen=True)
class CombinerReport:
    """What a rule does on the ballots it was made with: the labels it learned from are among them.

    ``hits`` of ``labels`` counts abstentions as half: it is the fit on its own labels, no forecast. ``disputed`` items
    are those with a vote for and a vote against. ``lost`` is how many votes are missing. ``warnings`` are lines.
    """

    rule: str
    items: int
    labels: int
    hits: float
    decided: int
    disputed: int
    lost: int
    members: tuple[Member, ...]
    warnings: tuple[str, ...] = ()

    def roles(self, role: str) -> tuple[str, ...]:
        """The verifiers in that role."""
        return tuple(m.verifier for m in self.members if m.role == role)

    def lines(self) -> tuple[str, ...]:
        """The report in words, at most 79 characters wide."""
        told = [
            f"{self.rule}: {len(self.members)} verifiers, {self.items:,} items, {self.labels:,} gold labels"
        ]
        if self.labels:
            saw = (
                "it learned from: no forecast" if self.rule in LEARNED else "it did not learn from"
            )
            told.append(f"right on {self.hits:g} of {self.labels:,} gold labels, which {saw}")
        told.append(
            f"decides {self.decided:,} of {self.items:,} items; verifiers disagree on {self.disputed:,}; "
            f"{self.lost:,} votes are missing"
        )
        told += [
            f"{role}: {_listed(self.roles(role))}"
            for role in ("leads", "flipped", "discounted", "ignored", "silent")
            if self.roles(role)
        ]
        losers = sorted(
            (m for m in self.members if m.lost), key=lambda m: m.lost / m.disputes, reverse=True
        )
        if losers:
            most = [f"{m.verifier} {m.lost} of {m.disputes}" for m in losers[:_SHOWN]]
            told.append(f"overruled most often where they disagree: {', '.join(most)}")
        told += [f"warning: {warning}" for warning in self.warnings]
        return tuple(
            fill(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in told
        )

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            **{n: getattr(self, n) for n in ("rule", "items", "labels", "hits", "decided")},
            "disputed": self.disputed,
            "lost": self.lost,
            "members": [dict(vars(member)) for member in self.members],
            "warnings": list(self.warnings),
        }


def calibrate(
    ballots: Ballots, rule: str = "logistic", *, labels: Sequence[str] | None = None
) -> tuple[Rule, CombinerReport]:
    """The rule of one of ``NAMES``, fitted on the gold labels of the items named in ``labels`` (of all by default).

    Gold of other items is not looked at, their votes are: what verifiers have in common needs no label. Raises
    InputError on a name that is none, and where a learned rule has no label.
    """
    if labels is not None:
        chosen = set(labels)
        strangers = chosen.difference(ballots.items)
        if strangers:
            raise InputError(f"no item {min(strangers)!r} among {len(ballots.items)} ballots")
        hidden = [item not in chosen for item in ballots.items]
        ballots = Ballots(
            ballots.verifiers,
            ballots.items,
            ballots.votes,
            np.where(hidden, np.nan, ballots.gold),
            ballots.cost,
            ballots.pairs,
        )
    made = make_rule(ballots, rule)
    return made, report_of(made, ballots, rule)


def make_rule(ballots: Ballots, name: str) -> Rule:
    """The rule without its report."""
    counted = re.fullmatch(r"at-least:([1-9]\d*)", name)
    if counted:
        need = int(counted[1])
        if need > len(ballots.verifiers):
            raise InputError(f"{name} of {len(ballots.verifiers)} verifiers can never be reached")
        return Gated(need, ballots.verifiers)
    if name in ("all", "any"):
        return Gated("all" if name == "all" else "any", ballots.verifiers)
    if name in ("majority", "panel-majority"):
        return Majority("cast" if name == "majority" else "panel")
    if name == "logistic":
        return fit_logistic(ballots)
    if name == "log-odds":
        return fit_log_odds(ballots)
    if name in ("dawid-skene", "dawid-skene-2"):
        return fit_dawid_skene(ballots, 2 if name.endswith("2") else 1)
    raise InputError(f"no rule {name!r}: write {', '.join(NAMES)}")


def report_of(rule: Rule, ballots: Ballots, name: str = "") -> CombinerReport:
    """What ``rule`` does on these ballots. Gold, where known, is compared with and not learned from."""
    chance = rule.probabilities(ballots)
    pro, contra, missing = counts(ballots)
    disputed = (pro > 0) & (contra > 0)
    known = ballots.labelled()
    weights = weights_of(rule)
    largest = max(map(abs, weights.values()), default=0.0)
    members = tuple(
        _member(ballots, column, chance, disputed, (weights, largest))
        for column in range(len(ballots.verifiers))
    )
    warning = rule.warning if isinstance(rule, DawidSkene) else ""
    warnings = [part for part in warning.split("; ") if part]
    if not known.items and not isinstance(rule, Majority | Gated):
        warnings.append(UNCHECKED)
    return CombinerReport(
        name or type(rule).__name__,
        len(ballots.items),
        len(known.items),
        float(np.sum(credit(rule.probabilities(known), known.gold))),
        int((~np.isnan(chance)).sum()),
        int(disputed.sum()),
        int(missing.sum()),
        members,
        tuple(warnings),
    )


def credit(chance: Array, gold: Array) -> Array:
    """[items] 1 where a probability is on the side of the gold, 0 against it, 1/2 at 1/2 and for an abstention: what a
    coin would bring there. NaN where gold is not known.
    """
    between = np.isnan(chance) | (chance == 0.5)
    hit = np.where(between, 0.5, (chance > 0.5) == (gold > 0.5))
    return np.where(np.isnan(gold), np.nan, hit)


def _member(
    ballots: Ballots,
    column: int,
    chance: Array,
    disputed: NDArray[np.bool_],
    weighed: tuple[Mapping[str, float], float],
) -> Member:
    name, votes = ballots.verifiers[column], ballots.votes[:, column]
    weights, largest = weighed
    weight = weights.get(name) if weights else None
    share = abs(weight) / largest if weight is not None and largest else float(weight is None)
    cast = ~np.isnan(votes)
    took_side = cast & (votes != 0.5) & disputed & ~np.isnan(chance)
    against = took_side & ((votes > 0.5) != (chance > 0.5)) & (chance != 0.5)
    labelled = cast & ~np.isnan(ballots.gold)
    return Member(
        name,
        weight,
        share,
        _role(
            weight, share, silent=not cast.any(), leads=weight == max(weights.values(), default=0.0)
        ),
        int(cast.sum()),
        int((~cast).sum()),
        float(np.sum(credit(votes[labelled], ballots.gold[labelled]))),
        int(labelled.sum()),
        int(against.sum()),
        int(took_side.sum()),
    )


def _role(weight: float | None, share: float, *, silent: bool, leads: bool) -> str:
    if silent:
        return "silent"
    if weight is None:
        return "counts"
    if share < _IGNORED:
        return "ignored"
    if weight < 0:
        return "flipped"
    if leads:
        return "leads"
    return "discounted" if share < _DISCOUNTED else "counts"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
