"""Step labels by Monte Carlo rollouts: how often does a prefix of a solution still lead to the right answer?

Source: "The Lessons of Developing Process Reward Models" (arXiv 2501.07301), sections 2.1 and 4.1. A label is
an estimate of value, not of correctness. Rollouts go left to right and stop at the first step from which no
rollout succeeds, because later steps are never used; with ``estimate="hard"`` a prefix also stops at its first
success. Both lose nothing: every rollout has a random stream of its own, so the rollouts that are made equal
those of an exhaustive run. The last prefix is the whole solution: its label is the answer check, no rollout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, final

from veriloop.errors import EngineError, VerifierError
from veriloop.ids import derive_seed, describe
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
    Unscored,
    Verdict,
)
from veriloop.text.answers import extract_answer
from veriloop.text.chats import Chat
from veriloop.verify.equality import Equality


@final
@dataclass
class _Tally:
    """What one prefix's rollouts came to. ``outcomes[j]`` and ``tokens[j]`` belong to rollout j."""

    outcomes: list[bool] = field(default_factory=list[bool])
    tokens: list[int] = field(default_factory=list[int])
    prompt_tokens: int = 0
    calls: int = 0
    cut: int = 0


@final
@dataclass(frozen=True)
class MonteCarlo:
    """Rollout labels for every solution of a group.

    ``estimate="soft"`` makes all ``k`` rollouts of a prefix and scores it with the share that succeeds;
    ``"hard"`` stops at the first success and scores 0 or 1. ``exhaustive`` makes every rollout of every
    prefix: what the shortcuts are measured against. ``sampling`` must be how the solutions were sampled.
    """

    engine: Engine
    equality: Equality
    k: int = 8
    estimate: Literal["hard", "soft"] = "hard"
    sampling: Sampling = Sampling()
    chat: Chat = Chat()
    seed: int = 0
    exhaustive: bool = False
    name: str = "mc"

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(
                f"k is the number of rollouts for a prefix and at least 1, got {self.k}"
            )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution: step scores up to and including the first 0."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if problem.reference is None:
            return self._unscored(solution, Unscored.NO_REFERENCE)
        if not solution.steps:
            return self._unscored(solution, Unscored.EMPTY)
        tallies: list[_Tally] = []
        try:
            scores = await self._scores(problem, solution, tallies)
        except EngineError as error:
            return self._unscored(solution, Unscored.ENGINE, tallies, str(error))
        except VerifierError as error:
            return self._unscored(solution, Unscored.CHECKER, tallies, str(error))
        first_error = next((i for i, score in enumerate(scores) if score == 0), NO_ERROR)
        labelled = scores if first_error == NO_ERROR else scores[: first_error + 1]
        hard = self.estimate == "hard"
        return Verdict(
            problem=problem.id,
            solution=solution.id,
            verifier=self.name,
            form=Form.BINARY if hard else Form.SCORE,
            granularity=Granularity.STEP,
            value=min(labelled),
            step_scores=tuple(labelled),
            first_error=first_error,
            cost=self._cost(tallies),
            detail={
                "k": self.k,
                "steps": len(solution.steps),
                "outcomes": ["".join("01"[x] for x in t.outcomes) for t in tallies],
                "tokens": [t.tokens for t in tallies],
                "cut": sum(t.cut for t in tallies),
            },
            made_by=describe(self),
        )

    async def _scores(
        self, problem: Problem, solution: Solution, tallies: list[_Tally]
    ) -> list[float]:
        """Step scores, left to right; ``tallies`` fills as prefixes finish, so that a failure keeps its cost."""
        assert problem.reference is not None
        scores: list[float] = []
        for index in range(len(solution.steps) - 1):
            tally = _Tally()
            tallies.append(tally)
            await self._roll_out(problem, solution, index, tally)
            successes = sum(tally.outcomes)
            scores.append(float(successes > 0) if self.estimate == "hard" else successes / self.k)
            if successes == 0 and not self.exhaustive:
                return scores
        right = solution.answer is not None and await self.equality.equal(
            problem.reference, solution.answer
        )
        return [*scores, float(right)]

    async def _roll_out(
        self, problem: Problem, solution: Solution, index: int, tally: _Tally
    ) -> None:
        """Rollouts from the end of step ``index``, in waves, until the label cannot change."""
        prefix = STEP_DELIMITER.join(solution.steps[: index + 1]) + STEP_DELIMITER
        # The prefix, not the solution, names the stream: solutions that share a prefix share its rollouts.
        seed = derive_seed(self.seed, "rollout", problem.id, prefix)
        for first, count in self._waves():
            request = Request(
                self.chat.render(problem),
                self.sampling,
                seed=seed,
                first=first,
                n=count,
                prefix=prefix,
            )
            reply = await self.engine.generate(request)
            tally.calls += 1
            tally.prompt_tokens += reply.prompt_tokens or 0
            for completion in reply.completions:
                tally.tokens.append(completion.tokens or 0)
                tally.cut += completion.finish is Finish.LENGTH
                tally.outcomes.append(
                    await self._succeeds(problem.reference or "", prefix + completion.text)
                )
            if any(tally.outcomes) and self.estimate == "hard" and not self.exhaustive:
                return

    def _waves(self) -> Iterator[tuple[int, int]]:
        """(first sample, count) of each request: all at once, or doubling where a success may end it."""
        if self.estimate == "soft" or self.exhaustive:
            yield 0, self.k
            return
        done = 0
        while done < self.k:
            count = min(max(1, done), self.k - done)
            yield done, count
            done += count

    async def _succeeds(self, reference: str, text: str) -> bool:
        answer = extract_answer(text)
        return answer is not None and await self.equality.equal(reference, answer)

    def _cost(self, tallies: list[_Tally]) -> Cost:
        return Cost(
            calls=sum(t.calls for t in tallies),
            rollouts=sum(len(t.outcomes) for t in tallies),
            prompt_tokens=sum(t.prompt_tokens for t in tallies),
            tokens=sum(sum(t.tokens) for t in tallies),
        )

    def _unscored(
        self,
        solution: Solution,
        reason: Unscored,
        tallies: list[_Tally] | None = None,
        why: str = "",
    ) -> Verdict:
        return Verdict(
            problem=solution.problem,
            solution=solution.id,
            verifier=self.name,
            form=Form.BINARY if self.estimate == "hard" else Form.SCORE,
            granularity=Granularity.STEP,
            unscored=reason,
            cost=self._cost(tallies or []),
            detail={"error": why} if why else {},
            made_by=describe(self),
        )
