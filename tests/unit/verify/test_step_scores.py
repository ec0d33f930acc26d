import asyncio
import math
from dataclasses import dataclass
from typing import ClassVar, final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.records import (
    NO_ERROR,
    Cost,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.step_scores import (
    AGGREGATES,
    NO_STEPS,
    Desk,
    Read,
    Rule,
    aggregate,
    items_of,
    read_groups,
    too_long,
)

SOLUTION = Solution("p", ("a", "b", "c"))
TRAITS = Traits(Source.MODEL, (Form.SCORE,), (Granularity.STEP,), trained=True)


@final
@dataclass(frozen=True)
class Speaker:
    """A verifier of which only the name and the traits matter."""

    name: str = "v"
    traits: ClassVar[Traits] = TRAITS

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        return ()


SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(SCORES)
def test_aggregates_are_what_they_are_called(scores):
    assert aggregate(scores, "min") == min(scores)
    assert aggregate(scores, "last") == scores[-1]
    assert aggregate(scores, "product") == pytest.approx(math.prod(scores), abs=1e-12)


@given(SCORES, st.floats(0, 1), st.sampled_from(AGGREGATES))
def test_the_first_step_not_above_the_threshold_is_the_first_error(scores, threshold, how):
    solution = Solution("p", tuple("x" for _ in scores))
    read = Read(tuple(scores))
    verdict = Rule(how, threshold).verdict(Speaker(), solution, read=read, made_by="m")
    first = verdict.first_error
    assert first is not None
    upto = scores if first == NO_ERROR else scores[:first]
    assert all(score > threshold for score in upto)
    assert first == NO_ERROR or scores[first] <= threshold
    assert verdict.value == aggregate(scores, how)


def test_a_verdict_says_who_what_and_at_what_cost():
    read = Read((0.9, 0.2, 0.7), tokens=40, calls=3)
    verdict = Rule("min").verdict(Speaker(), SOLUTION, read=read, made_by="m")
    assert (verdict.form, verdict.granularity) == (Form.SCORE, Granularity.STEP)
    assert (verdict.verifier, verdict.made_by, verdict.solution) == ("v", "m", SOLUTION.id)
    assert (verdict.value, verdict.first_error) == (0.2, 1)
    assert verdict.cost == Cost(calls=3, prompt_tokens=40)
    assert (verdict.source, verdict.trained) == (Source.MODEL, True)


@pytest.mark.parametrize(
    "lost", [NO_STEPS, too_long(9, 8), Read(unscored=Unscored.ENGINE, why="x")]
)
def test_what_was_not_scored_has_its_reason_and_nothing_else(lost):
    verdict = Rule().verdict(Speaker(), SOLUTION, read=lost, made_by="m")
    assert (verdict.unscored, verdict.detail) == (lost.unscored, {"error": lost.why})
    assert (verdict.value, verdict.first_error, verdict.step_scores) == (None, None, ())
    assert verdict.cost == Cost()


@pytest.mark.parametrize("how", AGGREGATES)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_no_right_step_and_no_crash(how, bad):
    read = Read((0.9, bad, 0.8), tokens=12)
    verdict = Rule(how).verdict(Speaker(), SOLUTION, read=read, made_by="m")
    assert (verdict.unscored, verdict.value) == (Unscored.ENGINE, None)
    assert (verdict.first_error, verdict.step_scores) == (None, ())
    assert "NaN or infinite" in verdict.detail["error"]
    assert verdict.cost == Cost(calls=1, prompt_tokens=12)


def test_rules_that_are_none_are_refused():
    with pytest.raises(ValueError, match="product, min or last, got 'mean'"):
        Rule("mean")


@pytest.mark.parametrize("together", [True, False])
def test_groups_get_their_own_reads_back_together_or_alone(together):
    sizes = []

    def read(items):
        sizes.append(len(items))
        return [Read((float(len(text)),)) for text, _ in items]

    groups = [[("a", ()), ("bb", ())], [], [("ccc", ())]]
    found = read_groups(read, groups, together=together)
    assert [[one.scores[0] for one in reads] for reads in found] == [[1.0, 2.0], [], [3.0]]
    assert sizes == ([3] if together else [2, 0, 1])


def test_those_who_ask_in_one_turn_are_read_together_and_later_ones_in_the_next_pass():
    passes = []

    def read(groups):
        passes.append(len(groups))
        return [[Read((float(len(text)),)) for text, _ in items] for items in groups]

    async def run():
        desk = Desk()
        first = await asyncio.gather(*(desk.ask([("x" * n, ())], read) for n in range(5)))
        return first, await desk.ask([("yyyy", ()), ("z", ())], read)

    first, second = asyncio.run(run())
    assert passes == [5, 1]
    assert [reads[0].scores for reads in first] == [(float(n),) for n in range(5)]
    assert [read.scores for read in second] == [(4.0,), (1.0,)]


def test_a_pass_that_fails_fails_for_all_who_wait_and_for_nobody_later():
    def read(groups):
        if len(groups) == 2:
            raise OSError("disk")
        return [[NO_STEPS] for _ in groups]

    async def run():
        desk = Desk()
        both = await asyncio.gather(
            *(desk.ask([("a", ())], read) for _ in range(2)), return_exceptions=True
        )
        return both, await desk.ask([("a", ())], read)

    both, later = asyncio.run(run())
    assert [str(error) for error in both] == ["disk", "disk"]
    assert later == [NO_STEPS]


def test_items_are_the_problems_text_and_the_steps():
    problem = Problem("t", "text")
    group = Group(problem, (Solution(problem.id, ("a",)), Solution(problem.id, ())))
    assert items_of(group) == [("text", ("a",)), ("text", ())]
