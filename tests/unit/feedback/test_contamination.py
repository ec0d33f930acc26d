"""What repeats an evaluation problem is found however it is dressed; what is another problem is left alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.errors import InputError
from veriloop.feedback.contamination import EvaluationSet, Guard, Guarded, problem_text
from veriloop.feedback.labels import StepLabels
from veriloop.records import Example, ExampleKind, Form, Granularity, Message, Problem, Verdict
from veriloop.store.problems import read_problems
from veriloop.store.processbench import read_processbench
from veriloop.testing import check_feedback, sample_groups
from veriloop.testing.rebuild import check_repr

STORY = (
    "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take, "
    "if the tailor makes 3 robes and throws away 1 bolt?"
)
SHORT = r"Simplify $\sqrt{245}$."
EVALUATION = (
    EvaluationSet("stories", (Problem("t", STORY, "8"), Problem("t", "Why?", "so"))),
    EvaluationSet("logs", (Problem("t", SHORT, "4"), Problem("t", STORY, "eight"))),
)
GUARD = Guard(EVALUATION)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (STORY, "same text"),
        (STORY.upper().replace(",", " ;"), "same text"),
        (r"simplify \(\left. \sqrt {245} \right.\)", "same text"),
        (
            f"Solve this step by step.\n\nProblem: {STORY}\n\nPut the answer in a box.",
            "near-duplicate",
        ),
        (STORY + "\n\nA. 6\nB. 7\nC. 8\nD. 9", "near-duplicate"),
        (STORY.replace("tailor", "weaver"), "near-duplicate"),
        (STORY.replace("white ", ""), "near-duplicate"),
        (STORY[: STORY.index(", if the")], "near-duplicate"),  # part of it, and nothing else
        (STORY.replace("A robe", "A gown"), "near-duplicate"),
    ],
)
def test_a_problem_in_another_dress_is_found(text, rule):
    match = GUARD.match(text)
    assert match is not None
    assert match.rule == rule
    assert (match.overlap == 1.0) or (rule == "near-duplicate" and 0.8 <= match.overlap < 1)


@pytest.mark.parametrize(
    "text",
    [
        STORY.replace("3 robes", "5 robes"),  # the same story with other numbers
        STORY.replace("2", "4").replace("3", "7").replace("1", "2"),
        r"Simplify $\sqrt{246}$.",
        r"Simplify $\sqrt{245}$ and then add one.",  # the problem is too short for a run of eight
        "A shirt takes 2 metres of cotton. How many metres do 3 shirts take?",
        "",
        "Why not?",
    ],
)
def test_another_problem_is_left_alone(text):
    assert GUARD.match(text) is None


def test_other_numbers_are_the_same_problem_only_where_asked():
    other = STORY.replace("2", "4").replace("3", "7")
    match = Guard(EVALUATION, variants=True).match(other)
    assert match is not None
    assert match.rule == "same text"


def test_a_match_names_the_problem_and_every_set_that_holds_it():
    match = GUARD.match(STORY)
    assert match is not None
    assert (match.problem, match.sets) == (EVALUATION[0].problems[0].id, ("stories", "logs"))
    assert GUARD.match(SHORT).sets == ("logs",)


def test_what_is_dropped_says_why_and_the_rest_is_kept_as_it_was():
    def labelled(prompt, *solutions):
        return Example(ExampleKind.STEP_LABELS, prompt, ("a",), (1.0,), solutions=solutions)

    wrapped = (Message("system", "Think."), Message("user", STORY + " Think step by step."))
    examples = [labelled("Another."), labelled(STORY, "s1"), labelled(wrapped), labelled(SHORT)]
    kept = GUARD.keep(examples, 11)
    assert [len(k.examples) for k in kept] == [1, 0, 0, 0]
    assert kept[0].examples == (examples[0],)
    dropped = [d for k in kept for d in k.dropped]
    assert [d.what for d in dropped] == ["s1", examples[2].id, examples[3].id]
    assert [d.row for d in dropped] == [12, 13, 14]
    assert [d.reason for d in dropped] == [
        "same text in stories",
        "near-duplicate in stories",
        "same text in logs",
    ]
    assert dropped[0].detail == {
        "rule": "same text",
        "sets": ["stories", "logs"],
        "problem": EVALUATION[0].problems[0].id,
        "overlap": 1.0,
        "example": examples[1].id,
    }
    assert problem_text(wrapped) == STORY + " Think step by step."


def test_many_texts_at_once_are_each_as_alone():
    asked = [STORY, "x", SHORT, STORY + " And why?", STORY, *(f"question {i}" for i in range(600))]
    assert GUARD.matches(asked) == [GUARD.match(text) for text in asked]


def test_feedback_can_be_guarded():
    first, second = sample_groups()
    guard = Guard((EvaluationSet("mine", (first.problem,)),))
    verdicts = [_judged(group) for group in (first, second)]
    check_feedback(Guarded(StepLabels("v"), guard), verdicts)
    lost = Guarded(StepLabels("v"), guard).feedback(verdicts[0])
    assert lost.examples == ()
    assert {d.reason for d in lost.dropped} == {"same text in mine"}
    assert {d.what for d in lost.dropped} == {s.id for s in first.solutions}
    plain = StepLabels("v").feedback(verdicts[1])
    assert Guarded(StepLabels("v"), guard).feedback(verdicts[1]) == plain


def _judged(group):
    said = tuple(
        Verdict(
            group.problem.id, s.id, "v", Form.BINARY, Granularity.STEP, 1.0,
            step_scores=(1.0,) * len(s.steps), first_error=-1,
        )
        for s in group.solutions
    )  # fmt: skip
    return replace(group, verdicts=said)


def test_a_guard_is_known_by_its_rule_and_its_problems():
    check_repr(GUARD)
    other = Guard((EVALUATION[0], EvaluationSet("logs", EVALUATION[1].problems[:1])))
    keys = {json.dumps(g.fingerprint()) for g in (GUARD, other, Guard(EVALUATION, n=9))}
    assert len(keys) == 3
    assert Guard(EVALUATION).fingerprint() == GUARD.fingerprint()
    assert len(json.dumps(GUARD.fingerprint())) < 300


def test_what_cannot_guard_is_refused():
    with pytest.raises(InputError, match="problems to guard against"):
        Guard((EvaluationSet("empty", ()),))
    for wrong in ({"n": 1}, {"overlap": 0.0}, {"overlap": 1.5}):
        with pytest.raises(InputError, match="n >= 2 and 0 < overlap <= 1") as caught:
            Guard(EVALUATION, **wrong)
        assert caught.value.field in wrong


DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.skipif(not (DATA / "processbench").is_dir(), reason="needs ../shared/data")
def test_real_training_sets_against_real_evaluation_sets():
    """MATH's training problems stand in mmlu_stem with options, and in Omni-MATH reworded; GSM8K's nowhere.

    The counts were read one by one when the rule was chosen: ``docs/scale.md``.
    """
    subsets: dict[str, dict[str, Problem]] = {}
    for row in read_processbench(DATA / "processbench"):
        subsets.setdefault(row.subset, {})[row.problem.id] = row.problem
    sets = [EvaluationSet(name, tuple(problems.values())) for name, problems in subsets.items()]
    for name in ("math500", "mmlu_stem"):
        problems, _ = read_problems(DATA / "best_of_n" / f"{name}.jsonl")
        sets.append(EvaluationSet(name, tuple(problems)))
    guard = Guard(tuple(sets))
    math = json.loads((DATA / "raw_formats" / "math_problems_with_answers.json").read_bytes())
    found = [m for m in guard.matches([row.get("problem") or row["question"] for row in math]) if m]
    assert sum(m.rule == "same text" for m in found) == 12
    assert sum(m.rule == "near-duplicate" and m.sets[0] == "mmlu_stem" for m in found) == 75
    assert len(found) <= 0.02 * len(math)
    sums, _ = read_problems(DATA / "gsm8k" / "train.jsonl")
    assert guard.matches([problem.text for problem in sums]).count(None) == 7473
    for one in sets[:1]:
        assert all(guard.match(problem.text) for problem in one.problems)
