"""Several verifiers as one: all are asked at once, their verdicts become votes, a rule decides.

A member that fails abstains: it is never a zero, and every verdict says how many voted. What the rules are is
``combine``'s and its neighbours'; asking the dear members only where the cheap ones doubt is ``cascade``'s.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from veriloop.errors import EngineError, VeriloopError
from veriloop.ids import Json, describe
from veriloop.protocols import Verifier
from veriloop.records import (
    NO_ERROR,
    Cost,
    Form,
    Granularity,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.ballots import Ballots, Rule, ballots_of
from veriloop.verify.combine import weights_of
from veriloop.verify.scales import Scale, vote_of


@final
@dataclass(frozen=True)
class Panel:
    """``rule`` over the verdicts of ``verifiers``; ``scales`` for those whose values lie outside [0, 1].

    The form is the members' where they share one: binary and text verdicts get 0 or 1 by which side of 1/2 the
    probability lies on (at 1/2 they abstain), scores the probability, rankings places by the sum of the probabilities
    to win a pair. Members of several forms give a score, or a ranking where one of them ranks. Where all who vote give
    a first error, the panel's is the most frequent one, the earlier of equals; where all give step scores, it is their
    mean, as far as all go. Costs add up, those of members without a value too. A member that raises a VeriloopError
    abstains on the whole group. Where nobody votes, the reason is the members' if they share one, else ABSTAINED.
    Raises ValueError without members or where two have one name.
    """

    verifiers: tuple[Verifier, ...]
    rule: Rule
    scales: tuple[Scale, ...] = ()
    name: str = "panel"

    def __post_init__(self) -> None:
        names = [v.name for v in self.verifiers]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a panel has members with names of their own, got {names}")

    @property
    def traits(self) -> Traits:
        """What holds of all members, or of one of them where that is enough."""
        return shared_traits(self.verifiers)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order."""
        said = await asyncio.gather(*(ask(member, group) for member in self.verifiers))
        return self.decide(group, said)

    def decide(self, group: Group, said: Sequence[Sequence[Verdict]]) -> tuple[Verdict, ...]:
        """The panel's verdicts from those of its members, in the order of the members."""
        names = [member.name for member in self.verifiers]
        told = [verdict for verdicts in said for verdict in verdicts]
        ballots = ballots_of([replace(group, verdicts=tuple(told))], names, scales=self.scales)
        chance = dict(zip(ballots.items, self.rule.probabilities(ballots).tolist(), strict=True))
        form = _form(told, ranked=ballots.pairs)
        values = _places(group.solutions, ballots, chance) if ballots.pairs else chance
        if ballots.pairs and len(group.solutions) == 1 and any(v.scored for v in told):
            values = {group.solutions[0].id: 0.0}  # alone in its group, it meets nobody
        by = [{verdict.solution: verdict for verdict in verdicts} for verdicts in said]
        made_by, traits = describe(self), self.traits
        frame = Verdict("", "", self.name, form, _granularity(told), unscored=Unscored.ABSTAINED)
        frame = replace(frame, made_by=made_by, source=traits.source, trained=traits.trained)
        return tuple(
            self._verdict(frame, solution, values[solution.id], [b.get(solution.id) for b in by])
            for solution in group.solutions
        )

    def _verdict(
        self,
        frame: Verdict,
        solution: Solution,
        chance: float,
        said: Sequence[Verdict | None],
    ) -> Verdict:
        voted = [v for v in said if v is not None and v.scored]
        detail = self._detail(chance, said, ranked=frame.form is Form.RANKING)
        value: float | None = chance
        reason = None
        if np.isnan(chance) or (frame.form in (Form.BINARY, Form.TEXT) and chance == 0.5):
            value, reason = None, _reason(said) if not voted else Unscored.ABSTAINED
        elif frame.form in (Form.BINARY, Form.TEXT):
            value = float(chance > 0.5)
        told = voted if reason is None else []
        critiques = [f"{v.verifier}: {v.critique}" for v in told if v.critique]
        return replace(
            frame,
            problem=solution.problem,
            solution=solution.id,
            value=value,
            unscored=reason,
            step_scores=_mean_steps(told),
            first_error=_usual_error(told),
            critique="\n\n".join(critiques) or None,
            cost=sum((v.cost for v in said if v is not None), Cost()),
            detail=detail,
        )

    def _detail(
        self, chance: float, said: Sequence[Verdict | None], *, ranked: bool
    ) -> dict[str, Json]:
        """``chance`` is NaN where there is none. Where members rank, sides and chances are of pairs: none here."""
        chance = np.nan if ranked else chance
        names = [member.name for member in self.verifiers]
        values: dict[str, Json] = {}
        silent: dict[str, Json] = {}
        for name, verdict in zip(names, said, strict=True):
            if verdict is not None and verdict.value is not None:
                values[name] = verdict.value
            elif verdict is not None and verdict.unscored is not None:
                error = verdict.detail.get("error")
                reason = verdict.unscored.value
                silent[name] = f"{reason}: {error}" if error else reason
        detail: dict[str, Json] = {"votes": values, "voted": len(values), "members": len(names)}
        if silent:
            detail["lost"] = silent
        if not np.isnan(chance):
            detail["probability"] = chance
        weights = weights_of(self.rule)
        if weights:
            detail["weights"] = {name: weights.get(name, 0.0) for name in names}
        sides = {} if ranked else self._sides(said)
        sides = {name: side for name, side in sides.items() if side != 0.5}
        detail["conflict"] = len(set(sides.values())) > 1
        if not np.isnan(chance) and chance != 0.5:
            against: list[Json] = [name for name, side in sides.items() if side != (chance > 0.5)]
            detail["against"] = against
        return detail

    def _sides(self, said: Sequence[Verdict | None]) -> dict[str, float]:
        """1 for whose vote is above 1/2, 0 below, 1/2 between."""
        sides: dict[str, float] = {}
        for member, verdict in zip(self.verifiers, said, strict=True):
            if verdict is None or verdict.value is None:
                continue
            vote = vote_of(member.name, verdict.value, self.scales)
            sides[member.name] = 0.5 if vote == 0.5 else float(vote > 0.5)
        return sides


async def ask(verifier: Verifier, group: Group) -> tuple[Verdict, ...]:
    """The verifier's verdicts on the group, whatever others said of it. Where it raises a VeriloopError, all of them
    are unscored for that reason: others can still speak.
    """
    try:
        return await verifier.verify(replace(group, verdicts=()))
    except VeriloopError as error:
        traits = getattr(verifier, "traits", None)
        reason = Unscored.ENGINE if isinstance(error, EngineError) else Unscored.CHECKER
        return tuple(
            Verdict(
                problem=group.problem.id,
                solution=solution.id,
                verifier=verifier.name,
                form=traits.forms[0] if traits and traits.forms else Form.SCORE,
                granularity=Granularity.TRAJECTORY,
                unscored=reason,
                detail={"error": str(error)},
                made_by=describe(verifier),
                source=traits.source if traits else None,
                trained=traits.trained if traits else None,
            )
            for solution in group.solutions
        )


def shared_traits(verifiers: Sequence[Verifier]) -> Traits:
    """The traits of several verifiers together: a program only if all are, trained if one is, deterministic if all
    are, in need of a reference if all are. A member that declares nothing counts as a model whose answers may differ.
    """
    unknown = Traits(Source.MODEL, (), (), deterministic=False)
    all_of = [getattr(verifier, "traits", unknown) for verifier in verifiers]
    sources = {traits.source for traits in all_of}
    return Traits(
        sources.pop() if len(sources) == 1 else Source.MODEL,
        tuple(dict.fromkeys(form for traits in all_of for form in traits.forms)),
        tuple(dict.fromkeys(part for traits in all_of for part in traits.granularities)),
        any(traits.trained for traits in all_of),
        all(traits.deterministic for traits in all_of),
        all(traits.needs_reference for traits in all_of),
    )


def _form(told: Sequence[Verdict], *, ranked: bool) -> Form:
    if ranked:
        return Form.RANKING
    forms = {v.form for v in told if v.scored} or {v.form for v in told}
    return forms.pop() if len(forms) == 1 else Form.SCORE


def _granularity(told: Sequence[Verdict]) -> Granularity:
    parts = {v.granularity for v in told if v.scored} or {v.granularity for v in told}
    return parts.pop() if len(parts) == 1 else Granularity.TRAJECTORY


def _places(
    solutions: Sequence[Solution], ballots: Ballots, chance: Mapping[str, float]
) -> dict[str, float]:
    """Places by expected wins; a solution of which no pair was decided has none (NaN)."""
    wins = {solution.id: 0.0 for solution in solutions}
    met: Counter[str] = Counter()
    for pair in ballots.items:
        first, _, second = pair.partition(">")
        won = chance[pair]
        if not np.isnan(won):
            wins[first] += won
            wins[second] += 1 - won
            met[first] += 1
            met[second] += 1
    share = {name: wins[name] / met[name] for name in wins if met[name]}
    return {
        name: float(sum(other > share[name] + 1e-12 for other in share.values()))
        if name in share
        else np.nan
        for name in wins
    }


def _reason(said: Sequence[Verdict | None]) -> Unscored:
    reasons = {v.unscored for v in said if v is not None and v.unscored is not None}
    return reasons.pop() if len(reasons) == 1 else Unscored.ABSTAINED


def _mean_steps(voted: Sequence[Verdict]) -> tuple[float, ...]:
    if not voted or not all(v.step_scores for v in voted):
        return ()
    return tuple(
        float(np.mean(scores)) for scores in zip(*(v.step_scores for v in voted), strict=False)
    )


def _usual_error(voted: Sequence[Verdict]) -> int | None:
    errors = [v.first_error for v in voted if v.first_error is not None]
    if not voted or len(errors) < len(voted):
        return None
    told = Counter(errors)
    return min(told, key=lambda e: (-told[e], np.inf if e == NO_ERROR else e))
