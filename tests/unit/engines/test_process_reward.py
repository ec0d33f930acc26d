import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import AutoTokenizer

from veriloop.engines.heads import HEADS
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import SEPARATOR, Encoded, SeparatorInStep
from veriloop.errors import InputError

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)
PROBLEM, STEPS, SOLUTIONS = tiny.PROBLEM, tiny.STEPS, tiny.SOLUTIONS
SYSTEM = r"Please reason step by step, and put your final answer within \boxed{}."


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("other"), seed=7, tied=False)


def create(base, other, head):
    return ProcessRewardModel.create(base, head=head, reference=None if head == "linear" else other)


def tensors(folder):
    with safe_open(folder / "model.safetensors", "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


# ---- the published layout ------------------------------------------------------------------------------------


def test_linear_checkpoint_has_the_published_names_and_shapes(base, tmp_path):
    ProcessRewardModel.create(base).save(tmp_path)
    weights, config = tensors(tmp_path), json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["Qwen2ForProcessRewardModel"]
    head = {name: tuple(w.shape) for name, w in weights.items() if not name.startswith("model.")}
    assert head == {
        "score.0.weight": (32, 32),
        "score.0.bias": (32,),
        "score.2.weight": (2, 32),
        "score.2.bias": (2,),
    }
    body = {name for name in weights if name.startswith("model.")}
    assert body == {name for name in tensors(base) if name.startswith("model.")}
    assert {"model.embed_tokens.weight", "model.layers.1.self_attn.k_proj.bias"} <= body
    assert (tmp_path / "tokenizer.json").is_file()


def plain_scores(weights, ids, places, *, heads=4, kv=2, layers=2):
    """Qwen2 and the head written out in NumPy, one sequence, float64."""
    w = {name: x.double().numpy() for name, x in weights.items()}
    x = w["model.embed_tokens.weight"][list(ids)]
    length, width = x.shape
    size = width // heads
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, size, 2) / size)
    cos, sin = np.cos(angles), np.sin(angles)

    def norm(x, scale):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * scale

    def turn(x):
        a, b = x[..., : size // 2], x[..., size // 2 :]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    for i in range(layers):
        at = f"model.layers.{i}."

        def linear(name, x, at=at):
            y = x @ w[f"{at}{name}.weight"].T
            return y + w[f"{at}{name}.bias"] if f"{at}{name}.bias" in w else y

        h = norm(x, w[f"{at}input_layernorm.weight"])
        q = turn(linear("self_attn.q_proj", h).reshape(length, heads, size).transpose(1, 0, 2))
        k = turn(linear("self_attn.k_proj", h).reshape(length, kv, size).transpose(1, 0, 2))
        v = linear("self_attn.v_proj", h).reshape(length, kv, size).transpose(1, 0, 2)
        k, v = k.repeat(heads // kv, 0), v.repeat(heads // kv, 0)
        logits = q @ k.transpose(0, 2, 1) / math.sqrt(size)
        logits += np.triu(np.full((length, length), -np.inf), 1)
        weight = np.exp(logits - logits.max(-1, keepdims=True))
        mixed = (weight / weight.sum(-1, keepdims=True)) @ v
        x = x + linear("self_attn.o_proj", mixed.transpose(1, 0, 2).reshape(length, width))
        h = norm(x, w[f"{at}post_attention_layernorm.weight"])
        gate = linear("mlp.gate_proj", h)
        x = x + linear("mlp.down_proj", gate / (1 + np.exp(-gate)) * linear("mlp.up_proj", h))
    x = norm(x, w["model.norm.weight"])[list(places)]
    x = np.maximum(x @ w["score.0.weight"].T + w["score.0.bias"], 0)
    x = x @ w["score.2.weight"].T + w["score.2.bias"]
    return np.exp(x[:, 1]) / np.exp(x).sum(-1)


def test_linear_scores_equal_a_plain_forward_pass_at_the_separators(base, tmp_path):
    model = ProcessRewardModel.create(base, seed=3)
    model.save(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(base)
    separator = tokenizer.convert_tokens_to_ids(SEPARATOR)
    # As the model card writes it: the steps joined by the separator, and one at the end.
    text = (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{PROBLEM}<|im_end|>\n"
        f"<|im_start|>assistant\n{SEPARATOR.join(STEPS)}{SEPARATOR}"
    )
    ids = tokenizer(text)["input_ids"]
    places = [i for i, token in enumerate(ids) if token == separator]
    encoded = model.encode(PROBLEM, STEPS)
    assert encoded == Encoded(tuple(ids), 0, tuple(places))
    expected = plain_scores(tensors(tmp_path), ids, places)
    assert np.ptp(expected) > 1e-3  # the network tells the places apart
    np.testing.assert_allclose(model.score([encoded])[0], expected, atol=1e-5)


def test_the_configuration_says_all_that_a_server_reads(tmp_path):
    """The keys of the published config.json that decide a forward pass, where its readers look for them."""
    base = tiny.save_checkpoint(
        tmp_path / "base", rope_parameters={"rope_type": "default", "rope_theta": 1e6}
    )
    ProcessRewardModel.create(base).save(tmp_path / "prm")
    config = json.loads((tmp_path / "prm" / "config.json").read_text())
    expected = {
        "architectures": ["Qwen2ForProcessRewardModel"], "model_type": "qwen2", "hidden_act": "silu",
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6, "use_sliding_window": False,
        "vocab_size": json.loads((base / "config.json").read_text())["vocab_size"],
    }  # fmt: skip
    assert {key: config.get(key) for key in expected} == expected
    assert "auto_map" not in config  # no code of the checkpoint's own is needed
    vocabulary = json.loads((tmp_path / "prm" / "tokenizer.json").read_text())["added_tokens"]
    (separator,) = [token for token in vocabulary if token["content"] == SEPARATOR]
    assert separator["special"]
    assert separator["id"] < len(tensors(tmp_path / "prm")["model.embed_tokens.weight"])
    # What an older reader makes of it, which knows of no rope_parameters, is the same model.
    loaded = ProcessRewardModel.load(tmp_path / "prm")
    before = loaded.score([loaded.encode(PROBLEM, STEPS)])
    del config["rope_parameters"], config["process_reward"]
    (tmp_path / "prm" / "config.json").write_text(json.dumps(config))
    older = ProcessRewardModel.load(tmp_path / "prm")
    assert older.network.config.rope_parameters["rope_theta"] == 1e6
    assert older.score([older.encode(PROBLEM, STEPS)]) == before


def test_a_published_checkpoint_that_knows_nothing_of_us_loads(base, tmp_path):
    model = ProcessRewardModel.create(base)
    model.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["process_reward"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    loaded = ProcessRewardModel.load(tmp_path)
    encoded = loaded.encode(PROBLEM, STEPS)
    assert (loaded.head, encoded) == ("linear", model.encode(PROBLEM, STEPS))
    assert loaded.score([encoded]) == model.score([encoded])


def test_a_tokenizer_without_separator_gets_one_and_the_embedding_grows(tmp_path):
    base = tiny.save_checkpoint(tmp_path / "base", separator=False)
    before = tensors(base)["model.embed_tokens.weight"]
    model = ProcessRewardModel.create(base)
    model.save(tmp_path / "prm")
    after = tensors(tmp_path / "prm")["model.embed_tokens.weight"]
    assert len(after) == len(before) + 1
    assert torch.equal(after[: len(before)], before)
    loaded = ProcessRewardModel.load(tmp_path / "prm")
    encoded = loaded.encode(PROBLEM, STEPS)
    assert [encoded.ids[end] for end in encoded.ends] == [len(before)] * len(STEPS)
    assert loaded.score([encoded]) == model.score([encoded])


# ---- every head ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", HEADS)
def test_one_pass_in_batches_equals_reading_every_prefix_alone(base, other, head):
    model = create(base, other, head)
    fast = model.score([model.encode(PROBLEM, steps) for steps in SOLUTIONS], batch_tokens=300)
    fresh = create(base, other, head)
    for steps, scores in zip(SOLUTIONS, fast, strict=True):
        assert len(scores) == len(steps)
        for i, score in enumerate(scores):
            fresh._models_hash = f"{steps} {i}"  # nothing is shared with another pass
            alone = fresh.score([fresh.encode(PROBLEM, steps[: i + 1])])[0]
            assert alone[-1] == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_a_saved_model_scores_as_it_did(base, other, head, tmp_path):
    model = create(base, other, head)
    model.save(tmp_path)
    loaded = ProcessRewardModel.load(tmp_path)
    encoded = [loaded.encode(PROBLEM, steps) for steps in SOLUTIONS]
    assert encoded == [model.encode(PROBLEM, steps) for steps in SOLUTIONS]
    assert loaded.score(encoded) == model.score(encoded)
    assert str(base.parent) not in (tmp_path / "config.json").read_text()


@pytest.mark.parametrize("head", HEADS)
def test_a_step_that_holds_the_separator_is_refused(base, other, head):
    with pytest.raises(SeparatorInStep, match="step 1"):
        create(base, other, head).encode(PROBLEM, ["fine", f"a{SEPARATOR}b"])


@pytest.mark.parametrize("head", HEADS)
def test_the_head_is_drawn_from_the_seed(base, other, head):
    a, b, c = (
        ProcessRewardModel.create(base, head=head, seed=seed).network.state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert any(not torch.equal(a[name], c[name]) for name in a)


# ---- surprise ------------------------------------------------------------------------------------------------


def test_what_was_read_before_costs_no_pass_and_has_the_same_bits(base):
    first, second = (ProcessRewardModel.create(base, head="surprise", seed=s) for s in (0, 1))
    own = f"{PROBLEM} Only this test reads it."  # passes are remembered in the process
    encoded = [first.encode(own, steps) for steps in SOLUTIONS]
    rows = first.inputs(encoded)
    second._owner()
    second.network.base.model.embed_tokens.weight.data.zero_()  # another pass would show
    again = second.inputs(encoded)
    assert all(torch.equal(a, b) for a, b in zip(rows, again, strict=True))
    alone = second.inputs(encoded[:1])[0]  # not the same pass: read anew
    assert not torch.allclose(alone, rows[0])


# ---- what cannot be used -------------------------------------------------------------------------------------


def test_what_cannot_be_used_is_refused_in_words(base, tmp_path):
    with pytest.raises(InputError, match=r"no config\.json"):
        ProcessRewardModel.create(tmp_path)
    with pytest.raises(InputError, match="not a process reward model"):
        ProcessRewardModel.load(base)
    with pytest.raises(InputError, match="choose one of linear"):
        ProcessRewardModel.create(base, head="quadratic")
    with pytest.raises(InputError, match="one model's hidden states"):
        ProcessRewardModel.create(base, head="linear", reference=base)
    with pytest.raises(InputError, match="dtype"):
        ProcessRewardModel.create(base, dtype="float33")
    foreign = tiny.save_checkpoint(tmp_path / "foreign", words=265)
    with pytest.raises(InputError, match="same tokens"):
        ProcessRewardModel.create(base, head="surprise", reference=foreign)
    config = json.loads((base / "config.json").read_text()) | {"model_type": "llama"}
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="qwen2 checkpoint, this one is 'llama'"):
        ProcessRewardModel.create(tmp_path / "llama")
