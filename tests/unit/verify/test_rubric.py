"""A model's ratings: read or unscored, never a zero for what could not be read."""

import asyncio

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.protocols import Completion
from veriloop.records import Finish, Form, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify.rubric import Rubric

PROBLEM = Problem("t", "Write a poem on rain.")
SOLUTION = Solution(PROBLEM.id, ("It rains,", "and drains."), Finish.STOP, engine="e")


def rate(said, **options):
    rubric = Rubric(Scripted({}, default=said), **options)
    (verdict,) = asyncio.run(rubric.verify(Group(PROBLEM, (SOLUTION,))))
    return verdict


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("It rhymes. <score>4</score>", 0.8),
        ("<score>0</score>", 0.0),
        ("maybe <score>1</score>, no: <score>5</score>", 1.0),
        ("<think><score>1</score></think> <score> 2.5 </score>", 0.5),
        ("**<score>4/5</score>**", 0.8),
    ],
)
def test_a_rating_is_a_share_of_the_range(said, value):
    verdict = rate(said)
    assert verdict.value == pytest.approx(value)
    assert (verdict.form, verdict.critique, verdict.trained) == (Form.SCORE, said, False)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("It is good.", Unscored.UNPARSED),
        ("<score>7</score>", Unscored.UNPARSED),
        ("<score>four</score>", Unscored.UNPARSED),
        ("<score>1-2</score>", Unscored.UNPARSED),
        ("<score>4/10</score>", Unscored.UNPARSED),  # of another range
        (Completion("It rhymes and", Finish.LENGTH), Unscored.TRUNCATED),
        (Completion("It rhymes: <score>3", Finish.LENGTH), Unscored.TRUNCATED),  # may be 3.5
    ],
)
def test_what_cannot_be_read_is_unscored(said, reason):
    verdict = rate(said)
    assert (verdict.value, verdict.unscored) == (None, reason)


def test_a_failed_call_is_unscored_with_what_it_said():
    rubric = Rubric(Scripted({}, default="<score>5</score>", failures={1: "timeout"}))
    (verdict,) = asyncio.run(rubric.verify(Group(PROBLEM, (SOLUTION,))))
    assert verdict.unscored is Unscored.ENGINE
    assert "fails" in str(verdict.detail["error"])


def test_samples_that_can_be_read_are_averaged_and_the_others_counted():
    verdict = rate(["<score>5</score>", "hm", "<score>2</score>"], n=3)
    assert verdict.value == pytest.approx(0.7)
    assert verdict.detail == {"ratings": [5.0, 2.0], "unread": 1}


def test_what_is_sent_holds_the_request_the_response_and_the_criteria():
    engine = Scripted({}, default="<score>3</score>")
    rubric = Rubric(engine, "It rhymes.", 1, 10, prompt="rubric_partial")
    asyncio.run(rubric.verify(Group(PROBLEM, (SOLUTION,))))
    sent = engine.requests[0].prompt[0].content
    assert all(
        part in sent for part in (PROBLEM.text, SOLUTION.text, "It rhymes.", "from 1", "to 10")
    )


def test_the_contract_of_a_verifier():
    asyncio.run(check_verifier(Rubric(Scripted({}, default="<score>3</score>"))))


@pytest.mark.parametrize("wrong", [{"n": 0}, {"lowest": 5, "highest": 5}])
def test_ranges_that_mean_nothing_are_refused(wrong):
    with pytest.raises(InputError, match="lowest below highest"):
        Rubric(Scripted({}), **wrong)
