"""A language model chooses among N solutions of a problem: each on its own (pointwise) or two at a time (pairwise).

Source: "The Lessons of Developing Process Reward Models" (arXiv 2501.07301), appendix B.5: a solution's score is the
share of its steps that the judge calls right, or solutions meet in a single elimination of N - 1 comparisons. What
the paper leaves open (who meets whom, in which order two are shown, what a tie does) is said at each class. What a
selection is worth is ``veriloop.bench.best_of_n``'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

from veriloop.ids import Json, derive_seed, describe
from veriloop.protocols import Engine, Request, Sampling, Verifier
from veriloop.records import (
    NO_ERROR,
    Cost,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.prompts import load_prompt
from veriloop.text.tagged import tagged_sections
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.asking import ask
from veriloop.verify.stamp import stamped

_FIRST, _SECOND, _TIE = "1", "2", "tie"


@final
@dataclass(frozen=True)
class Pointwise:
    """Share of steps judged right, by any verifier that gives a first error (``Judge``, say).

    Such a judge stops at the first wrong step, so the steps after it are not called right: the share is the index of
    the first error over the number of steps, 1 where there is none. Unscored verdicts stay unscored.
    """

    judge: Verifier
    name: str = "pointwise"

    @property
    def traits(self) -> Traits:
        """The judge's, of a score of the whole."""
        known = getattr(self.judge, "traits", Traits(Source.MODEL, (), (), deterministic=False))
        return replace(known, forms=(Form.SCORE,), granularities=(Granularity.TRAJECTORY,))

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; step scores, critique and cost are the judge's."""
        steps = {s.id: len(s.steps) for s in group.solutions}
        said = await self.judge.verify(group)
        return tuple(self._share(verdict, steps[verdict.solution]) for verdict in said)

    def _share(self, verdict: Verdict, steps: int) -> Verdict:
        told = replace(
            verdict,
            verifier=self.name,
            form=Form.SCORE,
            granularity=Granularity.TRAJECTORY,
            step_scores=(),
            made_by=describe(self),
        )
        if not verdict.scored:
            return told
        if verdict.first_error is None:
            return replace(
                told,
                value=None,
                unscored=Unscored.UNPARSED,
                detail={**verdict.detail, "error": "the judge gives no first error"},
            )
        right = steps if verdict.first_error == NO_ERROR else verdict.first_error
        return replace(told, value=right / steps)


@final
@dataclass(frozen=True)
class Pairwise:
    """Single elimination: N solutions, N - 1 comparisons, and the place of each (0 is best, losers of a round share).

    Neighbours in sample order meet; where their number is odd the last one waits and comes first in the next round.
    Which of two is shown first is drawn from the seed and the pair; ``both_orders`` asks both ways and takes what
    agrees (2N - 2 calls). A tie, a disagreement, an unreadable answer or a failed call decides nothing: the earlier
    sample goes on, and the verdicts count how often that happened (``detail``: comparisons, decided, tied, unread,
    failed). Where no comparison could be read there is no ranking, and all solutions are unscored. The cost of a
    comparison stands with the solution that left in it, so costs add up.
    """

    engine: Engine
    prompt: str = "pairwise"
    sampling: Sampling = Sampling(temperature=0.0)
    seed: int = 0
    both_orders: bool = False
    name: str = "pairwise"
    traits: ClassVar[Traits] = Traits(
        Source.MODEL, (Form.RANKING,), (Granularity.TRAJECTORY,), deterministic=False
    )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution. A solution without steps does not compete and is unscored."""
        order = {s: index for index, s in enumerate(group.solutions)}
        playing = [s for s in group.solutions if s.steps]
        left: dict[str, tuple[int, _Match]] = {}
        number = 0
        while len(playing) > 1:
            pairs = zip(playing[::2], playing[1::2], strict=False)
            matches = await asyncio.gather(
                *(self._meet(group.problem, *sorted(pair, key=order.__getitem__)) for pair in pairs)
            )
            waits = playing[-1:] if len(playing) % 2 else []
            left |= {match.loser.id: (number, match) for match in matches}
            playing, number = [*waits, *(m.winner for m in matches)], number + 1
        rounds = {
            s.id: left[s.id][0] if s.id in left else number for s in group.solutions if s.steps
        }
        counts = _counted([match for _, match in left.values()])
        return tuple(self._verdict(s, rounds, left, counts) for s in group.solutions)

    def ask(self, problem: Problem, first: Solution, second: Solution) -> tuple[Message, ...]:
        """The chat that is sent for one comparison in one order."""
        template = load_prompt("veriloop.verify", self.prompt)
        text = template.fill(problem=problem.text, first=first.text, second=second.text)
        return (Message("user", text),)

    async def _meet(self, problem: Problem, early: Solution, late: Solution) -> _Match:
        swapped = bool(derive_seed(self.seed, "order", early.id, late.id) % 2)
        orders = (swapped, not swapped) if self.both_orders else (swapped,)
        asked = [self._ask(problem, early, late, swapped=order) for order in orders]
        said = await asyncio.gather(*asked)
        winners = {one.winner for one in said}
        decided = len(winners) == 1 and winners < {_FIRST, _SECOND}
        late_wins = decided and winners == {_SECOND}
        return _Match(
            winner=late if late_wins else early,
            loser=early if late_wins else late,
            decided=decided,
            unread=any(one.winner is None for one in said),
            engine=all(one.failed for one in said),
            text="\n\n".join(one.text for one in said if one.text),
            cost=sum((one.cost for one in said), Cost()),
        )

    async def _ask(
        self, problem: Problem, early: Solution, late: Solution, *, swapped: bool
    ) -> _Said:
        shown = (late, early) if swapped else (early, late)
        seed = derive_seed(self.seed, self.name, shown[0].id, shown[1].id)
        asked = await ask(self.engine, Request(self.ask(problem, *shown), self.sampling, seed=seed))
        if asked.why:
            return _Said(None, asked.why, failed=True)
        text = asked.completions[0].text
        named = parse_better(text)
        if swapped and named in (_FIRST, _SECOND):
            named = _SECOND if named == _FIRST else _FIRST
        return _Said(named, text, asked.cost)

    def _verdict(
        self,
        solution: Solution,
        rounds: Mapping[str, int],
        left: Mapping[str, tuple[int, _Match]],
        counts: Mapping[str, int],
    ) -> Verdict:
        match = left[solution.id][1] if solution.id in left else None
        reason = None
        if solution.id not in rounds:
            reason = Unscored.EMPTY
        elif counts["comparisons"] and counts["unread"] == counts["comparisons"]:
            reason = Unscored.ENGINE if counts["failed"] else Unscored.UNPARSED
        place = None if reason else sum(r > rounds[solution.id] for r in rounds.values())
        detail: dict[str, Json] = dict(counts)
        if match is not None:
            detail["lost_to"] = match.winner.id
        return stamped(
            self,
            solution,
            value=place,
            unscored=reason,
            critique=match.text if match else None,
            cost=match.cost if match else Cost(),
            detail=detail,
        )


def parse_better(text: str) -> str | None:
    """What the last ``<better>`` after any thoughts says: "1", "2" or "tie"; None where it is none of these.

    >>> parse_better("Step 2 of the first is wrong. <better>2</better>")
    '2'
    """
    sections = tagged_sections(without_thoughts(text) or "", "better")
    said = {section.text.strip(" .*\\n").casefold() for section in sections[-1:]}
    named = said & {_FIRST, _SECOND, _TIE}
    return named.pop() if named else None


@final
@dataclass(frozen=True)
class _Said:
    """``winner`` is "1" for the earlier sample, "2" for the later, "tie", or None where nothing could be read."""

    winner: str | None
    text: str
    cost: Cost = Cost()
    failed: bool = False


@final
@dataclass(frozen=True)
class _Match:
    winner: Solution
    loser: Solution
    decided: bool
    unread: bool
    engine: bool
    text: str
    cost: Cost


def _counted(matches: Sequence[_Match]) -> dict[str, int]:
    undecided = [m for m in matches if not m.decided]
    return {
        "comparisons": len(matches),
        "decided": len(matches) - len(undecided),
        "tied": sum(not m.unread for m in undecided),
        "unread": sum(m.unread for m in undecided),
        "failed": sum(m.engine for m in undecided),
    }
