import json

import pytest

from veriloop.engines.layouts import LAYOUTS, layout_of, read_config, weight_names
from veriloop.errors import InputError


def folder(path, *, tensors=(), index=(), **config):
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    if tensors:
        header = {name: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for name in tensors}
        text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
        (path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    if index:
        where = dict.fromkeys(index, "model-00001-of-00001.safetensors")
        text = json.dumps({"metadata": {}, "weight_map": where})
        (path / "model.safetensors.index.json").write_text(text)
    return path


@pytest.mark.parametrize(
    ("architecture", "layout"),
    [
        ("Qwen2ForProcessRewardModel", "process"),
        ("Qwen2ForSurpriseProcessRewardModel", "process"),
        ("Qwen2ForPrmModel", "skywork"),
        ("Qwen2ForTokenClassification", "token-classification"),
        ("LlamaForTokenClassification", "token-classification"),
        ("Qwen2ForSequenceClassification", "outcome"),
        ("LlamaForSequenceClassification", "outcome"),
        ("Qwen2ForRewardModel", "outcome"),
    ],
)
def test_architectures_tell_the_layout(tmp_path, architecture, layout):
    assert layout_of(folder(tmp_path, architectures=[architecture])) == layout
    assert layout in LAYOUTS


def test_a_value_head_among_the_weights_tells_skywork(tmp_path):
    names = ("model.norm.weight", "v_head.summary.weight", "v_head.summary.bias")
    one = folder(tmp_path / "one", tensors=names, architectures=["Qwen2ForCausalLM"])
    assert layout_of(one) == "skywork"
    assert weight_names(one) == set(names)
    many = folder(tmp_path / "many", index=names, architectures=["Qwen2ForCausalLM"])
    assert layout_of(many) == "skywork"
    plain = folder(tmp_path / "plain", tensors=names[:1], architectures=["Qwen2ForCausalLM"])
    with pytest.raises(
        InputError, match=r"Qwen2ForCausalLM is not a process reward model.*math-sh"
    ):
        layout_of(plain)


def test_what_is_no_checkpoint_is_refused_with_its_file(tmp_path):
    with pytest.raises(InputError, match=r"holds no config\.json"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text("[1")
    with pytest.raises(InputError, match=r"config\.json: not JSON"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(InputError, match=r"config\.json: not JSON"):
        layout_of(tmp_path)
    with pytest.raises(InputError, match="nothing is not a process reward model"):
        layout_of(folder(tmp_path))
