import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from veriloop.report.svg import Scale, key, shorten, spread, text_width, tick_digits, ticks, wrap

VALUES = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@given(VALUES, VALUES)
def test_ticks_span_the_data_in_even_round_steps(a, b):
    low, high = sorted((a, b))
    assume(high == low or high - low > 1e-2)
    marks = ticks(low, high)
    step = marks[1] - marks[0]
    slack = 1e-6 * max(step, abs(high), abs(low))
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert 2 <= len(marks) <= 8
    assert all(abs(y - x - step) <= slack for x, y in itertools.pairwise(marks))


def test_ticks_are_the_ones_a_person_would_choose():
    assert ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert ticks(47, 76) == [40, 50, 60, 70, 80]
    assert tick_digits([0, 0.5, 1]) == 1
    assert tick_digits([0, 20]) == 0
    assert tick_digits([0, 0.25]) == 2


@given(st.lists(st.floats(0, 200), min_size=1, max_size=9))
def test_labels_are_moved_apart_in_order_and_stay_inside(wanted):
    placed = spread(wanted, 16, 0, 200)
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    kept = [placed[i] for i in order]
    assert all(b - a >= 16 - 1e-9 for a, b in itertools.pairwise(kept))
    assert min(kept) >= -1e-9
    assert max(kept) <= 200 + 1e-9


def test_labels_that_do_not_touch_stay_where_they_are():
    assert spread([10, 50, 100], 16, 0, 200) == [10, 50, 100]


@given(st.text(max_size=80), st.floats(20, 400))
def test_cut_and_wrapped_text_fits_its_room(text, room):
    assert text_width(shorten(text, room)) <= room
    lines = wrap(text, room)
    assert 1 <= len(lines) <= 2
    assert all(text_width(line) <= room for line in lines)


def test_text_that_fits_is_left_alone():
    assert shorten("vote", 100) == "vote"
    assert wrap("boxes, rounded down", 100) == ["boxes,", "rounded down"]


def test_a_scale_maps_its_ends_and_keeps_the_rest_inside():
    scale = Scale(0, 50, 100, 200)
    assert [scale(v) for v in (0, 25, 50, -10, 99)] == [100, 150, 200, 100, 200]
    assert Scale(5, 5, 0, 10)(5) == 5


def test_a_legend_takes_as_many_rows_as_it_needs():
    assert key([], 0) == ([], 0.0)
    _, one = key(["a", "b"], 0)
    _, many = key(["a rather long name"] * 7, 0)
    assert many > one > 0
