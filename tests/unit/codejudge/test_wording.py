"""The table of wording: sentences as contest statements have them, and what they must not be taken for."""

import pytest

from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.wording import RULES, wording

SEVERAL = [
    "If there are multiple answers, print any of them.",
    "If there are several optimal solutions, output any of them.",
    "If there are multiple possible answers, output any; if there is no answer, print -1.",
    "If several optimal plans exist, you may output whichever.",
    "You may return the answer in any order.",
    "Print any valid permutation.",
    "Note that other valid answers will also be accepted.",
    "If there are many such arrays, you may find any.",
    "The edges may be printed in arbitrary order: output them in an arbitrary order.",
    "The answer is not unique.",
]
ONE = [
    "",
    "Print the minimal number of seconds. If the lists are equal, print 0.",
    "You may perform the operation any number of times. Print the least sum.",
    "It is guaranteed that there aren't any loops.",
    "There are multiple test cases. Print one integer for each.",
    "Output the answer. Do not print any extra spaces.",
    "In any case, print the sum.",
    "Given several numbers, print their greatest common divisor.",
]
TOLERANCES = {
    "Your answers will be considered correct if their absolute or relative error does not exceed 10^{-4}.": "1e-4",
    "absolute or relative error does not exceed $$$10^{-9}$$$": "1e-9",
    "An error of at most 1e-6 is allowed.": "1e-6",
    "The relative error must not exceed 10 ** -5": "1e-5",
    "Your output may differ from the jury's by at most 0.001": "1e-3",
    "precision of 10−12": "1e-12",
}


@pytest.mark.parametrize("sentence", SEVERAL)
def test_several_answers_are_seen(sentence):
    assert wording(f"Read n.\n{sentence}\n").several


@pytest.mark.parametrize("sentence", ONE)
def test_one_answer_is_left_alone(sentence):
    found = wording(sentence)
    assert (found.compare, found.several, found.rules) == ("tokens", False, ())


@pytest.mark.parametrize("sentence", TOLERANCES)
def test_a_tolerance_is_read(sentence):
    spec = wording(sentence).compare
    assert spec == f"numbers:{TOLERANCES[sentence]}"
    assert comparator(spec).tolerance == float(TOLERANCES[sentence])


@pytest.mark.parametrize(
    "sentence",
    [
        "You can print each letter in any case (upper or lower).",
        "The output is case-insensitive.",
        "Upper or lower case: any is accepted.",
    ],
)
def test_letters_of_either_case(sentence):
    found = wording(sentence)
    assert (found.compare, found.several) == ("tokens-anycase", False)


def test_every_rule_is_used_above():
    used = {
        rule
        for s in [*SEVERAL, *TOLERANCES, "in any case (upper or lower)"]
        for rule in wording(s).rules
    }
    assert used == {rule.name for rule in RULES}
    for rule in RULES:
        if rule.compare and rule.compare != "numbers":
            comparator(rule.compare)


def test_a_long_statement_takes_linear_time():
    wording("print multiple answers any " * 40_000)
