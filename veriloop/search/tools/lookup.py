"""A search engine over the user's own documents, as a tool: the passages that answer a query best.

Ranking is ``bm25``, reading ``documents``. What a passage proves is not decided here.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

from veriloop.ids import Json, content_id
from veriloop.search.tools.bm25 import Index, words
from veriloop.search.tools.documents import Passage, read_passages
from veriloop.search.tools.observation import Observation
from veriloop.text.excerpts import excerpt

MOST_WORDS = 200  # of a query


@final
@dataclass(frozen=True)
class Lookup:
    """The ``k`` passages of the documents at ``path`` that match a query best, each cut to ``most`` characters.

    The documents are read on first use. Raises InputError then, where they cannot be.
    """

    path: str
    k: int = 3
    most: int = 800
    name: str = "lookup"
    description: str = "searches the documents and shows the passages that match your words best."
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if min(self.k, self.most) < 1:
            raise ValueError(f"k and most are at least 1, got {self.k} and {self.most}")

    def fingerprint(self) -> Json:
        """What decides the observations: the passages themselves, wherever they lie."""
        passages = [[p.source, p.text] for p in self._opened[0]]
        return ["lookup", content_id("passages", passages), self.k, self.most]

    async def call(self, text: str) -> Observation:
        """The passages, numbered, with their sources; an error for a query without words or with too many."""
        count = len(words(text))
        if not 1 <= count <= MOST_WORDS:
            return Observation(error=f"write 1 to {MOST_WORDS} words to search for, got {count:,}")
        passages, index = await asyncio.to_thread(self._open)
        best = await asyncio.to_thread(index.best, text, self.k)
        if not best:
            return Observation("no passage has any of these words")
        told = (
            f"[{rank}] {passages[place].source}\n{excerpt(passages[place].text, self.most)}"
            for rank, (place, _) in enumerate(best, 1)
        )
        return Observation("\n\n".join(told))

    def _open(self) -> tuple[tuple[Passage, ...], Index]:
        with self._lock:  # many tasks ask at once, and the documents are read once
            return self._opened

    @cached_property
    def _opened(self) -> tuple[tuple[Passage, ...], Index]:
        passages = read_passages(self.path)
        return passages, Index(tuple(p.text for p in passages))
