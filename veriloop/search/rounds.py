"""Draft, judge, tell, write anew: the loop that puts a verdict into the policy's context, whatever is told of it.

Source: verifier-aware feedback of "Verifier Engineering" (arXiv 2411.11504, section 5). Every round's solution and
verdict is kept. What is said to the policy is each strategy's business (``refine``, ``debug``); which solution is the
answer is told in the records and left to whoever reads them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, TypeAlias, final

from veriloop.errors import EngineError, EngineRefused, EngineTimeout, VerifierError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Request, Sampling, Search, Verifier
from veriloop.records import (
    Dropped,
    Finish,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.search.growing import Spent
from veriloop.search.metered import Budget, BudgetSpent, Metered
from veriloop.text.answer_rules import find_answer
from veriloop.text.chats import Chat

Tell: TypeAlias = "Callable[[Problem, Solution, Verdict], Awaitable[str]]"
Cut: TypeAlias = "Callable[[str], tuple[str, ...]]"
CONTEXTS = ("all", "last")


class Ended(StrEnum):
    """Why a loop ended."""

    ACCEPTED = "accepted"
    ROUNDS = "rounds"  # as many as were allowed, and the last was not accepted
    BUDGET = "budget"
    UNSCORED = (
        "unscored"  # the verifier had no value for the last solution: neither accepted nor refused
    )
    ENGINE = "engine"  # it failed in a revision; what was there before is kept


@final
@dataclass(frozen=True)
class Rounds:
    """How a loop goes. At most ``most`` revisions follow the draft, within ``budget``.

    ``accept`` is the least value that is accepted; None accepts the verdict 1 of verifiers that say right or wrong,
    and refuses to work with others, whose scores have no natural bar. A verdict without a value is neither: the
    verifier is asked ``again`` so many times, and then the loop ends. ``context`` "all" shows the policy every
    earlier round, "last" only the one that is revised.
    """

    most: int = 3
    accept: float | None = None
    again: int = 0
    budget: Budget = field(default_factory=Budget)
    context: Literal["all", "last"] = "all"
    sampling: Sampling = Sampling()
    seed: int = 0
    chat: Chat = Chat()

    def __post_init__(self) -> None:
        if self.most < 0 or self.again < 0:
            raise ValueError(f"most and again are at least 0, got {self.most} and {self.again}")
        if self.context not in CONTEXTS:
            raise ValueError(f"context is {' or '.join(CONTEXTS)}, got {self.context!r}")

    def accepts(self, verdict: Verdict) -> bool:
        """Whether the loop may end with this one. Raises VerifierError for a verdict that has no bar."""
        if verdict.value is None:
            return False
        if verdict.form is Form.RANKING:
            raise VerifierError(
                f"verifier {verdict.verifier!r} gives a place in a ranking, and the first of one is still no right "
                "answer: refine by a verifier that says right or wrong, or by a score with accept="
            )
        if self.accept is not None:
            return verdict.value >= self.accept
        if verdict.form is Form.SCORE:
            raise VerifierError(
                f"verifier {verdict.verifier!r} gives a score, which has no natural bar: say from where on it is "
                "accepted with accept="
            )
        return verdict.value >= 1


@final
@dataclass(frozen=True)
class Traced:
    """What a search leaves of one problem: solutions, verdicts that tell how they came about, and what the engine
    failed with where that broke it off.
    """

    solutions: tuple[Solution, ...]
    verdicts: tuple[Verdict, ...]
    lost: Dropped | None = None

    @property
    def records(self) -> tuple[Solution | Verdict | Dropped, ...]:
        """Everything that is worth keeping."""
        return (*self.solutions, *self.verdicts, *(() if self.lost is None else (self.lost,)))

    def whole(self) -> tuple[Solution, ...]:
        """The solutions. Raises the error that the engine failed with: a tuple cannot say that it was broken off."""
        if self.lost is not None:
            raise raised(self.lost)
        return self.solutions


@final
@dataclass(frozen=True)
class Revised:
    """Solutions of one problem in the order in which they were written, drafts first, each with its verdict.

    ``accepted`` is the index of the accepted one, None where none was; ``lost`` says what the engine failed with.
    ``spent`` is in the first verdict's ``detail["search"]`` too, with how the loop ended.
    """

    solutions: tuple[Solution, ...]
    verdicts: tuple[Verdict, ...]
    spent: Spent
    ended: Ended
    accepted: int | None = None
    lost: Dropped | None = None

    @property
    def chosen(self) -> Solution:
        """The accepted solution; else whole ones before cut ones, then the best-scored, then the last."""
        return self.solutions[_chosen(self.solutions, self.verdicts, self.accepted)]

    @property
    def records(self) -> tuple[Solution | Verdict | Dropped, ...]:
        """Everything that is worth keeping."""
        return Traced(self.solutions, self.verdicts, self.lost).records

    def whole(self) -> tuple[Solution, ...]:
        """The solutions. Raises the error that the engine failed with: a tuple cannot say that it was broken off."""
        return Traced(self.solutions, self.verdicts, self.lost).whole()


@final
@dataclass
class Reviser:
    """One problem's loop. ``tell`` says what of a verdict the policy is shown, ``cut`` makes steps of its texts."""

    problem: Problem
    meter: Metered
    verifier: Verifier
    by: Rounds
    tell: Tell
    cut: Cut
    made_by: str = ""
    solutions: list[Solution] = field(default_factory=list[Solution])
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    rounds: list[int] = field(default_factory=list[int])
    _turns: list[Message] = field(default_factory=list[Message])

    async def run(self, draft: Search) -> Revised:
        """Draft, and revise the best draft until it is accepted. Raises EngineError where there is not even a draft."""
        drafts = await draft.search(self.problem, self.meter)
        if not drafts:
            raise EngineError(f"the draft's search found nothing for problem {self.problem.id}")
        await self._judge(drafts, 0)
        at, done, lost = self._best(), 0, None
        while (ended := self._ended(at, done)) is None:
            done += 1
            try:
                solution = await self._rewrite(at, done)
            except BudgetSpent:
                ended = Ended.BUDGET
                break
            except EngineError as error:
                ended, lost = Ended.ENGINE, lost_to(self.problem, error, f"round {done}")
                break
            await self._judge((solution,), done)
            at = len(self.solutions) - 1
        accepted = at if ended is Ended.ACCEPTED else None
        return self._revised(ended, accepted, lost)

    def _ended(self, at: int, done: int) -> Ended | None:
        """Why no further round follows the solution ``at``; None where one does."""
        verdict = self.verdicts[at]
        if self.by.accepts(verdict) and self.solutions[at].finish is not Finish.LENGTH:
            return Ended.ACCEPTED
        if not self.meter.left:
            return Ended.BUDGET
        if not verdict.scored:
            return Ended.UNSCORED
        return Ended.ROUNDS if done >= self.by.most else None

    def _best(self) -> int:
        """The draft that goes on: whole ones before cut ones, then the best-scored, then the first."""
        ranks = [_rank(s, v) for s, v in zip(self.solutions, self.verdicts, strict=True)]
        return ranks.index(max(ranks))

    async def _judge(self, solutions: tuple[Solution, ...], round: int) -> None:
        """Have new solutions judged, in one group; without a value where the budget is spent before."""
        verdicts = await self._verdicts(solutions)
        for _ in range(self.by.again):
            lacking = [i for i, v in enumerate(verdicts) if not v.scored]
            if not lacking or not self.meter.left:
                break
            more = await self._verdicts(tuple(solutions[i] for i in lacking))
            for i, verdict in zip(lacking, more, strict=True):
                verdicts[i] = replace(verdict, cost=verdicts[i].cost + verdict.cost)
        self.meter.spent.rounds += 1
        self.meter.spent.judged += len(verdicts)
        self.meter.spent.unscored += sum(not v.scored for v in verdicts)
        self.solutions += solutions
        self.verdicts += verdicts
        self.rounds += [round] * len(solutions)

    async def _verdicts(self, solutions: tuple[Solution, ...]) -> list[Verdict]:
        if not self.meter.left:
            return [self._unjudged(solution) for solution in solutions]
        found = await self.verifier.verify(Group(self.problem, solutions))
        if len(found) != len(solutions):
            raise VerifierError(
                f"verifier {self.verifier.name!r} gave {len(found)} verdicts on {len(solutions)} solutions: it has to "
                "give one for each, in order, scored or unscored"
            )
        for verdict in found:
            self.meter.charge(verdict.cost)
        return list(found)

    def _unjudged(self, solution: Solution) -> Verdict:
        traits: Traits | None = getattr(self.verifier, "traits", None)
        return Verdict(
            problem=self.problem.id,
            solution=solution.id,
            verifier=self.verifier.name,
            form=self.verdicts[-1].form if self.verdicts else Form.BINARY,
            granularity=Granularity.TRAJECTORY,
            unscored=Unscored.ABSTAINED,
            detail={"error": "the budget was spent before this was judged"},
            made_by=self.made_by,
            source=traits.source if traits else None,
            trained=traits.trained if traits else None,
        )

    async def _rewrite(self, at: int, round: int) -> Solution:
        """The solution that the policy writes once it was told of the verdict on the solution ``at``."""
        judged = self.solutions[at]
        told = await self.tell(self.problem, judged, self.verdicts[at])
        turns = [Message("assistant", judged.text), Message("user", told)]
        self._turns = [*self._turns, *turns] if self.by.context == "all" else turns
        seed = derive_seed(self.by.seed, "revise", self.problem.id, round)
        chat = opening(self.by.chat, self.problem)
        request = Request((*chat, *self._turns), self.by.sampling, seed=seed)
        return await revision(
            self.problem,
            self.meter,
            request,
            cut=self.cut,
            sample=len(self.solutions),
            made_by=self.made_by,
        )

    def _revised(self, ended: Ended, accepted: int | None, lost: Dropped | None) -> Revised:
        """The records, each verdict with its round, the first one with what the loop took."""
        told: list[Verdict] = []
        for i, (verdict, round) in enumerate(zip(self.verdicts, self.rounds, strict=True)):
            detail: dict[str, Json] = {**verdict.detail, "round": round, "accepted": i == accepted}
            if i == 0:
                detail["search"] = {
                    **self.meter.spent.to_json(),
                    "ended": ended.value,
                    "accepted": accepted,
                    "chosen": _chosen(self.solutions, self.verdicts, accepted),
                }
            told.append(replace(verdict, detail=detail))
        spent = self.meter.spent
        return Revised(tuple(self.solutions), tuple(told), spent, ended, accepted, lost)


async def revision(
    problem: Problem, meter: Metered, request: Request, *, cut: Cut, sample: int, made_by: str
) -> Solution:
    """The solution that the engine writes to a request of one sample. Raises EngineError as it does."""
    reply = await meter.generate(request)
    if not reply.completions:
        raise EngineError(f"engine {meter.name!r} gave no sample")
    completion = reply.completions[0]
    return Solution(
        problem=problem.id,
        steps=cut(completion.text),
        finish=completion.finish,
        answer=find_answer(problem, completion.text),
        tokens=completion.tokens,
        engine=meter.name,
        seed=request.seed,
        sample=sample,
        made_by=made_by,
    )


def opening(chat: Chat, problem: Problem) -> tuple[Message, ...]:
    """The turns before the first answer."""
    shown = chat.render(problem)
    return (Message("user", shown),) if isinstance(shown, str) else shown


def _rank(solution: Solution, verdict: Verdict) -> tuple[bool, bool, float]:
    value = verdict.value
    return solution.finish is not Finish.LENGTH, value is not None, 0.0 if value is None else value


def _chosen(
    solutions: Sequence[Solution], verdicts: Sequence[Verdict], accepted: int | None
) -> int:
    if accepted is not None:
        return accepted
    ranks = [(_rank(s, v), i) for i, (s, v) in enumerate(zip(solutions, verdicts, strict=True))]
    return max(ranks)[1]


_FAILED: dict[str, type[EngineError]] = {
    "engine timed out": EngineTimeout,
    "engine refused": EngineRefused,
    "engine failed": EngineError,
}


def lost_to(problem: Problem, error: EngineError, at: str) -> Dropped:
    """An engine's failure as a record, under the reason that ``runs`` has for one; ``at`` is where it failed."""
    reason = next(name for name, kind in _FAILED.items() if isinstance(error, kind))
    return Dropped(problem.id, reason, detail={"error": str(error), "at": at})


def raised(lost: Dropped) -> EngineError:
    """The failure as the error that it was."""
    kind = _FAILED.get(lost.reason, EngineError)
    return kind(f"{lost.detail['error']} (at {lost.detail['at']})")
