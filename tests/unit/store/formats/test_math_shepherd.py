"""Math-Shepherd: labels are read where the tag was, whatever signs the text holds."""

import json
import re

import pytest

from veriloop.errors import InputError
from veriloop.store.formats.math_shepherd import MathShepherd


def row(text, marks, **more):
    """A row from a text in which every tag is written ``|``."""
    label = text
    for mark in marks:
        label = label.replace("|", mark, 1)
    return {"input": text.replace("|", "ки"), "label": label, **more}


def test_the_published_rows_against_another_reading(shared_data):
    """The last character of each line of ``label`` is its sign: true of these rows, not of the format."""
    file = shared_data("raw_formats") / "samples_math-shepherd.jsonl"
    signs = []
    for line in file.read_text().splitlines():
        raw = json.loads(line)
        (item,) = MathShepherd().read(raw)
        lines = raw["label"].split("\n")
        expected = tuple(float(one[-1] == "+") for one in lines)
        assert item.verdict.step_scores == expected
        assert item.verdict.first_error == (expected.index(0.0) if 0.0 in expected else -1)
        question, first = re.split(r" (?=Step 1:)", lines[0])
        assert item.problem.prompt == question
        assert item.solution.steps == tuple(one[:-2] for one in (first, *lines[1:]))
        assert (item.problem.subset, item.verdict.verifier) == ("GSM8K", "math-shepherd")
        signs += expected
    assert (len(signs), sum(signs)) == (25, 5)


def test_signs_of_the_text_are_no_labels():
    told = row("Is -1 + 1 = 0? Step 1: - 1 + 1 |\nStep 2: + or - |\nStep 3: a - |", "+-+")
    (item,) = MathShepherd().read(told)
    assert item.problem.prompt == "Is -1 + 1 = 0?"
    assert item.solution.steps == ("Step 1: - 1 + 1", "Step 2: + or -", "Step 3: a -")
    assert item.verdict.step_scores == (1.0, 0.0, 1.0)
    assert MathShepherd().write([item]) == told


@pytest.mark.parametrize(
    "text",
    [
        "Q?  Step 1: a |\nStep 2: b |",
        "Q?\nStep 1: a|Step 2: b |\n",
        " Q? Step 1:  a  |\n\nStep 2: |",
        "Q? Step 1: Step 1: a |\nStep 2: b |  ",
    ],
)
def test_white_space_comes_back(text):
    told = row(text, "+-", task="MATH", extra={"a": 1})
    (item,) = MathShepherd().read(told)
    assert item.problem.prompt == "Q?"
    assert all(step == step.strip() for step in item.solution.steps)
    assert MathShepherd().write([item]) == told


def test_without_a_task():
    told = row("Q? Step 1: a |", "+")
    (item,) = MathShepherd().read(told, "file")
    assert item.problem.subset == "file"
    assert MathShepherd().write([item]) == told


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"label": "Q? Step 1: a +\nStep 2: c -"}, "label", "of step 2"),
        ({"label": "Q? Step 1: a +\nStep 2: b 1"}, "label", "of step 2"),
        ({"label": "Q? Step 1: a +"}, "label", "of step 2"),
        ({"label": "Q? Step 1: a +\nStep 2: b -\nStep 3: c +"}, "label", "goes on"),
        ({"label": "Q? Step 1: a ки\nStep 2: b -"}, "label", "step 1 holds the tag"),
        ({"input": "Q? Step 1: a"}, "input", "after each step, got none"),
        ({"input": "Q? Step 1: a ки and"}, "input", "nothing after the last tag"),
        ({"input": "Q? a ки", "label": "Q? a +"}, "input", "where the question ends"),
        ({"input": "Step 1: a ки", "label": "Step 1: a +"}, "input", "a question before"),
        ({"input": None}, "input", "expected text"),
        ({"task": 3}, "task", "expected text"),
    ],
)
def test_a_bad_row_is_named(change, field, message):
    good = row("Q? Step 1: a |\nStep 2: b |", "+-")
    with pytest.raises(InputError, match=message) as caught:
        MathShepherd().read({**good, **change})
    assert caught.value.field == field
