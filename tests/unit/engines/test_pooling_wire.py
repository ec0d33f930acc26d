"""The JSON of every shape, copied from the answers that the servers' documentation shows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.engines.openai_wire import Unusable
from veriloop.engines.pooling_wire import (
    FORMS,
    address,
    body,
    read_pooled,
    rows_of_steps,
    sent_values,
    step_scores,
)
from veriloop.engines.step_encoding import Encoded
from veriloop.errors import EngineError

IDS = (5, 6, 7, 8, 9)
SOLUTION = Encoded(IDS, 0, (2, 4))


def asked(shape, sequences=(IDS,), values="documented", **extra):
    return body(shape, sequences, model="m", values=values, extra=extra)


# What is sent


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("token_classify", "/pooling"),
        ("encode", "/pooling"),
        ("reward", "/pooling"),
        ("embeddings", "/v1/embeddings"),
        ("classify", "/classify"),
        ("sglang", "/classify"),
    ],
)
def test_endpoints_stand_at_the_root_of_the_server(shape, path):
    for url in ("http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/"):
        assert address(url, shape) == f"http://h:8000{path}"
    assert address("https://h/proxy", shape) == f"https://h/proxy{path}"
    with pytest.raises(ValueError, match="http://host:port"):
        address("h:8000", shape)


def test_bodies_hold_ids_and_say_what_is_wanted():
    whole = {"model": "m", "input": list(IDS), "encoding_format": "float"}
    assert asked("token_classify") == {**whole, "task": "token_classify", "use_activation": True}
    assert asked("encode") == {**whole, "task": "encode"}
    assert asked("reward") == asked("embeddings") == whole
    both = [(5, 6), (5, 6, 7)]
    assert asked("classify", both) == {
        "model": "m", "input": [[5, 6], [5, 6, 7]], "use_activation": True,
    }  # fmt: skip
    assert asked("sglang", both) == {"model": "m", "input_ids": [[5, 6], [5, 6, 7]]}


def test_logits_are_asked_for_and_extra_fields_replace_or_leave_out():
    assert asked("token_classify", values="logits")["use_activation"] is False
    sent = asked("token_classify", use_activation=None, priority=3)
    assert "use_activation" not in sent
    assert sent["priority"] == 3


def test_without_a_word_the_documented_values_are_taken():
    assert {s: sent_values(s, "documented") for s in FORMS} == {
        "token_classify": "probabilities", "encode": "probabilities", "reward": "probabilities",
        "embeddings": "logits", "classify": "probabilities", "sglang": "logits",
    }  # fmt: skip
    assert sent_values("sglang", "probabilities") == "probabilities"


# What comes back


def test_a_pooling_answer_has_a_row_for_every_token():
    """As vLLM's PoolingResponse: a list of rows for each input, numbered."""
    answer = {
        "id": "pool-1", "object": "list", "created": 1, "model": "m",
        "data": [{"index": 0, "object": "pooling", "data": [[0.2, 0.8]] * 5}],
        "usage": {"prompt_tokens": 5, "total_tokens": 5, "completion_tokens": 0},
    }  # fmt: skip
    pooled = read_pooled(answer, "token_classify", 1)
    assert pooled.rows == (((0.2, 0.8),) * 5,)
    assert pooled.prompt_tokens == 5


def test_one_number_a_token_may_come_without_a_list_of_its_own():
    flat = {"data": [{"index": 0, "data": [0.5, -1, 2.5]}]}
    assert read_pooled(flat, "reward", 1).rows == (((0.5,), (-1.0,), (2.5,)),)
    embedded = {"data": [{"index": 0, "embedding": [0.5, -1.0, 2.5]}], "usage": None}
    assert read_pooled(embedded, "embeddings", 1).rows == read_pooled(flat, "reward", 1).rows


def test_sequence_answers_are_put_in_the_order_of_their_index():
    answer = {
        "data": [
            {"index": 1, "label": "LABEL_1", "probs": [0.1, 0.9], "num_classes": 2},
            {"index": 0, "label": "LABEL_0", "probs": [0.7, 0.3], "num_classes": 2},
        ]
    }
    assert read_pooled(answer, "classify", 2).rows == (((0.7, 0.3),), ((0.1, 0.9),))
    native = [{"embedding": [1.5]}, {"embedding": [-2.0], "meta_info": {"id": "x"}}]
    assert read_pooled(native, "sglang", 2).rows == (((1.5,),), ((-2.0,),))
    assert read_pooled(native[0], "sglang", 1).rows == (((1.5,),),)


def test_a_wrong_number_of_sequences_is_an_error_that_names_both():
    with pytest.raises(EngineError, match="3 sequences were sent and 2 came back"):
        read_pooled([{"embedding": [1.0]}] * 2, "sglang", 3)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_an_error(bad):
    with pytest.raises(EngineError, match="NaN or infinite"):
        read_pooled({"data": [{"data": [[0.5, bad]]}]}, "reward", 1)


@pytest.mark.parametrize(
    "answer",
    [
        None, 3, [], {}, {"data": None}, {"data": [{}]}, {"data": [{"data": "AAAA"}]},
        {"data": [{"data": [["a"]]}]}, {"data": [{"data": None}]}, {"error": {"message": "busy"}},
    ],
)  # fmt: skip
def test_anything_else_is_worth_another_try(answer):
    with pytest.raises(Unusable, match="not of the shape 'token_classify'"):
        read_pooled(answer, "token_classify", 1)


# Which row is whose


def test_rows_are_taken_at_recorded_places_or_in_order():
    every = [(float(i),) for i in range(5)]
    assert rows_of_steps(every, SOLUTION) == [(2.0,), (4.0,)]
    assert rows_of_steps(every[:2], SOLUTION) == [(0.0,), (1.0,)]
    shifted = Encoded(IDS, 2, (0, 2))
    assert rows_of_steps(every, shifted) == [(2.0,), (4.0,)]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_any_other_number_of_rows_is_an_error_that_names_both(count):
    with pytest.raises(EngineError, match=f"{count} rows .* for 5 tokens with 2 steps"):
        rows_of_steps([(0.5,)] * count, SOLUTION)


# What a row says


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_logits_become_the_softmax_of_two_or_the_sigmoid_of_one(a, b):
    (score,) = step_scores([(a, b)], sent="logits", good=1)
    assert score == pytest.approx(math.exp(b) / (math.exp(a) + math.exp(b)), abs=1e-12)
    (other,) = step_scores([(a, b)], sent="logits", good=0)
    assert score + other == pytest.approx(1)
    (one,) = step_scores([(b - a,)], sent="logits", good=1)
    assert one == pytest.approx(score, abs=1e-12)


def test_probabilities_are_taken_as_they_are_and_held_within_their_bounds():
    rows = [(0.25, 0.75), (0.99951, 0.00049), (1.0004, -0.0004)]
    assert step_scores(rows, sent="probabilities", good=1) == (0.75, 0.00049, 0.0)
    assert step_scores(rows, sent="probabilities", good=0) == (0.25, 0.99951, 1.0)
    assert step_scores([(0.3,)], sent="probabilities", good=1) == (0.3,)
    assert step_scores([(-1e4, 1e4), (1e4, -1e4)], sent="logits", good=1) == (1.0, 0.0)


@pytest.mark.parametrize("row", [(3.2, -1.0), (0.4, 0.4), (0.9, 0.9), (1.7,), (-0.2,)])
def test_what_is_no_probability_is_never_taken_for_one(row):
    with pytest.raises(EngineError, match=r"is no probability: .*values='logits'"):
        step_scores([row], sent="probabilities", good=1)


def test_a_row_of_a_whole_vocabulary_tells_how_to_start_the_server():
    with pytest.raises(EngineError, match=r"a row of 32000 numbers .*returned_token_ids"):
        step_scores([(0.0,) * 32000], sent="logits", good=0)
