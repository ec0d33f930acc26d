"""Grow many partial solutions by one step each, and have all of them judged at once: what guided searches share.

One growth of one problem is one request for each prefix, all in flight together, and one call of the verifier. A
step ends where the policy writes a blank line. Which partial solutions are grown is each strategy's business, and
batches across problems are the engine's.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TypeAlias, final

from veriloop.errors import EngineError, VerifierError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Engine, Reply, Request, Sampling, Verifier
from veriloop.records import STEP_DELIMITER, Cost, Finish, Group, Problem, Solution, Verdict
from veriloop.search.partial import AGGREGATES, Aggregate, Partial, merge, rank_of
from veriloop.text.answer_rules import find_answer
from veriloop.text.chats import Chat
from veriloop.text.steps import split_steps

Ask: TypeAlias = "tuple[Partial, int, int]"  # what to grow, first sample, how many samples


@final
@dataclass(frozen=True)
class Stepwise:
    """How a guided search goes, step by step. Temperature and top-p are those of arXiv 2501.07301, appendix A.

    ``sampling.max_tokens`` bounds a whole solution and ``max_step_tokens`` one step; a solution that has
    ``max_steps`` steps and is not finished is cut. Stop strings of ``sampling`` end a solution. ``aggregate`` makes
    the score that candidates are compared by of their step scores.
    """

    sampling: Sampling = Sampling()
    max_steps: int = 64
    max_step_tokens: int = 512
    aggregate: Aggregate = "last"
    seed: int = 0
    chat: Chat = Chat()

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            raise ValueError(f"aggregate is one of {', '.join(AGGREGATES)}, got {self.aggregate!r}")
        if min(self.max_steps, self.max_step_tokens, self.sampling.max_tokens) < 1:
            raise ValueError(
                "max_steps, max_step_tokens and sampling.max_tokens are at least 1, got "
                f"{self.max_steps}, {self.max_step_tokens} and {self.sampling.max_tokens}"
            )


@final
@dataclass
class Spent:
    """What the search of one problem took. ``tokens`` and ``prompt_tokens`` are None where an engine does not count.

    ``duplicates`` are samples that equalled another one of the same prefix, ``blank`` ones without any text before
    the next blank line, ``cut`` ones that a token limit ended, and ``unscored`` candidates that the verifier had no
    score for; of ``judged`` candidates each was shown to it once.
    """

    calls: int = 0
    samples: int = 0
    tokens: int | None = 0
    prompt_tokens: int | None = 0
    rounds: int = 0
    judged: int = 0
    duplicates: int = 0
    blank: int = 0
    cut: int = 0
    unscored: int = 0
    verifier: Cost = Cost()

    def add(self, reply: Reply) -> None:
        """Count a reply."""
        self.calls += 1
        self.samples += len(reply.completions)
        self.cut += sum(c.finish is Finish.LENGTH for c in reply.completions)
        for completion in reply.completions:
            self.tokens = _sum(self.tokens, completion.tokens)
        self.prompt_tokens = _sum(self.prompt_tokens, reply.prompt_tokens)

    def to_json(self) -> dict[str, Json]:
        """The counts as JSON."""
        return asdict(self)


@final
@dataclass
class Grower:
    """One problem's search: asks the engine for steps, reads what came, and lets the verifier judge it.

    Every prefix has a stream of its own, named by the seed, the problem and the prefix, so what is found does not
    depend on concurrency. Some engines do not say which stop string ended a text (``Completion.stop``); until one
    has, a step ends the solution where it names an answer, or where nothing comes.
    """

    problem: Problem
    engine: Engine
    verifier: Verifier
    by: Stepwise
    spent: Spent = field(default_factory=Spent)
    logprobs: bool = False
    _told: bool = field(default=False, init=False, repr=False)
    _verdicts: dict[tuple[str, ...], Verdict] = field(
        default_factory=dict[tuple[str, ...], Verdict], init=False, repr=False
    )

    @property
    def seed(self) -> int:
        """The seed of this problem's search, which those of its prefixes derive from."""
        return derive_seed(self.by.seed, "guided", self.problem.id)

    async def grow(self, asks: Sequence[Ask]) -> list[list[Partial]]:
        """The judged candidates of each (partial solution, first sample, samples), equal ones merged.

        Blank samples are left out, so a partial solution may get no candidate. Raises EngineError as the engine
        does, or where it gives too few samples, or where all that it wrote after a prefix is blank.
        """
        stop = (*self.by.sampling.stop, STEP_DELIMITER)
        requests = [self._request(*ask, stop=stop) for ask in asks]
        replies = await self._ask(requests)
        self.spent.rounds += 1
        samples = [c for reply in replies for c in reply.completions]
        self._told |= any(c.stop is not None for c in samples)
        if requests[0].prefix and all(_is_blank(c) for c in samples):
            raise EngineError(
                f"all that {self.engine.name!r} wrote after {requests[0].prefix[-40:]!r} is blank: a server may drop "
                "the blank line that a prefix ends with; use continuation='template' and tokenizer=FOLDER"
            )
        grown: list[list[Partial]] = []
        for (parent, _, _), reply in zip(asks, replies, strict=True):
            read = [self._read(parent, c) for c in reply.completions if not _is_blank(c)]
            merged = merge(read)
            self.spent.blank += len(reply.completions) - len(read)
            self.spent.duplicates += len(read) - len(merged)
            grown.append(merged)
        return await self._judge(grown)

    async def complete(self, parent: Partial, n: int) -> list[Partial]:
        """``n`` whole solutions that begin with ``parent``, judged, equal ones merged."""
        request = self._request(parent, 0, n, stop=self.by.sampling.stop)
        seed = derive_seed(self.seed, "whole", parent.prefix)
        left = self.by.sampling.max_tokens - (parent.tokens or 0)
        sampling = replace(request.sampling, max_tokens=max(1, left))
        (reply,) = await self._ask([replace(request, seed=seed, sampling=sampling)])
        grown = [
            self._grown(parent, completion, completion.finish) for completion in reply.completions
        ]
        (judged,) = await self._judge([merge(grown)])
        return judged

    def _request(self, parent: Partial, first: int, n: int, *, stop: tuple[str, ...]) -> Request:
        sampling = self.by.sampling
        left = sampling.max_tokens - (parent.tokens or 0)
        limits = replace(sampling, max_tokens=min(left, self.by.max_step_tokens), stop=stop)
        return Request(
            self.by.chat.render(self.problem),
            limits,
            seed=derive_seed(self.seed, parent.prefix),
            first=first,
            n=n,
            prefix=parent.prefix,
            logprobs=self.logprobs,
        )

    async def _ask(self, requests: Sequence[Request]) -> list[Reply]:
        replies = await asyncio.gather(*(self.engine.generate(r) for r in requests))
        for request, reply in zip(requests, replies, strict=True):
            self.spent.add(reply)
            if len(reply.completions) != request.n:
                raise EngineError(
                    f"engine {self.engine.name!r} gave {len(reply.completions)} of {request.n} samples of a step "
                    f"of problem {self.problem.id}: wrap it so that it asks again, or ask for fewer"
                )
        return replies

    def _read(self, parent: Partial, completion: Completion) -> Partial:
        """What a sample makes of its parent: cut, finished, or a step further."""
        finish = None
        if completion.finish is Finish.LENGTH:
            finish = Finish.LENGTH
        elif completion.stop is None:
            text = completion.text
            ended = not text.strip() or find_answer(self.problem, text) is not None
            finish = Finish.STOP if self._told or ended else None
        elif completion.stop != STEP_DELIMITER:
            finish = Finish.STOP
        return self._grown(parent, completion, finish)

    def _grown(self, parent: Partial, completion: Completion, finish: Finish | None) -> Partial:
        steps = (*parent.steps, *(step.text for step in split_steps(completion.text)))
        tokens = _sum(parent.tokens, completion.tokens)
        spent = tokens is not None and tokens >= self.by.sampling.max_tokens
        if finish is None and (spent or len(steps) >= self.by.max_steps):
            finish = Finish.LENGTH
        logs = completion.logprobs
        mean = math.fsum(logs) / len(logs) if logs else None
        return Partial(steps, finish, tokens, mean)

    async def _judge(self, grown: Sequence[Sequence[Partial]]) -> list[list[Partial]]:
        """Show the verifier what it has not seen, in one group; partial solutions end with a whole step."""
        new = {c.steps: c for some in grown for c in some if c.steps not in self._verdicts}
        shown = tuple(self._solution(c, index) for index, c in enumerate(new.values()))
        if shown:
            verdicts = await self.verifier.verify(Group(self.problem, shown))
            if len(verdicts) != len(shown):
                raise VerifierError(
                    f"verifier {self.verifier.name!r} gave {len(verdicts)} verdicts on {len(shown)} solutions: it has "
                    "to give one for each, in order, scored or unscored"
                )
            self._verdicts.update(zip(new, verdicts, strict=True))
            self.spent.judged += len(shown)
            self.spent.unscored += sum(not v.scored for v in verdicts)
            self.spent.verifier = sum((v.cost for v in verdicts), self.spent.verifier)
        return [[self._ranked(c) for c in some] for some in grown]

    def _ranked(self, candidate: Partial) -> Partial:
        verdict = self._verdicts[candidate.steps]
        return replace(candidate, verdict=verdict, rank=rank_of(verdict, self.by.aggregate))

    def _solution(self, candidate: Partial, index: int) -> Solution:
        """A candidate as the verifier sees it: a stop string ended it, so its finish is STOP unless it was cut."""
        return Solution(
            problem=self.problem.id,
            steps=candidate.steps,
            finish=candidate.finish or Finish.STOP,
            answer=find_answer(self.problem, STEP_DELIMITER.join(candidate.steps)),
            tokens=candidate.tokens,
            engine=self.engine.name,
            seed=self.seed,
            sample=index,
        )


def _is_blank(completion: Completion) -> bool:
    """A blank line where a step should begin."""
    return completion.stop == STEP_DELIMITER and not completion.text.strip()


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
