import asyncio
import math

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.records import NO_ERROR, Form, Granularity, Group, Problem, Solution, Unscored
from veriloop.text.chats import Chat
from veriloop.verify.surprise import MinTokenProbability

STEPS = ("So 12 + 3 = 15", "Thus 15 * 2 = 31", "It is 31")
# Probabilities of the words of "\n\n".join(STEPS), in which a word keeps the white space before it.
WORDS = (
    (0.9, 0.8, 1.0, 0.7, 1.0, 0.6),
    (0.1, 0.9, 0.3, 0.9, 1.0, 0.2),
    (0.9, 0.4, 0.95),
)


def verify(verifier, steps=STEPS):
    problem = Problem("math", "How many?")
    solution = Solution(problem.id, tuple(steps))
    (verdict,) = asyncio.run(verifier.verify(Group(problem, (solution,))))
    return verdict


def engine(**more):
    logs = [math.log(p) for row in WORDS for p in row]
    return Scripted({}, logprobs={"\n\n".join(STEPS): logs}, **more)


def test_the_least_likely_number_or_operator_of_each_step():
    verdict = verify(MinTokenProbability(engine()))
    assert verdict.step_scores == pytest.approx((0.6, 0.2, 0.95))
    assert verdict.value == pytest.approx(0.2)
    assert verdict.first_error == 1
    assert (verdict.form, verdict.granularity) == (Form.SCORE, Granularity.STEP)
    assert verdict.cost.calls == 1
    assert verdict.cost.prompt_tokens == 15


def test_all_tokens_count_where_asked():
    verdict = verify(MinTokenProbability(engine(), tokens="all", threshold=0.5))
    assert verdict.step_scores == pytest.approx((0.6, 0.1, 0.4))
    assert verdict.first_error == 1


def test_the_threshold_decides_what_is_wrong():
    assert verify(MinTokenProbability(engine(), threshold=0.1)).first_error == NO_ERROR
    assert verify(MinTokenProbability(engine(), threshold=0.65)).first_error == 0


def test_a_step_without_numbers_scores_one():
    words = Scripted({}, logprobs={"Let us think": [-1.0, -2.0, -3.0]})
    assert verify(MinTokenProbability(words), ["Let us think"]).step_scores == (1.0,)


def test_it_asks_with_the_chat_the_solutions_were_sampled_with():
    seen = []

    class Listening:
        name = "listening"

        async def score(self, request):
            seen.append(request)
            return await engine().score(request)

    verify(MinTokenProbability(Listening(), chat=Chat(system="Be brief.", suffix="!")))
    (request,) = seen
    assert [(m.role, m.content) for m in request.prompt] == [
        ("system", "Be brief."), ("user", "How many?!"),
    ]  # fmt: skip
    assert request.continuation == "\n\n".join(STEPS)


def test_a_failing_engine_and_an_empty_solution_are_unscored():
    verdict = verify(MinTokenProbability(engine(failures={1: "timeout"})))
    assert (verdict.unscored, verdict.value, verdict.first_error) == (Unscored.ENGINE, None, None)
    assert verdict.detail["error"]
    assert verify(MinTokenProbability(engine()), ()).unscored is Unscored.EMPTY
