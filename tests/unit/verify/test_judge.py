"""The judge of steps: what it asks, how its answers become verdicts, and that an unreadable one is no zero.

Source: arXiv 2501.07301, section 3.1.2 and appendix C: the first error is the last paragraph analysed.
"""

import asyncio

import pytest

from veriloop.engines.cached import Cached
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply, Sampling
from veriloop.records import NO_ERROR, Finish, Form, Granularity, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.text.tagged import Reject
from veriloop.verify.judge import Judge

PROBLEM = Problem("t", "How much is {x} + 2?", "4")
STEPS = ("First step.", "Second {problem} step.", "So \\boxed{4}")


def analyses(count, conclusion):
    blocks = [f"<analysis_{i}>\nfine\n</analysis_{i}>" for i in range(1, count + 1)]
    return "\n\n".join([*blocks, f"<conclusion>{conclusion}</conclusion>"])


def solution(*steps, sample=0):
    return Solution(PROBLEM.id, steps, Finish.STOP, sample=sample)


def judge_one(answer, steps=STEPS, **options):
    judge = Judge(Scripted(lambda request: answer, **options))
    (verdict,) = asyncio.run(judge.verify(Group(PROBLEM, (solution(*steps),))))
    return verdict


def test_the_contract_of_a_verifier():
    judge = Judge(Scripted({}, default=analyses(2, "Correct")))
    asyncio.run(check_verifier(judge))


@pytest.mark.parametrize(
    ("analysed", "conclusion", "first_error", "value", "scores"),
    [
        (3, "Correct", NO_ERROR, 1.0, (1, 1, 1)),
        (1, "Incorrect", 0, 0.0, (0,)),
        (2, "Incorrect", 1, 0.0, (1, 0)),
        (3, "Incorrect", 2, 0.0, (1, 1, 0)),
    ],
)
def test_the_first_error_is_the_last_paragraph_analysed(
    analysed, conclusion, first_error, value, scores
):
    verdict = judge_one(analyses(analysed, conclusion))
    assert (verdict.first_error, verdict.value, verdict.step_scores) == (first_error, value, scores)
    assert (verdict.form, verdict.granularity) == (Form.BINARY, Granularity.STEP)
    assert verdict.critique == analyses(analysed, conclusion)
    assert verdict.cost.calls == 1
    assert verdict.cost.tokens == len(analyses(analysed, conclusion).split())


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Looks good to me!",
        "<conclusion>Correct</conclusion>",  # without an analysis of every paragraph
        analyses(2, "Correct"),
        analyses(0, "Incorrect"),
        analyses(4, "Incorrect"),  # there are three paragraphs
        analyses(3, "Perhaps"),
        analyses(3, "Correct") + "<conclusion>Incorrect</conclusion>",
        "<think>" + analyses(3, "Correct") + "</think> I give up",
    ],
)
def test_an_answer_that_cannot_be_read_is_unscored_and_kept(answer):
    verdict = judge_one(answer)
    assert (verdict.value, verdict.unscored) == (None, Unscored.UNPARSED)
    assert (verdict.step_scores, verdict.first_error) == ((), None)
    assert verdict.critique == answer
    assert verdict.detail["error"]


@pytest.mark.parametrize(
    ("answer", "first_error"),
    [
        # The paper's own template closes analysis 2 with the tag of analysis 3: opening tags decide.
        ("<analysis_1>a</analysis_1><analysis_2>b</analysis_3><conclusion>Incorrect</conclusion>", 1),
        ("<analysis_1>a<analysis_2>b</analysis_2><conclusion>\nINCORRECT.\n</conclusion>", 1),
        ("<think>" + analyses(1, "Incorrect") + "</think>\n" + analyses(3, "Correct"), NO_ERROR),
        ("thinking without an opening tag " + analyses(3, "Correct") + "</think>" + analyses(2, "Incorrect"), 1),
    ],
)  # fmt: skip
def test_answers_that_real_judges_write(answer, first_error):
    assert judge_one(answer).first_error == first_error


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("It is all fine. 42!", Reject.NO_CONCLUSION),
        ("<think>\nIt ends with " + analyses(3, "Correct"), Reject.NO_CONCLUSION),
        (analyses(0, "Incorrect"), Reject.NO_ANALYSIS),
        (analyses(2, "Correct"), Reject.INCOMPLETE),
        (analyses(4, "Incorrect"), Reject.OUT_OF_RANGE),
        (analyses(2, "Incorrect") + "<analysis_1>again</analysis_1>", Reject.OUT_OF_ORDER),
        (analyses(3, "Maybe"), Reject.UNCLEAR),
        (analyses(3, "Correct") + "<conclusion>Incorrect</conclusion>", Reject.CONTRADICTION),
    ],
)
def test_the_rule_that_rejects_an_answer_stands_in_the_verdict(answer, why):
    verdict = judge_one(answer)
    assert (verdict.unscored, verdict.detail["error"]) == (Unscored.UNPARSED, why.value)


def test_an_answer_that_cannot_be_read_is_not_asked_for_again(tmp_path):
    """Asking until an answer suits would let luck choose labels: one call, the same one another time."""
    answers = ["nonsense", analyses(3, "Correct")]
    inner = Scripted({}, default=answers)
    sampling = Sampling(temperature=1.0)
    for seed, calls in ((0, 1), (0, 1), (1, 2)):
        engine = Cached(inner, tmp_path / "calls.sqlite")
        judge = Judge(engine, sampling=sampling, seed=seed)
        (verdict,) = asyncio.run(judge.verify(Group(PROBLEM, (solution(*STEPS),))))
        asyncio.run(engine.close())
        assert verdict.unscored is Unscored.UNPARSED
        assert (inner.calls, verdict.cost.calls) == (calls, 1)


def test_solutions_of_300_steps_and_of_any_script():
    steps = tuple(f"{i}. «𝑥 = −{i}» 数学 🙂 <paragraph_1> {{problem}}" for i in range(300))
    assert judge_one(analyses(300, "Correct"), steps).step_scores == (1.0,) * 300
    assert judge_one(analyses(299, "Incorrect"), steps).first_error == 298
    (message,) = Judge(Scripted({})).ask(PROBLEM, steps)
    assert all(
        f"<paragraph_{i}>\n{s}\n</paragraph_{i}>" in message.content for i, s in enumerate(steps, 1)
    )


def test_a_cut_answer_is_truncated_not_unparsed():
    verdict = judge_one(Completion("<analysis_1>\nfi", Finish.LENGTH, tokens=2))
    assert verdict.unscored is Unscored.TRUNCATED


def test_an_answer_cut_after_its_conclusion_counts():
    verdict = judge_one(Completion(analyses(3, "Correct") + " And", Finish.LENGTH, tokens=9))
    assert verdict.first_error == NO_ERROR


@pytest.mark.parametrize("failure", ["error", "timeout", "refused"])
def test_a_failing_engine_is_the_reason(failure):
    verdict = judge_one("unused", failures={1: failure})
    assert (verdict.value, verdict.unscored) == (None, Unscored.ENGINE)
    assert failure in str(verdict.detail["error"])


class Silent:
    name = "silent"

    async def generate(self, request):
        return Reply(())

    async def score(self, request):
        raise EngineError("no")

    async def close(self): ...


def test_an_engine_that_gives_no_choice_is_the_reason():
    (verdict,) = asyncio.run(Judge(Silent()).verify(Group(PROBLEM, (solution("a"),))))
    assert verdict.unscored is Unscored.ENGINE


def test_a_solution_without_steps_is_not_asked_about():
    engine = Scripted({}, default=analyses(3, "Correct"))
    group = Group(PROBLEM, (solution(), solution(*STEPS)))
    empty, full = asyncio.run(Judge(engine).verify(group))
    assert (empty.unscored, full.value, engine.calls) == (Unscored.EMPTY, 1.0, 1)


def test_what_is_asked_shows_problem_and_numbered_paragraphs_as_they_are():
    engine, sampling = Scripted({}, default=""), Sampling(99, 0.0)
    asyncio.run(Judge(engine, "judge_bare", sampling).verify(Group(PROBLEM, (solution(*STEPS),))))
    (request,) = engine.requests
    (message,) = request.prompt
    assert message.role == "user"
    assert " ".join(message.content.split()) == (
        "<math_problem> How much is {x} + 2? </math_problem> "
        "<paragraph_1> First step. </paragraph_1> "
        "<paragraph_2> Second {problem} step. </paragraph_2> "
        "<paragraph_3> So \\boxed{4} </paragraph_3>"
    )
    assert (request.sampling, request.n, request.prefix) == (sampling, 1, "")


def test_the_full_prompt_holds_what_the_bare_one_does_and_the_protocol():
    judge = Judge(Scripted({}))
    (full,) = judge.ask(PROBLEM, STEPS)
    for piece in ("<paragraph_3>", "How much is {x} + 2?", "<analysis_1>", "<conclusion>Correct<"):
        assert piece in full.content


def test_every_solution_has_a_stream_of_its_own_that_its_company_does_not_change():
    engine = Scripted({}, default=analyses(3, "Correct"))
    first, second = solution(*STEPS), solution(*STEPS, sample=1)
    judge = Judge(engine, sampling=Sampling(temperature=1.0), seed=3)
    asyncio.run(judge.verify(Group(PROBLEM, (first, second))))
    asyncio.run(judge.verify(Group(PROBLEM, (second,))))
    seeds = [request.seed for request in engine.requests]
    assert seeds[0] != seeds[1] == seeds[2]
