"""The local submitter: tickets, equal programs, problems without tests, what decides its verdicts."""

import asyncio
from pathlib import Path

import pytest

from veriloop.bench.codeelo.local import Local, usual_compilers
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.submitting import Handed, judgement
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.problem import JuryProgram, Test
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.testing.judge import SpokenJudge

SAMPLE = "<table class='vjudge_sample'><tr><td><pre>1</pre></td><td><pre>2</pre></td></tr></table>"
PROBLEMS = (
    CodeEloProblem(
        "1A", "Sums", tests=(Test("1", b"1", b"2"), Test("2", b"2", b"3")), compare="tokens"
    ),
    CodeEloProblem("1B", output="in any case", tests=(Test("1", b"1", b"2"),)),
    CodeEloProblem("1C", examples=SAMPLE),
)


def judged(*programs, problem="1A", **options):
    judge = SpokenJudge(delay=0.01)

    async def work():
        local = Local(PROBLEMS, compilers={}, judge=judge, **options)
        handed = [Handed(problem, "python", program) for program in programs]
        said = await asyncio.gather(*(judgement(local, h) for h in handed))
        await local.close()
        return said

    return asyncio.run(work()), judge.asked


def test_verdicts_and_what_is_told():
    (right, wrong), asked = judged("print(1)", "WA")
    assert (right.code, wrong.code) == (Code.AC, Code.WA)
    assert right.detail == {
        "verdict": "AC", "language": "python", "cpu_s": 0.25, "peak": 1000, "tests": 2, "run": 2,
        "isolation": "none/none", "policy": "default", "score": 1.0,
    }  # fmt: skip
    assert (wrong.detail["test"], wrong.detail["message"], wrong.detail["run"]) == (
        "1",
        "said WA",
        1,
    )
    assert [name for name, _ in asked] == ["1A", "1A"]


def test_equal_programs_are_judged_once():
    said, asked = judged("WA", "WA", "AC", "WA")
    assert [s.code for s in said] == [Code.WA, Code.WA, Code.AC, Code.WA]
    assert len(asked) == 2


def test_what_the_judge_failed_on_is_judged_again():
    judge = SpokenJudge()

    async def work():
        local = Local(PROBLEMS, compilers={}, judge=judge)
        for program in ("JE", "JE", "WA", "WA"):
            await judgement(local, Handed("1A", "python", program))

    asyncio.run(work())
    assert [program.source for _, program in judge.asked] == [b"JE", b"JE", b"WA"]


@pytest.mark.parametrize(
    ("remembered", "kept"), [(3, [False, False, True, True, True]), (8, [True] * 5)]
)
def test_of_many_verdicts_the_oldest_are_forgotten(remembered, kept):
    async def known(local, ticket):
        try:
            return await local.status(ticket) is not None
        except KeyError:
            return False

    async def work():
        local = Local(PROBLEMS, compilers={}, judge=SpokenJudge(), remembered=remembered)
        tickets = []
        for n in range(5):
            tickets.append(await local.submit(Handed("1A", "python", f"print({n})")))
            await local.status(tickets[-1], wait_s=10)
        return [await known(local, ticket) for ticket in tickets]

    assert asyncio.run(work()) == kept


def test_a_guessed_comparator_and_examples_alone_are_stamped():
    (said,), _ = judged("x", problem="1B")
    assert said.detail["guessed"] is True
    assert "samples_only" not in said.detail
    (said,), _ = judged("x", problem="1C", by_samples=True)
    assert said.detail["samples_only"] is True


@pytest.mark.parametrize(("problem", "says"), [("1C", "has no tests here"), ("9Z", "is not among")])
def test_problems_that_cannot_be_judged(problem, says):
    with pytest.raises(InputError, match=says):
        judged("x", problem=problem)
    assert Local(PROBLEMS).judgeable == {"1A", "1B"}


def test_a_language_that_is_not_known_is_named_as_such():
    async def work():
        await Local(PROBLEMS, judge=SpokenJudge()).submit(Handed("1A", "kotlin", "x"))

    with pytest.raises(InputError) as caught:
        asyncio.run(work())
    assert caught.value.field == "language"


@pytest.mark.parametrize(
    ("options", "says"),
    [({"policy": "slow"}, "no time policy"), ({"mode": "glass"}, "no isolation")],
)
def test_rules_that_are_none_are_refused_at_once(options, says):
    with pytest.raises(InputError, match=says):
        Local(PROBLEMS, **options)


def test_an_unknown_ticket():
    with pytest.raises(KeyError):
        asyncio.run(Local(PROBLEMS).status("?"))


def test_what_is_said_of_a_problem():
    said = asyncio.run(Local(PROBLEMS).problem("1A"))
    assert (said["title"], said["tests"], said["compare"], said["guessed"]) == (
        "Sums",
        2,
        "tokens",
        False,
    )


def test_the_platforms_compilers_are_used_where_they_are():
    usual = usual_compilers()
    assert usual["cpp"] == "cpp23"
    assert usual["python"] == ("pypy" if toolchain("pypy") else "python")
    assert (
        Local(PROBLEMS).fingerprint() != Local(PROBLEMS, compilers={"cpp": "cpp17"}).fingerprint()
    )


def test_the_fingerprint_follows_tests_limits_and_the_jurys_programs(tmp_path: Path):
    checker = tmp_path / "check.py"
    checker.write_text("1", encoding="utf-8")

    def of(**changes):
        fields = {"tests": (Test("1", b"1", b"2"),), "checker": JuryProgram(checker, "python")}
        return Local((CodeEloProblem("1A", **{**fields, **changes}),)).fingerprint()

    first = of()
    assert first == of()
    others = [
        of(tests=(Test("1", b"1", b"3"),)),
        of(time_limit_ms=1),
        of(compare="exact"),
        of(checker=None),
    ]
    checker.write_text("2", encoding="utf-8")
    assert all(other != first for other in [*others, of()])
