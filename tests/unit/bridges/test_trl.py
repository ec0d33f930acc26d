"""The reward function by TRL's signature; TRL itself runs in tests/joints/test_bridges.py."""

import asyncio
import inspect

import pytest

from veriloop.bridges.trl import reward_function
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.records import Finish
from veriloop.verify.answer import Answer
from veriloop.verify.compare import Pairwise
from veriloop.verify.judge import Judge


def chat(text):
    return [{"role": "assistant", "content": text}]


ASKED = [{"role": "user", "content": "What is 6 * 7?"}]


def test_it_is_async_and_named_after_its_verifier():
    made = reward_function(Answer(name="right-answer"))
    assert inspect.iscoroutinefunction(made)
    assert made.__name__ == "right_answer"
    assert reward_function(Answer(), name="mine").__name__ == "mine"
    assert reward_function("answer").__name__ == "answer"


def test_chats_and_texts_get_the_rewards_that_the_verifier_gives():
    asked = [ASKED, ASKED, "What is 1 + 1?"]
    said = [chat("The answer is 42."), chat("The answer is 41."), "The answer is 2."]
    rewarded = reward_function(Answer(), sync=True)
    more = {"completion_ids": [[1], [2], [3]], "trainer_state": object(), "environments": None}
    assert rewarded(prompts=asked, completions=said, answer=["42", 42, None], **more) == [
        1,
        0,
        None,
    ]


def test_reasons_are_logged_as_shares_and_beside_the_completions():
    metrics, extras = {}, {}
    reward_function(Answer(), sync=True)(
        ["q"] * 4,
        ["The answer is 1.", "", "The answer is 1.", "The answer is 2."],
        reference=["1", "1", None, "1"],
        log_metric=metrics.__setitem__,
        log_extra=extras.__setitem__,
    )
    assert metrics == {
        "answer/unscored": 0.5,
        "answer/unscored/empty": 0.25,
        "answer/unscored/no_reference": 0.25,
    }
    assert extras == {"answer/unscored": ["", "empty", "no_reference", ""]}


def test_a_failed_judge_is_none_and_the_others_keep_their_rewards():
    told = "<analysis_1>.</analysis_1><conclusion>Correct</conclusion>"
    judge = Judge(Scripted({}, default=told, failures={2: "timeout"}))
    assert reward_function(judge, sync=True)(["q"] * 3, ["a", "b", "c"]) == [1.0, None, 1.0]


def test_a_ranking_of_a_prompts_completions_becomes_rewards():
    def better(request):
        shown = request.prompt[0].content
        return f"<better>{1 if shown.index('good') < shown.index('bad') else 2}</better>"

    rewarded = reward_function(Pairwise(Scripted(better)), sync=True)
    assert rewarded(["q", "r", "q"], ["bad", "alone", "good"]) == [0.0, None, 1.0]


def test_ids_tell_what_was_cut():
    seen = []

    class Watching:
        name = "watching"

        async def verify(self, group):
            seen.extend(group.solutions)
            return await Answer(name=self.name).verify(group)

    texts = ["The answer is 1.", "So we"]
    rewarded = reward_function(Watching(), eos=(7,), sync=True)
    assert rewarded(["q"] * 2, texts, completion_ids=[[5, 7], [5, 6, 5]], answer=["1"] * 2) == [
        1,
        0,
    ]
    assert [(s.finish, s.tokens) for s in seen] == [(Finish.STOP, 2), (Finish.LENGTH, 3)]
    rewarded = reward_function(Watching(), sync=True)
    rewarded(["q"] * 2, texts, completion_ids=[[5, 7], [5, 6, 5]])
    assert {s.finish for s in seen[2:]} == {Finish.GIVEN}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"tests": ["[", "["]}, "row 0, field 'tests': not JSON"),
        ({"answer": ["1", {"x": 1}]}, "row 1, field 'answer': expected an answer"),
    ],
)
def test_a_bad_row_is_named(columns, said):
    with pytest.raises(InputError, match=said):
        asyncio.run(reward_function(Answer())(["q"] * 2, ["a"] * 2, **columns))


def test_prompts_and_completions_pair_and_a_verifier_has_to_exist():
    with pytest.raises(InputError, match="2 prompts for 1 completions"):
        reward_function(Answer(), sync=True)(["q"] * 2, ["a"])
    with pytest.raises(InputError, match="no verifier 'anwser'"):
        reward_function("anwser")
