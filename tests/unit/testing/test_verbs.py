"""check_search, check_verifier and check_feedback pass good kinds and catch each way of breaking the contract."""

import asyncio
import itertools
from dataclasses import dataclass, replace

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.feedback.labels import StepLabels
from veriloop.ids import derive_seed
from veriloop.protocols import Kept, Request
from veriloop.records import (
    Dropped,
    Example,
    ExampleKind,
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Verdict,
)
from veriloop.search.sample import Sample
from veriloop.testing import check_feedback, check_search, sample_groups

PROBLEM = Problem("sums", "What is 1 + 1?", "2")
ENGINE = Scripted(lambda r: f"One and one.\n\nThe answer is {r.seed % 7 + r.first}.")
TURNS = itertools.count()


@dataclass(frozen=True)
class Searching:
    """A good search, broken by what ``spoil`` does to each solution."""

    n: int = 2

    async def search(self, problem, engine):
        seed = derive_seed(0, "test", problem.id)
        reply = await engine.generate(Request(problem.prompt, seed=seed, n=self.n))
        found = (
            Solution(problem.id, (c.text,), c.finish, engine=engine.name, seed=seed, sample=j)
            for j, c in enumerate(reply.completions)
        )
        return tuple(self.spoil(solution) for solution in found)

    def spoil(self, solution):
        return solution


class OtherProblem(Searching):
    def spoil(self, solution):
        return replace(solution, problem="another")


class CountsFromOne(Searching):
    def spoil(self, solution):
        return replace(solution, sample=solution.sample + 1)


class SaysGiven(Searching):
    def spoil(self, solution):
        return replace(solution, finish=Finish.GIVEN)


class TakesCutForWhole(Searching):
    def spoil(self, solution):
        return replace(solution, finish=Finish.STOP)


class NamesNoEngine(Searching):
    def spoil(self, solution):
        return replace(solution, engine="")


class EmptySteps(Searching):
    def spoil(self, solution):
        return replace(solution, steps=("a", " "))


class Drifts(Searching):
    def spoil(self, solution):
        return replace(solution, seed=next(TURNS))


class FindsNothing(Searching):
    async def search(self, problem, engine):
        return ()


SEARCHES = {
    OtherProblem: "does not name its problem",
    CountsFromOne: "samples count from 0",
    SaysGiven: "was generated and says it was given",
    TakesCutForWhole: "it has to say LENGTH",
    NamesNoEngine: "'scripted' was asked",
    EmptySteps: "has an empty step",
    Drifts: "gave other solutions the second time",
    FindsNothing: "at least one solution",
}


def test_good_searches_pass():
    asyncio.run(check_search(Searching(), PROBLEM, ENGINE))
    asyncio.run(check_search(Sample(n=3, seed=5), PROBLEM, ENGINE))


@pytest.mark.parametrize("broken", SEARCHES)
def test_a_broken_search_is_told_what_it_breaks(broken):
    with pytest.raises(AssertionError, match=SEARCHES[broken]):
        asyncio.run(check_search(broken(), PROBLEM, ENGINE))


def judged():
    """The sample groups with their verdicts of steps: all right, and wrong at the first."""
    groups = []
    for group in sample_groups():
        verdicts = tuple(
            Verdict(
                group.problem.id,
                solution.id,
                "gold",
                Form.BINARY,
                Granularity.STEP,
                value=1.0 - wrong,
                step_scores=(0.0,) if wrong else (1.0, 1.0),
                first_error=0 if wrong else -1,
            )
            for wrong, solution in enumerate(group.solutions)
        )
        groups.append(replace(group, verdicts=verdicts))
    return groups


@dataclass(frozen=True)
class Teaching:
    """A good feedback: demonstrates what a verdict calls right."""

    def feedback(self, group):
        values = {v.solution: v.value for v in group.verdicts}
        examples, dropped = [], []
        for solution in group.solutions:
            if values.get(solution.id):
                examples.append(self.example(group, solution))
            else:
                dropped.append(self.drop(solution))
        return Kept(tuple(examples), tuple(dropped))

    def example(self, group, solution):
        prompt = group.problem.prompt
        return Example(
            ExampleKind.DEMONSTRATION, prompt, (solution.text,), problem=group.problem.id
        )

    def drop(self, solution):
        return Dropped(solution.id, "not right")


class NoReason(Teaching):
    def drop(self, solution):
        return Dropped(solution.id, " ")


class WrongProblem(Teaching):
    def example(self, group, solution):
        return replace(super().example(group, solution), problem="another")


class NeverTwiceTheSame(Teaching):
    def example(self, group, solution):
        return replace(super().example(group, solution), source=str(next(TURNS)))


class LearnsFromUnscored(Teaching):
    def feedback(self, group):
        return Kept(tuple(self.example(group, s) for s in group.solutions))


class LearnsFromNothing(Teaching):
    def feedback(self, group):
        kept = super().feedback(group)
        made = self.example(group, Solution(group.problem.id, ("a",)))
        return kept if group.verdicts else Kept((made,))


class KeepsNothing(Teaching):
    def feedback(self, group):
        return Kept()


class NotKept(Teaching):
    def feedback(self, group):
        return ()


class Writes(Teaching):
    def feedback(self, group):
        object.__setattr__(group, "verdicts", group.verdicts[:1])
        return super().feedback(group)


FEEDBACKS = {
    NoReason: "has a name and a reason",
    WrongProblem: "names problem 'another'",
    NeverTwiceTheSame: "differed the second time",
    LearnsFromUnscored: "unscored is not 0",
    LearnsFromNothing: "without solutions and verdicts",
    KeepsNothing: "no group gave an example",
    NotKept: r"gives Kept\(examples, dropped\)",
    Writes: "has to be pure",
}


def test_good_feedback_passes():
    check_feedback(Teaching(), judged())
    check_feedback(StepLabels("gold"), judged())


@pytest.mark.parametrize("broken", FEEDBACKS)
def test_broken_feedback_is_told_what_it_breaks(broken):
    with pytest.raises(AssertionError, match=FEEDBACKS[broken]):
        check_feedback(broken(), judged())


def test_a_group_without_verdicts_is_no_example_of_unscored():
    with pytest.raises(AssertionError, match="no group gave an example"):
        check_feedback(Teaching(), [Group(PROBLEM)])
