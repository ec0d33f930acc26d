"""Cheap first: who is asked about what, what it costs, and what happens where a stage fails."""

import asyncio
import importlib.util
from pathlib import Path

import pytest

from veriloop.errors import InputError
from veriloop.records import Cost, Form, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier, sample_groups
from veriloop.verify.answer import Answer
from veriloop.verify.cascade import Cascade
from veriloop.verify.recorded import Recorded
from veriloop.verify.scales import Scale

spec = importlib.util.spec_from_file_location("says", Path(__file__).with_name("test_panel.py"))
panels = importlib.util.module_from_spec(spec)
spec.loader.exec_module(panels)
PROBLEM = Problem("test", "How many?", "1")


def group(n):
    return Group(PROBLEM, tuple(Solution(PROBLEM.id, ("One.",), sample=i) for i in range(n)))


def stage(name, *values, form=Form.SCORE):
    """Recorded, so that it can be asked about some of the solutions only."""
    told = asyncio.run(panels.Says(name, values, form).verify(group(len(values))))
    return Recorded.of(name, told)


def run(cascade, n):
    return asyncio.run(cascade.verify(group(n)))


def test_only_what_is_open_goes_on_and_costs_add_up():
    cheap, dear = stage("cheap", 0.95, 0.5, 0.05, None), stage("dear", 0.0, 0.8, 1.0, 0.3)
    cascade = Cascade((cheap, dear), accept=0.9, reject=0.1)
    made = run(cascade, 4)
    assert [v.value for v in made] == [0.95, 0.8, 0.05, 0.3]
    assert [v.detail["stage"] for v in made] == ["cheap", "dear", "cheap", "dear"]
    assert [v.cost.calls for v in made] == [1, 2, 1, 2]
    assert made[3].detail["said"] == {"cheap": "engine", "dear": 0.3}
    first, second = cascade.account()
    assert (first.stage, first.asked, first.decided, first.lost) == ("cheap", 4, 2, 1)
    assert (second.asked, second.decided, second.lost) == (2, 2, 0)
    assert first.cost == Cost(4, tokens=12, usd=2.0)
    assert second.to_json()["usd"] == 1.0
    assert first.seconds >= 0
    assert sum(v.cost.usd for v in made) == first.cost.usd + second.cost.usd


def test_bounds_by_stage_and_scales():
    stages = (stage("a", 3.0, -3.0), stage("b", 0.7, 0.7), stage("c", 0.0, 0.0))
    scale = (Scale("a", "min-max", -4, 4),)
    never = Cascade(stages, accept=(0.8, 0.6), reject=(-1.0, 0.0), scales=scale)
    assert [v.detail["stage"] for v in run(never, 2)] == ["a", "b"]
    assert [v.value for v in run(never, 2)] == [3.0, 0.7]


def test_a_value_beyond_the_bounds_of_a_vote_is_no_sure_one():
    """A reward model's 3.2 is not "at least 0.9": without a scale nobody knows what it is."""
    with pytest.raises(InputError, match=r"'rm' gave 3\.2.*fit_scale"):
        run(Cascade((stage("rm", 3.2), stage("dear", 0.7))), 1)
    assert run(Cascade((stage("cheap", 0.5), stage("rm", 3.2))), 1)[0].value == 3.2  # the last one


def test_a_last_stage_that_fails_leaves_it_open_or_falls_back_where_that_is_asked_for():
    stages = (stage("cheap", 0.6), panels.Says("dear", raises="engine"))
    (made,) = run(Cascade(stages), 1)
    assert (made.value, made.unscored, made.detail["decided"]) == (None, Unscored.ENGINE, False)
    assert made.detail["said"] == {"cheap": 0.6, "dear": "engine"}
    (made,) = run(Cascade(stages, fallback=True), 1)
    assert (made.value, made.detail["stage"], made.detail["decided"]) == (0.6, "cheap", False)


def test_contract_and_what_cannot_be():
    cascade = Cascade((Answer(name="a"), Answer(name="b")))
    asyncio.run(check_verifier(cascade, sample_groups()))
    one = stage("a", 0.5)
    for make, says in (
        (lambda: Cascade(()), "names of their own"),
        (lambda: Cascade((one, one)), "names of their own"),
        (lambda: Cascade((one, stage("b", 1.0)), accept=(0.9, 0.9)), "1 for 2 stages"),
        (lambda: Cascade((one, stage("b", 1.0)), accept=0.2, reject=0.3), "reject lies below"),
        (lambda: run(Cascade((stage("r", 0.0, form=Form.RANKING), one)), 1), "ranks a group"),
    ):
        with pytest.raises(ValueError, match=says):
            make()
