"""The cache forgets nothing that was committed, and its ledger outlives a SIGKILL."""

import json
import math
import multiprocessing
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import StoreError
from veriloop.store.cache import Cache, Spent, call_key


def test_what_was_put_is_found_and_nothing_else(tmp_path):
    cache = Cache(tmp_path / "calls.sqlite")
    cache.put_many({"a": {"text": "x", "logprobs": [-0.1, None]}, "b": "\ud800 é"})
    cache.put_many([("a", "a later answer"), ("c", None)])
    assert cache.get_many(["a", "b", "c", "d"]) == {
        "a": {"text": "x", "logprobs": [-0.1, None]},
        "b": "\ud800 é",
        "c": None,
    }
    assert cache.get_many([]) == {}
    assert len(cache) == 3
    with pytest.raises(ValueError, match="not JSON compliant"):
        cache.put_many({"e": math.nan})
    assert len(cache) == 3


def test_one_bad_pair_leaves_the_batch_out_whole(tmp_path):
    cache = Cache(tmp_path / "calls.sqlite")
    with pytest.raises(StoreError, match=r"calls\.sqlite"):
        cache.put_many([("a", 1), (object(), 2)])  # type: ignore[list-item]
    assert cache.get_many(["a"]) == {}
    cache.put_many({"a": 1})
    assert cache.get_many(["a"]) == {"a": 1}


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=10))
@settings(max_examples=30, deadline=None)
def test_the_ledger_counts_every_start(tmp_path_factory, batches):
    cache = Cache(tmp_path_factory.mktemp("ledger") / "calls.sqlite")
    for batch in batches:
        cache.start(batch)
    flat = [key for batch in batches for key in batch]
    assert cache.paid() == len(flat)
    assert cache.paid_twice() == len(flat) - len(set(flat))
    cache.refund(set(flat))
    assert cache.paid() == len(flat) - len(set(flat))
    cache.close()


def test_the_key_is_of_everything_sent_and_the_sample():
    call = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "temperature": 1.0}
    assert call_key(call, 0) == call_key(dict(reversed(call.items())), 0)
    others = [{**call, "temperature": 0.7}, {**call, "seed": 1}, {**call, "model": "n"}]
    keys = {call_key(call, 0), call_key(call, 1), *(call_key(other, 0) for other in others)}
    assert len(keys) == 5


def test_it_survives_a_kill(tmp_path):
    """A child starts and answers calls until it is killed: every key it reported is there."""
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from veriloop.store.cache import Cache
        cache = Cache(Path(sys.argv[1]))
        for i in range(10**9):
            cache.start([str(i)])
            print("started", i, flush=True)
            cache.put_many({str(i): {"n": i}})
            print("answered", i, flush=True)
    """)
    path = tmp_path / "calls.sqlite"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for _ in range(501):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    lines = [line.split() for line in child.stdout.read().splitlines()]
    reported = [words for words in lines if len(words) == 2]  # the last may be cut short
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    last_answer = max([int(i) for word, i in reported if word == "answered"], default=249)
    cache = Cache(path)
    keys = [str(i) for i in range(last_answer + 1)]
    assert cache.get_many(keys) == {key: {"n": int(key)} for key in keys}
    assert len(cache) <= cache.paid() <= len(cache) + 1
    assert cache.paid_twice() == 0
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _read_until(path, total, seen):
    cache = Cache(path)
    while len(cache) < total:
        time.sleep(0.001)
    seen.put((os.getpid(), cache.paid(), cache.get_many(["0-0"])))


def test_threads_write_while_processes_read(tmp_path):
    path = tmp_path / "calls.sqlite"
    cache = Cache(path)
    cache.put_many({"0-0": 0})
    context = multiprocessing.get_context("spawn")
    seen = context.Queue()
    readers = [context.Process(target=_read_until, args=(path, 801, seen)) for _ in range(2)]
    for reader in readers:
        reader.start()

    def write(worker):
        for i in range(100):
            cache.start([f"{worker}-{i}", "shared"])
            cache.put_many({f"{worker}-{i}": i})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [seen.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert [found for _, _, found in answers] == [{"0-0": 0}] * 2
    assert (cache.paid(), cache.paid_twice(), len(cache)) == (1600, 799, 801)


def test_a_full_disk_is_one_clear_error_and_nothing_is_forgotten(tmp_path):
    """Filled by a file size limit, in a child that dies with it."""
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from veriloop.errors import StoreError
        from veriloop.store.cache import Cache
        cache = Cache(Path(sys.argv[1]))
        cache.put_many({"first": 1})
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        try:
            for i in range(1000):
                cache.put_many({str(i): "x" * 1000})
                kept = i
        except StoreError as error:
            print(kept, error)
    """)
    path = tmp_path / "calls.sqlite"
    told = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    kept, _, message = told.stdout.partition(" ")
    assert message.startswith(f"{path}: the cache of model calls failed (")
    assert "what it held is kept" in message
    keys = [str(i) for i in range(int(kept) + 1)]
    assert Cache(path).get_many(["first", *keys]) == {"first": 1, **dict.fromkeys(keys, "x" * 1000)}


def test_a_pickled_cache_opens_the_same_file(tmp_path):
    cache = Cache(tmp_path / "calls.sqlite")
    cache.put_many({"a": 1})
    again = pickle.loads(pickle.dumps(cache))
    assert again == cache
    assert again.get_many(["a"]) == {"a": 1}
    cache.close()
    assert cache.get_many(["a"]) == {"a": 1}


def test_a_foreign_file_is_one_clear_error(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database\n" * 100)
    with pytest.raises(StoreError, match=r"notes\.txt.*not a database"):
        Cache(path).get_many(["a"])
    later = tmp_path / "later.sqlite"
    connection = sqlite3.connect(later)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StoreError, match="format 7"):
        Cache(later).paid()
    with pytest.raises(StoreError, match="could not be made"):
        Cache(path / "calls.sqlite").paid()


def test_what_was_spent_counts_each_call_and_those_without_an_answer_as_the_dearest(tmp_path):
    cache = Cache(tmp_path / "calls.sqlite")
    assert cache.spent() == Spent()
    told = {"text": "four", "tokens": 5, "prompt_tokens": 10, "usd": 0.25}
    cache.write(
        [
            (key, json.dumps(value))
            for key, value in {
                "a": told,
                "b": {**told, "tokens": 30, "usd": 0.5},
                "uncounted": {**told, "tokens": None, "prompt_tokens": None, "usd": 0.0},
                "scored": {"tokens": ["x", "y"], "offsets": [0, 1]},
            }.items()
        ],
        starts=["a", "b", "uncounted", "scored"],
    )
    assert cache.spent() == Spent(4, 15 + 40 + 4 + 2, 0.75)
    cache.start(["a", "lost"])
    assert cache.spent() == Spent(6, 61 + 2 * 40, 0.75 + 2 * 0.5)
    cache.refund(["lost"])
    assert cache.spent().calls == 5
