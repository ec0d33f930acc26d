import asyncio
import copy
import gc
import pickle
import threading
from dataclasses import replace

import pytest

from veriloop.abacus import checkpoint
from veriloop.engines import open_engine
from veriloop.engines.local import Local
from veriloop.errors import EngineError
from veriloop.ids import derive_seed
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.records import Message
from veriloop.testing import check_engine

FOLDER = str(checkpoint("policy"))
SHORT = Sampling(max_tokens=24)


def ask(number: int, **changes) -> Request:
    chat = (Message("user", f"Ann has {number} apples and buys 4. How many has she?"),)
    return replace(Request(chat, SHORT), **changes)


def run(engine, *items):
    async def all_of_them():
        try:
            return await asyncio.gather(
                *(engine.generate(i) if isinstance(i, Request) else engine.score(i) for i in items)
            )
        finally:
            await engine.close()

    return asyncio.run(all_of_them())


def test_it_keeps_the_contract_of_an_engine():
    asyncio.run(check_engine(Local(FOLDER, slots=16)))


def test_many_small_requests_run_together_and_equal_those_alone():
    engine = Local(FOLDER, slots=16)
    asked = [ask(3 + i % 7, seed=i, n=1 + i % 3, logprobs=True) for i in range(40)]
    scored = [ScoreRequest(a.prompt, f"Step 1: {i}") for i, a in enumerate(asked[:10])]
    together = run(engine, *asked, *scored)
    for item, want in list(zip([*asked, *scored], together, strict=True))[::9]:
        assert run(engine, item) == [want]


def test_samples_asked_for_alone_equal_those_of_the_whole():
    whole, part, one = run(
        Local(FOLDER), ask(3, seed=5, n=8), ask(3, seed=5, first=3, n=3), ask(3, seed=5, first=7)
    )
    assert part.completions == whole.completions[3:6]
    assert one.completions == whole.completions[7:]
    assert len({c.text for c in whole.completions}) > 1
    assert derive_seed(5, 3) != derive_seed(5, 4)


def test_generation_goes_on_from_a_prefix():
    greedy = Sampling(max_tokens=24, temperature=0)
    whole, rest, score = run(
        Local(FOLDER), ask(3, sampling=greedy, logprobs=True),
        ask(3, sampling=greedy, prefix="Step 1: 3", logprobs=True),
        ScoreRequest(ask(3).prompt, "Step 1: 3"),
    )  # fmt: skip
    assert rest.prompt_tokens == whole.prompt_tokens + len(score.tokens)
    assert rest.completions[0].logprobs[0] != whole.completions[0].logprobs[0]
    assert not rest.completions[0].text.startswith("Step 1: 3")


def test_a_cancelled_request_is_forgotten_and_the_engine_goes_on():
    async def use():
        engine = Local(FOLDER, slots=4)
        want = await engine.generate(ask(5))
        slow = [asyncio.create_task(engine.generate(ask(i, n=50))) for i in range(3)]
        await asyncio.sleep(0.05)
        for task in slow:
            task.cancel()
        assert await engine.generate(ask(5)) == want
        assert all(t.cancelled() for t in await asyncio.wait(slow) and slow)
        await engine.close()

    asyncio.run(use())


def test_closing_fails_what_is_under_way_and_a_later_request_opens_again():
    async def use():
        engine = Local(FOLDER, slots=4)
        task = asyncio.create_task(engine.generate(ask(3, n=500)))
        await asyncio.sleep(0.1)
        await engine.close()
        with pytest.raises(EngineError, match="closed"):
            await task
        again = await engine.generate(ask(3))
        await engine.close()
        await engine.close()
        return again

    assert asyncio.run(use()).completions


def test_what_cannot_be_opened_fails_every_request(tmp_path):
    engine = Local(str(tmp_path))
    for _ in range(2):
        with pytest.raises(EngineError, match=r"no config\.json"):
            run(engine, ask(3))


def test_it_is_its_own_configuration():
    engine = Local(FOLDER, slots=7)
    assert eval(repr(engine)) == engine
    assert engine.name == "policy"
    (want,) = run(engine, ask(3))
    for twin in (pickle.loads(pickle.dumps(engine)), copy.deepcopy(engine), replace(engine)):
        assert twin == engine
        assert run(twin, ask(3)) == [want]
    assert engine.fingerprint() == Local(FOLDER).fingerprint()
    assert engine.fingerprint() != Local(FOLDER, dtype="bfloat16").fingerprint()
    assert open_engine(f"local:{FOLDER}") == Local(FOLDER)
    with pytest.raises(ValueError, match="threads"):
        Local(FOLDER, threads=0)
    with pytest.raises(ValueError, match="slots"):
        Local(FOLDER, slots=0)


def test_an_engine_that_is_let_go_lets_its_thread_go():
    def threads():
        return [t for t in threading.enumerate() if t.name == "decode policy"]

    async def use():
        await Local(FOLDER, slots=4).generate(ask(3))

    asyncio.run(use())
    gc.collect()
    assert not threads()
