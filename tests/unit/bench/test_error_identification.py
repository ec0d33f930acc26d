"""EI-F1 against a direct count, with ProcessBench's F1 as its case without switches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.error_identification import (
    Gate,
    LocatedCase,
    error_identification,
    is_located,
)
from veriloop.bench.metrics import Case, first_error_scores
from veriloop.bench.statistics import Bootstrap

FEW = Bootstrap(resamples=20)
LOCATED = st.lists(
    st.builds(
        LocatedCase,
        case=st.builds(
            Case,
            subset=st.sampled_from(["a", "b"]),
            problem=st.sampled_from("pqr"),
            gold=st.integers(-1, 4),
            predicted=st.none() | st.integers(-1, 4),
        ),
        corrected=st.none() | st.booleans(),  # None: the gold answer is not known
        lost=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=40,
)


def row(gold, predicted, corrected=None, *, lost=False):
    return LocatedCase(Case("math", str(gold), gold, predicted), corrected, lost)


@pytest.mark.parametrize(
    ("gold", "predicted", "exact", "near"),
    [
        (2, 2, True, True),
        (2, 3, False, True),
        (2, 1, False, True),
        (2, 4, False, False),
        (0, -1, False, False),  # off by one, but it says that nothing is wrong
        (-1, 0, False, False),  # and the other way about
        (-1, -1, True, True),
        (0, 1, False, True),
        (1, None, False, False),
    ],
)
def test_a_hit_by_tolerance_never_falls_on_no_error(gold, predicted, exact, near):
    case = Case("math", "p", gold, predicted)
    assert is_located(case) is exact
    assert is_located(case, 1) is near


@given(LOCATED)
@settings(max_examples=30, deadline=None)
def test_without_switches_it_is_processbench(located):
    kept = [x.case for x in located if not x.lost]
    found = error_identification(located, tolerance=0, gate=Gate.NONE, bootstrap=FEW)
    assert found.lost == len(located) - len(kept)
    assert found.unknown == 0
    assert found.scores == (first_error_scores(kept, bootstrap=FEW) if kept else None)
    assert found.gated == found.lent == 0


@given(LOCATED, st.sampled_from([0, 1, 2]), st.sampled_from(list(Gate)))
@settings(max_examples=60, deadline=None)
def test_the_switches_against_a_direct_count(located, tolerance, gate):
    found = error_identification(located, tolerance=tolerance, gate=gate, bootstrap=FEW).scores
    gated = {Gate.NONE: [], Gate.ERROR: [True], Gate.BOTH: [True, False]}[gate]
    kept = [
        x
        for x in located
        if not x.lost and not (x.corrected is None and (x.case.gold != -1) in gated)
    ]
    assert (found is None) == (not kept)
    for subset in {x.case.subset for x in kept}:
        shares = {}
        for wrong in (True, False):
            hits = rows = 0
            for x in kept:
                case = x.case
                if case.subset != subset or (case.gold != -1) is not wrong:
                    continue
                rows += 1
                if wrong:
                    hit = case.predicted not in (None, -1) and (
                        abs(case.predicted - case.gold) <= tolerance
                    )
                    hit = hit and (gate is Gate.NONE or x.corrected is True)
                else:
                    hit = case.predicted == -1 and (gate is not Gate.BOTH or x.corrected is True)
                hits += hit
            shares[wrong] = 100 * hits / rows if rows else None
        told = found.subset(subset)
        for estimate, share in ((told.acc_error, shares[True]), (told.acc_correct, shares[False])):
            assert (estimate is None) == (share is None)
            if estimate is not None:
                assert estimate.value == pytest.approx(share)
        if None not in shares.values():
            total = shares[True] + shares[False]
            f1 = 2 * shares[True] * shares[False] / total if total else 0.0
            assert told.f1
            assert told.f1.value == pytest.approx(f1)


def test_what_each_switch_does_is_counted():
    rows = [row(2, 3, True), row(4, 4, False), row(-1, -1, False), row(1, 1, True, lost=True)]
    told = error_identification(rows, bootstrap=FEW)
    assert (told.tolerance, told.gate) == (1, Gate.ERROR)
    assert (told.lost, told.gated, told.lent) == (1, 1, 1)
    assert told.scores
    assert told.scores.macro
    assert told.scores.macro.value == pytest.approx(2 * 50 * 100 / 150)
    both = error_identification(rows, gate=Gate.BOTH, bootstrap=FEW)
    assert both.scores
    assert both.scores.macro
    assert both.scores.macro.value == 0.0
    assert told.to_json()["gate"] == "error"


def test_rows_that_all_failed_have_no_score():
    told = error_identification([row(1, None, lost=True)])
    assert told.scores is None
    assert told.to_json()["scores"] is None


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        error_identification([row(1, 1)], tolerance=-1)
