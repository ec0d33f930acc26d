import asyncio
import importlib.util
import math
from pathlib import Path

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion
from veriloop.records import (
    NO_ERROR,
    Finish,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Unscored,
)
from veriloop.testing import check_verifier
from veriloop.verify.plus_minus import PlusMinus

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).parents[1] / "engines" / "tiny_published.py"
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)

PROBLEM = Problem("math", "What is 2 + 3?")


def says(*words):
    """An engine that says a word for each step, and remembers what it was asked."""
    asked = []

    def answer(request):
        asked.append(request)
        turn = sum(m.role == "user" for m in request.prompt) - 1
        return Completion(words[turn], Finish.LENGTH, tokens=1)

    return Scripted(answer), asked


def verify(verifier, *solutions):
    group = Group(PROBLEM, tuple(Solution(PROBLEM.id, tuple(steps)) for steps in solutions))
    return asyncio.run(verifier.verify(group))


@pytest.mark.parametrize(
    ("words", "first", "scores", "calls"),
    [
        (("+", "+", "+"), NO_ERROR, (1, 1, 1), 3),
        (("+", "-", "+"), 1, (1, 0), 2),
        (("-", "+", "+"), 0, (0,), 1),
        ((" +", "+1", "- no"), 2, (1, 1, 0), 3),
    ],
)
def test_it_stops_at_the_first_minus(words, first, scores, calls):
    engine, asked = says(*words)
    (verdict,) = verify(PlusMinus(engine), ("a", "b", "c"))
    assert (verdict.first_error, verdict.step_scores) == (first, scores)
    assert verdict.value == float(first == NO_ERROR)
    assert (verdict.form, verdict.granularity) == (Form.BINARY, Granularity.STEP)
    assert (len(asked), verdict.cost.calls, verdict.cost.tokens) == (calls, calls, calls)


def test_what_is_sent_is_one_turn_a_step_greedy_and_every_chat_begins_like_the_last():
    engine, asked = says("+", "+", "+")
    verify(PlusMinus(engine), ("one", "two", "three"))
    assert asked[0].prompt == (Message("user", "What is 2 + 3?\n\none"),)
    assert asked[1].prompt == (*asked[0].prompt, Message("assistant", "+"), Message("user", "two"))
    assert asked[2].prompt == (
        *asked[1].prompt,
        Message("assistant", "+"),
        Message("user", "three"),
    )
    assert {(r.sampling.temperature, r.sampling.max_tokens, r.n) for r in asked} == {(0, 1, 1)}


def test_a_word_that_is_neither_is_unscored_and_not_a_minus():
    engine, asked = says("+", "maybe", "-")
    (verdict,) = verify(PlusMinus(engine), ("a", "b", "c"))
    assert (verdict.unscored, verdict.value) == (Unscored.UNPARSED, None)
    assert verdict.detail["error"] == "step 1: 'maybe' is neither '+' nor '-'"
    assert (len(asked), verdict.cost.calls) == (2, 2)


def test_an_engine_that_fails_leaves_that_solution_unscored_and_no_other():
    def answer(request):
        if request.prompt[-1].content == "bad":
            raise EngineError("status 500")
        return "+"

    verdicts = verify(PlusMinus(Scripted(answer)), ("a", "bad"), ("a", "b"), ())
    assert [v.unscored for v in verdicts] == [Unscored.ENGINE, None, Unscored.EMPTY]
    assert verdicts[0].detail["error"] == "step 1: status 500"
    assert verdicts[0].cost.calls == 1
    assert verdicts[1].first_error == NO_ERROR


def test_it_keeps_the_contract_of_a_verifier():
    def answer(request):
        return "-" if "wrong" in request.prompt[-1].content else "+"

    gold = Group(
        PROBLEM,
        (Solution(PROBLEM.id, ("2 + 3 = 5",)), Solution(PROBLEM.id, ("2 + 3 = 6, wrong",))),
    )
    verifier = PlusMinus(Scripted(answer))
    asyncio.run(check_verifier(verifier, [gold], rebuild=False))
    right, wrong = asyncio.run(verifier.verify(gold))
    assert (right.value, wrong.value, wrong.first_error) == (1.0, 0.0, 0)
    with pytest.raises(ValueError, match="'word' or 'probability'"):
        PlusMinus(verifier.engine, read="logits")
    with pytest.raises(ValueError, match="product, min or last"):
        PlusMinus(verifier.engine, aggregate="mean")


def test_its_fingerprint_tells_engines_apart_that_have_one_name(tmp_path):
    """A checkpoint's name is the last part of its path: what one said must not stand for what another says."""
    from veriloop.engines import open_engine

    folders = [published.shepherd(tmp_path / where / "model") for where in ("a", "b")]
    config = folders[1] / "config.json"
    published.edit(config, rope_theta=5e5)
    engines = [open_engine(f"local:{folder}") for folder in folders]
    first, second = (PlusMinus(engine).fingerprint() for engine in engines)
    assert engines[0].name == engines[1].name
    assert first != second
    assert str(tmp_path) not in str(first)
    assert PlusMinus(engines[0], "probability").fingerprint() != first


# Probabilities, against the language model itself


def test_probabilities_are_the_share_of_plus_at_every_turn(tmp_path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from veriloop.engines import open_engine

    folder = published.shepherd(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    plus, minus = (tokenizer(sign)["input_ids"] for sign in "+-")
    steps = ("So 12+3=15.", "Then 中文 30.", "30")
    chat, expected = [], []
    for i, step in enumerate(steps):
        chat.append({"role": "user", "content": f"{PROBLEM.text}\n\n{step}" if i == 0 else step})
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        with torch.no_grad():
            logits = model(torch.tensor([tokenizer(text)["input_ids"]])).logits[0, -1]
        expected.append(torch.softmax(logits[[plus[0], minus[0]]], -1)[0].item())
        chat.append({"role": "assistant", "content": "+"})
    assert [len(plus), len(minus)] == [1, 1]
    threshold = sorted(expected)[0]

    async def run():
        engine = open_engine(f"local:{folder}")
        verifier = PlusMinus(engine, "probability", threshold=threshold + 1e-4)
        try:
            group = Group(PROBLEM, (Solution(PROBLEM.id, steps), Solution(PROBLEM.id, ())))
            return await verifier.verify(group)
        finally:
            await engine.close()

    verdict, empty = asyncio.run(run())
    assert verdict.step_scores == pytest.approx(expected, abs=1e-5)
    assert verdict.value == pytest.approx(math.prod(expected), abs=1e-5)
    assert verdict.first_error == expected.index(threshold)
    assert (verdict.form, verdict.cost.calls) == (Form.SCORE, 6)
    assert empty.unscored is Unscored.EMPTY


def test_an_engine_that_scores_no_text_leaves_probabilities_unscored():
    def never(request):
        raise EngineError("does not score")

    (verdict,) = verify(PlusMinus(Scripted(never), "probability"), ("a",))
    assert verdict.unscored is Unscored.ENGINE
