"""The sets of the paper as published: their rows, and every reference equal to itself under its set's rule."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from veriloop.bench.sets import CHINESE, ENGLISH, SETS, read_set, with_rule
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.text.answer_rules import AnswerRule, find_answer
from veriloop.verify.answer_rules import equality_of
from veriloop.verify.equality import MathEquality

DATA = Path(__file__).resolve().parents[2] / "data"

# Set: good rows, choices among them. Exact repeats and rows without an answer are set aside; MATH is not at hand.
WHOLE = {
    "gsm8k": (1319, 0),
    "math500": (500, 3),
    "minerva_math": (272, 0),
    "gaokao2023en": (383, 46),
    "olympiadbench": (675, 0),
    "college_math": (2808, 0),
    "mmlu_stem": (3006, 3006),
    "aime24": (30, 0),
    "amc23": (40, 0),
}
SAMPLES = {
    "cmath": ("cmath", ["9", "68", None, None, None]),
    "cn_middle_school_24": ("cn_middle_school", ["A", "B", "10%", "82,4564", None, "A", "2"]),
    "gaokao_math_qa": ("gaokao_math_qa", ["D", "C", "AD", "ACD"]),
    "gaokao_math_cloze": ("gaokao_math_cloze", ["2", "$5$;$10$", None, None]),
    "gaokao2024_i": ("gaokao2024", ["A", "BC", "ln2"]),
}


def not_equal_to_themselves(problems):
    """References that do not come back equal from the box at the end of a solution."""

    async def check():
        equality = MathEquality(timeout=30, workers=1)
        try:
            answers = [
                find_answer(p, f"We compute.\n\nIt is \\boxed{{{p.reference}}}.") for p in problems
            ]
            said = await asyncio.gather(
                *(
                    equality_of(p, equality).equal(p.reference, a or "")
                    for p, a in zip(problems, answers, strict=True)
                )
            )
            return [p.reference for p, same in zip(problems, said, strict=True) if not same]
        finally:
            await equality.close()

    return asyncio.run(check())


@pytest.mark.parametrize("name", list(WHOLE))
def test_every_reference_of_a_whole_set_equals_itself(shared_data, name):
    path = shared_data("gsm8k/test.jsonl" if name == "gsm8k" else f"best_of_n/{name}.jsonl")
    found = read_set(name, path)
    rules = [AnswerRule.of(p) for p in found.problems]
    choices = sum(bool(rule and rule.choices) for rule in rules)
    assert (len(found.problems), choices) == WHOLE[name]
    assert found.complete
    assert all(rules)
    assert {p.task for p in found.problems} == {name}
    assert not_equal_to_themselves(found.problems) == []


@pytest.mark.parametrize("name", list(SAMPLES))
def test_real_rows_of_the_chinese_sets(name):
    file, expected = SAMPLES[name]
    found = read_set(name, DATA / f"{file}_sample.jsonl")
    references = [p.reference for p in found.problems]
    assert len(references) == len(expected)
    assert all(
        e is None or r == e.strip("$") or r == e for r, e in zip(references, expected, strict=True)
    )
    assert {p.language for p in found.problems} == {"zh"}
    for problem in found.problems:
        rule = AnswerRule.of(problem)
        assert rule is not None
        is_choice = set(problem.reference or "") <= set("ABCD")
        assert bool(rule.choices) is is_choice
        assert not is_choice or len(rule.options) == 4
    assert not_equal_to_themselves(found.problems) == []
    assert not found.complete
    assert f"the paper's set has {SETS[name].rows}" in found.summary()


def test_800_real_answers_are_judged_as_the_official_code_judged_them(shared_data):
    """Found in the responses again and compared under MATH's rule; one differs, where it does not read 10{,}000."""
    path = shared_data("best_of_n/math_cot_100.jsonl")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    problems = [with_rule(Problem("math", r["question"], r["gt"]), SETS["math"]) for r in rows]
    items = [
        (p, text, score)
        for p, r in zip(problems, rows, strict=True)
        for text, score in zip(r["response"], r["score"], strict=True)
    ]

    async def check():
        equality = MathEquality(timeout=30, workers=1)
        try:
            return await asyncio.gather(
                *(
                    equality_of(p, equality).equal(p.reference, find_answer(p, text) or "")
                    for p, text, _ in items
                )
            )
        finally:
            await equality.close()

    said = asyncio.run(check())
    differ = [p.reference for (p, _, score), same in zip(items, said, strict=True) if same != score]
    assert differ == ["10{,}000"]


def test_what_olympiadbench_says_of_its_answers(shared_data):
    found = read_set("olympiadbench", shared_data("best_of_n/olympiadbench.jsonl"))
    rules = [rule for p in found.problems if (rule := AnswerRule.of(p))]
    assert Counter(r.several for r in rules) == {"": 581, "any": 94}
    assert Counter(r.unit for r in rules if r.unit).total() == 8
    assert [r.absolute for r in rules if r.absolute] == [0.1]


def test_the_rows_that_the_paper_counts():
    """Section 2.2: 1319, 5000, 272, 385, 675, 2818 and 3018 problems."""
    assert [SETS[n].rows for n in ENGLISH] == [1319, 5000, 272, 385, 675, 2818, 3018]
    assert {SETS[n].language for n in CHINESE} == {"zh"}
    assert set(ENGLISH) | set(CHINESE) | {"math500", "aime24", "amc23"} == set(SETS)
    assert list(SETS) == sorted(SETS)


def test_a_set_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no set 'gsm9k'; there are aime24, amc23"):
        read_set("gsm9k", DATA / "gsm8k_sample.jsonl")


def test_a_limit_reads_the_first_rows():
    found = read_set("gsm8k", DATA / "gsm8k_sample.jsonl", limit=2)
    assert len(found.problems) == 2
    assert not found.complete
