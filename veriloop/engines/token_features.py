"""Features of frozen language models kept in memory, so that many heads, epochs and verifiers share one pass.

What is kept is the outcome of a whole pass under the hash of all it read. Rounding depends on what shares a pass, so
this is the only key under which a remembered outcome has the very bits that a new pass would give.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import final

import numpy as np
import xxhash
from torch import Tensor

from veriloop.engines.token_tree import TokenTree


@final
class FeatureCache:
    """Tensors by key, within ``limit`` bytes; what was used longest ago goes first. Not for several threads."""

    def __init__(self, limit: int = 256 * 2**20) -> None:
        self.limit, self.held = limit, 0
        self._kept: OrderedDict[str, tuple[Tensor, ...]] = OrderedDict()

    def get(self, key: str) -> tuple[Tensor, ...] | None:
        """What is kept under ``key``, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, tensors: Iterable[Tensor]) -> None:
        """Keep tensors under a new key. What is larger than the limit is not kept."""
        kept = tuple(tensors)
        if key in self._kept or _bytes(kept) > self.limit:
            return
        self._kept[key] = kept
        self.held += _bytes(kept)
        while self.held > self.limit:
            self.held -= _bytes(self._kept.popitem(last=False)[1])


SHARED = FeatureCache()


def pass_key(owner: str, trees: Sequence[TokenTree]) -> str:
    """A hash of everything that one pass reads; ``owner`` names the frozen models."""
    running = xxhash.xxh3_128(owner.encode())
    for tree in trees:
        shape = [tree.start, len(tree.ids), *tree.ids, *tree.parents]
        running.update(np.asarray(shape, np.int64).tobytes())
    return running.hexdigest()


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
