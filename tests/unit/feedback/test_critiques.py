"""From verdicts to rows: what is learnt, what each gate takes and in which order, and that no reference gets through.

Source: SCRIT (arXiv 2501.05727), sections 2.4 and 2.5.
"""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.feedback import KINDS
from veriloop.feedback.critiques import Critiques, correction_group, correction_of
from veriloop.records import (
    NO_ERROR,
    Example,
    ExampleKind,
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.runs.stages import Run, join, read_all
from veriloop.testing import check_feedback
from veriloop.text.critic_chats import CriticChat
from veriloop.text.critiques import ANALYSIS, Critique, parse_critique, render_critique
from veriloop.verify.answer import Answer
from veriloop.verify.critic import ContrastiveCritic, Critic

PROBLEM = Problem("t", "How much is 17 + 25, and twice that?", "84", subset="sums")
RIGHT = ("17 + 25 = 42.", "Twice 42 is 84: \\boxed{84}")
OTHER = ("First 17 + 25, which makes 42 because 17 + 20 is 37 and 5 more is 42", "So \\boxed{84}")
WRONG = ("17 + 25 = 43.", "Twice 43 is 86: \\boxed{86}")
FIXED = "17 + 25 = 42.\n\nTwice 42 is 84: \\boxed{84}"
SLIP = "17 and 25 make 42, not 43: a slip."
REJECTS = Critique((SLIP,), False, 0, FIXED, "84", analysis="Key: carry the one.")
APPROVES = Critique(("17 and 25 make 42.", "Twice 42 is 84."), True, NO_ERROR, "\\boxed{84}", "84")


def verdict(solution, verifier, value, **more):
    form = Form.BINARY if verifier == "answer" else Form.TEXT
    reason = more.pop("unscored", None)
    return Verdict(PROBLEM.id, solution.id, verifier, form, Granularity.STEP, value, reason, **more)


def criticised(target, critique, reference=None):
    return verdict(
        target,
        "contrastive",
        float(critique.correct),
        first_error=critique.first_error,
        critique=render_critique(critique),
        correction=critique.correction,
        detail={"answer": critique.answer} | ({"reference": reference.id} if reference else {}),
    )


def group_of(accepted=1.0, answered=1.0, rejects=REJECTS):
    """A right solution, its other way (the reference), and a wrong one, each with all that is said of them."""
    right, other, wrong = (
        Solution(PROBLEM.id, steps, Finish.STOP, answer, engine="e", sample=i)
        for i, (steps, answer) in enumerate(((RIGHT, "84"), (OTHER, "84"), (WRONG, "86")))
    )
    said = [
        criticised(right, APPROVES, other),
        criticised(other, APPROVES, right),
        criticised(wrong, rejects, other),
    ]
    labels = [verdict(s, "answer", v) for s, v in ((right, 1.0), (other, 1.0), (wrong, 0.0))]
    group = Group(PROBLEM, (right, other, wrong), tuple(said + labels))
    on_corrections = []
    for made in correction_group(group, "contrastive").solutions:
        first = {1.0: NO_ERROR, 0.0: 0, None: None}[accepted]
        lost = {"unscored": Unscored.ENGINE} if accepted is None else {}
        on_corrections.append(verdict(made, "critic", accepted, first_error=first, **lost))
        lost = {"unscored": Unscored.CHECKER} if answered is None else {}
        on_corrections.append(verdict(made, "answer", answered, **lost))
    return replace(group, verdicts=(*group.verdicts, *on_corrections))


def test_the_contract_of_feedback():
    check_feedback(Critiques(), [group_of()])
    assert KINDS["critiques"].endswith(":Critiques")


def test_a_row_is_the_direct_question_and_the_critique_without_the_analysis():
    group = group_of()
    kept = Critiques().feedback(group)
    assert (len(kept.examples), kept.dropped) == (3, ())
    example = kept.examples[2]
    assert example.kind is ExampleKind.CRITIQUE
    assert example.prompt == CriticChat("critic_direct").ask(PROBLEM, WRONG)
    assert example.completions == (render_critique(replace(REJECTS, analysis="")),)
    assert ANALYSIS not in example.completions[0]
    assert "carry the one" not in example.completions[0]
    assert (example.labels, example.problem) == ((0.0,), PROBLEM.id)
    assert (example.solutions, example.source) == ((group.solutions[2].id,), "contrastive")
    assert [e.labels for e in kept.examples] == [(1.0,), (1.0,), (0.0,)]
    assert example.to_trl().keys() == {"prompt", "completion"}
    learnt = parse_critique(example.completions[0], 2)
    assert (learnt.correct, learnt.first_error, learnt.correction) == (False, 0, FIXED)


def test_no_row_holds_anything_of_a_reference():
    """The prompt and completion of every row, against every 20 characters that only the reference has."""
    group = group_of()
    shown = {v.solution: v.detail["reference"] for v in group.verdicts if "reference" in v.detail}
    texts = {s.id: s.text for s in group.solutions}
    for example in Critiques(prompt="critic_direct_bare").feedback(group).examples:
        (target,) = example.solutions
        row = example.prompt[0].content + example.completions[0]
        known = PROBLEM.text + texts[target] + FIXED
        secret = texts[shown[target]]
        runs = {secret[i : i + 20] for i in range(len(secret) - 19)}
        assert not [run for run in runs if run in row and run not in known]


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (f"Wrong. {OTHER[0]}.", "repeats the reference"),
        ("The reference has 42 here.", "speaks of a reference"),
    ],
)
def test_a_planted_leak_is_dropped(block, why):
    planted = replace(REJECTS, steps=(block,))
    kept = Critiques().feedback(group_of(rejects=planted))
    assert len(kept.examples) == 2
    (dropped,) = kept.dropped
    assert dropped.reason.startswith("leak: ")
    assert why in dropped.reason


def test_a_reference_that_is_not_there_cannot_be_looked_for():
    group = group_of()
    without = replace(group, solutions=tuple(s for s in group.solutions if s.steps != OTHER))
    kept = Critiques().feedback(without)
    assert kept.examples == ()
    assert {d.reason for d in kept.dropped} == {"leak: the reference is not in the group"}


@pytest.mark.parametrize(
    ("accepted", "answered", "reason"),
    [
        (0.0, 0.0, "accepts: the direct critic rejects the correction"),
        (None, 0.0, "accepts: engine"),
        (1.0, 0.0, "answer: the correction has another answer"),
        (1.0, None, "answer: checker"),
    ],
)
def test_the_first_gate_that_closes_gives_the_reason(accepted, answered, reason):
    kept = Critiques().feedback(group_of(accepted, answered))
    assert kept.examples == ()
    assert {d.reason for d in kept.dropped} == {reason}


@given(
    st.permutations(["accepts", "answer", "agreement", "last-step"]),
    st.integers(0, 4),
    st.sampled_from([1.0, 0.0, None]),
    st.sampled_from([1.0, 0.0, None]),
)
@settings(max_examples=40, deadline=None)
def test_any_gates_in_any_order(order, count, accepted, answered):
    """Kept is what all its gates let through, and the reason is the first that does not."""
    gates = tuple(order[:count])
    kept = Critiques(gates=gates).feedback(group_of(accepted, answered))
    closed = [g for g in gates if (g, 1.0) in {("accepts", 1.0), ("answer", 1.0)}]
    closed = [g for g in closed if {"accepts": accepted, "answer": answered}[g] != 1.0]
    assert len(kept.examples) == (0 if closed else 3)
    assert {d.reason.split(":")[0] for d in kept.dropped} == set(closed[:1])


def test_a_wrong_verdict_is_caught_by_its_label():
    group = group_of()
    flipped = tuple(
        replace(v, value=1.0 - v.value) if v.verifier == "answer" and v.solution in own else v
        for own in [{s.id for s in group.solutions}]
        for v in group.verdicts
    )
    kept = Critiques().feedback(replace(group, verdicts=flipped))
    assert Counter(d.reason for d in kept.dropped) == {
        "agreement: it rejects a right solution": 1,
        "agreement: it approves a wrong solution": 2,
    }


def test_what_has_no_text_to_learn_says_so():
    group = group_of()
    wrong = group.solutions[2]
    (own,) = [v for v in group.verdicts if (v.solution, v.verifier) == (wrong.id, "contrastive")]
    changes = {
        "verdict: contrastive: unparsed": {"value": None, "unscored": Unscored.UNPARSED, "first_error": None},
        "verdict: no correction": {"correction": None},
        "verdict: the text does not say what the verdict does": {"critique": render_critique(APPROVES)},
    }  # fmt: skip
    for reason, change in changes.items():
        said = tuple(replace(v, **change) if v is own else v for v in group.verdicts)
        kept = Critiques().feedback(replace(group, verdicts=said))
        assert [d.reason for d in kept.dropped] == [reason]
        assert kept.dropped[0].what == wrong.id
    bare = render_critique(replace(REJECTS, steps=()))
    said = tuple(replace(v, critique=bare) if v is own else v for v in group.verdicts)
    (dropped,) = Critiques().feedback(replace(group, verdicts=said)).dropped
    assert dropped.reason == "verdict: no critique of any step"


def test_targets_that_nobody_criticised_are_not_counted_as_lost():
    group = group_of()
    said = tuple(v for v in group.verdicts if v.verifier != "contrastive")
    assert (
        Critiques().feedback(replace(group, verdicts=said)) == type(Critiques().feedback(group))()
    )


def test_options_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="no gate 'luck'; there are accepts, answer"):
        Critiques(gates=("luck",))
    with pytest.raises(InputError, match="a gate stands twice"):
        Critiques(gates=("answer", "answer"))
    with pytest.raises(InputError, match="shows a reference"):
        Critiques(prompt="critic_contrastive")
    with pytest.raises(InputError, match="number of characters"):
        Critiques(leak=0)


def test_the_stages_of_a_round_joined_by_id(tmp_path):
    """Problems, students, labels, critiques, corrections, two verdicts on each, rows: as folders, by ``join``."""

    def script(request):
        shown = request.prompt[0].content.rpartition("</reference_solution>")[2]
        return render_critique(REJECTS if "= 43" in shown else APPROVES)

    group = group_of()
    engine, run = Scripted(script), Run(tmp_path)
    bare = Group(PROBLEM, group.solutions)

    async def work():
        await run.verify("labels", [bare], Answer())
        labels = read_all(tmp_path / "labels", Verdict)
        labelled = join([PROBLEM], group.solutions, labels)
        await run.verify("critiques", labelled, ContrastiveCritic(engine))
        said = read_all(tmp_path / "critiques", Verdict)
        (judged,) = join([PROBLEM], group.solutions, [*labels, *said])
        corrections = correction_group(judged, "contrastive")
        await run.verify("accepted", [corrections], Critic(engine))
        await run.verify("answered", [corrections], Answer())
        more = [v for name in ("accepted", "answered") for v in read_all(tmp_path / name, Verdict)]
        groups = join([PROBLEM], group.solutions, [*labels, *said, *more])
        await run.feedback("rows", groups, Critiques())
        return groups

    (joined,) = asyncio.run(work())
    calls = engine.calls
    kept = Critiques().feedback(joined)
    assert len(kept.examples) == 3
    assert read_all(tmp_path / "rows", Example) == list(kept.examples)
    asyncio.run(work())
    assert engine.calls == calls  # every stage was there
    wrong = joined.solutions[2]
    (own,) = [v for v in joined.verdicts if (v.solution, v.verifier) == (wrong.id, "contrastive")]
    made = correction_of(PROBLEM, wrong, own)
    assert joined.by("critic")[made.id].value == joined.by("answer")[made.id].value == 1.0
