"""Preference pairs against a brute force over all ordered pairs, with ties, places, margins and caps."""

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.pairs import Pairs
from veriloop.records import Finish, Form, Group, Unscored
from veriloop.testing import check_feedback


def made(kept) -> list[tuple[str, str]]:
    return [e.completions for e in kept.examples]


def test_right_beats_wrong_and_a_tie_is_no_pair(group_of):
    group = group_of(1.0, 0.0, 1.0, Unscored.ENGINE, form=Form.BINARY, texts=list("abcd"))
    kept = Pairs("v").feedback(group)
    assert made(kept) == [("a", "b"), ("c", "b")]
    assert [d.reason for d in kept.dropped] == ["v: engine"]
    tied = Pairs("v").feedback(group_of(0.0, 0.0, form=Form.BINARY))
    assert not tied.examples
    assert [d.reason for d in tied.dropped] == ["v: a tie with all others"] * 2
    assert kept.examples[0].to_trl() == {
        "prompt": "What is 2 + 2?", "chosen": "a", "rejected": "b"
    }  # fmt: skip


def test_a_ranking_makes_pairs_by_place(group_of):
    group = group_of(2.0, 0.0, 1.0, 1.0, form=Form.RANKING, texts=list("abcd"))
    assert set(made(Pairs("v").feedback(group))) == {
        ("b", "a"), ("b", "c"), ("b", "d"), ("c", "a"), ("d", "a")
    }  # fmt: skip
    assert set(made(Pairs("v", which="neighbours").feedback(group))) == {
        ("b", "c"), ("b", "d"), ("c", "a"), ("d", "a")
    }  # fmt: skip
    assert made(Pairs("v", which="extremes").feedback(group)) == [("b", "a")]
    assert made(Pairs("v", margin=2).feedback(group)) == [("b", "a")]


def test_a_margin_keeps_what_is_told_apart_by_it(group_of):
    group = group_of(0.0, 0.5, 0.75, texts=list("abc"))
    assert made(Pairs("v", margin=0.5).feedback(group)) == [("b", "a"), ("c", "a")]
    lost = Pairs("v", margin=2.0).feedback(group)
    assert {d.reason for d in lost.dropped} == {"v: no other differs by 2"}


def test_a_margin_that_is_just_reached_is_reached(group_of):
    """In floats 0.3 - 0.2 is less than 0.1."""
    group = group_of(0.2, 0.3, texts=["a", "b"])
    assert made(Pairs("v", margin=0.1).feedback(group)) == [("b", "a")]


def test_a_cut_solution_is_never_chosen_and_may_be_rejected(group_of, verdict_on):
    group = group_of(1.0, 0.0, 0.5, texts=list("abc"))
    first, *rest = group.solutions
    cut = replace(first, finish=Finish.LENGTH)
    said = tuple(verdict_on(s, v) for s, v in zip((cut, *rest), (1.0, 0.0, 0.5), strict=True))
    kept = Pairs("v").feedback(Group(group.problem, (cut, *rest), said))
    assert made(kept) == [("c", "b")]
    assert [d.reason for d in kept.dropped] == ["v: the solution was cut"]


def test_samples_of_one_text_are_no_pair_nor_make_pairs_that_contradict(group_of):
    same = Pairs("v").feedback(group_of(1.0, 0.0, texts=["a", "a"]))
    assert not same.examples
    assert {d.reason for d in same.dropped} == {"v: the same text as another"}
    # a scored 1 and 0 around b: a over b and b over a say nothing; c is below all.
    noisy = Pairs("v").feedback(group_of(1.0, 0.0, 0.5, -1.0, texts=["a", "a", "b", "c"]))
    assert set(made(noisy)) == {("a", "c"), ("b", "c")}


def test_a_cap_draws_by_the_seed(group_of):
    group = group_of(*range(6), texts=list("abcdef"))
    everything = made(Pairs("v").feedback(group))
    drawn = {seed: made(Pairs("v", cap=3, seed=seed).feedback(group)) for seed in range(20)}
    assert len(everything) == 15
    assert all(len(one) == 3 and set(one) <= set(everything) for one in drawn.values())
    assert {pair for one in drawn.values() for pair in one} == set(everything)
    assert drawn[1] == made(Pairs("v", cap=3, seed=1).feedback(group))


@settings(max_examples=30)
@given(data=st.data(), margin=st.sampled_from([0.0, 0.25, 1.0]))
def test_all_pairs_are_those_of_brute_force(groups, data, margin):
    group = data.draw(groups)
    value = {v.solution: v.value for v in group.verdicts if v.scored}
    sign = {v.solution: -1 if v.form is Form.RANKING else 1 for v in group.verdicts}
    wanted = set()
    for a, b in permutations(group.solutions, 2):
        if a.id not in value or b.id not in value or not (a.text and b.text):
            continue
        gap = sign[a.id] * (value[a.id] - value[b.id])
        if gap > 0 and gap >= margin and a.text != b.text and a.finish is not Finish.LENGTH:
            wanted.add((a.text, b.text))
    wanted = {pair for pair in wanted if pair[::-1] not in wanted}
    kept = Pairs("v", margin=margin).feedback(group)
    assert len(kept.examples) == len(set(made(kept)))
    assert set(made(kept)) == wanted


@pytest.mark.parametrize("which", ["all", "neighbours", "extremes"])
@settings(max_examples=30)
@given(data=st.data(), cap=st.sampled_from([None, 1, 3]))
def test_nothing_unscored_pairs_everything_is_accounted_for_and_order_is_nothing(
    which, groups, data, cap
):
    group, writer = data.draw(groups), Pairs("v", which=which, cap=cap)
    kept = writer.feedback(group)
    used = {s for e in kept.examples for s in e.solutions}
    assert used <= {v.solution for v in group.verdicts if v.scored}
    dropped = [d.what for d in kept.dropped]
    assert sorted([*used, *dropped]) == sorted(s.id for s in group.solutions)
    assert cap is None or len(kept.examples) <= cap
    seed = data.draw(st.integers(0, 99))
    mixed = Group(
        group.problem,
        tuple(random.Random(seed).sample(group.solutions, len(group.solutions))),
        tuple(random.Random(seed + 1).sample(group.verdicts, len(group.verdicts))),
    )
    assert writer.feedback(mixed) == kept


def test_the_contract_of_feedback(group_of):
    check_feedback(Pairs("v", cap=2), [group_of(1.0, 0.0, 0.5), group_of(1.0), group_of(0.0, 1.0)])


@pytest.mark.parametrize("wrong", [{"margin": -1.0}, {"cap": 0}, {"which": "some"}])
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"at least|which is"):
        Pairs("v", **wrong)
