"""Counts of n-grams that BLEU and chrF are made of, and the two scores of counts that are summed over items.

BLEU's counts are a row: n-grams that are in the reference too, at most as often as there, by order 1 to 4; all n-grams
by order; the two lengths in tokens, the reference's last. Scores take rows of sums: a resample of a bootstrap is one.
The formulas are sacreBLEU's (Post 2018, W18-6319; chrF: Popović 2015, W15-3049; chrF++: Popović 2017, W17-4770) and its
own where it gives them as functions. What a translation's tokens are, and which text is scored, is the business of
``translation``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np

from veriloop.bench.statistics import Floats
from veriloop.errors import MissingExtra

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

BLEU_ORDERS = 4
CHARACTERS, WORDS, BETA = 6, 2, 2.0  # orders of chrF++ and its weight of recall; chrF has no words

Gram: TypeAlias = "tuple[str, ...]"

_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@final
@dataclass(frozen=True)
class Reference:
    """A reference's n-grams. Made once, since an official answer is compared with it in many blocks of lines."""

    grams: Counter[Gram]
    length: int

    @staticmethod
    def of(tokens: Sequence[str]) -> Reference:
        """The reference of these tokens."""
        return Reference(Counter(gram for grams in _grams(tokens) for gram in grams), len(tokens))

    def counts(self, tokens: Sequence[str]) -> Floats:
        """The row of one text."""
        return next(self.blocks([tokens]))[0]

    def blocks(
        self, pieces: Sequence[Sequence[str]], *, longest: float = math.inf
    ) -> Iterator[Floats]:
        """For each piece, the counts of the tokens from it to the end of each later one, as rows: of blocks of at most
        ``longest`` tokens, and of each piece alone.
        """
        tokens = [token for piece in pieces for token in piece]
        ends = np.cumsum([len(piece) for piece in pieces]).tolist()
        found = [[gram for gram in grams if gram in self.grams] for grams in _grams(tokens)]
        start = 0
        for first, end in enumerate(ends):
            stop = max(first + 1, bisect_right(ends, start + longest))
            correct = self._matches(found, start, ends[first:stop])
            lengths = np.asarray(ends[first:stop], float)[:, None] - start
            total = np.maximum(lengths - np.arange(BLEU_ORDERS), 0)
            wanted = np.full_like(lengths, self.length)
            yield np.hstack([correct, total, lengths, wanted])
            start = end

    def _matches(self, found: Sequence[Sequence[Gram]], start: int, ends: Sequence[int]) -> Floats:
        """Matches by order of the tokens from ``start`` to each of ``ends``. ``found[i]`` are the n-grams of the
        reference that end with token i.
        """
        correct = [0] * BLEU_ORDERS
        seen: dict[Gram, int] = {}
        rows: list[list[int]] = []
        at = start
        for end in ends:
            for last in range(at, end):
                for gram in found[last]:
                    before = seen.get(gram, 0)
                    if last - len(gram) + 1 >= start and before < self.grams[gram]:
                        seen[gram] = before + 1
                        correct[len(gram) - 1] += 1
            rows.append([*correct])
            at = end
        return np.asarray(rows, float)


def _grams(tokens: Sequence[str]) -> list[list[Gram]]:
    """For each token, the n-grams that end with it."""
    return [
        [tuple(tokens[i - order : i + 1]) for order in range(min(BLEU_ORDERS, i + 1))]
        for i in range(len(tokens))
    ]


def chrf_counts(text: str, reference: str) -> list[int]:
    """For each order, 1 to 6 of characters and then 1 to 2 of words: n-grams of the text, of the reference, in both."""
    found: list[int] = []
    for own, other in zip(_chrf_grams(text), _chrf_grams(reference), strict=True):
        # As sacreBLEU: where the reference has no n-gram of an order, the text's are not counted.
        found += [own.total() if other else 0, other.total(), (own & other).total()]
    return found


def _chrf_grams(text: str) -> list[Counter[str]]:
    joined, words = "".join(text.split()), _words(text)
    characters = [
        Counter(joined[i : i + n] for i in range(len(joined) - n + 1))
        for n in range(1, CHARACTERS + 1)
    ]
    return characters + [
        Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
        for n in range(1, WORDS + 1)
    ]


def _words(text: str) -> list[str]:
    """Words with one mark of punctuation set apart, the last or else the first."""
    found: list[str] = []
    for word in text.split():
        if len(word) > 1 and word[-1] in _PUNCTUATION:
            found += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in _PUNCTUATION:
            found += [word[0], word[1:]]
        else:
            found.append(word)
    return found


def bleu_of(sums: Floats, *, smooth: bool, effective: bool = False) -> Floats:
    """BLEU in points of 100 for each row of summed counts.

    ``smooth`` halves the precision of each order without a match once more (NIST; sacreBLEU's ``exp``). An order
    without an n-gram makes the score 0, or is left out under ``effective``.
    """
    sums = np.asarray(sums, float)
    correct, total = sums[:, :BLEU_ORDERS], sums[:, BLEU_ORDERS : 2 * BLEU_ORDERS]
    said, wanted = sums[:, -2], sums[:, -1]
    missed = (correct == 0) & (total > 0) if smooth else np.zeros_like(correct, bool)
    halved = 2.0 ** -np.cumsum(missed, axis=1)
    top = np.where(missed, halved, correct)
    precisions = np.divide(top, total, out=np.zeros_like(top), where=total > 0)
    with np.errstate(divide="ignore"):
        logs = np.log(precisions)
    there = total > 0 if effective else np.ones_like(missed)
    mean = np.where(there, logs, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    ratio = np.divide(wanted, said, out=np.ones_like(said), where=said > 0)
    points = 100 * np.exp(mean + np.minimum(0.0, 1 - ratio))
    return np.where(correct.any(axis=1), points, 0.0)


def exact_bleu(counts: Iterable[float], *, smooth: bool, effective: bool = False) -> float:
    """``bleu_of`` of one row of counts: sacreBLEU's own float."""
    row = [int(x) for x in counts]
    scored = sacrebleu_bleu().compute_bleu(
        correct=row[:BLEU_ORDERS],
        total=row[BLEU_ORDERS : 2 * BLEU_ORDERS],
        sys_len=row[-2],
        ref_len=row[-1],
        smooth_method="exp" if smooth else "none",
        effective_order=effective,
    )
    return scored.score


def chrf_of(sums: Floats, *, words: bool) -> Floats:
    """ChrF in points of 100, chrF++ with ``words``, for each row of summed ``chrf_counts``.

    Precision and recall are means over the orders of which both texts have n-grams.
    """
    sums = np.asarray(sums, float)
    orders = CHARACTERS + (WORDS if words else 0)
    said, wanted, both = (sums[:, k : 3 * orders : 3] for k in range(3))
    there = (said > 0) & (wanted > 0)
    count = np.maximum(there.sum(axis=1), 1)
    precision = np.divide(both, said, out=np.zeros_like(both), where=there).sum(axis=1) / count
    recall = np.divide(both, wanted, out=np.zeros_like(both), where=there).sum(axis=1) / count
    bottom = BETA**2 * precision + recall
    top = (1 + BETA**2) * precision * recall
    return 100 * np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


@cache
def sacrebleu_bleu() -> type[BLEU]:
    """The class of sacreBLEU. Raises MissingExtra where it is not installed."""
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise MissingExtra("sacrebleu", "eval", "scoring translations") from error
    return BLEU
