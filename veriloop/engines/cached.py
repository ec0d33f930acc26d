"""Remembers every sample that an engine gave, so that no finished call is paid for twice.

A sample is named by everything that reached the server: what the engine says of itself (``fingerprint``), the
prompt, prefix, sampling, seed and log-probability flag, and its index. A ledger is written before a call is
paid. Which answers are good is not asked here: a failed call is never remembered.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, final

from veriloop.engines.kept_samples import kept_samples
from veriloop.errors import EngineError, EngineRefused
from veriloop.ids import Json, content_id
from veriloop.protocols import Completion, Engine, Reply, Request, Scored, ScoreRequest
from veriloop.records import Finish, prompt_json
from veriloop.store.cache import Cache, call_key
from veriloop.store.group_commit import GroupCommit

Value = Mapping[str, Any]
_ADDRESS = re.compile(r" at 0x[0-9a-f]+>")


@final
@dataclass(frozen=True)
class Cached:
    """``engine`` with its memory in the file ``path``.

    Only samples that are not remembered are asked for, in contiguous runs; what finished is kept even where
    others fail; equal samples that are in flight at once are paid for once. A remembered reply equals the
    first one, its price included, but for ``cached``: sum up what was paid from ``cache``.
    """

    engine: Engine
    path: str | Path
    _flight: dict[str, asyncio.Future[None]] = field(
        default_factory=dict[str, "asyncio.Future[None]"], init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.engine.name

    @cached_property
    def cache(self) -> Cache:
        """The file and its ledger: ``paid()``, ``paid_twice()``, and how many answers it holds by ``len``."""
        return Cache(Path(self.path))

    @cached_property
    def _writes(self) -> GroupCommit:
        return GroupCommit(self.cache)

    def fingerprint(self) -> Json:
        """The inner engine's."""
        return self._who

    def __reduce__(self) -> tuple[type[Cached], tuple[Engine, str | Path]]:
        return (Cached, (self.engine, self.path))  # calls in flight stay behind

    async def generate(self, request: Request) -> Reply:
        """The samples, remembered or asked for. Raises what the inner engine raises."""
        base = content_id("generate", self._who, _describe(request))
        keys = {j: call_key(base, j) for j in range(request.first, request.first + request.n)}
        first_time: set[str] = set()
        values = await self._values(keys, request, first_time)
        found = [values[key] for key in keys.values()]
        known = (value["prompt_tokens"] for value in found)
        return Reply(
            tuple(_completion(value) for value in found),
            prompt_tokens=next((count for count in known if count is not None), None),
            cached=len(keys) - len(first_time),
            usd=round(sum(value["usd"] for value in found), 10),
        )

    async def score(self, request: ScoreRequest) -> Scored:
        """The scores, remembered or asked for."""
        asked = [prompt_json(request.prompt), request.continuation]
        key = call_key(content_id("score", self._who, asked), 0)
        value = (await self._values({0: key}, request, set()))[key]
        entropies = value["entropies"]
        return Scored(
            tuple(value["tokens"]),
            tuple(value["offsets"]),
            tuple(value["logprobs"]),
            None if entropies is None else tuple(entropies),
        )

    async def close(self) -> None:
        """Close the inner engine and the file."""
        await self.engine.close()
        await self._writes.settled()
        self.cache.close()

    @cached_property
    def _who(self) -> Json:
        describe = getattr(self.engine, "fingerprint", None)
        told = repr(self.engine) if describe is None else describe()
        if _ADDRESS.search(str(told)):
            raise ValueError(
                f"{str(told)[:120]} names a place in memory, which is another one in the next process: what "
                "is remembered would never be found again. Give the engine fingerprint(), which tells as "
                "JSON what decides its answers, or make it a dataclass of plain fields"
            )
        return [self.engine.name, told]

    async def _values(
        self, keys: Mapping[int, str], request: Request | ScoreRequest, first_time: set[str]
    ) -> dict[str, Value]:
        """Key -> value for every key; ``first_time`` gathers the keys that were asked for here."""
        values: dict[str, Value] = {}
        while missing := [j for j, key in keys.items() if key not in values]:
            values |= self._remembered([keys[j] for j in missing])
            missing = [j for j in missing if keys[j] not in values]
            mine = [j for j in missing if keys[j] not in self._flight]
            if mine:
                first_time |= {keys[j] for j in mine}
                values |= await self._ask(request, {j: keys[j] for j in mine})
            elif missing:
                others = [self._flight[keys[j]] for j in missing]
                await asyncio.wait(others)
                for other in others:
                    if not other.cancelled() and (error := other.exception()) is not None:
                        raise error
        return values

    def _remembered(self, keys: Sequence[str]) -> dict[str, Value]:
        found = self.cache.get_many(keys)
        return {key: value for key, value in found.items() if isinstance(value, Mapping)}

    async def _ask(
        self, request: Request | ScoreRequest, keys: Mapping[int, str]
    ) -> dict[str, Value]:
        """Pay for these samples, each run by one call, side by side."""
        loop = asyncio.get_running_loop()
        flight = {key: loop.create_future() for key in keys.values()}
        self._flight.update(flight)
        try:
            await self._writes.start(keys.values())
            runs = list(_runs(keys))
            if len(runs) == 1:
                return dict(await self._run(request, keys))
            asked = [self._run(request, {j: keys[j] for j in run}) for run in runs]
            parts = await asyncio.gather(*asked, return_exceptions=True)
            failed = next((part for part in parts if isinstance(part, BaseException)), None)
            if failed is not None:
                raise failed
            return {k: v for part in parts if isinstance(part, Mapping) for k, v in part.items()}
        except Exception as error:
            for future in flight.values():
                future.set_exception(error)
                future.exception()  # nobody may be waiting
            raise
        finally:
            for key, future in flight.items():
                del self._flight[key]
                if not future.done():
                    future.cancel()

    async def _run(
        self, request: Request | ScoreRequest, keys: Mapping[int, str]
    ) -> Mapping[str, Value]:
        """One call, remembered as soon as it is finished."""
        try:
            if isinstance(request, ScoreRequest):
                scored = await self.engine.score(request)
                values = dict(zip(keys.values(), [_scored_value(scored)], strict=True))
            else:
                part = replace(request, first=min(keys), n=len(keys))
                reply = await self.engine.generate(part)
                values = dict(zip(keys.values(), _values(reply), strict=False))
        except EngineError as error:
            kept = {keys[j]: _values(r)[0] for j, r in kept_samples(error).items() if j in keys}
            await self._writes.put(kept)
            if isinstance(error, EngineRefused):
                self.cache.refund([key for key in keys.values() if key not in kept])
            raise
        await self._writes.put(values)
        if len(values) < len(keys):
            raise EngineError(
                f"engine {self.name!r} gave {len(values)} of {len(keys)} samples; they are kept"
            )
        return values


def _describe(request: Request) -> Json:
    """What of a request reaches a server, but for the sample index and how many."""
    sampling = request.sampling
    return {
        "prompt": prompt_json(request.prompt),
        "prefix": request.prefix,
        "seed": request.seed,
        "logprobs": request.logprobs,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": list(sampling.stop),
    }


def _runs(samples: Iterable[int]) -> Iterator[list[int]]:
    """Runs of consecutive numbers, in order."""
    run: list[int] = []
    for j in sorted(samples):
        if run and j != run[-1] + 1:
            yield run
            run = []
        run.append(j)
    yield run


def _values(reply: Reply) -> list[dict[str, Any]]:
    share = reply.usd / max(1, len(reply.completions))
    return [
        {
            "text": c.text,
            "finish": c.finish.value,
            "tokens": c.tokens,
            "logprobs": c.logprobs,
            "pieces": c.pieces,
            "stop": c.stop,
            "prompt_tokens": reply.prompt_tokens,
            "usd": share,
        }
        for c in reply.completions
    ]


def _completion(value: Value) -> Completion:
    logprobs, pieces = value["logprobs"], value["pieces"]
    return Completion(
        value["text"],
        Finish(value["finish"]),
        value["tokens"],
        None if logprobs is None else tuple(logprobs),
        None if pieces is None else tuple(pieces),
        value.get("stop"),  # absent from what older versions remembered
    )


def _scored_value(scored: Scored) -> dict[str, Any]:
    return {
        "tokens": scored.tokens,
        "offsets": scored.offsets,
        "logprobs": scored.logprobs,
        "entropies": scored.entropies,
    }
