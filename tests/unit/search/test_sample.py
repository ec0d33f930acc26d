"""Samples of a problem: what is asked for, and what becomes of what comes back."""

import asyncio
from dataclasses import replace

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request, Sampling
from veriloop.records import Finish, Message, Problem
from veriloop.search import KINDS
from veriloop.search.sample import Sample
from veriloop.testing import check_search
from veriloop.text.chats import Chat

PROBLEM = Problem("sums", "What is 2 + 2?", "4")
TEXTS = ("2 + 2 = 4.\n\nSo \\boxed{4}", "It is 5.\n\n\n\\boxed{5}", "I do not know.")
ENGINE = {PROBLEM.text: TEXTS}


def search(sample, engine, problem=PROBLEM):
    return asyncio.run(sample.search(problem, engine))


def test_the_contract_of_a_search():
    asyncio.run(check_search(Sample(n=3, seed=5), PROBLEM, Scripted(ENGINE)))
    assert KINDS["sample"] == f"{Sample.__module__}:{Sample.__name__}"


def test_steps_answers_and_places_of_the_samples():
    found = search(Sample(n=4), Scripted(ENGINE))
    assert [s.steps for s in found] == [
        ("2 + 2 = 4.", "So \\boxed{4}"),
        ("It is 5.", "\\boxed{5}"),
        ("I do not know.",),
        ("2 + 2 = 4.", "So \\boxed{4}"),
    ]
    assert [s.answer for s in found] == ["4", "5", None, "4"]
    assert [s.sample for s in found] == [0, 1, 2, 3]
    assert len({s.id for s in found}) == 4, "equal texts are solutions of their own"
    assert found[0].made_by == repr(Sample(n=4))


def test_one_request_carries_all_that_was_chosen():
    engine, sampling = Scripted({}, default="4"), Sampling(50, 0.7, 0.9, stop=("END",))
    search(Sample(3, sampling, 8, Chat("Think.", " Now!")), engine)
    (request,) = engine.requests
    assert request == Request(
        (Message("system", "Think."), Message("user", PROBLEM.text + " Now!")),
        sampling,
        seed=derive_seed(8, "search", PROBLEM.id),
        n=3,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((Sample(), PROBLEM), (Sample(seed=1), PROBLEM)),
        ((Sample(), PROBLEM), (Sample(stream="greedy"), PROBLEM)),
        ((Sample(), PROBLEM), (Sample(), replace(PROBLEM, prompt="What is 3 + 3?"))),
    ],
)
def test_seed_stream_and_problem_each_have_streams_of_their_own(one, other):
    engine = Scripted({}, default="\\boxed{1}")
    for sample, problem in (one, other):
        search(sample, engine, problem)
    assert len({request.seed for request in engine.requests}) == 2


def test_more_samples_begin_with_the_fewer():
    engine = Scripted(lambda request: f"draw {request.seed} {request.first}")
    assert search(Sample(n=2), engine) == tuple(
        replace(s, made_by=repr(Sample(n=2))) for s in search(Sample(n=5), engine)[:2]
    )


def test_a_cut_sample_says_so_and_keeps_its_token_count():
    (found,) = search(Sample(1, Sampling(max_tokens=3)), Scripted(ENGINE))
    assert (found.finish, found.tokens, found.text) == (Finish.LENGTH, 3, "2 + 2")


def test_an_empty_answer_is_a_solution_without_steps():
    (found,) = search(Sample(1), Scripted({}, default=" \n\n \n"))
    assert (found.steps, found.answer) == ((), None)


class Short:
    name = "short"

    async def generate(self, request):
        return Reply((Completion("one", Finish.STOP),))


def test_fewer_samples_than_asked_for_are_an_error_that_counts():
    with pytest.raises(EngineError, match="'short' gave 1 of 3 samples"):
        search(Sample(n=3), Short())
