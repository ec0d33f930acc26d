"""The double keeps the contract that real engines keep."""

import asyncio
import json

import pytest

from veriloop.engines.scripted import Scripted, split_words
from veriloop.errors import EngineError, EngineRefused, EngineTimeout, InputError
from veriloop.protocols import Completion, Request, Sampling, ScoreRequest
from veriloop.records import Finish, Message


def texts(engine, *args, **kwargs):
    reply = asyncio.run(engine.generate(Request(*args, **kwargs)))
    return [c.text for c in reply.completions]


def test_samples_go_round_the_answers_by_their_index():
    engine = Scripted({"q": ["a", "b", "c"]})
    assert texts(engine, "q", n=5) == ["a", "b", "c", "a", "b"]
    assert texts(engine, "q", first=4, n=2) == ["b", "c"]


def test_a_chat_is_looked_up_by_its_last_user_turn_then_the_default():
    engine = Scripted({"q": "a"}, default="?")
    chat = (Message("system", "s"), Message("user", "q"))
    assert texts(engine, chat) == ["a"]
    assert texts(engine, "other") == ["?"]
    with pytest.raises(EngineError, match="no answer to 'other'"):
        texts(Scripted({"q": "a"}), "other")


def test_a_prefix_is_continued_and_not_repeated():
    engine = Scripted({"q": ["one two", "one three", "four"]})
    assert texts(engine, "q", prefix="one ", n=3) == ["two", "three", "two"]
    with pytest.raises(EngineError, match="begins with the prefix 'five'"):
        texts(engine, "q", prefix="five")


def test_stop_strings_and_limits_end_a_text_as_a_model_would():
    engine = Scripted({"q": "one two three # four"})
    cut = asyncio.run(engine.generate(Request("q", Sampling(max_tokens=2)))).completions[0]
    assert cut == Completion("one two", Finish.LENGTH, 2)
    stopped = asyncio.run(engine.generate(Request("q", Sampling(stop=("three", "#"))))).completions[
        0
    ]
    assert stopped == Completion("one two ", Finish.STOP, 3, stop="three")
    (whole,) = asyncio.run(engine.generate(Request("q", Sampling(stop=("five",))))).completions
    assert whole.stop is None, "the model ended it"


def test_a_completion_is_given_as_it_stands():
    told = Completion("x", Finish.LENGTH, 7, (-0.5, -0.25))
    assert asyncio.run(Scripted({"q": told}).generate(Request("q"))).completions == (told,)


def test_a_function_sees_each_sample_as_a_request_of_its_own():
    engine = Scripted(lambda r: f"{r.prompt}/{r.prefix}/{r.seed}/{r.first}/{r.n}")
    assert texts(engine, "q", prefix="p", seed=3, first=2, n=2) == ["q/p/3/2/1", "q/p/3/3/1"]


def test_failures_come_at_their_call_and_calls_are_counted():
    engine = Scripted({"q": "a"}, failures={1: "timeout", 3: "refused", 4: "error"})
    with pytest.raises(EngineTimeout):
        texts(engine, "q")
    assert texts(engine, "q") == ["a"]
    with pytest.raises(EngineRefused):
        texts(engine, "q")
    with pytest.raises(EngineError):
        asyncio.run(engine.score(ScoreRequest("q", "a")))
    assert engine.calls == 4
    assert [type(r) for r in engine.requests] == [Request] * 3 + [ScoreRequest]
    with pytest.raises(ValueError, match="choose one of error, refused, timeout"):
        Scripted({}, failures={1: "late"})


def test_scores_are_told_and_never_made_up():
    engine = Scripted({}, logprobs={"so it is": [-1, -2, -3]})
    scored = asyncio.run(engine.score(ScoreRequest("q", "so it is")))
    assert scored.tokens == ("so", " it", " is")
    assert scored.offsets == (0, 2, 5)
    assert scored.logprobs == (-1.0, -2.0, -3.0)
    assert scored.entropies is None
    with pytest.raises(EngineError, match="none of the 1"):
        asyncio.run(engine.score(ScoreRequest("q", "unknown")))


def test_words_join_to_the_text():
    for text in ("", " ", "a", " a\n\n b ", "a b  "):
        assert "".join(split_words(text)) == text


def test_its_repr_rebuilds_it():
    engine = Scripted({"q": ["a", "b"]}, name="x", failures={2: "error"})
    assert eval(repr(engine)) == engine


def test_it_loads_from_json_and_jsonl(tmp_path):
    told = {"text": "b", "finish": "length", "logprobs": [-1], "stop": "c"}
    rows = [{"prompt": "q", "answers": ["a", told]}, {"prompt": "*", "answers": "?"}]
    jsonl = tmp_path / "s.jsonl"
    jsonl.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    whole = tmp_path / "s.json"
    whole.write_text(json.dumps({"q": ["a", told], "*": "?"}))
    assert Scripted.load(jsonl) == Scripted.load(whole)
    assert texts(Scripted.load(jsonl), "other") == ["?"]
    second = asyncio.run(Scripted.load(jsonl).generate(Request("q", first=1))).completions[0]
    assert second == Completion("b", Finish.LENGTH, None, (-1.0,), stop="c")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "row 1: not JSON"),
        ('{"answers": ["a"]}', "row 1: expected"),
        ('{"prompt": "q"}', "row 1, field 'answers'"),
        (
            '{"prompt": "q", "answers": [{"text": "a", "finish": "bored"}]}',
            "row 1, field 'answers'",
        ),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, says):
    path = tmp_path / "s.jsonl"
    path.write_text(row)
    with pytest.raises(InputError, match=says):
        Scripted.load(path)
    with pytest.raises(InputError, match="cannot be read"):
        Scripted.load(tmp_path / "absent.json")
