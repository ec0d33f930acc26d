"""CC-Acc and its matrix against brute force and the paper's own arithmetic."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.critique_metrics import (
    CritiqueCase,
    Transitions,
    critique_scores,
    disagreements,
    mean_of_means,
    transitions,
)
from veriloop.bench.critique_published import published_critics
from veriloop.bench.statistics import Bootstrap, wilson

FEW = Bootstrap(resamples=50)
BOOL = st.booleans()
CASES = st.lists(
    st.builds(
        CritiqueCase,
        subset=st.sampled_from(["a", "b"]),
        problem=st.sampled_from(["p", "q", "r"]),
        before=st.none() | BOOL,
        after=st.none() | BOOL,
        stated=st.none() | BOOL,
        answered=BOOL,
    ),
    min_size=1,
    max_size=40,
)


def case(before, after, stated=None, *, subset="a", problem="p", answered=True):
    return CritiqueCase(subset, problem, before, after, stated, answered)


@given(CASES)
@settings(max_examples=40, deadline=None)
def test_the_matrix_counts_what_a_loop_counts(cases):
    found = transitions(cases)
    loop = Counter()
    for c in cases:
        if c.after is None:
            loop["lost"] += 1
            continue
        if c.before is None:
            loop["unread"] += 1
            loop["unread_right"] += c.after
        else:
            loop[f"{'right' if c.before else 'wrong'}_{'right' if c.after else 'wrong'}"] += 1
        loop["unanswered"] += not c.answered
        loop["no_verdict"] += c.stated is None
    for name in Transitions.__dataclass_fields__:
        assert getattr(found, name) == loop[name], name
    assert found.n + found.lost == len(cases)


@given(CASES)
@settings(max_examples=40, deadline=None)
def test_shares_are_of_their_own_denominators(cases):
    found = transitions(cases)
    if found.damage is not None:
        assert found.damage.value == 100 * found.right_wrong / found.damage.n
        low, high = wilson(found.right_wrong, found.right_wrong + found.right_right)
        assert (found.damage.low, found.damage.high) == (100 * low, 100 * high)
    shares = [
        found.rate(count)
        for count in (found.right_right, found.right_wrong, found.wrong_right, found.wrong_wrong)
    ]
    if found.n:
        unread = 100 * found.unread / found.n
        assert sum(s.value for s in shares if s) == pytest.approx(100 - unread)
        scored = [c.after for c in cases if c.after is not None]
        assert found.accuracy
        assert found.accuracy.value == pytest.approx(100 * sum(scored) / len(scored))
    else:
        assert shares == [None] * 4
        assert found.accuracy is None


def test_what_failed_is_in_no_denominator_and_no_answer_counts_as_wrong():
    found = transitions(
        [case(True, True), case(True, None), case(False, False, answered=False), case(True, False)]
    )
    assert (found.n, found.lost, found.unanswered) == (3, 1, 1)
    assert found.accuracy
    assert found.accuracy.value == pytest.approx(100 / 3)
    assert found.accuracy.unscored == 1
    assert found.damage
    assert found.damage.value == 50.0
    assert found.repair
    assert found.repair.value == 0.0


def test_word_and_deed_over_all_combinations():
    every = [
        case(before, after, stated)
        for before, after, stated in itertools.product(
            (True, False), (True, False), (True, False, None)
        )
    ]
    found = disagreements(every)
    assert found.n == 8
    # Correct of a wrong one, yet the right answer; Correct of a right one, yet a wrong answer; Incorrect of a right
    # one, whose answer it repeats. "Incorrect" with a still wrong answer is a failure, no contradiction.
    assert (found.solved_alone, found.spoilt, found.kept) == (1, 1, 1)
    assert found.share
    assert found.share.value == pytest.approx(100 * 3 / 8)
    assert found.verdict_on_right
    assert found.verdict_on_right.value == 50.0
    assert found.verdict_on_wrong
    assert found.verdict_on_wrong.value == 50.0


def test_without_an_answer_nothing_is_contradicted():
    assert disagreements([case(True, False, True, answered=False)]).n == 0
    assert disagreements([case(True, None, True)]).share is None


@given(st.dictionaries(st.sampled_from(["incorrect", "balanced", "own"]), CASES, min_size=1))
@settings(max_examples=40, deadline=None)
def test_cc_acc_is_the_plain_mean_of_means(cases):
    found = critique_scores(cases, bootstrap=FEW)
    means = []
    for name, own in cases.items():
        shares = []
        for subset in dict.fromkeys(c.subset for c in own):
            kept = [c.after for c in own if c.subset == subset and c.after is not None]
            told = found.scenarios[name].accuracies[subset]
            assert (told is None) == (not kept)
            if told is not None:
                shares.append(100 * sum(kept) / len(kept))
                assert told.value == pytest.approx(shares[-1])
        mean = found.scenarios[name].mean
        assert (mean is None) == (not shares)
        if mean is not None:
            means.append(sum(shares) / len(shares))
            assert mean.value == pytest.approx(means[-1])
            assert mean.low - 1e-9 <= 100
            assert mean.high >= mean.low
    if len(means) == len(cases):
        assert found.cc_acc
        assert found.cc_acc.value == pytest.approx(sum(means) / len(means))
    else:
        assert found.cc_acc is None


def test_solutions_of_one_problem_move_together():
    """Forty copies of two problems are two problems: the interval spans everything between them."""
    cases = [case(True, p == "p", problem=p) for p in "pq" for _ in range(20)]
    found = critique_scores({"balanced": cases}, bootstrap=Bootstrap())
    assert found.cc_acc
    assert (found.cc_acc.low, found.cc_acc.high) == (0.0, 100.0)
    apart = [case(True, i % 2 == 0, problem=str(i)) for i in range(40)]
    alone = critique_scores({"balanced": apart}, bootstrap=Bootstrap()).cc_acc
    assert alone
    assert alone.low > 30
    assert alone.high < 70


def test_a_problem_in_two_scenarios_is_drawn_for_both():
    """Right in one scenario exactly where it is wrong in the other: the mean over both cannot vary."""
    first = [case(True, i % 2 == 0, problem=str(i)) for i in range(20)]
    second = [case(True, i % 2 == 1, problem=str(i)) for i in range(20)]
    found = critique_scores({"a": first, "b": second}, bootstrap=FEW)
    assert found.cc_acc
    assert (found.cc_acc.low, found.cc_acc.high) == pytest.approx((50.0, 50.0))


def test_nothing_to_score_is_said():
    with pytest.raises(ValueError, match="no critique"):
        critique_scores({"own": []})


def test_the_papers_means_of_table_1():
    """Means over 8 sets are those of the table, and CC-Acc is the mean of the three: 50.0, 62.1, 62.9 -> 58.3."""
    for system in published_critics().systems:
        for scenario, sets in system.accuracies.items():
            assert len(sets) == 8
            assert sum(sets.values()) / 8 == pytest.approx(system.means[scenario], abs=0.0501)
        assert mean_of_means(system.accuracies) == pytest.approx(system.cc_acc, abs=0.0501)
    base, scrit, _ = published_critics().systems
    assert scrit.means == {"incorrect": 50.0, "balanced": 62.1, "own": 62.9}
    assert round(scrit.cc_acc, 1) == 58.3
    assert round(base.cc_acc, 1) == 53.0


def test_the_papers_headline():
    base, scrit, _ = published_critics().systems
    told = published_critics().headline
    assert told["cc_acc"] == (round(base.cc_acc, 1), round(scrit.cc_acc, 1))
    assert told["ei_f1"] == (base.ei_f1, scrit.ei_f1)
    for gain, (before, after) in (("cc_acc_gain", told["cc_acc"]), ("ei_f1_gain", told["ei_f1"])):
        assert round(100 * (after / before - 1), 1) == told[gain][0]


def test_scores_as_json_hold_the_matrix():
    told = critique_scores({"own": [case(True, False, True), case(False, True)]}, bootstrap=FEW)
    own = told.to_json()["scenarios"]["own"]
    assert own["matrix"]["right_wrong"] == own["matrix"]["wrong_right"] == 1
    assert own["disagreements"]["spoilt"] == 1
    assert own["sets"]["a"]["accuracy"]["value"] == 50.0
