"""The verifier of arithmetic in steps: gold cases, and no value where there is nothing to recompute."""

import asyncio

import pytest

from veriloop.records import Finish, Form, Granularity, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify import KINDS
from veriloop.verify.equations import Equations

PROBLEM = Problem("sums", "Work it out.")


def verify(*steps, **options):
    group = Group(PROBLEM, (Solution(PROBLEM.id, steps, Finish.STOP),))
    return asyncio.run(Equations(**options).verify(group))[0]


def test_the_contract_of_a_verifier():
    asyncio.run(check_verifier(Equations()))
    assert KINDS["equations"] == f"{Equations.__module__}:{Equations.__name__}"


def test_gold_cases():
    right = verify("3 * 4 = 12.", "So 12 + 1 = 13.")
    assert (right.value, right.first_error, right.step_scores) == (1.0, -1, (1.0, 1.0))
    wrong = verify("First.", "3 * 4 = 13 and 1 + 1 = 2.", "13 + 1 = 15")
    assert (wrong.value, wrong.first_error, wrong.step_scores) == (0.0, 1, (1.0, 0.0))
    assert wrong.critique == "Step 2: 3 * 4 = 13 is wrong: 3 * 4 is 12."
    assert wrong.detail == {
        "equations": 3,
        "wrong": [{"step": 1, "equation": "3 * 4 = 13"}, {"step": 2, "equation": "13 + 1 = 15"}],
    }
    assert (wrong.form, wrong.granularity) == (Form.BINARY, Granularity.STEP)
    assert verify("5 = 2 * 3").critique == "Step 1: 5 = 2 * 3 is wrong: 5 is 5, and 2 * 3 is 6."


def test_too_little_is_no_verdict_and_a_slip_is_always_one():
    assert verify("It is clear.").unscored is Unscored.ABSTAINED
    assert verify("1 + 1 = 2", least=2).unscored is Unscored.ABSTAINED
    assert verify("1 + 1 = 3", least=2).value == 0.0
    assert verify().unscored is Unscored.EMPTY
    with pytest.raises(ValueError, match="at least 1"):
        Equations(least=0)


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("12 * 13 = 156", "3 * 4 = 1"), 1.0),
        (("12 * 13 = 156", "3 + 4 = 8 -"), 1.0),
        (("12 * 13 = 156", "1 / 2 = 0."), 1.0),
        (("12 * 13 = 155", "3 * 4 = 1"), 0.0),
        (("3 * 4 = 13 apples, so"), 0.0),
    ],
)
def test_an_equation_that_a_token_limit_cut_accuses_nobody(steps, value):
    steps = (steps,) if isinstance(steps, str) else steps
    group = Group(PROBLEM, (Solution(PROBLEM.id, steps, Finish.LENGTH),))
    (said,) = asyncio.run(Equations().verify(group))
    assert (said.value, said.first_error) == (value, -1 if value else 0)
