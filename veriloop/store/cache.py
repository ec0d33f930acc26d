"""Model calls remembered by content, and a ledger of what was paid for, in one SQLite file.

The key of a call is a hash of everything that reached the server and the sample index
(``call_key``). ``start`` is committed before the call is paid, so that after a SIGKILL the ledger
can still say what was paid and what was paid twice. Every method is one transaction of some 20 µs
and may be called from many tasks and threads of one writing process while other processes read. A
commit outlives the death of the process; a power cut may lose the last ones but never breaks the
file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import final

from veriloop.errors import StoreError
from veriloop.ids import Json, content_id

_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ledger (key TEXT PRIMARY KEY, starts INTEGER NOT NULL) WITHOUT ROWID;
"""
_ENCODE = json.JSONEncoder(allow_nan=False).encode
_PUT = "INSERT OR IGNORE INTO answers VALUES (?, ?)"
_GET = "SELECT value FROM answers WHERE key = ?"
_GET_MANY = "SELECT key, value FROM answers WHERE key IN (SELECT value FROM json_each(?))"
_SPENT = """
WITH taken AS (
  SELECT coalesce(json_extract(value, '$.usd'), 0) AS usd,
    coalesce(json_extract(value, '$.prompt_tokens'), 0)
    + CASE json_type(value, '$.tokens')
        WHEN 'array' THEN json_array_length(value, '$.tokens')
        WHEN 'integer' THEN json_extract(value, '$.tokens')
        ELSE coalesce(length(json_extract(value, '$.text')), 0)
      END AS tokens
  FROM answers WHERE json_type(value) = 'object'
)
SELECT count(*), coalesce(sum(tokens), 0), coalesce(sum(usd), 0.0), coalesce(max(tokens), 0),
  coalesce(max(usd), 0.0) FROM taken
"""
_START = (
    "INSERT INTO ledger (key, starts) VALUES (?, 1) "
    "ON CONFLICT (key) DO UPDATE SET starts = starts + 1"
)


def call_key(call: Json, sample: int) -> str:
    """The key of one sample of a call; ``call`` is everything that reaches the server, as JSON."""
    return content_id("call", call, sample)


def encoded(pairs: Iterable[tuple[str, Json]]) -> list[tuple[str, str]]:
    """Keys and values as the file holds them. Raises ValueError on what is not JSON, such as NaN."""
    return [(key, _ENCODE(value)) for key, value in pairs]


@final
@dataclass(frozen=True)
class Spent:
    """What ``calls`` took: ``tokens`` of prompts and answers, and dollars."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.calls - other.calls, self.tokens - other.tokens, self.usd - other.usd)


NOTHING = Spent()


@final
@dataclass(frozen=True)
class Cache:
    """Remembered answers and the ledger in the file ``path``, opened on first use."""

    path: Path
    _lock: threading.RLock = field(
        default_factory=threading.RLock, init=False, repr=False, compare=False
    )

    def get_many(self, keys: Sequence[str]) -> dict[str, Json]:
        """The remembered values among ``keys``."""
        with self._connected() as connection:
            if len(keys) == 1:
                found = [(keys[0], *row) for row in connection.execute(_GET, (keys[0],))]
            else:
                found = connection.execute(_GET_MANY, (json.dumps(list(keys)),)).fetchall()
        return {key: json.loads(value) for key, value in found}

    def put_many(self, pairs: Mapping[str, Json] | Iterable[tuple[str, Json]]) -> None:
        """Remember values by key. The first value stays: a key names one answer for good."""
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self.write(encoded(items))  # type: ignore[arg-type]

    def start(self, keys: Iterable[str]) -> None:
        """Enter calls in the ledger, committed on return: call it before they are paid."""
        self.write(starts=keys)

    def write(self, answers: Sequence[tuple[str, str]] = (), *, starts: Iterable[str] = ()) -> None:
        """Remember ``encoded`` answers and enter calls in the ledger, in one transaction, committed on return."""
        with self._connected(write=True) as connection:
            if answers:
                connection.executemany(_PUT, answers)
            connection.executemany(_START, [(key,) for key in starts])

    def refund(self, keys: Iterable[str]) -> None:
        """Take one start of each key back: the call failed before anything was paid."""
        take = "UPDATE ledger SET starts = starts - 1 WHERE key = ? AND starts > 0"
        with self._connected(write=True) as connection:
            connection.executemany(take, [(key,) for key in keys])

    def paid(self) -> int:
        """How many calls were started, repeats included."""
        return self._sum("starts")

    def paid_twice(self) -> int:
        """How many of them were repeats of a call that had been started before."""
        return self._sum("max(starts - 1, 0)")

    def spent(self) -> Spent:
        """What all calls took so far. One that was started and never answered (or answered twice) may have been paid
        for as well: it counts as the dearest of those that were answered.
        """
        with self._connected() as connection:
            rows = connection.execute(_SPENT).fetchone()
        answers, tokens, usd, most, dearest = rows
        lost = max(0, self.paid() - answers)
        return Spent(answers + lost, tokens + lost * most, usd + lost * dearest)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            connection = self.__dict__.pop("_connection", None)
            if connection is not None:
                connection.close()

    def __len__(self) -> int:
        with self._connected() as connection:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])

    def __reduce__(self) -> tuple[type[Cache], tuple[Path]]:
        return (Cache, (self.path,))  # another process opens its own connection

    def _sum(self, what: str) -> int:
        with self._connected() as connection:
            return int(
                connection.execute(f"SELECT coalesce(sum({what}), 0) FROM ledger").fetchone()[0]
            )

    @contextmanager
    def _connected(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone; with ``write``, in one transaction."""
        with self._lock:
            try:
                connection = self._connection
                if write:
                    connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if write:
                    connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(
                    f"{self.path}: the cache of model calls failed ({error}); what it held is "
                    "kept: check that the disk has room and that the file is Veriloop's, then "
                    "run the same command again"
                ) from error

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self.path.parent}: could not be made ({error.strerror}); choose another folder"
            ) from error
        connection = sqlite3.connect(
            self.path, timeout=60, isolation_level=None, check_same_thread=False
        )
        try:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, _VERSION):
                raise StoreError(
                    f"{self.path}: is a cache of format {found}, and this Veriloop reads format "
                    f"{_VERSION}; move the file away or use the version that made it"
                )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if found != _VERSION:
                connection.executescript(_TABLES)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            connection.close()
            raise
        return connection
