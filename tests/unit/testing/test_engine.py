"""check_engine passes a good engine and catches each way of breaking the contract."""

import asyncio
import random
from dataclasses import dataclass, field, replace

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Scored
from veriloop.records import Finish
from veriloop.testing import check_engine

LETTERS = "abcde"


@dataclass
class Good:
    """Writes random letters, one token each, and scores every character at -1."""

    name: str = "good"
    closed: int = field(default=0, compare=False)

    def sample(self, request, j):
        draw = random.Random(derive_seed(request.seed, j))
        sampling = request.sampling
        text, finish = "", Finish.LENGTH
        for _ in range(sampling.max_tokens):
            text += draw.choice(LETTERS)
            if any(text.endswith(stop) for stop in sampling.stop):
                break
        tokens, logprobs = len(text), (-1.5,) * len(text)
        ended = None
        for stop in sampling.stop:
            if stop in text:
                text, finish, ended = text[: text.find(stop)], Finish.STOP, stop
        told = logprobs if request.logprobs else None
        return Completion(text, finish, tokens, told, stop=ended)

    async def generate(self, request):
        samples = range(request.first, request.first + request.n)
        return Reply(tuple(self.sample(request, j) for j in samples), prompt_tokens=3)

    async def score(self, request):
        size = len(request.continuation)
        return Scored(tuple(request.continuation), tuple(range(size)), (-1.0,) * size)

    async def close(self):
        self.closed += 1


class NoName(Good):
    def __init__(self):
        super().__init__(name="")


class Fewer(Good):
    async def generate(self, request):
        reply = await super().generate(request)
        return replace(reply, completions=reply.completions[:1])


class NotSeeded(Good):
    def sample(self, request, j):
        return super().sample(replace(request, seed=random.getrandbits(60)), j)


class SeededByPosition(Good):
    async def generate(self, request):
        samples = range(request.n)
        return Reply(tuple(self.sample(request, j) for j in samples))


class DependsOnCompany(Good):
    busy = 0

    async def generate(self, request):
        self.busy += 1
        await asyncio.sleep(0.001)
        request = replace(request, seed=request.seed + (self.busy > 1))
        self.busy -= 1
        return await super().generate(request)


class RepeatsPrefix(Good):
    def sample(self, request, j):
        done = super().sample(request, j)
        return replace(done, text=request.prefix + done.text)


class KeepsStop(Good):
    def sample(self, request, j):
        done = super().sample(request, j)
        return replace(done, text=done.text + "".join(request.sampling.stop))


class IgnoresStop(Good):
    def sample(self, request, j):
        return super().sample(replace(request, sampling=replace(request.sampling, stop=())), j)


class StopSaysCut(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), finish=Finish.LENGTH, stop=None)


class CutSaysStop(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), finish=Finish.STOP)


class CutNamesStop(Good):
    def sample(self, request, j):
        done = super().sample(request, j)
        return replace(done, finish=Finish.LENGTH) if done.stop else done


class StopsAtNothingAskedFor(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), finish=Finish.STOP, stop="</s>")


class Given(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), finish=Finish.GIVEN)


class IgnoresLimit(Good):
    def sample(self, request, j):
        more = replace(request.sampling, max_tokens=request.sampling.max_tokens + 1)
        return super().sample(replace(request, sampling=more), j)


class ZeroTokens(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), tokens=0, logprobs=None)


class ZeroLogprobs(Good):
    def sample(self, request, j):
        done = super().sample(request, j)
        return replace(done, logprobs=(0.0,) * done.tokens if request.logprobs else None)


class FewLogprobs(Good):
    def sample(self, request, j):
        return replace(super().sample(request, j), logprobs=(-1.0,) if request.logprobs else None)


class Probabilities(Good):
    def sample(self, request, j):
        done = super().sample(request, j)
        return replace(done, logprobs=(0.5,) * done.tokens if request.logprobs else None)


class ZeroPrompt(Good):
    async def generate(self, request):
        return replace(await super().generate(request), prompt_tokens=0)


class Silent(Good):
    def sample(self, request, j):
        return Completion("", Finish.STOP, 0)


class ScoresRagged(Good):
    async def score(self, request):
        return replace(await super().score(request), logprobs=(-1.0,))


class ScoresAnother(Good):
    async def score(self, request):
        return await super().score(replace(request, continuation=request.continuation[:-1]))


class ScoresPromptOffsets(Good):
    async def score(self, request):
        scored = await super().score(request)
        return replace(scored, offsets=tuple(x + 9 for x in scored.offsets))


class ScoresZero(Good):
    async def score(self, request):
        scored = await super().score(request)
        return replace(scored, logprobs=(0.0,) * len(scored.tokens))


class ClosesOnce(Good):
    async def close(self):
        assert not self.closed, "closed twice"
        self.closed += 1


BROKEN = {
    NoName: "goes into records",
    Fewer: "n=4 samples were asked for, 1 came",
    NotSeeded: "answered differently",
    SeededByPosition: "samples 1 and 2 alone differ",
    DependsOnCompany: "never on the batch",
    RepeatsPrefix: "repeats the prefix",
    KeepsStop: "is part of the text",
    IgnoresStop: "is part of the text",
    StopSaysCut: "its finish STOP, got",
    CutSaysStop: "a cut text has finish LENGTH",
    CutNamesStop: "stop is the stop string that ended the text",
    StopsAtNothingAskedFor: "stop is the stop string that ended the text",
    Given: "ends by STOP or LENGTH",
    IgnoresLimit: "at most max_tokens=16, got 17",
    ZeroTokens: "give None where the count is unknown",
    ZeroLogprobs: "unknown ones are None, never 0",
    FewLogprobs: "logprobs has 1 entries for 16 tokens",
    Probabilities: "finite and at most 0",
    ZeroPrompt: "None where unknown, got 0",
    Silent: "give prompts that get a text",
    ScoresRagged: "have one length",
    ScoresAnother: "do not spell the continuation",
    ScoresPromptOffsets: "rising from 0",
    ScoresZero: "not all 0",
    ClosesOnce: "closed twice",
}


def test_a_good_engine_passes_and_is_closed():
    engine = Good()
    asyncio.run(check_engine(engine))
    assert engine.closed == 2


def test_an_engine_that_says_it_cannot_score_or_honour_seeds_passes():
    class Modest(NotSeeded):
        async def score(self, request):
            raise EngineError("no scores here")

    asyncio.run(check_engine(Modest(), deterministic=False))


def test_the_scripted_engine_passes():
    words = Scripted(lambda r: "one two three" if r.first % 2 else "four five six")
    asyncio.run(check_engine(words))


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_engine_is_told_what_it_breaks(broken):
    with pytest.raises(AssertionError, match=BROKEN[broken]):
        asyncio.run(check_engine(broken()))
