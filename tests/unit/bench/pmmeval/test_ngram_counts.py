"""Counts and scores of n-grams against sacreBLEU, text by text and summed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from veriloop.bench.pmmeval.ngram_counts import (
    Reference,
    bleu_of,
    chrf_counts,
    chrf_of,
    exact_bleu,
)

TEXT = st.lists(st.sampled_from(["a", "b", "c", "(a", "b.", "!", "d-e", "图"]), max_size=12).map(
    " ".join
)
PAIRS = st.lists(st.tuples(TEXT, TEXT.filter(bool)), min_size=1, max_size=5)
ONE = np.ones((1, 1))


def counts(text, reference):
    return Reference.of(reference.split()).counts(text.split())


@settings(max_examples=80)
@given(TEXT, TEXT.filter(bool))
def test_bleu_of_one_text(text, reference):
    own = counts(text, reference)
    theirs = BLEU(tokenize="none", effective_order=True).sentence_score(text, [reference])
    assert [*own] == [*theirs.counts, *theirs.totals, theirs.sys_len, theirs.ref_len]
    assert exact_bleu(own, smooth=True, effective=True) == theirs.score
    assert bleu_of(own[None], smooth=True, effective=True)[0] == pytest.approx(
        theirs.score, abs=1e-9
    )


@settings(max_examples=50)
@given(PAIRS)
def test_summed_counts_give_the_corpus_scores(pairs):
    texts, references = zip(*pairs, strict=True)
    rows = np.array([counts(*pair) for pair in pairs])
    for method in ("exp", "none"):
        theirs = BLEU(tokenize="none", smooth_method=method).corpus_score(texts, [references])
        own = bleu_of(rows.sum(axis=0, keepdims=True), smooth=method == "exp")
        assert own[0] == pytest.approx(theirs.score, abs=1e-9)
    rows = np.array([chrf_counts(*pair) for pair in pairs], float)
    for order in (0, 2):
        theirs = CHRF(word_order=order).corpus_score(texts, [references])
        own = chrf_of(rows.sum(axis=0, keepdims=True), words=order == 2)
        assert own[0] == pytest.approx(theirs.score, abs=1e-9)


@settings(max_examples=40)
@given(st.lists(TEXT.map(str.split), min_size=1, max_size=5), TEXT.filter(bool))
def test_blocks_are_the_counts_of_the_pieces_joined(pieces, reference):
    against = Reference.of(reference.split())
    for first, rows in enumerate(against.blocks(pieces)):
        for last, row in enumerate(rows, first):
            joined = [token for piece in pieces[first : last + 1] for token in piece]
            assert [*row] == [*against.counts(joined)]


def test_a_text_of_an_order_too_few_scores_zero_unless_orders_are_effective():
    row = counts("a b", "a b")[None]
    assert bleu_of(row, smooth=True)[0] == 0
    assert bleu_of(row, smooth=True, effective=True)[0] == pytest.approx(100)
