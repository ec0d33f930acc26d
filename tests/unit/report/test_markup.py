import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.report.markup import Markup, clean, coordinate, element, escape, join, number, slug

TEXTS = st.text(st.characters(exclude_categories=[]))


@given(TEXTS)
def test_escaped_text_holds_no_markup_and_reads_back(text):
    shown = escape(text)
    assert not set('<>"') & set(shown)
    assert html.unescape(shown) == clean(text)
    shown.encode("utf-8")


@given(TEXTS)
def test_an_attribute_cannot_be_left(text):
    made = element("p", title=text)
    assert made.count('"') == 2
    assert made.count("<") == 2


def test_elements_nest_without_escaping_twice():
    inner = element("b", "1 < 2")
    assert element("p", inner, " & ", class_="x", data_a="y", hidden=True, lang=None) == (
        '<p class="x" data-a="y" hidden><b>1 &lt; 2</b> &amp; </p>'
    )
    assert element("br") == "<br>"
    assert join(["<", Markup("<b></b>")], " ") == "&lt; <b></b>"


def test_what_a_page_cannot_hold_is_shown_as_such():
    assert clean("a\x00b\ud800c\r\nd\te") == "a\ufffdb\ufffdc\nd\te"


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "1"), (1.256, "1.26"), (-0.001, "0"), (-2.5, "-2.5"), (100, "100")]
)
def test_coordinates_are_short(value, shown):
    assert coordinate(value) == shown


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_page_holds_no_number_that_is_not_finite(value):
    with pytest.raises(ValueError, match="finite"):
        element("rect", x=value)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (82.14, 1, "82.1"),
        (-3, 0, "−3"),
        (-0.04, 1, "0.0"),
        (12345.6, 1, "12,345.6"),
        (0, 2, "0.00"),
    ],
)
def test_numbers_for_people(value, digits, shown):
    assert number(value, digits) == shown


def test_slugs_are_safe_names():
    assert slug("Best-of-N, held out!") == "best-of-n-held-out"
    assert slug("\u7b54\u6848") == "part"
