"""``veriloop bench pmmeval``: what is said of losses, of other runs, and of what cannot be."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.bench.pmmeval.tasks import TASKS
from veriloop.cli import app

DATA = Path(__file__).parents[2] / "data/pmmeval"


def bench(model, out, *more):
    said = CliRunner().invoke(
        app,
        ["bench", "pmmeval", "-q", "--model", model, "--data", str(DATA), "--tasks", "xnli",
         "--languages", "en", "--limit", "3", "--out", str(out), *map(str, more)],
    )  # fmt: skip
    return said.exit_code, " ".join(said.output.split()), said.exception


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"*": json.dumps({"answer": "A"})}))
    return f"scripted:{path}"


def test_what_lies_elsewhere_is_told(model, tmp_path):
    assert bench(model, tmp_path / "a")[0] == 0
    code, said, _ = bench(model, tmp_path / "b", "--beside", tmp_path / "a", "--size", "other=3")
    assert code == 0
    assert "scripted, prompt en is in this run and in one beside it" in said
    assert "--size other: no model is called so" in said
    code, said, _ = bench(model, tmp_path / "a", "--name", "new")
    assert code == 0
    assert "scripted, prompt en lies in" in said
    assert "in one beside it" not in bench(model, tmp_path / "a", "--beside", tmp_path / "a")[1]


def test_a_server_that_is_not_there_is_named_with_what_to_do(tmp_path):
    code, _, error = bench("m@http://127.0.0.1:9?retries=0", tmp_path / "a")
    assert code == 1
    assert "127.0.0.1:9" in str(error)
    assert "--retry-lost" in str(error)


def test_a_hub_that_cannot_be_reached_says_what_will_do(model, tmp_path):
    gone = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    words = ["bench", "pmmeval", "--model", model, "--tasks", "xnli", "-o", str(tmp_path / "out")]
    made = subprocess.run(
        [sys.executable, "-m", "veriloop.cli", *words],
        env=os.environ | gone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 2
    assert "hub:Qwen/P-MMEval: reading it from the hub failed: " in made.stderr
    assert made.stderr.rstrip().endswith(
        "a copy of its files on this machine will do: --data FOLDER"
    )


def test_tasks_are_told_and_found_as_their_folders_are_spelt(model, tmp_path):
    helped = CliRunner().invoke(app, ["bench", "pmmeval", "--help"], env={"COLUMNS": "200"}).output
    assert all(task in helped for task in TASKS)
    code, said, error = bench(model, tmp_path / "a", "--tasks", "humaneval-xl,xlni")
    assert (code, "no task 'xlni'" in str(error)) == (1, True), said
    words = ["bench", "pmmeval", "-q", "--engine", model, "--data", str(DATA), "--limit", "1",
             "--languages", "en", "--tasks", "humaneval-xl", "--programs", "python",
             "-o", str(tmp_path / "b")]  # fmt: skip
    assert CliRunner().invoke(app, words).exit_code == 0


def test_what_is_misspelt_is_told_before_anything_is_asked(model, tmp_path):
    for more, says in (
        (("--prompt", "nativ"), "--prompt is en, native"),
        (("--scoring", "fix"), "--scoring is both"),
        (("--size", "x=big"), "NAME=BILLIONS"),
        (("--name", "a", "--name", "b"), "given for each of 1"),
        (("--model", model), "tell them apart by --name"),
        (("--beside", tmp_path / "none"), "no such folder"),
    ):
        code, _, error = bench(model, tmp_path / "out", *more)
        assert code == 1
        assert says in str(error)
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    assert "choose another folder" in str(bench(model, tmp_path / "file")[2])
