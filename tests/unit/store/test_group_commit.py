"""Writes of many tasks share a commit, and each is committed when its task goes on."""

import asyncio
import math
import sqlite3

import pytest

from veriloop.errors import StoreError
from veriloop.store.cache import Cache
from veriloop.store.group_commit import GroupCommit


def told(path, question):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as other:
        return other.execute(question).fetchone()[0]


def test_whoever_goes_on_finds_it_committed_and_others_do_too(tmp_path):
    path = tmp_path / "c.sqlite"
    writes = GroupCommit(Cache(path))
    seen = []

    async def one(i):
        await writes.start([f"k{i}"])
        seen.append(told(path, f"SELECT count(*) FROM ledger WHERE key = 'k{i}'"))
        await writes.put({f"k{i}": i})
        seen.append(told(path, f"SELECT value FROM answers WHERE key = 'k{i}'") == str(i))

    async def main():
        await asyncio.gather(*(one(i) for i in range(40)))

    asyncio.run(main())
    assert seen == [1] * 40 + [True] * 40
    assert writes.cache.paid() == len(writes.cache) == 40


def test_one_that_cannot_be_written_fails_alone(tmp_path):
    writes = GroupCommit(Cache(tmp_path / "c.sqlite"))

    async def main():
        bad, good = writes.put({"a": math.nan}), writes.put({"b": 1})
        return await asyncio.gather(bad, good, return_exceptions=True)

    bad, good = asyncio.run(main())
    assert isinstance(bad, ValueError)
    assert good is None
    assert writes.cache.get_many(["a", "b"]) == {"b": 1}


def test_a_file_that_cannot_be_written_fails_all_that_wait_and_later_writes_work(tmp_path):
    path = tmp_path / "c.sqlite"
    path.write_text("no database, whatever its name says, and longer than a header" * 3)
    writes = GroupCommit(Cache(path))

    async def main():
        asked = [writes.start(["a"]), writes.put({"b": 1})]
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [StoreError, StoreError]
    path.unlink()
    asyncio.run(writes.start(["a"]))
    assert writes.cache.paid() == 1


def test_who_is_cancelled_leaves_the_others_and_settled_waits(tmp_path):
    writes = GroupCommit(Cache(tmp_path / "c.sqlite"))

    async def main():
        gone = asyncio.create_task(writes.put({"a": 1}))
        stays = asyncio.create_task(writes.put({"b": 2}))
        await asyncio.sleep(0)
        gone.cancel()
        await writes.settled()
        assert stays.done() or not await stays
        with pytest.raises(asyncio.CancelledError):
            await gone
        await writes.settled()
        return len(writes.cache)

    assert asyncio.run(main()) == 2
