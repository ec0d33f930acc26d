"""Fields of one row: units of time and memory, bytes, names, tests that contradict one another."""

import pytest

from veriloop.codejudge.problem import JudgedProblem, Test
from veriloop.codejudge.set_rows import Row, short_name
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB


def row(said=None, **values):
    return Row(values, "set.jsonl", 7, (said if said is not None else []).append)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (2, 2.0),
        ("2.5 seconds", 2.5),
        ("1 second", 1.0),
        ("3s", 3.0),
        ({"seconds": 1, "nanos": 500_000_000}, 1.5),
        ({"seconds": "2"}, 2.0),
        ({"seconds": 0, "nanos": 0}, None),
        (None, None),
        ("", None),
    ],
)
def test_times(value, seconds):
    assert row().seconds("t", value) == seconds


@pytest.mark.parametrize(
    "value", ["2 minutes", -1, True, "nan", float("inf"), 10**9, {"seconds": []}, [2]]
)
def test_what_is_no_time(value):
    with pytest.raises(InputError, match=r"set.jsonl, row 7, field 't': expected"):
        row().seconds("t", value)


@pytest.mark.parametrize(
    ("value", "unit", "size"),
    [
        (256, MIB, 256 * MIB),
        (64_000_000, 1, 64_000_000),
        ("256 megabytes", 1, 256 * MIB),
        ("256.0 megabytes", 1, 256 * MIB),
        ("64 MB", 1, 64 * MIB),
        ("1 gigabyte", 1, 1024 * MIB),
        ("512", 1, 512 * MIB),
        (0, 1, None),
        ("", 1, None),
        (None, 1, None),
    ],
)
def test_sizes(value, unit, size):
    assert row().size("m", value, unit) == size


@pytest.mark.parametrize("value", ["lots", "1.2.3 MB", "5 parsecs", -1, True, 1 << 50, [1]])
def test_what_is_no_size(value):
    with pytest.raises(InputError, match=r"set.jsonl, row 7, field 'm': expected"):
        row().size("m", value, 1)


def test_texts_become_bytes_whatever_they_hold():
    assert row().data("x", "a\0é\r\n") == b"a\0\xc3\xa9\r\n"
    for bad, why in (("\ud800", "a lone surrogate has no bytes"), (3, "expected a text, got 3")):
        with pytest.raises(InputError, match=f"row 7, field 'x': .*{why}"):
            row().data("x", bad)


def test_json_columns_hold_json_or_its_text():
    assert row(a='{"b": [1]}').json("a") == row(a={"b": [1]}).json("a") == {"b": [1]}
    assert row(a=None).json("a", 5) == row(a="").json("a", 5) == row().json("a", 5) == 5
    for bad in ("{", "[" * 10**5):
        with pytest.raises(InputError, match="row 7, field 'a': not JSON"):
            row(a=bad).json("a")
    with pytest.raises(InputError, match="field 'a': expected a list of objects, got 'x'"):
        list(row().objects("a", "x"))
    with pytest.raises(InputError, match="field 'a': expected a list of objects, got one with 3"):
        list(row().objects("a", [3]))


def test_names_are_cut_from_titles():
    assert short_name("1000_A. Codehorses T-shirts") == "1000_A"
    assert short_name("digjump") == "digjump"
    assert short_name("A sum of two. Or three") == "A sum of two. Or three"


def test_a_problem_is_made_and_what_was_assumed_is_said():
    said = []
    made = row(said).problem("1_A. Sum", [Test("1", b"", b"")], statement="Print any of them.")
    assert made == JudgedProblem("1_A", (Test("1", b"", b""),), guessed=True, title="1_A. Sum")
    assert said == [
        "set.jsonl: rows give no time limit: 2 s taken",
        "set.jsonl: rows give no memory limit: 256 MiB taken",
    ]


def test_one_input_with_two_answers_makes_a_guess():
    said = []
    tests = [Test("1", b"x", b"1\n"), Test("2", b"x", b"1"), Test("3", b"x", b"2")]
    assert row(said).problem("p", tests, statement="", time_s=1.0, memory=1).guessed
    assert said == ["p: the input of 1 has two answers: guessed"]
    assert not row(said).problem("p", tests[:2], statement="", time_s=1.0).guessed


def test_rows_without_tests_or_points_are_refused():
    with pytest.raises(InputError, match="row 7, field 'tests': the row has no tests"):
        row().problem("p", [], statement="")
    with pytest.raises(InputError, match=r"row 7, field 'points': .* worth 0 points"):
        row().problem("p", [Test("1", b"", b"", 0.0)], statement="")
