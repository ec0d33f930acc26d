"""Text in, text out over a decoder: templates, tokens, stop strings. What ``local`` and ``pool`` both drive.

Synchronous and for one thread. Requests are taken one by one and advance together; a reply comes when all its
samples are finished. Threads, processes and event loops are ``local``'s and ``pool``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

from transformers import AutoTokenizer, GenerationConfig

from veriloop.engines.decoder import open_decoder
from veriloop.engines.decoder_sequence import Generated, Handle, StopCheck
from veriloop.engines.decoder_sequence import Sequence as Sample
from veriloop.engines.templates import render_with
from veriloop.engines.weights import Weights
from veriloop.errors import EngineRefused, VeriloopError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Finish, Prompt

SCORED_AT_ONCE: Final = 64

Outcome = Reply | Scored | VeriloopError


@final
@dataclass(eq=False)
class _Call:
    """A request under way."""

    key: Hashable
    request: Request
    prompt_tokens: int
    handles: list[Handle]
    left: int


@final
@dataclass(eq=False)
class TextDecoder:
    """A checkpoint's tokenizer, template and decoder. ``submit`` and ``step`` until nothing is ``busy``."""

    weights: Weights
    tokenizer: Any = field(init=False, repr=False)
    _calls: dict[Handle, _Call] = field(init=False, repr=False, default_factory=dict)
    _scores: list[tuple[Hashable, ScoreRequest]] = field(
        init=False, repr=False, default_factory=list
    )

    def __post_init__(self) -> None:
        w = self.weights
        self.tokenizer = AutoTokenizer.from_pretrained(w.path)
        self._decoder = open_decoder(w.path, slots=w.slots, dtype=w.dtype, device=w.device)
        self._stop_ids = _stop_ids(w.path, self.tokenizer)

    @property
    def busy(self) -> bool:
        """True while anything is waiting or running."""
        return bool(self._scores or self._calls)

    def submit(self, key: Hashable, request: Request | ScoreRequest) -> VeriloopError | None:
        """Take a request; its outcome comes from ``step`` under ``key``. Returns why it cannot be taken."""
        try:
            if isinstance(request, ScoreRequest):
                self._scores.append((key, request))
            else:
                self._add(key, request)
        except VeriloopError as error:
            return error
        except ValueError as error:
            return EngineRefused(str(error))
        return None

    def step(self) -> list[tuple[Hashable, Outcome]]:
        """Advance everything a little; returns what finished."""
        done: list[tuple[Hashable, Outcome]] = []
        if self._scores:
            taken, self._scores = self._scores[:SCORED_AT_ONCE], self._scores[SCORED_AT_ONCE:]
            done += self._score(taken)
        for handle in self._decoder.step() if self._calls else ():
            call = self._calls.pop(handle)
            call.left -= 1
            if call.left == 0:
                done.append((call.key, self._reply(call)))
        return done

    def _add(self, key: Hashable, request: Request) -> None:
        ids = self._prompt_ids(request.prompt, request.prefix)
        sampling = request.sampling
        if request.n < 1:
            raise EngineRefused(f"a request asks for at least one sample, got n={request.n}")
        samples = [
            Sample(
                ids,
                seed=derive_seed(request.seed, index),
                max_tokens=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=sampling.top_k,
                stop_ids=self._stop_ids,
                logprobs=request.logprobs,
                stop_check=self._stop_check(sampling.stop),
            )
            for index in range(request.first, request.first + request.n)
        ]
        handles = [self._decoder.add(sample) for sample in samples]
        call = _Call(key, request, len(ids), handles, len(handles))
        self._calls.update(dict.fromkeys(handles, call))

    def _prompt_ids(self, prompt: Prompt, prefix: str = "") -> tuple[int, ...]:
        if isinstance(prompt, str):
            ids = list(self.tokenizer(prompt)["input_ids"]) if prompt else []
        else:
            ids = self._encode(render_with(self.tokenizer, prompt, self.weights.path))
        return (*ids, *(self._encode(prefix) if prefix else ()))

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _decode(self, ids: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(
                list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def _stop_check(self, stops: tuple[str, ...]) -> StopCheck | None:
        """Asked after every token: does a stop string end here? A token is at least a byte, so a tail suffices."""
        found = [s for s in stops if s]
        if not found:
            return None
        tail = max(len(s.encode()) for s in found) + 8
        decode: Callable[[Sequence[int]], str] = self._decode

        def check(ids: Sequence[int]) -> bool:
            text = decode(ids[-tail:])
            return any(s in text for s in found)

        return check

    def _reply(self, call: _Call) -> Reply:
        made = [handle.result for handle in call.handles]
        stops = call.request.sampling.stop
        return Reply(
            tuple(self._completion(result, stops) for result in made if result is not None),
            prompt_tokens=call.prompt_tokens,
        )

    def _completion(self, made: Generated, stops: tuple[str, ...]) -> Completion:
        ids = made.token_ids
        kept = ids[:-1] if ids and ids[-1] in self._stop_ids else ids
        text = self._decode(kept)
        places = [at for s in stops if s and (at := text.find(s)) >= 0]
        if places:
            text = text[: min(places)]
        logprobs = None if made.logprobs is None else tuple(made.logprobs)
        pieces = None if logprobs is None else tuple(self._decode([i]) for i in ids)
        return Completion(text, Finish(made.finish), len(ids), logprobs, pieces)

    def _score(self, taken: list[tuple[Hashable, ScoreRequest]]) -> list[tuple[Hashable, Outcome]]:
        done: list[tuple[Hashable, Outcome]] = []
        encoded: list[tuple[Hashable, tuple[int, ...], Any, str]] = []
        for key, request in taken:
            try:
                prompt = self._prompt_ids(request.prompt)
            except VeriloopError as error:
                done.append((key, error))
                continue
            read = self.tokenizer(
                request.continuation, add_special_tokens=False, return_offsets_mapping=True
            )
            encoded.append((key, prompt, read, request.continuation))
        fitting = []
        for item in encoded:
            length = len(item[1]) + len(item[2]["input_ids"])
            if 0 < length <= self._decoder.context:
                fitting.append(item)
            else:
                why = f"a text to score has 1 to {self._decoder.context} tokens, got {length}"
                done.append((item[0], EngineRefused(why)))
        scores = self._decoder.score_many([[*p, *read["input_ids"]] for _, p, read, _ in fitting])
        for (key, prompt, read, text), one in zip(fitting, scores, strict=True):
            done.append((key, _scored(len(prompt), read["offset_mapping"], one, text)))
        return done


def _scored(prompt: int, spans: Sequence[tuple[int, int]], scores: Any, text: str) -> Scored:
    """The continuation's tokens; without a prompt the first one has no probability and is left out."""
    first = 1 if prompt == 0 else 0
    starts = [0, *(end for _, end in spans[:-1])]  # a leading blank belongs to its token
    ends = [end for _, end in spans]
    skipped = prompt + first
    return Scored(
        tuple(text[a:b] for a, b in zip(starts[first:], ends[first:], strict=True)),
        tuple(starts[first:]),
        tuple(scores.logprobs[skipped:]),
        tuple(scores.entropies[skipped:]),
    )


def _stop_ids(path: str, tokenizer: Any) -> frozenset[int]:
    """What ends a text: the tokenizer's end token and those of the generation config."""
    ids = {tokenizer.eos_token_id}
    if (Path(path) / "generation_config.json").is_file():
        configured = GenerationConfig.from_pretrained(path).eos_token_id
        ids |= set(configured) if isinstance(configured, list) else {configured}
    return frozenset(int(i) for i in ids if i is not None)
