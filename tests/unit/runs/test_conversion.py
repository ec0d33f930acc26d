"""Whole conversions: through records and back, labels for training, what is lost and where it stands."""

import asyncio
import json
import shutil
from dataclasses import replace

import pytest

from veriloop.errors import InputError
from veriloop.feedback.labels import StepLabels
from veriloop.records import Example, Form, Problem, Solution, Unscored, Verdict
from veriloop.runs.conversion import Converted, Reading, convert, hardened
from veriloop.runs.stages import Run, read_all, read_dropped, read_groups
from veriloop.store.formats import Labels, labelled, open_format
from veriloop.store.labelled import write_labelled
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS


def rows_of(path):
    text = path.read_text(encoding="utf-8")
    return (
        json.loads(text) if path.suffix == ".json" else [json.loads(x) for x in text.splitlines()]
    )


@pytest.mark.parametrize(
    ("file", "to"),
    [
        ("processbench_sample.json", "processbench"),
        ("prm800k_sample.jsonl", "prm800k"),
        ("math_shepherd_sample.jsonl", "math-shepherd"),
        ("math_aps_sample.jsonl", "math-aps"),
        ("math_aps_tree_sample.jsonl", "math-aps-tree"),
        ("scan_sample.jsonl", "scan"),
        ("bigbench_mistake_sample.jsonl", "bigbench-mistake"),
    ],
)
def test_through_records_on_disk_and_back(request, tmp_path, file, to):
    source = request.config.rootpath / "tests/data" / file
    done = convert(source, tmp_path / "records", to="veriloop")
    assert done.left_out is None
    assert done.set_aside is None
    assert sum(done.read.values()) == done.written["verdicts"] == done.written["solutions"]
    out = tmp_path / f"again{source.suffix}"
    convert(tmp_path / "records", out, to=to)
    assert rows_of(out) == rows_of(source)
    convert(tmp_path / "records", tmp_path / "own.jsonl", to="veriloop")
    convert(tmp_path / "own.jsonl", tmp_path / "once_more.json", to=to)
    assert rows_of(tmp_path / "once_more.json") == rows_of(source)


def test_processbench_whole(shared_data, tmp_path):
    done = convert(shared_data("processbench"), tmp_path / "records", to="veriloop")
    assert done.read == {"human": 3400}
    assert done.written == {"problems": 2842, "solutions": 3400, "verdicts": 3400}
    folder = tmp_path / "records"
    groups = read_groups(folder, folder, folder)
    assert sum(v.first_error != -1 for group in groups for v in group.verdicts) == 2221


def test_human_labels_become_training_examples(request, tmp_path):
    """PRM800K's labels through the stage that ``veriloop label`` runs: cut after the first wrong step."""
    source = request.config.rootpath / "tests/data/prm800k_sample.jsonl"
    folder = tmp_path / "records"
    convert(source, folder, to="veriloop", reading=Reading(open_format("prm800k", expand=True)))
    groups = read_groups(folder, folder, folder)
    run = Run(tmp_path / "labels")
    asyncio.run(run.feedback("", groups, StepLabels("human")))
    examples = read_all(tmp_path / "labels", Example)
    assert len(examples) == 10 + 4 + 7
    wrong = [example for example in examples if 0.0 in example.labels]
    assert all(example.labels[-1] == 0.0 and 0.0 not in example.labels[:-1] for example in wrong)
    assert len(wrong) == 5 + 1 + 6


def test_a_threshold_makes_hard_labels(request, tmp_path):
    problem = Problem("made-up", "1 + 1?")
    solution = Solution(problem.id, ("a", "b", "c", "d"))
    item = labelled(problem, solution, Labels("mc", (0.5, 0.125, 0.0, 1.0), form=Form.SCORE))
    for threshold, scores, first in (
        (0.0, (1.0, 1.0, 0.0), 2),
        (0.125, (1.0, 0.0), 1),
        (0.5, (0.0,), 0),
    ):
        hard = hardened(item, threshold).verdict
        assert (hard.step_scores, hard.first_error, hard.value) == (scores, first, 0.0)
        assert hard.form is Form.BINARY
    source = request.config.rootpath / "tests/data/scan_sample.jsonl"
    done = convert(source, tmp_path / "a.jsonl", to="math-shepherd")
    assert (done.written["rows"], sum(done.dropped.values())) == (1, 1)
    done = convert(source, tmp_path / "b.jsonl", to="math-shepherd", reading=Reading(threshold=0.0))
    assert (done.written["rows"], done.dropped) == (2, {})
    assert rows_of(tmp_path / "b.jsonl")[0]["label"].endswith(" -")


def test_what_is_lost_stands_in_files_and_is_counted(tmp_path):
    rows = [
        {"question": "a", "steps": ["1"], "scores": [1]},
        {"question": "b", "steps": ["1"], "scores": [0.5]},
        {"question": "c", "steps": ["ки"], "scores": [1]},
        {"question": "d", "steps": ["1"], "scores": [7]},
    ]
    source = tmp_path / "set.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    done = convert(source, tmp_path / "out.jsonl", to="math-shepherd")
    assert isinstance(done, Converted)
    assert done.read == {"scan": 3}
    assert done.dropped == {
        "math-shepherd: step_scores: expected labels of 0 or 1 (a threshold makes them)": 1,
        "math-shepherd: steps: expected no step tag 'ки'": 1,
    }
    assert done.left_out == tmp_path / "out.jsonl.left_out.jsonl"
    assert [one["detail"]["field"] for one in rows_of(done.left_out)] == [
        "step_scores[0]",
        "steps[0]",
    ]
    assert done.set_aside == tmp_path / "set.jsonl.quarantine.jsonl"
    assert [one["row"] for one in rows_of(done.set_aside)] == [4]
    done = convert(source, tmp_path / "records", to="veriloop")
    assert done.set_aside == tmp_path / "records" / "set.jsonl.quarantine.jsonl"
    done = convert(source, tmp_path / "out.jsonl", to="scan", fresh=True)
    assert (done.dropped, done.left_out) == ({}, None)
    assert not (tmp_path / "out.jsonl.left_out.jsonl").exists()


def test_what_is_there_stays(request, tmp_path):
    source = request.config.rootpath / "tests/data/scan_sample.jsonl"
    shutil.copy(source, tmp_path / "mine.jsonl")
    with pytest.raises(InputError, match="is there already"):
        convert(source, tmp_path / "mine.jsonl", to="trl")
    assert rows_of(tmp_path / "mine.jsonl") == rows_of(source)
    convert(source, tmp_path / "records", to="veriloop")
    with pytest.raises(InputError, match="choose another folder"):
        convert(source, tmp_path / "records", to="veriloop")
    with pytest.raises(InputError, match=r"ends in \.jsonl or \.json"):
        convert(source, tmp_path / "folder", to="trl")
    with pytest.raises(InputError, match="no format 'csv'"):
        convert(source, tmp_path / "a.jsonl", to="csv")


def test_step_scores_of_a_verdict_without_a_value_are_no_labels(tmp_path):
    """What an engine did not finish is left out with its reason, with a threshold and without."""
    problem = Problem("t", "q")
    solution = Solution(problem.id, ("a", "b"))
    good = labelled(problem, solution, Labels("mc", (1.0, 0.5), form=Form.SCORE))
    lost = replace(good.verdict, value=None, unscored=Unscored.ENGINE, verifier="other")
    write_labelled([good, replace(good, verdict=lost)], tmp_path / "own.jsonl", "veriloop")
    for threshold in (None, 0.0):
        out = tmp_path / f"{threshold}.jsonl"
        done = convert(tmp_path / "own.jsonl", out, to="trl", reading=Reading(threshold=threshold))
        assert done.written == {"rows": 1, "solutions": 1}
        assert done.dropped == {"trl: step_scores: expected a verdict with a value": 1}


def test_a_solution_without_a_label_is_told_and_kept(tmp_path):
    """A folder of records may hold solutions that nobody labelled: they do not vanish on the way."""
    problem = Problem("t", "q")
    solutions = [Solution(problem.id, ("a", "b"), sample=i) for i in range(3)]
    said = [labelled(problem, s, Labels("mc", (1.0, 0.0))).verdict for s in solutions[:2]]
    for kind, records in ((Problem, [problem]), (Solution, solutions), (Verdict, said)):
        Table(tmp_path / "R" / FOLDERS[kind], kind).write_piece(0, records)
    done = convert(tmp_path / "R", tmp_path / "trl.jsonl", to="trl")
    assert (done.written["solutions"], done.dropped) == (2, {"no label by anybody": 1})
    (line,) = rows_of(tmp_path / "trl.jsonl.left_out.jsonl")
    assert line["what"] == solutions[2].id
    again = convert(tmp_path / "R", tmp_path / "again", to="veriloop", reading=Reading(None, "mc"))
    assert again.dropped == {"no label by mc": 1}
    (kept,) = read_dropped(tmp_path / "again")
    assert kept.what == solutions[2].id
