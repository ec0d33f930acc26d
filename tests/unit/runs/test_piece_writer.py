"""Jobs run in order on one thread, and are done even where nobody waits any more."""

import asyncio
import threading

import pytest

from veriloop.runs.piece_writer import PieceWriter


def test_jobs_run_in_order_beside_the_loop_and_a_cancelled_wait_stops_none():
    done, writer, go = [], PieceWriter("pieces"), threading.Event()

    def slow():
        assert go.wait(10)
        done.append(threading.current_thread().name)

    async def main():
        waits = [asyncio.create_task(writer.run(slow))]
        waits += [asyncio.create_task(writer.run(lambda i=i: done.append(i))) for i in range(3)]
        await asyncio.sleep(0)
        assert done == []
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        go.set()
        writer.close()

    asyncio.run(main())
    assert done == ["pieces_0", 0, 1, 2]


def test_an_error_reaches_who_waits_or_else_who_closes():
    def fail():
        raise OSError("no room")

    async def main():
        writer = PieceWriter("pieces")
        with pytest.raises(OSError, match="no room"):
            await writer.run(fail)
        task = asyncio.create_task(writer.run(fail))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(OSError, match="no room"):
            writer.close()

    asyncio.run(main())
