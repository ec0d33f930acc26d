r"""Final answers: found in real solutions, and never judged by plain rules against what math-verify says."""

import functools
import itertools
import json
import logging
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.answers import extract_answer, fast_equal, normalise_answer

DATA = Path(__file__).resolve().parents[2] / "data"


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def judge():
    """math-verify itself, in this process; what it read and what it said of two answers is remembered."""
    math_verify = pytest.importorskip("math_verify")
    logging.getLogger("math_verify").setLevel(logging.ERROR)

    @functools.cache
    def read(answer: str):
        return math_verify.parse(f"\\boxed{{{answer}}}", parsing_timeout=0)

    return functools.cache(lambda a, b: math_verify.verify(read(a), read(b), timeout_seconds=0))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{5}", "5"),
        (r"\boxed{1} then \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{x : x > 0\right.}", r"\left\{x : x > 0\right."),
        (r"\boxed{\boxed{7}}", "7"),
        (r"\fbox{8}", "8"),
        (r"\boxed 5.", "5"),
        (r"$\boxed 5$ apples", "5"),
        (r"\boxed{3} and then \boxed{4", "3"),
        (r"\boxed{6} goes into \boxed{}", "6"),
        (r"\boxedsize{3}", None),
        ("a\n#### 18", "18"),
        ("#### 1\n#### 70,000 ", "70,000"),
        ("####\nno", None),
        (r"\boxed{1} #### 2", "1"),
        ("The answer is 5.", "5"),
        ("The answer is 3.14. I am sure.", "3.14"),
        ("the final answer is: $\\frac{1}{2}$. I hope it is correct.", r"\frac{1}{2}"),
        ("The answer is 1,234 apples.", "1,234"),
        ("The answer is $50.", "$50"),
        ("**Final Answer:** 42", "42"),
        ("**Answer**: (B)", "(B)"),
        ("Answer: blue.", "blue"),
        ("The answer is 12%.", "12%"),
        (r"The answer is \(x^2\).", "x^2"),
        ("The answer is 3. No, the answer is 4.", "4"),
        ("The answers is", None),
        ("Twelve.", None),
        ("", None),
    ],
)
def test_answers_are_found_where_they_stand(text, answer):
    assert extract_answer(text) == answer


@given(st.text(st.sampled_from("ab1{}\\ $") | st.characters(), max_size=30))
def test_any_balanced_box_is_found_whole(content):
    depth, least, escaped = 0, 0, False
    for char in content:
        if not escaped and char in "{}":
            depth += 1 if char == "{" else -1
            least = min(least, depth)
        escaped = char == "\\" and not escaped
    found = extract_answer(f"so \\boxed{{{content}}}.")
    if depth == least == 0 and not escaped and content.strip() and "box" not in content:
        assert found == content.strip()


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        (" 5 ", "5"),
        ("5.", "5"),
        ("$5$", "5"),
        (r"\(5\)", "5"),
        (r"\[ x = 5 \]", "x = 5"),
        (r"\boxed{5}", "5"),
        (r"**$\dfrac12$**.", r"\frac12"),
        ("$5", "5"),
        (r"-\$5", "-5"),
        ("€5", "5"),
        ("1,234,567.50", "1234567.50"),
        (r"1{,}234", "1234"),
        (r"1\,234", "1234"),
        (r"1,234\%", r"1234\%"),
        ("−5", "-5"),
        ("+5", "5"),
        (r"\left( 1, 2 \right)", "( 1, 2 )"),
        (r"x \leftarrow y", r"x \leftarrow y"),
        ("1,2", "1,2"),
        ("1,2345", "1,2345"),
        ("x^2", "x^2"),
        ("0.333...", "0.333..."),
        (r"\text{(A)}", r"\text{(A)}"),
        (r"\boxed{1}, \boxed{2}", r"\boxed{1}, \boxed{2}"),
        ("$1$, $2$", "$1$, $2$"),
    ],
)
def test_dress_is_taken_off_and_content_is_not(answer, plain):
    assert normalise_answer(answer) == plain


PIECES = [*"15,.$*{}\\ ()[]%+-~;−", r"\boxed", r"\left", r"\right", r"\frac", r"\$"]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_normalising_twice_changes_nothing_more(pieces):
    once = normalise_answer("".join(pieces))
    assert normalise_answer(once) == once


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("1,234", "1234", True),
        ("1/2", "0.5", True),
        (r"\frac12", "2/4", True),
        (r"1\frac{1}{2}", "1.5", True),
        ("50%", "0.5", True),
        ("50%", "50", True),
        ("50%", "5", False),
        ("7", "07", True),
        ("-3", "3", False),
        ("2", "2.0", True),
        ("A", "a", True),
        ("A", "C", False),
        ("", "", False),
        ("5", "", False),
        ("1/3", "0.333333", None),
        ("1/0", "2", None),
        ("12.5%", "12.5", None),
        ("x", "x+0", None),
        ("i", "I", None),
        ("1,2", "1.2", None),
        ("5 cm", "5", None),
        ("9" * 5000, "8", None),
    ],
)
def test_plain_cases_are_decided_and_others_are_not(a, b, equal):
    assert fast_equal(a, b) is equal


NUMBERS = [
    *("0", "1", "5", "9", "12", "50", "100", "1000", "1234567", "1000000007", "007", "-0"),
    *("-1", "-12", "+5", "1,000", "1,234,567", "-1,000", "+1,000", "12345678901234567890"),
    *("0.5", ".5", "-.5", "0.05", "5.0", "1.25", "12.50", "0.12", "-0.25", "1,000.5", "1000000.5"),
    *("1/2", "-1/2", "2/4", "10/5", "-25/5", "1/3", "100/3", "1/8", "7/100"),
    *(r"\frac{1}{2}", r"-\frac{1}{2}", r"\frac{-1}{2}", r"\frac12", r"\frac{10}{2}", r"\frac{1}2"),
    *(r"1\frac{1}{2}", r"-1\frac{1}{2}", r"2 \frac{1}{3}", r"\dfrac{5}{1}", "0.333333", "0.3333"),
    *("50%", r"50\%", "100%", "5 %", "12.5%", r"1.25\%", "-12%", "1,000%", "0%", "200%"),
    *(r"\$5", "$5", "€12", "5.", "$1,000$", "0.1234567", "0.1234568", "1.0000001"),
]


def test_numbers_are_judged_as_math_verify_judges_them(judge):
    decided = 0
    for a, b in itertools.product(NUMBERS, repeat=2):
        plain = fast_equal(a, b)
        if plain is not None:
            decided += 1
            assert plain == judge(normalise_answer(a), normalise_answer(b)), (a, b)
    assert decided > 0.9 * len(NUMBERS) ** 2


def test_letters_are_judged_as_math_verify_judges_them(judge):
    for a, b in itertools.product(string.ascii_letters, repeat=2):
        plain = fast_equal(a, b)
        assert plain is None or plain == judge(a, b), (a, b)


def check_pairs(records: list[dict], judge) -> float:
    """The share of pairs that plain rules decide; every one of them as math-verify does, on the bare strings."""
    pairs = [(row["gt"], answer) for row in records for answer in row["pred"]]
    decided = [(a, b, plain) for a, b in pairs if (plain := fast_equal(a, b)) is not None]
    assert [(a, b) for a, b, plain in decided if plain != judge(a, b)] == []
    return len(decided) / len(pairs)


def test_plain_rules_agree_with_math_verify_on_real_answers(judge, shared_data):
    records = rows(shared_data("best_of_n") / "math_cot_100.jsonl")
    assert sum(len(row["pred"]) for row in records) == 800
    assert check_pairs(records, judge) > 0.95


def test_plain_rules_agree_with_math_verify_on_the_sample(judge):
    assert check_pairs(rows(DATA / "math_cot_100_sample.jsonl"), judge) > 0.9


def check_responses(records: list[dict]) -> None:
    """Found as the official code found them, but for spaces and a unit that it takes off."""
    for row in records:
        for response, official in zip(row["response"], row["pred"], strict=True):
            found = extract_answer(response)
            assert found is not None
            ours = normalise_answer(found).removesuffix(r" \text{ p.m.}").replace(" ", "")
            assert ours == normalise_answer(official)


def test_real_responses_give_the_answers_that_the_official_code_found(shared_data):
    check_responses(rows(shared_data("best_of_n") / "math_cot_100.jsonl"))


def test_sampled_responses_give_the_answers_that_the_official_code_found():
    check_responses(rows(DATA / "math_cot_100_sample.jsonl"))


def check_gold(records: list[dict]) -> int:
    """How many gold solutions give the number after ####, equal to itself with and without its commas."""
    right = 0
    for row in records:
        gold = row["answer"].split("####")[1].strip()
        found = extract_answer(row["answer"])
        assert found is not None
        bare = gold.replace(",", "")
        with_commas = f"{int(bare):,}" if bare.lstrip("-").isdigit() else gold
        right += found == gold and all(fast_equal(found, x) for x in (gold, bare, with_commas))
        assert fast_equal(found, bare + "1") is False
    return right


def test_every_gold_answer_of_gsm8k_is_found_and_equals_itself(shared_data):
    folder = shared_data("gsm8k")
    records = rows(folder / "train.jsonl") + rows(folder / "test.jsonl")
    assert len(records) == check_gold(records) == 8792


def test_gold_answers_of_the_gsm8k_sample_are_found_and_equal_themselves():
    records = rows(DATA / "gsm8k_sample.jsonl")
    assert check_gold(records) == len(records) == 8
