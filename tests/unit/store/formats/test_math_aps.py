"""MATH-APS, flat: steps are the texts between prefixes, found against brute force."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.formats import Labels, labelled
from veriloop.store.formats.math_aps import MathAPS


def row(*nodes, question="Q?"):
    listed = [{"solution_prefix": question + text, "mc_value": value} for text, value in nodes]
    return {"question": question, "final_answer": "2", "question_id": 3, "reasoning_steps": listed}


def test_steps_of_published_prefixes(shared_data):
    """Every label of every solution is the mean of the values published for exactly its prefix."""
    file = shared_data("raw_formats") / "samples_math-aps.jsonl"
    for line in file.read_text().splitlines():
        raw = json.loads(line)
        values = {}
        for node in raw["reasoning_steps"]:
            squeezed = "".join(node["solution_prefix"].split())
            values.setdefault(squeezed, []).append(node["mc_value"])
        seen = {"".join(raw["question"].split())}
        for item in MathAPS().read(raw):
            assert item.problem.reference == raw["final_answer"]
            assert item.problem.uid == str(raw["question_id"])
            text = raw["question"]
            for step, score in zip(item.solution.steps, item.verdict.step_scores, strict=True):
                text += step
                found = values["".join(text.split())]
                assert score == sum(found) / len(found)
                seen.add("".join(text.split()))
        assert seen == set(values)


def test_a_row():
    told = row(
        ("", 0.5),
        ("\n\n\nFirst.", 0.25),
        ("\n\n Other: 2.", 1.0),
        ("\n\n\nFirst.", 0.75),
        ("\n\n\nFirst.\n\n Then\n\nit is 2.", 1.0),
        ("\n\n\nFirst.\n\nSo 3.", 0.0),
    )
    items = MathAPS().read(told, "set")
    assert [item.solution.steps for item in items] == [
        ("Other: 2.",),
        ("First.", "Then\n\nit is 2."),
        ("First.", "So 3."),
    ]
    assert [item.verdict.step_scores for item in items] == [(1.0,), (0.5, 1.0), (0.5, 0.0)]
    assert [item.verdict.first_error for item in items] == [-1, -1, 1]
    assert [item.solution.sample for item in items] == [0, 1, 2]
    assert {item.verdict.verifier for item in items} == {"mc"}
    assert MathAPS().write(items) == told


def test_a_changed_label_is_written_and_the_others_stay():
    told = row(("", 0.5), ("\n\nA.", 0.25), ("\n\nA.", 0.75), ("\n\nA.\n\nB.", 1.0))
    (item,) = MathAPS().read(told)
    changed = replace(item, verdict=replace(item.verdict, step_scores=(0.5, 0.25)))
    values = [node["mc_value"] for node in MathAPS().write([changed])["reasoning_steps"]]
    assert values == [0.5, 0.25, 0.75, 0.25]
    cut = replace(item, verdict=replace(item.verdict, step_scores=(0.0,), first_error=0))
    values = [node["mc_value"] for node in MathAPS().write([cut])["reasoning_steps"]]
    assert values == [0.5, 0.0, 0.0]


WORDS = st.lists(st.sampled_from(["a", "b", "\n\n", "\n", " "]), max_size=6).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_chains_against_brute_force(tails):
    told = row(*((f"\n\n{tail}", 0.5) for tail in tails))
    prefixes = {f"Q?\n\n{tail}" for tail in tails}
    parents = {
        one: max((p for p in prefixes if one.startswith(p + "\n\n")), key=len, default=None)
        for one in prefixes
    }
    expected = []
    for leaf in dict.fromkeys(node["solution_prefix"] for node in told["reasoning_steps"]):
        if leaf not in parents.values():
            steps, at = [], leaf
            while at is not None:
                steps.append(at[len(parents[at] or "Q?") :].strip())
                at = parents[at]
            expected.append(tuple(steps[::-1]))
    items = MathAPS().read(told)
    assert [item.solution.steps for item in items] == expected
    assert MathAPS().write(items) == told


def of(problem, *steps, value=1.0):
    return labelled(problem, Solution(problem.id, steps), Labels("mc", (value,) * len(steps)))


def test_solutions_from_elsewhere_share_their_prefixes():
    problem = Problem("made-up", "Q?", uid="gsm-1")
    items = [of(problem, "A.", "B."), of(problem, "A.", "C.", value=0.5), of(problem, "D.")]
    told = MathAPS().write(items)
    assert told["question_id"] == "gsm-1"
    assert [node["solution_prefix"][2:] for node in told["reasoning_steps"]] == [
        "\n\nA.",
        "\n\nA.\n\nB.",
        "\n\nA.",
        "\n\nA.\n\nC.",
        "\n\nD.",
    ]
    read = MathAPS().read(told)
    assert [item.solution.steps for item in read] == [("A.", "B."), ("A.", "C."), ("D.",)]
    assert [item.verdict.step_scores for item in read] == [(0.75, 1.0), (0.75, 0.5), (1.0,)]


@pytest.mark.parametrize("second", [("A.",), ("A.", "B.", "C."), ("A.", "B.")])
def test_a_solution_that_would_be_lost_is_refused(second):
    problem = Problem("made-up", "Q?")
    with pytest.raises(InputError, match="math-aps-tree can") as caught:
        MathAPS().write([of(problem, "A.", "B."), of(problem, *second)])
    assert caught.value.field == "steps"


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (row(("", 0.5)), "reasoning_steps"),
        (row(), "reasoning_steps"),
        (row(("x", 0.5)), "reasoning_steps[0].solution_prefix"),
        (row(("\n\nA.", 1.5)), "reasoning_steps[0].mc_value"),
        (row(("", 0.5), ("\n\nA.", None)), "reasoning_steps[1].mc_value"),
        ({**row(), "reasoning_steps": ["text"]}, "reasoning_steps[0]"),
        ({**row(), "reasoning_steps": [{"mc_value": 1}]}, "reasoning_steps[0].solution_prefix"),
        ({**row(), "reasoning_steps": "text"}, "reasoning_steps"),
        (row(("\n\nA.", 1.0), question=" "), "question"),
    ],
)
def test_a_bad_row_is_named(told, field):
    with pytest.raises(InputError) as caught:
        MathAPS().read(told)
    assert caught.value.field == field
