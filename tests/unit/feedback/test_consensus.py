"""The consensus filter keeps exactly the solutions whose first errors agree, and loses nothing silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.feedback.consensus import Consensus, kept_fraction
from veriloop.feedback.labels import StepLabels
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict

PROBLEM = Problem("t", "q", "4")
STEPS = ("a", "b", "c")
LOCATIONS = st.sampled_from([None, -1, 0, 1, 2])


def verdict(solution: Solution, verifier: str, first_error: int | None) -> Verdict:
    if first_error is None:
        return Verdict(
            PROBLEM.id,
            solution.id,
            verifier,
            Form.BINARY,
            Granularity.STEP,
            unscored=Unscored.UNPARSED,
        )
    scores = (1.0,) * 3 if first_error == -1 else (0.5,) * first_error + (0.0,)
    return Verdict(
        PROBLEM.id,
        solution.id,
        verifier,
        Form.BINARY,
        Granularity.STEP,
        value=float(first_error == -1),
        step_scores=scores,
        first_error=first_error,
    )


@given(st.lists(st.tuples(LOCATIONS, LOCATIONS), max_size=12))
def test_kept_and_dropped_partition_the_group(pairs):
    solutions = tuple(Solution(PROBLEM.id, STEPS, sample=i) for i in range(len(pairs)))
    verdicts = tuple(
        verdict(s, name, where)
        for s, pair in zip(solutions, pairs, strict=True)
        for name, where in zip(("mc", "judge"), pair, strict=True)
    )
    group = Group(PROBLEM, solutions, verdicts)
    kept = Consensus(StepLabels("mc"), "judge").feedback(group)
    agree = [s.id for s, (a, b) in zip(solutions, pairs, strict=True) if a is not None and a == b]
    assert [e.solutions[0] for e in kept.examples] == agree
    assert sorted([*agree, *(d.what for d in kept.dropped)]) == sorted(s.id for s in solutions)
    assert all(d.reason for d in kept.dropped)
    for example, where in zip(
        kept.examples, [a for a, b in pairs if a is not None and a == b], strict=True
    ):
        expected = (1.0,) * 3 if where == -1 else (1.0,) * where + (0.0,)
        assert example.labels == expected
        assert example.completions == STEPS[: len(expected)]
    fractions = kept_fraction(kept.examples, kept.dropped, {s.id: "x" for s in solutions})
    assert fractions["all"] == (len(agree), len(pairs))


def test_a_dropped_solution_tells_both_locations():
    solution = Solution(PROBLEM.id, STEPS)
    group = Group(
        PROBLEM, (solution,), (verdict(solution, "mc", 2), verdict(solution, "judge", -1))
    )
    (dropped,) = Consensus(StepLabels("mc"), "judge").feedback(group).dropped
    assert dropped.detail == {"mc": 2, "judge": -1}


@pytest.mark.parametrize(("threshold", "location"), [(None, 2), (0.0, 2), (0.5, 1), (0.75, 0)])
def test_what_must_agree_is_where_the_labels_put_the_first_error(threshold, location):
    solution = Solution(PROBLEM.id, STEPS)
    soft = Verdict(
        PROBLEM.id,
        solution.id,
        "mc",
        Form.SCORE,
        Granularity.STEP,
        value=0.0,
        step_scores=(0.75, 0.5, 0.0),
        first_error=2,
    )
    consensus = Consensus(StepLabels("mc", threshold), "judge")
    for where in range(3):
        group = Group(PROBLEM, (solution,), (soft, verdict(solution, "judge", where)))
        kept = consensus.feedback(group)
        assert len(kept.examples) == (where == location)
        assert all(d.detail == {"mc": location, "judge": where} for d in kept.dropped)
