"""Ids and seeds: pinned values, so that no release silently renames every record on users' disks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.ids import canonical, content_id, derive_seed

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_ids_and_seeds_are_pinned():
    """xxh3 of the canonical JSON, computed with xxhash's own command-line tool's algorithm."""
    import xxhash

    assert content_id("k", "a", 1) == xxhash.xxh3_128_hexdigest(b'["k","a",1]')
    assert derive_seed(7, "x", 3) == xxhash.xxh3_64_intdigest(b'["seed",7,"x",3]') >> 1


@given(JSON)
def test_key_order_does_not_matter(value):
    assert canonical({"a": value, "b": 1}) == canonical({"b": 1, "a": value})


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_parts_have_different_ids(a, b):
    assert (content_id("k", *a) == content_id("k", *b)) == (a == b)


def test_seeds_fit_63_bits_and_do_not_collide():
    seeds = {
        derive_seed(s, "rollout", i, j) for s in range(10) for i in range(100) for j in range(8)
    }
    assert len(seeds) == 8000
    assert all(0 <= s < 2**63 for s in seeds)


def test_nan_has_no_id():
    with pytest.raises(ValueError, match="JSON"):
        content_id("k", float("nan"))
