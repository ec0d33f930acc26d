"""A random Qwen2 with a byte-level tokenizer of its own, for the tests of process reward models."""

import json
from pathlib import Path

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SEPARATOR = "<extra_0>"
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# How every Qwen2 tokenizer cuts text before it merges.
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXTS = ["Ann has 12 coins.\n\nSo 12+3=15.\n\n", "Then 15*2=30.\n\nThe answer is 30.\n\n"] * 4


def save_checkpoint(
    path: Path, *, seed=0, separator=True, tied=True, words=330, texts=None, **sizes
) -> Path:
    """A Qwen2 checkpoint whose tokenizer merges across blank lines (".\\n\\n" is one token)."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    path.mkdir(parents=True, exist_ok=True)
    count = save_tokenizer(path, words=words, separator=separator, texts=texts or TEXTS)
    torch.manual_seed(seed)
    shape = {
        "vocab_size": count, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
        "tie_word_embeddings": tied, "initializer_range": 0.3, **sizes,
    }  # fmt: skip
    model = Qwen2ForCausalLM(Qwen2Config(**shape, bos_token_id=None, pad_token_id=0))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.5, 1.5)
            if name.endswith("bias"):
                weight.normal_(0, 0.3)
    model.save_pretrained(path)
    return path


def save_tokenizer(path: Path, *, words: int, separator: bool, texts=TEXTS) -> int:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PIECES), behavior="isolated")
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, letters])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=words, initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    special = [*SPECIAL, *([SEPARATOR] if separator else [])]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in special])
    tokenizer.save(str(path / "tokenizer.json"))
    config = {
        "tokenizer_class": "Qwen2Tokenizer", "model_max_length": 256, "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>", "clean_up_tokenization_spaces": False,
        "extra_special_tokens": ["<|im_start|>", *([SEPARATOR] if separator else [])],
    }  # fmt: skip
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    (path / "chat_template.jinja").write_text(TEMPLATE)
    return tokenizer.get_vocab_size()


PROBLEM = "Ann has 12 coins and finds 3 more. Then she doubles them. How many?"
STEPS = ("So 12+3=15.", "Then 15*2=30.", "The answer is \\boxed{30}.")
SOLUTIONS = (
    STEPS,
    ("12 plus 3 is 15.",),
    ("12+3=16", "", "16*2=32.\nThat is\tmany: 32 €", "32"),
    ("Ann", "has", "12", "coins", "so", "it", "is", "30"),
)
