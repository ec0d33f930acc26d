"""The first goal that takes a problem routes it; what no goal takes is unscored and says so."""

import asyncio

import pytest

from veriloop.records import Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier, sample_groups
from veriloop.verify.answer import Answer
from veriloop.verify.route import Goal, Router

MATH, CODE = Answer(name="math"), Answer(name="code")
ROUTES = (
    (Goal("code", 3.0, tasks=("humaneval", "mbpp")), CODE),
    (Goal("german", 1.0, tasks=("sums",), languages=("de",)), CODE),
    (Goal("sums", 4.0, tasks=("sums",)), MATH),
)


def verify(router, **problem):
    asked = Problem(prompt="1 + 1?", reference="2", **problem)
    told = Solution(asked.id, ("So 2.",), answer="2")
    (made,) = asyncio.run(router.verify(Group(asked, (told,))))
    return made


def test_the_first_goal_that_fits_speaks():
    router = Router(ROUTES)
    assert verify(router, task="sums", language="de").detail["goal"] == "german"
    made = verify(router, task="sums")
    assert (made.value, made.verifier) == (1.0, "router")
    assert made.detail == {"goal": "sums", "by": "math", "weight": 0.5}
    assert Goal("any").takes(Problem("x", "y"))
    assert not Goal("s", subsets=("a",)).takes(Problem("x", "y", subset="b"))


def test_an_unrouted_problem_is_unscored_and_says_so():
    made = verify(Router(ROUTES), task="poems", subset="odes")
    assert made.unscored is Unscored.ABSTAINED
    assert made.detail["error"] == (
        "no goal of code, german, sums takes task 'poems', subset 'odes', language 'en', and there is no default"
    )
    named = verify(Router(ROUTES, default=MATH), task="poems")
    assert (named.value, named.detail["goal"], named.detail["by"]) == (1.0, None, "math")


def test_the_mean_over_goals_has_their_weights_and_no_gaps():
    assert Router(ROUTES).expected({"code": 1.0, "german": 0.0, "sums": 0.5}) == pytest.approx(
        5 / 8
    )
    with pytest.raises(ValueError, match="goal 'german' has no number"):
        Router(ROUTES).expected({"code": 1.0, "sums": 0.5})


def test_contract_and_what_cannot_be():
    asyncio.run(check_verifier(Router(ROUTES), sample_groups()))
    with pytest.raises(ValueError, match="names of their own"):
        Router((ROUTES[0], ROUTES[0]))
    with pytest.raises(ValueError, match="names of their own"):
        Router(())
    with pytest.raises(ValueError, match="weight above 0"):
        Goal("a", 0.0)
