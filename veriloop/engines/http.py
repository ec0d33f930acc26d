"""Models behind any OpenAI-compatible server: vLLM, SGLang, llama.cpp, Ollama, ``veriloop serve``, paid ones.

What a server leaves out in silence is noticed where it can be: fewer choices than asked for, log-probabilities,
a finish reason. That a server ignores ``seed`` cannot be seen from one answer, nor that it begins a new turn
where it should go on from a prefix. Connections, time-outs and retries are ``http_link``'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar, final

from veriloop.engines import openai_wire as wire
from veriloop.engines.fingerprints import TOKENIZER, folder_fingerprint
from veriloop.engines.http_link import Link, Manners
from veriloop.engines.kept_samples import keep_sample, kept_samples
from veriloop.engines.pacing import AUTO
from veriloop.engines.templates import Template
from veriloop.errors import EngineError
from veriloop.ids import Json
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Prompt

T = TypeVar("T")
_log = logging.getLogger(__name__)
_ALIKE = 8


@final
@dataclass(frozen=True)
class _Sample:
    completion: Completion
    prompt_tokens: int | None
    usd: float


@final
@dataclass
class _Seen:
    """What an engine keeps between calls: its connections, and what it saw of the server."""

    link: Link = field(default_factory=Link)
    ignores_n: bool = False
    varied: bool = False

    def __reduce__(self) -> tuple[type[_Seen], tuple[()]]:
        return (_Seen, ())  # another process sees for itself


@final
@dataclass(frozen=True)
class Http:
    """``model`` at ``url``; ``/v1`` is added where the address has no path.

    A string prompt goes to ``/completions``, a chat to ``/chat/completions``. The key is ``api_key`` or the
    environment's OPENAI_API_KEY, and is no part of the repr. ``timeout`` and ``connect_timeout`` are seconds
    for one attempt; ``retries`` come after the first attempt, ``backoff`` seconds apart and twice as long each
    time, or as Retry-After says, which holds back all calls; where that is more than ``max_wait`` seconds the call
    fails at once. ``concurrency`` calls are made at once; ``auto`` finds how many the server serves best.

    ``samples_per_call`` 1 makes every sample a call of its own with a seed of its own, so that any subset can
    be asked for again; None asks for all samples in one call, with the seed of the first, which shares the
    prompt's price. ``continuation`` says how a chat goes on from a prefix: ``final_message`` sends it as the
    last turn with ``continue_final_message`` (vLLM, SGLang, ``veriloop serve``), ``template`` renders the chat
    here with the tokenizer in the folder ``tokenizer`` and sends text, ``refuse`` raises. ``extra`` is sent
    with every call; None leaves a field out. A vLLM server takes defaults for what is not sent (top_k,
    repetition_penalty) from the model's generation_config: start it with ``--generation-config vllm`` or send
    ``extra={"top_k": -1, "repetition_penalty": 1.0}``. ``usd_per_million`` prices prompt and generated tokens.
    """

    model: str
    url: str = "http://127.0.0.1:8000"
    api_key: str | None = field(default=None, repr=False, compare=False)
    concurrency: int | Literal["auto"] = 64
    timeout: float = 600.0
    connect_timeout: float = 10.0
    retries: int = 5
    backoff: float = 0.5
    max_wait: float = 120.0
    samples_per_call: int | None = 1
    continuation: Literal["final_message", "template", "refuse"] = "final_message"
    tokenizer: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json], hash=False)
    usd_per_million: tuple[float, float] = (0.0, 0.0)
    _seen: _Seen = field(default_factory=_Seen, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wire.api_root(self.url)
        if self.continuation not in ("final_message", "template", "refuse"):
            raise ValueError(
                f"continuation is 'final_message', 'template' or 'refuse', got {self.continuation!r}"
            )
        if self.continuation == "template" and self.tokenizer is None:
            raise ValueError(
                "continuation='template' renders chats here: give tokenizer='FOLDER' with the "
                "tokenizer of the model that the server runs"
            )
        if self.concurrency != AUTO and (
            not isinstance(self.concurrency, int) or self.concurrency < 1
        ):
            raise ValueError(f"concurrency is at least 1, or 'auto'; got {self.concurrency!r}")
        if (self.samples_per_call or 1) < 1:
            raise ValueError("samples_per_call is at least 1")

    @property
    def name(self) -> str:
        """The model's name, as the server knows it."""
        return self.model

    @property
    def counts(self) -> Mapping[str, int]:
        """How many ``calls`` were made, how many attempts were lost to each cause, and with ``auto`` the present
        ``concurrency``.
        """
        return dict(self._seen.link.counts)

    def fingerprint(self) -> Json:
        """What reaches the server besides the request. Its address and the key are no part of it."""
        rendered = None if self.tokenizer is None else folder_fingerprint(self.tokenizer, TOKENIZER)
        return {
            "kind": "http",
            "model": self.model,
            "continuation": self.continuation,
            "template": rendered,
            "samples_per_call": self.samples_per_call,
            "extra": dict(self.extra),
        }

    async def generate(self, request: Request) -> Reply:
        """The samples asked for. Where some fail for good, ``kept_samples`` finds the others in the error."""
        if request.n < 1:
            raise ValueError(f"a request asks for at least one sample, got n={request.n}")
        request = await self._through_template(request)
        count = self.samples_per_call or request.n
        if request.sampling.temperature == 0:
            count = 1  # servers refuse more than one greedy choice
        parts = [(j, min(count, request.n - j)) for j in range(0, request.n, count)]
        if len(parts) == 1:
            samples = await self._samples(request, request.first, request.n)
        else:
            samples = await self._gather(request, parts)
        self._watch(request, samples)
        return _reply(samples)

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probabilities of a continuation, by an echoed completion. Raises EngineError where the server
        cannot (few can: vLLM and ``veriloop serve`` do); a chat needs ``tokenizer``.
        """
        text = await self._render(request.prompt, "to score a continuation of a chat")
        if not request.continuation:
            return Scored((), (), ())
        text += request.continuation
        scored = await self._call(
            wire.TEXT,
            wire.echo_body(text, model=self.model, extra=self.extra),
            lambda payload: wire.read_echo(payload, text, request.continuation),
        )
        if scored is None:
            raise EngineError(
                f"{self.url} does not score prompts (no log-probabilities came back for echo): use "
                "vLLM, `veriloop serve model FOLDER`, or the weights themselves with local:FOLDER"
            )
        return scored

    async def close(self) -> None:
        """Close this event loop's connections. A later call opens them again."""
        await self._seen.link.close()

    async def _through_template(self, request: Request) -> Request:
        if not request.prefix or isinstance(request.prompt, str):
            return request
        if self.continuation == "refuse":
            raise EngineError(
                f"{self.url} cannot go on from a prefix of a chat (continuation='refuse'): use "
                "continuation='final_message' on vLLM and SGLang, or continuation='template' with "
                "tokenizer='FOLDER'"
            )
        if self.continuation == "final_message":
            return request
        return replace(request, prompt=await self._render(request.prompt, "to go on from a prefix"))

    async def _render(self, prompt: Prompt, purpose: str) -> str:
        if isinstance(prompt, str):
            return prompt
        if self.tokenizer is None:
            raise EngineError(
                f"{purpose} the chat has to be rendered here: give tokenizer='FOLDER' with the "
                f"tokenizer of the model that {self.url} runs"
            )
        template = Template(self.tokenizer)
        if not template.loaded:
            await asyncio.to_thread(template.load)  # seconds, in which connections would go stale
        return template.render(prompt)

    async def _gather(self, request: Request, parts: list[tuple[int, int]]) -> list[_Sample]:
        """Parts (offset, count) side by side. What finished before others failed stays with the error."""
        tasks = (self._samples(request, request.first + at, count) for at, count in parts)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [x for x in done if isinstance(x, BaseException)]
        if not failed:
            return [
                sample for part in done if not isinstance(part, BaseException) for sample in part
            ]
        for (at, _), part in zip(parts, done, strict=True):
            if isinstance(part, BaseException):
                kept = kept_samples(part)
            else:
                kept = {request.first + at + i: _reply([x]) for i, x in enumerate(part)}
            for j, reply in kept.items():
                keep_sample(failed[0], j, reply)
        raise failed[0]

    async def _samples(self, request: Request, first: int, count: int) -> list[_Sample]:
        if count > 1 and self._seen.ignores_n:
            return await self._gather(
                request, [(first - request.first + j, 1) for j in range(count)]
            )
        path, body = wire.completion_body(
            request, model=self.model, sample=first, n=count, extra=self.extra
        )
        answer = await self._call(
            path, body, lambda payload: wire.read_answer(payload, request.sampling)
        )
        samples = self._priced(answer)[:count]
        missing = count - len(samples)
        if missing == 0:
            return samples
        if len(samples) == 1:
            self._seen.ignores_n = True
            _log.warning("%s ignores n: each sample is a call of its own from now on", self.url)
        self._seen.link.counts["fewer choices than asked"] += 1
        try:
            return samples + await self._samples(request, first + len(samples), missing)
        except EngineError as error:
            for j, sample in enumerate(samples, first):
                keep_sample(error, j, _reply([sample]))
            raise

    def _priced(self, answer: wire.Answer) -> list[_Sample]:
        per_prompt, per_token = self.usd_per_million
        usd = (answer.prompt_tokens or 0) * per_prompt + (answer.completion_tokens or 0) * per_token
        share = usd / 1e6 / len(answer.completions)
        return [_Sample(c, answer.prompt_tokens, share) for c in answer.completions]

    def _watch(self, request: Request, samples: list[_Sample]) -> None:
        """Warn once where samples that should differ never do: some servers decode greedily regardless."""
        if len(samples) < 2 or request.sampling.temperature < 0.5 or self._seen.varied:
            return
        if len({s.completion.text for s in samples}) > 1:
            self._seen.varied = True
            return
        self._seen.link.counts["all samples equal"] += 1
        if self._seen.link.counts["all samples equal"] == _ALIKE:
            _log.warning(
                "%s gave equal samples to each of the first %d requests at temperature %g: it may decode "
                "greedily (`transformers serve` does, unless generation_config.json has do_sample)",
                self.url,
                _ALIKE,
                request.sampling.temperature,
            )

    async def _call(self, path: str, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """One call through the retries. ``read`` raises Unusable on an answer that is worth another try."""
        hint = ""
        if "continue_final_message" in body:
            hint = "; where it cannot go on from a prefix, use continuation='template' and tokenizer=FOLDER"
        return await self._seen.link.call(
            self._manners, self._root + path, body, read=read, hint=hint
        )

    @cached_property
    def _root(self) -> str:
        return wire.api_root(self.url)

    @cached_property
    def _manners(self) -> Manners:
        return Manners(
            self.url,
            self.api_key,
            concurrency=self.concurrency,
            timeout=self.timeout,
            connect_timeout=self.connect_timeout,
            retries=self.retries,
            backoff=self.backoff,
            max_wait=self.max_wait,
        )


def _reply(samples: list[_Sample]) -> Reply:
    known = next((s.prompt_tokens for s in samples if s.prompt_tokens is not None), None)
    return Reply(
        tuple(s.completion for s in samples), prompt_tokens=known, usd=sum(s.usd for s in samples)
    )
