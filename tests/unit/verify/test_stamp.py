"""What a stamped verdict takes from its verifier and its solution."""

import pytest

from veriloop.ids import describe
from veriloop.records import Cost, Form, Granularity, Solution, Unscored
from veriloop.verify.rules import Length
from veriloop.verify.stamp import stamped

RULE = Length(most=3, unit="words")
SOLUTION = Solution("p", ("a b",))


def test_names_form_granularity_and_speaker_are_the_verifiers():
    found = stamped(RULE, SOLUTION, value=1, critique="short", detail={"words": 2})
    assert (found.problem, found.solution, found.verifier) == ("p", SOLUTION.id, RULE.name)
    assert (found.form, found.granularity) == (Form.BINARY, Granularity.TRAJECTORY)
    assert (found.source, found.trained) == (RULE.traits.source, RULE.traits.trained)
    assert (found.value, found.critique, found.detail) == (1.0, "short", {"words": 2})
    assert found.made_by == describe(RULE)
    assert stamped(RULE, SOLUTION, value=1, made_by="Length()").made_by == "Length()"


def test_steps_tokens_and_cost_are_told_as_they_are_given():
    tokens = {"token_scores": (0.5,), "token_offsets": (0,)}
    found = stamped(
        RULE, SOLUTION, value=0, step_scores=(0.25,), first_error=0, cost=Cost(2), **tokens
    )
    assert (found.step_scores, found.first_error, found.cost) == ((0.25,), 0, Cost(2))
    assert (found.token_scores, found.token_offsets) == ((0.5,), (0,))
    silent = stamped(RULE, SOLUTION, unscored=Unscored.EMPTY)
    assert (silent.step_scores, silent.first_error, silent.cost) == ((), None, Cost())


def test_a_reason_stands_in_place_of_a_value_and_never_beside_it():
    assert stamped(RULE, SOLUTION, unscored=Unscored.EMPTY).value is None
    with pytest.raises(ValueError, match="exactly one"):
        stamped(RULE, SOLUTION)
    with pytest.raises(ValueError, match="exactly one"):
        stamped(RULE, SOLUTION, value=0.0, unscored=Unscored.EMPTY)
