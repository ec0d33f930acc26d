import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veriloop.abacus import checkpoint
from veriloop.engines import open_engine
from veriloop.engines.local import Local
from veriloop.engines.pool import Pool, _parts
from veriloop.errors import EngineError
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.records import Message
from veriloop.testing import check_engine

FOLDER = str(checkpoint("policy"))


def ask(number: int, seed: int = 0, n: int = 1) -> Request:
    chat = (Message("user", f"Ann has {number} apples and buys 4. How many has she?"),)
    return Request(chat, Sampling(max_tokens=24), seed=seed, n=n, logprobs=True)


async def answers(engine, items):
    return await asyncio.gather(
        *(engine.generate(i) if isinstance(i, Request) else engine.score(i) for i in items)
    )


def run(engine, *items):
    async def use():
        try:
            return await answers(engine, items)
        finally:
            await engine.close()

    return asyncio.run(use())


def processes(engine):
    return [w.process for w in engine._state.workers]


@pytest.fixture(scope="module")
def pool():
    """One pool for all: what costs is starting its processes."""
    engine = Pool(FOLDER, workers=2, slots=8)
    yield engine
    asyncio.run(engine.close())


def test_workers_start_when_needed(pool):
    async def use():
        assert not processes(pool)
        await pool.generate(ask(3))
        await pool.generate(ask(3))
        assert len(processes(pool)) == 1
        await answers(pool, [ask(3), ask(4), ask(5)])
        assert len(processes(pool)) == 2

    asyncio.run(use())


def test_replies_equal_those_of_one_engine_in_this_process(pool):
    asked = [ask(3 + i % 5, seed=i, n=1 + i % 4) for i in range(24)]
    asked += [ask(9, seed=1, n=50), ScoreRequest("Ann has", " 3 apples.")]
    want = run(Local(FOLDER, slots=16), *asked)
    assert asyncio.run(answers(pool, asked)) == want
    assert asyncio.run(answers(pool, asked[::5])) == want[::5]


def test_a_killed_worker_is_an_error_for_its_requests_and_is_replaced(pool):
    async def use():
        want = await pool.generate(ask(5))
        before = processes(pool)
        os.kill(before[0].pid, signal.SIGSTOP)  # so that it has not answered when it is killed
        lost = [asyncio.create_task(pool.generate(ask(i, n=9))) for i in range(4)]
        await asyncio.sleep(0.05)
        os.kill(before[0].pid, signal.SIGKILL)
        ended = await asyncio.gather(*lost, return_exceptions=True)
        failed = [e for e in ended if isinstance(e, EngineError)]
        assert len(failed) == 2
        assert all("killed by signal 9 and 2 requests under way" in str(e) for e in failed)
        again = await answers(pool, [ask(5), ask(5)])
        assert again == [want, want]
        assert len(processes(pool)) == 2
        assert before[0] not in processes(pool)

    asyncio.run(use())


def test_it_keeps_the_contract_of_an_engine_and_closing_ends_its_processes(pool):
    started = processes(pool)
    asyncio.run(check_engine(pool))
    assert not processes(pool)
    assert all(p.poll() is not None for p in started)


def test_closing_fails_what_is_under_way():
    async def use():
        engine = Pool(FOLDER, workers=1, slots=4)
        task = asyncio.create_task(engine.generate(ask(3, n=50)))
        await asyncio.sleep(0.05)
        await engine.close()
        with pytest.raises(EngineError, match="closed"):
            await task
        await engine.close()

    asyncio.run(use())


def test_a_checkpoint_that_cannot_be_opened_fails_every_request(tmp_path):
    with pytest.raises(EngineError, match=r"no config\.json"):
        run(Pool(str(tmp_path), workers=1), ask(3))


PARENT = """
import asyncio, sys
from veriloop.engines.pool import Pool
from veriloop.protocols import Request, Sampling

async def main():
    engine = Pool(sys.argv[1], workers=1, slots=4)
    await engine.generate(Request("Step 1:", Sampling(max_tokens=4)))
    endless = asyncio.create_task(engine.generate(Request("Step 1:", n=4000)))
    await asyncio.sleep(0.1)
    print(*(w.process.pid for w in engine._state.workers), flush=True)
    await endless

asyncio.run(main())
"""


def runs(pid: str) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
def test_no_process_is_left_behind_when_the_parent_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, FOLDER], stdout=subprocess.PIPE, text=True
    )
    workers = parent.stdout.readline().split()
    assert len(workers) == 1
    assert all(map(runs, workers))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if not any(map(runs, workers)):
            return
        time.sleep(0.05)
    raise AssertionError("workers outlive their parent")


def test_parts_cover_a_request_and_none_is_small():
    for first, n, workers in ((0, 1, 4), (3, 31, 4), (0, 50, 2), (7, 100, 8), (0, 0, 2)):
        parts = _parts(Request("a", first=first, n=n), workers)
        assert [j for p in parts for j in range(p.first, p.first + p.n)] == [
            *range(first, first + n)
        ]
        assert len(parts) <= workers
        assert len(parts) == 1 or min(p.n for p in parts) >= 16


def test_it_is_its_own_configuration():
    engine = Pool(FOLDER, workers=3)
    assert eval(repr(engine)) == pickle.loads(pickle.dumps(engine)) == engine
    assert engine.fingerprint() == Local(FOLDER).fingerprint()
    assert engine.name == "policy"
    assert open_engine(f"pool:{FOLDER}", workers=3) == engine
    with pytest.raises(ValueError, match="workers"):
        Pool(FOLDER, workers=0)
