"""Outputs cut into pieces: the same units whatever the size, files as bytes, and where two sequences part."""

from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.codejudge.sequences import (
    Difference,
    differences,
    first_byte,
    lines,
    opened,
    same,
    tokens,
)


def flat(batches):
    return [unit for batch in batches for unit in batch]


ALPHABET = [b" ", b"\n", b"\t", b"\r", b"\x0b", b"\x0c", b"\x00", b"a", b"bc"]
outputs = st.lists(st.sampled_from(ALPHABET), max_size=12).map(b"".join)


@settings(deadline=None)
@given(outputs, st.integers(1, 5))
def test_pieces_of_any_size_hold_the_same_units(output, size):
    for cut in (tokens, lines):
        assert flat(cut(output, size=size)) == flat(cut(output))


def test_a_vertical_tab_or_a_form_feed_ends_no_token():
    assert flat(tokens(b"a\x0bb c\x0cd")) == [b"a\x0bb", b"c\x0cd"]
    assert flat(tokens(b"A\xc4 b", lower=True)) == [b"a\xc4", b"b"]


def test_lines_are_there_if_they_are_empty_but_not_after_the_last_newline():
    assert flat(lines(b"a \t\r\n\n b\n\n")) == [b"a", b"", b" b", b""]
    assert flat(lines(b"a\nb")) == [b"a", b"b"]
    assert flat(lines(b"")) == []


@settings(deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_first_byte_that_differs(left, right):
    expected = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if expected is None and len(left) != len(right):
        expected = min(len(left), len(right))
    assert first_byte(left, right) == expected
    assert same(left, right) == (expected is None)


def test_the_first_byte_is_found_beyond_the_first_piece(tmp_path):
    data = bytearray(b"x" * 2_500_000)
    (tmp_path / "left").write_bytes(data)
    data[2_400_001] = 0
    with opened(tmp_path / "left") as left, opened(bytes(data)) as right:
        assert first_byte(left, right) == 2_400_001
        assert not same(left, right)


def test_an_empty_file_is_empty(tmp_path):
    (tmp_path / "nothing").touch()
    with opened(tmp_path / "nothing") as nothing:
        assert nothing == b""


@given(
    st.lists(st.lists(st.sampled_from([b"a", b"b"]), max_size=3), max_size=5),
    st.lists(st.lists(st.sampled_from([b"a", b"b"]), max_size=3), max_size=5),
)
def test_differences_do_not_depend_on_the_batches(left, right):
    a, b = flat(left), flat(right)
    shared = min(len(a), len(b))
    expected = [Difference(i + 1, a[i], b[i]) for i in range(shared) if a[i] != b[i]]
    if len(a) != len(b):
        expected.append(
            Difference(
                shared + 1,
                a[shared] if len(a) > shared else None,
                b[shared] if len(b) > shared else None,
            )
        )
    assert list(differences(iter(left), iter(right))) == expected
