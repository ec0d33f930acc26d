"""The trainer: the chat it trains on is the template's, it learns, and a seed gives the same bytes."""

import itertools
import json

from veriloop.abacus import checkpoint
from veriloop.abacus.corpus import policy_pairs
from veriloop.abacus.pretrain import TrainingPlan, encode, train


def test_chat_template_matches_training(shipped):
    from tokenizers import Tokenizer

    raw = Tokenizer.from_file(str(checkpoint("policy") / "tokenizer.json"))
    for pair in itertools.islice(policy_pairs(9), 50):
        ids, begin = encode(raw, pair)
        chat = [{"role": "user", "content": pair[0]}]
        head = shipped.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
        assert head == ids[:begin]
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert shipped.apply_chat_template(chat, tokenize=False) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
    )


def test_training_learns_and_repeats_exactly(tmp_path, tokenizer):
    def run(name, seed):
        plan = TrainingPlan("policy", seed, steps=6, tokens=512, hidden=32, layers=1, warmup=2)
        return train(plan, tmp_path / name, quiet=True, evaluate=2, tokenizer=tokenizer)

    first, again, other = run("a", 0), run("b", 0), run("c", 5)
    assert first["sha256"] == again["sha256"] != other["sha256"]
    assert first["final_loss"] < 6.3  # a uniform guess over 512 tokens costs 6.24
    assert json.loads((tmp_path / "a" / "training.json").read_text()) == first
