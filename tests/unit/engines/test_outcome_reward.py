"""Outcome models against one unpadded pass over every prefix by the classes of ``transformers`` themselves."""

import importlib.util
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    Qwen2Model,
)

from veriloop.engines.outcome_reward import OutcomeModel
from veriloop.errors import InputError
from veriloop.text.chats import QWEN_MATH_SYSTEM

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).with_name("tiny_published.py")
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
PROBLEM, STEPS = published.tiny.PROBLEM, published.tiny.STEPS
SOLUTIONS = [*published.tiny.SOLUTIONS, *published.ragged()[:-1]]


def qwen_reward(path):
    """The layout of Qwen2.5-Math-RM: a head of two linear layers, and nothing else new."""
    base = published.tiny.save_checkpoint(path, seed=21)
    torch.manual_seed(22)
    shapes = {"score.0.weight": (32, 32), "score.0.bias": (32,), "score.2.weight": (1, 32)}
    head = {name: torch.randn(shape) / 4 for name, shape in shapes.items()}
    head["score.2.bias"] = torch.randn(1)
    save_file(
        load_file(base / "model.safetensors") | head, base / "model.safetensors", {"format": "pt"}
    )
    published.edit(base / "config.json", architectures=["Qwen2ForRewardModel"])
    return base


def bert(path):
    """A model that attends to both sides, under the same tokenizer."""
    count = len(AutoTokenizer.from_pretrained(published.tiny.save_checkpoint(path)))
    torch.manual_seed(23)
    config = BertConfig(
        vocab_size=count, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=256, num_labels=1, initializer_range=0.3,
    )  # fmt: skip
    (path / "model.safetensors").unlink()
    BertForSequenceClassification(config).save_pretrained(path)
    return path


def sliding(path):
    """A Qwen2 whose tokens see only the eight before them: a tree of tokens would show them more."""
    folder = published.classifier(path, labels=1, kind="Sequence")
    windowed = {"sliding_window": 8, "use_sliding_window": True, "max_window_layers": 0}
    published.edit(folder / "config.json", layer_types=["sliding_attention"] * 2, **windowed)
    return folder


MADE = {
    "one label": lambda path: published.classifier(path, labels=1, kind="Sequence"),
    "two labels": lambda path: published.classifier(path, labels=2, kind="Sequence"),
    "sliding": sliding,
    "bert": bert,
}


@torch.no_grad()
def slowly(folder, model, solutions):
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for steps in solutions:
        rows = [network(torch.tensor([ids])).logits[0] for ids in model.prefixes(PROBLEM, steps)]
        found.append([float(row[0] if len(row) == 1 else row[1] - row[0]) for row in rows])
    return found


@pytest.mark.parametrize("kind", MADE)
def test_every_prefix_gets_the_number_of_a_pass_of_its_own(tmp_path, kind):
    folder = MADE[kind](tmp_path)
    model = OutcomeModel.load(folder)
    assert model.causal == (kind in ("one label", "two labels"))
    asked = [model.prefixes(PROBLEM, steps) for steps in SOLUTIONS]
    expected = slowly(folder, model, SOLUTIONS)
    for batch_tokens in (300, 8192):
        for row, slow in zip(model.logits(asked, batch_tokens), expected, strict=True):
            assert row == pytest.approx(slow, abs=1e-5)
    flat = [x for row in expected for x in row]
    assert max(flat) - min(flat) > 0.1


@torch.no_grad()
def test_qwens_layout_is_read_behind_the_closed_answer(tmp_path):
    folder = qwen_reward(tmp_path)
    model, tokenizer = OutcomeModel.load(folder), AutoTokenizer.from_pretrained(folder)
    (found,) = model.logits([model.prefixes(PROBLEM, STEPS)])
    base, w = (
        Qwen2Model.from_pretrained(folder, dtype=torch.float32).eval(),
        load_file(folder / "model.safetensors"),
    )
    for end, value in enumerate(found, 1):
        text = (
            f"<|im_start|>system\n{QWEN_MATH_SYSTEM}<|im_end|>\n<|im_start|>user\n{PROBLEM}<|im_end|>\n"
            "<|im_start|>assistant\n" + "\n\n".join(STEPS[:end]) + "<|im_end|>\n"
        )
        last = base(torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0, -1]
        inner = torch.relu(w["score.0.weight"] @ last + w["score.0.bias"])
        assert value == pytest.approx(
            float(w["score.2.weight"][0] @ inner + w["score.2.bias"][0]), abs=1e-5
        )


def test_a_long_solution_is_read_in_trees_of_bounded_size(tmp_path):
    base = published.tiny.save_checkpoint(tmp_path / "base", max_position_embeddings=4096)
    torch.manual_seed(3)
    from transformers import Qwen2ForSequenceClassification

    network = Qwen2ForSequenceClassification.from_pretrained(base, num_labels=1)
    network.save_pretrained(tmp_path / "rm")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "rm")
    model = OutcomeModel.load(tmp_path / "rm")
    steps = [f"{i}+1={i + 1}; " * 9 for i in range(20)]
    prefixes = model.prefixes(PROBLEM, steps)
    assert len(prefixes[-1]) > 1024
    (found,) = model.logits([prefixes])
    for i in (0, 11, 19):
        assert found[i] == pytest.approx(model.logits([[prefixes[i]]])[0][0], abs=1e-5)


def test_what_is_no_outcome_model_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="gives no number for an answer"):
        OutcomeModel.load(published.tiny.save_checkpoint(tmp_path / "base"))
    with pytest.raises(InputError, match="1 or 2 labels, this one has 3"):
        OutcomeModel.load(published.classifier(tmp_path / "three", labels=3, kind="Sequence"))
