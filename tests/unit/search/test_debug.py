"""Self-Debug: what is shown of a failure, that no hidden test ever is, and a repair through the real sandbox."""

import asyncio
import json

import pytest

from veriloop.errors import InputError
from veriloop.protocols import Sampling
from veriloop.records import Group, Problem, Solution
from veriloop.search import KINDS
from veriloop.search.debug import OnlyTests, SelfDebug, seen_by
from veriloop.search.rounds import Ended, Rounds
from veriloop.search.tools.programs import Programs
from veriloop.search.whole import Whole
from veriloop.testing import check_search, check_verifier
from veriloop.testing.judge import SpokenJudge
from veriloop.verify.code import Code

SAMPLE = {"input": "1 2\n", "output": "3\n", "sample": True}
HIDDEN = {"input": "hidden-input 40\n", "output": "hidden-output\n"}
PROBLEM = Problem(
    "code", "Add two numbers.", reference="hidden-reference", tests=(HIDDEN, SAMPLE, {"limits": {"time_s": 2}})
)  # fmt: skip


def fenced(code):
    return f"Here:\n```python\n{code}\n```"


WRONG, RIGHT = fenced("a, b = map(int, input().split())\nprint(a * b)"), fenced("print(3)")
SPOKEN = Code(judge=SpokenJudge())


def test_the_contract_of_a_search(loops):
    engine = loops.policy(fenced("WA"), fenced("x"))
    asyncio.run(check_search(SelfDebug(SPOKEN), PROBLEM, engine, rebuild=False))
    assert KINDS["self-debug"] == f"{SelfDebug.__module__}:{SelfDebug.__name__}"


def test_a_wrong_program_is_repaired_through_the_real_sandbox(loops):
    engine = loops.policy(WRONG, RIGHT)
    found = loops.trace(SelfDebug(Code(), runs=Programs()), engine, PROBLEM)
    assert [v.detail["verdict"] for v in found.verdicts] == ["WA", "AC"]
    assert (found.ended, found.accepted) == (Ended.ACCEPTED, 1)
    assert found.solutions[1].text == RIGHT, "blanks are kept"
    assert {v.problem for v in found.verdicts} == {PROBLEM.id}
    told = engine.requests[1].prompt[-1].content
    assert "Input:\n1 2\n" in told
    assert "Expected output:\n3\n" in told
    assert "It printed:\n2\n" in told
    assert "The judge says: token 1" in told


@pytest.mark.parametrize("mode", ["simple", "tests", "explain"])
@pytest.mark.parametrize("program", ["print(0)", "1/0", "print(", "no code", "while True: pass"])
def test_hidden_tests_are_never_shown(loops, mode, program):
    """Not in the context, and not to the judge: whatever goes wrong, in whatever way it is told."""
    asked = SpokenJudge() if "while" in program else None
    text = fenced(program + ("  # TLE" if asked else "")) if "code" not in program else program
    engine = loops.policy(text)
    loops.trace(SelfDebug(Code(judge=asked), by=Rounds(2), mode=mode), engine, PROBLEM)
    assert engine.calls == 3
    shown = json.dumps([loops.turns(r) for r in engine.requests])
    assert "hidden" not in shown
    assert ("1 2" in shown) is (mode != "simple" and program not in ("print(", "no code"))


def test_the_verifier_gets_the_public_tests_alone(loops):
    knows = loops.Knows({None: 0.0})
    groups = []

    class Watching(loops.Knows):
        async def verify(self, group):
            groups.append(group)
            return await knows.verify(group)

    loops.run(SelfDebug(Watching(), by=Rounds(0)), loops.policy(WRONG), PROBLEM)
    assert groups[0].problem.tests == (SAMPLE, {"limits": {"time_s": 2}})
    assert groups[0].problem.reference is None
    loops.run(SelfDebug(Watching(), by=Rounds(0), tests="all"), loops.policy(WRONG), PROBLEM)
    assert groups[1].problem == PROBLEM


def test_all_tests_are_told_where_that_is_asked_for(loops):
    engine = loops.policy(fenced("WA"))
    loops.run(SelfDebug(SPOKEN, by=Rounds(1), tests="all"), engine, PROBLEM)
    assert "hidden-input 40" in engine.requests[1].prompt[-1].content


def test_a_problem_without_a_public_test_is_refused_before_a_model_is_asked(loops):
    engine = loops.policy(WRONG)
    secret = Problem("code", "p", tests=(HIDDEN, {"limits": {"time_s": 1}}), uid="sum")
    with pytest.raises(InputError, match="none of 1 tests may be shown") as caught:
        loops.run(SelfDebug(SPOKEN), engine, secret)
    assert (caught.value.file, caught.value.field) == ("sum", "tests")
    assert engine.calls == 0


def test_long_parts_are_cut_and_a_cut_answer_hears_that(loops):
    long = Problem("code", "p", tests=({"input": "x" * 999, "output": "y", "sample": True},))
    engine = loops.policy(fenced("WA"))
    loops.run(SelfDebug(SPOKEN, by=Rounds(1), most=30), engine, long)
    told = engine.requests[1].prompt[-1].content
    assert "x" * 20 + "\n... 969 characters left out ...\n" + "x" * 10 in told
    cut = SelfDebug(SPOKEN, Whole(1, Sampling(max_tokens=1)), Rounds(1))
    engine = loops.policy(fenced("x"))
    loops.run(cut, engine, PROBLEM)
    assert "cut off" in engine.requests[1].prompt[-1].content


def test_what_is_told_of_time_does_not_change_from_run_to_run(loops):
    engine = loops.policy(fenced("TLE"))
    loops.run(SelfDebug(SPOKEN, by=Rounds(1)), engine, PROBLEM)
    assert "The judge says: over the time limit" in engine.requests[1].prompt[-1].content


def test_a_judge_error_ends_the_loop_and_accuses_nobody(loops):
    engine = loops.policy(fenced("JE"))
    found = loops.trace(SelfDebug(SPOKEN), engine, PROBLEM)
    assert (found.ended, engine.calls) == (Ended.UNSCORED, 1)


def test_calls_of_a_function(loops):
    calls = (
        {"function": "add", "arguments": [1, [2]], "result": 3},
        {"function": "add", "arguments": [5, "x"], "result": 8, "sample": True},
    )
    engine = loops.policy(fenced("def add(a, b): return 0"), fenced("def add(a, b): return 8"))
    found = loops.trace(SelfDebug(Code()), engine, Problem("code", "p", tests=calls))
    told = engine.requests[1].prompt[-1].content
    assert 'Input:\nadd(5, "x")' in told
    assert "Expected output:\n8" in told
    assert found.accepted == 1


def test_only_tests_is_a_verifier_as_the_one_it_holds(loops):
    made = Solution(PROBLEM.id, (fenced("x"),), engine="e")
    asyncio.run(check_verifier(OnlyTests(SPOKEN), [Group(PROBLEM, (made,))], rebuild=False))
    assert OnlyTests(SPOKEN).name == "code"
    assert OnlyTests(SPOKEN).traits == SPOKEN.traits
    assert seen_by(PROBLEM, "all") is PROBLEM


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mode": "loud"}, "simple, tests, explain"),
        ({"tests": "some"}, "public, all"),
        ({"most": 3}, "at least 20"),
    ],
)
def test_what_is_impossible_is_refused(options, says):
    with pytest.raises(ValueError, match=says):
        SelfDebug(SPOKEN, **options)
