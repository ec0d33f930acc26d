"""PRM800K: the trajectory of the set's own README, people's ratings, and every alternative that was rated."""

import json
from copy import deepcopy
from math import prod

import pytest

from veriloop.errors import InputError
from veriloop.store.formats.prm800k import PRM800K


@pytest.fixture
def published(shared_data):
    file = shared_data("raw_formats") / "samples_prm800k.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def readme_trajectory(row):
    """How the set's README rebuilds the solution, with the text of a human completion taken out."""
    told = []
    for step in row["label"]["steps"]:
        if step["chosen_completion"] is not None:
            told.append(step["completions"][step["chosen_completion"]]["text"])
        elif step["human_completion"] is not None:
            told.append(step["human_completion"]["text"])
    return tuple(told)


def test_published_rows(published):
    read = [PRM800K().read(row)[0] for row in published]
    assert [row["label"]["finish_reason"] for row in published] == [
        "solution", "found_error", "solution", "solution", "give_up", "solution",
    ]  # fmt: skip
    assert [item.verdict.first_error for item in read] == [-1, 6, -1, -1, -1, -1]
    assert [len(item.solution.steps) for item in read] == [6, 13, 5, 7, 8, 12]
    assert [len(item.verdict.step_scores) for item in read] == [6, 7, 5, 7, 8, 12]
    for row, item in zip(published, read, strict=True):
        trajectory = readme_trajectory(row)
        assert item.solution.steps[: len(trajectory)] == trajectory
        assert item.problem.prompt == row["question"]["problem"]
        assert item.problem.reference == row["question"]["ground_truth_answer"]
        assert item.verdict.verifier == "human"
        if generated := row["question"].get("pre_generated_steps"):
            assert item.solution.steps == tuple(generated)


def test_every_rated_alternative_is_given(published):
    """OpenR's converter promises every combination of alternatives, 25 of the first row, and gives 5.

    A combination puts an alternative before steps that were never said after it. What was rated is a completion
    after the chosen steps: 14 in the first row, all of which stand in 10 solutions.
    """
    counts = []
    for row in published:
        items = PRM800K(expand=True).read(row)
        counts.append(len(items))
        assert items[0] == PRM800K().read(row)[0]
        assert len({item.solution.id for item in items}) == len(items)
        told = [
            (item.solution.steps[: i + 1], label)
            for item in items
            for i, label in enumerate(item.verdict.step_scores)
        ]
        chosen = readme_trajectory(row)
        for i, step in enumerate(row["label"]["steps"]):
            for one in step["completions"] or ():
                assert ((*chosen[:i], one["text"]), float(one["rating"] >= 0)) in told
    assert counts == [10, 4, 7, 7, 7, 1]
    first = [len(step["completions"]) for step in published[0]["label"]["steps"]]
    assert (sum(first), prod(first)) == (14, 25)


def test_alternatives_are_written_as_rows_of_their_own(published):
    for row in published:
        for item in PRM800K(expand=True).read(row)[1:]:
            (again,) = PRM800K().read(json.loads(json.dumps(PRM800K().write([item]))))
            assert again.solution.steps == item.solution.steps
            assert again.verdict.step_scores == item.verdict.step_scores


def step(*ratings, chosen=None, human=None, flagged=()):
    completions = [
        {"text": f"{i}: {rating}", "rating": rating, "flagged": i in flagged}
        for i, rating in enumerate(ratings)
    ]
    human = human and {"text": human, "rating": None, "source": "human", "flagged": False}
    return {"completions": completions, "human_completion": human, "chosen_completion": chosen}


def row(*steps, finish="solution", generated=None):
    question = {"problem": "1 + 1?", "ground_truth_answer": "2"}
    if generated:
        question["pre_generated_steps"] = list(generated)
    label = {"steps": list(steps), "total_time": 7, "finish_reason": finish}
    return {"labeler": "x", "question": question, "label": label}


def test_zero_is_right_and_a_persons_own_step_is_right():
    (item,) = PRM800K().read(row(step(0, chosen=0), step(-1, -1, human="Mine."), step(1, chosen=0)))
    assert item.solution.steps == ("0: 0", "Mine.", "0: 1")
    assert item.verdict.step_scores == (1.0, 1.0, 1.0)
    assert item.verdict.first_error == -1


def test_a_flagged_step_or_one_without_a_rating_ends_the_trajectory():
    for unknown in (step(1, chosen=0, flagged=[0]), step(None, chosen=0)):
        told = row(step(1, chosen=0), unknown, step(1, chosen=0))
        (item,) = PRM800K().read(told)
        assert item.solution.steps == ("0: 1",)
        assert item.verdict.step_scores == (1.0,)
        assert PRM800K().write([item]) == {**PRM800K().write([item]), **told}
    with pytest.raises(InputError, match="expected a rated step") as caught:
        PRM800K().read(row(step(None, chosen=0)))
    assert caught.value.field == "label.steps"
    only = PRM800K(expand=True).read(row(step(None, -1, 1, chosen=0, flagged=[2])))
    assert [item.verdict.step_scores for item in only] == [(0.0,)]


def test_a_wrong_chosen_step_is_followed_by_what_was_said():
    told = row(step(1, chosen=0), step(-1, chosen=0), step(None, chosen=0))
    (item,) = PRM800K().read(told)
    assert len(item.solution.steps) == 3
    assert (item.verdict.step_scores, item.verdict.first_error) == ((1.0, 0.0), 1)


def test_broken_problems_are_refused_unless_asked_for():
    told = row(step(1, chosen=0), finish="bad_problem")
    with pytest.raises(InputError, match="reported the problem as broken") as caught:
        PRM800K().read(told)
    assert caught.value.field == "label.finish_reason"
    assert len(PRM800K(bad_problems=True).read(told)) == 1


def test_steps_that_differ_from_the_generated_ones_are_kept_apart():
    told = row(step(1, chosen=0), step(-1, 1), generated=["another", "0: -1"])
    (item,) = PRM800K().read(told)
    assert item.solution.steps == ("0: 1", "0: -1")
    written = PRM800K().write([item])
    assert {**written, **told} == written


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("question",), None, "question"),
        (("label",), [], "label"),
        (("question", "problem"), "", "question.problem"),
        (("question", "ground_truth_answer"), 2, "question.ground_truth_answer"),
        (("question", "pre_generated_steps"), "a", "question.pre_generated_steps"),
        (("label", "steps"), [], "label.steps"),
        (("label", "steps", 1), "text", "label.steps[1]"),
        (("label", "steps", 1, "completions"), {}, "label.steps[1].completions"),
        (("label", "steps", 1, "completions", 0), 3, "label.steps[1].completions[0]"),
        (("label", "steps", 1, "completions", 0, "text"), None, "label.steps[1].completions[0].text"),
        (("label", "steps", 1, "completions", 0, "rating"), 2, "label.steps[1].completions[0].rating"),
        (("label", "steps", 1, "completions", 0, "rating"), True, "label.steps[1].completions[0].rating"),
        (("label", "steps", 0, "chosen_completion"), 1, "label.steps[0].chosen_completion"),
        (("label", "steps", 0, "chosen_completion"), -1, "label.steps[0].chosen_completion"),
        (("label", "steps", 0, "chosen_completion"), None, "label.steps[0].chosen_completion"),
        (("label", "steps", 0, "human_completion"), "text", "label.steps[0].human_completion"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(path, value, field):
    told = deepcopy(row(step(1, chosen=0), step(1, chosen=0)))
    at = told
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(InputError) as caught:
        PRM800K().read(told)
    assert caught.value.field == field


@pytest.mark.parametrize("rating", [[], {}, [1], "1", True, 2, 0.5])
def test_a_rating_that_is_none_is_named(request, rating):
    """A list is not even hashable: looked up in a table, it would end the whole conversion."""
    file = request.config.rootpath / "tests/data/prm800k_sample.jsonl"
    row = json.loads(file.read_text().splitlines()[0])
    row["label"]["steps"][0]["completions"][0]["rating"] = rating
    with pytest.raises(InputError, match="expected -1, 0, 1 or null") as caught:
        PRM800K().read(row)
    assert caught.value.field == "label.steps[0].completions[0].rating"
