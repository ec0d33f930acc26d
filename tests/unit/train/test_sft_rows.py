import pytest
from transformers import AutoTokenizer

from veriloop.abacus import checkpoint
from veriloop.records import Example, ExampleKind, Message
from veriloop.train.sft_rows import messages, sft_rows

STOP = "<|im_end|>"


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(checkpoint("policy"))


def critique(prompt, *said, kind=ExampleKind.CRITIQUE):
    return Example(kind, prompt, said, (1.0,) if kind is ExampleKind.CRITIQUE else ())


def test_a_row_is_what_the_template_shows_up_to_the_end_of_the_turn(tokenizer):
    (row,) = sft_rows(tokenizer, [critique("Ann has 3.", "So 3.", "Done.")], 999).rows
    whole = "<|im_start|>user\nAnn has 3.<|im_end|>\n<|im_start|>assistant\nSo 3.\n\nDone." + STOP
    assert tokenizer.decode(row.ids) == whole
    assert tokenizer.decode(row.ids[row.start :]) == "So 3.\n\nDone." + STOP
    given = row.to_trl()
    assert given["input_ids"] == list(row.ids)
    assert given["labels"] == [-100] * row.start + list(row.ids[row.start :])


def test_a_chat_keeps_its_turns_and_a_text_gets_the_system_message():
    chat = (Message("system", "s"), Message("user", "u"))
    assert [m["content"] for m in messages(critique(chat, "x"), "other")] == ["s", "u"]
    assert [m["role"] for m in messages(critique("u", "x"), "other")] == ["system", "user"]


def test_what_does_not_fit_or_is_no_lesson_is_left_out_with_its_row(tokenizer):
    given = [
        critique("Ann has 3.", "So 3. " * 40),
        critique("Ann has 3.", "  "),
        Example(ExampleKind.PREFERENCE, "Ann has 3.", ("a", "b")),
        critique("Ann has 3.", "So 3.", kind=ExampleKind.DEMONSTRATION),
    ]
    data = sft_rows(tokenizer, given, 60)
    assert len(data.rows) == 1
    assert data.learnt_tokens == len(data.rows[0].ids) - data.rows[0].start
    assert [(d.row, d.what) for d in data.quarantined] == [(i, given[i - 1].id) for i in (1, 2, 3)]
    reasons = [d.reason for d in data.quarantined]
    assert reasons[0].endswith("tokens do not fit within 60")
    assert reasons[1:] == ["nothing to say", "preference, neither a demonstration nor a critique"]
