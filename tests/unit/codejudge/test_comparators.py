"""Comparisons against brute force written apart from them, testlib's rules, and outputs made to kill a checker."""

import math
import re
import struct
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.codejudge import comparators
from veriloop.codejudge.comparators import KINDS, comparator, number
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

EVERY = ["numbers:1e-6" if name == "numbers" else name for name in KINDS]
# Few symbols, so that equal and nearly equal outputs are frequent; among them what is no blank for testlib.
ALPHABET = [b" ", b"\n", b"\t", b"\r", b"\x0b", b"\x0c", b"\xa0", b"\x00", b"a", b"A", b"b"]
outputs = st.lists(st.sampled_from(ALPHABET), max_size=9).map(b"".join)


def code(spec: str, output: bytes, answer: bytes) -> Code:
    return comparator(spec).compare(output, answer).code


def brute_tokens(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    word = b""
    for i in range(len(data)):
        c = data[i : i + 1]
        if c in (b" ", b"\t", b"\r", b"\n"):
            if word:
                found.append(word)
            word = b""
        else:
            word += c
    return [*found, word] if word else found


def brute_lines(data: bytes) -> list[bytes]:
    found = [re.sub(rb"[ \t\r]*$", b"", line) for line in data.split(b"\n")]
    while found and not found[-1]:
        del found[-1]
    return found


@settings(deadline=None, max_examples=150)
@given(outputs, outputs)
def test_comparisons_say_what_brute_force_says(output, answer):
    said = {spec: code(spec, output, answer) is Code.AC for spec in EVERY}
    a, b = brute_tokens(output), brute_tokens(answer)
    assert said["exact"] == (output == answer)
    assert said["tokens"] == (a == b)
    lower = [[w.replace(b"A", b"a") for w in words] for words in (a, b)]
    assert said["tokens-anycase"] == (lower[0] == lower[1])
    left, right = brute_lines(output), brute_lines(answer)
    assert said["lines"] == (left == right)
    assert said["line-count"] == (len(left) == len(right))
    held = [Counter(line for line in lines if line) for lines in (left, right)]
    assert said["unordered"] == (held[0] == held[1])


@settings(deadline=None, max_examples=60)
@given(outputs, outputs)
def test_files_are_compared_as_their_contents(tmp_path_factory, output, answer):
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "output").write_bytes(output)
    (folder / "answer").write_bytes(answer)
    for spec in EVERY:
        in_files = comparator(spec).compare(folder / "output", folder / "answer")
        assert in_files == comparator(spec).compare(output, answer)


@settings(deadline=None)
@given(st.permutations([b"x y", b"x  y", b"z", b"z", b""]))
def test_the_order_of_lines_does_not_matter_to_unordered(lines):
    answer = b"x y\nx  y\nz\nz\n"
    assert code("unordered", b"\n".join(lines), answer) is Code.AC
    assert code("unordered", b"\n".join(lines).replace(b"z", b"x y", 1), answer) is Code.WA


def double_compare(expected: float, result: float, eps: float) -> bool:
    """testlib's doubleCompare, from its description in the judge's specification, in exact arithmetic."""
    if math.isnan(expected):
        return math.isnan(result)
    if math.isinf(expected):
        return math.isinf(result) and (expected > 0) == (result > 0)
    if math.isnan(result) or math.isinf(result):
        return False
    gap = abs(Fraction(result) - Fraction(expected))
    return gap <= Fraction(eps) * max(1, abs(Fraction(expected)))


@settings(deadline=None, max_examples=150)
@given(
    st.floats() | st.sampled_from([0.0, -0.0, 1e308, 5e-324]),
    st.floats(-3, 3, allow_nan=False) | st.just(math.inf),
    st.sampled_from([1e-9, 1e-6, 0.01]),
)
def test_numbers_are_close_by_testlibs_rule(expected, steps, eps):
    result = (
        expected + steps * eps * max(1.0, abs(expected)) if math.isfinite(expected) else -expected
    )
    edge = math.isfinite(expected) and abs(abs(steps) - 1) < 1e-6
    if edge:  # rounding decides there
        return
    said = code(f"numbers:{eps}", repr(result).encode(), repr(expected).encode())
    assert said is (Code.AC if double_compare(expected, result, eps) else Code.WA)


@pytest.mark.parametrize(
    ("output", "answer", "verdict"),
    [
        (b"1.0000005", b"1", Code.AC),
        (b"1.0000015", b"1", Code.WA),
        (b"1000001", b"1000000", Code.AC),
        (b"-0", b"0", Code.AC),
        (b"0.5", b".5", Code.AC),
        (b"5.", b"5e0", Code.AC),
        (b"1e400", b"inf", Code.AC),
        (b"-inf", b"inf", Code.WA),
        (b"nan", b"0", Code.WA),
        (b"NaN", b"nan", Code.AC),
        (b"nan", b"inf", Code.WA),
        (b"1_0", b"10", Code.PE),  # what Python's float would take
        (b"0x10", b"16", Code.PE),
        ("\u0661".encode(), b"1", Code.PE),  # an Arabic one
        (b"1,5", b"1.5", Code.PE),
        (b"-", b"1", Code.PE),
        (b".", b"0", Code.PE),
        (b"\xef\xbb\xbf1", b"1", Code.PE),  # a byte order mark
        (b"1\xa02", b"1 2", Code.PE),  # a no-break space is no blank
        (b"1\x00", b"1", Code.PE),
        (b"1 2", b"1", Code.WA),
        (b"", b"1", Code.WA),
        (b"Case #1: 0.50", b"Case #1: 0.5", Code.AC),
        (b"case #1: 0.5", b"Case #1: 0.5", Code.WA),
        (b"1\r\n2\r\n", b"1\n2\n", Code.AC),
    ],
)
def test_numbers_and_what_is_none(output, answer, verdict):
    assert code("numbers:1e-6", output, answer) is verdict


@settings(deadline=None)
@given(
    st.text("0123456789", min_size=1, max_size=1500),
    st.text("0123456789", max_size=1500),
    st.integers(-2000, 2000),
)
def test_long_numbers_are_rounded_as_python_rounds_them(whole, fraction, exponent):
    token = f"-{whole}.{fraction}e{exponent}"
    assert struct.pack("d", number(token.encode())) == struct.pack("d", float(token))


def test_numbers_of_a_million_digits_and_exponents_without_end():
    assert number(b"9" * 1_000_000) == math.inf
    assert number(b"-" + b"9" * 1_000_000) == -math.inf
    assert number(b"0" * 1_000_000 + b"7") == 7
    assert number(b"0." + b"0" * 1_000_000 + b"5e1000001") == 5
    assert number(b"1e" + b"9" * 1_000_000) == math.inf
    assert number(b"1e-" + b"9" * 1_000_000) == 0
    assert number(b"0e" + b"9" * 1_000_000) == 0
    assert (
        number(b"1" * 1_000_000 + b"x") is None
    )  # linear: a pattern that backtracks would take hours
    assert number(b"e5") is None
    assert number(b"") is None


@pytest.mark.parametrize("spec", EVERY)
@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\x00" * 1000,
        bytes(range(256)) * 20,
        b"9" * 1_100_000,
        b"a " * 550_000,
        b"\n" * 1_100_000,
        b"\xef\xbb\xbfyes\r\n",
        b"\xff\xfe\xed\xa0\x80",
    ],
    ids=["empty", "nul", "all-bytes", "digits", "tokens", "newlines", "bom", "not-utf8"],
)
def test_hostile_outputs_are_compared_and_the_message_is_short_and_printable(spec, output):
    ruling = comparator(spec).compare(output, b"yes 1 2\nno\n")
    assert ruling.code in (Code.WA, Code.PE)
    assert 0 < len(ruling.message) < 700
    assert ruling.message.isprintable()
    assert comparator(spec).compare(output, output).code in (Code.AC, Code.PE)


def test_a_difference_at_the_very_end_of_a_large_output_is_found():
    answer = b"12 " * 400_000
    ruling = comparator("tokens").compare(answer + b"13", answer + b"12")
    assert ruling.message == "token 400001: got '13', expected '12'"
    ruling = comparator("lines").compare(b"\n" * 1_200_000 + b"x", b"")
    assert ruling.message == "line 1: got '', expected the end"
    ruling = comparator("exact").compare(answer, answer[:-1])
    assert ruling.message == "byte 1200000: got ' ', expected the end"


def test_the_message_names_the_first_difference_and_escapes_what_cannot_be_printed():
    ruling = comparator("tokens").compare(b"1 2 \x00\x1b[31m\xff" + b"z" * 500, b"1 2 3 4")
    assert ruling.message.startswith("token 3: got '\\x00\\x1b[31m\\xffz")
    assert ruling.message.endswith("z', expected '3'")
    assert len(ruling.message) < 150
    assert (
        comparator("tokens").compare(b"1", b"1 2").message
        == "token 2: the output ends, expected '2'"
    )
    assert comparator("lines").compare(b"a\nb", b"a\nc").message == "line 2: got 'b', expected 'c'"
    assert comparator("unordered").compare(b"a\nd", b"a\nc").message == (
        "line 2: 'd' is not among the expected lines"
    )
    assert comparator("unordered").compare(b"c", b"a\nb\nc").message == (
        "2 expected lines are missing, the first of them 'a'"
    )
    assert comparator("line-count").compare(b"a\n\n", b"a\nb").message == "1 lines, expected 2"


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (b"yEs\nNO", Code.AC),
        (b"yes yes", Code.WA),
        (b"yes", Code.WA),
        (b"yes maybe", Code.PE),
        (b"y no", Code.PE),
    ],
)
def test_yes_and_no_in_any_case(output, verdict):
    assert code("yes-no", output, b"YES no") is verdict


def test_only_the_comparisons_with_a_format_say_pe():
    assert {spec for spec in EVERY if code(spec, b"#", b"1 yes") is Code.PE} == {
        "numbers:1e-6",
        "yes-no",
    }


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "token",
        "Tokens",
        "numbers",
        "numbers:",
        "numbers:x",
        "numbers:-1",
        "numbers:nan",
        "numbers:1",
        "lines:3",
    ],
)
def test_a_comparison_that_does_not_exist_is_one_clear_line(spec):
    with pytest.raises(InputError) as told:
        comparator(spec)
    assert told.value.field == "compare"
    assert "\n" not in str(told.value)


def test_kinds_are_sorted_and_rebuilt_by_their_repr():
    assert list(KINDS) == sorted(KINDS)
    for spec in EVERY:
        made = comparator(spec)
        assert eval(repr(made), vars(comparators)) == made
