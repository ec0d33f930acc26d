"""The SCRIT recipe from problems to its page at a tiny size: killed, resumed, and measured again without a model.

What is killed is a process of its own. What goes on from there runs in this one, whose libraries are loaded.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.records import Dropped, Example, Solution, Verdict
from veriloop.runs.stages import read_all
from veriloop.store.pieces import Table

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINTS = ROOT / "veriloop/abacus/checkpoints"
CRITIC = CHECKPOINTS / "critic"
OPTIONS = [
    "--critic", "abacus:critic", "--students", f"local:{CHECKPOINTS / 'policy'}", "--ways", "contrastive",
    "--sizes", "8", "--rounds", "2", "--no-ungated", "--train-count", "12", "--heldout-count", "4", "--votes", "3",
    "--samples", "2", "--epochs", "1", "--heldout-cap", "8", "--kind", "local", "--quiet",
]  # fmt: skip


def kill_when_there(words, file, log):
    """Start the command, and kill it without warning as soon as ``file`` is there."""
    with open(log, "w") as stream:
        running = subprocess.Popen(
            [sys.executable, "-m", "veriloop.cli", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=stream,
            stderr=stream,
        )
        while not file.exists() and running.poll() is None:
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert file.exists(), Path(log).read_text()


@pytest.mark.usefixtures("one_cpu")
@pytest.mark.skipif(not CRITIC.is_dir(), reason="the critic is not in this installation")
def test_a_killed_run_goes_on_and_the_page_comes_from_the_records(tmp_path):
    out = tmp_path / "scrit"
    full = ["run", "scrit", *OPTIONS, "--out", str(out)]
    kill_when_there(full, out / "models/contrastive-8/training.json", tmp_path / "log")
    before = {
        file: file.stat().st_mtime_ns
        for folder in ("solutions", "round-1", "models/contrastive-8")
        for file in (out / folder).rglob("*")
        if file.suffix in (".parquet", ".safetensors")
    }
    made = CliRunner().invoke(app, full, catch_exceptions=False)
    assert made.exit_code == 0, made.stderr
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert "What do the critics find?" in made.stdout

    measures = json.loads((out / "measures.json").read_text())
    assert list(measures["critics"]) == [
        "base", "always-correct", "contrastive-8", "contrastive-round-2",
    ]  # fmt: skip
    always = measures["critics"]["always-correct"]
    assert always["first_errors"]["pooled"]["f1"]["value"] == 0
    assert always["critique"]["scenarios"]["incorrect"]["mean"]["value"] == 0
    assert always["critique"]["scenarios"]["balanced"]["matrix"]["damage"]["value"] == 0
    check_lessons(out, measures)

    page = (out / "report.html").read_text()
    assert "Beside the paper" in page
    assert "58.3" in page
    (out / "report.html").unlink()
    again = CliRunner().invoke(app, ["report", str(out)], catch_exceptions=False)
    assert again.exit_code == 0, again.stderr
    assert (out / "report.html").is_file()
    assert json.loads((out / "measures.json").read_text()) == measures


def check_lessons(out, measures):
    """What was learnt is balanced, counted as it was, and holds no reference."""
    for number in (1, 2):
        folder = out / f"round-{number}/contrastive"
        written = read_all(folder / "critiques", Verdict)
        kept = read_all(folder / "kept", Example)
        dropped = list(Table(folder / "kept/dropped", Dropped).read())
        assert len(kept) + len(dropped) == len(written)
        rates = measures["keep_rates"][f"round-{number}/contrastive"]
        assert (rates["all"]["kept"], rates["all"]["of"]) == (len(kept), len(written))
        assert all("reference" not in example.completions[0].lower() for example in kept)
        assert all("<reference_solution>" not in example.prompt[0].content for example in kept)
    for name in ("contrastive-8", "contrastive-round-2"):
        lesson = measures["lessons"][name]
        assert lesson["learnt"] == 2 * lesson["right_targets"] <= 8
    students = {s.id for i in (0, 1) for s in read_all(out / f"solutions/heldout-{i}", Solution)}
    assert {v.solution for v in read_all(out / "eval/base/heldout", Verdict)} <= students
