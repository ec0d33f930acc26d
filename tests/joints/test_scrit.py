"""The SCRIT recipe from problems to its page at a tiny size: killed, resumed, and measured again without a model."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veriloop.records import Dropped, Example, Solution, Verdict
from veriloop.runs.stages import read_all
from veriloop.store.pieces import Table

CRITIC = Path(__file__).resolve().parents[2] / "veriloop/abacus/checkpoints/critic"
OPTIONS = [
    "--critic", "abacus:critic", "--ways", "contrastive", "--sizes", "8", "--rounds", "2", "--no-ungated",
    "--train-count", "16", "--heldout-count", "8", "--votes", "3", "--samples", "2", "--epochs", "1",
    "--heldout-cap", "8", "--kind", "local", "--quiet",
]  # fmt: skip


def command(out, *words):
    return [sys.executable, "-m", "veriloop.cli", *words, *(["--out", str(out)] if out else [])]


def kill_when_there(arguments, file, log):
    """Start, and kill without warning as soon as ``file`` is there."""
    with open(log, "w") as stream:
        running = subprocess.Popen(arguments, stdout=stream, stderr=stream)
        while not file.exists() and running.poll() is None:
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert file.exists(), Path(log).read_text()


@pytest.mark.usefixtures("one_cpu")
@pytest.mark.skipif(not CRITIC.is_dir(), reason="the critic is not in this installation")
def test_a_killed_run_goes_on_and_the_page_comes_from_the_records(tmp_path):
    out = tmp_path / "scrit"
    full = command(out, "run", "scrit", *OPTIONS)
    kill_when_there(full, out / "models/contrastive-8/training.json", tmp_path / "log")
    before = {
        file: file.stat().st_mtime_ns
        for folder in ("solutions", "round-1", "models/contrastive-8")
        for file in (out / folder).rglob("*")
        if file.suffix in (".parquet", ".safetensors")
    }
    made = subprocess.run(full, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
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
    again = subprocess.run(command(None, "report", str(out)), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
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
