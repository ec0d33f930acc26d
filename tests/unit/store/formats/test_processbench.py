"""ProcessBench rows as labelled solutions; the leak stays out of what a judge is shown."""

import json

import pytest

from veriloop.errors import InputError
from veriloop.store.formats.processbench import ProcessBench
from veriloop.store.processbench import read_processbench

ROW = {
    "id": "math-7",
    "generator": "Qwen2-1.5B-Instruct",
    "problem": "1 + 1?",
    "steps": ["It is 3.", "So 3.", ""],
    "final_answer_correct": False,
    "label": 1,
}


def test_the_format_reads_what_the_benchmark_reads(shared_data):
    file = shared_data("processbench") / "omnimath.json"
    form = ProcessBench()
    for raw, row in zip(json.loads(file.read_text()), read_processbench(file), strict=True):
        (item,) = form.read(raw, "omnimath")
        assert (item.problem, item.solution) == (row.problem, row.solution)
        assert item.verdict.first_error == row.label == raw["label"]
        assert item.verdict.value == (raw["label"] == -1)
        steps = len(raw["steps"]) if raw["label"] == -1 else raw["label"] + 1
        assert len(item.verdict.step_scores) == steps
        assert item.verdict.verifier == "human"


def test_the_leak_is_in_the_verdict_alone():
    (item,) = ProcessBench().read(ROW, "math")
    assert "correct" not in repr(item.problem) + repr(item.solution)
    assert item.verdict.detail == {"final_answer_correct": False}
    assert item.verdict.step_scores == (1.0, 0.0)
    assert item.solution.steps == ("It is 3.", "So 3.", "")


def test_columns_of_ones_own_are_kept():
    row = {**ROW, "difficulty": [3]}
    assert ProcessBench().write(ProcessBench().read(row, "math")) == row


@pytest.mark.parametrize(
    ("change", "field"), [({"label": 3}, "label"), ({"label": -2}, "label"), ({"id": 7}, "id")]
)
def test_a_bad_row_is_named(change, field):
    with pytest.raises(InputError) as caught:
        ProcessBench().read({**ROW, **change})
    assert caught.value.field == field


def test_whether_the_answer_is_right_is_not_made_up():
    from dataclasses import replace

    (item,) = ProcessBench().read(ROW)
    bare = replace(item, verdict=replace(item.verdict, detail={}))
    with pytest.raises(InputError, match=r"set verdict\.detail") as caught:
        ProcessBench().write([bare])
    assert caught.value.field == "final_answer_correct"
