"""``veriloop data guard`` from files to files: what is dropped, by which rule and set, and that nothing is lost."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.cli.guarding import evaluation_sets
from veriloop.errors import InputError
from veriloop.records import Dropped, Example, ExampleKind, Problem, Solution, Verdict
from veriloop.runs.stages import read_all, read_dropped
from veriloop.store.pieces import Table

ASKED = "Tom has {} apples and buys {} more at the market. How many apples does Tom have now?"
BENCH = [{"problem": ASKED.format(i, 3), "answer": str(i + 3)} for i in range(4)]


def run(*words):
    result = CliRunner().invoke(app, ["data", "guard", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    path = tmp_path / "bench" / "test.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in BENCH))
    return path


def example(prompt: str) -> Example:
    return Example(ExampleKind.STEP_LABELS, prompt, ("It is so.",), (1.0,))


def test_examples_are_kept_or_dropped_and_a_second_run_does_nothing(tmp_path, bench):
    examples = [example(ASKED.format(i, 3)) for i in range(8)]
    Table(tmp_path / "in" / "examples", Example).write_piece(0, examples)
    said = run(tmp_path / "in", "--against", bench, "-o", tmp_path / "out")
    assert said.splitlines()[:2] == [
        "4 of 8 examples kept, 4 left out",
        "  4: same text in bench/test",
    ]
    assert read_all(tmp_path / "out", Example) == examples[4:]
    assert [d.row for d in read_dropped(tmp_path / "out")] == [1, 2, 3, 4]
    assert run(tmp_path / "in", "--against", bench, "-o", tmp_path / "out") == said
    with pytest.raises(InputError, match="made otherwise"):
        run(tmp_path / "in", "--against", bench, "--n", 5, "-o", tmp_path / "out")
    again = run(
        tmp_path / "in", "--against", bench, "--variants", "-o", tmp_path / "out", "--fresh"
    )
    assert again.startswith("0 of 8 examples kept")


def shepherd(prompt: str) -> dict:
    text = f"{prompt} Step 1: It is so. ки\nStep 2: The answer is: 4 ки"
    return {"input": text, "label": text.replace("ки", "+"), "task": "GSM8K"}


def test_a_file_of_another_format_becomes_a_folder_of_records(tmp_path, bench):
    rows = [
        shepherd(ASKED.format(1, 3)),
        shepherd("What is 2 plus 2?"),
        {"input": "no steps", "label": "", "task": "GSM8K"},
    ]
    source = tmp_path / "train.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    said = run(source, "--against", bench, "-o", out)
    assert "1 of 2 labelled solutions kept, 1 left out" in said
    assert "1: same text in bench/test" in said
    assert "set aside 1 row" in said
    (kept,) = read_all(out, Problem)
    assert kept.prompt == "What is 2 plus 2?"
    assert len(read_all(out, Solution)) == len(read_all(out, Verdict)) == 1
    (dropped,) = read_all(out, Dropped)
    assert (dropped.row, dropped.detail["sets"]) == (1, ["bench/test"])
    assert list(out.glob("*.quarantine.jsonl"))
    with pytest.raises(InputError, match="already"):
        run(source, "--against", bench, "-o", out)
    again = run(out, "--against", bench, "-o", tmp_path / "again")
    assert "1 of 1 labelled solutions kept, 0 left out" in again


def processbench_row(problem: str, number: int) -> dict:
    return {
        "id": f"gsm8k-{number}",
        "generator": "m",
        "problem": problem,
        "steps": ["It is so."],
        "final_answer_correct": True,
        "label": -1,
    }


def test_processbench_is_a_set_for_each_subset_and_what_cannot_be_read_is_said(tmp_path, bench):
    folder = tmp_path / "pb"
    folder.mkdir()
    rows = [processbench_row("Why is it?", i) for i in range(2)] + [{"id": 3}]
    (folder / "gsm8k.json").write_text(json.dumps(rows))
    (folder / "math.json").write_text(json.dumps([processbench_row("How is it?", 0)]))
    bench.write_text(bench.read_text() + "no JSON\n" + json.dumps(BENCH[0]) + "\n")
    sets, notes = evaluation_sets([str(folder), str(folder / "math.json"), str(bench)])
    assert [(s.name, len(s.problems)) for s in sets] == [
        ("processbench/gsm8k", 1),
        ("processbench/math", 1),
        (f"processbench/math ({folder / 'math.json'})", 1),
        ("bench/test", 4),
    ]
    assert [note.rpartition(": ")[2] for note in notes] == [
        "1 row cannot be read and is not guarded against"
    ] * 2


def test_a_source_that_is_no_evaluation_set_is_one_clear_line(tmp_path):
    wrong = tmp_path / "x.json"
    wrong.write_text(json.dumps([{"text": "what"}]))
    with pytest.raises(InputError, match="unknown layout with the columns text"):
        evaluation_sets([str(wrong)])
    with pytest.raises(InputError, match="no such file"):
        evaluation_sets([str(tmp_path / "absent.jsonl")])
