"""Critics: gold cases by hand, both ways of asking, and that no failure ever becomes a zero.

Source: SCRIT (arXiv 2501.05727), sections 2.1 and 2.3.
"""

import asyncio

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply, Sampling
from veriloop.records import (
    NO_ERROR,
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Unscored,
    Verdict,
)
from veriloop.runs.stages import Run, read_all
from veriloop.testing import check_verifier
from veriloop.text.critiques import Critique, NoVerdict, render_critique
from veriloop.verify import KINDS
from veriloop.verify.critic import ContrastiveCritic, Critic

PROBLEM = Problem("t", "How much is 17 + 25, and twice that?", "84")
RIGHT = ("17 + 25 = 42.", "Twice 42 is 84: \\boxed{84}")
WRONG = ("17 + 25 = 43.", "Twice 43 is 86: \\boxed{86}")
FIXED = "17 + 25 = 42.\n\nTwice 42 is 84: \\boxed{84}"
APPROVES = render_critique(
    Critique(("17 and 25 make 42.", "Twice 42 is 84."), True, -1, "\\boxed{84}")
)
REJECTS = render_critique(Critique(("17 and 25 make 42, not 43: a slip.",), False, 0, FIXED))


def solution(*steps, sample=0, **more):
    return Solution(PROBLEM.id, steps, Finish.STOP, sample=sample, **more)


def criticise(answer, steps=WRONG, **options):
    critic = Critic(Scripted(lambda request: answer, **options))
    (verdict,) = asyncio.run(critic.verify(Group(PROBLEM, (solution(*steps),))))
    return verdict


def label(solution, value):
    reason = None if value is not None else Unscored.CHECKER
    return Verdict(
        PROBLEM.id, solution.id, "answer", Form.BINARY, Granularity.TRAJECTORY, value, reason
    )


def labelled(*pairs):
    solutions = tuple(s for s, _ in pairs)
    return Group(PROBLEM, solutions, tuple(label(s, v) for s, v in pairs))


def test_both_keep_the_contract_of_a_verifier():
    asyncio.run(check_verifier(Critic(Scripted({}, default=APPROVES))))
    group = labelled((solution(*RIGHT), 1.0), (solution(*WRONG, sample=1), 0.0))
    asyncio.run(check_verifier(ContrastiveCritic(Scripted({}, default=APPROVES)), [group]))
    assert {"critic", "contrastive"} <= KINDS.keys()


def test_gold_a_slip_in_the_first_step_is_rejected_and_corrected():
    verdict = criticise(REJECTS)
    assert (verdict.value, verdict.first_error, verdict.step_scores) == (0.0, 0, (0.0,))
    assert (verdict.form, verdict.granularity) == (Form.TEXT, Granularity.STEP)
    assert (verdict.source, verdict.trained) == (Source.MODEL, False)
    assert verdict.critique == REJECTS
    assert verdict.correction == FIXED
    assert verdict.detail == {"answer": "84"}
    assert (verdict.cost.calls, verdict.cost.tokens) == (1, len(REJECTS.split()))


def test_gold_a_right_solution_is_approved_step_by_step():
    verdict = criticise(APPROVES, RIGHT)
    assert (verdict.value, verdict.first_error, verdict.step_scores) == (1.0, NO_ERROR, (1, 1))
    assert (verdict.correction, verdict.detail) == ("\\boxed{84}", {"answer": "84"})


def test_gold_an_error_in_the_second_step_leaves_the_first_right():
    said = render_critique(Critique(("fine", "twice 42 is 84, not 85"), False, 1, FIXED))
    verdict = criticise(said, ("17 + 25 = 42.", "Twice 42 is 85: \\boxed{85}"))
    assert (verdict.value, verdict.first_error, verdict.step_scores) == (0.0, 1, (1.0, 0.0))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", NoVerdict.NO_CONCLUSION),
        ("It looks fine to me.", NoVerdict.NO_CONCLUSION),
        (REJECTS.replace("number: 1", "number: 3"), NoVerdict.OUT_OF_RANGE),
        (REJECTS.replace("number: 1", "number: -1"), NoVerdict.CONTRADICTION),
        (APPROVES.replace("number: -1", "number: 2"), NoVerdict.CONTRADICTION),
        (REJECTS.replace("Incorrect", "dubious"), NoVerdict.UNCLEAR),
    ],
)
def test_a_critique_without_a_verdict_is_unscored_and_kept(answer, why):
    verdict = criticise(answer)
    assert (verdict.value, verdict.unscored) == (None, Unscored.UNPARSED)
    assert (verdict.step_scores, verdict.first_error) == ((), None)
    assert (verdict.critique, verdict.detail["why"]) == (answer, why.value)
    assert (verdict.source, verdict.form) == (Source.MODEL, Form.TEXT)


def test_a_corrected_answer_may_stand_where_no_verdict_does():
    verdict = criticise(REJECTS.replace("The solution is Incorrect.", "Hm."))
    assert (verdict.unscored, verdict.detail["answer"]) == (Unscored.UNPARSED, "84")
    assert verdict.correction == FIXED


def test_a_cut_critique_is_truncated_and_not_unparsed():
    cut = Completion(REJECTS[: REJECTS.index("## Conclusion")], Finish.LENGTH, tokens=9)
    verdict = criticise(cut)
    assert (verdict.value, verdict.unscored) == (None, Unscored.TRUNCATED)
    assert verdict.detail["answer"] is None


def test_a_verdict_before_the_cut_stands_and_half_a_correction_does_not():
    text = REJECTS[: REJECTS.index("Twice 42")] + "so far \\boxed{42} and then"
    verdict = criticise(Completion(text, Finish.LENGTH, tokens=9))
    assert (verdict.value, verdict.first_error) == (0.0, 0)
    assert (verdict.correction, verdict.detail["answer"]) == (None, None)
    assert "cut" in verdict.detail["why"]
    whole = criticise(Completion(REJECTS + "\n\nAnd more", Finish.LENGTH, tokens=9))
    assert (whole.correction, whole.detail) == (FIXED, {"answer": "84"})


LATE = render_critique(Critique(("fine",) * 12, False, 11, FIXED))


@pytest.mark.parametrize(
    "text",
    [
        LATE[: LATE.index("number: 12") + len("number: 1")],  # would name step 1
        LATE[: LATE.index("number: 12") + len("number: 12")],  # may go on
        LATE[: LATE.index("Incorrect.") + len("Incorrect")],
        APPROVES[: APPROVES.index("Correct.") + len("Correct.")],  # may contradict itself yet
    ],
)
def test_a_conclusion_that_was_cut_is_not_completed_by_guessing(text):
    verdict = criticise(Completion(text, Finish.LENGTH, tokens=9), ("a step",) * 12)
    assert (verdict.value, verdict.first_error) == (None, None)
    assert verdict.unscored is Unscored.TRUNCATED


def test_a_box_that_was_cut_is_no_correction_of_a_right_solution():
    text = APPROVES[: APPROVES.index("84}") + 1]
    verdict = criticise(Completion(text, Finish.LENGTH, tokens=9), RIGHT)
    assert (verdict.value, verdict.correction, verdict.detail["answer"]) == (1.0, None, None)


def test_a_correction_in_a_thought_does_not_end_the_one_that_was_cut():
    thought = f"<think>{REJECTS}</think>"
    bare = REJECTS[: REJECTS.index("\nCORRECTION_END")].replace("CORRECTION_START\n", "")
    verdict = criticise(Completion(thought + bare, Finish.LENGTH, tokens=9))
    assert (verdict.value, verdict.correction) == (0.0, None)


@pytest.mark.parametrize("failure", ["error", "timeout", "refused"])
def test_a_failing_engine_is_the_reason(failure):
    verdict = criticise("unused", failures={1: failure})
    assert (verdict.value, verdict.unscored) == (None, Unscored.ENGINE)
    assert failure in str(verdict.detail["why"])
    assert verdict.source is Source.MODEL


def test_one_failure_takes_nothing_from_the_others():
    engine = Scripted({}, default=REJECTS, failures={2: "timeout"})
    group = Group(PROBLEM, tuple(solution(*WRONG, sample=i) for i in range(3)))
    said = asyncio.run(Critic(engine).verify(group))
    assert [v.value for v in said] == [0.0, None, 0.0]
    assert said[1].unscored is Unscored.ENGINE


class Silent:
    name = "silent"

    async def generate(self, request):
        return Reply(())

    async def score(self, request):
        raise EngineError("no")

    async def close(self): ...


def test_an_engine_that_gives_no_choice_is_the_reason():
    (verdict,) = asyncio.run(Critic(Silent()).verify(Group(PROBLEM, (solution("a"),))))
    assert verdict.unscored is Unscored.ENGINE


def test_a_solution_without_steps_is_not_asked_about():
    engine = Scripted({}, default=APPROVES)
    empty, full = asyncio.run(
        Critic(engine).verify(Group(PROBLEM, (solution(), solution(*RIGHT, sample=1))))
    )
    assert (empty.unscored, full.value, engine.calls) == (Unscored.EMPTY, 1.0, 1)


def test_what_is_asked_and_how():
    engine, sampling = Scripted({}, default=REJECTS), Sampling(99, 0.0)
    critic = Critic(engine, "critic_direct_bare", sampling)
    (verdict,) = asyncio.run(critic.verify(Group(PROBLEM, (solution(*WRONG),))))
    (request,) = engine.requests
    assert request.prompt[0].content.startswith("<math_problem>\nHow much is 17 + 25")
    assert (request.sampling, request.n) == (sampling, 1)
    assert verdict.trained is True
    assert Critic(engine).sampling == Sampling(max_tokens=2048, temperature=0.0)


def test_every_solution_has_a_stream_of_its_own_that_its_company_does_not_change():
    engine = Scripted({}, default=APPROVES)
    first, second = solution(*RIGHT), solution(*RIGHT, sample=1)
    critic = Critic(engine, sampling=Sampling(temperature=1.0), seed=3)
    asyncio.run(critic.verify(Group(PROBLEM, (first, second))))
    asyncio.run(critic.verify(Group(PROBLEM, (second,))))
    seeds = [request.seed for request in engine.requests]
    assert seeds[0] != seeds[1] == seeds[2]


def contrast(*pairs, seed=0, answer=REJECTS):
    engine = Scripted({}, default=answer)
    group = labelled(*pairs)
    return engine, asyncio.run(ContrastiveCritic(engine, seed=seed).verify(group))


def test_each_target_is_shown_beside_another_right_solution():
    """Both rules at once: the wrong one sees either right one, each right one the other."""
    one, two = solution(*RIGHT), solution("25 + 17 = 42.", "So \\boxed{84}", sample=1)
    wrong = solution(*WRONG, sample=2)
    engine, said = contrast((one, 1.0), (two, 1.0), (wrong, 0.0))
    references = [v.detail["reference"] for v in said]
    assert references[:2] == [two.id, one.id]
    assert references[2] in (one.id, two.id)
    shown = {one.id: one.text, two.id: two.text}
    for request, reference in zip(engine.requests, references, strict=True):
        content = request.prompt[0].content
        assert f"<reference_solution>\n{shown[reference]}\n</reference_solution>" in content
    assert {v.verifier for v in said} == {"contrastive"}


def test_without_a_reference_or_a_label_there_is_no_verdict_and_no_call():
    twin = solution(*RIGHT, sample=1)
    engine, said = contrast(
        (solution(*RIGHT), 1.0), (twin, 1.0), (solution(*RIGHT, sample=2), None)
    )
    assert [v.unscored for v in said] == [Unscored.NO_REFERENCE] * 3
    assert ["another text" in v.detail["why"] for v in said] == [True, True, False]
    assert "neither right (1) nor wrong (0)" in said[2].detail["why"]
    assert engine.calls == 0
    assert all("reference" not in v.detail for v in said)


def test_a_group_without_labels_has_no_reference():
    engine = Scripted({}, default=REJECTS)
    group = Group(PROBLEM, (solution(*RIGHT), solution(*WRONG, sample=1)))
    said = asyncio.run(ContrastiveCritic(engine).verify(group))
    assert [v.unscored for v in said] == [Unscored.NO_REFERENCE] * 2


def test_failures_of_a_contrastive_critic_are_no_zeros_and_name_the_reference():
    right, wrong = solution(*RIGHT), solution(*WRONG, sample=1)
    group = labelled((right, 1.0), (wrong, 0.0))
    for engine, reason in (
        (Scripted({}, default=REJECTS, failures={1: "timeout"}), Unscored.ENGINE),
        (Scripted({}, default="nothing"), Unscored.UNPARSED),
        (Scripted(lambda r: Completion("## Cri", Finish.LENGTH, 3)), Unscored.TRUNCATED),
    ):
        _, verdict = asyncio.run(ContrastiveCritic(engine).verify(group))
        assert (verdict.value, verdict.unscored) == (None, reason)
        assert verdict.detail["reference"] == right.id


def test_the_analysis_of_the_reference_does_not_hide_the_verdict():
    said = render_critique(
        Critique(("17 and 25 make 42.",), False, 0, FIXED, analysis="Key: carry the one.")
    )
    right, wrong = solution(*RIGHT), solution(*WRONG, sample=1)
    _, (_, verdict) = contrast((right, 1.0), (wrong, 0.0), answer=said)
    assert (verdict.value, verdict.first_error, verdict.correction) == (0.0, 0, FIXED)


def test_a_stage_that_was_stopped_goes_on_and_ends_as_if_it_had_not(tmp_path):
    """Twelve groups in pieces of four; the second run asks about the groups of unfinished pieces alone."""
    groups = []
    for number in range(12):
        problem = Problem("t", f"problem {number}", "84")
        steps = (solution(*RIGHT), solution(*WRONG, sample=1))
        solutions = tuple(
            Solution(problem.id, s.steps, Finish.STOP, sample=s.sample) for s in steps
        )
        labels = tuple(
            Verdict(problem.id, s.id, "answer", Form.BINARY, Granularity.TRAJECTORY, value)
            for s, value in zip(solutions, (1.0, 0.0), strict=True)
        )
        groups.append(Group(problem, solutions, labels))

    def verify(folder, engine):
        run = Run(folder, piece_size=4, in_flight=2)
        asyncio.run(run.verify("critiques", groups, ContrastiveCritic(engine)))

    class Stops(Exception):
        pass

    stopping = False

    def answer(request):
        if stopping and "problem 6" in request.prompt[0].content:
            raise Stops
        return REJECTS

    whole, resumed = Scripted(answer), Scripted(answer)
    verify(tmp_path / "whole", whole)
    stopping = True
    with pytest.raises(Stops):
        verify(tmp_path / "stopped", Scripted(answer))
    stopping = False
    verify(tmp_path / "stopped", resumed)
    assert 0 < resumed.calls < whole.calls == 12
    assert read_all(tmp_path / "stopped" / "critiques", Verdict) == read_all(
        tmp_path / "whole" / "critiques", Verdict
    )
