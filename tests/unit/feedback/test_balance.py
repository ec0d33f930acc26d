"""Balanced sets of critiques: the largest there can be, by brute force, nested in their caps, and nothing lost."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.feedback.balance import OVER, balance, is_right
from veriloop.records import Example, ExampleKind

SHARES = st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.75, 1.0])


def examples(rights, wrongs):
    labels = [1.0] * rights + [0.0] * wrongs
    return [
        Example(ExampleKind.CRITIQUE, f"q{i}", ("c",), (label,), problem="p", solutions=(f"s{i}",))
        for i, label in enumerate(labels)
    ]


def rounded(total, share):
    """``total`` times the share in whole examples, halves up, without floating point."""
    numbers = {0.0: (0, 1), 0.25: (1, 4), 1 / 3: (1, 3), 0.5: (1, 2), 0.75: (3, 4), 1.0: (1, 1)}
    top, bottom = numbers[share]
    return (2 * total * top + bottom) // (2 * bottom)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 20),
    st.integers(0, 20),
    SHARES,
    st.none() | st.integers(0, 30),
    st.integers(0, 4),
)
def test_sizes_are_the_largest_with_the_share(rights, wrongs, share, cap, seed):
    given_ = examples(rights, wrongs)
    kept = balance(given_, right=share, cap=cap, seed=seed)
    found = Counter(is_right(e) for e in kept.examples)
    total = len(kept.examples)
    assert (found[True], found[False]) == (rounded(total, share), total - rounded(total, share))
    limit = rights + wrongs if cap is None else min(cap, rights + wrongs)
    able = [
        n
        for n in range(limit + 1)
        if n * share <= rights + 1e-9 and n * (1 - share) <= wrongs + 1e-9
    ]
    assert total == max(able)
    ids = [*(e.id for e in kept.examples), *(d.detail["example"] for d in kept.dropped)]
    assert sorted(ids) == sorted(e.id for e in given_)
    assert {d.reason for d in kept.dropped} <= {OVER}
    assert list(kept.examples) == [e for e in given_ if e in kept.examples]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), SHARES, st.integers(0, 9))
def test_a_smaller_set_is_a_part_of_a_larger_one_in_any_order(rights, wrongs, share, seed):
    given_ = examples(rights, wrongs)
    sets = [
        {e.id for e in balance(given_, right=share, cap=cap, seed=seed).examples}
        for cap in range(rights + wrongs)
    ]
    assert all(small <= large for small, large in itertools.pairwise(sets))
    turned = balance(given_[::-1], right=share, cap=4, seed=seed)
    assert {e.id for e in turned.examples} == sets[min(4, len(sets) - 1)] or len(sets) <= 4


def test_one_to_one_by_hand():
    """The paper's inference: 85K of the scarcer class make 170K; here 3 make 6."""
    kept = balance(examples(3, 10))
    assert Counter(e.labels for e in kept.examples) == {(1.0,): 3, (0.0,): 3}
    assert len(kept.dropped) == 7
    assert kept.dropped[0].what.startswith("s")


def test_another_seed_draws_anew():
    given_ = examples(40, 40)
    drawn = [balance(given_, cap=20, seed=seed).examples for seed in range(2)]
    assert drawn[0] != drawn[1]
    assert balance(given_, cap=20, seed=0).examples == drawn[0]


def test_what_cannot_be_balanced_is_refused():
    with pytest.raises(InputError, match=r"in \[0, 1\], got 1.5"):
        balance([], right=1.5)
    with pytest.raises(InputError, match="number of examples, got -1"):
        balance([], cap=-1)
    with pytest.raises(InputError, match="is no critique"):
        balance([Example(ExampleKind.DEMONSTRATION, "q", ("c",))])
    with pytest.raises(InputError, match="is no critique"):
        balance([Example(ExampleKind.CRITIQUE, "q", ("c",))])
    assert balance([]).examples == ()
