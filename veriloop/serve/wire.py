"""The OpenAI wire format, both ways: request bodies into engine requests, replies into response bodies.

Parameters that this server cannot honour are refused by name, never ignored in silence: a client that asked for
them would otherwise take wrong numbers for right ones. Field names: OpenAI API reference, "Chat" and
"Completions".
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from veriloop.errors import InputError
from veriloop.protocols import Completion, Reply, Request, Sampling, Scored
from veriloop.records import Message

HARMLESS = {"model", "user", "store", "metadata", "stream", "stream_options", "service_tier"}
NEUTRAL = {
    "presence_penalty": (0, 0.0),
    "frequency_penalty": (0, 0.0),
    "repetition_penalty": (1, 1.0),
    "best_of": (1,),
    "logit_bias": ({},),
    "tools": ([],),
    "response_format": ({"type": "text"},),
    "min_p": (0, 0.0),
    "suffix": ("",),
}
SHARED = {"n", "seed", "stop", "temperature", "top_p", "top_k", "max_tokens", "logprobs", "echo"}
CHAT = SHARED - {"echo"} | {
    "messages",
    "max_completion_tokens",
    "top_logprobs",
    "continue_final_message",
    "add_generation_prompt",
}
MAX_N = 1024


def chat_request(body: Mapping[str, Any]) -> Request:
    """A /v1/chat/completions body as a Request. A final assistant turn to be continued becomes the prefix."""
    _refuse_unknown(body, CHAT)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError("expected a list of at least one message", field="messages")
    chat = [_message(index, item) for index, item in enumerate(messages)]
    prefix = ""
    if body.get("continue_final_message"):
        if chat[-1].role != "assistant" or body.get("add_generation_prompt"):
            raise InputError(
                "needs a final assistant message and add_generation_prompt false",
                field="continue_final_message",
            )
        prefix = chat.pop().content
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if body.get("top_logprobs"):
        raise InputError("alternatives are not kept: send 0", field="top_logprobs")
    return _request(body, tuple(chat), prefix=prefix, limit=2048 if limit is None else limit)


def text_requests(body: Mapping[str, Any]) -> list[Request]:
    """A /v1/completions body as one Request for each prompt."""
    _refuse_unknown(body, SHARED | {"prompt"})
    prompt = body.get("prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt]
    if not prompts or not all(isinstance(p, str) for p in prompts):
        raise InputError(
            "expected a text or a list of texts (token ids are not taken)", field="prompt"
        )
    limit = body.get("max_tokens")
    limit = 16 if limit is None else limit
    return [_request(body, p, prefix="", limit=limit) for p in prompts]


def _request(body: Mapping[str, Any], prompt: Any, *, prefix: str, limit: Any) -> Request:
    stop = body.get("stop") or ()
    sampling = Sampling(
        max_tokens=_number(limit, "max_tokens", 0, 1_000_000, whole=True),
        temperature=_number(body.get("temperature"), "temperature", 0, 100, default=1.0),
        top_p=_number(body.get("top_p"), "top_p", 0, 1, default=1.0),
        top_k=max(0, _number(body.get("top_k"), "top_k", -1, 1_000_000, default=0, whole=True)),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )
    seed = body.get("seed")
    logprobs = body.get("logprobs")
    return Request(
        prompt,
        sampling,
        seed=secrets.randbits(62)
        if seed is None
        else _number(seed, "seed", -(2**63), 2**63 - 1, whole=True),
        n=_number(body.get("n"), "n", 1, MAX_N, default=1, whole=True),
        prefix=prefix,
        logprobs=logprobs is not None and logprobs is not False,
    )


def _message(index: int, item: Any) -> Message:
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, list):
        texts = [part.get("text") if isinstance(part, dict) else None for part in content]
        content = None if None in texts else "".join(map(str, texts))
    if not isinstance(content, str) or not isinstance(item.get("role"), str):
        raise InputError("expected {'role': text, 'content': text}", field=f"messages[{index}]")
    return Message(item["role"], content)


def _number(
    value: Any, name: str, low: float, high: float, *, default: float = 0, whole: bool = False
) -> Any:
    if value is None:
        return default
    good = isinstance(value, int) or (isinstance(value, float) and not whole)
    if not good or isinstance(value, bool) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise InputError(f"expected {kind} from {low} to {high}, got {value!r}", field=name)
    return value


def _refuse_unknown(body: Mapping[str, Any], known: set[str]) -> None:
    for name, value in body.items():
        neutral = name in HARMLESS or name in known or value is None or value is False
        if not neutral and value not in NEUTRAL.get(name, ()):
            raise InputError("this server cannot honour it; leave it out", field=name)


def chat_response(model: str, reply: Reply, *, logprobs: bool) -> dict[str, Any]:
    """The body of a chat completion."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": completion.text},
            "finish_reason": completion.finish.value,
            "stop_reason": completion.stop,  # vLLM's field
            "logprobs": _chat_logprobs(completion) if logprobs else None,
        }
        for index, completion in enumerate(reply.completions)
    ]
    return _envelope("chat.completion", "chatcmpl", model, choices) | {"usage": usage([reply])}


def text_response(
    model: str,
    replies: Sequence[Reply],
    echoes: Sequence[tuple[str, Scored] | None],
    *,
    logprobs: bool,
) -> dict[str, Any]:
    """The body of a completion; ``echoes`` hold each prompt and its scored tokens where echo was asked for."""
    choices: list[dict[str, Any]] = []
    for reply, echo in zip(replies, echoes, strict=True):
        for completion in reply.completions:
            text = completion.text if echo is None else echo[0] + completion.text
            choices.append(
                {
                    "index": len(choices),
                    "text": text,
                    "finish_reason": completion.finish.value,
                    "stop_reason": completion.stop,
                    "logprobs": _text_logprobs(completion, echo) if logprobs else None,
                }
            )
    body = _envelope("text_completion", "cmpl", model, choices)
    return body | {"usage": usage(replies)}


def chunks(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A response body as stream chunks: each choice in one piece, once it is finished."""
    chat = body["object"] == "chat.completion"
    kind = "chat.completion.chunk" if chat else body["object"]
    out = []
    for choice in body["choices"]:
        piece = dict(choice)
        if chat:
            piece["delta"] = piece.pop("message")
        out.append({**body, "object": kind, "choices": [piece], "usage": None})
    return out


def usage(replies: Sequence[Reply]) -> dict[str, int]:
    """Token counts over all replies; a prompt is counted once for each reply."""
    prompt = sum(r.prompt_tokens or 0 for r in replies)
    made = sum(c.tokens or 0 for r in replies for c in r.completions)
    return {"prompt_tokens": prompt, "completion_tokens": made, "total_tokens": prompt + made}


def _envelope(kind: str, prefix: str, model: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "choices": choices,
    }


def _pairs(completion: Completion) -> list[tuple[str, float]]:
    logprobs = completion.logprobs or ()
    pieces = completion.pieces or ("",) * len(logprobs)
    return list(zip(pieces, logprobs, strict=True))


def _chat_logprobs(completion: Completion) -> dict[str, Any] | None:
    if completion.logprobs is None:
        return None
    content = [
        {"token": t, "logprob": p, "bytes": list(t.encode()), "top_logprobs": []}
        for t, p in _pairs(completion)
    ]
    return {"content": content, "refusal": None}


def _text_logprobs(
    completion: Completion, echo: tuple[str, Scored] | None
) -> dict[str, Any] | None:
    if completion.logprobs is None:
        return None
    tokens: list[str] = []
    offsets: list[int] = []
    values: list[float | None] = []
    position = 0
    if echo is not None:
        prompt, scored = echo
        if not scored.offsets or scored.offsets[0] > 0:
            # Nothing precedes the first token, so the model gives it no probability.
            head = prompt[: scored.offsets[0]] if scored.offsets else prompt
            tokens, offsets, values = [head], [0], [None]
        tokens += scored.tokens
        offsets += scored.offsets
        values += scored.logprobs
        position = len(prompt)
    for token, value in _pairs(completion):
        tokens.append(token)
        offsets.append(position)
        values.append(value)
        position += len(token)
    return {
        "tokens": tokens,
        "token_logprobs": values,
        "text_offset": offsets,
        "top_logprobs": None,
    }
