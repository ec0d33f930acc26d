"""The wire format: what bodies become, and that logprobs of a reply line up with its text."""

import pytest

from veriloop.engines.openai_wire import read_answer
from veriloop.errors import InputError
from veriloop.protocols import Completion, Reply, Sampling
from veriloop.records import Finish
from veriloop.serve import wire


def test_content_parts_are_joined():
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}]
    }
    assert wire.chat_request(body).prompt[0].content == "ab"
    body["messages"][0]["content"] = [{"type": "image_url", "image_url": {}}]
    with pytest.raises(InputError, match="role"):
        wire.chat_request(body)


def test_prompts_as_token_ids_are_refused():
    with pytest.raises(InputError, match="token ids"):
        wire.text_requests({"prompt": [1, 2, 3]})


def test_defaults_are_those_of_the_reference():
    """OpenAI API reference: completions generate 16 tokens unless told otherwise, at temperature 1."""
    (request,) = wire.text_requests({"prompt": "x"})
    assert (request.sampling.max_tokens, request.sampling.temperature, request.n) == (16, 1.0, 1)


def test_missing_log_probabilities_are_null_and_never_zero():
    reply = Reply((Completion("x", Finish.LENGTH, 1),))
    (choice,) = wire.chat_response("m", reply, logprobs=True)["choices"]
    assert choice["logprobs"] is None
    assert choice["finish_reason"] == "length"


def test_the_stop_string_is_told_as_vllm_tells_it():
    """Round trip through the reader of ``engines.openai_wire``, chat and text."""
    done = (Completion("a", Finish.STOP, 1, stop="END"), Completion("b", Finish.STOP, 1))
    bodies = (
        wire.chat_response("m", Reply(done), logprobs=False),
        wire.text_response("m", [Reply(done)], [None], logprobs=False),
    )
    for body in bodies:
        assert [c["stop_reason"] for c in body["choices"]] == ["END", None]
        read = read_answer(body, Sampling(stop=("END",))).completions
        assert [c.stop for c in read] == ["END", None]


def test_offsets_follow_the_text():
    completion = Completion("ab c", Finish.STOP, 2, (-0.1, -0.2), ("ab", " c"))
    body = wire.text_response("m", [Reply((completion,))], [None], logprobs=True)
    logprobs = body["choices"][0]["logprobs"]
    assert logprobs["text_offset"] == [0, 2]
    assert logprobs["token_logprobs"] == [-0.1, -0.2]
