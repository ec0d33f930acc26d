"""Features of frozen language models kept in memory, so that many heads, epochs and label sources share one pass.

Attention is causal, so what was computed for a whole solution serves every solution that begins with the same
steps. One cache serves the process; it is bounded in bytes and forgets what was used longest ago.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, final

import numpy as np
import xxhash


@final
class FeatureCache:
    """Arrays by the hash of what they were computed from. ``limit`` is in bytes; not safe for several threads."""

    def __init__(self, limit: int = 256 * 2**20) -> None:
        self.limit, self.held = limit, 0
        self._arrays: OrderedDict[str, tuple[Any, tuple[str, ...]]] = OrderedDict()
        self._places: dict[str, tuple[str, int]] = {}

    def get(self, key: str) -> Any | None:
        """The rows kept under ``key``, or None."""
        place = self._places.get(key)
        if place is None:
            return None
        whole, rows = place
        self._arrays.move_to_end(whole)
        return self._arrays[whole][0][:rows]

    def put(self, array: Any, prefixes: Iterable[tuple[str, int]]) -> None:
        """Keep ``array`` (a tensor) under the key of each of its beginnings: (key, number of rows)."""
        fresh = [(key, rows) for key, rows in prefixes if key not in self._places]
        if not fresh or array.nbytes > self.limit:
            return
        whole = fresh[-1][0]
        self._arrays[whole] = (array, tuple(key for key, _ in fresh))
        self._places.update({key: (whole, rows) for key, rows in fresh})
        self.held += array.nbytes
        while self.held > self.limit:
            _, (old, keys) = self._arrays.popitem(last=False)
            self.held -= old.nbytes
            for key in keys:
                del self._places[key]


SHARED = FeatureCache()


def prefix_keys(owner: str, ids: tuple[int, ...], start: int, ends: tuple[int, ...]) -> list[str]:
    """One key for each beginning of a solution that ends with a step; ``owner`` names the frozen models."""
    running = xxhash.xxh3_128(f"{owner}/{start}/".encode())
    array, done, keys = np.asarray(ids, np.int64), 0, []
    for end in ends:
        stop = start + end + 1
        running.update(array[done:stop].tobytes())
        done = stop
        keys.append(running.hexdigest())
    return keys
