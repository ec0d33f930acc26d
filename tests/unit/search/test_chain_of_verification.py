"""Chain of verification: who sees what at each call, three ways of answering, and what is kept where it breaks off."""

import asyncio

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, EngineTimeout
from veriloop.protocols import Sampling
from veriloop.records import Unscored
from veriloop.search import KINDS
from veriloop.search.chain_of_verification import ChainOfVerification
from veriloop.search.metered import Budget
from veriloop.testing import check_search

DRAFT, FINAL = "It is 6. \\boxed{6}", "It is 5. \\boxed{5}"
PLAN = "<question>What is 2 + 3?!</question>\n<question>Is 6 odd?</question>\n<question>Is 6 odd?</question>"


def kind_of(request):
    """Which of the prompts a request was made of."""
    said = request.prompt[-1].content
    marks = {
        "questions": "questions that would bring",
        "answer": "Answer this question",
        "together": "Answer each of these",
        "compare": "Does the reply agree",
        "revise": "questions about that answer which were replied",
    }
    return next((kind for kind, mark in marks.items() if mark in said), "draft")


def write(request):
    said = request.prompt[-1].content
    return {
        "draft": DRAFT,
        "questions": PLAN,
        "answer": "Five." if "2 + 3?!" in said else "No.",
        "together": "<answer_2>No.</answer_2><answer_1>Five.</answer_1>",
        "compare": f"<comparison>{'disagrees' if 'Five' in said else 'agrees'}</comparison>",
        "revise": FINAL,
    }[kind_of(request)]


def test_the_contract_of_a_search(loops):
    asyncio.run(check_search(ChainOfVerification(), loops.PROBLEM, Scripted(write)))
    name = f"{ChainOfVerification.__module__}:{ChainOfVerification.__name__}"
    assert KINDS["chain-of-verification"] == name


@pytest.mark.parametrize(
    ("way", "kinds"),
    [
        ("together", ["draft", "questions", "together", "revise"]),
        ("factored", ["draft", "questions", "answer", "answer", "revise"]),
        ("compared", ["draft", "questions", "answer", "answer", "compare", "compare", "revise"]),
    ],
)
def test_the_calls_of_each_way(loops, way, kinds):
    engine = Scripted(write)
    found = loops.trace(ChainOfVerification(way=way), engine)
    assert [kind_of(r) for r in engine.requests] == kinds
    assert [s.answer for s in found.solutions] == ["6", "5"]
    checks = found.verdicts[0].detail["checks"]
    assert [(c["question"], c["answer"]) for c in checks] == [
        ("What is 2 + 3?!", "Five."),
        ("Is 6 odd?", "No."),
    ]
    assert found.verdicts[0].detail["search"]["calls"] == len(kinds)
    assert len({r.seed for r in engine.requests}) == len(kinds)
    assert found.verdicts[0].cost.calls == len(kinds) - 2, (
        "draft and revision are no cost of the checks"
    )


@pytest.mark.parametrize("way", ["together", "factored"])
def test_questions_are_answered_without_the_draft_and_the_problem(loops, way):
    engine = Scripted(write)
    loops.run(ChainOfVerification(way=way), engine)
    for request in engine.requests:
        if kind_of(request) in ("answer", "together"):
            assert len(request.prompt) == 1
            assert DRAFT not in request.prompt[0].content
            assert loops.PROBLEM.text + "\n" not in request.prompt[0].content
            assert request.sampling.temperature == 0


def test_what_the_revision_is_shown(loops):
    engine = Scripted(write)
    loops.run(ChainOfVerification(way="compared"), engine)
    said = engine.requests[-1].prompt[0].content
    assert f"<answer>\n{DRAFT}\n</answer>" in said
    assert "Question: What is 2 + 3?!\nAnswer: Five. (disagrees with the draft)" in said
    assert "Answer: No. (agrees with the draft)" in said


def test_only_a_comparison_gives_the_draft_a_value(loops):
    assert loops.trace(ChainOfVerification(), Scripted(write)).verdicts[0].unscored is not None
    compared = loops.trace(ChainOfVerification(way="compared"), Scripted(write)).verdicts
    assert [(v.value, v.unscored) for v in compared] == [(0.0, None), (None, Unscored.ABSTAINED)]

    def vague(request):
        return (
            "<comparison>perhaps</comparison>" if kind_of(request) == "compare" else write(request)
        )

    unclear = loops.trace(ChainOfVerification(way="compared"), Scripted(vague)).verdicts[0]
    assert unclear.unscored is Unscored.ABSTAINED
    assert [c["said"] for c in unclear.detail["checks"]] == ["unclear", "unclear"]


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        ("1. Is it 5?\n2) Why so?\nSo be it.", ["Is it 5?", "Why so?"]),
        ("1. 2加3是几？\n", ["2加3是几？"]),
        ("<think><question>Hm?</question></think><question>So?</question>", ["So?"]),
        ("Nothing to ask.", []),
    ],
)
def test_plans_of_another_form(loops, plan, asked):
    engine = Scripted(lambda r: plan if kind_of(r) == "questions" else write(r))
    found = loops.trace(ChainOfVerification(), engine)
    assert [c["question"] for c in found.verdicts[0].detail["checks"]] == asked
    assert len(found.solutions) == (2 if asked else 1)


def test_questions_are_bounded(loops):
    engine = Scripted(write)
    loops.run(ChainOfVerification(most=1), engine)
    assert [kind_of(r) for r in engine.requests].count("answer") == 1


def test_the_budget_stops_hard_and_keeps_the_draft(loops):
    engine = Scripted(write)
    found = loops.trace(ChainOfVerification(budget=Budget(calls=3)), engine)
    assert engine.calls == 3
    assert [s.answer for s in found.solutions] == ["6"]
    assert found.verdicts[0].detail["search"]["ended"] == "budget"
    assert found.lost is None


def test_an_engine_that_fails_keeps_the_draft_and_says_where(loops):
    search = ChainOfVerification()
    found = loops.trace(search, Scripted(write, failures={4: "timeout"}))
    assert [s.answer for s in found.solutions] == ["6"]
    assert (found.lost.reason, found.lost.detail["at"]) == ("engine timed out", "answers")
    assert found.records[-1] is found.lost
    assert found.verdicts[0].unscored is Unscored.ENGINE
    with pytest.raises(EngineTimeout, match="at answers"):
        loops.run(search, Scripted(write, failures={4: "timeout"}))
    with pytest.raises(EngineError):
        loops.trace(search, Scripted(write, failures={1: "error"}))


def test_what_is_impossible_is_refused():
    with pytest.raises(ValueError, match="together, factored, compared, got 'x'"):
        ChainOfVerification(way="x")
    with pytest.raises(ValueError, match="at least 1"):
        ChainOfVerification(most=0, answering=Sampling())
