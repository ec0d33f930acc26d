import importlib.util
import math
from pathlib import Path

import pytest

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.records import Example, ExampleKind, Message
from veriloop.train.step_examples import example_name, prepare

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
        assert got.quarantined == ()


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
    assert [d.row for d in got.quarantined] == [1, 3, 4]
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
