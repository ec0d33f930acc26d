"""From answers to verdict lists: what each answer becomes, in which order, and what is never a zero."""

import asyncio

import pytest

from veriloop.bench.codeelo.attempts import Attempts, Submitted, attempts_of, letters, rateable
from veriloop.bench.codeelo.local import Local
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.submitting import Judgement
from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.codejudge.problem import Test
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.testing.judge import SpokenJudge

STORE = (CodeEloProblem("1A", tests=(Test("1", b"1", b"2"), Test("2", b"1", b"2"))),)
PROBLEM = Problem("codeelo", "Add.", uid="1A")


def fenced(code, label="python"):
    return f"So:\n```{label}\n{code}\n```"


def group(*texts, finish=Finish.STOP, problem=PROBLEM):
    made = tuple(
        Solution(problem.id, (text,) if text else (), finish, engine="m", sample=j)
        for j, text in enumerate(texts)
    )
    return Group(problem, made)


def verdicts(given, **options):
    options.setdefault("submitter", Local(STORE, judge=SpokenJudge()))
    return asyncio.run(Submitted(language="python", **options).verify(given))


def test_the_contract_of_a_verifier():
    verifier = Submitted(Local(STORE, judge=SpokenJudge()), "python")
    given = [group(fenced("print(1)"), fenced("WA"), "no program")]
    asyncio.run(check_verifier(verifier, given, rebuild=False))


def test_each_answer_and_what_becomes_of_it():
    said = verdicts(
        group(
            fenced("print(1)"), fenced("WA"), fenced("CE"), fenced("JE"), "I give up.", "",
            fenced("fun main() {}", "kotlin"), fenced("#include <x>", "c++"),
        )
    )  # fmt: skip
    assert [letters(v) for v in said] == ["AC", "WA", "CE", "JE", "NC", "NC", "NC", "AC"]
    assert [v.value for v in said] == [1.0, 0.0, 0.0, None, 0.0, None, 0.0, 1.0]
    assert said[3].unscored is Unscored.CHECKER
    assert said[5].unscored is Unscored.EMPTY
    assert said[4].detail["reason"] == "no code block"
    assert "kotlin, which is not judged" in str(said[6].detail["reason"])
    assert said[7].detail["language"] == "cpp23"
    assert said[1].detail["test"] == "1"


def test_answers_that_were_cut_say_so():
    cut, none = verdicts(group("```python\nprint(1", "So we", finish=Finish.LENGTH))
    assert (letters(cut), cut.detail["finish"]) == ("AC", "length")
    assert (letters(none), none.detail["finish"]) == ("NC", "length")


def test_compilers_say_which_row_judges_a_language():
    judge = SpokenJudge()
    said = verdicts(
        group(fenced("int main() {}", "cpp")),
        submitter=Local(STORE, compilers={"cpp": "cpp20"}, judge=judge),
    )
    assert said[0].detail["language"] == "cpp20"
    assert judge.asked[0][1].language == "cpp20"


def test_a_problem_that_the_judge_does_not_have_is_an_error_and_no_verdict():
    with pytest.raises(InputError, match="is not among"):
        verdicts(group(fenced("x"), problem=Problem("codeelo", "?", uid="9Z")))


class Refusing:
    """A judge that gives up on everything, in a way that has no verdict of the program."""

    name = "refusing"
    judgeable = None

    async def submit(self, handed):
        return "1"

    async def status(self, ticket, *, wait_s=0.0):
        return Judgement(Code.SK, {"message": "not run"})


def test_not_run_is_no_failure():
    (said,) = verdicts(group(fenced("x")), submitter=Refusing())
    assert (said.value, said.unscored, letters(said)) == (None, Unscored.CHECKER, "SK")


def test_lists_stand_in_sample_order_and_what_is_missing_is_lost():
    given = group(fenced("WA"), fenced("x"), fenced("RE"))
    said = verdicts(given)
    backwards = Group(PROBLEM, given.solutions[::-1], (said[2], said[0]))
    (found, gone) = attempts_of([backwards], verifier="codeelo", samples=4, names=["1A", "1B"])
    assert found.verdicts == ("WA", "LOST", "RE", "LOST")
    assert (found.counted, found.accepted) == (("WA", "RE"), 0)
    assert gone.verdicts == ("LOST",) * 4
    assert len(gone.details) == 4


def test_what_can_be_rated():
    kept = rateable([Attempts("1971A", ("AC",)), Attempts("digjump", ("WA",))], model="m", language="cpp")  # fmt: skip
    assert kept == [ProblemVerdicts("m", "1971A", ("AC",), "cpp")]
