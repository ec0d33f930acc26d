"""The OpenAI wire format as pure functions: what a request becomes in JSON, and what an answer's JSON means.

Chat and text completions, with vLLM's and SGLang's fields for going on from a prefix. Nothing here opens a
connection or decides how often to ask; ``engines.http`` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import Any, final
from urllib.parse import urlsplit

from veriloop.engines.stopping import find_stop
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Request, Sampling, Scored
from veriloop.records import Finish

CHAT, TEXT = "/chat/completions", "/completions"
_STOPPED = {"stop", "eos", "eos_token", "stop_sequence", "end_turn", "tool_calls", "function_call"}
_CUT = {"length", "max_tokens", "max_length", "model_length", "content_filter"}
_ABORTED = {"abort", "aborted", "error", "cancelled"}
_STOP_FIELDS = ("stop_reason", "matched_stop")  # vLLM, SGLang: a stop string, a token id or null
_SEED_BITS = (1 << 31) - 1  # servers keep seeds in as little as a signed 32-bit integer


class Unusable(Exception):
    """An answer with status 200 that holds no completion: truncated, empty or aborted. Worth another try."""


@final
@dataclass(frozen=True)
class Answer:
    """What one call gave: at least one completion. Counts are None where the server does not say."""

    completions: tuple[Completion, ...]
    prompt_tokens: int | None
    completion_tokens: int | None


def api_root(url: str) -> str:
    """The address that paths are appended to: ``/v1`` is added where the address has no path.

    >>> api_root("http://localhost:8000/")
    'http://localhost:8000/v1'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a server's address is http://host:port or https://host, got {url!r}")
    if parts.username or parts.password:
        raise ValueError(
            "an address with a password would end up in the records: give api_key= or set "
            "OPENAI_API_KEY instead"
        )
    return url.rstrip("/") + ("" if parts.path.strip("/") else "/v1")


def sample_seed(seed: int, sample: int) -> int:
    """The seed that a server gets for one sample: 31 bits, which every server can hold."""
    return derive_seed(seed, sample) & _SEED_BITS


def completion_body(
    request: Request, *, model: str, sample: int, n: int, extra: Mapping[str, Json]
) -> tuple[str, dict[str, Any]]:
    """Path and body of the call for samples ``sample .. sample + n - 1``.

    ``temperature`` and ``top_p`` are always sent: a server may have defaults of its own. A field of ``extra``
    replaces one of these, and leaves it out where it is None.
    """
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sample_seed(request.seed, sample),
    }
    if isinstance(request.prompt, str):
        path = TEXT
        body["prompt"] = request.prompt + request.prefix
        if request.logprobs:
            body["logprobs"] = 1
    else:
        path = CHAT
        body["messages"] = messages = [
            {"role": m.role, "content": m.content} for m in request.prompt
        ]
        if request.prefix:
            messages.append({"role": "assistant", "content": request.prefix})
            body["continue_final_message"] = True
            body["add_generation_prompt"] = False
        if request.logprobs:
            body["logprobs"] = True
    if n > 1:
        body["n"] = n
    if sampling.top_k:
        body["top_k"] = sampling.top_k
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return path, _with_extra(body, extra)


def echo_body(text: str, *, model: str, extra: Mapping[str, Json]) -> dict[str, Any]:
    """Body of the call that scores ``text`` itself: it is echoed with its log-probabilities.

    One token is generated and thrown away, because many servers refuse to generate none.
    """
    body: dict[str, Any] = {
        "model": model,
        "prompt": text,
        "max_tokens": 1,
        "temperature": 0.0,
        "logprobs": 1,
        "echo": True,
    }
    return _with_extra(body, extra)


def _with_extra(body: dict[str, Any], extra: Mapping[str, Json]) -> dict[str, Any]:
    if not extra:
        return body
    return {key: value for key, value in {**body, **extra}.items() if value is not None}


def read_answer(payload: Any, sampling: Sampling) -> Answer:
    """The completions of an answer, in the order of their index. Raises Unusable where there is none."""
    if isinstance(payload, dict) and payload.get("error"):
        raise Unusable(f"an error with status 200: {read_refusal(payload, '')}")
    try:
        choices: list[Any] = payload["choices"]
        usage = payload.get("usage") or {}
        spent = usage.get("completion_tokens")
        if not choices:
            raise Unusable("the answer has no choices")
        if len(choices) > 1:
            choices = sorted(choices, key=lambda choice: choice.get("index", 0))
        alone = spent if len(choices) == 1 else None
        completions = tuple(_read_choice(choice, sampling, alone) for choice in choices)
        return Answer(completions, usage.get("prompt_tokens"), spent)
    except (AttributeError, KeyError, TypeError) as error:
        raise Unusable(f"the answer is not a completion ({error!r})") from error


def _read_choice(choice: Any, sampling: Sampling, tokens: int | None) -> Completion:
    message = choice.get("message")
    text = choice.get("text") if message is None else message.get("content")
    reason = choice.get("finish_reason")
    if reason in _ABORTED:
        raise Unusable(f"the server gave up on the answer (finish_reason {reason!r})")
    if text is None and reason not in _CUT:
        raise Unusable(f"a choice has no text (finish_reason {reason!r})")
    logprobs, pieces = _read_logprobs(choice.get("logprobs"))
    if logprobs is not None:
        tokens = len(logprobs)
    text = _whole(text or "")
    finish = read_finish(reason, tokens, sampling.max_tokens)
    end, stop = find_stop(text, sampling.stop)
    if stop is not None:  # some servers leave the stop string in
        text, finish = text[:end], Finish.STOP
    elif finish is Finish.STOP:
        told = (choice.get(name) for name in _STOP_FIELDS)
        stop = next((s for s in told if s in sampling.stop), None)
    return Completion(text, finish, tokens, logprobs, pieces, stop)


def _whole(text: str) -> str:
    """Halves of a surrogate pair, which JSON can spell and no file can hold, become U+FFFD: an answer cut inside an
    emoji is an answer.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def read_finish(reason: str | None, tokens: int | None, max_tokens: int) -> Finish:
    """Stop or cut. Without a reason that is known, only a count below the limit proves a stop."""
    if reason in _STOPPED:
        return Finish.STOP
    if reason in _CUT or tokens is None or tokens >= max_tokens:
        return Finish.LENGTH
    return Finish.STOP


def _read_logprobs(found: Any) -> tuple[tuple[float, ...] | None, tuple[str, ...] | None]:
    """Log-probabilities and texts of the tokens, in either layout.

    All are None where one log-probability is missing: never 0 for unknown.
    """
    if not found:
        return None, None
    content = found.get("content")
    if content is None:
        values, pieces = found.get("token_logprobs"), found.get("tokens")
    else:
        values, pieces = [x.get("logprob") for x in content], [x.get("token") for x in content]
    if not values or any(x is None or not math.isfinite(x) for x in values):
        return None, None
    known = pieces and len(pieces) == len(values) and all(isinstance(x, str) for x in pieces)
    return tuple(float(x) for x in values), tuple(pieces) if known else None


def read_echo(payload: Any, text: str, continuation: str) -> Scored | None:
    """The tokens of ``continuation``, which ends ``text``, in an echo of it; None where it was not scored.

    A token that begins before the continuation and ends in it counts, at offset 0. Special tokens before the
    text and what was generated after it are left out.
    """
    try:
        found = payload["choices"][0]["logprobs"]
        tokens: Sequence[str] = found["tokens"]
        logprobs: Sequence[float | None] = found["token_logprobs"]
        ends = list(accumulate(len(token) for token in tokens))
        start = "".join(tokens).find(text)
        rows = list(zip(tokens, logprobs, ends, strict=True))
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    end = start + len(text)
    begin = end - len(continuation)
    inside = [row for row in rows if row[2] > begin and row[2] - len(row[0]) < end]
    known = [float(p) for _, p, _ in inside if p is not None and math.isfinite(p)]
    if start < 0 or len(known) != len(inside):
        return None
    return Scored(
        tuple(token for token, _, _ in inside),
        tuple(max(0, at - len(token) - begin) for token, _, at in inside),
        tuple(known),
    )


def read_refusal(payload: Any, text: str) -> str:
    """What the server said, from the layouts that servers use; the plain text where it is none of them."""
    if isinstance(payload, dict):
        error = payload.get("error")
        candidates = (
            error.get("message") if isinstance(error, dict) else error,
            payload.get("message"),
            payload.get("detail"),
        )
        for said in candidates:
            if said:
                return str(said)[:500]
    return " ".join(text.split())[:500] or "nothing"


def read_retry_after(header: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header that holds seconds or an HTTP date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
