"""Step scorers behind a server that pools: vLLM's ``/pooling`` and its older shapes, ``/classify``, SGLang.

Connections, time-outs and retries are ``http_link``'s, what is sent is ``pooling_wire``'s. The server batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import final

from veriloop.engines import pooling_wire as wire
from veriloop.engines.http_link import Link, Manners
from veriloop.engines.pooling_wire import Shape, Values
from veriloop.engines.step_encoding import Encoded
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class StepScores:
    """The probability that each step is right, and how many tokens the server read for it, as it says or as sent."""

    scores: tuple[float, ...]
    tokens: int


@final
@dataclass(frozen=True)
class PoolingServer:
    """``model`` at ``url``. Key, time-outs and retries are as for ``Http``.

    ``shape`` is the endpoint: ``token_classify`` (vLLM 0.11 and newer), ``encode`` and ``reward`` (older vLLM),
    ``embeddings`` (Skywork's plugin of vLLM 0.6), ``classify`` (a classifier of whole sequences, asked about every
    prefix), ``sglang`` (its own ``/classify``, likewise). ``values`` says whether the server sends probabilities
    or logits: ``documented`` is what that shape's server does unless it was started otherwise; it is asked for
    where the shape can ask, and never guessed from numbers. ``extra`` is sent with every call.
    """

    model: str
    url: str = "http://127.0.0.1:8000"
    shape: Shape = "token_classify"
    values: Values = "documented"
    api_key: str | None = field(default=None, repr=False, compare=False)
    concurrency: int = 64
    timeout: float = 600.0
    connect_timeout: float = 10.0
    retries: int = 5
    backoff: float = 0.5
    max_wait: float = 120.0
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json], hash=False)
    _link: Link = field(default_factory=Link, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.shape not in wire.FORMS:
            raise ValueError(f"shape is one of {', '.join(wire.FORMS)}, got {self.shape!r}")
        if self.values not in ("documented", "probabilities", "logits"):
            raise ValueError(
                f"values is 'documented', 'probabilities' or 'logits', got {self.values!r}"
            )
        if self.concurrency < 1:
            raise ValueError("concurrency is at least 1")
        wire.address(self.url, self.shape)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many ``calls`` were made, and how many attempts were lost to each cause."""
        return dict(self._link.counts)

    @property
    def by_prefix(self) -> bool:
        """True where a sequence gets one score, so that every prefix is one."""
        return wire.FORMS[self.shape].by_prefix

    async def score(self, encoded: Encoded, good: int = 1) -> StepScores:
        """Scores of all steps of a solution; ``good`` is the class of a right step, of two.

        Raises EngineError where another number of scores comes back than belongs to the solution, and where
        the server does not answer; EngineRefused where it says no for good.
        """
        sent = wire.sent_values(self.shape, self.values)
        if self.by_prefix:
            return await self.score_each(
                [encoded.ids[: encoded.start + end + 1] for end in encoded.ends], good
            )
        pooled = await self._ask([encoded.ids])
        rows = wire.rows_of_steps(pooled.rows[0], encoded)
        scores = wire.step_scores(rows, sent=sent, good=good)
        return StepScores(scores, pooled.prompt_tokens or len(encoded.ids))

    async def score_each(self, sequences: Sequence[Sequence[int]], good: int = 1) -> StepScores:
        """A score for each whole sequence, for shapes that classify sequences."""
        if not self.by_prefix:
            raise ValueError(
                f"shape={self.shape!r} scores tokens: use 'classify' or 'sglang' for whole sequences"
            )
        pooled = await self._ask(sequences)
        sent = wire.sent_values(self.shape, self.values)
        scores = wire.step_scores([rows[0] for rows in pooled.rows], sent=sent, good=good)
        return StepScores(scores, pooled.prompt_tokens or sum(map(len, sequences)))

    async def _ask(self, sequences: Sequence[Sequence[int]]) -> wire.Pooled:
        body = wire.body(
            self.shape, sequences, model=self.model, values=self.values, extra=self.extra
        )
        manners = Manners(
            self.url,
            self.api_key,
            concurrency=self.concurrency,
            timeout=self.timeout,
            connect_timeout=self.connect_timeout,
            retries=self.retries,
            backoff=self.backoff,
            max_wait=self.max_wait,
        )
        read = partial(wire.read_pooled, shape=self.shape, count=len(sequences))
        return await self._link.call(manners, wire.address(self.url, self.shape), body, read=read)

    async def close(self) -> None:
        """Close this event loop's connections. A later call opens them again."""
        await self._link.close()
