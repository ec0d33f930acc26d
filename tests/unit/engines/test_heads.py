import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from veriloop.engines.heads import CLASSES, token_classes
from veriloop.engines.process_reward import ProcessRewardModel

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)
PROBLEM = tiny.PROBLEM


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("other"), seed=7, tied=False)


def test_features_are_what_the_language_models_say_of_each_token(base, other):
    model = ProcessRewardModel.create(base, head="surprise", reference=other)
    steps = ("So 12+3=15.", "Then\n30")
    encoded = model.encode(PROBLEM, steps)
    tokenizer = AutoTokenizer.from_pretrained(base)
    prompt = f"<|im_start|>user\n{PROBLEM}<|im_end|>\n<|im_start|>assistant\n"  # no system: none was sampled with
    assert tokenizer.decode(encoded.ids) == prompt + "So 12+3=15.\n\nThen\n30\n\n"
    (features,) = model.inputs([encoded])
    written = encoded.ids[encoded.start :]
    assert features.shape == (len(written), 4 + 4 + len(CLASSES))
    for at, path in ((0, base), (4, other)):
        causal = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
        with torch.no_grad():
            logits = causal(torch.tensor([encoded.ids])).logits[0].double().numpy()
        for i, token in enumerate(written):
            row = logits[encoded.start + i - 1]
            p = np.exp(row - row.max())
            p /= p.sum()
            expected = (
                [0, 1, 0, 0]
                if i in encoded.neutral
                else [
                    max(np.log(p[token]), -20) / 5,
                    p[token],
                    -(p * np.log(p)).sum(),
                    max(np.log(p[token] / p.max()), -20) / 5,
                ]
            )
            np.testing.assert_allclose(features[i, at : at + 4], expected, atol=1e-4)


def test_token_classes_are_read_off_the_text():
    pieces = ["7", " 12", "+", " =", "//", "Ann", " is", "\n\n", "\n", ".", "<|im_end|>", ""]
    named = [CLASSES[i] for i in token_classes(pieces)]
    assert named == [
        "digit", "digit", "operator", "operator", "operator", "letter", "letter", "delimiter",
        "other", "other", "letter", "other",
    ]  # fmt: skip
