"""Tiny random models and tokenizers for the tests of this folder."""

import random
from pathlib import Path


def save_qwen2(path: Path, *, kv=1, tied=True, seed=0, **sizes) -> Path:
    """A random Qwen2 checkpoint whose distributions are neither flat nor degenerate."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    shape = {
        "vocab_size": 407, "hidden_size": 64, "intermediate_size": 176, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": 512, **sizes,
    }  # fmt: skip
    config = Qwen2Config(
        **shape, num_key_value_heads=kv, tie_word_embeddings=tied, initializer_range=0.15,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_(0, 0.3)
            if "norm" in name:
                weight.uniform_(0.5, 1.5)
    model.save_pretrained(path)
    return path


def reference(path: Path):
    """The checkpoint as transformers runs it, float32."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()


def prompts(n, *, vocab=407, seed=0, longest=60):
    rng = random.Random(seed)
    return [
        tuple(rng.randrange(1, vocab) for _ in range(rng.randint(1, longest))) for _ in range(n)
    ]


def run(decoder, sequences):
    handles = [decoder.add(s) for s in sequences]
    decoder.drain()
    return [h.result for h in handles]


def save_word_tokenizer(path: Path) -> Path:
    """A tokenizer of whole words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocab = {w: i for i, w in enumerate(["?", "▁one", "▁two", "▁three", "▁four", "</s>"])}
    backend = Tokenizer(models.WordLevel(vocab, unk_token="?"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>").save_pretrained(path)
    return path
