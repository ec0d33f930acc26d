"""Tasks of choices: the official reading bug for bug, where its evaluation dies, and the fixed one beside it."""

import json
from pathlib import Path

import pytest

from veriloop.bench.pmmeval.letters import (
    DIES,
    LETTERS,
    judge_letter,
    official_letter,
    options_of,
)
from veriloop.bench.pmmeval.phrases import phrases
from veriloop.bench.pmmeval.tasks import LANGUAGES, SCORINGS
from veriloop.errors import InputError
from veriloop.records import Problem

DATA = Path(__file__).resolve().parents[3] / "data" / "pmmeval_answers"


def rows():
    text = (DATA / "letters.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def problem(task, gold, language="en", options=None):
    meta = {"fields": options or {}}
    return Problem(f"pmmeval/{task}", "q", gold, language=language, meta=meta)


@pytest.mark.parametrize("language", LANGUAGES)
def test_recorded_answers_are_judged_as_written_down(language):
    for row in rows():
        if row["language"] != language:
            continue
        asked = problem(row["task"], row["gold"], language, row.get("options"))
        fixed = judge_letter(asked, row["answer"], "fixed", cut=row.get("cut", False))
        told = {"value": fixed.extracted} | (
            {"rule": fixed.rule} if fixed.rule else {"reason": fixed.reason}
        )
        assert told == row["fixed"], row
        assert fixed.value == (None if fixed.extracted is None else fixed.extracted == row["gold"])
        official = official_letter(row["answer"], language)
        assert (official.value, official.rule) == (
            row["official"]["value"],
            row["official"]["rule"],
        ), row


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("Answer: C", "C"),
        ("All in all, the answer is (C).", "C"),
        ("A clear case. The answer is (D)", "D"),
    ],
)
def test_defect_6_the_official_fallback_takes_the_first_capital_a(answer, gold, scoring):
    judged = judge_letter(problem("mmmlu", gold), answer, scoring)
    assert judged.value == (1.0 if scoring == "fixed" else 0.0)


@pytest.mark.parametrize("scoring", SCORINGS)
def test_a_thought_that_the_limit_cut_is_no_answer_but_to_the_official_reading(scoring):
    answer = "Let us consider the options one at a time. Option A says"
    judged = judge_letter(problem("mmmlu", "A"), answer, scoring, cut=True)
    assert judged.value == (1.0 if scoring == "official" else None)
    assert judged == judge_letter(problem("mmmlu", "A"), answer, scoring) or scoring == "fixed"


@pytest.mark.parametrize("scoring", SCORINGS)
def test_defect_6_any_text_with_a_capital_a_is_an_answer(scoring):
    judged = judge_letter(problem("mhellaswag", "A"), "As I said, it depends.", scoring)
    if scoring == "official":
        assert (judged.value, judged.rule) == (1.0, "anywhere")
    else:
        assert (judged.value, judged.reason) == (None, "no letter")


@pytest.mark.parametrize("scoring", SCORINGS)
def test_defect_7_mlogiqa_dies_of_the_first_answer_that_needs_the_fallback(scoring):
    """The official score of the whole task does not exist then; fixed reads the answer."""
    judged = judge_letter(problem("mlogiqa", "C"), "Answer: C", scoring)
    if scoring == "official":
        assert (judged.value, judged.reason) == (None, DIES)
        assert judged.detail == {"without": 0.0, "without_rule": "anywhere"}
    else:
        assert (judged.value, judged.extracted) == (1.0, "C")


def test_mlogiqa_lives_as_long_as_a_pattern_or_the_lead_in_reads_a_letter():
    assert judge_letter(problem("mlogiqa", "C"), "The answer is c", "official").value == 1.0
    assert judge_letter(problem("mlogiqa", "C"), '{"answer": "B"}', "official").value == 0.0
    assert judge_letter(problem("mlogiqa", "C"), "", "official").detail["without"] == 0.0


@pytest.mark.parametrize(
    ("answer", "value", "rule"),
    [
        ('{"answer": "Both"}', "B", "json"),
        ('{"answer": "A {"answer": "B"}', "A", "json"),
        ('{"answer": "C"', "C", "key"),
        ("{'answer': 'D. x'}", "D", "quoted json"),
        ("'answer': 'B'", "B", "quoted key"),
        ("the answer is B. The answer is C", "B", "lead-in"),
        ("The answer is C. the answer is", "C", "anywhere"),
        ("The answer is", None, ""),
        ("the answer is d", "d", "lead-in"),
        ("{'answer': 'c'}", None, ""),
        ("<think>A</think> The answer is (B)", "A", "anywhere"),
    ],
)
def test_the_official_reading_bug_for_bug(answer, value, rule):
    """Values of the official functions themselves, run on these texts."""
    found = official_letter(answer, "en")
    assert (found.value, found.rule) == (value, rule)


def test_official_counts_an_answer_without_a_letter_wrong():
    judged = judge_letter(problem("xnli", "A"), "no", "official")
    assert (judged.value, judged.rule, judged.extracted) == (0.0, "none", None)


SHAPES = (
    '{{"answer": "{0}"}}',
    "{1} {0}",
    "{1}: **{0}**",
    "({0})",
    "{0}",
    "<think>B? D?</think>\n{1} {0}.",
)


@pytest.mark.parametrize("task", LETTERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_oracle_is_right_in_every_task_and_language(task, language):
    lead = phrases(language)["lead_in"][0]
    for gold in LETTERS[task]:
        for shape in SHAPES:
            answer = shape.format(gold, lead)
            assert judge_letter(problem(task, gold, language), answer, "fixed").value == 1.0, answer
        for said in (
            options_of(problem("xnli", "A", language)).get(gold, ()) if task == "xnli" else ()
        ):
            assert judge_letter(problem(task, gold, language), said, "fixed").value == 1.0, said


def test_options_of_xnli_are_those_of_its_prompts():
    assert options_of(problem("xnli", "A", "en")) == {
        "A": ("true",),
        "B": ("inconclusive",),
        "C": ("false",),
    }
    assert {len(texts) for texts in options_of(problem("xnli", "A", "zh")).values()} == {2}


def test_the_span_is_of_the_answer():
    answer = "Ｃ is what {“answer”: “Ｄ”} says"
    judged = judge_letter(problem("mmmlu", "D"), answer, "fixed")
    assert judged.span is not None
    assert answer[slice(*judged.span)] == "Ｄ"


def test_what_is_no_task_of_choices_or_no_letter_is_refused():
    with pytest.raises(InputError, match="has no letters to choose"):
        judge_letter(problem("mgsm", "18"), "A", "fixed")
    with pytest.raises(InputError, match="is one of A, B, C, got 'D'"):
        judge_letter(problem("xnli", "D"), "A", "official")
