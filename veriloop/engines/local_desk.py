"""Requests in, replies out, one decode step at a time: what a thread of ``Local`` and a worker of ``Pool`` run.

Each sample becomes a sequence with a seed of its own; scoring requests are packed. Nothing here waits, and nothing
here knows of threads, event loops or processes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias, final

from veriloop.engines.decoder_sequence import Decoder, Generated, Handle, Sequence
from veriloop.engines.local_codec import Codec
from veriloop.engines.stopping import find_stop
from veriloop.errors import EngineError, EngineRefused, VeriloopError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Finish

Item: TypeAlias = "Request | ScoreRequest"
Result: TypeAlias = "Reply | Scored | Exception"
_PACK = 2048  # tokens scored between two decode steps


@final
@dataclass(slots=True)
class _Job:
    """A request under way."""

    request: Request
    handles: list[Handle]
    prompt_tokens: int
    left: int


@final
@dataclass(frozen=True, slots=True)
class _Scoring:
    key: int
    request: ScoreRequest
    ids: tuple[int, ...]
    starts: tuple[int, ...]


def open_desk(path: str, *, slots: int, dtype: str, device: str) -> Desk:
    """Load the checkpoint in ``path``: weights, tokenizer and template. VeriloopError says what is wrong with it."""
    from veriloop.engines.decoder import open_decoder

    try:
        decoder = open_decoder(path, slots=slots, dtype=dtype, device=device)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise EngineError(f"the checkpoint {path!r} could not be opened: {error}") from error
    return Desk(Codec(path, decoder.vocab), decoder)


@final
class Desk:
    """Takes requests under keys of the caller's choice and gives each one result. For one thread."""

    def __init__(self, codec: Codec, decoder: Decoder) -> None:
        self._codec, self._decoder = codec, decoder
        self._jobs: dict[int, _Job] = {}
        self._owner: dict[Handle, int] = {}
        self._scoring: deque[_Scoring] = deque()
        self._done: list[tuple[int, Result]] = []

    @property
    def busy(self) -> bool:
        """True while a turn has anything to do."""
        return bool(self._jobs or self._scoring or self._done)

    def ask(self, key: int, item: Item) -> None:
        """Take a request. What is wrong with it becomes its result."""
        try:
            if isinstance(item, Request):
                self._generate(key, item)
            else:
                self._score(key, item)
        except Exception as error:
            self._done.append((key, _teaching(error)))

    def cancel(self, key: int) -> None:
        """Drop a request that nobody waits for; harmless where there is none."""
        job = self._jobs.pop(key, None)
        for handle in job.handles if job else ():
            self._owner.pop(handle, None)
            self._decoder.cancel(handle)
        self._scoring = deque(s for s in self._scoring if s.key != key)

    def turn(self) -> list[tuple[int, Result]]:
        """Score a pack, advance all samples by one token, and give what is finished.

        If the model fails, everything under way fails with an EngineError, and the desk can be used further.
        """
        try:
            self._score_pack()
            for handle in self._decoder.step() if self._jobs else ():
                self._finish(handle)
        except Exception as error:
            keys = [*self._jobs, *(s.key for s in self._scoring)]
            for key in keys:
                self.cancel(key)
                self._done.append((key, EngineError(f"the model failed: {error}")))
        done, self._done = self._done, []
        return done

    def _generate(self, key: int, request: Request) -> None:
        sampling = request.sampling
        if request.n < 1 or request.first < 0:
            raise ValueError(
                f"n is at least 1 and first at least 0, got {request.n}, {request.first}"
            )
        if "" in sampling.stop:
            raise ValueError("a stop string is empty: it would end every text before it begins")
        ids = self._codec.prompt_ids(request.prompt) + self._codec.ids(request.prefix)
        if not 0 < len(ids) < self._decoder.context:
            raise EngineRefused(
                f"the prompt has {len(ids)} tokens; this model takes 1 to {self._decoder.context - 1}"
            )
        check, watch = self._codec.stopper(sampling.stop) if sampling.stop else (None, None)
        sequences = [
            Sequence(
                ids,
                seed=derive_seed(request.seed, j),
                max_tokens=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=sampling.top_k,
                stop_ids=self._codec.stop_ids,
                logprobs=request.logprobs,
                stop_check=check,
                watch_ids=watch,
            )
            for j in range(request.first, request.first + request.n)
        ]
        handles = [self._decoder.add(sequence) for sequence in sequences]
        self._jobs[key] = _Job(request, handles, len(ids), len(handles))
        self._owner.update((handle, key) for handle in handles)

    def _finish(self, handle: Handle) -> None:
        key = self._owner.pop(handle, None)
        if key is None:
            return
        job = self._jobs[key]
        job.left -= 1
        if job.left == 0:
            del self._jobs[key]
            made = [h.result for h in job.handles if h.result is not None]
            completions = tuple(self._completion(g, job.request) for g in made)
            self._done.append((key, Reply(completions, prompt_tokens=job.prompt_tokens)))

    def _completion(self, made: Generated, request: Request) -> Completion:
        """The token that ended the text counts, and has a log-probability, but spells nothing."""
        ids = made.token_ids
        ended = made.finish == "stop" and ids[-1] in self._codec.stop_ids
        spelled = ids[:-1] if ended else ids
        text = self._codec.text(spelled)
        end, stop = find_stop(text, request.sampling.stop)
        pieces = None
        if made.logprobs is not None:
            pieces = self._codec.pieces(spelled) + (("",) if ended else ())
        return Completion(
            text[:end],
            Finish.STOP if made.finish == "stop" else Finish.LENGTH,
            tokens=len(ids),
            logprobs=None if made.logprobs is None else tuple(made.logprobs),
            pieces=pieces,
            stop=stop,
        )

    def _score(self, key: int, request: ScoreRequest) -> None:
        ids, starts = self._codec.places(request.continuation)
        whole = self._codec.prompt_ids(request.prompt) + ids
        if len(whole) > self._decoder.context:
            raise EngineRefused(
                f"the text has {len(whole)} tokens; this model scores up to {self._decoder.context}"
            )
        if not ids:
            self._done.append((key, Scored((), (), (), ())))
            return
        self._scoring.append(_Scoring(key, request, whole, starts))

    def _score_pack(self) -> None:
        pack: list[_Scoring] = []
        while self._scoring and (
            not pack or sum(len(s.ids) for s in pack) + len(self._scoring[0].ids) <= _PACK
        ):
            pack.append(self._scoring.popleft())
        if not pack:
            return
        try:
            scores = self._decoder.score_many([s.ids for s in pack])
        except Exception:
            self._scoring.extendleft(reversed(pack))
            raise
        for one, score in zip(pack, scores, strict=True):
            self._done.append((one.key, _scored(one, score.logprobs, score.entropies)))


def _scored(one: _Scoring, logprobs: list[float | None], entropies: list[float | None]) -> Scored:
    """The scores of the continuation. A token that nothing precedes has none and is left out."""
    text, n = one.request.continuation, len(one.starts)
    ends = [*one.starts[1:], len(text)]
    rows = [
        (text[start:end], start, logprob, entropy)
        for start, end, logprob, entropy in zip(
            one.starts, ends, logprobs[-n:], entropies[-n:], strict=True
        )
        if logprob is not None and entropy is not None
    ]
    tokens, starts, values, spreads = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Scored(tokens, starts, values, spreads)


def _teaching(error: Exception) -> Exception:
    if isinstance(error, VeriloopError | ValueError):
        return error
    return EngineError(f"the request could not be prepared: {type(error).__name__}: {error}")
