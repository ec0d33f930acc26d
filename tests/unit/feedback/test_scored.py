"""What writers may learn from: values, never reasons for having none; places turned so that larger is better."""

import pytest

from veriloop.errors import InputError
from veriloop.feedback.scored import in_order, scored
from veriloop.records import Form, Group, Unscored


def test_only_verdicts_with_a_value_are_handed_on_and_the_rest_say_why(group_of):
    group = group_of(1.0, Unscored.UNPARSED, None, 0.0, 1.0, texts=["a", "b", "c", "d", ""])
    found, lost = scored(group, "v")
    assert [one.value for one in found] == [1.0, 0.0]
    assert {d.reason for d in lost} == {
        "v: unparsed", "v: no verdict", "v: the solution has no text"
    }  # fmt: skip
    assert [d.what for d in in_order(lost, group)] == [group.solutions[i].id for i in (1, 2, 4)]


def test_what_a_verifier_said_of_its_silence_is_kept(group_of, verdict_on):
    group = group_of(0.0, 0.0)
    silent = [
        verdict_on(s, Unscored.UNPARSED, detail={key: "no conclusion"})
        for s, key in zip(group.solutions, ("error", "why"), strict=True)
    ]
    _, lost = scored(Group(group.problem, group.solutions, tuple(silent)), "v")
    assert [d.detail for d in lost] == [{"error": "no conclusion"}, {"why": "no conclusion"}]


def test_worth_is_the_value_and_of_a_ranking_minus_the_place(group_of):
    for form, expected in ((Form.SCORE, [0.0, 2.0]), (Form.RANKING, [0.0, -2.0])):
        found, _ = scored(group_of(0.0, 2.0, form=form), "v")
        assert [one.worth for one in found] == expected


def test_places_and_scores_under_one_name_are_refused(group_of, verdict_on):
    group = group_of(0.0, 1.0)
    mixed = (verdict_on(group.solutions[0], 0.0, Form.RANKING), group.verdicts[1])
    with pytest.raises(InputError, match="places and scores"):
        scored(Group(group.problem, group.solutions, mixed), "v")


def test_a_drop_keeps_the_value_that_was_not_used(group_of):
    (one,), _ = scored(group_of(0.25), "v")
    assert one.drop("not accepted").detail == {"score": 0.25}
    assert one.drop("not accepted").reason == "v: not accepted"
