"""The contract of an engine, checked from outside: what strategies, caches and records rely on.

Nothing here knows how an engine works or judges what its texts are worth.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace

from veriloop.errors import EngineError
from veriloop.protocols import Completion, Engine, Reply, Request, Sampling, Scored, ScoreRequest
from veriloop.records import Finish, Message, Prompt
from veriloop.testing.rebuild import require

PROMPTS: tuple[Prompt, ...] = ("1 + 1 =", (Message("user", "What is 1 + 1?"),))


async def check_engine(
    engine: Engine,
    *,
    prompts: Sequence[Prompt] = PROMPTS,
    sampling: Sampling = Sampling(max_tokens=16),
    prefix: str = "The answer is",
    deterministic: bool = True,
) -> None:
    """Samples, subsets, prefixes, stop strings, limits, log-probabilities, scoring and closing.

    ``deterministic`` False is for engines that cannot honour seeds: equal requests may then differ. ``prompts``
    are asked one by one and all at once; each must get some text. The engine is closed at the end.
    """
    require(
        isinstance(engine.name, str) and engine.name,
        f"an engine's name goes into records and is a text, got {engine.name!r}",
    )
    for prompt in prompts:
        request = Request(prompt, sampling, seed=11, n=4, logprobs=True)
        reply = await engine.generate(request)
        _check_reply(reply, request)
        if deterministic:
            await _check_samples(engine, request, reply)
        await _check_prefix(engine, replace(request, prefix=prefix))
        await _check_stop(engine, request, reply, deterministic)
        await _check_limit(engine, request)
        await _check_score(engine, prompt)
    if deterministic:
        await _check_company(
            engine, [Request(p, sampling, seed=s, n=2) for p in prompts for s in (1, 2)]
        )
    await engine.close()
    await engine.close()  # closing twice is harmless


def _check_reply(reply: Reply, request: Request) -> None:
    got = len(reply.completions)
    require(got == request.n, f"n={request.n} samples were asked for, {got} came")
    for completion in reply.completions:
        _check_completion(completion, request)
    values = [x for c in reply.completions for x in c.logprobs or ()]
    require(
        not values or any(values),
        "every log-probability is exactly 0: unknown ones are None, never 0",
    )
    require(
        reply.prompt_tokens is None or reply.prompt_tokens > 0,
        f"prompt_tokens is a count, or None where unknown, got {reply.prompt_tokens!r}",
    )


def _check_completion(completion: Completion, request: Request) -> None:
    require(
        completion.finish in (Finish.STOP, Finish.LENGTH),
        f"a generation ends by STOP or LENGTH, got {completion.finish!r}",
    )
    tokens, logprobs = completion.tokens, completion.logprobs
    limit = request.sampling.max_tokens
    require(
        tokens is None or 0 <= tokens <= limit,
        f"tokens counts what was generated: at most max_tokens={limit}, got {tokens!r}",
    )
    require(
        not (tokens == 0 and completion.text),
        f"tokens is 0 and the text is {completion.text[:40]!r}: give None where the count is unknown",
    )
    for name, values in (("logprobs", logprobs), ("pieces", completion.pieces)):
        require(
            values is None or tokens is None or len(values) == tokens,
            f"{name} has {len(values or ())} entries for {tokens} tokens: one each, or None",
        )
    require(
        all(math.isfinite(x) and x <= 1e-4 for x in logprobs or ()),
        f"log-probabilities are finite and at most 0, got {max(logprobs or (0,))!r}",
    )
    require(
        completion.stop is None
        or (completion.stop in request.sampling.stop and completion.finish is Finish.STOP),
        f"stop is the stop string that ended the text, one of {request.sampling.stop!r} at finish STOP, or None, "
        f"got {completion.stop!r} at {completion.finish!r}",
    )
    for stop in request.sampling.stop:
        require(
            stop not in completion.text,
            f"the stop string {stop!r} is part of the text; it ends the text and is left out",
        )


async def _check_samples(engine: Engine, request: Request, reply: Reply) -> None:
    """Equal requests are answered equally, and so is any subset of the samples."""
    again = await engine.generate(request)
    require(
        again.completions == reply.completions,
        "the same request with the same seed was answered differently: derive every random stream from "
        "derive_seed(request.seed, sample), or say deterministic=False",
    )
    some = await engine.generate(replace(request, first=1, n=2))
    require(
        some.completions == reply.completions[1:3],
        "samples 1 and 2 alone differ from samples 1 and 2 of 0 to 3: sample j has to draw from "
        "derive_seed(request.seed, j), whatever first and n are",
    )


async def _check_prefix(engine: Engine, request: Request) -> None:
    reply = await engine.generate(request)
    _check_reply(reply, request)
    for completion in reply.completions:
        require(
            not completion.text.startswith(request.prefix),
            f"the reply repeats the prefix {request.prefix!r}: it goes on from its end",
        )


async def _check_stop(engine: Engine, request: Request, reply: Reply, deterministic: bool) -> None:
    """Stop at a text that is known to come."""
    text = max((c.text for c in reply.completions), key=len)
    require(text, f"all samples of {request.prompt!r} are empty: give prompts that get a text")
    index = next(j for j, c in enumerate(reply.completions) if c.text == text)
    stop = text[len(text) // 2 :][:2]
    asked = replace(
        request, first=index, n=1, sampling=replace(request.sampling, stop=(stop,)), logprobs=False
    )
    stopped = await engine.generate(asked)
    _check_reply(stopped, asked)
    if deterministic:
        expected = text[: text.find(stop)]
        got = stopped.completions[0]
        require(
            (got.text, got.finish) == (expected, Finish.STOP),
            f"with the stop string {stop!r} the text should be {expected!r} and its finish STOP, got "
            f"{got.text!r} and {got.finish!r}",
        )
        require(
            got.stop in (stop, None),
            f"the text ended at {stop!r}, and its stop is {got.stop!r}: searches tell the end of a step from the "
            "end of the solution by it (None where the engine cannot know)",
        )


async def _check_limit(engine: Engine, request: Request) -> None:
    """A text that a limit cut says so."""
    short = replace(request, sampling=replace(request.sampling, max_tokens=1))
    whole = await engine.generate(request)
    cut = await engine.generate(short)
    _check_reply(cut, short)
    for one, full in zip(cut.completions, whole.completions, strict=True):
        longer = full.tokens is not None and full.tokens > 2 and len(full.text) > len(one.text)
        require(
            not (longer and full.text.startswith(one.text) and one.finish is Finish.STOP),
            f"max_tokens=1 cut {full.text[:40]!r} to {one.text[:40]!r}, and its finish is STOP: a cut "
            "text has finish LENGTH",
        )


async def _check_score(engine: Engine, prompt: Prompt) -> None:
    """An engine scores, or raises EngineError; it makes nothing up."""
    continuation = " The answer is 2."
    try:
        scored = await engine.score(ScoreRequest(prompt, continuation))
    except EngineError:
        return
    require(isinstance(scored, Scored), f"score gives a Scored, got {type(scored).__name__}")
    sizes = {len(scored.tokens), len(scored.offsets), len(scored.logprobs)}
    if scored.entropies is not None:
        sizes.add(len(scored.entropies))
    require(len(sizes) == 1, f"the sequences of a Scored have one length, got {sorted(sizes)}")
    require(
        "".join(scored.tokens).endswith(continuation),
        f"the scored tokens {scored.tokens!r} do not spell the continuation {continuation!r}",
    )
    require(
        list(scored.offsets) == sorted(scored.offsets) and scored.offsets[:1] == (0,),
        f"offsets are characters of the continuation, rising from 0, got {scored.offsets!r}",
    )
    require(
        all(math.isfinite(x) and x <= 1e-4 for x in scored.logprobs) and any(scored.logprobs),
        "scored log-probabilities are finite, at most 0 and not all 0",
    )


async def _check_company(engine: Engine, requests: Sequence[Request]) -> None:
    alone = [await engine.generate(request) for request in requests]
    together = await asyncio.gather(*(engine.generate(request) for request in requests))
    for request, one, other in zip(requests, alone, together, strict=True):
        require(
            one.completions == other.completions,
            f"{request.prompt!r} was answered differently beside other requests than alone: what a "
            "sample is may depend on its request only, never on the batch",
        )
