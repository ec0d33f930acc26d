"""The server, driven by the ``openai`` client library over loopback, as a user's program would."""

import math
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import openai
import pytest
import uvicorn

from veriloop.errors import EngineTimeout, InputError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request, Scored, ScoreRequest
from veriloop.records import Finish, Message
from veriloop.serve.model import create_app, serve

WORDS = ("red", "green", "blue")


@dataclass
class Echo:
    """Draws one word for each sample from its own stream; remembers what it was asked."""

    name: str = "echo"
    asked: list[Request] = field(default_factory=list)
    closed: bool = False

    async def generate(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.prompt == "never":
            raise EngineTimeout("no answer in 1 s")
        indices = range(request.first, request.first + request.n)
        words = [WORDS[derive_seed(request.seed, j) % 3] for j in indices]
        logprobs = (math.log(1 / 3),) if request.logprobs else None
        return Reply(
            tuple(
                Completion(w, Finish.STOP, 1, logprobs, (w,) if logprobs else None) for w in words
            ),
            prompt_tokens=5,
        )

    async def score(self, request: ScoreRequest) -> Scored:
        words = request.continuation.split(" ")
        offsets = [0]
        for word in words[:-1]:
            offsets.append(offsets[-1] + len(word) + 1)
        rest = tuple(" " + w for w in words[1:])
        return Scored(rest, tuple(o - 1 for o in offsets[1:]), (-0.5,) * len(rest))

    async def close(self) -> None:
        self.closed = True


@contextmanager
def running(engine, key=None):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(engine, key=key), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="secret", max_retries=0)
    try:
        yield client
    finally:
        client.close()
        server.should_exit = True
        thread.join()


@pytest.fixture
def engine():
    return Echo()


@pytest.fixture
def client(engine):
    with running(engine) as client:
        yield client


USER = [{"role": "user", "content": "colour?"}]


def test_chat_gives_n_seeded_choices_with_logprobs(client, engine):
    def ask():
        return client.chat.completions.create(
            model="echo", messages=USER, n=5, seed=7, logprobs=True, stop=["x"], temperature=0.5
        )

    first, second = ask(), ask()
    texts = [c.message.content for c in first.choices]
    assert texts == [WORDS[derive_seed(7, j) % 3] for j in range(5)]
    assert texts == [c.message.content for c in second.choices]
    assert [c.index for c in first.choices] == [0, 1, 2, 3, 4]
    assert {c.finish_reason for c in first.choices} == {"stop"}
    (token,) = first.choices[0].logprobs.content
    assert (token.token, token.logprob) == (texts[0], pytest.approx(-math.log(3)))
    assert first.usage.completion_tokens == 5
    asked = engine.asked[0]
    assert asked.prompt == (Message("user", "colour?"),)
    assert (asked.sampling.stop, asked.sampling.temperature, asked.n) == (("x",), 0.5, 5)


def test_without_a_seed_calls_differ(client, engine):
    for _ in range(2):
        client.chat.completions.create(model="echo", messages=USER)
    assert engine.asked[0].seed != engine.asked[1].seed


def test_a_final_assistant_turn_is_continued(client, engine):
    client.chat.completions.create(
        model="echo",
        messages=[*USER, {"role": "assistant", "content": "It is "}],
        extra_body={"continue_final_message": True, "add_generation_prompt": False},
    )
    assert engine.asked[0].prefix == "It is "
    assert engine.asked[0].prompt == (Message("user", "colour?"),)


def test_echo_scores_a_prompt_without_generating(client, engine):
    reply = client.completions.create(
        model="echo", prompt="one two three", max_tokens=0, echo=True, logprobs=1
    )
    (choice,) = reply.choices
    assert choice.text == "one two three"
    assert choice.logprobs.tokens == ["one", " two", " three"]
    assert choice.logprobs.token_logprobs == [None, -0.5, -0.5]
    assert choice.logprobs.text_offset == [0, 3, 7]
    assert engine.asked == []


def test_completions_take_several_prompts(client):
    reply = client.completions.create(model="echo", prompt=["a", "b"], n=2, seed=1)
    assert [c.index for c in reply.choices] == [0, 1, 2, 3]


def test_streams_end_and_carry_the_text(client):
    stream = client.chat.completions.create(model="echo", messages=USER, seed=3, stream=True)
    text = "".join(chunk.choices[0].delta.content for chunk in stream)
    assert text == WORDS[derive_seed(3, 0) % 3]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"n": 0}, "n"),
        ({"temperature": -1}, "temperature"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"top_logprobs": 3, "logprobs": True}, "top_logprobs"),
        ({"model": "other"}, "model"),
        ({"messages": []}, "messages"),
        ({"extra_body": {"min_tokens": 3}}, "min_tokens"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(client, options, field):
    arguments = {"model": "echo", "messages": USER} | options
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**arguments)
    assert caught.value.param == field


def test_neutral_values_of_unsupported_parameters_pass(client):
    client.chat.completions.create(
        model="echo", messages=USER, presence_penalty=0, response_format={"type": "text"}, user="me"
    )


def test_a_failing_engine_is_a_server_error(client):
    with pytest.raises(openai.InternalServerError, match="no answer in 1 s"):
        client.completions.create(model="echo", prompt="never")


def test_a_key_is_demanded_where_one_is_set(engine):
    with running(engine, key="right") as client:
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
        assert [m.id for m in client.with_options(api_key="right").models.list()] == ["echo"]
    assert engine.closed


def test_beyond_loopback_a_key_is_needed(engine):
    with pytest.raises(InputError, match="give a key"):
        serve(engine, host="0.0.0.0")
