"""Fine-tuning by TRL, against torch by hand: the loss, the resumed weights, and what a model says afterwards."""

import asyncio
import json
import math
import random
import stat
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.cli import app
from veriloop.engines import open_engine
from veriloop.errors import InputError
from veriloop.protocols import Request, Sampling
from veriloop.records import Example, ExampleKind, Message
from veriloop.store.pieces import Table
from veriloop.train.sft import train_sft
from veriloop.train.sft_config import SftConfig


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model of 50,000 random weights with a chat template."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint("policy"))
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=512,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.2,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def examples(count):
    rng = random.Random(0)
    return [
        Example(
            ExampleKind.DEMONSTRATION,
            (Message("user", f"Case {i}: add"),),
            tuple(f"{rng.randint(10, 99)}+{rng.randint(10, 99)}" for _ in range(rng.randint(1, 4))),
        )
        for i in range(count)
    ]


def weights(folder):
    return load_file(folder / "model.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def by_hand(folder, given):
    """Mean cross-entropy of the completions' tokens, one row at a time."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    total, count = 0.0, 0
    for example in given:
        head = f"<|im_start|>user\n{example.prompt[0].content}<|im_end|>\n<|im_start|>assistant\n"
        said = "\n\n".join(example.completions) + "<|im_end|>"
        ids = tokenizer.encode(head, add_special_tokens=False)
        start = len(ids)
        ids += tokenizer.encode(said, add_special_tokens=False)
        with torch.no_grad():
            logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        for place in range(start, len(ids)):
            total -= float(logs[place - 1, ids[place]])
            count += 1
    return total / count, count


def test_the_loss_is_the_cross_entropy_of_the_completions_tokens_alone(base, tmp_path):
    given = examples(3)
    config = SftConfig(str(base), str(tmp_path), batch=3, rate=1e-12, warmup=0.0)
    report = train_sft(given, config)
    loss, count = by_hand(base, given)
    assert report.losses == (pytest.approx(loss, rel=1e-5),)
    assert (report.learnt_tokens, report.steps, report.examples) == (count, 1, 3)
    parts = SftConfig(str(base), str(tmp_path / "parts"), batch=3, micro_batch=1, rate=1e-12)
    assert train_sft(given, parts).losses == (pytest.approx(loss, rel=1e-5),)


def test_eight_rows_are_learnt_by_heart_and_the_engine_says_them(base, tmp_path):
    given = examples(8)
    long = Example(ExampleKind.DEMONSTRATION, "Case 9: add", ("1+1 " * 300,))
    config = SftConfig(
        str(base), str(tmp_path), optimiser="muon", rate=0.02, epochs=40, batch=4, schedule="constant"
    )  # fmt: skip
    report = train_sft([*given, long], config)
    assert report.losses[0] > 1 > 0.05 > report.losses[-1]
    assert [(d.row, d.what) for d in report.quarantined] == [(9, long.id)]
    assert all(stat.S_IMODE(f.stat().st_mode) & 0o644 == 0o644 for f in tmp_path.iterdir())
    assert not (tmp_path / "training.state").exists()

    async def say(engine):
        requests = [Request(e.prompt, Sampling(80, 0.0)) for e in given]
        replies = await asyncio.gather(*map(engine.generate, requests))
        await engine.close()
        return [reply.completions[0].text for reply in replies]

    told = asyncio.run(say(open_engine(f"local:{tmp_path}")))
    assert told == ["\n\n".join(example.completions) for example in given]


def test_a_killed_training_ends_with_the_same_weights_and_a_finished_one_is_kept(base, tmp_path):
    given = examples(10)

    def config(name, **more):
        usual = {"batch": 3, "epochs": 2, "rate": 0.01, "optimiser": "muon", "save_every": 2}
        return SftConfig(str(base), str(tmp_path / name), **(usual | more))

    def stop(progress):
        if progress.step == 6:
            raise KeyboardInterrupt

    whole = train_sft(given, config("whole"))
    with pytest.raises(KeyboardInterrupt):
        train_sft(given, config("killed"), on_progress=stop)
    assert not (tmp_path / "killed/training.json").exists()
    resumed = train_sft(given, config("killed"))
    assert (whole.resumed_from, resumed.resumed_from, whole.steps) == (0, 4, 8)
    assert resumed.losses == whole.losses
    assert same(weights(tmp_path / "killed"), weights(tmp_path / "whole"))
    before = (tmp_path / "whole/model.safetensors").stat().st_mtime_ns
    assert train_sft(given, config("whole")) == whole
    assert (tmp_path / "whole/model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="another model is here"):
        train_sft(given[1:], config("whole"), replace=False)
    account = json.loads((tmp_path / "whole/training.json").read_text())
    assert account["config"]["base"] == base.name
    assert all(map(math.isfinite, account["losses"]))


def test_what_cannot_be_trained_is_one_line(base, tmp_path):
    with pytest.raises(InputError, match=r"no config\.json"):
        train_sft(examples(1), SftConfig(str(tmp_path), str(tmp_path / "out")))
    with pytest.raises(InputError, match="into its own base"):
        train_sft(examples(1), SftConfig(str(base), str(base)))
    labelled = Example(ExampleKind.STEP_LABELS, "p", ("a",), (1.0,))
    with pytest.raises(InputError, match="no example to learn from is left: step_labels"):
        train_sft([labelled], SftConfig(str(base), str(tmp_path / "out")))


def test_without_trl_one_line_names_the_extra_before_models_are_loaded(base, tmp_path):
    program = (
        "import atexit, sys; sys.modules['trl'] = None\n"
        "atexit.register(lambda: print('transformers.modeling_utils' in sys.modules))\n"
        "from veriloop.train.sft import train_sft\n"
        "from veriloop.train.sft_config import SftConfig\n"
        f"train_sft([], SftConfig({str(base)!r}, {str(tmp_path / 'out')!r}))\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (1, "False\n")
    assert made.stderr.strip().splitlines()[-1] == (
        "veriloop.errors.MissingExtra: fine-tuning needs the module 'trl', which is not installed: "
        "pip install 'veriloop[train]'"
    )


def test_the_command_trains_on_a_folder_of_examples_and_says_what_came_of_it(base, tmp_path):
    Table(tmp_path / "rows/examples", Example).write_piece(0, examples(4))
    words = ["train", "sft", tmp_path / "rows", "--base", base, "-o", tmp_path / "out", "-q"]
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0
    first, second = result.output.strip().splitlines()
    assert first.startswith("learnt from 4 examples, ")
    assert second.startswith("loss by epoch: ")
    assert (tmp_path / "out/model.safetensors").is_file()
