"""Every published head against a plain computation: one prefix, one unpadded pass, as its authors read it."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification, AutoTokenizer

from veriloop.engines.published_heads import PublishedReader
from veriloop.engines.step_reader import open_reader
from veriloop.errors import InputError

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).with_name("tiny_published.py")
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
PROBLEM = published.tiny.PROBLEM


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    return {
        "math-shepherd": published.shepherd(root / "shepherd"),
        "skywork": published.skywork(root / "skywork"),
        "token-classification": published.classifier(root / "classifier"),
    }


def shepherd_slowly(folder, steps):
    """The tag and the candidates by their ids, in the one text that the published example writes."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    plus, minus, tag = (tokenizer(f"x {text}")["input_ids"][-1] for text in ("+", "-", "ки"))
    lines = [f"Step {i}: {step}".rstrip() + " ки" for i, step in enumerate(steps, 1)]
    found = []
    for end in range(1, len(lines) + 1):
        ids = tokenizer(PROBLEM + " " + "\n".join(lines[:end]))["input_ids"]
        assert ids[-1] == tag
        logits = model(torch.tensor([ids])).logits[0, -1]
        found.append(torch.softmax(logits[[plus, minus]], -1)[0].item())
    return found


def skywork_slowly(folder, steps):
    """The value head on the last hidden state, step by step of the published preparation of its input."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    weights = load_file(folder / "model.safetensors")
    weight, bias = weights["v_head.summary.weight"], weights["v_head.summary.bias"]
    newline = tokenizer.encode("\n")[-1]
    ids = tokenizer.encode(tokenizer.bos_token + PROBLEM + "\n")
    found = []
    for step in steps:
        for line in step.split("\n"):
            ids += ([] if line == "" else tokenizer.encode(line)) + [newline]
        states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1]
        found.append(torch.sigmoid(states[0, -1] @ weight[0] + bias[0]).item())
    return found


def classifier_slowly(folder, steps, separator="\n\n"):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer(PROBLEM)["input_ids"]
    found = []
    for step in steps:
        ids += tokenizer(step)["input_ids"] + tokenizer(separator)["input_ids"]
        found.append(model(torch.tensor([ids])).logits[0, -1].softmax(-1)[1].item())
    return found


SLOWLY = {
    "math-shepherd": shepherd_slowly,
    "skywork": skywork_slowly,
    "token-classification": classifier_slowly,
}


@torch.no_grad()
@pytest.mark.parametrize("layout", SLOWLY)
def test_one_padded_pass_gives_what_the_plain_computation_gives(folders, layout):
    reader = open_reader(folders[layout], layout)
    solutions = [*published.tiny.SOLUTIONS, *published.ragged()[:-1]]
    encoded = [reader.encode(PROBLEM, steps) for steps in solutions]
    for batch_tokens in (200, 4096):
        scores = reader.score(encoded, batch_tokens)
        for steps, row in zip(solutions, scores, strict=True):
            assert row == pytest.approx(SLOWLY[layout](folders[layout], steps), abs=1e-5)
    flat = [x for row in scores for x in row]
    assert max(flat) - min(flat) > 0.1  # the head tells places apart


@pytest.mark.parametrize("layout", SLOWLY)
def test_what_shares_a_batch_changes_no_score(folders, layout):
    reader = open_reader(folders[layout], layout)
    encoded = [reader.encode(PROBLEM, steps) for steps in published.ragged()]
    together = reader.score(encoded, 100_000)
    for one, row in zip(encoded, together, strict=True):
        assert reader.score([one]) == [pytest.approx(row, abs=1e-6)]


def test_the_layout_is_read_off_the_folder_but_for_the_one_that_cannot_be(folders):
    for layout in ("skywork", "token-classification"):
        assert isinstance(open_reader(folders[layout]), PublishedReader)
    with pytest.raises(InputError, match="math-shepherd:PATH"):
        open_reader(folders["math-shepherd"])


@torch.no_grad()
def test_a_value_head_in_another_shard_and_in_an_old_file(folders, tmp_path):
    shards = open_reader(published.skywork(tmp_path / "shards", shards=True))
    whole = open_reader(folders["skywork"])
    encoded = [whole.encode(PROBLEM, published.tiny.STEPS)]
    assert shards.score(encoded) == whole.score(encoded)
    old = published.skywork(tmp_path / "old")
    torch.save(load_file(old / "model.safetensors"), old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    assert open_reader(old).score(encoded) == whole.score(encoded)


@torch.no_grad()
def test_a_classifier_with_one_label_gives_a_squashed_logit(tmp_path):
    folder = published.classifier(tmp_path, labels=1)
    reader = open_reader(folder, separator="\n")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer(PROBLEM)["input_ids"] + tokenizer("So 15.")["input_ids"]
    ids += tokenizer("\n")["input_ids"]
    logit = model(torch.tensor([ids])).logits[0, -1, 0]
    (scores,) = reader.score([reader.encode(PROBLEM, ["So 15."])])
    assert scores == pytest.approx([torch.sigmoid(logit).item()], abs=1e-6)


def test_what_does_not_have_the_layout_is_refused_in_words(folders, tmp_path):
    with pytest.raises(InputError, match=r"holds no v_head\.summary\.weight"):
        open_reader(folders["math-shepherd"], "skywork")
    with pytest.raises(InputError, match="no single token for ' ки'"):
        open_reader(folders["token-classification"], "math-shepherd")
    with pytest.raises(InputError, match="has 3"):
        open_reader(published.classifier(tmp_path / "three", labels=3))
    with pytest.raises(InputError, match="orm:PATH"):
        open_reader(published.classifier(tmp_path / "whole", kind="Sequence"))
    both_ways = tmp_path / "bert"
    both_ways.mkdir()
    config = {"model_type": "bert", "architectures": ["BertForTokenClassification"]}
    (both_ways / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="see what comes after it"):
        open_reader(both_ways)
