"""``veriloop train`` as it is typed: what is said at the end, and bad input in one line."""

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError
from veriloop.records import Example, ExampleKind, Problem
from veriloop.store.pieces import Table

_spec = importlib.util.spec_from_file_location(
    "training_tests", Path(__file__).parents[1] / "train" / "test_process.py"
)
t = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(t)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return t.tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


def folder(path, examples):
    Table(path / "examples", Example).write_piece(0, examples)
    return path


def train(*words):
    return CliRunner().invoke(app, ["train", *map(str, words), "-q"], catch_exceptions=True)


def labelled(steps, labels, problem="Add numbers, case 0"):
    return Example(ExampleKind.STEP_LABELS, problem, tuple(steps), tuple(labels))


def test_everything_that_a_person_asks_is_said_and_written(base, tmp_path):
    bad = [
        labelled([], []), labelled(["So", ""], [1, 1]), labelled(["", "So"], [1, 1]),
        labelled(["So 1+2.", "a <extra_0> b"], [1, 0]),
        labelled(["Oh 1+1.", "So 1+1.", "So 2+2."], [0, 1, 1]),
        labelled(["word " * 20] * 30, [1] * 30),
    ]  # fmt: skip
    data = folder(tmp_path / "data", [*t.examples(30), *bad])
    held = folder(tmp_path / "held", t.examples(8))
    out = tmp_path / "prm"
    shown = train(
        data, "--base", base, "--out", out, "--validation", held, "--keep", "best", "--epochs", 3,
        "--rate", 1e-3, "--batch", 8, "--micro-batch", 3, "--schedule", "cosine", "--warmup", 0.1,
        "--weight-decay", 0.0, "--gradient-checkpointing", "--save-every", 0,
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    report = json.loads((out / "training.json").read_text())
    balance, losses = report["balance"], report["losses"]
    said = shown.output.splitlines()
    assert said[0] == (
        f"trained on 32 examples, {balance['labels']} steps of which "
        f"{100 * balance['positive']:.1f} % are right, in 12 updates: {out}"
    )
    wrong = sum(0.0 in e.labels for e in t.examples(30)) + 1
    assert (
        said[1]
        == f"solutions: {31 - wrong} right, {wrong} with a wrong step, 1 cut before any is known"
    )
    assert said[2].startswith("first wrong steps: ")
    assert said[3] == "loss by epoch: " + ", ".join(f"{loss:.3f}" for loss in losses)
    assert said[4].startswith("warning: 8 problems are in the training and in the validation")
    assert said[5].startswith("validation F1 by epoch on 8 examples: ")
    assert f"kept epoch {report['kept'] + 1} (" in said[5]
    assert said[6].startswith(f"{report['cut_steps']} steps did not fit")
    assert said[7].startswith("2 steps after a wrong one were left out")
    assert sorted(said[8:]) == [
        "left out: 1 examples, the first in row 31: no steps",
        "left out: 1 examples, the first in row 34: a step holds the separator '<extra_0>'",
        "left out: 2 examples, the first in row 32: a step is empty",
    ]
    config = report["config"]
    assert (config["schedule"], config["micro_batch"], config["keep"]) == ("cosine", 3, "best")
    assert config["gradient_checkpointing"] is True
    assert len(report["validation"]) == len(losses) == 3
    assert ProcessRewardModel.load(out).head == "linear"


def test_a_finished_model_is_not_replaced_by_another_unasked(base, tmp_path):
    data, out = folder(tmp_path / "data", t.examples(8)), tmp_path / "prm"
    assert train(data, "--base", base, "--out", out).exit_code == 0
    made = (out / "model.safetensors").read_bytes()
    assert train(data, "--base", base, "--out", out).exit_code == 0  # the same one is kept
    refused = train(data, "--base", base, "--out", out, "--seed", 1)
    assert isinstance(refused.exception, InputError)
    assert "another model is here" in str(refused.exception)
    assert (out / "model.safetensors").read_bytes() == made
    assert train(data, "--base", base, "--out", out, "--seed", 1, "--fresh").exit_code == 0
    assert (out / "model.safetensors").read_bytes() != made


def test_a_share_is_held_out_by_problem(base, tmp_path):
    data = [*t.examples(20), *t.examples(20)]  # two solutions of each problem
    given = folder(tmp_path / "data", data)
    shown = train(given, "--base", base, "--out", tmp_path / "prm", "--validation-share", 0.2)
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "prm" / "training.json").read_text())
    assert (report["examples"], report["held_out"]["examples"]) == (32, 8)
    assert report["held_out"]["shared_problems"] == 0
    assert "warning" not in shown.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--on-truncation", "error"), r"^row 31: .* 1 of its 2 steps would be lost"),
        (("--keep", "best"), "needs validation examples"),
        (("--validation-share", "2"), "between 0 and 1"),
        (("--validation-share", ".5", "--validation", "x"), "not both"),
        (("--schedule", "steps"), "linear, cosine, constant"),
        (("--validation", "problems"), "there are no examples here"),
        (("--max-tokens", "3"), "no step fits within 3 tokens"),
        (("--base", "nowhere"), "not the folder of a checkpoint"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(base, tmp_path, words, said):
    long = labelled(["a", "word " * 300], [1, 0])
    data = folder(tmp_path / "data", [*t.examples(30), long])
    Table(tmp_path / "problems" / "problems", Problem).write_piece(0, [Problem("t", "p")])
    words = [str(tmp_path / word) if word == "problems" else word for word in words]
    if "--base" not in words:
        words += ["--base", str(base)]
    shown = train(data, *words, "--out", tmp_path / "prm")
    assert isinstance(shown.exception, InputError), shown.output
    with pytest.raises(InputError, match=said):
        raise shown.exception
    assert "\n" not in str(shown.exception)
    assert not (tmp_path / "prm").exists()


def test_a_folder_of_examples_of_another_kind_says_what_they_are(base, tmp_path):
    given = [Example(ExampleKind.DEMONSTRATION, "p", (str(i),)) for i in range(3)]
    shown = train(folder(tmp_path / "d", given), "--base", base, "--out", tmp_path / "prm")
    assert str(shown.exception).endswith("demonstration, not step labels")
