"""Step labels by Monte Carlo rollouts: how often does a prefix of a solution still lead to the right answer?

Source: "The Lessons of Developing Process Reward Models" (arXiv 2501.07301), sections 2.1 and 4.1. A label is
an estimate of value, not of correctness. By default nothing is lost: rollouts go left to right and stop at the
first label 0, because later steps are never used, and a hard label's prefix stops when its label is decided.
Every rollout has a random stream of its own, so those that are made equal those of an exhaustive run. The last
prefix is the whole solution: its label is the answer check, no rollout. ``search="binary"`` and ``skip_right``
make fewer rollouts and overlook errors; how many is measured in ``veriloop.bench.label_agreement``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, final

from veriloop.errors import EngineError, VerifierError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import (
    NO_ERROR,
    STEP_DELIMITER,
    Cost,
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.answer_rules import answer_of, find_answer
from veriloop.text.chats import Chat
from veriloop.verify.answer_rules import equality_of
from veriloop.verify.equality import Equality
from veriloop.verify.stamp import stamped


@final
@dataclass
class _Tally:
    """What one prefix's rollouts came to. ``outcomes[j]`` and ``tokens[j]`` belong to rollout j."""

    outcomes: list[bool] = field(default_factory=list[bool])
    tokens: list[int] = field(default_factory=list[int])
    prompt_tokens: int = 0
    calls: int = 0
    cut: int = 0
    usd: float = 0.0


@final
@dataclass
class _Work:
    """One solution under way: prefix -> tally, filled as rollouts come, so that a failure keeps its cost.

    ``right`` says whether the final answer is right, None where it was not asked.
    """

    problem: Problem
    solution: Solution
    tallies: dict[int, _Tally] = field(default_factory=dict[int, _Tally])
    right: bool | None = None
    skipped: bool = False

    @property
    def last(self) -> int:
        """Index of the last step, whose prefix is the whole solution."""
        return len(self.solution.steps) - 1


@final
@dataclass(frozen=True)
class MonteCarlo:
    """Rollout labels for every solution of a group.

    ``estimate="soft"`` makes all ``k`` rollouts of a prefix and scores it with the share that succeeds. ``"hard"``
    scores 1 where that share is above ``threshold`` (the paper: 0, tried up to 7/8) and else 0, and stops when
    that is decided. ``sampling`` must be how the solutions were sampled.

    ``exhaustive`` makes every rollout of every prefix: what the shortcuts are measured against. ``search="binary"``
    looks for the first label 0 by halving, which takes labels for 1s followed by 0s (OmegaPRM, arXiv 2406.06592);
    ``skip_right`` takes all steps of a solution with the right answer for right (SCAN). Both can only put the
    first error later than an exhaustive run does, or miss it.
    """

    engine: Engine
    equality: Equality
    k: int = 8
    estimate: Literal["hard", "soft"] = "hard"
    threshold: float = 0.0
    sampling: Sampling = Sampling()
    chat: Chat = Chat()
    seed: int = 0
    exhaustive: bool = False
    search: Literal["left-to-right", "binary"] = "left-to-right"
    skip_right: bool = False
    name: str = "mc"

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(
                f"k is the number of rollouts for a prefix and at least 1, got {self.k}"
            )
        if not 0 <= self.threshold < 1:
            raise ValueError(
                f"threshold is a share of successes from 0 to below 1, got {self.threshold}"
            )
        if self.estimate == "soft" and (self.threshold or self.search == "binary"):
            raise ValueError(
                "soft labels have no threshold and need a share for every step: use estimate='hard' with a "
                "threshold or with search='binary'"
            )
        if self.exhaustive and not self.lossless:
            raise ValueError("exhaustive makes every rollout: leave out search and skip_right")

    @property
    def traits(self) -> Traits:
        """A model's: the answer is checked by a program, and who gets there is the model that rolls out."""
        form = Form.BINARY if self.estimate == "hard" else Form.SCORE
        return Traits(
            Source.MODEL,
            (form,),
            (Granularity.STEP,),
            deterministic=False,
            needs_reference=True,
        )

    @property
    def lossless(self) -> bool:
        """True where the labels are those of an exhaustive run."""
        return self.search == "left-to-right" and not self.skip_right

    @property
    def needed(self) -> int:
        """How many of the ``k`` rollouts must succeed for a hard label 1: the fewest with share > threshold."""
        return next(c for c in range(1, self.k + 1) if c / self.k > self.threshold)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution: step scores up to and including the first 0."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        work = _Work(problem, solution)
        if problem.reference is None:
            return self._verdict(work, unscored=Unscored.NO_REFERENCE)
        if not solution.steps:
            return self._verdict(work, unscored=Unscored.EMPTY)
        try:
            scores = await self._scores(work)
        except EngineError as error:
            return self._verdict(work, unscored=Unscored.ENGINE, why=str(error))
        except VerifierError as error:
            return self._verdict(work, unscored=Unscored.CHECKER, why=str(error))
        return self._verdict(work, scores=scores)

    async def _scores(self, work: _Work) -> list[float]:
        """Step scores, in the order and with the rollouts that the options say."""
        if not self.lossless:
            work.right = await self._is_right(work)
            if self.skip_right and work.right:
                work.skipped = True
                return [1.0] * (work.last + 1)
        if self.search == "binary":
            first = await self._bisect(work)
            return [1.0] * (work.last + 1) if first == NO_ERROR else [1.0] * first + [0.0]
        scores: list[float] = []
        for index in range(work.last):
            scores.append(await self._score(work, index))
            if scores[-1] == 0 and not self.exhaustive:
                return scores
        if work.right is None:
            work.right = await self._is_right(work)
        return [*scores, float(work.right)]

    async def _bisect(self, work: _Work) -> int:
        """The first label 0 where labels are 1s and then 0s: about log2(steps) prefixes are rolled out."""
        low, high = 0, work.last
        while low < high:
            middle = (low + high) // 2
            if await self._score(work, middle) == 0:
                high = middle
            else:
                low = middle + 1
        return NO_ERROR if low == work.last and work.right else low

    async def _score(self, work: _Work, index: int) -> float:
        """Roll out from the end of step ``index``, in waves, until the score cannot change."""
        tally = work.tallies.setdefault(index, _Tally())
        prefix = STEP_DELIMITER.join(work.solution.steps[: index + 1]) + STEP_DELIMITER
        # The prefix, not the solution, names the stream: solutions that share a prefix share its rollouts.
        seed = derive_seed(self.seed, "rollout", work.problem.id, prefix)
        prompt = self.chat.render(work.problem)
        while wave := self._wave(sum(tally.outcomes), len(tally.outcomes)):
            first = len(tally.outcomes)
            request = Request(prompt, self.sampling, seed=seed, first=first, n=wave, prefix=prefix)
            await self._roll_out(work.problem, request, tally)
        successes = sum(tally.outcomes)
        return successes / self.k if self.estimate == "soft" else float(successes >= self.needed)

    async def _roll_out(self, problem: Problem, request: Request, tally: _Tally) -> None:
        equality = equality_of(problem, self.equality)
        reply = await self.engine.generate(request)
        tally.calls += 1
        tally.prompt_tokens += reply.prompt_tokens or 0
        tally.usd += reply.usd
        for completion in reply.completions:
            tally.tokens.append(completion.tokens or 0)
            tally.cut += completion.finish is Finish.LENGTH
            answer = find_answer(problem, request.prefix + completion.text)
            tally.outcomes.append(
                answer is not None and await equality.equal(problem.reference or "", answer)
            )
        if len(reply.completions) != request.n:
            raise EngineError(
                f"engine {self.engine.name!r} gave {len(reply.completions)} samples, asked for {request.n}"
            )

    def _wave(self, successes: int, done: int) -> int:
        """How many rollouts to ask for next; 0 where the score is settled.

        The fewest that can decide make none in vain. Where one can (label 1 needs one success, or all ``k``),
        as many again as were made bound the waves by log2(k).
        """
        left = self.k - done
        if self.estimate == "soft" or self.exhaustive:
            return left
        to_one = self.needed - successes
        to_zero = left - to_one + 1
        if to_one <= 0 or to_zero <= 0:
            return 0
        growth = done if self.needed in (1, self.k) else done // 4
        return min(max(min(to_one, to_zero), growth), left)

    async def _is_right(self, work: _Work) -> bool:
        reference, answer = work.problem.reference, answer_of(work.problem, work.solution)
        if reference is None or answer is None:
            return False
        return await equality_of(work.problem, self.equality).equal(reference, answer)

    def _verdict(
        self,
        work: _Work,
        *,
        scores: list[float] | None = None,
        unscored: Unscored | None = None,
        why: str = "",
    ) -> Verdict:
        first_error, labelled = None, []
        if scores is not None:
            first_error = scores.index(0.0) if 0.0 in scores else NO_ERROR
            labelled = scores if first_error == NO_ERROR else scores[: first_error + 1]
        return stamped(
            self,
            work.solution,
            value=min(labelled) if labelled else None,
            unscored=unscored,
            step_scores=tuple(labelled),
            first_error=first_error,
            cost=_cost(work.tallies.values()),
            detail=self._detail(work) | ({"error": why} if why else {}),
        )

    def _detail(self, work: _Work) -> dict[str, Json]:
        """What was counted. A prefix that was not rolled out has no outcomes and no tokens."""
        if work.problem.reference is None or not work.solution.steps:
            return {}
        reached = range(max(work.tallies, default=-1) + 1)
        tallies = [work.tallies.get(i, _Tally()) for i in reached]
        detail: dict[str, Json] = {
            "k": self.k,
            "steps": len(work.solution.steps),
            "search": "skipped" if work.skipped else self.search,
            "outcomes": ["".join("01"[x] for x in t.outcomes) for t in tallies],
            "tokens": [t.tokens for t in tallies],
            "cut": sum(t.cut for t in tallies),
        }
        if self.estimate == "hard":
            detail["threshold"] = self.threshold
        if work.right is not None:
            detail["right"] = work.right
        return detail


def _cost(tallies: Iterable[_Tally]) -> Cost:
    return sum(
        (Cost(t.calls, len(t.outcomes), t.prompt_tokens, sum(t.tokens), t.usd) for t in tallies),
        Cost(),
    )
