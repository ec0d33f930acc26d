"""A panel asks all at once, keeps the form, adds up costs, and never takes a lost member for a zero."""

import asyncio
from dataclasses import dataclass
from typing import final

import pytest

from veriloop.errors import EngineRefused, VerifierError
from veriloop.records import (
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
from veriloop.testing import check_verifier, sample_groups
from veriloop.verify.answer import Answer
from veriloop.verify.combine import Gated, Majority, Weighted
from veriloop.verify.panel import Panel, shared_traits
from veriloop.verify.scales import Scale

PROBLEM = Problem("test", "How many?", "1")
B, S, R = Form.BINARY, Form.SCORE, Form.RANKING


@final
@dataclass(frozen=True)
class Says:
    """Gives solutions its values in order; None is a failed call; an error is raised."""

    name: str
    values: tuple[float | None, ...] = ()
    form: Form = B
    steps: tuple[float, ...] = ()
    first_error: int | None = None
    raises: str = ""
    traits = Traits(Source.MODEL, (Form.BINARY,), (Granularity.TRAJECTORY,), trained=True)

    async def verify(self, group):
        if self.raises:
            raise (EngineRefused if self.raises == "engine" else VerifierError)("no such model")
        return tuple(
            Verdict(
                group.problem.id, s.id, self.name, self.form, Granularity.TRAJECTORY, value=v,
                unscored=Unscored.ENGINE if v is None else None, cost=Cost(1, tokens=3, usd=0.5),
                step_scores=self.steps if v is not None else (),
                first_error=self.first_error if v is not None else None,
                critique=f"It is {v}." if v is not None else None,
            )
            for s, v in zip(group.solutions, self.values, strict=True)
        )  # fmt: skip


def verify(panel, solutions=2):
    told = tuple(Solution(PROBLEM.id, ("One.", "Two."), sample=i) for i in range(solutions))
    return asyncio.run(panel.verify(Group(PROBLEM, told)))


def test_binary_members_give_binary_verdicts_and_costs_add_up():
    panel = Panel((Says("a", (1, 0)), Says("b", (1, 1)), Says("c", (None, 0))), Majority())
    first, second = verify(panel)
    assert (first.form, first.value, second.value) == (B, 1.0, 0.0)
    assert first.cost == Cost(3, tokens=9, usd=1.5)
    assert first.detail == {
        "votes": {"a": 1.0, "b": 1.0}, "voted": 2, "members": 3, "lost": {"c": "engine"},
        "probability": 1.0, "conflict": False, "against": [],
    }  # fmt: skip
    assert second.detail["conflict"]
    assert second.detail["against"] == ["b"]
    assert first.critique == "a: It is 1.\n\nb: It is 1."
    assert (first.source, first.trained, first.verifier) == (Source.MODEL, True, "panel")


def test_a_lost_member_changes_nothing_that_the_others_say():
    """As a zero it would make a tie of the first, and turn the second."""
    others = (Says("a", (1, 1)), Says("b", (1, 0)), Says("c", (0, 1)))
    for lost in (Says("d", (None, None)), Says("d", raises="engine"), Says("d", raises="verifier")):
        made = verify(Panel((*others, lost), Majority()))
        alone = verify(Panel(others, Majority()))
        assert [v.value for v in made] == [v.value for v in alone]
        assert [v.detail["probability"] for v in made] == [2 / 3, 2 / 3]
        assert all((v.detail["voted"], v.detail["members"]) == (3, 4) for v in made)
        assert all(v.detail["lost"]["d"].startswith(("engine", "checker")) for v in made)
    assert made[0].detail["lost"]["d"] == "checker: no such model"


def test_all_lost_is_unscored_with_the_reason_and_a_tie_abstains():
    for lost in ((Says("a", raises="engine"), Says("b", (None, None))), (Says("a", (None, None)),)):
        assert {v.unscored for v in verify(Panel(lost, Majority()))} == {Unscored.ENGINE}
    mixed = Panel((Says("a", raises="verifier"), Says("b", raises="engine")), Majority())
    assert {v.unscored for v in verify(mixed)} == {Unscored.ABSTAINED}
    tie = verify(Panel((Says("a", (1, 0)), Says("b", (0, 0))), Majority()))
    assert (tie[0].unscored, tie[1].value) == (Unscored.ABSTAINED, 0.0)
    assert tie[0].step_scores == ()


def test_scores_need_a_scale_and_stay_scores():
    members = (Says("a", (0.9, 0.2), S), Says("rm", (6.0, -2.0), S))
    rule = Weighted(("a", "rm"), (1, 1))
    first, second = verify(Panel(members, rule, (Scale("rm", "min-max", -2, 6),)))
    assert first.form is S
    assert (first.value, second.value) == (pytest.approx(0.95), pytest.approx(0.1))
    assert first.detail["weights"] == {"a": 1.0, "rm": 1.0}
    assert first.detail["votes"] == {"a": 0.9, "rm": 6.0}
    mixed = verify(Panel((members[0], Says("b", (1, 1))), Majority()))
    assert (mixed[0].form, mixed[1].unscored) == (S, Unscored.ABSTAINED)


def test_rankings_stay_rankings():
    members = (Says("a", (0, 1, 2), R), Says("b", (0, 2, 1), R), Says("c", (2, 0, 1), R))
    made = verify(Panel(members, Majority()), 3)
    assert [(v.form, v.value) for v in made] == [(R, 0.0), (R, 1.0), (R, 2.0)]
    assert [v.value for v in verify(Panel((Says("a", (0,), R),), Majority()), 1)] == [0.0]
    lost = verify(Panel((Says("a", (0, None, 1), R),), Majority()), 3)
    assert [v.value for v in lost] == [0.0, None, 1.0]


def test_beside_a_ranking_scores_need_no_scale_and_take_no_side():
    """Only their order counts: a reward model's 0.2 above -7 is a vote for the first of the pair."""
    members = (Says("a", (0, 1), R), Says("rm", (0.2, -7.0), S))
    made = verify(Panel(members, Majority()))
    assert [(v.form, v.value) for v in made] == [(R, 0.0), (R, 1.0)]
    assert [v.detail["conflict"] for v in made] == [False, False]
    assert all("probability" not in v.detail and "against" not in v.detail for v in made)


def test_steps_and_first_errors_where_all_who_vote_give_them():
    members = (
        Says("a", (0,), steps=(0.9, 0.1), first_error=1),
        Says("b", (0,), steps=(0.5,), first_error=0),
        Says("c", (None,)),
    )
    (made,) = verify(Panel(members, Majority()), 1)
    assert made.step_scores == pytest.approx((0.7,))
    assert made.first_error == 0  # once each: the earlier
    most = (*members, Says("d", (0,), steps=(0.1,), first_error=1))
    assert verify(Panel(most, Majority()), 1)[0].first_error == 1
    (without,) = verify(Panel((*members, Says("e", (0,))), Majority()), 1)
    assert (without.step_scores, without.first_error) == ((), None)


def test_contract_names_and_traits():
    answers = (Answer(name="first"), Answer(name="second"))
    for rule in (Majority(), Gated("all"), Weighted(("first", "second"), (1, 0.5))):
        asyncio.run(check_verifier(Panel(answers, rule), sample_groups()))
    assert Panel(answers, Majority()).traits.source is Source.PROGRAM
    assert shared_traits((answers[0], Says("a"))).source is Source.MODEL
    assert not shared_traits((object(),)).deterministic
    with pytest.raises(ValueError, match="names of their own"):
        Panel((Says("a"), Says("a")), Majority())
    with pytest.raises(ValueError, match="names of their own"):
        Panel((), Majority())
