import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError
from veriloop.records import Example
from veriloop.store.pieces import Table
from veriloop.train.process import REPORT
from veriloop.train.ranks import CONFIGS, Ranks, check_launch, joined, launched, leads, whole
from veriloop.train.step_examples import hold_out

_spec = importlib.util.spec_from_file_location(
    "training_tests", Path(__file__).with_name("test_process.py")
)
t = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(t)
ROOT = Path(__file__).parents[3]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def kill_at_5(progress):
    if progress.step == 5:
        raise t.Killed


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same training by one process and by two in several ways; each folder holds a checkpoint."""
    out = tmp_path_factory.mktemp("runs")
    base = t.tiny.save_checkpoint(out / "base")
    data, held = t.examples(21), t.examples(9, seed=4)
    t.train_process(data, t.together(base, out / "alone"), validation=held)
    t.train_process(
        data, t.together(base, out / "alone-half", dtype="bfloat16", epochs=1), validation=held
    )
    stopped = t.together(base, out / "state of one", save_every=3)
    with pytest.raises(t.Killed):
        t.train_process(data, stopped, validation=held, on_progress=kill_at_5)
    for name in ("copied-on", "sharded-on"):
        shutil.copytree(out / "state of one", out / name)
    Table(out / "data" / "examples", Example).write_piece(0, t.examples(20))
    script = Path(__file__).with_name("learn_together.py")
    launch = ["-m", "accelerate.commands.launch", "--config_file", str(CONFIGS / "fsdp.yaml"),
              "--num_processes", "2", "--main_process_port", "0"]  # fmt: skip
    common = os.environ | {
        "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1",
        "NEXT_PORT": str(free_port()),
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, *launch, str(script), str(base), str(out)],
        env=common, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (out / "killed" / "training.state").is_file(), made.stderr
    (out / "stdout").write_text(made.stdout)
    (out / "stderr").write_text(made.stderr)
    shutil.copytree(out / "killed", out / "state of two")
    return out


def report(folder):
    return json.loads((folder / REPORT).read_text())


def check_same_scores(*folders):
    one, two = map(ProcessRewardModel.load, folders)
    encoded = [one.encode(t.tiny.PROBLEM, steps) for steps in t.tiny.SOLUTIONS]
    for ours, theirs in zip(one.score(encoded), two.score(encoded), strict=True):
        assert theirs == pytest.approx(ours, abs=1e-5)


SAME = ("copied", "sharded", "copied-on", "sharded-on")


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_two_processes_learn_what_one_does(runs, name):
    one, two = report(runs / "alone"), report(runs / name)
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)
    assert two["validation"] == one["validation"]
    for same in ("fingerprint", "balance", "steps", "kept", "examples", "held_out", "separator"):
        assert two[same] == one[same]
    assert two["resumed_from"] == (3 if name.endswith("-on") else 0)
    ours, theirs = t.weights(runs / "alone"), t.weights(runs / name)
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        torch.testing.assert_close(theirs[key], value, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_what_two_processes_save_is_an_ordinary_checkpoint(runs, name):
    files = {p.name: p.stat().st_mode for p in (runs / "alone").iterdir()}
    assert {p.name: p.stat().st_mode for p in (runs / name).iterdir()} == files
    for text in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        assert (runs / name / text).read_text() == (runs / "alone" / text).read_text()
    check_same_scores(runs / "alone", runs / name)


@pytest.mark.slow
def test_the_gradient_of_two_processes_is_that_of_the_whole_batch(runs):
    """AdamW's first moments are sums of gradients alone: these are compared, and not what it makes of them."""
    one, two = (
        torch.load(runs / f"state of {who}" / "training.state", weights_only=True)
        for who in ("one", "two")
    )
    assert one["step"] == two["step"] == 3
    ours, theirs = one["optimiser"]["state"], two["optimiser"]["state"]
    assert ours.keys() == theirs.keys()
    for place, moments in ours.items():
        torch.testing.assert_close(
            theirs[place]["exp_avg"], moments["exp_avg"], atol=1e-6, rtol=1e-5
        )


@pytest.mark.slow
def test_one_process_goes_on_from_the_shards_of_two_that_were_killed(runs):
    learn = t.together(runs / "base", runs / "killed")
    went_on = t.train_process(t.examples(21), learn, validation=t.examples(9, seed=4))
    assert went_on.resumed_from == 3
    for key, value in t.weights(runs / "alone").items():
        torch.testing.assert_close(t.weights(runs / "killed")[key], value, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_only_the_first_process_shows_progress_and_writes(runs):
    steps = report(runs / "alone")["steps"]
    assert (runs / "progress").read_text() == "".join(f"0 {i}\n" for i in range(1, steps + 1))


@pytest.mark.slow
def test_bfloat16_by_shards_is_bfloat16_with_weights_in_float32(runs):
    one, two = report(runs / "alone-half"), report(runs / "half")
    assert two["losses"] == pytest.approx(one["losses"], abs=0.02)
    assert {w.dtype for w in t.weights(runs / "half").values()} == {torch.float32}


def test_alone_without_a_launcher(tmp_path):
    assert (launched(), leads()) == (1, True)
    with joined("cpu", "float32") as ranks:
        assert ranks == Ranks() == eval(repr(ranks))
    assert (ranks.total(2.5), ranks.gather("a"), ranks.same(3, "numbers")) == (2.5, ["a"], 3)
    weight = torch.nn.Parameter(torch.ones(2))
    assert whole(weight).tolist() == [1, 1]


FSDP = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}


def test_what_a_launcher_asks_for_is_done_or_refused():
    assert check_launch({}, "float32") is False
    assert check_launch(FSDP, "float32") is True
    assert check_launch(FSDP | {"ACCELERATE_MIXED_PRECISION": "bf16"}, "bfloat16") is True
    assert check_launch({"ACCELERATE_MIXED_PRECISION": "no"}, "bfloat16") is False


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, "asks for deepspeed"),
        ({"ACCELERATE_USE_MEGATRON_LM": "true"}, "asks for megatron_lm"),
        ({"ACCELERATE_MIXED_PRECISION": "bf16"}, "'bf16' and the training for dtype 'float32'"),
        ({"ACCELERATE_MIXED_PRECISION": "fp8"}, "say it with --dtype"),
        ({"ACCELERATE_USE_FSDP": "true"}, "fsdp_version: 2"),
        (FSDP | {"FSDP_OFFLOAD_PARAMS": "true"}, "fsdp_offload_params: false"),
        (FSDP | {"FSDP_ACTIVATION_CHECKPOINTING": "true"}, "--gradient-checkpointing"),
    ],
)
def test_a_launchers_wish_that_would_be_ignored_is_refused(environ, said):
    with pytest.raises(InputError, match=said):
        check_launch(environ, "float32")


def test_the_shipped_configurations_ask_for_what_is_done():
    files = {path.name: yaml.safe_load(path.read_text()) for path in CONFIGS.glob("*.yaml")}
    assert sorted(files) == ["ddp.yaml", "fsdp.yaml"]
    for name, config in files.items():
        environ = {f"{key.upper()}": str(v) for key, v in config.get("fsdp_config", {}).items()}
        environ["ACCELERATE_USE_FSDP"] = str(config["distributed_type"] == "FSDP")
        environ["ACCELERATE_MIXED_PRECISION"] = config["mixed_precision"]
        assert check_launch(environ, "bfloat16") is (name == "fsdp.yaml")


@pytest.mark.slow
def test_the_command_under_the_shipped_fsdp_configuration_trains_saves_and_scores(runs):
    said, seen = (runs / "stdout").read_text(), (runs / "stderr").read_text()
    assert said.count("trained on 16 examples") == 1
    assert said.count("by 2 processes") == 1
    # the first process alone shows progress, by its first and its last line
    assert seen.count("training launched: 2 items") == 1
    assert seen.count("training launched: 2 of 2") == 1
    learn = t.config(runs / "base", runs / "by one", epochs=1, rate=3e-4, save_every=1)
    kept, held = hold_out(t.examples(20), 0.2, 0)
    alone = t.train_process(kept, learn, validation=held)
    two = report(runs / "launched")
    assert (two["processes"], two["fingerprint"]) == (2, alone.fingerprint)
    assert two["losses"] == pytest.approx(alone.losses, abs=1e-5)
    check_same_scores(runs / "by one", runs / "launched")
    left = {p.name for p in (runs / "launched").iterdir()}
    assert left == {p.name for p in (runs / "by one").iterdir()}


@pytest.mark.slow
def test_processes_without_accelerate_are_told_what_to_install(runs):
    said = (runs / "missing").read_text()
    assert said.startswith("training in several processes needs the module 'accelerate'")
    assert "veriloop[train]" in said
