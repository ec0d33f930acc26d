"""What goes into a decoder and what comes out: plain records over token ids, free of torch.

Text, templates and stop strings are the engine's business; a decoder sees ids, and a callable that says whether the
ids so far end the text. The `Decoder` protocol is the shape both decoders share.
"""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, final

StopCheck: TypeAlias = abc.Callable[[abc.Sequence[int]], bool]


@final
@dataclass(frozen=True, slots=True)
class Sequence:
    """One sample to draw.

    `seed` is reduced modulo 2**64. `temperature` 0 is greedy; `top_k` 0 and `top_p` 1 switch those cuts off.
    `max_tokens` counts generated tokens, the stop token included. `stop_check` gets the ids generated so far and is
    asked after every token, or only after those in `watch_ids` when that is given.
    """

    prompt_ids: tuple[int, ...]
    seed: int = 0
    max_tokens: int = 256
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop_ids: frozenset[int] = frozenset()
    logprobs: bool = False
    stop_check: StopCheck | None = None
    watch_ids: frozenset[int] | None = None


@final
@dataclass(frozen=True, slots=True)
class Generated:
    """A finished sample. `token_ids` ends with the stop token if one ended it.

    `logprobs` are natural logs under the model's own distribution (temperature 1, nothing cut off), one for each
    token, or None where they were not asked for.
    """

    token_ids: tuple[int, ...]
    finish: Literal["stop", "length"]
    logprobs: list[float] | None = None


@final
@dataclass(frozen=True, slots=True)
class TokenScores:
    """Of each token of a text: its log-probability given those before it, and the entropy in nats of the
    distribution it was predicted from. The first token has neither.
    """

    logprobs: list[float | None]
    entropies: list[float | None]


@final
@dataclass(eq=False, slots=True)
class Handle:
    """A sample under way. `result` is None until it is finished; for ever, if it was cancelled."""

    sequence: Sequence
    result: Generated | None = None
    cancelled: bool = False
    slot: int | None = field(default=None, repr=False)


class Decoder(Protocol):
    """Draws samples of many sequences side by side, and scores texts. Not safe for use by several threads."""

    @property
    def vocab(self) -> int:
        """Number of token ids the model knows."""
        ...

    @property
    def context(self) -> int:
        """Most tokens a sequence may have, prompt included."""
        ...

    @property
    def busy(self) -> bool:
        """True while any sequence is waiting or running."""
        ...

    def add(self, sequence: Sequence) -> Handle:
        """Queue a sequence. ValueError says what is wrong with it."""
        ...

    def cancel(self, handle: Handle) -> None:
        """Drop a sequence that nobody waits for any more. Harmless on a finished one."""
        ...

    def step(self) -> list[Handle]:
        """Advance every running sequence by one token; returns the handles that finished."""
        ...

    def drain(self) -> list[Handle]:
        """Run until nothing is left; returns what finished, in order of finishing."""
        ...

    def score(self, ids: abc.Sequence[int]) -> TokenScores:
        """Log-probability and entropy of each token of one sequence."""
        ...

    def score_many(self, texts: abc.Sequence[abc.Sequence[int]]) -> list[TokenScores]:
        """`score` of many sequences, in order."""
        ...


def check(sequence: Sequence, *, vocab: int, context: int) -> None:
    """Refuse a sequence that cannot be run, with a ValueError that says why."""
    s = sequence
    if not s.prompt_ids:
        raise ValueError("the prompt has no tokens; begin it with a start or end-of-text token")
    if len(s.prompt_ids) >= context:
        raise ValueError(
            f"the prompt has {len(s.prompt_ids)} tokens and the model's context {context}; "
            "nothing can be generated: shorten the prompt"
        )
    if not (min(s.prompt_ids) >= 0 and max(s.prompt_ids) < vocab):
        raise ValueError(
            f"the prompt holds token ids outside 0..{vocab - 1}: another model's tokenizer?"
        )
    if s.max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, got {s.max_tokens}")
    if not (s.temperature >= 0 and 0 < s.top_p <= 1 and s.top_k >= 0):
        raise ValueError(
            f"temperature must be >= 0, top_p in (0, 1] and top_k >= 0; "
            f"got {s.temperature}, {s.top_p} and {s.top_k}"
        )
