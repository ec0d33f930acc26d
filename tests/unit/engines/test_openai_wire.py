"""The wire format's pure parts: addresses, seeds, waits, refusals, borders of scored text."""

import json
import math
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.engines.openai_wire import (
    api_root,
    read_answer,
    read_echo,
    read_finish,
    read_refusal,
    read_retry_after,
    sample_seed,
)
from veriloop.protocols import Sampling
from veriloop.records import Finish


@pytest.mark.parametrize(
    ("given_url", "root"),
    [
        ("http://h", "http://h/v1"),
        ("http://h:8000/", "http://h:8000/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://h/v1/", "https://h/v1"),
        ("https://h/proxy/openai", "https://h/proxy/openai"),
    ],
)
def test_an_address_gets_v1_where_it_has_no_path(given_url, root):
    assert api_root(given_url) == root


@pytest.mark.parametrize("bad", ["h:8000", "ftp://h", "http://", "http://me:secret@h"])
def test_an_address_that_is_none_is_refused_without_repeating_a_password(bad):
    with pytest.raises(ValueError, match=r"address") as error:
        api_root(bad)
    assert "secret" not in str(error.value)


@given(st.integers(0, 2**63 - 1), st.integers(0, 1000))
def test_seeds_fit_a_signed_32_bit_integer(seed, sample):
    assert 0 <= sample_seed(seed, sample) < 2**31


def test_seeds_of_samples_and_requests_differ():
    seeds = {sample_seed(seed, j) for seed in range(100) for j in range(64)}
    # 6,400 draws from 2^31: the expected number of collisions is 0.01.
    assert len(seeds) >= 6399


def test_retry_after_is_seconds_or_a_date_and_nothing_else():
    assert read_retry_after("1.5") == 1.5
    assert read_retry_after("-3") == 0.0
    assert read_retry_after(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=1.5)
    assert read_retry_after(formatdate(time.time() - 30, usegmt=True)) == 0.0
    for nothing in (None, "", "soon", "inf", "nan"):
        assert read_retry_after(nothing) is None


@pytest.mark.parametrize(
    ("payload", "text", "said"),
    [
        ({"error": {"message": "a"}}, "", "a"),
        ({"error": "b"}, "", "b"),
        ({"message": "c"}, "", "c"),
        ({"detail": [{"loc": ["n"]}]}, "", "[{'loc': ['n']}]"),
        ({"error": None}, " raw \n text", "raw text"),
        (None, "x" * 900, "x" * 500),
        (None, "", "nothing"),
    ],
)
def test_a_refusal_is_found_in_every_layout(payload, text, said):
    assert read_refusal(payload, text) == said


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.integers(0, 20)))
def test_a_stop_is_said_or_proven(reason, tokens):
    """Exhaustive by property: STOP needs a known reason, or a count below the limit and no known cut."""
    finish = read_finish(reason, tokens, 10)
    if finish is Finish.STOP and reason not in {
        "stop",
        "eos",
        "eos_token",
        "stop_sequence",
        "end_turn",
    }:
        assert tokens is not None or reason in {"tool_calls", "function_call"}
        assert tokens is None or tokens < 10 or reason in {"tool_calls", "function_call"}
    if reason in {"length", "content_filter"}:
        assert finish is Finish.LENGTH


@pytest.mark.parametrize(
    ("more", "text", "stop"),
    [
        ({"stop_reason": "\n\n"}, "ab", "\n\n"),  # vLLM
        ({"matched_stop": "\n\n"}, "ab", "\n\n"),  # SGLang
        ({"stop_reason": None, "matched_stop": "END"}, "ab", "END"),
        ({"stop_reason": 151643}, "ab", None),  # a token that ends the turn
        ({"stop_reason": None}, "ab", None),
        ({"stop_reason": "another"}, "ab", None),
        ({}, "ab", None),  # OpenAI says nothing
        ({}, "ab\n\nSo", "\n\n"),  # the server left it in
        ({"stop_reason": "END"}, "ab\n\nEND", "\n\n"),
    ],
)
def test_the_stop_string_is_read_where_servers_say_it(more, text, stop):
    sampling = Sampling(stop=("\n\n", "END"))
    choice = {"message": {"content": text}, "finish_reason": "stop", **more}
    (done,) = read_answer({"choices": [choice]}, sampling).completions
    assert (done.text, done.finish, done.stop) == ("ab", Finish.STOP, stop)


def test_a_text_that_a_limit_cut_was_not_ended_by_a_stop_string():
    choice = {"text": "ab", "finish_reason": "length", "stop_reason": "END"}
    (done,) = read_answer({"choices": [choice]}, Sampling(stop=("END",))).completions
    assert (done.finish, done.stop) == (Finish.LENGTH, None)


def test_choices_are_put_in_order_and_share_no_token_count():
    choices = [
        {"index": i, "message": {"content": t}, "finish_reason": "stop"}
        for i, t in ((1, "b"), (0, "a"))
    ]
    answer = read_answer({"choices": choices, "usage": {"completion_tokens": 9}}, Sampling())
    assert [c.text for c in answer.completions] == ["a", "b"]
    assert [c.tokens for c in answer.completions] == [None, None]
    assert answer.completion_tokens == 9


def test_a_choice_that_was_cut_before_its_first_word_is_a_cut_text():
    choice = {"message": {"content": None, "reasoning_content": "hm"}, "finish_reason": "length"}
    answer = read_answer({"choices": [choice]}, Sampling())
    assert (answer.completions[0].text, answer.completions[0].finish) == ("", Finish.LENGTH)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"18 \ud83d", "18 \ufffd"),
        (r"\ude00 18", "\ufffd 18"),
        (r"\ud83d\ude00 18", "\U0001f600 18"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_half_of_an_emoji_costs_no_answer(sent, read):
    answer = f'{{"choices": [{{"message": {{"content": "{sent}"}}, "finish_reason": "stop"}}]}}'
    assert read_answer(json.loads(answer), Sampling()).completions[0].text == read


def test_log_probabilities_that_are_no_numbers_are_unknown():
    for bad in (math.nan, math.inf, None):
        content = [{"token": "a", "logprob": -1.0}, {"token": "b", "logprob": bad}]
        choice = {
            "message": {"content": "ab"},
            "finish_reason": "stop",
            "logprobs": {"content": content},
        }
        done = read_answer({"choices": [choice]}, Sampling()).completions[0]
        assert (done.logprobs, done.pieces) == (None, None)


WORDS = st.lists(st.text("abc ", min_size=1, max_size=4), min_size=2, max_size=8)


@given(WORDS, st.data())
def test_echoed_tokens_are_split_at_the_continuation(words, data):
    """Wherever the border falls, the tokens that touch the continuation come back with their offsets."""
    text = "".join(words)
    border = data.draw(st.integers(len(words[0]), len(text) - 1))
    told = [None, *(-float(i) for i in range(1, len(words)))]
    payload = {"choices": [{"logprobs": {"tokens": words, "token_logprobs": told}}]}
    scored = read_echo(payload, text, text[border:])
    assert scored is not None
    ends, at = [], 0
    for word in words:
        at += len(word)
        ends.append(at)
    inside = [i for i, end in enumerate(ends) if end > border]
    assert scored.tokens == tuple(words[i] for i in inside)
    assert scored.logprobs == tuple(told[i] for i in inside)
    assert scored.offsets == tuple(max(0, ends[i] - len(words[i]) - border) for i in inside)


def test_a_begin_token_before_and_a_generated_one_after_are_left_out():
    layout = {"tokens": ["<s>", "a", "b", "c"], "token_logprobs": [None, -1.0, -2.0, -3.0]}
    scored = read_echo({"choices": [{"logprobs": layout}]}, "ab", "b")
    assert scored is not None
    assert (scored.tokens, scored.offsets, scored.logprobs) == (("b",), (0,), (-2.0,))


def test_an_echo_that_spells_something_else_is_no_score():
    layout = {"tokens": ["a", "b"], "token_logprobs": [None, -1.0]}
    assert read_echo({"choices": [{"logprobs": layout}]}, "ac", "c") is None
    assert read_echo({"choices": [{"logprobs": {"tokens": ["ab"]}}]}, "ab", "b") is None
    assert read_echo({"choices": []}, "c", "c") is None
    assert read_echo(None, "c", "c") is None
