"""ProcessBench's critic: what it sends, how its answers are read and voted on, and what is never a prediction."""

import asyncio

import pytest

from veriloop.bench.critic import (
    VOTING,
    VOTING_QWEN_MATH,
    Critic,
    saved_critiques,
    vote,
    vote_again,
)
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.protocols import Completion
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier

PROBLEM = Problem(
    "test", "What is {1 + 1}?", reference="the reference answer", meta={"leak": "secret"}
)
SOLUTION = Solution(PROBLEM.id, ("One and one.", r"That is \frac{4}{2}.", "So 3."), answer="3")


def judge(answers, **options):
    critic = Critic(Scripted({}, default=answers), **options)
    (verdict,) = asyncio.run(critic.verify(Group(PROBLEM, (SOLUTION,))))
    return verdict


@pytest.mark.parametrize(
    ("text", "first_error"),
    [
        (r"Paragraph 2 is wrong: \boxed{2}", 2),
        (r"All is well. \boxed{-1}", -1),
        (r"\boxed{1}, no: \boxed{ 0 }", 0),
        (r"\boxed{\text{-1}}", None),
        (r"\boxed{2.0}", None),
        (r"\boxed{Paragraph 2}", None),
        (r"\boxed{}", None),
        ("no box", None),
        (r"\boxed{3}", None),  # there are paragraphs 0 to 2
        (r"\boxed{-2}", None),
    ],
)
def test_the_last_box_is_the_answer_if_it_is_an_index(text, first_error):
    verdict = judge(text)
    assert verdict.first_error == first_error
    assert verdict.unscored is (Unscored.UNPARSED if first_error is None else None)
    assert verdict.value == (None if first_error is None else float(first_error == -1))
    assert verdict.critique == text


def test_it_sends_the_paragraphs_from_0_and_nothing_that_would_tell():
    engine = Scripted({}, default=r"\boxed{-1}")
    asyncio.run(Critic(engine).verify(Group(PROBLEM, (SOLUTION,))))
    (request,) = engine.requests
    (message,) = request.prompt
    assert message.role == "user"
    for index, step in enumerate(SOLUTION.steps):
        assert f"<paragraph_{index}>\n{step}\n</paragraph_{index}>" in message.content
    assert "<paragraph_3>" not in message.content
    assert "What is {1 + 1}?" in message.content
    assert message.content.endswith(r"\boxed{}.")
    assert "secret" not in message.content
    assert "reference answer" not in message.content
    assert (request.sampling.temperature, request.sampling.max_tokens, request.n) == (0.0, 8192, 1)


def test_the_vote_is_over_strings_and_the_first_seen_wins_a_tie():
    assert vote([r"\boxed{1}", r"\boxed{2}", r"\boxed{2}", r"\boxed{1}"]) == 1
    assert vote(["none", "none", "none", r"\boxed{2}"]) == 2
    assert vote([r"\boxed{Step 2}", r"\boxed{Step 2}", r"\boxed{2}"]) is None
    assert vote([r"\boxed{02}", r"\boxed{2}", r"\boxed{1}", r"\boxed{1}"]) == 1
    assert vote(["none"]) is None
    assert vote([]) is None


def test_eight_votes_are_one_request_and_one_verdict():
    answers = [
        r"\boxed{1}",
        r"\boxed{2}",
        "lost",
        r"\boxed{2}",
        r"\boxed{-1}",
        "a",
        "b",
        r"it is \boxed{2}",
    ]
    engine = Scripted({}, default=answers)
    critic = Critic(engine, votes=8, sampling=VOTING)
    (verdict,) = asyncio.run(critic.verify(Group(PROBLEM, (SOLUTION,))))
    assert verdict.first_error == 2
    assert verdict.critique == r"\boxed{2}"
    assert verdict.detail["votes"] == [1, 2, None, 2, -1, None, None, 2]
    assert (verdict.cost.calls, engine.requests[0].n) == (1, 8)
    assert verdict.cost.tokens > 0
    assert (engine.requests[0].sampling.top_p, engine.requests[0].sampling.temperature) == (
        0.9,
        1.0,
    )


def test_a_cut_answer_a_failed_engine_and_an_empty_solution_have_their_own_reasons():
    cut = judge(Completion("so far so", Finish.LENGTH, 3))
    assert (cut.unscored, cut.value) == (Unscored.TRUNCATED, None)
    failing = Critic(Scripted({}, default="x", failures={1: "timeout"}))
    (verdict,) = asyncio.run(failing.verify(Group(PROBLEM, (SOLUTION,))))
    assert verdict.unscored is Unscored.ENGINE
    assert "call 1" in str(verdict.detail["error"])
    empty = Solution(PROBLEM.id, ())
    engine = Scripted({}, default=r"\boxed{-1}")
    (verdict,) = asyncio.run(Critic(engine).verify(Group(PROBLEM, (empty,))))
    assert (verdict.unscored, engine.calls) == (Unscored.EMPTY, 0)


def test_greedy_votes_and_no_votes_are_refused():
    with pytest.raises(ValueError, match="sampling=VOTING"):
        Critic(Scripted({}), votes=8)
    with pytest.raises(ValueError, match="at least one vote"):
        Critic(Scripted({}), votes=0)


def test_it_keeps_the_contract_of_a_verifier():
    critic = Critic(Scripted({}, default=r"\boxed{2}"))
    asyncio.run(check_verifier(critic, [Group(PROBLEM, (SOLUTION, SOLUTION))]))


ANSWERS = [
    r"\boxed{1}",
    Completion("cut here", Finish.LENGTH, 2),
    r"\boxed{2}",
    r"\boxed{2}",
    "no box",
    r"\boxed{-1}",
    r"\boxed{-1}",
    r"again \boxed{-1}",
]


@pytest.mark.parametrize("votes", range(2, 9))
def test_fewer_votes_of_saved_critiques_are_what_fewer_asked_for_would_have_given(votes):
    eight = judge(ANSWERS, votes=8, sampling=VOTING)
    live = judge(ANSWERS, votes=votes, sampling=VOTING)
    again = vote_again(eight, SOLUTION, votes)
    assert (again.first_error, again.unscored, again.value) == (
        live.first_error,
        live.unscored,
        live.value,
    )
    assert (again.critique, again.detail) == (live.critique, live.detail)
    assert again.id == live.id


def test_every_critique_is_kept_with_how_it_ended():
    verdict = judge(ANSWERS, votes=8, sampling=VOTING)
    saved = saved_critiques(verdict)
    assert [c.text for c in saved][:3] == [r"\boxed{1}", "cut here", r"\boxed{2}"]
    assert [c.finish for c in saved].count(Finish.LENGTH) == 1
    with pytest.raises(InputError, match="9 votes of 8 saved critiques"):
        vote_again(verdict, SOLUTION, 9)


def test_a_verdict_without_critiques_stands():
    failing = Critic(Scripted({}, default="x", failures={1: "timeout"}), votes=8, sampling=VOTING)
    (verdict,) = asyncio.run(failing.verify(Group(PROBLEM, (SOLUTION,))))
    assert saved_critiques(verdict) == ()
    assert vote_again(verdict, SOLUTION, 4) is verdict


def test_the_samplings_are_the_official_ones():
    assert (VOTING.temperature, VOTING.top_p, VOTING.top_k) == (1.0, 0.9, 0)
    qwen = VOTING_QWEN_MATH
    assert (qwen.temperature, qwen.top_p, qwen.top_k, qwen.max_tokens) == (0.7, 0.8, 20, 8192)
