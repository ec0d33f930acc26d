import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.abacus import checkpoint, fingerprint, problems, split_of, training_record
from veriloop.abacus.corpus import judge_pairs, policy_pairs, tokenizer_texts
from veriloop.abacus.pretrain import TrainingPlan, encode, train
from veriloop.abacus.tokenizer import PROTOCOL, build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(tokenizer_texts(0, 500))


@pytest.fixture(scope="module")
def shipped():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint("policy"))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_survives_the_tokenizer(tokenizer, text):
    import unicodedata

    text = unicodedata.normalize("NFC", text)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_digits_delimiter_and_tags_are_single_tokens(tokenizer):
    assert tokenizer.encode("12+5=17\n\n17-3=14").tokens.count("ĊĊ") == 1
    assert tokenizer.encode("147").tokens == ["1", "4", "7"]
    assert all(len(tokenizer.encode(piece).ids) == 1 for piece in PROTOCOL)


def test_auto_tokenizer_reads_the_shipped_files_alike(tokenizer, shipped):
    from tokenizers import Tokenizer

    raw = Tokenizer.from_file(str(checkpoint("policy") / "tokenizer.json"))
    for user, assistant in itertools.islice(judge_pairs(9), 100):
        for text in (user, assistant, f"{user}\n\n{assistant}"):
            assert shipped.encode(text, add_special_tokens=False) == raw.encode(text).ids
            assert shipped.decode(raw.encode(text).ids) == text


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


def test_models_saw_only_the_pretraining_split():
    later = {i.text for s in ("train", "heldout") for i in problems(0, 500, s)}
    for user, _ in itertools.islice(policy_pairs(0), 500):
        assert user.startswith("Practice.") or split_of(user) == "pretrain"
        assert user not in later
    for user, _ in itertools.islice(judge_pairs(1), 500):
        if user.startswith("<math_problem>"):
            assert split_of(user.split("\n")[1]) == "pretrain"


def test_training_learns_and_repeats_exactly(tmp_path, tokenizer):
    def run(name, seed):
        plan = TrainingPlan("policy", seed, steps=6, tokens=512, hidden=32, layers=1, warmup=2)
        return train(plan, tmp_path / name, quiet=True, evaluate=2, tokenizer=tokenizer)

    first, again, other = run("a", 0), run("b", 0), run("c", 5)
    assert first["sha256"] == again["sha256"] != other["sha256"]
    assert first["final_loss"] < 6.3  # a uniform guess over 512 tokens costs 6.24
    assert json.loads((tmp_path / "a" / "training.json").read_text()) == first


@pytest.mark.parametrize("name", ["policy", "judge"])
def test_shipped_weights_are_what_training_made(name):
    record = training_record(name)
    assert fingerprint(name) == record["sha256"]
    assert record["command"].startswith(f"python -m veriloop.abacus.pretrain {name}")
    assert (checkpoint(name) / "model.safetensors").stat().st_size < 4_000_000


def test_unknown_checkpoint_is_refused():
    with pytest.raises(ValueError, match="'policy' and 'judge'"):
        checkpoint("critic")  # type: ignore[arg-type]


def test_import_is_light():
    import subprocess
    import sys

    code = "import sys, veriloop.abacus; print({'torch','transformers','tokenizers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
