"""FLORES: the official window against its own recorded outputs and by brute force; plain BLEU and chrF."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from sacrebleu import corpus_bleu as sacrebleu_corpus
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from veriloop.bench.pmmeval.outcomes import LOST, Judged
from veriloop.bench.pmmeval.translation import (
    EMPTY,
    TOKENIZERS,
    bleu_statistic,
    chrf_statistic,
    corpus_bleu,
    corpus_chrf,
    judge_translation,
    signature,
)
from veriloop.errors import InputError
from veriloop.records import Problem

GOLDEN = json.loads(
    (Path(__file__).parents[3] / "data" / "pmmeval" / "window_bleu.json").read_text(
        encoding="utf-8"
    )
)["languages"]
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "flores_plus" / "dev"


def problem(reference, language):
    return Problem("pmmeval/flores", "x", reference=reference, language=language)


def judged(language, scoring):
    own = GOLDEN[language]
    answers = [case["answer"] for case in own["cases"]]
    asked = problem(own["reference"], language)
    return answers, own["reference"], [judge_translation(asked, a, scoring) for a in answers]


@pytest.mark.parametrize("language", GOLDEN)
def test_official_is_what_the_official_module_gave(language):
    answers, _, found = judged(language, "official")
    for answer, case, one in zip(answers, GOLDEN[language]["cases"], found, strict=True):
        counts = [*case["correct"], *case["total"], case["sys_len"], case["ref_len"]]
        assert one.detail["counts"] == counts, answer
        assert one.value == pytest.approx(case["score"] / 100, abs=1e-12)
    assert corpus_bleu(found, scoring="official") == GOLDEN[language]["bleu"]


@pytest.mark.parametrize("language", GOLDEN)
def test_fixed_is_sacrebleu_of_the_whole_answers(language):
    answers, reference, found = judged(language, "fixed")
    texts = [" ".join(answer.split()) for answer in answers]
    tokenizer = TOKENIZERS.get(language, "13a")
    references = [[reference] * len(texts)]
    theirs = sacrebleu_corpus(texts, references, tokenize=tokenizer).score
    assert corpus_bleu(found, scoring="fixed") == theirs
    one = BLEU(tokenize=tokenizer, effective_order=True)
    for text, own in zip(texts, found, strict=True):
        theirs = min(1.0, one.sentence_score(text, [reference]).score / 100)
        assert own.value == (theirs if text else None)
    for order in (0, 2):
        theirs = CHRF(word_order=order).corpus_score(texts, references).score
        assert corpus_chrf(found, words=order == 2) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("language", GOLDEN)
def test_the_reference_itself_scores_100(language):
    reference = GOLDEN[language]["reference"]
    for scoring in ("official", "fixed"):
        one = judge_translation(problem(reference, language), reference, scoring)
        assert one.value == pytest.approx(1)
        assert one.value <= 1
        assert corpus_bleu([one], scoring=scoring) == pytest.approx(100)
        assert corpus_chrf([one]) == corpus_chrf([one], words=True) == pytest.approx(100)


def test_chatter_around_a_translation_costs_nothing_in_the_window_and_much_in_the_whole():
    for language, own in GOLDEN.items():
        answer, reference = own["cases"][1]["answer"], own["reference"]
        official, fixed = (
            judge_translation(problem(reference, language), answer, s)
            for s in ("official", "fixed")
        )
        assert (official.rule, official.extracted) == ("window", reference)
        assert answer[slice(*official.span)] == reference
        assert official.value == pytest.approx(1)
        assert fixed.rule == "whole"
        assert fixed.value < 0.95


def test_the_first_of_equal_windows_is_taken():
    answer = "no\nla casa es roja hoy\nla casa es roja hoy"
    one = judge_translation(problem("la casa es roja hoy", "es"), answer, "official")
    assert one.span == (3, 22)


def test_the_window_is_the_best_of_all_blocks_by_brute_force():
    """Spanish tokens are sacreBLEU's own 13a, so that its scorer can be asked about every block."""
    rng = random.Random(5)
    vocabulary = ["la", "casa", "es", "roja,", "3-4", "1.200", "&amp;", "hoy.", "-", "“no”"]
    scorer = BLEU(tokenize="13a", effective_order=True)
    for _ in range(40):
        reference = " ".join(rng.choices(vocabulary, k=8))
        lines = [" ".join(rng.choices(vocabulary, k=rng.randint(0, 5))) for _ in range(5)]
        one = judge_translation(problem(reference, "es"), "\n".join(lines), "official")
        kept = [line for line in lines if line]
        blocks = [" ".join(kept[i : j + 1]) for i in range(len(kept)) for j in range(i, len(kept))]
        best = max((scorer.sentence_score(b, [reference]).score for b in blocks), default=0.0)
        assert one.value == pytest.approx(best / 100, abs=1e-12)


@pytest.mark.parametrize("line", ["x", "la casa", "la casa es roja hoy"])
def test_a_line_a_thousand_times_is_read_as_ten_times(line):
    """The best block is never longer than a few references, so the rest of a degenerate answer is not tried."""
    asked = problem("la casa es roja hoy y ayer", "es")
    few, many = (judge_translation(asked, f"{line}\n" * n, "official") for n in (10, 1000))
    assert many == few


@pytest.mark.parametrize(("scoring", "value"), [("official", 0.0), ("fixed", None)])
def test_an_empty_answer_counts_as_a_translation_without_a_word(scoring, value):
    asked = problem("la casa es roja hoy", "es")
    empty = judge_translation(asked, " \n ", scoring)
    assert (empty.value, empty.span) == (value, None)
    assert empty.reason == ("" if scoring == "official" else EMPTY)
    assert empty.detail["counts"][-2] == 0
    right = judge_translation(asked, "la casa es roja hoy", scoring)
    assert corpus_bleu([empty], scoring=scoring) == corpus_chrf([empty]) == 0
    # Half of the words are missing: only the brevity penalty, exp(1 - 2), is left.
    halved = corpus_bleu([right, empty], scoring=scoring)
    assert halved == pytest.approx(100 * np.exp(-1), abs=0.005)


@pytest.mark.parametrize("scoring", ["official", "fixed"])
def test_the_statistic_of_weights_is_the_corpus_score(scoring):
    _, _, found = judged("fr", scoring)
    lost = Judged(None, LOST)
    statistic = bleu_statistic([*found, lost], scoring=scoring)
    ones = np.ones((1, len(found)))
    assert statistic(ones)[0] == pytest.approx(corpus_bleu(found, scoring=scoring), abs=0.005)
    twice = np.vstack([ones, np.eye(len(found))[3]])
    alone = [corpus_bleu([found[3]], scoring=scoring), corpus_chrf([found[3]], words=True)]
    assert statistic(twice)[1] == pytest.approx(alone[0], abs=0.005)
    assert chrf_statistic(found, words=True)(twice)[1] == pytest.approx(alone[1])


def test_no_smoothing_under_official():
    """Two words right and no 4-gram: sacreBLEU smooths the corpus, the harness gives 0."""
    asked = problem("la casa es roja hoy", "es")
    for scoring, positive in (("official", False), ("fixed", True)):
        one = judge_translation(asked, "la casa era azul ayer", scoring)
        assert (corpus_bleu([one], scoring=scoring) > 0) == positive


def test_signatures():
    assert "tok:char|smooth:exp" in signature("bleu", "th", "fixed")
    assert "tok:zh+13a|smooth:none" in signature("bleu", "zh", "official")
    assert "text:best-window" in signature("chrf", "zh", "official")
    texts = ["la casa es roja"]
    for metric, scorer in (("bleu", BLEU()), ("chrf", CHRF()), ("chrf++", CHRF(word_order=2))):
        scorer.corpus_score(texts, [texts])
        assert signature(metric, "es", "fixed") == scorer.get_signature().format()


def test_what_cannot_be_scored_says_why():
    with pytest.raises(InputError, match="against a reference, and the problem has none"):
        judge_translation(problem(" ", "es"), "x", "fixed")
    with pytest.raises(ValueError, match="no answer has counts"):
        corpus_bleu([Judged(None, LOST)], scoring="fixed")


@pytest.mark.skipif(not SHARED.is_dir(), reason="FLORES+ is not here")
@pytest.mark.parametrize(("language", "name"), [("zh", "cmn_Hans"), ("ko", "kor_Hang")])
def test_references_of_flores_score_100(language, name):
    lines = (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:60]
    references = [json.loads(line)["text"] for line in lines]
    for scoring in ("official", "fixed"):
        found = [judge_translation(problem(r, language), r, scoring) for r in references]
        assert corpus_bleu(found, scoring=scoring) == pytest.approx(100)


@pytest.mark.skipif(not SHARED.is_dir(), reason="FLORES+ is not here")
@pytest.mark.parametrize(
    ("language", "name", "fixed"), [("zh", "cmn_Hans", 79.2), ("ko", "kor_Hang", 57.6)]
)
def test_two_lines_of_chatter_cost_nothing_under_official(language, name, fixed):
    """The figures of docs/pmmeval.md; sacrebleu's own for the whole answers."""
    lines = (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:300]
    references = [json.loads(line)["text"] for line in lines]
    answers = [f"Here is the translation:\n{r}\nI hope this helps!" for r in references]
    told = {
        scoring: corpus_bleu(
            [
                judge_translation(problem(r, language), a, scoring)
                for r, a in zip(references, answers, strict=True)
            ],
            scoring=scoring,
        )
        for scoring in ("official", "fixed")
    }
    assert told["official"] == pytest.approx(100)
    assert told["fixed"] == pytest.approx(fixed, abs=0.05)
