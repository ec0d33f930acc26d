"""Where a text ends, against a search by hand over every place of it."""

from hypothesis import given
from hypothesis import strategies as st

from veriloop.engines.stopping import find_stop


def test_no_stop_string_is_the_whole_text():
    assert find_stop("abc", ()) == (3, None)
    assert find_stop("abc", ("x", "\n\n")) == (3, None)
    assert find_stop("", ("x",)) == (0, None)


def test_of_two_that_begin_together_the_first_given_counts():
    assert find_stop("a\n\nb", ("\n", "\n\n")) == (1, "\n")
    assert find_stop("a\n\nb", ("\n\n", "\n")) == (1, "\n\n")


@given(st.text("ab\n", max_size=12), st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=4))
def test_it_is_the_first_place_at_which_any_of_them_stands(text, stops):
    places = [(i, s) for i in range(len(text)) for s in stops if text.startswith(s, i)]
    assert find_stop(text, stops) == (places[0] if places else (len(text), None))
