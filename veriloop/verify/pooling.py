"""A process reward model behind a server's pooling endpoint as a verifier.

Texts become token ids here, with the tokenizer of the served model; how a server is asked is
``veriloop.engines.pooling``'s. Weights on this machine are ``process``'s.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, final

from veriloop.errors import EngineError, EngineRefused, InputError
from veriloop.records import Form, Granularity, Group, Source, Traits, Unscored, Verdict
from veriloop.verify.step_scores import (
    NO_STEPS,
    Aggregate,
    Item,
    Read,
    Rule,
    items_of,
    too_long,
)

if TYPE_CHECKING:
    from veriloop.engines.layouts import Layout
    from veriloop.engines.pooling import PoolingServer
    from veriloop.engines.published_encodings import AnswerEncoder, Encoder
    from veriloop.engines.step_encoding import Encoded
    from veriloop.ids import Json

_TOO_LONG: Final = re.compile(
    r"context length|max_model_len|maximum model length|longer than", re.I
)


@final
@dataclass
class _Held:
    """What opens late: how texts become ids, and how many of them the model reads (0: unknown)."""

    encoder: Encoder | AnswerEncoder | None = None
    limit: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@final
@dataclass(frozen=True)
class Pooling:
    """Step scores by ``server``, of a model whose tokenizer lies in the folder ``tokenizer``.

    ``layout`` is the served model's: ``auto`` reads it off a config.json in that folder, and takes the published
    Qwen2.5-Math form where there is none. ``outcome`` models are asked about every prefix, which takes a shape
    that classifies sequences. ``aggregate`` and ``threshold`` are as for ``Process``. A solution of more than
    ``limit`` tokens is not sent and is unscored; 0 takes the limit of config.json. Whatever the server does
    wrong leaves that solution unscored with the server's words.
    """

    server: PoolingServer
    tokenizer: str
    name: str = "prm"
    aggregate: Aggregate = "product"
    threshold: float = 0.5
    layout: Layout = "auto"
    separator: str = "\n\n"
    limit: int = 0
    _held: _Held = field(default_factory=_Held, init=False, repr=False, compare=False)
    traits: ClassVar[Traits] = Traits(
        Source.MODEL, (Form.SCORE,), (Granularity.STEP,), trained=True, deterministic=False
    )

    def __post_init__(self) -> None:
        from veriloop.engines.layouts import LAYOUTS

        self._rule()
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout is one of {', '.join(LAYOUTS)}, got {self.layout!r}")
        self._check_shape(self.layout)

    def _check_shape(self, layout: Layout) -> None:
        if layout == "outcome" and not self.server.by_prefix:
            raise InputError(
                f"an outcome model reads whole answers, and shape={self.server.shape!r} scores tokens: use "
                "shape='classify', or 'sglang'"
            )

    def __reduce__(self) -> tuple[object, ...]:
        given = (self.server, self.tokenizer, self.name, self.aggregate, self.threshold)
        return (Pooling, (*given, self.layout, self.separator, self.limit))

    def _rule(self) -> Rule:
        """An outcome model's value is what it says of the whole answer."""
        how = "last" if hasattr(self._held.encoder, "prefixes") else self.aggregate
        return Rule(how, self.threshold)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, each asked for in one call."""
        asked = await asyncio.to_thread(self._encode, items_of(group))
        reads = await asyncio.gather(*(self._read(one) for one in asked))
        rule, made_by = self._rule(), self._made_by()
        return tuple(
            rule.verdict(self, solution, read=read, made_by=made_by)
            for solution, read in zip(group.solutions, reads, strict=True)
        )

    def fingerprint(self) -> Json:
        """What decides its scores, but for the served weights: settings and tokenizer, wherever they are."""
        from veriloop.engines.fingerprints import TOKENIZER, folder_fingerprint

        sent = [self.separator, self.limit, dict(self.server.extra)]
        return [self._made_by(), *sent, folder_fingerprint(self.tokenizer, TOKENIZER)]

    def _made_by(self) -> str:
        """Without address and folder, so that records do not depend on where a server runs."""
        return (
            f"Pooling(name={self.name!r}, model={self.server.model!r}, shape={self.server.shape!r}, "
            f"values={self.server.values!r}, layout={self.layout!r}, aggregate={self.aggregate!r}, "
            f"threshold={self.threshold!r})"
        )

    async def _read(self, asked: Encoded | list[list[int]] | Read) -> Read:
        if isinstance(asked, Read):
            return asked
        good = 0 if self.layout == "math-shepherd" else 1
        try:
            if isinstance(asked, list):
                made = await self.server.score_each(asked, good)
            else:
                made = await self.server.score(asked, good)
        except EngineError as error:
            cut = isinstance(error, EngineRefused) and _TOO_LONG.search(str(error))
            reason = Unscored.TRUNCATED if cut else Unscored.ENGINE
            return Read(unscored=reason, why=str(error))
        return Read(scores=made.scores, tokens=made.tokens)

    def _encode(self, items: Sequence[Item]) -> list[Encoded | list[list[int]] | Read]:
        """Token ids of each solution, or of each of its prefixes, or why it is not asked about."""
        from veriloop.engines.published_encodings import AnswerEncoder
        from veriloop.engines.step_encoding import SeparatorInStep

        with self._held.lock:
            encoder, limit = self._open()
            made: list[Encoded | list[list[int]] | Read] = []
            for problem, steps in items:
                if not steps:
                    made.append(NO_STEPS)
                    continue
                try:
                    if isinstance(encoder, AnswerEncoder):
                        ids = encoder.prefixes(problem, steps)
                        longest = max(map(len, ids))
                    else:
                        ids = encoder.encode(problem, steps)
                        longest = len(ids.ids)
                except SeparatorInStep as error:
                    made.append(Read(unscored=Unscored.SEPARATOR, why=str(error)))
                    continue
                made.append(too_long(longest, limit) if limit and longest > limit else ids)
        return made

    def _open(self) -> tuple[Encoder | AnswerEncoder, int]:
        from veriloop.engines.layouts import layout_of, read_config
        from veriloop.engines.published_encodings import open_answers, open_encoder

        held, folder = self._held, Path(self.tokenizer)
        if held.encoder is None:
            config = read_config(folder) if (folder / "config.json").is_file() else {}
            layout = self.layout
            if layout == "auto":
                layout = layout_of(folder) if config else "process"
            self._check_shape(layout)
            held.limit = self.limit or int(config.get("max_position_embeddings") or 0)
            if layout == "outcome":
                held.encoder = open_answers(folder)
            else:
                held.encoder = open_encoder(folder, layout, self.separator)
        return held.encoder, held.limit
