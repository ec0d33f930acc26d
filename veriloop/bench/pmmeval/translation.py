"""FLORES: BLEU as the official harness computes it, plain BLEU, and chrF, all of counts that add up over items.

``official`` scores of each answer the block of lines with the best sentence BLEU, the first among equals, so that
chatter around a translation costs nothing; its corpus BLEU is not smoothed. ``fixed`` scores the whole answer as
sacreBLEU does. Counts are kept with each item (``ngram_counts``), so that a corpus score can be computed again for
any weights. No metric that needs a model is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from veriloop.bench.pmmeval.ngram_counts import (
    CHARACTERS,
    WORDS,
    Reference,
    bleu_of,
    chrf_counts,
    chrf_of,
    exact_bleu,
    sacrebleu_bleu,
)
from veriloop.bench.pmmeval.outcomes import Judged
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.bench.statistics import Floats, Statistic
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem

Metric: TypeAlias = Literal["bleu", "chrf", "chrf++"]
Tokenize: TypeAlias = "Callable[[str], list[str]]"

EMPTY = "the answer is empty"
TOKENIZERS: Mapping[str, str] = {"zh": "zh", "ja": "char", "ko": "char", "th": "char"}
"""sacreBLEU's tokenizer of each language under ``fixed``, else 13a. Its own for Japanese and Korean need MeCab."""

_CLOSE = 1e-6  # points of BLEU: more than two ways of computing it can differ by
_SPACED = {"ja", "ko", "th"}
# What the official harness puts spaces around: CJK, Hangul with its extensions A and B, Thai.
_APART = re.compile("[\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\u0e00-\u0e7f]")


def judge_translation(
    problem: Problem, answer: str, scoring: Scoring, *, cut: bool = False
) -> Judged:
    """The answer's sentence BLEU (effective order, smoothed) in [0, 1], with the counts of corpus BLEU and chrF.

    An empty answer has no value under ``fixed`` and 0 under ``official``; under both its counts are those of a
    translation without a word. One that was ``cut`` is scored as it stands.

    Raises InputError where the problem has no reference translation.
    """
    if problem.reference is None or not problem.reference.strip():
        raise InputError("a translation is scored against a reference, and the problem has none")
    if scoring == "official":
        return _window(answer, problem.reference, _official_tokens(problem.language))
    text, reference = " ".join(answer.split()), " ".join(problem.reference.split())
    tokens = _tokens_of(TOKENIZERS.get(problem.language, "13a"))
    counts = Reference.of(tokens(reference)).counts(tokens(text))
    detail = _detail(counts, text, reference)
    if not text:
        return Judged(None, EMPTY, detail=detail)
    start = len(answer) - len(answer.lstrip())
    span = (start, start + len(answer.strip()))
    return Judged(_share(counts), "", "whole", answer[slice(*span)], span, detail)


def corpus_bleu(judged: Iterable[Judged], *, scoring: Scoring) -> float:
    """BLEU in points of 100, to 2 decimals under ``official``. Unreadable answers count by their counts.

    What has no counts (an answer that never came) is left out. Raises ValueError where nothing is left.
    """
    score = exact_bleu(_table(judged, "counts").sum(axis=0), smooth=scoring != "official")
    return round(score, 2) if scoring == "official" else score


def corpus_chrf(judged: Iterable[Judged], *, words: bool = False) -> float:
    """ChrF in points of 100, chrF++ with ``words``. Which answers count is as in ``corpus_bleu``."""
    return float(chrf_of(_table(judged, "chrf").sum(axis=0, keepdims=True), words=words)[0])


def bleu_statistic(judged: Iterable[Judged], *, scoring: Scoring) -> Statistic:
    """``corpus_bleu`` as a function of weights, one for each item with counts, in order; not rounded."""
    table = _table(judged, "counts")
    return lambda weights: bleu_of(weights @ table, smooth=scoring != "official")


def chrf_statistic(judged: Iterable[Judged], *, words: bool = False) -> Statistic:
    """``corpus_chrf`` as a function of weights, one for each item with counts, in order."""
    table = _table(judged, "chrf")
    return lambda weights: chrf_of(weights @ table, words=words)


def signature(metric: Metric, language: str, scoring: Scoring) -> str:
    """A corpus score's signature in the form of sacreBLEU's, with what sacreBLEU has no word for under ``official``."""
    sacrebleu_bleu()
    import sacrebleu

    tail = f"version:{sacrebleu.__version__}"
    if scoring == "official":
        tail += "|text:best-window"
    if metric != "bleu":
        words = WORDS if metric == "chrf++" else 0
        return f"nrefs:1|case:mixed|eff:yes|nc:{CHARACTERS}|nw:{words}|space:no|{tail}"
    if scoring == "fixed":
        name, smooth = TOKENIZERS.get(language, "13a"), "exp"
    else:
        own = {"zh": "zh+13a"} | dict.fromkeys(_SPACED, "spaced-characters+13a")
        name, smooth = own.get(language, "13a"), "none"
    return f"nrefs:1|case:mixed|eff:no|tok:{name}|smooth:{smooth}|{tail}"


def _window(answer: str, reference: str, tokens: Tokenize) -> Judged:
    """The block of lines of the highest sentence BLEU, the first among equals.

    13a sets every space apart, so a line's tokens do not depend on its neighbours and blocks grow line by line. The
    best are found in one sweep, and sacreBLEU's own float decides among them.
    """
    against = Reference.of(tokens(reference))
    lines = list(_lines(answer))
    split = [tokens(answer[slice(*span)]) for span in lines]
    best, counts, span = -1.0, against.counts([]), (0, 0)
    # No precision of a block, smoothed or not, is above twice the reference's length over its own.
    short = against.blocks(split, longest=2 * against.length)
    good = max((bleu_of(rows, smooth=True, effective=True).max() for rows in short), default=0.0)
    longest = 200 * against.length / (good - _CLOSE) if good > _CLOSE else 0
    for first, rows in enumerate(against.blocks(split, longest=longest)):
        near = bleu_of(rows, smooth=True, effective=True)
        for last in np.flatnonzero(near >= max(best, near.max()) - _CLOSE):
            points = exact_bleu(rows[last], smooth=True, effective=True)
            if points > best:
                best, counts, span = points, rows[last], (lines[first][0], lines[first + last][1])
    text = answer[slice(*span)]
    detail = _detail(counts, text, reference)
    if not lines:
        return Judged(0.0, "", "none", detail=detail)
    return Judged(_share(counts), "", "window", text, span, detail)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where the lines are that hold more than space, without the space around them."""
    start = 0
    for line in text.split("\n"):
        if own := line.strip():
            begin = start + len(line) - len(line.lstrip())
            yield begin, begin + len(own)
        start += len(line) + 1


def _share(counts: Floats) -> float:
    """Points as a share; sacreBLEU's can exceed 100 by a rounding error."""
    return min(1.0, exact_bleu(counts, smooth=True, effective=True) / 100)


def _detail(counts: Floats, text: str, reference: str) -> dict[str, Json]:
    return {"counts": [int(x) for x in counts], "chrf": chrf_counts(text, reference)}


@cache
def _official_tokens(language: str) -> Tokenize:
    """By language, then 13a, then 13a once more inside the harness's scorer."""
    sacrebleu_bleu()
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

    chinese, last = TokenizerZh(), Tokenizer13a()

    def tokens(text: str) -> list[str]:
        if language == "zh":
            return last(last(chinese(text))).split()
        apart = _APART.sub(r" \g<0> ", text) if language in _SPACED else text
        return last(last(" ".join(apart.split()))).split()

    return tokens


@cache
def _tokens_of(tokenizer: str) -> Tokenize:
    own = sacrebleu_bleu()(tokenize=tokenizer).tokenizer
    return lambda text: own(text).split()


def _table(judged: Iterable[Judged], name: Literal["counts", "chrf"]) -> Floats:
    """The counts of those that have them, as rows."""
    rows = [one.detail[name] for one in judged if name in one.detail]
    if not rows:
        raise ValueError("no answer has counts: a corpus score needs at least one")
    return np.asarray(rows, float)
