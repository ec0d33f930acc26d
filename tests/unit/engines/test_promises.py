import asyncio
from threading import Thread

import pytest

from veriloop.engines.promises import Promises


def test_promises_of_two_event_loops_are_kept_from_a_third_thread():
    promises, seen = Promises(), []

    async def ask(wanted):
        key, future = promises.open()
        Thread(target=promises.settle, args=([(key, wanted), (key + 1000, None)],)).start()
        seen.append(await future)

    threads = [Thread(target=asyncio.run, args=(ask(i),)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [0, 1]
    assert len(promises) == 0


def test_exceptions_break_a_promise_and_dropped_ones_are_passed_over():
    promises = Promises()

    async def ask():
        key, future = promises.open()
        gone, _ = promises.open()
        promises.drop(gone)
        promises.settle([(gone, 1), (key, KeyError("lost"))])
        with pytest.raises(KeyError, match="lost"):
            await future

    asyncio.run(ask())


def test_after_failing_nothing_can_be_promised():
    promises = Promises()

    async def ask():
        _, future = promises.open()
        assert promises.fail(OSError("gone")) == 1
        with pytest.raises(OSError, match="gone"):
            await future
        with pytest.raises(OSError, match="gone"):
            promises.open()

    asyncio.run(ask())
