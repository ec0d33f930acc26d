"""Verdicts become votes: a row for each solution or pair, nothing unscored is a zero, nothing is scaled silently."""

import numpy as np
import pytest

from veriloop.errors import InputError
from veriloop.records import (
    Cost,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.verify.ballots import Ballots, ballots_of
from veriloop.verify.scales import Scale

PROBLEM = Problem("test", "How many?", "1")
SOLUTIONS = tuple(Solution(PROBLEM.id, (f"It is {i}.",), sample=i) for i in range(3))


def said(verifier, *values, form=Form.SCORE, **more):
    return [
        Verdict(
            PROBLEM.id, s.id, verifier, form, Granularity.TRAJECTORY,
            value=None if isinstance(v, Unscored) else v,
            unscored=v if isinstance(v, Unscored) else None, **more,
        )
        for s, v in zip(SOLUTIONS, values, strict=False)
    ]  # fmt: skip


def group(*verdicts, solutions=SOLUTIONS):
    return Group(PROBLEM, solutions, tuple(v for some in verdicts for v in some))


def test_a_row_for_each_solution():
    verdicts = (
        said("judge", 1.0, Unscored.ENGINE, 0.0, form=Form.BINARY, cost=Cost(2, prompt_tokens=5, tokens=1)),
        said("rm", 4.0, -4.0, 0.0),
        said("gold", 1.0, 0.0, form=Form.BINARY),
    )  # fmt: skip
    made = ballots_of(
        [group(*verdicts)], ["rm", "judge", "nobody"], gold="gold", scales=[Scale("rm", "min-max", -4, 4)]
    )  # fmt: skip
    assert made.items == tuple(s.id for s in SOLUTIONS)
    np.testing.assert_equal(made.votes, [[1, 1, np.nan], [0, np.nan, np.nan], [0.5, 0, np.nan]])
    np.testing.assert_equal(made.gold, [1, 0, np.nan])
    np.testing.assert_equal(made.cost, [[0, 6, 0]] * 3)
    assert ballots_of([group(*verdicts)], ["judge"], unit="calls").cost.tolist() == [[2], [2], [2]]
    assert not made.pairs


def test_a_row_for_each_pair_where_one_ranks():
    verdicts = (
        said("judge", 2, 0, 0, form=Form.RANKING),
        said("rm", 40.0, Unscored.ENGINE, -7.0),
        said("gold", 1, 0, 2, form=Form.RANKING),
    )
    made = ballots_of([group(*verdicts)], ["judge", "rm"], gold="gold")
    first, second, third = (s.id for s in SOLUTIONS)
    assert made.items == (f"{first}>{second}", f"{first}>{third}", f"{second}>{third}")
    np.testing.assert_equal(made.votes, [[0, np.nan], [0, 1], [0.5, np.nan]])
    np.testing.assert_equal(made.gold, [0, 1, 1])
    assert made.pairs


def test_what_cannot_vote_is_said():
    with pytest.raises(InputError, match="'rm' gave 4, and a vote lies in"):
        ballots_of([group(said("rm", 4.0))], ["rm"])
    with pytest.raises(InputError, match=r"gold is 0 or 1, and 'rm' gives .* the score 0\.4"):
        ballots_of([group(said("rm", 0.4))], ["x"], gold="rm")
    with pytest.raises(ValueError, match="lies in"):
        Ballots(("a",), ("x",), np.array([[1.5]]))
    with pytest.raises(ValueError, match="told apart"):
        Ballots(("a", "a"), ("x",), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="gold is 0, 1"):
        Ballots(("a",), ("x",), np.zeros((1, 1)), np.array([0.5]))
    with pytest.raises(ValueError, match="votes of shape"):
        Ballots(("a",), ("x",), np.zeros((2, 1)))


def test_parts_by_name_row_and_label():
    made = Ballots(
        ("a", "b"), ("x", "y"), np.array([[0.0, 1.0], [np.nan, 0.5]]), np.array([1, np.nan])
    )
    other = made.of(["c", "b"])
    np.testing.assert_equal(other.votes, [[np.nan, 1], [np.nan, 0.5]])
    assert made.rows([1]).items == made.rows([False, True]).items == ("y",)
    assert made.labelled().items == ("x",)
    assert np.isnan(made.without_gold().gold).all()
    assert ballots_of([], ["a"]).votes.shape == (0, 1)
