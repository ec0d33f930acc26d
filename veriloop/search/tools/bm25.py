"""BM25: how well a text answers a query, by the words they share. An inverted index in memory, exact scores.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), equation 3.15, with
the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative (as in Lucene). Reading
documents and cutting them into passages is ``lookup``.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

# A character of a script without blanks between words is a word of its own.
_SINGLE = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")


def words(text: str) -> list[str]:
    """The words of a text, in lower case, without signs; characters of Chinese, Japanese and Korean one by one.

    >>> words("The Tower-of London, 1078: 伦敦塔")
    ['the', 'tower', 'of', 'london', '1078', '伦', '敦', '塔']
    """
    return _WORD.findall(text.casefold())


@final
@dataclass(frozen=True)
class Index:
    """The words of ``texts``, found by word. ``k1`` bounds what repeating a word brings; ``b`` in [0, 1] is how much a
    long text is discounted.
    """

    texts: tuple[str, ...]
    k1: float = 1.2
    b: float = 0.75
    _lengths: list[int] = field(default_factory=list[int], init=False, repr=False, compare=False)
    _found: dict[str, list[tuple[int, int]]] = field(
        default_factory=dict[str, "list[tuple[int, int]]"], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise ValueError(f"k1 is at least 0 and b in [0, 1], got {self.k1} and {self.b}")
        postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, text in enumerate(self.texts):
            counts = Counter(words(text))
            self._lengths.append(counts.total())
            for word, count in counts.items():
                postings[word].append((place, count))
        self._found.update(postings)

    def rarity(self, word: str) -> float:
        """The inverse document frequency of a word."""
        n = len(self._found.get(word, ()))
        return math.log1p((len(self.texts) - n + 0.5) / (n + 0.5))

    def best(self, query: str, k: int) -> Sequence[tuple[int, float]]:
        """The ``k`` best texts, as (place, score), best first, of equals the first; only those that share a word. A
        word that the query repeats counts as often.
        """
        scores: defaultdict[int, float] = defaultdict(float)
        mean = sum(self._lengths) / max(1, len(self._lengths))
        for word, times in Counter(words(query)).items():
            rarity = self.rarity(word)
            for place, count in self._found.get(word, ()):
                long = 1 - self.b + self.b * self._lengths[place] / mean
                scores[place] += times * rarity * count * (self.k1 + 1) / (count + self.k1 * long)
        return heapq.nsmallest(k, scores.items(), key=lambda pair: (-pair[1], pair[0]))
