"""What differs is named field by field, and the whole of it has room on three lines."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.ids import describe
from veriloop.protocols import Sampling
from veriloop.runs.differences import differences, told
from veriloop.search.whole import Whole
from veriloop.text.chats import Chat

ASKED = Whole(1, Sampling(2048, 0.0), 0, Chat(None))


def made(search, **more):
    """A stage's fingerprint, as it is read from its file."""
    made_by = {"search": describe(search), "engine": ["policy", ["a", "b"]]}
    whole = {"stage": "answers", "made_by": made_by, "items": 3, "items_id": "x", **more}
    return json.loads(json.dumps(whole))


@pytest.mark.parametrize(
    ("search", "field", "was", "now"),
    [
        (replace(ASKED, chat=Chat("Be brief.")), "system", "None", "'Be brief.'"),
        (replace(ASKED, sampling=Sampling(99, 0.0)), "max_tokens", "2048", "99"),
        (replace(ASKED, seed=-1), "seed", "0", "-1"),
        (replace(ASKED, sampling=Sampling(2048, 0.0, stop=("x, seed=1)",))), "stop", "()",
         "('x, seed=1)',)"),
    ],
)  # fmt: skip
def test_a_changed_option_is_named_alone(search, field, was, now):
    assert differences(made(ASKED), made(search)) == {field: (was, now)}
    assert told(made(ASKED), made(search)) == f"{field} was {was}, is {now}"


def test_another_class_stands_whole():
    found = differences({"by": "Vote(k=1)"}, {"by": "Mean(k=1)"})
    assert found == {"by": ("Vote(k=1)", "Mean(k=1)")}
    assert differences({"by": ["Vote(k=1)", {"engine": "e"}]}, {"by": "Mean(k=1)"}) == found


def test_names_that_stand_twice_are_told_apart():
    left, right = ({"a": f"A(k={i})", "b": {"k": i}, "c": i} for i in range(2))
    assert list(differences(left, right)) == ["a.k", "b.k", "c"]


def test_parts_of_parts_and_of_tuples_are_found():
    left, right = (f"Panel(of=(Judge(k=1), Judge(k={k}, s='(')), seed=0)" for k in (2, 3))
    assert differences({"by": left}, {"by": right}) == {"k": ("2", "3")}


def test_other_items_are_said_by_their_number():
    assert told(made(ASKED), made(ASKED, items_id="y")) == "items was 3, is 3 others"
    assert told(made(ASKED), made(ASKED, items=2, items_id="y")) == "items was 3, is 2"


def test_a_folder_of_other_records_is_said_to_be_that():
    left = made(ASKED, makes=["solutions", "dropped"])
    right = made(replace(ASKED, seed=1), makes=["solutions", "verdicts", "dropped"])
    assert told(left, right) == "it holds solutions, and solutions, verdicts are to be written"


def test_long_values_are_shown_where_they_part_ways():
    start = "You are a careful assistant who thinks step by step and answers "
    text = told({"system": start + "in French."}, {"system": start + "in German, please."})
    assert text.startswith("system was ...")
    assert "in French., is ..." in text
    assert "in German" in text
    assert differences({"a": "x" * 100}, {"a": "y" * 100}) == {"a": ("x" * 100, "y" * 100)}
    assert told({"a": "x" * 100}, {"a": "y" * 100}) == f"a was {'x' * 37}..., is {'y' * 37}..."


def test_what_has_no_room_is_named():
    many = [
        {f"option_{i}": str(n) * 30 for i in range(n_fields)} for n, n_fields in ((1, 3), (2, 3))
    ]
    text = told(*many)
    assert text.startswith(f"option_0 was {'1' * 30}, is {'2' * 30}; ")
    assert text.endswith("other option_1, option_2 too")
    lots = [{f"option_{i}": str(n) * 30 for i in range(9)} for n in (1, 2)]
    assert told(*lots).endswith("; 8 more: option_1, option_2, option_3, option_4, ...")


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(*[st.dictionaries(st.sampled_from(["seed", "by", "new"]), values)] * 2)
def test_nothing_is_said_of_equals_and_something_of_others(found, wanted):
    assert bool(differences(found, wanted)) == (found != wanted)
    assert bool(told(found, wanted)) == (found != wanted)
    assert told(found, found) == ""
