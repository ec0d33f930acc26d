"""Planting errors: what is asked, what comes of it, and what is no bug and says so."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.abacus.student_critiques import inject_prompt
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply, Sampling
from veriloop.records import Dropped, Finish, Problem, Solution
from veriloop.search.inject import CUT, EMPTY, NO_STEPS, SAME, Inject, first_change, written
from veriloop.testing import check_repr

PROBLEM = Problem("t", "How much is 17 + 25, {twice}?", "84")
STEPS = ("17 + 25 = 42.", "Twice 42 is 84: \\boxed{84}")
RIGHT = Solution(PROBLEM.id, STEPS, Finish.STOP, answer="84", sample=3, engine="student")
WRONG = "17 + 25 = 43.\n\nTwice 43 is 86: \\boxed{86}"


def inject(answer, solution=RIGHT, **options):
    engine = Scripted(lambda request: answer, name="bugs", **options)
    return asyncio.run(Inject(engine).inject(PROBLEM, solution))


@pytest.mark.parametrize(
    "answer",
    [
        WRONG,
        f"<solution>\n{WRONG}\n</solution>",
        f"<think>I could write <solution>17</solution></think>\n<solution>{WRONG}</solution> Done.",
    ],
)
def test_a_planted_error_is_a_solution_of_the_engine(answer):
    found = inject(answer)
    assert isinstance(found, Solution)
    assert found.steps == ("17 + 25 = 43.", "Twice 43 is 86: \\boxed{86}")
    assert (found.answer, found.engine, found.sample) == ("86", "bugs", 3)
    assert (found.problem, found.finish) == (PROBLEM.id, Finish.STOP)
    assert found.tokens == len(answer.split())
    assert first_change(STEPS, found.steps) == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", EMPTY),
        (" \n\n ", EMPTY),
        ("<solution></solution>", EMPTY),
        ("\n\n".join(STEPS), SAME),
        ("17 + 25  =  42.\n\n\n\nTwice 42 is 84:\n\\boxed{84}\n", SAME),
        (Completion(WRONG, Finish.LENGTH, tokens=12), CUT),
    ],
)
def test_what_is_no_bug_is_said_with_its_reason(answer, reason):
    found = inject(answer)
    assert isinstance(found, Dropped)
    assert (found.what, found.reason, found.source) == (RIGHT.id, reason, PROBLEM.id)


def test_a_solution_without_steps_is_not_asked_about():
    engine = Scripted({}, default=WRONG)
    found = asyncio.run(Inject(engine).inject(PROBLEM, Solution(PROBLEM.id, ())))
    assert (found.reason, engine.calls) == (NO_STEPS, 0)


@pytest.mark.parametrize("failure", ["error", "timeout", "refused"])
def test_a_failing_engine_is_no_bug_either(failure):
    with pytest.raises(EngineError, match=failure):
        inject(WRONG, failures={1: failure})


class Silent:
    name = "silent"

    async def generate(self, request):
        return Reply(())

    async def score(self, request):
        raise EngineError("no")

    async def close(self): ...


def test_an_engine_that_gives_no_choice_is_an_error():
    with pytest.raises(EngineError, match="no choice"):
        asyncio.run(Inject(Silent()).inject(PROBLEM, RIGHT))


def test_what_is_asked():
    engine, sampling = Scripted({}, default=WRONG), Sampling(99, 0.5)
    asyncio.run(Inject(engine, "inject_bare", sampling, 4).inject(PROBLEM, RIGHT))
    (request,) = engine.requests
    assert request.prompt[0].content == inject_prompt(PROBLEM.text, STEPS)
    assert (request.sampling, request.n) == (sampling, 1)
    (full,) = Inject(engine).ask(PROBLEM, RIGHT)
    for piece in (PROBLEM.text, RIGHT.text, "exactly one error", "<solution>"):
        assert piece in full.content


def test_every_solution_has_a_stream_of_its_own():
    engine = Scripted({}, default=WRONG)
    other = Solution(PROBLEM.id, STEPS, Finish.STOP, sample=4)
    for solution, seed in ((RIGHT, 0), (RIGHT, 0), (other, 0), (RIGHT, 1)):
        asyncio.run(Inject(engine, seed=seed).inject(PROBLEM, solution))
    first, again, second, third = (request.seed for request in engine.requests)
    assert first == again
    assert len({first, second, third}) == 3
    check_repr(Inject(engine))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5),
)
def test_the_first_change_is_where_the_texts_part(before, after):
    found = first_change(tuple(before), tuple(after))
    assert (found is None) is (before == after)
    if found is not None:
        assert before[:found] == after[:found]
        assert before[found : found + 1] != after[found : found + 1]


def test_what_was_thought_is_not_what_was_written():
    assert written("<think>a</think> b ") == "b"
    assert written("<solution>a</solution><solution>b</solution>") == "b"
