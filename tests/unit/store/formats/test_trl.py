"""TRL's stepwise rows: booleans are labels, and nothing else becomes one."""

import pytest

from veriloop.errors import InputError
from veriloop.records import Form, Message
from veriloop.store.formats.trl import TRL

ROW = {"prompt": "1 + 1?", "completions": ["One.", "So 3."], "labels": [True, False]}


def test_hard_and_soft_labels():
    (item,) = TRL().read(ROW)
    assert (item.verdict.step_scores, item.verdict.form) == ((1.0, 0.0), Form.BINARY)
    assert TRL().write([item]) == ROW
    assert [type(x) for x in TRL().write([item])["labels"]] == [bool, bool]
    soft = {**ROW, "labels": [0.5, 0.25]}
    (item,) = TRL().read(soft)
    assert (item.verdict.first_error, item.verdict.form) == (-1, Form.SCORE)
    assert TRL().write([item]) == soft


def test_a_chat_is_a_prompt():
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 1?"}]
    row = {**ROW, "prompt": turns, "source": "mine"}
    (item,) = TRL().read(row)
    assert item.problem.prompt == (Message("system", "Be brief."), Message("user", "1 + 1?"))
    assert item.problem.text == "1 + 1?"
    assert TRL().write([item]) == row


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ([True, -100], "labels[0]"),
        ([1.0, -100], "labels[1]"),
        ([-100, -100], "labels[0]"),
        ([True, None], "labels[0]"),
        ([True], "labels"),
        (["+", "-"], "labels[0]"),
        (None, "labels"),
    ],
)
def test_minus_100_is_no_label_and_never_true(labels, field):
    """TRL's own loader once cast the ignored positions to booleans, which made them true (issue 2127)."""
    with pytest.raises(InputError) as caught:
        TRL().read({**ROW, "labels": labels})
    assert caught.value.field == field


@pytest.mark.parametrize("prompt", [[], [{"role": "user"}], ["text"], "", None, 3])
def test_a_bad_prompt_is_named(prompt):
    with pytest.raises(InputError) as caught:
        TRL().read({**ROW, "prompt": prompt})
    assert str(caught.value.field).startswith("prompt")
