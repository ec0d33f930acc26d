"""The shapes one can plug in: Engine, Search, Verifier, Feedback, Guide. All contracts, and only contracts.

A strategy is one async function over one problem; batching across problems is the engine's business. Concrete
kinds are final frozen dataclasses whose repr rebuilds them; ``veriloop.testing`` checks that a kind keeps its
contract. The five protocols are pinned by a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final

from veriloop.records import Dropped, Example, Finish, Group, Problem, Prompt, Solution, Verdict


@final
@dataclass(frozen=True)
class Sampling:
    """How to decode. ``temperature`` 0 is greedy; ``top_k`` 0 and ``top_p`` 1 switch those cuts off.

    ``max_tokens`` counts generated tokens. A ``stop`` string ends the text and is not part of it.
    """

    max_tokens: int = 2048
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Request:
    """Ask for samples ``first .. first + n - 1`` of one prompt.

    ``prompt`` is raw text (completed as it is) or a chat (rendered by the model's own template).
    ``prefix`` is what the assistant has already written: generation goes on from its end and the reply does
    not repeat it. Sample j draws from the stream ``derive_seed(seed, j)``, so asking for samples 3 to 5 alone
    gives what asking for 0 to 7 gives at 3 to 5, on every engine that honours seeds.
    """

    prompt: Prompt
    sampling: Sampling = Sampling()
    seed: int = 0
    first: int = 0
    n: int = 1
    prefix: str = ""
    logprobs: bool = False


@final
@dataclass(frozen=True)
class Completion:
    """One sample. ``logprobs`` are natural logs under the model's own distribution (temperature 1), one for
    each generated token, or None where the engine does not give them: never 0 for unknown. ``pieces`` are the
    texts of the same tokens where log-probabilities were asked for and the engine knows them. ``stop`` is the
    stop string that ended the text, None where the model ended it, a limit did, or the engine does not know.
    """

    text: str
    finish: Finish
    tokens: int | None = None
    logprobs: tuple[float, ...] | None = None
    pieces: tuple[str, ...] | None = None
    stop: str | None = None


@final
@dataclass(frozen=True)
class Reply:
    """The ``n`` samples asked for, in order; ``prompt_tokens`` is None where unknown. ``cached`` counts
    samples that were remembered and not paid for again.
    """

    completions: tuple[Completion, ...]
    prompt_tokens: int | None = None
    cached: int = 0
    usd: float = 0.0


@final
@dataclass(frozen=True)
class ScoreRequest:
    """Ask for the log-probability of every token of ``continuation`` after ``prompt``."""

    prompt: Prompt
    continuation: str


@final
@dataclass(frozen=True)
class Scored:
    """Tokens of a continuation in order: their texts, start offsets in characters, natural-log probabilities,
    and the entropy in nats of the distribution each was drawn from (None where the engine cannot give it).
    All sequences have the same length.
    """

    tokens: tuple[str, ...]
    offsets: tuple[int, ...]
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...] | None = None


class Engine(Protocol):
    """Who generates text. Safe to call from many tasks at once; batches on its own.

    Raises EngineError (EngineTimeout, EngineRefused) after its own retries; ValueError on a request it cannot
    honour (for example log-probabilities from a server without them are None in the reply, not an error).
    """

    @property
    def name(self) -> str:
        """The model's name, as it goes into records."""
        ...

    async def generate(self, request: Request) -> Reply: ...

    async def score(self, request: ScoreRequest) -> Scored: ...

    async def close(self) -> None: ...


class Search(Protocol):
    """Problem -> solutions."""

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]: ...


class Verifier(Protocol):
    """Solutions -> verdicts: one for each solution of the group, in order, scored or unscored.

    Every kind declares what it is as an attribute ``traits`` (``records.Traits``), and stamps it into its verdicts.
    """

    @property
    def name(self) -> str:
        """What the verdicts are filed under; unique within a run."""
        ...

    async def verify(self, group: Group) -> tuple[Verdict, ...]: ...


@final
@dataclass(frozen=True)
class Kept:
    """What feedback made of a group: examples, and what it left out with the reason."""

    examples: tuple[Example, ...] = ()
    dropped: tuple[Dropped, ...] = ()


class Feedback(Protocol):
    """Verdicts -> what a model learns from. Plain, no input or output."""

    def feedback(self, group: Group) -> Kept: ...


class Guide(Protocol):
    """Verdicts -> logits: changes the next-token scores of a decode. Pure.

    ``tokens`` are the ids so far; ``logits`` has one entry per vocabulary item; returns the same length.
    """

    def guide(self, tokens: Sequence[int], logits: Sequence[float]) -> Sequence[float]: ...
