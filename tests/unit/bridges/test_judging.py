import asyncio
import os
from dataclasses import dataclass

import pytest

from veriloop.bridges.judging import judge_all, rewards_of, told, verdicts_of, wait, why_not
from veriloop.bridges.rows import solution_of
from veriloop.errors import EngineError, InputError, SandboxError, VerifierError
from veriloop.records import Form, Granularity, Problem, Source, Unscored, Verdict
from veriloop.store.rows import from_row
from veriloop.testing import sample_groups
from veriloop.verify.answer import Answer


def verdict(value, form=Form.SCORE, unscored=None):
    return Verdict("p", "s", "v", form, Granularity.TRAJECTORY, value, unscored)


def test_a_reward_is_the_value_and_never_stands_for_a_failure():
    said = [verdict(0.25), verdict(-3.0), verdict(None, unscored=Unscored.ENGINE)]
    said += [verdict(float("inf")), verdict(1.0, Form.TEXT), verdict(0.0, Form.BINARY)]
    assert rewards_of(said) == [0.25, -3.0, None, None, 1.0, 0.0]
    reasons = [why_not(v, r) for v, r in zip(said, rewards_of(said), strict=True)]
    assert reasons == ["", "", "engine", "infinite", "", ""]


@pytest.mark.parametrize(
    ("places", "rewards"),
    [
        ([0, 1], [1, 0]),
        ([2, 0, 1], [0, 1, 0.5]),
        ([0, 0], [0.5, 0.5]),
        ([0, 2, 2, 1], [1, 1 / 6, 1 / 6, 2 / 3]),
        ([0], [None]),
        ([0, None, 1], [1, None, 0]),
    ],
)
def test_a_place_becomes_the_share_of_others_that_it_comes_before(places, rewards):
    said = [
        verdict(place, Form.RANKING, None if place is not None else Unscored.EMPTY)
        for place in places
    ]
    found = rewards_of(said)
    assert found == pytest.approx(rewards)
    known = [reward for reward in found if reward is not None]
    assert not known or sum(known) / len(known) == pytest.approx(0.5)


@dataclass(frozen=True)
class Raising:
    error: Exception
    name: str = "raising"
    traits = Answer.traits

    async def verify(self, group):
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EngineError("down"), Unscored.ENGINE),
        (VerifierError("hung"), Unscored.CHECKER),
        (SandboxError("no box"), Unscored.CHECKER),
    ],
)
def test_a_failure_that_a_verifier_lets_through_leaves_its_group_unscored(error, reason):
    group = sample_groups()[0]
    said = asyncio.run(verdicts_of(Raising(error), group))
    assert [v.solution for v in said] == [s.id for s in group.solutions]
    assert {(v.unscored, v.detail["error"], v.source) for v in said} == {
        (reason, str(error), Source.PROGRAM)
    }
    with pytest.raises(InputError):
        asyncio.run(verdicts_of(Raising(InputError("bad tests")), group))


def test_verdicts_of_other_solutions_are_no_rewards():
    class Short(Raising):
        async def verify(self, group):
            return (await Answer().verify(group))[1:]

    with pytest.raises(VerifierError, match="gave 1 verdicts of other solutions than the 2"):
        asyncio.run(verdicts_of(Short(ValueError()), sample_groups()[0]))


def test_items_come_back_in_their_order():
    one, other = Problem("t", "a", "1"), Problem("t", "b", "2")
    texts = [(one, "It is 1."), (other, "It is 1."), (one, "It is 2."), (other, "It is 2.")]
    items = [(p, solution_of(p, f"The answer is {t[6:]}")) for p, t in texts]
    judged = asyncio.run(judge_all(Answer(), items))
    assert [reward for _, reward in judged] == [1.0, 0.0, 0.0, 1.0]
    assert [v.problem for v, _ in judged] == [p.id for p, _ in texts]


def test_a_verdict_is_told_whole():
    said = asyncio.run(Answer().verify(sample_groups()[0]))[0]
    assert from_row(Verdict, told(said)) == said


def test_callers_without_a_loop_wait_in_one_that_all_share():
    async def loop():
        return id(asyncio.get_running_loop())

    async def inside():
        return wait(loop()), id(asyncio.get_running_loop())

    first = wait(loop())
    assert wait(loop()) == first
    shared, own = asyncio.run(inside())
    assert shared == first != own


def test_a_forked_process_gets_a_loop_of_its_own():
    async def answer():
        return os.getpid()

    assert wait(answer()) == os.getpid()
    code = (
        "import os, asyncio\n"
        "from veriloop.bridges.judging import wait\n"
        "async def who(): return os.getpid()\n"
        "assert wait(who()) == os.getpid()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0 if wait(who()) == os.getpid() else 1)\n"
        "os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
