"""Single requests to few calls: what is gathered, in which order, and who fails with whom."""

import asyncio
import threading
import time
from dataclasses import dataclass, field

import pytest

from veriloop.engines.batching import Batching
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, EngineTimeout
from veriloop.protocols import Completion, Reply, Request, Sampling, ScoreRequest
from veriloop.records import Finish
from veriloop.testing import check_engine


@dataclass
class Backend:
    """Says which requests came together; prompts "fail" fail alone, "break" breaks the batch."""

    name: str = "backend"
    seconds: float = 0.0
    batches: list = field(default_factory=list)
    threads: set = field(default_factory=set)
    closed: int = 0

    def generate_batch(self, requests):
        self.batches.append([r.prompt for r in requests])
        self.threads.add(threading.current_thread())
        time.sleep(self.seconds)
        if any(r.prompt == "break" for r in requests):
            raise EngineTimeout("the backend broke")
        return [
            EngineError("only this one") if r.prompt == "fail" else Reply((done(r.prompt),) * r.n)
            for r in requests
        ]

    def close(self):
        self.closed += 1


def done(text):
    return Completion(text, Finish.STOP, 1)


def serve(backend, *requests, **options):
    engine = Batching(backend, **options)

    async def main():
        asked = (
            engine.score(r) if isinstance(r, ScoreRequest) else engine.generate(r) for r in requests
        )
        try:
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await engine.close()

    return asyncio.run(main())


def test_what_is_asked_side_by_side_is_one_call_in_another_thread():
    backend = Backend()
    replies = serve(backend, *(Request(str(i), n=2) for i in range(50)))
    assert [r.completions for r in replies] == [(done(str(i)),) * 2 for i in range(50)]
    assert [len(batch) for batch in backend.batches] == [50]
    assert threading.main_thread() not in backend.threads


def test_waves_of_nested_tasks_stay_whole():
    """Three rounds of 50 problems with 4 branches each, awaited one at a time, are three calls."""
    backend = Backend()
    engine = Batching(backend)

    async def branch(name):
        return (await engine.generate(Request(name))).completions[0].text

    async def problem(i):
        for step in range(3):
            await asyncio.gather(*(branch(f"{i}/{step}/{b}") for b in range(4)))

    async def main():
        await asyncio.gather(*(problem(i) for i in range(50)))
        await engine.close()

    asyncio.run(main())
    assert [len(batch) for batch in backend.batches] == [200, 200, 200]


def test_a_batch_holds_at_most_max_batch_samples_or_one_larger_request():
    backend = Backend()
    requests = [Request("a", n=3), Request("b", n=3), Request("big", n=9), Request("c", n=1)]
    serve(backend, *requests, max_batch=4)
    assert backend.batches == [["a", "c"], ["b"], ["big"]]


def test_the_next_batch_gathers_while_one_runs():
    backend = Backend(seconds=0.05)
    engine = Batching(backend)

    async def main():
        first = asyncio.create_task(engine.generate(Request("first")))
        await asyncio.sleep(0.02)
        others = []
        for i in range(5):
            others.append(asyncio.create_task(engine.generate(Request(str(i)))))
            await asyncio.sleep(0.001)
        await asyncio.gather(first, *others)
        await engine.close()

    asyncio.run(main())
    assert backend.batches == [["first"], ["0", "1", "2", "3", "4"]]


def test_linger_waits_for_company():
    backend = Backend()
    engine = Batching(backend, linger=0.2)

    async def late():
        await asyncio.sleep(0.03)
        return await engine.generate(Request("late"))

    async def main():
        await asyncio.gather(engine.generate(Request("early")), late())
        await engine.close()

    asyncio.run(main())
    assert backend.batches == [["early", "late"]]


def test_the_oldest_is_always_served_and_takes_its_like_along():
    backend = Backend()
    long, short = Sampling(max_tokens=1000), Sampling(max_tokens=10)
    lengths = [long, short, short, long, short, long]
    requests = [Request(f"{i}:{s.max_tokens}", s) for i, s in enumerate(lengths)]
    serve(backend, *requests, max_batch=2)
    assert backend.batches == [["0:1000", "3:1000"], ["1:10", "2:10"], ["4:10", "5:1000"]]


def test_nobody_starves_under_a_stream_of_short_requests():
    backend = Backend()
    engine = Batching(backend, max_batch=2)

    async def stream(i):
        for _ in range(20):
            await engine.generate(Request(f"short {i}", Sampling(max_tokens=1)))

    async def main():
        streams = [asyncio.create_task(stream(i)) for i in range(4)]
        await asyncio.sleep(0)
        await engine.generate(Request("long", Sampling(max_tokens=10_000)))
        before = len(backend.batches)
        await asyncio.gather(*streams)
        await engine.close()
        return before

    assert asyncio.run(main()) <= 4
    assert len(backend.batches) > 30


def test_one_failure_is_one_requests_own():
    replies = serve(Backend(), Request("a"), Request("fail"), Request("b"))
    assert [type(r) for r in replies] == [Reply, EngineError, Reply]


def test_a_broken_call_fails_its_batch_and_not_the_next():
    backend = Backend()
    replies = serve(backend, Request("a"), Request("break"), Request("b"), max_batch=2)
    assert [type(r) for r in replies] == [EngineTimeout, EngineTimeout, Reply]


def test_a_cancelled_request_leaves_the_queue_and_its_neighbours_in_peace():
    backend = Backend(seconds=0.03)
    engine = Batching(backend)

    async def main():
        running = asyncio.create_task(engine.generate(Request("running")))
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(engine.generate(Request(str(i)))) for i in range(3)]
        await asyncio.sleep(0.005)
        waiting[1].cancel()
        done = await asyncio.gather(running, *waiting, return_exceptions=True)
        await engine.close()
        return [type(x) for x in done]

    assert asyncio.run(main()) == [Reply, Reply, asyncio.CancelledError, Reply]
    assert backend.batches == [["running"], ["0", "2"]]


def test_cancelling_what_runs_disturbs_nobody():
    backend = Backend(seconds=0.03)
    engine = Batching(backend)

    async def main():
        tasks = [asyncio.create_task(engine.generate(Request(str(i)))) for i in range(2)]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()
        return [type(x) for x in done]

    assert asyncio.run(main()) == [asyncio.CancelledError, Reply]


def test_a_wrong_number_of_replies_is_the_backends_fault_and_said():
    @dataclass
    class Short:
        name: str = "short"

        def generate_batch(self, requests):
            return []

    (error,) = serve(Short(), Request("a"))
    assert isinstance(error, EngineError)
    assert "gave 0 replies to 1 requests" in str(error)


def test_a_coroutine_is_a_backend_too_and_scores_are_batches_of_their_own():
    inner = Scripted({}, default=["one two three four"], logprobs={"x": [-1.0]})

    @dataclass
    class Async:
        name: str = "async"
        scored: list = field(default_factory=list)

        async def generate_batch(self, requests):
            return [await inner.generate(r) for r in requests]

        async def score_batch(self, requests):
            self.scored.append(len(requests))
            return [await inner.score(r) for r in requests]

    backend = Async()
    replies = serve(backend, ScoreRequest("a", "x"), Request("b"), ScoreRequest("c", "x"))
    assert [type(r).__name__ for r in replies] == ["Scored", "Reply", "Scored"]
    assert backend.scored == [2]
    (error,) = serve(Backend(), ScoreRequest("a", "x"))
    assert isinstance(error, EngineError)
    assert "score_batch" in str(error)


def test_it_keeps_the_contract_of_an_engine():
    inner = Scripted(lambda r: "one two three" if r.first % 2 else "four five six")

    @dataclass(frozen=True)
    class Async:
        name: str = "async"

        async def generate_batch(self, requests):
            return [await inner.generate(r) for r in requests]

    asyncio.run(check_engine(Batching(Async(), max_batch=3)))


def test_closing_closes_the_backend_and_another_event_loop_may_follow():
    backend = Backend()
    assert serve(backend, Request("a"))[0].completions == (done("a"),)
    assert serve(backend, Request("b"))[0].completions == (done("b"),)
    assert backend.closed == 2
    with pytest.raises(ValueError, match="max_batch"):
        Batching(backend, max_batch=0)
