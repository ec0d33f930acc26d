"""The wire keeps plain data apart, takes nothing else, and speaks alike at both ends and in both languages."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.codejudge import function_wire
from veriloop.codejudge.function_wire import decode, encode, same

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**53)
    | st.floats()
    | st.text()
    | st.binary()
    | st.binary().map(bytearray)
    | st.complex_numbers()
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([-2, 1, 3]))
)
keys = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(keys, max_size=4)
        | st.frozensets(keys, max_size=4)
        | st.dictionaries(keys | st.tuples(keys, keys), inner, max_size=4)
    ),
    max_leaves=12,
)


def alike(a, b):
    """Equal, of the same types all the way down, with nan equal to nan and the sign of zero told apart."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return alike(list(a.items()), list(b.items()))
    if isinstance(a, set | frozenset):
        return a == b and {type(x) for x in a} == {type(x) for x in b}
    if isinstance(a, complex):
        return alike([a.real, a.imag], [b.real, b.imag])
    if isinstance(a, float):
        return repr(a) == repr(b)
    return a == b


@settings(deadline=None, max_examples=120)
@given(plain)
def test_plain_data_arrives_as_it_was_sent(value):
    assert alike(decode(json.loads(json.dumps(encode(value)))), value)


def test_subclasses_travel_as_what_they_are_built_on():
    class Sly(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

        def __add__(self, other):
            return 42

    class Row(tuple):
        def __iter__(self):
            return iter("other")

    assert alike(decode(encode([Sly(7), Row((1, 2))])), [7, (1, 2)])
    assert encode(math.nan) == {"f": "nan"}
    assert encode(-0.0) == encode(0.0)
    assert math.copysign(1, encode(-0.0)) == -1


@pytest.mark.parametrize("value", [object(), print, iter([]), (x for x in ()), math, type])
def test_what_is_not_plain_data_does_not_travel(value):
    with pytest.raises(TypeError, match="not plain data"):
        encode([value])


def test_a_cycle_does_not_travel():
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(RecursionError):
        encode(ring)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("tszdmuifbacrx") | st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=120)
@given(json_values)
def test_whatever_a_hostile_program_writes_is_plain_data_or_an_error_that_the_jury_expects(message):
    try:
        value = decode(message)
    except (ValueError, TypeError, RecursionError, OverflowError):
        return
    encode(value)


def test_a_whole_number_of_too_many_digits_is_refused_and_large_ones_are_not_slow():
    assert decode(encode(1 << 3_000_000)) == 1 << 3_000_000
    with pytest.raises(ValueError, match="digits"):
        decode(encode(1 << 5_000_000))


@pytest.mark.parametrize(
    ("given", "expected", "equal"),
    [
        ((1, 2), [1, 2], True),
        ([1, [2, (3,)]], [1, [2, [3]]], True),
        ([1], [1, 2], False),
        ({1: "a"}, {"1": "a"}, True),
        ({"a": 1}, {"b": 1}, False),
        ({(1, 2): 3}, {"(1, 2)": 3}, False),
        (True, 1, False),
        (1, True, False),
        (None, None, True),
        (0, None, False),
        ("1", 1, False),
        (2.0, 2, True),
        (2, 2.0, True),
        (2.0000001, 2.0, True),
        (2.1, 2.0, False),
        (math.nan, 2.0, False),
        (10**400, 2, False),
        ({1}, [1], False),
    ],
)
def test_results_are_equal_to_what_json_says_of_them(given, expected, equal):
    assert same(given, expected, 1e-6) is equal


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_node_speaks_the_same_wire(tmp_path):
    """Values sent from Python through JavaScript and back: what JavaScript has is kept, the rest as its nearest."""
    values = [None, True, 1, -1.5, "ä\U0001f600\n", [[], {}], (1,), {"a": {"b": [2]}}, {3}, 2**70]
    values += [math.inf, -math.inf, -0.0]
    source = Path(function_wire.__file__).with_suffix(".js").read_text(encoding="utf-8")
    program = source[: source.rindex("if (process.argv.length > 2)")]
    program += "serve('function f(x) { return x; }', 'f');\n"
    (tmp_path / "candidate.js").write_text(program, encoding="utf-8")
    asked = "".join(json.dumps(encode([[value], {}])) + "\n" for value in [*values, math.nan])
    done = subprocess.run(
        ["node", str(tmp_path / "candidate.js")],
        input=asked.encode(),
        capture_output=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {kind for kind, _ in answers} == {"value"}
    back = [decode(value) for _, value in answers]
    assert math.isnan(back.pop())
    values[values.index((1,))] = [1]  # JavaScript has no tuples
    assert repr(back) == repr(values)
