"""The command that a user types for several GPUs, with the configuration that ships, on two CPU processes."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.records import Example
from veriloop.store.pieces import Table
from veriloop.train.ranks import CONFIGS

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location(
    "training_tests", ROOT / "tests/unit/train/test_process.py"
)
t = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(t)


@pytest.mark.slow
def test_the_shipped_fsdp_configuration_trains_saves_and_scores(tmp_path):
    base = t.tiny.save_checkpoint(tmp_path / "base")
    Table(tmp_path / "data" / "examples", Example).write_piece(0, t.examples(20))
    options = ["--base", str(base), "--epochs", "1", "--rate", "3e-4", "--batch", "8",
               "--micro-batch", "2", "--validation-share", "0.2", "--save-every", "1"]  # fmt: skip
    train = ["-m", "veriloop.cli", "train", str(tmp_path / "data"), *options]
    launch = ["-m", "accelerate.commands.launch", "--config_file", str(CONFIGS / "fsdp.yaml"),
              "--num_processes", "2", "--main_process_port", "0"]  # fmt: skip
    env = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}

    def run(*words):
        return subprocess.run(
            [sys.executable, *words], env=env, capture_output=True, text=True, timeout=300
        )

    made = run(*launch, *train, "--out", str(tmp_path / "two"))
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("trained on 16 examples") == 1
    assert made.stdout.count("by 2 processes") == 1
    assert made.stderr.count("training two: ") == 1  # the first process alone shows progress
    learn = t.ProcessConfig(
        str(base), str(tmp_path / "one"), epochs=1, rate=3e-4, batch=8, save_every=1
    )
    from veriloop.train.step_examples import hold_out

    kept, held = hold_out(t.examples(20), 0.2, 0)
    alone = t.train_process(kept, learn, validation=held)
    report = json.loads((tmp_path / "two" / "training.json").read_text())
    assert (report["processes"], report["fingerprint"]) == (2, alone.fingerprint)
    assert report["losses"] == pytest.approx(alone.losses, abs=1e-5)
    one, two = (ProcessRewardModel.load(tmp_path / name) for name in ("one", "two"))
    encoded = [one.encode(t.tiny.PROBLEM, steps) for steps in t.tiny.SOLUTIONS]
    for ours, theirs in zip(one.score(encoded), two.score(encoded), strict=True):
        assert theirs == pytest.approx(ours, abs=1e-5)
    left = {p.name for p in (tmp_path / "two").iterdir()}
    assert left == {p.name for p in (tmp_path / "one").iterdir()}
