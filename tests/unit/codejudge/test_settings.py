"""Fields are checked one by one, and every refusal names the file and the field."""

import pytest

from veriloop.codejudge.settings import Settings, shown
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

FILE = "p/problem.toml"


def table(**values):
    return Settings(values, FILE)


def test_absent_fields_have_no_value():
    empty = table()
    assert empty.text("title", "x") == "x"
    assert empty.number("points") is None
    assert empty.size("memory_mb") is None
    assert empty.table("checker") is None
    assert (empty.texts("order"), empty.flag("guessed")) == ((), False)


def test_sizes_are_mebibytes_to_the_byte():
    for size in (1, 1000, 3 * MIB + 1, 256 * MIB):
        assert table(memory_mb=size / MIB).size("memory_mb") == size


@pytest.mark.parametrize(
    "value", ["2", True, float("nan"), float("inf"), -1, 0, 86_401, [2], None, 10**400]
)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(
        InputError, match=r"p/problem.toml, field 'time_s': expected a number above 0"
    ):
        table(time_s=value).seconds("time_s")


def test_zero_is_a_number_of_points():
    assert table(points=0).number("points", zero=True) == 0.0
    with pytest.raises(InputError, match="from 0"):
        table(points=-1).number("points", zero=True)


def test_less_than_a_byte_is_no_memory():
    with pytest.raises(InputError, match="less than a byte"):
        table(memory_mb=1e-9).size("memory_mb")


@pytest.mark.parametrize("value", [3, ["x"], "two\nlines", "nul\0", "\x1b[31m"])
def test_a_text_is_one_printable_line(value):
    with pytest.raises(InputError, match="field 'title': expected"):
        table(title=value).text("title")


def test_an_inner_field_is_named_with_its_table():
    inner = table(checker={"source": 1}).table("checker")
    with pytest.raises(InputError, match=r"field 'checker.source'"):
        inner.text("source")
    with pytest.raises(InputError, match=r"field 'checker.source': unknown field; there are a, b"):
        inner.only(["a", "b"])
    with pytest.raises(InputError, match="expected a table, got 'x'"):
        table(checker="x").table("checker")
    with pytest.raises(InputError, match="expected true or false, got 1"):
        table(guessed=1).flag("guessed")
    with pytest.raises(InputError, match="expected a list of texts"):
        table(order=["a", 1]).texts("order")


def test_long_values_are_shown_short():
    assert len(shown("x" * 1000)) == 60
