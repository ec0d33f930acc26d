"""vLLM in this process, on a GPU: the extra ``vllm``. Many small requests become one ``LLM.generate`` call.

Every sample is a sequence of its own with a seed of its own, so that any subset can be asked for again; the
prefix cache makes the shared prompt cheap. vLLM promises equal samples for equal seeds only while a batch holds
the same work (its batch-invariant mode apart). Several machines and quantisation are vLLM's own options, passed
through ``options``. A vLLM server is spoken to by ``engines.http`` instead.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast, final

from veriloop.engines.batching import Batching
from veriloop.engines.fingerprints import folder_fingerprint
from veriloop.engines.openai_wire import read_finish, sample_seed
from veriloop.engines.templates import render_with
from veriloop.errors import EngineError, MissingExtra
from veriloop.ids import Json
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Prompt


class _Logprob(Protocol):
    """vllm.logprobs.Logprob: the natural log-probability of one token."""

    logprob: float
    decoded_token: str | None


class _Output(Protocol):
    """vllm.CompletionOutput. ``logprobs`` has one mapping of token id to Logprob for each generated token;
    ``stop_reason`` is the stop string or token id that ended the text, None at the end of the turn.
    """

    text: str
    token_ids: Sequence[int]
    logprobs: Sequence[Mapping[int, _Logprob]] | None
    finish_reason: str | None
    stop_reason: int | str | None


class _RequestOutput(Protocol):
    """vllm.RequestOutput. ``prompt_logprobs`` begins with None, for the first token of the prompt."""

    prompt_token_ids: Sequence[int] | None
    prompt_logprobs: Sequence[Mapping[int, _Logprob] | None] | None
    outputs: Sequence[_Output]


class _LLM(Protocol):
    """vllm.LLM, as far as it is used here."""

    def get_tokenizer(self) -> Any: ...

    def generate(
        self, prompts: Sequence[Any], sampling_params: Sequence[Any], *, use_tqdm: bool
    ) -> Sequence[_RequestOutput]: ...


@final
@dataclass(frozen=True)
class VLLM:
    """The checkpoint ``path`` in vLLM's offline engine, opened on first use.

    ``options`` go to ``vllm.LLM`` (tensor_parallel_size, max_model_len, gpu_memory_utilization ...).
    ``max_batch`` is the most samples in one call; vLLM schedules them as its memory allows.
    """

    path: str
    options: Mapping[str, Json] = field(default_factory=dict[str, Json], hash=False)
    max_batch: int = 4096

    @property
    def name(self) -> str:
        """The checkpoint's name: the last part of its path."""
        return self.path.rstrip("/").rsplit("/", 1)[-1]

    def fingerprint(self) -> Json:
        """What decides the answers besides the request."""
        weights = folder_fingerprint(self.path) or self.path
        return {"kind": "vllm", "weights": weights, "options": dict(self.options)}

    async def generate(self, request: Request) -> Reply:
        """The samples asked for. Raises MissingExtra without vLLM, EngineError where vLLM fails."""
        return await self._batching.generate(request)

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probabilities of a continuation's tokens; vLLM gives no entropies."""
        return await self._batching.score(request)

    async def close(self) -> None:
        """Let go of the weights; vLLM frees their memory."""
        batching = self.__dict__.pop("_batching", None)
        if batching is not None:
            await batching.close()

    @cached_property
    def _batching(self) -> Batching:
        return Batching(_Backend(self.path, self.options, self.name), max_batch=self.max_batch)

    def __reduce__(self) -> tuple[type[VLLM], tuple[Any, ...]]:
        return (VLLM, (self.path, self.options, self.max_batch))


@final
@dataclass(frozen=True)
class _Backend:
    """Lists of requests to one call of the offline engine."""

    path: str
    options: Mapping[str, Json]
    name: str

    def generate_batch(self, requests: list[Request]) -> list[Reply | Exception]:
        """One sequence for each sample of each request."""
        prompts: list[Any] = []
        params: list[Any] = []
        for request in requests:
            ids = self._ids(request.prompt, request.prefix)
            for j in range(request.first, request.first + request.n):
                prompts.append({"prompt_token_ids": ids})
                params.append(self._params(request, j))
        outputs = iter(self._generate(prompts, params))
        return [_reply([next(outputs) for _ in range(r.n)], r) for r in requests]

    def score_batch(self, requests: list[ScoreRequest]) -> list[Scored | Exception]:
        """One sequence for each text, of which one token is generated and thrown away."""
        prompts = [{"prompt_token_ids": self._ids(r.prompt, r.continuation)} for r in requests]
        params = self._module.SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0)
        outputs = self._generate(prompts, [params] * len(prompts))
        return [_scored(o, r.continuation) for o, r in zip(outputs, requests, strict=True)]

    def close(self) -> None:
        self.__dict__.pop("_llm", None)

    @cached_property
    def _module(self) -> Any:
        try:
            return importlib.import_module("vllm")
        except ModuleNotFoundError as error:
            if error.name != "vllm":
                raise
            raise MissingExtra("vllm", "vllm", "generating with vLLM in this process") from error

    @cached_property
    def _llm(self) -> _LLM:
        options = {"enable_prefix_caching": True, **self.options}
        try:
            return cast(_LLM, self._module.LLM(model=self.path, **options))
        except (OSError, RuntimeError, ValueError) as error:
            raise EngineError(f"vLLM could not open {self.path!r}: {error}") from error

    def _generate(self, prompts: list[Any], params: list[Any]) -> Sequence[_RequestOutput]:
        try:
            return self._llm.generate(prompts, params, use_tqdm=False)
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"vLLM failed on {len(prompts)} sequences: {error}") from error

    def _params(self, request: Request, sample: int) -> Any:
        sampling = request.sampling
        return self._module.SamplingParams(
            n=1,
            seed=sample_seed(request.seed, sample),
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k or -1,
            stop=list(sampling.stop) or None,
            logprobs=0 if request.logprobs else None,  # 0: that of the sampled token alone
        )

    def _ids(self, prompt: Prompt, more: str) -> list[int]:
        """Token ids of the prompt and what follows it. A rendered chat holds its special tokens already."""
        tokenizer = self._llm.get_tokenizer()
        if isinstance(prompt, str):
            return [int(i) for i in tokenizer.encode(prompt + more)]
        text = render_with(tokenizer, prompt, self.path)
        return [int(i) for i in tokenizer.encode(text + more, add_special_tokens=False)]


def _reply(outputs: Sequence[_RequestOutput], request: Request) -> Reply | Exception:
    completions: list[Completion] = []
    for output in outputs:
        if not output.outputs:
            return EngineError("vLLM gave no output for a sequence: it may have been aborted")
        done = output.outputs[0]
        if done.finish_reason in ("abort", "error"):
            return EngineError(f"vLLM gave up on a sequence ({done.finish_reason})")
        chosen = None
        if request.logprobs and done.logprobs is not None:
            chosen = [at[token] for at, token in zip(done.logprobs, done.token_ids, strict=True)]
        completions.append(
            Completion(
                done.text,
                read_finish(done.finish_reason, len(done.token_ids), request.sampling.max_tokens),
                len(done.token_ids),
                None if chosen is None else tuple(x.logprob for x in chosen),
                None if chosen is None else tuple(x.decoded_token or "" for x in chosen),
                done.stop_reason if isinstance(done.stop_reason, str) else None,
            )
        )
    ids = outputs[0].prompt_token_ids
    return Reply(tuple(completions), prompt_tokens=None if ids is None else len(ids))


def _scored(output: _RequestOutput, continuation: str) -> Scored | Exception:
    """The tokens that end the prompt with ``continuation``, found from the end by their texts."""
    ids, known = output.prompt_token_ids, output.prompt_logprobs
    if ids is None or known is None:
        return EngineError("vLLM gave no log-probabilities of the prompt")
    tokens: list[str] = []
    logprobs: list[float] = []
    left = len(continuation)
    for token, at in zip(reversed(ids), reversed(known), strict=True):
        if left <= 0:
            break
        if at is None or token not in at:
            return EngineError("vLLM gave no log-probability of a token of the continuation")
        text = at[token].decoded_token or ""
        tokens.insert(0, text)
        logprobs.insert(0, float(at[token].logprob))
        left -= len(text)
    if left > 0 or not "".join(tokens).endswith(continuation):
        return EngineError(
            "the tokens that vLLM scored do not spell the continuation (a character may be split "
            "between tokens): score with local:FOLDER instead"
        )
    starts = [left]
    for text in tokens[:-1]:
        starts.append(starts[-1] + len(text))
    offsets = tuple(max(0, start) for start in starts) if tokens else ()
    return Scored(tuple(tokens), offsets, tuple(logprobs))
