r"""Texts as words for comparison, and how much of one text stands in another: equality and shared n-grams.

Words are what a reader calls the same: case, Unicode spelling, punctuation of prose and the dress of LaTeX (``$``,
``\left``, spacing, ``\text{...}``, ``\dfrac`` for ``\frac``) do not count; numbers, operators and names of
commands do. What an overlap means is the caller's business; nothing here knows of problems or evaluation sets.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import final

import numpy as np
import xxhash
from numpy.typing import NDArray

NUMBER = "#"
"""The word that stands for every number where numbers are not to count."""

_GONE = (
    "left right big bigl bigr bigg biggl biggr quad qquad displaystyle textstyle text textbf textit textrm "
    "mathrm mathbf mathit operatorname mbox emph item limits ldots dots cdots hspace vspace noindent"
)
_SPELT: Mapping[str, str] = {
    **{f"\\{name}": "" for name in _GONE.split()},
    "\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\cfrac": "\\frac",
    "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "≤": "<=",
    "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "≥": ">=",
    "\\ne": "≠", "\\neq": "≠", "\\cdot": "*", "\\times": "*", "×": "*", "⋅": "*", "·": "*",
    "\\div": "/", "÷": "/", "−": "-", "–": "-", "\\degree": "°", "\\circ": "°",
    "\\pi": "π", "\\sqrt": "√", "\\infty": "∞", "\\angle": "∠", "\\triangle": "△",
    "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\theta": "θ", "\\lambda": "λ",
}  # fmt: skip

_PICTURED = "picture"
_PICTURE = re.compile(r"\[asy\](.*?)\[/asy\]", re.DOTALL)
_FRAME = re.compile(r"\\(?:begin|end)\s*\{\w+\*?\}")
_THOUSANDS = re.compile(r"(?<=\d)(?:,\\!|\{,\}|\\,|,)(?=\d{3}(?!\d))")
_DIGITS = re.compile(r"(\\[dtc]?frac)\s*(\d)(\d)")  # TeX reads one digit each: \frac12 is a half
_ZEROS = re.compile(r"(\.\d*?)0+$")
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # written without spaces, with kana
_WORD = re.compile(
    rf"\\[a-z]+|\\.|\d+(?:\.\d+)?|[{_HAN}]|[^\W\d_{_HAN}]+|<=|>=|_+|[-+*/=<>^%()|≤≥≠×⋅·÷−–°√∞∠△]",
    re.DOTALL,
)


def words(text: str, *, numbers: bool = True) -> tuple[str, ...]:
    r"""The words of a text. Without ``numbers``, every number is the same word.

    A picture (``[asy]...[/asy]``) is one word, named by a hash of its code, and a Han or kana character is one.

    >>> words(r"Compute $\left(\dfrac{1}{2}\right)^2$, please!")
    ('compute', '(', '\\frac', '1', '2', ')', '^', '2', 'please')
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.lower()
    if "[asy]" in text:
        text = _PICTURE.sub(_picture, text)
    if "\\" in text:
        text = _DIGITS.sub(r"\1 \2 \3", _FRAME.sub(" ", text))
    found = _WORD.findall(_HYPHEN.sub(" ", _THOUSANDS.sub("", text)))
    return tuple(filter(None, [_spelt(word, numbers) for word in found]))


def telling(text: Sequence[str]) -> Counter[str]:
    """The words in which problems of one story differ: numbers and pictures, each with how often it stands there."""
    return Counter(word for word in text if word[0].isdecimal() or word.startswith(_PICTURED))


def _picture(match: re.Match[str]) -> str:
    name = xxhash.xxh3_64_intdigest(
        "".join(match.group(1).split()).encode("utf-8", "surrogatepass")
    )
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in f"{name:016x}")
    return f" {_PICTURED}{letters} "  # letters alone, so that it is one word


@lru_cache(maxsize=1 << 16)
def _spelt(word: str, numbers: bool) -> str:
    first = word[0]
    if first == "\\":
        if len(word) == 2 and not word[1].isalpha():
            return "%" if word == "\\%" else ""  # spacing, escaped braces and dollars
        return _SPELT.get(word, word)
    if first == "_":
        return "_"
    if first.isdecimal():
        if not numbers:
            return NUMBER
        return _ZEROS.sub(r"\1", word).rstrip(".") if "." in word else word
    return _SPELT.get(word, word)


@final
@dataclass(frozen=True)
class Overlap:
    """A text has runs of n or more words in common with ``document`` of the index.

    ``share`` is how many words of either stand in them (the smaller number, since a run of one may stand twice in
    the other), over the length of the shorter of the two.
    """

    document: int
    share: float


@final
@dataclass(frozen=True, eq=False)
class Ngrams:
    """The n-grams of many texts, for finding which of them stand in others.

    The shorter of two texts may stand anywhere in the longer, whatever else that says. A text of fewer than n
    words has no n-gram and is never found. An n-gram that stands in more than ``common`` documents ("put your
    answer in a box") counts in a share, but two texts that have no other in common are not found: otherwise every
    text would be compared with every document.
    """

    n: int
    documents: tuple[tuple[str, ...], ...] = field(repr=False)
    common: int = 100
    _vocabulary: dict[str, int] = field(init=False, repr=False)
    _keys: NDArray[np.uint64] = field(init=False, repr=False)
    _maybe: NDArray[np.bool_] = field(init=False, repr=False)
    _places: NDArray[np.int64] = field(init=False, repr=False)
    _starts: NDArray[np.int64] = field(init=False, repr=False)
    _owners: NDArray[np.int64] = field(init=False, repr=False)
    _lengths: NDArray[np.int64] = field(init=False, repr=False)
    _rare: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vocabulary: dict[str, int] = {}
        for document in self.documents:
            for word in document:
                vocabulary.setdefault(word, len(vocabulary) + 1)
        object.__setattr__(self, "_vocabulary", vocabulary)
        flat, owners = self._flat(self.documents)
        hashes, places = self._hashes(flat)
        order = np.argsort(hashes, kind="stable")
        keys, starts = np.unique(hashes[order], return_index=True)
        maybe = np.zeros(1 << _BITS, bool)
        maybe[keys >> np.uint64(64 - _BITS)] = True
        object.__setattr__(self, "_keys", keys)
        object.__setattr__(self, "_maybe", maybe)
        object.__setattr__(self, "_places", places[order])
        object.__setattr__(self, "_starts", np.append(starts, len(order)))
        object.__setattr__(self, "_owners", owners)
        lengths = np.fromiter(map(len, self.documents), np.int64, len(self.documents))
        object.__setattr__(self, "_lengths", lengths)
        # Places are in order within a key, and so are their owners: each change is another document.
        held_by = owners[places[order]]
        new = np.ones(len(order), np.int64)
        new[1:] = held_by[1:] != held_by[:-1]
        new[starts] = 1
        held = np.add.reduceat(new, starts) if len(starts) else new
        object.__setattr__(self, "_rare", held <= self.common)

    def overlaps(self, texts: Sequence[Sequence[str]], least: float = 0.0) -> list[list[Overlap]]:
        """For each text (as words), the documents it shares at least ``least`` with, the largest share first."""
        found: list[list[Overlap]] = [[] for _ in texts]
        flat, owners = self._flat(texts)
        hashes, places = self._hashes(flat)
        likely = np.flatnonzero(self._maybe[hashes >> np.uint64(64 - _BITS)])
        hashes, places = hashes[likely], places[likely]
        at = np.searchsorted(self._keys, hashes)
        at[at == len(self._keys)] = 0
        hits = np.flatnonzero(self._keys[at] == hashes) if len(self._keys) else likely[:0]
        places, at = places[hits], at[hits]
        rare = self._rare[at]
        more = self.n * np.bincount(owners[places[~rare]], minlength=len(texts))
        names, covered = self._covered(owners, places[rare], keys=at[rare])
        text, document = np.divmod(names, max(len(self.documents), 1))
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        shorter = np.minimum(lengths[text], self._lengths[document])
        enough = covered + more[text] >= least * shorter
        pairs = np.stack([text, document, covered, shorter])[:, enough]
        for i, j, both, length in pairs.T.tolist():
            if more[i]:
                both = _covered_by_both(texts[int(i)], self.documents[j], self.n)
            if both >= least * length:
                found[i].append(Overlap(j, both / length))
        for overlaps in found:
            overlaps.sort(key=lambda overlap: (-overlap.share, overlap.document))
        return found

    def _covered(
        self, owners: NDArray[np.int64], heard: NDArray[np.int64], *, keys: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (text * documents + document), and words in common runs, of n-grams found at ``heard``."""
        counts = self._starts[keys + 1] - self._starts[keys]
        first = np.repeat(self._starts[keys] - np.cumsum(counts) + counts, counts)
        said = self._places[first + np.arange(len(first))]
        heard = np.repeat(heard, counts)
        pairs = owners[heard] * len(self.documents) + self._owners[said]
        names, there = _runs(pairs, said, self.n)
        _, here = _runs(pairs, heard, self.n)
        return names, np.minimum(here, there)

    def _flat(self, texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Numbers of all words, a 0 after each text and for unknown words, and whose each is."""
        known = self._vocabulary.get
        numbers: list[int] = []
        for text in texts:
            numbers += [known(word, 0) for word in text]
            numbers.append(0)
        lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
        return np.array(numbers, np.uint64), np.repeat(np.arange(len(texts)), lengths)

    def _hashes(self, flat: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Hashes of the n-grams without a 0, and where each begins."""
        windows = max(len(flat) - self.n + 1, 0)
        zeros = np.cumsum(np.append(0, flat == 0))
        places = np.flatnonzero(zeros[self.n : self.n + windows] == zeros[:windows])
        factors = np.random.default_rng(self.n).integers(0, 2**64, self.n, np.uint64) | np.uint64(1)
        hashes = np.zeros(len(places), np.uint64)
        for offset, factor in enumerate(factors):
            hashes += flat[places + offset] * factor
        return hashes ^ (hashes >> np.uint64(29)), places


def _covered_by_both(one: Sequence[str], other: Sequence[str], n: int) -> int:
    """The words of either text in n-grams of both, in the text that has fewer."""
    texts = (tuple(one), tuple(other))
    grams = [[text[i : i + n] for i in range(len(text) - n + 1)] for text in texts]
    both = set(grams[0]) & set(grams[1])
    covered = [set[int](), set[int]()]
    for places, found in zip(covered, grams, strict=True):
        for place, gram in enumerate(found):
            if gram in both:
                places.update(range(place, place + n))
    return min(map(len, covered))


def _runs(
    pairs: NDArray[np.int64], places: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct pairs, and how many words the n-grams that begin at their places cover together."""
    order = np.lexsort((places, pairs))
    pairs, places = pairs[order], places[order]
    new = np.ones(len(pairs), bool)
    new[1:] = pairs[1:] != pairs[:-1]
    # A place that stands twice covers nothing new.
    steps = np.where(new, n, np.minimum(n, np.diff(places, prepend=0)))
    begins = np.flatnonzero(new)
    covered = np.add.reduceat(steps, begins) if len(begins) else steps
    return pairs[begins], covered


_BITS = 24  # of a hash, for a first look that most n-grams of other texts do not pass: 16 MB
