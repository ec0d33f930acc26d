"""Models behind any OpenAI-compatible server: vLLM, SGLang, llama.cpp, Ollama, ``veriloop serve``, paid ones.

One pooled aiohttp session for each event loop, bounded concurrency, time-outs, and retries that wait as the
server asks or else twice as long each time. What a server leaves out in silence is noticed where it can be:
fewer choices than asked for, log-probabilities, a finish reason. That a server ignores ``seed`` cannot be seen
from one answer, nor that it begins a new turn where it should go on from a prefix.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, final

from veriloop.engines import openai_wire as wire
from veriloop.engines.fingerprints import TOKENIZER, folder_fingerprint
from veriloop.engines.kept_samples import keep_sample, kept_samples
from veriloop.engines.templates import Template
from veriloop.errors import EngineError, EngineRefused, EngineTimeout
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Prompt

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
_log = logging.getLogger(__name__)
_ALIKE = 8
_RETRY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})


class _Failed(Exception):
    """One attempt failed in a way that another attempt may mend."""

    def __init__(self, why: str, *, wait: float | None = None, late: bool = False) -> None:
        super().__init__(why)
        self.why, self.wait, self.late = why, wait, late


@final
@dataclass(frozen=True)
class _Sample:
    completion: Completion
    prompt_tokens: int | None
    usd: float


@final
@dataclass(frozen=True)
class _Open:
    """What is open on one event loop: the session, its slots, and the addresses of the two endpoints."""

    session: aiohttp.ClientSession
    slots: asyncio.Semaphore
    urls: Mapping[str, Any]


@final
@dataclass
class _Link:
    """What an engine keeps between calls: what is open on each event loop, and what it saw."""

    open: dict[asyncio.AbstractEventLoop, _Open] = field(
        default_factory=dict[asyncio.AbstractEventLoop, "_Open"]
    )
    ignores_n: bool = False
    varied: bool = False
    counts: Counter[str] = field(default_factory=Counter[str])

    def __reduce__(self) -> tuple[type[_Link], tuple[()]]:
        return (_Link, ())  # another process opens its own connections


@final
@dataclass(frozen=True)
class Http:
    """``model`` at ``url``; ``/v1`` is added where the address has no path.

    A string prompt goes to ``/completions``, a chat to ``/chat/completions``. The key is ``api_key`` or the
    environment's OPENAI_API_KEY, and is no part of the repr. ``timeout`` and ``connect_timeout`` are seconds
    for one attempt; ``retries`` come after the first attempt, ``backoff`` seconds apart and twice as long each
    time, or as Retry-After says; where that is more than ``max_wait`` seconds the call fails at once.

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
    concurrency: int = 64
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
    _link: _Link = field(default_factory=_Link, init=False, repr=False, compare=False)

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
        if self.concurrency < 1 or (self.samples_per_call or 1) < 1:
            raise ValueError("concurrency and samples_per_call are at least 1")

    @property
    def name(self) -> str:
        """The model's name, as the server knows it."""
        return self.model

    @property
    def counts(self) -> Mapping[str, int]:
        """How many ``calls`` were made, and how many attempts were lost to each cause."""
        return dict(self._link.counts)

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
        opened = self._link.open.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.session.close()

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
        if count > 1 and self._link.ignores_n:
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
            self._link.ignores_n = True
            _log.warning("%s ignores n: each sample is a call of its own from now on", self.url)
        self._link.counts["fewer choices than asked"] += 1
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
        if len(samples) < 2 or request.sampling.temperature < 0.5 or self._link.varied:
            return
        if len({s.completion.text for s in samples}) > 1:
            self._link.varied = True
            return
        self._link.counts["all samples equal"] += 1
        if self._link.counts["all samples equal"] == _ALIKE:
            _log.warning(
                "%s gave equal samples to each of the first %d requests at temperature %g: it may decode "
                "greedily (`transformers serve` does, unless generation_config.json has do_sample)",
                self.url,
                _ALIKE,
                request.sampling.temperature,
            )

    async def _call(self, path: str, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """One call through the retries. ``read`` raises Unusable on an answer that is worth another try."""
        link = self._link
        sent = json.dumps(body).encode()
        link.counts["calls"] += 1
        attempt = 0
        while True:
            here = self._link.open.get(asyncio.get_running_loop()) or await self._open()
            try:
                async with here.slots:
                    payload = await self._post(here, path, sent)
                return read(payload)
            except wire.Unusable as error:
                failed = _Failed(str(error))
            except _Failed as error:
                failed = error
            link.counts[failed.why.split(":")[0]] += 1
            wait = self._wait(failed, attempt, body)
            if attempt >= self.retries or wait > self.max_wait:
                raise self._given_up(failed, attempt + 1, wait)
            attempt += 1
            await asyncio.sleep(wait)

    def _wait(self, failed: _Failed, attempt: int, body: Mapping[str, Any]) -> float:
        """Seconds until the next attempt: what the server asked for, or back-off with a seeded jitter."""
        seed = derive_seed(int(body.get("seed") or 0), "retry", attempt)
        jitter = 0.5 + (seed % 1024) / 2048
        if failed.wait is not None:
            return failed.wait + (jitter - 0.5) * min(self.backoff, failed.wait)
        return min(self.backoff * 2**attempt * jitter, self.max_wait)

    def _given_up(self, failed: _Failed, attempts: int, wait: float) -> EngineError:
        kind = EngineTimeout if failed.late else EngineError
        tries = "once" if attempts == 1 else f"{attempts} times"
        more = ""
        if wait > self.max_wait:
            more = f", and it asks to wait {wait:.0f} s, more than max_wait={self.max_wait:g}"
        return kind(f"{self.url} was asked {tries} and did not answer: {failed.why}{more}")

    async def _post(self, here: _Open, path: str, sent: bytes) -> Any:
        """The parsed body of a 200. Raises EngineRefused for good, _Failed where another try may help."""
        import aiohttp

        url = here.urls[path]
        data: Any = sent if len(sent) < 1 << 20 else io.BytesIO(sent)
        try:
            async with here.session.post(url, data=data) as response:
                raw = await response.read()
                status, header = response.status, response.headers.get("Retry-After")
        except aiohttp.ConnectionTimeoutError as error:
            why = f"no connection in time: {self.connect_timeout:g} s"
            raise _Failed(why, late=True) from error
        except TimeoutError as error:
            raise _Failed(f"no answer in time: {self.timeout:g} s", late=True) from error
        except aiohttp.InvalidURL as error:
            raise EngineRefused(f"{url} is no address: {error}") from error
        except aiohttp.ClientPayloadError as error:
            raise _Failed(f"truncated answer: {error}") from error
        except aiohttp.ClientError as error:
            raise _Failed(f"connection lost: {error or type(error).__name__}") from error
        try:
            payload = json.loads(raw)
        except ValueError as error:
            if status == 200:
                raise _Failed(f"truncated answer: {error}") from error
            payload = None
        if status == 200:
            return payload
        said = self._censored(wire.read_refusal(payload, raw.decode(errors="replace")))
        if status in _RETRY or status >= 500:
            raise _Failed(f"status {status}: {said}", wait=wire.read_retry_after(header))
        hint = ""
        if b'"continue_final_message"' in sent:
            hint = "; where it cannot go on from a prefix, use continuation='template' and tokenizer=FOLDER"
        raise EngineRefused(f"{url} refused with status {status}: {said}{hint}")

    def _censored(self, said: str) -> str:
        key = self._key()
        return said.replace(key, "***") if key else said

    def _key(self) -> str | None:
        return self.api_key or os.environ.get("OPENAI_API_KEY")

    async def _open(self) -> _Open:
        import aiohttp
        from yarl import URL

        headers = {"Content-Type": "application/json"}
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=self.timeout, sock_connect=self.connect_timeout),
            trust_env=any(name.lower().endswith("_proxy") for name in os.environ),
        )
        root = wire.api_root(self.url)
        urls = {path: URL(root + path) for path in (wire.CHAT, wire.TEXT)}
        here = _Open(session, asyncio.Semaphore(self.concurrency), urls)
        gone = [loop for loop in self._link.open if loop.is_closed()]
        left = [self._link.open.pop(loop) for loop in gone]
        self._link.open[asyncio.get_running_loop()] = here  # before anything is awaited: only once
        for old in left:
            await old.session.close()
        return here


def _reply(samples: list[_Sample]) -> Reply:
    known = next((s.prompt_tokens for s in samples if s.prompt_tokens is not None), None)
    return Reply(
        tuple(s.completion for s in samples), prompt_tokens=known, usd=sum(s.usd for s in samples)
    )
