import importlib.util
from pathlib import Path

import pytest

from veriloop.abacus import checkpoint
from veriloop.engines.decoder import open_decoder
from veriloop.engines.local_codec import Codec
from veriloop.engines.local_desk import Desk, open_desk
from veriloop.errors import EngineError, EngineRefused, InputError
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.records import Finish, Message

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)
FOLDER = str(checkpoint("policy"))
ASKED = (Message("user", "Ann has 3 apples and buys 4. How many has she?"),)


@pytest.fixture(scope="module")
def desk():
    return open_desk(FOLDER, slots=16, dtype="float32", device="cpu")


def answers(desk, *items):
    for key, item in enumerate(items):
        desk.ask(key, item)
    found = {}
    while desk.busy:
        found.update(desk.turn())
    return [found[key] for key in range(len(items))]


def test_log_probabilities_are_those_of_scoring_the_same_text(desk):
    request = Request(
        ASKED, Sampling(max_tokens=60, temperature=0), prefix="Step 1:", logprobs=True
    )
    (reply,) = answers(desk, request)
    made = reply.completions[0]
    assert made.tokens == len(made.logprobs) == len(made.pieces)
    assert "".join(made.pieces) == made.text
    (scored,) = answers(desk, ScoreRequest(ASKED, "Step 1:" + made.text))
    written = len(made.text.encode()) and [
        x for x, p in zip(made.logprobs, made.pieces, strict=True) if p
    ]
    assert scored.logprobs[-len(written) :] == pytest.approx(written, abs=1e-4)
    assert "".join(scored.tokens) == "Step 1:" + made.text
    assert all(0 <= e < 7 for e in scored.entropies)


def test_a_stop_string_cuts_the_text_and_the_finish_says_so(desk):
    whole = Request(ASKED, Sampling(max_tokens=60), seed=4, n=6, logprobs=True)
    (before,) = answers(desk, whole)
    longest = max((c.text for c in before.completions), key=len)
    stop = (longest[len(longest) // 2 :][:2], "never written")
    cut = Request(ASKED, Sampling(max_tokens=60, stop=stop), seed=4, n=6, logprobs=True)
    (after,) = answers(desk, cut)
    assert after != before
    for full, short in zip(before.completions, after.completions, strict=True):
        ends = [full.text.find(s) for s in stop if s in full.text]
        if ends:
            assert short.text == full.text[: min(ends)]
            assert short.finish is Finish.STOP
            assert short.stop == stop[0]
            assert short.tokens <= full.tokens
            assert "".join(short.pieces).startswith(short.text)
        else:
            assert short == full
            assert short.stop is None


def test_finish_tells_a_stop_from_a_cut(desk):
    long, short = answers(
        desk, Request(ASKED, Sampling(max_tokens=400), n=8), Request(ASKED, Sampling(max_tokens=1))
    )
    assert any(c.finish is Finish.STOP and c.tokens < 400 for c in long.completions)
    cut = short.completions[0]
    assert cut.tokens == 1
    assert cut.finish is (Finish.LENGTH if cut.text else Finish.STOP)
    assert long.prompt_tokens == short.prompt_tokens > 10


def test_the_first_token_of_a_text_without_a_prompt_has_no_probability(desk):
    (scored,) = answers(desk, ScoreRequest("", "Step 1: 3"))
    assert "".join(scored.tokens) == "Step 1: 3"[scored.offsets[0] :]
    assert scored.offsets[0] > 0
    (empty,) = answers(desk, ScoreRequest("", ""))
    assert empty.tokens == empty.logprobs == ()


def test_a_bad_request_fails_alone(desk):
    good = Request(ASKED, Sampling(max_tokens=5))
    results = answers(
        desk, good, Request(""), Request("3 " * 3000), Request("a", n=0),
        Request("a", Sampling(stop=("",))), Request("a", Sampling(top_p=0.0)),
        ScoreRequest("a", "3 " * 3000), good,
    )  # fmt: skip
    kinds = [type(r) for r in results[1:-1]]
    assert kinds == [
        EngineRefused,
        EngineRefused,
        ValueError,
        ValueError,
        ValueError,
        EngineRefused,
    ]
    assert results[0] == results[-1]


def test_cancelled_requests_leave_the_others_as_they_were(desk):
    asked = [Request(ASKED, Sampling(max_tokens=30), seed=s, n=3) for s in range(12)]
    want = answers(desk, *asked)
    for key, request in enumerate(asked):
        desk.ask(key, request)
    desk.ask("score", ScoreRequest(ASKED, "Step 1"))
    desk.cancel("score")
    found = dict(desk.turn())
    for key in range(0, 12, 2):
        desk.cancel(key)
    while desk.busy:
        found.update(desk.turn())
    assert [found[k] for k in range(1, 12, 2)] == want[1::2]
    assert set(found) == set(range(1, 12, 2))


def test_a_model_that_breaks_fails_what_is_under_way_and_the_desk_goes_on(tmp_path):
    model = tiny.reference(Path(FOLDER))
    model.model.norm.weight.data[:] = float("nan")
    model.save_pretrained(tmp_path)
    decoder = open_decoder(tmp_path, slots=4)
    desk = Desk(Codec(FOLDER, decoder.vocab), decoder)
    for _ in range(2):
        results = answers(desk, *[Request(ASKED, Sampling(max_tokens=4))] * 6)
        assert all("not finite" in str(r) and isinstance(r, EngineError) for r in results)
        assert not desk.busy
        assert decoder.drain() == []


def test_what_cannot_be_opened_says_why(tmp_path):
    with pytest.raises(EngineError, match=r"no config\.json"):
        open_desk(str(tmp_path), slots=4, dtype="float32", device="cpu")
    with pytest.raises(EngineError, match="torch dtype"):
        open_desk(FOLDER, slots=4, dtype="int64", device="cpu")
    tiny.save_qwen2(tmp_path)
    with pytest.raises(InputError, match="holds no tokenizer"):
        open_desk(str(tmp_path), slots=4, dtype="float32", device="cpu")
