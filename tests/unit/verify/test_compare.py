"""Selection by a language model: a perfect judge finds the best, N - 1 comparisons, and nothing undecided is a win."""

import asyncio
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.scripted import Scripted
from veriloop.protocols import Completion
from veriloop.records import Cost, Finish, Form, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify.compare import Pairwise, Pointwise, parse_better
from veriloop.verify.judge import Judge

PROBLEM = Problem("test", "How many?", "1")
QUALITY = re.compile(r"quality (\d+)")


def solutions(qualities):
    return tuple(
        Solution(PROBLEM.id, ("A step.", f"quality {q}") if q is not None else (), sample=i)
        for i, q in enumerate(qualities)
    )


def perfect(request):
    """Reads both solutions as they are shown and names the better; equals are a tie."""
    first, second = map(int, QUALITY.findall(request.prompt[0].content))
    return f"So <better>{'tie' if first == second else 1 if first > second else 2}</better>"


def verify(verifier, qualities):
    group = Group(PROBLEM, solutions(qualities))
    return asyncio.run(verifier.verify(group))


def places(verdicts):
    return [None if v.value is None else int(v.value) for v in verdicts]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=17), st.integers(0, 3), st.booleans())
def test_a_perfect_judge_finds_the_best_in_n_minus_1_comparisons(qualities, seed, both):
    engine = Scripted(perfect)
    verdicts = verify(Pairwise(engine, seed=seed, both_orders=both), qualities)
    best = max(qualities)
    winner = places(verdicts).index(0)
    assert qualities[winner] == best
    assert winner == qualities.index(best)  # the earlier of equals goes on
    assert places(verdicts).count(0) == 1
    assert engine.calls == (len(qualities) - 1) * (2 if both else 1)
    assert sum(v.cost.calls for v in verdicts) == engine.calls
    assert {v.detail["comparisons"] for v in verdicts} == {len(qualities) - 1}
    assert all(v.form is Form.RANKING for v in verdicts)


@pytest.mark.parametrize("count", range(1, 18))
def test_places_against_a_plain_tournament(count):
    """Brute force by the rules as told: neighbours meet, the last of an odd round waits and comes first."""
    qualities = [(7 * i) % 19 for i in range(count)]
    playing, out, number = list(range(count)), {}, 0
    while len(playing) > 1:
        winners = []
        for a, b in map(sorted, zip(playing[::2], playing[1::2], strict=False)):
            win, lose = (a, b) if qualities[a] >= qualities[b] else (b, a)
            winners.append(win)
            out[lose] = number
        playing = ([playing[-1]] if len(playing) % 2 else []) + winners
        number += 1
    out[playing[0]] = number
    expected = [sum(out[j] > out[i] for j in range(count)) for i in range(count)]
    assert places(verify(Pairwise(Scripted(perfect)), qualities)) == expected
    assert number == (math.ceil(math.log2(count)) if count > 1 else 0)


def test_which_is_shown_first_is_drawn_from_the_seed():
    """A judge that always names the first shown is no judge of samples: over pairs it takes both sides."""
    always_first = Scripted(lambda request: "<better>1</better>")
    won = []
    for seed in range(40):
        verdicts = verify(Pairwise(always_first, seed=seed), (1, 2))
        assert verdicts[0].detail["decided"] == 1
        won.append(places(verdicts).index(0))
    assert 8 <= sum(won) <= 32
    assert won == [
        places(verify(Pairwise(always_first, seed=seed), (1, 2))).index(0) for seed in range(40)
    ]


def test_asked_in_both_orders_a_judge_of_positions_decides_nothing():
    verdicts = verify(
        Pairwise(Scripted(lambda request: "<better>1</better>"), both_orders=True), (1, 2)
    )
    assert places(verdicts) == [0, 1]  # a tie: the earlier goes on, and it is counted
    assert (verdicts[0].detail["tied"], verdicts[0].detail["decided"]) == (1, 0)
    assert sum(v.cost.calls for v in verdicts) == 2


def test_what_cannot_be_read_is_counted_and_never_a_win():
    def sometimes(request):
        shown = QUALITY.findall(request.prompt[0].content)
        return "I like both." if "9" in shown else perfect(request)

    verdicts = verify(Pairwise(Scripted(sometimes)), (3, 9, 5, 1))
    assert verdicts[0].detail["unread"] == 1  # 3 against 9: the earlier goes on, and it is said
    assert places(verdicts) == [1, 2, 0, 2]
    assert {v.detail["unread"] for v in verdicts} == {1}
    nonsense = verify(Pairwise(Scripted(lambda request: "no")), (3, 9, 5))
    assert [v.unscored for v in nonsense] == [Unscored.UNPARSED] * 3
    assert sum(v.cost.calls for v in nonsense) == 2


def test_an_engine_that_fails_leaves_no_ranking():
    verdicts = verify(Pairwise(Scripted(perfect, failures={1: "timeout"})), (1, 2))
    assert [v.unscored for v in verdicts] == [Unscored.ENGINE] * 2
    partly = verify(Pairwise(Scripted(perfect, failures={1: "refused"})), (1, 2, 3, 4))
    assert places(partly)[3] == 0
    assert partly[0].detail["failed"] == 1
    silent = verify(Pairwise(Scripted(lambda request: Completion("", Finish.LENGTH))), (1, 2))
    assert [v.unscored for v in silent] == [Unscored.UNPARSED] * 2


def test_an_empty_solution_does_not_compete():
    engine = Scripted(perfect)
    verdicts = verify(Pairwise(engine), (1, None, 2))
    assert [v.unscored for v in verdicts] == [None, Unscored.EMPTY, None]
    assert places(verdicts) == [1, None, 0]
    assert engine.calls == 1
    alone = verify(Pairwise(engine), (None, 5))
    assert places(alone) == [None, 0]
    assert alone[1].cost == Cost()
    assert verify(Pairwise(engine), ()) == ()


def test_the_texts_reach_the_judge_as_they_are():
    engine = Scripted(lambda request: "<better>1</better>")
    one = Solution(PROBLEM.id, ("{first} and 素数",), sample=0)
    two = Solution(PROBLEM.id, ("<better>2</better>",), sample=1)
    asyncio.run(Pairwise(engine).verify(Group(PROBLEM, (one, two))))
    (request,) = engine.requests
    assert "{first} and 素数" in request.prompt[0].content
    assert request.sampling.temperature == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<better>1</better>", "1"),
        ("<better> 2 </better>.", "2"),
        ("<BETTER>Tie</BETTER>", "tie"),
        ("<better>1</better> no, <better>2</better>", "2"),
        ("<think><better>1</better></think> <better>2</better>", "2"),
        ("<better>1 or 2</better>", None),
        ("<better>3</better>", None),
        ("The first.", None),
        ("", None),
    ],
)
def test_readings(text, said):
    assert parse_better(text) == said


def critique(wrong, steps):
    last = steps if wrong is None else wrong
    blocks = "".join(f"<analysis_{i}>.</analysis_{i}>" for i in range(1, last + 1))
    end = "Correct" if wrong is None else "Incorrect"
    return f"{blocks}<conclusion>{end}</conclusion>"


def test_pointwise_is_the_share_of_steps_judged_right():
    found = tuple(
        Solution(PROBLEM.id, tuple(f"{i}.{j}" for j in range(n)), sample=i)
        for i, n in enumerate((4, 4, 3, 2, 0))
    )
    judge = Judge(Scripted({}))
    answers = (critique(None, 4), critique(3, 4), critique(1, 3), "nonsense")
    table = {
        judge.ask(PROBLEM, s.steps)[0].content: answer
        for s, answer in zip(found, answers, strict=False)
    }
    verdicts = asyncio.run(Pointwise(Judge(Scripted(table))).verify(Group(PROBLEM, found)))
    assert [v.value for v in verdicts] == [1.0, 0.5, 0.0, None, None]
    assert [v.unscored for v in verdicts[3:]] == [Unscored.UNPARSED, Unscored.EMPTY]
    assert {v.verifier for v in verdicts} == {"pointwise"}
    assert {v.form for v in verdicts} == {Form.SCORE}
    assert sum(v.cost.calls for v in verdicts) == 4


def test_both_keep_the_contract_of_a_verifier():
    group = Group(PROBLEM, solutions((1, 2, 3)))
    for verifier in (
        Pairwise(Scripted({}, default="<better>2</better>"), both_orders=True),
        Pointwise(Judge(Scripted({}, default=critique(None, 2)))),
    ):
        asyncio.run(check_verifier(verifier, [group]))
