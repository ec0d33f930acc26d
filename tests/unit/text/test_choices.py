"""Letters of a choice: where answers and solutions name them, and where a letter is only a letter."""

import json
from pathlib import Path

import pytest

from veriloop.text.choices import find_choice, letters_in, narrow, options_in, unwrapped

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("C", "C"),
        ("(c)", "C"),
        (r"\text{(B)} amnion", "B"),
        (r"\textbf{(C)}\ 12", "C"),
        ("$D$", "D"),
        ("B. amnion", "B"),
        ("D) foo", "D"),
        ("option A", "A"),
        ("ACD", "ACD"),
        ("D, A and C", "ACD"),
        ("A B D", "ABD"),
        ("A和C", "AC"),
        ("（Ｃ）", "C"),
        (r"\mathrm{(D)\}1,008,016", "D"),  # a case of the official parser
    ],
)
def test_answers_that_name_letters(answer, letters):
    assert letters_in(answer, "ABCD") == letters


@pytest.mark.parametrize(
    "answer", ["a plane", "Adam", "bad", "E", "", "42", "Cats", "F(x)", "第一象限"]
)
def test_answers_that_name_none(answer):
    assert letters_in(answer, "ABCD") is None


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (r"Thus \boxed{\text{D}}.", "D"),
        ("The answer is (C).", "C"),
        ("So the answer is C because it spins.", "C"),
        ("Therefore the correct choice is **B**.", "B"),
        ("**Answer: (B)** amnion", "B"),
        ("the answer is B. But wait, the answer is C", "C"),  # the last one
        ("答案是 C。", "C"),
        ("答案为：BD", "BD"),
        ("故选：ACD．", "ACD"),
        ("故选Ｂ", "B"),
        ("so we choose\nB", "B"),
        (r"The answer is B, so \boxed{7}", None),  # a box that holds something else hides it
        ("the answer is a plane", None),
        ("A is wrong. The answer is not B", None),
        ("The answer is Cats", None),
        ("", None),
    ],
)
def test_letters_that_a_solution_ends_up_with(text, letters):
    assert find_choice(text, "ABCD") == letters


def test_a_letter_that_is_no_option_is_no_choice():
    assert find_choice("The answer is K.", "ABCD") is None
    assert find_choice("The answer is K.", "FGHJK") == "K"


def test_options_of_real_problems():
    rows = [
        json.loads(line)
        for line in (DATA / "cn_middle_school_sample.jsonl").read_text("utf-8").splitlines()
    ]
    assert options_in(rows[0]["question"]) == {"A": "-2", "B": "0", "C": "3", "D": "-1/2"}
    assert options_in(rows[5]["question"])["C"] == r"\sqrt[3]{27}"
    assert options_in(rows[2]["question"]) == {}


def test_options_in_brackets_and_of_the_act():
    act = "Which one: (F) y+k=0 (G) y+k=1 (H) yk=0 (J) yk=1 (K) y=k"
    assert options_in(act) == {"F": "y+k=0", "G": "y+k=1", "H": "yk=0", "J": "yk=1", "K": "y=k"}
    glued = "Set A: 2,4. Set B: 6.Which?(A) more(B) less(C) equal"
    assert options_in(glued) == {"A": "more", "B": "less", "C": "equal"}
    amc = r"\qquad \textbf{(A)}\ 3x = 7\qquad \textbf{(B)}\ 1 + r$ $\textbf{(C)}\ 2r"
    assert options_in(amc) == {"A": "3x = 7", "B": "1 + r", "C": "2r"}
    asked = "(A) Line\n(B) Circle\n(C) Cone\n\nEnter the letter."
    assert options_in(asked) == {"A": "Line", "B": "Circle", "C": "Cone"}
    assert options_in("Points A. and B lie on a line.") == {}
    assert options_in("Which?\n\nA. one\nB. two") == {"A": "one", "B": "two"}


def test_full_width_signs_and_wrappings():
    assert narrow("（１２，３）：Ａ％") == "(12,3):A％"
    assert unwrapped(r"\text{\mathrm{B}}") == "B"
