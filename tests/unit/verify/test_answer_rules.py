"""Answers under the rules of real sets: cases from their rows, right and wrong, and what the official code says."""

import asyncio
from dataclasses import dataclass

import pytest

from veriloop.errors import VerifierError
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.text.answer_rules import AnswerRule
from veriloop.verify.answer import Answer
from veriloop.verify.answer_rules import SetEquality, equality_of, number_in, plain_form
from veriloop.verify.equality import MathEquality

ANY = AnswerRule(several="any", units=True, relative=1e-4, percent=True, ways=True)
FIXED = AnswerRule(several="fixed", units=True, percent=True)
CHOICE = AnswerRule(choices="ABCD", options=("1/2", "the wall", "amnion", "z"))
TOWER = ("9^{9^{9^{9}}}", "9^{9^{9^{8}}}")

CASES = [
    # MMLU STEM, GaoKao: letters, however written, or the text of the option
    (CHOICE, "A", "(a)", True),
    (CHOICE, "C", r"\text{C. amnion}", True),
    (CHOICE, "B", r"\text{the wall}", True),
    (CHOICE, "A", "0.5", True),
    (CHOICE, "A", "B", False),
    (CHOICE, "A", "the wall", False),
    (CHOICE, "A", "2", False),
    (AnswerRule(choices="ABCD"), "A B D", "ABD", True),
    (AnswerRule(choices="ABCD"), "ACD", "AC", False),
    # several answers, any order (OlympiadBench, GaoKao 2023 En, College Math)
    (ANY, "$48$, $384$", "384 and 48", True),
    (ANY, "(12,3,4), (6,5.4,7.6)", "(6,5.4,7.6),(12,3,4)", True),
    (ANY, "(12,3,4), (6,5.4,7.6)", "(3,12,4),(6,5.4,7.6)", False),
    (ANY, r"$2$ or $-2$ or $\frac{1}{2}$ or $-\frac{1}{2}$", r"\pm 2, \pm \frac12", True),
    (ANY, r"$f(x)=x$,$f(x)=2-x$", "f(x)=2-x, f(x)=x", True),
    (ANY, "1,2", "1", False),
    (ANY, "1,2", "1,2,3", False),
    (ANY, "1,2,2", "1,1,2", False),  # math-verify takes lists for sets
    (ANY, r"\{1,3,5\}", r"\{5,3,1\}", True),
    (ANY, r"x=-\frac{1}{3}, \frac{2}{3}", r"x \in \{\frac23, -\frac13\}", True),
    (ANY, "1,2", "1 = 1", False),
    (ANY, "$I,II,III,IV$", "I, II, III, and IV", True),
    # blanks in order (GaoKao cloze, CN Middle School)
    (FIXED, "$5$;$10$", "5，10", True),
    (FIXED, "$5$;$10$", "10, 5", False),
    (FIXED, "10, 20, 13300000", r"10, 20, 1.33 \times 10^7", True),
    (FIXED, "10%", "10", True),
    # units: any may follow, but not a known other one
    (ANY, "1.6", r"1.6 \mathrm{~cm}", True),
    (ANY, "20 $cm^{2}$", "20", True),
    (ANY, r"5 \text{ km}", "5 kilometers", True),
    (ANY, r"5 \text{ km}", r"5 \text{ m}", False),
    (ANY, "1:58 am", r"1:58 \text{ am}", True),
    (ANY, "1:58 am", "1:58 pm", False),
    (AnswerRule(units=True, unit="minutes"), "10", r"10 \text{ min}", True),
    (AnswerRule(units=True, unit="minutes"), "10", r"10 \text{ hours}", False),
    (AnswerRule(units=True), "18", "18 dollars", True),
    (AnswerRule(units=True), "18", "19 dollars", False),
    (AnswerRule(units=True), "9", "９页", True),
    # rounded decimals (Minerva): 1e-4 relative as in the official code, but never on whole numbers
    (ANY, "20.39", "20.3901", True),
    (ANY, "20.39", "20.4", False),
    (ANY, "0.3333", "1/3", True),
    (ANY, "15625", "15626", False),  # the official code takes these for equal
    (ANY, "4.5e33", r"4.5 \times 10^{33}", True),
    (ANY, "4.5e33", r"4.5 \times 10^{32}", False),
    (ANY, "-1./3", r"-\frac{1}{3}", True),
    (ANY, "np.arcsin(10/13)", r"\arcsin(\frac{10}{13})", True),
    (AnswerRule(absolute=0.1), "3.7", "3.65", True),
    (AnswerRule(absolute=0.1), "3.7", "3.5", False),
    # words and two ways of one answer (College Math)
    (ANY, "all real numbers", r"\text{All real numbers}", True),
    (ANY, "converges", "diverges", False),
    (ANY, r"$-1<x \leqslant 1:(-1,1]$", "(-1,1]", True),
    (ANY, r"No solution : $\oslash$", r"\text{no solution}", True),
    (ANY, r"$\frac{40}{3} \approx 13.33$ minutes", r"\frac{40}{3}", True),
    (ANY, r"$r \approx 2.7 \mathrm{~cm}$, $h \approx 10.8$", r"r \approx 2.7 \mathrm{~cm}", False),
    (ANY, "b > a > c", "b>a>c", True),
    (ANY, "b > a > c", "a>b>c", False),
    (ANY, r"1.1\%", "1.1", True),
    # unicode, and nothing at all
    (FIXED, "第一象限", "第一象限", True),
    (FIXED, "第一象限", "第二象限", False),
    (ANY, "5", "", False),
    (ANY, "5", "  ", False),
    (CHOICE, "A", "", False),
    (ANY, "−3", "-3", True),
]


@pytest.fixture(scope="module")
def mathematics():
    checker = MathEquality(timeout=30, workers=1)
    yield checker
    asyncio.run(checker.close())


def test_each_rule_on_its_cases(mathematics):
    async def all_of_them():
        return await asyncio.gather(
            *(SetEquality(mathematics, rule).equal(a, b) for rule, a, b, _ in CASES)
        )

    said = asyncio.run(all_of_them())
    wrong = [(a, b, got) for (_, a, b, want), got in zip(CASES, said, strict=True) if got != want]
    assert not wrong


def test_a_rule_without_options_is_the_inner_equality(mathematics):
    plain = SetEquality(mathematics, AnswerRule())
    for reference, answer in (
        ("70,000", "70000"),
        ("4a-2", "2(2a-1)"),
        ("28", "29"),
        ("5", "x = 5"),
    ):
        expected = asyncio.run(mathematics.equal(reference, answer))
        assert asyncio.run(plain.equal(reference, answer)) is expected


@dataclass(frozen=True)
class Failing:
    async def equal(self, reference: str, answer: str) -> bool:
        raise VerifierError("no answer in time")


def test_a_failed_check_is_no_verdict_unless_another_way_shows_the_same():
    equality = SetEquality(Failing(), ANY)
    assert asyncio.run(equality.equal("x+1", "x + 1"))
    assert asyncio.run(equality.equal("no solution", "No solution."))
    with pytest.raises(VerifierError, match="no answer in time"):
        asyncio.run(equality.equal("x+1", "1+x"))


def test_a_hanging_check_is_killed_and_the_solution_is_unscored():
    problem = Problem("set", "How big?", TOWER[0], instructions=(ANY.to_instruction(),))
    texts = (f"\\boxed{{{TOWER[1]}}}", f"\\boxed{{{TOWER[0]}}}", "I do not know.", "")
    solutions = tuple(
        Solution(problem.id, (text,) if text else (), Finish.STOP, sample=i)
        for i, text in enumerate(texts)
    )

    async def judged():
        equality = MathEquality(timeout=1.0, workers=1)
        try:
            return await Answer(equality).verify(Group(problem, solutions))
        finally:
            await equality.close()

    verdicts = asyncio.run(judged())
    assert [v.unscored for v in verdicts] == [Unscored.CHECKER, None, None, Unscored.EMPTY]
    assert [v.value for v in verdicts] == [None, 1.0, 0.0, None]
    assert "no result within 1 s" in str(verdicts[0].detail["error"])


def test_the_rule_on_a_problem_serves_the_answer_verifier(mathematics):
    rule = AnswerRule(choices="ABC", options=("red", "green", "blue"))
    problem = Problem("set", "Which?", "B", instructions=(rule.to_instruction(),))
    texts = ("The answer is (B).", "So it is \\boxed{\\text{green}}.", "The answer is (A).")
    solutions = tuple(Solution(problem.id, (t,), sample=i) for i, t in enumerate(texts))
    verdicts = asyncio.run(Answer(mathematics).verify(Group(problem, solutions)))
    assert [v.value for v in verdicts] == [1.0, 1.0, 0.0]
    plain = Problem("set", "Which?", "B")
    assert equality_of(plain, mathematics) is mathematics
    assert equality_of(problem, mathematics) == SetEquality(mathematics, rule)


def test_numbers_and_forms_that_are_read():
    assert plain_form("4.5e33") == r"4.5 \times 10^{33}"
    assert plain_form(r"e^{2e3}") == r"e^{2e3}"
    assert number_in("1/0") is None
    assert number_in("1,234.5") is not None
    assert number_in("x") is None
    assert number_in("9" * 100) is None
