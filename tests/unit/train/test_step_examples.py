import importlib.util
import math
from pathlib import Path

import pytest

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError
from veriloop.records import Example, ExampleKind, Message
from veriloop.train.step_examples import example_name, hold_out, prepare, shared_problems

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).parents[1] / "engines" / "tiny_reward.py"
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


def labelled(steps, labels, prompt="p"):
    return Example(ExampleKind.STEP_LABELS, prompt, tuple(steps), tuple(labels))


@pytest.fixture(scope="module", params=["linear", "surprise"])
def model(request, tmp_path_factory):
    base = tiny.save_checkpoint(tmp_path_factory.mktemp("base"))
    return ProcessRewardModel.create(base, head=request.param)


def test_steps_are_cut_exactly_where_they_no_longer_fit(model):
    example = labelled(["a b c"] * 20, [1.0] * 19 + [0.0])
    whole = model.encode("p", example.completions)
    end = whole.start + whole.ends[7] + 1  # tokens up to and including step 7
    for limit, kept in ((end, 8), (end - 1, 7), (len(whole.ids), 20)):
        got = prepare(model, [example], limit)
        assert [len(e.ends) for e in got.encoded] == [kept]
        assert [len(labels) for labels in got.labels] == [kept]
        assert got.cut_steps == 20 - kept
        assert (got.quarantined, got.cut) == ((), (20 - kept,))


@pytest.mark.parametrize("right", [1.0, 0.125])
def test_nothing_after_the_first_wrong_step_is_read_whatever_its_label(model, right):
    steps = ["a", "b", "c", "d", "e"]
    given = [labelled(steps, [right, right, 0.0, 1.0, 0.0]), labelled(steps, [right] * 5)]
    got = prepare(model, given, model.limit)
    assert got.labels == ((right, right, 0.0), (right,) * 5)
    assert got.encoded[0] == model.encode("p", steps[:3])
    assert got.after_error == 2
    # What is not read cannot be too long, nor hold the separator.
    tail = labelled(["a", "b <extra_0> c", "long " * 300], [0.0, 1.0, 1.0])
    assert prepare(model, [tail], 100).labels == ((0.0,),)


def test_steps_that_do_not_fit_are_an_error_that_names_the_first_and_counts_all(model):
    long, good = labelled(["a b c"] * 40, [1.0] * 39 + [0.0]), labelled(["a"], [1.0])
    hopeless = labelled(["d", "e"], [1.0, 1.0], "long " * 300)
    limit = len(model.encode("p", ["a b c"] * 10).ids)
    with pytest.raises(InputError) as caught:
        prepare(model, [good, long, hopeless], limit, on_truncation="error")
    said = str(caught.value)
    assert said.startswith(f"row 2: {long.id} has ")
    assert "30 of its 40 steps would be lost" in said
    assert "32 steps of 2 examples in all" in said
    assert "max_tokens" in said
    assert prepare(model, [good], limit, on_truncation="error").labels == ((1.0,),)


def test_for_validation_what_does_not_fit_whole_is_left_out_with_its_reason(model):
    long = labelled(["a b c"] * 40, [1.0] * 39 + [0.0])
    limit = len(model.encode("p", ["a b c"] * 10).ids)
    got = prepare(model, [labelled(["a"], [1.0]), long], limit, on_truncation="whole")
    assert got.labels == ((1.0,),)
    said = [(d.row, d.reason) for d in got.quarantined]
    assert said == [(2, f"30 of 40 steps do not fit within {limit} tokens")]
    # A first error that fits is known, whatever comes after it.
    early = labelled(["a b c"] * 40, [0.0] + [1.0] * 39)
    assert prepare(model, [early], limit, on_truncation="whole").labels == ((0.0,),)


def test_empty_steps_unicode_and_300_steps(model):
    given = [
        labelled(["a", " \n"], [1.0, 1.0]), labelled([""], [0.0]),
        labelled(["Größe: 3 €", "因此 √4 = 2 😀", "\u200b\u0301x"], [1.0, 1.0, 0.0]),
        labelled([f"{i}" for i in range(300)], [1.0] * 300),
    ]  # fmt: skip
    got = prepare(model, given, 10**6)
    assert [(d.row, d.reason) for d in got.quarantined] == [
        (1, "step 1 is empty"),
        (2, "step 0 is empty"),
    ]
    assert [len(e.ends) for e in got.encoded] == [3, 300]
    short = prepare(model, given[3:], 256)
    assert 0 < len(short.labels[0]) < 300
    assert short.cut_steps == 300 - len(short.labels[0])


def test_kept_examples_keep_their_order_and_the_others_their_rows(model):
    given = [
        labelled(["a"], [1.0]), labelled([], []), labelled(["b", "c"], [1.0, 0.5]),
        labelled(["<extra_0>"], [1.0]), labelled(["d"], [math.inf]), labelled(["d"], [0.0]),
    ]  # fmt: skip
    got = prepare(model, given, model.limit)
    assert got.labels == ((1.0,), (1.0, 0.5), (0.0,))
    assert [e.ids for e in got.encoded] == [
        model.encode("p", given[i].completions).ids for i in (0, 2, 5)
    ]
    assert [d.row for d in got.quarantined] == [2, 4, 5]
    assert got.quarantined[0].what == given[1].id


def test_a_chat_is_encoded_as_its_last_user_turn(model):
    chat = (Message("user", "x"), Message("assistant", "y"), Message("user", "p"))
    pair = [labelled(["a"], [1.0], prompt) for prompt in (chat, "p")]
    one, other = prepare(model, pair, model.limit).encoded
    assert one == other


def test_labels_that_are_no_numbers_leave_an_example_without_an_id():
    assert example_name(labelled(["a"], [math.nan])) == "an example without an id"
    good = labelled(["a"], [1.0])
    assert example_name(good) == good.id


PROBLEMS = [f"problem {i}" for i in range(40)]
GIVEN = [labelled([str(k)], [1.0], p) for k in range(3) for p in PROBLEMS]


def test_holding_out_keeps_all_examples_of_a_problem_on_one_side():
    kept, held = hold_out(GIVEN, 0.25, 1)
    assert len(kept) + len(held) == len(GIVEN)
    assert len({e.prompt for e in held}) == 10
    assert len(held) == 30
    assert shared_problems(kept, held) == 0
    again = hold_out(list(reversed(GIVEN)), 0.25, 1)
    assert {e.id for e in again[1]} == {e.id for e in held}
    assert {e.id for e in hold_out(GIVEN, 0.25, 2)[1]} != {e.id for e in held}


def test_a_problem_is_the_same_however_it_is_spaced_or_put_in_a_chat():
    chat = (Message("system", "be brief"), Message("user", " problem  3\n"))
    assert shared_problems(GIVEN, [labelled(["a"], [1.0], chat)]) == 1
    assert shared_problems(GIVEN, [labelled(["a"], [1.0], "problem 41")]) == 0


def test_a_share_that_leaves_a_side_empty_is_refused():
    for share in (0.0, 1.0, 1.5, math.nan):
        with pytest.raises(InputError, match="between 0 and 1"):
            hold_out(GIVEN, share, 0)
    with pytest.raises(InputError, match="two problems"):
        hold_out([labelled(["a"], [1.0])] * 3, 0.5, 0)
    kept, held = hold_out(GIVEN[:2], 0.99, 0)
    assert len(kept) == len(held) == 1
