"""MGSM: answers recorded for every rule and reason in ten languages, and the official reading beside the fixed one."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.pmmeval.numbers import (
    CUT,
    CUT_OFF,
    EMPTY,
    NO_NUMBER,
    ONLY_THOUGHT,
    judge_number,
    official_number,
    written,
)
from veriloop.bench.pmmeval.phrases import phrases
from veriloop.bench.pmmeval.tasks import LANGUAGES, SCORINGS
from veriloop.errors import InputError
from veriloop.records import Problem

DATA = Path(__file__).resolve().parents[3] / "data" / "pmmeval_answers"
RULES = {"boxed", "lead-in", "hashes", "alone", "last line", "last number"}
REASONS = {EMPTY, NO_NUMBER, ONLY_THOUGHT, CUT, CUT_OFF}


def rows(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def problem(gold="18", language="en"):
    return Problem("pmmeval/mgsm", "q", gold, language=language)


def test_recorded_answers_hold_every_rule_and_reason_in_every_language():
    held = {
        (r["language"], r["fixed"].get("rule") or r["fixed"]["reason"])
        for r in rows("numbers.jsonl")
    }
    assert held >= {(language, name) for language in LANGUAGES for name in RULES | REASONS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_recorded_answers_are_read_as_written_down(language):
    for row in rows("numbers.jsonl"):
        if row["language"] != language:
            continue
        found = judge_number(
            problem(language=language), row["answer"], "fixed", cut=row.get("cut", False)
        )
        assert official_number(row["answer"]).value == row["official"]["value"], row
        told = {"value": found.extracted} | (
            {"rule": found.rule} if found.rule else {"reason": found.reason}
        )
        assert told == row["fixed"], row
        assert (found.span is None) == (found.extracted is None)


def test_free_answers_are_read_right_in_95_of_100():
    """Written before they were first read, to no rule: the first reading had 44 of these 45."""
    free = rows("free_numbers.jsonl")
    right = [
        judge_number(problem(language=r["language"]), r["answer"], "fixed").extracted == r["value"]
        for r in free
    ]
    assert sum(right) >= 0.95 * len(free)


DEFECTS = [
    ("١٨", "ar", "18"),
    ("๑๘", "th", "18"),
    ("１８", "ja", "18"),
    ("La respuesta es 1.234", "es", "1234"),
    ("La réponse est 1 234", "fr", "1234"),
    ("La respuesta es 18,00", "es", "18"),
    ("The answer is 18.00", "en", "18"),
    ("18\n\n(That is 2 dozen minus 6.)", "en", "18"),
]


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize(("answer", "language", "gold"), DEFECTS)
def test_defect_8_of_the_official_harness(answer, language, gold, scoring):
    """Digits of other scripts, separators by language, 18.00, a remark after the answer."""
    judged = judge_number(problem(gold, language), answer, scoring)
    assert judged.value == (1.0 if scoring == "fixed" else 0.0)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("1,2345", "2345"),
        ("012", "012"),
        ("+5", "5"),
        (".5", "5"),
        ("1.2.3", "3"),
        ("-1,234.", "-1234"),
        ("٣", None),
    ],
)
def test_the_official_reading_bug_for_bug(answer, value):
    """Values of the official function itself, run on these texts."""
    assert official_number(answer).value == value


def test_official_counts_an_answer_without_a_number_wrong_and_fixed_says_why():
    official = judge_number(problem(), "no idea", "official")
    assert (official.value, official.rule, official.extracted) == (0.0, "none", None)
    fixed = judge_number(problem(), "no idea", "fixed")
    assert (fixed.value, fixed.reason) == (None, NO_NUMBER)


def test_an_ambiguous_number_counts_as_the_language_reads_it_and_the_other_reading_is_told():
    judged = judge_number(problem("2125"), "The answer is $2.125", "fixed")
    assert (judged.value, judged.extracted) == (0.0, "2.125")
    assert judged.detail == {"other": "2125", "other_right": True}
    assert judge_number(problem("2,125", "es"), "La respuesta es 2.125", "fixed").value == 1.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comma_before_three_digits_groups_in_every_language(language):
    """MGSM asks for whole numbers and writes its golds so, Spanish and French ones too."""
    judged = judge_number(problem("2,125", language), "\\boxed{2,125}", "fixed")
    assert (judged.value, judged.extracted) == (1.0, "2125")
    assert judge_number(problem("-2125", language), "\\boxed{-2,125}", "fixed").value == 1.0


@pytest.mark.parametrize("language", ["es", "fr", "ja", "th", "zh"])
def test_every_gold_as_the_data_writes_it_is_right(shared_data, language):
    text = (shared_data("mgsm") / f"{language}.jsonl").read_text(encoding="utf-8")
    golds = [json.loads(line)["answer"] for line in text.splitlines()]
    right = [judge_number(problem(g, language), f"#### {g}", "fixed").value for g in golds]
    assert (len(right), sum(right)) == (250, 250)


@pytest.mark.parametrize("scoring", SCORINGS)
def test_the_span_is_of_the_answer(scoring):
    answer = "<think>3</think>\nThe answer is **$18**."
    judged = judge_number(problem(), answer, scoring)
    assert judged.span is not None
    assert "18" in answer[slice(*judged.span)]


@pytest.mark.parametrize("gold", ["", "eighteen", None])
def test_a_gold_answer_that_is_no_number_is_refused(gold):
    with pytest.raises(InputError, match="MGSM's gold answer is a number"):
        judge_number(problem(gold), "18", "fixed")


@given(
    st.integers(-(10**6), 10**6),
    st.sampled_from(list(LANGUAGES)),
    st.sampled_from(["{} {}", "x = 3.\n{}: **{}**", "{}\n\n{}"]),
)
def test_an_oracle_that_answers_as_asked_is_right_in_every_language(gold, language, shape):
    answer = shape.format(phrases(language)["lead_in"][0], gold)
    assert judge_number(problem(str(gold), language), answer, "fixed").value == 1.0


def test_a_thought_by_any_of_its_names_is_none_of_the_answer():
    for name in ("think", "thinking", "Thought", "reasoning"):
        judged = judge_number(problem(), f"<{name}>12\n</{name}>\n18", "fixed")
        assert (judged.extracted, judged.rule) == ("18", "alone")
        assert judge_number(problem(), f"<{name}>12", "fixed").reason == ONLY_THOUGHT


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("First, 16 - 3 = 13, and then we have", None),
        ("The answer is 18. Let me check:", "18"),
        ("The answer is 1", None),
        ("#### 18\n", None),
        ("#### 18\nChecked:", "18"),
        ("\\boxed{18", None),
        ("\\boxed{18} eggs", "18"),
        ("18", None),
        ("18\n\nShe sells", None),
    ],
)
def test_of_a_cut_answer_only_what_is_stated_before_its_end_counts(answer, value):
    judged = judge_number(problem(), answer, "fixed", cut=True)
    assert (judged.extracted, judged.reason) == (value, "" if value else CUT_OFF)
    whole, cut = (judge_number(problem(), answer, "official", cut=c) for c in (False, True))
    assert whole == cut


@given(st.fractions(max_denominator=10_000))
def test_written_values_are_read_back(value):
    assert Fraction(written(value)) == value


@given(
    st.text(alphabet="18.,- \n$\\boxed{}#()=一八십팔٣answer is:答案是<think>", max_size=60),
    st.sampled_from(list(LANGUAGES)),
)
def test_any_answer_has_a_value_with_its_place_or_a_reason(answer, language):
    found = judge_number(problem(language=language), answer, "fixed")
    assert (
        (found.value is None)
        == (found.extracted is None)
        == (found.span is None)
        == (found.rule == "")
    )
    assert found.rule in RULES | {""}
    assert found.reason in REASONS | {""}


@pytest.mark.parametrize(
    "piece", ["the answer is x ", "\\boxed{", "#### ", "(1", "答案是", "1,5 ", "answer to the "]
)
def test_long_noise_is_read_to_its_end(piece):
    answer = piece * (8_000 // len(piece))
    for language in ("en", "zh", "es"):
        judge_number(problem(language=language), answer, "fixed")
    assert official_number(answer + " 18").value == "18"
