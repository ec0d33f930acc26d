"""check_verifier passes good verifiers and catches each way of breaking the contract."""

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Request
from veriloop.records import (
    Cost,
    Form,
    Granularity,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.testing import check_verifier, sample_groups
from veriloop.verify.equality import MathEquality
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo

TURNS = itertools.count()


@dataclass(frozen=True)
class Verifying:
    """A good verifier: right where the text holds the reference."""

    name: str = "holds"
    traits: ClassVar[Traits] = Traits(
        Source.PROGRAM, (Form.BINARY,), (Granularity.TRAJECTORY,), needs_reference=True
    )

    async def verify(self, group):
        return tuple(self.judge(group, solution) for solution in group.solutions)

    def judge(self, group, solution):
        reference, lost = group.problem.reference, None
        if reference is None:
            lost = Unscored.NO_REFERENCE
        elif not solution.steps:
            lost = Unscored.EMPTY
        return Verdict(
            group.problem.id,
            solution.id,
            self.name,
            Form.BINARY,
            Granularity.TRAJECTORY,
            value=None if lost else float(reference in solution.text),
            unscored=lost,
            source=self.traits.source,
            trained=self.traits.trained,
        )


class Nameless(Verifying):
    name = ""

    def __init__(self):
        object.__setattr__(self, "name", "")


class OneShort(Verifying):
    async def verify(self, group):
        return (await super().verify(group))[1:]


class ListOfVerdicts(Verifying):
    async def verify(self, group):
        return list(await super().verify(group))


class Shuffled(Verifying):
    async def verify(self, group):
        return (await super().verify(group))[::-1]


class EmptyIsZero(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        return said if solution.steps else replace(said, value=0.0, unscored=None)


class OtherName(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), verifier="else")


class TooManySteps(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), step_scores=(0.5,) * 3)


class Undeclared(Verifying):
    traits = None


class AnotherForm(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), form=Form.SCORE)


class AnotherGrain(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), granularity=Granularity.TOKEN)


class SaysNotWho(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        return said if said.scored else replace(said, source=None)


class BeyondTheText(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        return replace(said, token_scores=(0.5,), token_offsets=(len(solution.text) + 1,))


class SpeaksOfLostSteps(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        return said if solution.steps else replace(said, first_error=-1)


class BelievesTheFirst(Verifying):
    async def verify(self, group):
        said = await super().verify(group)
        return tuple(replace(v, value=float(i == 0)) if v.scored else v for i, v in enumerate(said))


class WrongWithoutReference(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        lost = said.unscored is Unscored.NO_REFERENCE and solution.steps
        return replace(said, value=0.0, unscored=None) if lost else said


class TwiceRight(Verifying):
    def judge(self, group, solution):
        said = super().judge(group, solution)
        return replace(said, value=2 * said.value) if said.scored else said


class EarnsMoney(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), cost=Cost(usd=-1.0))


class NoProbability(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), step_scores=(1.5,) * len(solution.steps))


class ErrorBeyondTheEnd(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), first_error=2)


class Moody(Verifying):
    def judge(self, group, solution):
        return replace(super().judge(group, solution), detail={"turn": next(TURNS)})


class SpeaksOfNothing(Verifying):
    async def verify(self, group):
        verdicts = await super().verify(group)
        return verdicts or (self.judge(group, Solution(group.problem.id, ())),)


class NoVerdicts(Verifying):
    def judge(self, group, solution):
        return 1.0


@dataclass(frozen=True)
class NoRepr(Verifying):
    hook: object = field(default=len, repr=True)


@dataclass(frozen=True)
class HalfRepr(Verifying):
    weight: float = field(default=1.0, repr=False)


VERIFIERS = {
    Nameless: "filed under the verifier's name",
    OneShort: "2 solutions need as many verdicts",
    ListOfVerdicts: r"gets no verdicts, \(\), got \[\]",
    Shuffled: "keep the order",
    EmptyIsZero: "is not a zero",
    OtherName: "filed under 'else'",
    TooManySteps: "at most one number in",
    Undeclared: "declares what it is",
    AnotherForm: r"has the form score, and \['binary'\] are declared",
    AnotherGrain: r"speaks of a token, and \['trajectory'\] are declared",
    SaysNotWho: "stamp both into every verdict",
    BeyondTheText: "token_offsets rise within",
    SpeaksOfLostSteps: "a trainer may learn it",
    BelievesTheFirst: "not on its place",
    WrongWithoutReference: "needs_reference is not true",
    TwiceRight: "lies between 0 and 1, got 2.0",
    EarnsMoney: "costs add up",
    NoProbability: "at most one number in",
    ErrorBeyondTheEnd: "index of one of 2 steps, got 2",
    Moody: "other verdicts the second time",
    SpeaksOfNothing: "without solutions gets no verdicts",
    NoVerdicts: "a verdict is a Verdict, got 1.0",
    NoRepr: "does not rebuild",
}


def test_a_good_verifier_passes():
    asyncio.run(check_verifier(Verifying()))
    asyncio.run(check_verifier(Verifying(), sample_groups()[:1]))
    asyncio.run(check_verifier(Moody(), deterministic=False))
    asyncio.run(check_verifier(NoRepr(), rebuild=False))


def test_the_sample_groups_hold_right_and_wrong_solutions():
    for group in sample_groups():
        verdicts = asyncio.run(Verifying().verify(group))
        assert [v.value for v in verdicts] == [1.0, 0.0]
        assert [s.answer == group.problem.reference for s in group.solutions] == [True, False]


@pytest.mark.parametrize("broken", VERIFIERS)
def test_a_broken_verifier_is_told_what_it_breaks(broken):
    with pytest.raises(AssertionError, match=VERIFIERS[broken]):
        asyncio.run(check_verifier(broken()))


def test_a_repr_that_forgets_a_field_is_caught():
    with pytest.raises(AssertionError, match="rebuilds something else"):
        asyncio.run(check_verifier(HalfRepr(weight=2.0)))


@dataclass(frozen=True)
class Asking:
    """A good judge, broken by what it makes of a failure and of nonsense."""

    engine: object
    name: str = "asking"
    traits: ClassVar[Traits] = Traits(
        Source.MODEL, (Form.BINARY,), (Granularity.TRAJECTORY,), deterministic=False
    )

    async def verify(self, group):
        return tuple([await self.judge(solution) for solution in group.solutions])

    async def judge(self, solution):
        if not solution.steps:
            return self.say(solution, None, Unscored.EMPTY)
        try:
            reply = await self.engine.generate(Request(solution.text))
        except EngineError:
            return self.failed(solution)
        text = reply.completions[0].text
        if text not in ("yes", "no"):
            return self.unread(solution)
        return self.say(solution, float(text == "yes"), calls=1)

    def failed(self, solution):
        return self.say(solution, None, Unscored.ENGINE)

    def unread(self, solution):
        return self.say(solution, None, Unscored.UNPARSED, calls=1)

    def say(self, solution, value, unscored=None, calls=0):
        return Verdict(
            solution.problem,
            solution.id,
            self.name,
            Form.BINARY,
            Granularity.TRAJECTORY,
            value,
            unscored,
            cost=Cost(calls=calls),
            source=Source.MODEL,
            trained=False,
        )


class FailureIsZero(Asking):
    def failed(self, solution):
        return self.say(solution, 0.0)


class NonsenseIsZero(Asking):
    def unread(self, solution):
        return self.say(solution, 0.0, calls=1)


class NonsenseIsFree(Asking):
    def unread(self, solution):
        return self.say(solution, None, Unscored.UNPARSED)


FAILURES = {
    FailureIsZero: "while its engine failed a solution got the value 0.0",
    NonsenseIsZero: "'I cannot say.' a solution got the value 0.0",
    NonsenseIsFree: "come to 0 calls, and the engine answered 2",
}


def asking(kind):
    return check_verifier(kind(Scripted({}, default="yes")), failing=kind, rebuild=False)


def test_a_judge_whose_engine_fails_or_cannot_be_read_passes_when_it_says_so():
    asyncio.run(asking(Asking))
    asyncio.run(asking(Judge))
    down = Asking(Scripted({}))  # a script without answers fails every call
    asyncio.run(check_verifier(Asking(Scripted({}, default="no")), failing=down, rebuild=False))


@pytest.mark.parametrize("broken", FAILURES)
def test_a_judge_that_makes_a_zero_of_a_failure_is_told_so(broken):
    with pytest.raises(AssertionError, match=FAILURES[broken]):
        asyncio.run(asking(broken))


def test_an_answer_that_says_nothing_may_be_legitimate():
    def rollouts(engine):
        return MonteCarlo(engine, MathEquality(), k=2)

    answers = Scripted({}, default="The answer is 84.")
    with pytest.raises(AssertionError, match=r"got the value 0\.0"):
        asyncio.run(check_verifier(rollouts(answers), failing=rollouts, rebuild=False))
    asyncio.run(check_verifier(rollouts(answers), failing=rollouts, unreadable=None, rebuild=False))
