"""Tiny random models in exactly the layouts in which others published process reward models."""

import importlib.util
import json
import random
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)

# " ки", " +" and " -" become single tokens, as they are in Math-Shepherd's tokenizer.
TEXTS = [*tiny.TEXTS, *["Step 1: 1 + 2 ки\nStep 2: 3 - 1 ки\n"] * 20]


def shepherd(path: Path) -> Path:
    """A causal language model whose tokenizer knows the tag and the two signs."""
    return tiny.save_checkpoint(path, texts=TEXTS, words=400, seed=11, tied=False)


def skywork(path: Path, *, shards: bool = False) -> Path:
    """A Qwen2 with ``v_head.summary`` beside its language model's weights."""
    import torch
    from safetensors.torch import load_file, save_file

    tiny.save_checkpoint(path, seed=12)
    torch.manual_seed(13)
    head = {"v_head.summary.weight": torch.randn(1, 32), "v_head.summary.bias": torch.randn(1)}
    weights = load_file(path / "model.safetensors")
    if shards:
        (path / "model.safetensors").rename(path / "model-00001-of-00002.safetensors")
        save_file(head, path / "model-00002-of-00002.safetensors", {"format": "pt"})
        where = dict.fromkeys(weights, "model-00001-of-00002.safetensors")
        where |= dict.fromkeys(head, "model-00002-of-00002.safetensors")
        index = {"metadata": {}, "weight_map": where}
        (path / "model.safetensors.index.json").write_text(json.dumps(index))
    else:
        save_file(weights | head, path / "model.safetensors", {"format": "pt"})
    edit(path / "config.json", architectures=["Qwen2ForPrmModel"])
    edit(path / "tokenizer_config.json", bos_token="<|endoftext|>")
    return path


def classifier(path: Path, *, labels: int = 2, kind: str = "Token", seed: int = 14) -> Path:
    """A Qwen2 with the linear layer of ``transformers``' token or sequence classifiers."""
    import torch
    import transformers

    base = tiny.save_checkpoint(path / "base", seed=seed)
    torch.manual_seed(seed)
    made = getattr(transformers, f"Qwen2For{kind}Classification")
    model = made.from_pretrained(base, num_labels=labels)
    torch.nn.init.normal_(model.score.weight)
    model.save_pretrained(path / "model")
    transformers.AutoTokenizer.from_pretrained(base).save_pretrained(path / "model")
    return path / "model"


def edit(file: Path, **fields) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def ragged() -> list[tuple[str, ...]]:
    """Solutions of 1 to 40 steps, with unicode, empty and many-lined steps."""
    draw = random.Random(8)
    words = ["12", "+3", "=15", " größer", "中文", "🙂", "\n", "\tx", "é́", " then", ".\n\n"]
    return [
        tuple("".join(draw.choices(words, k=draw.randrange(5))) for _ in range(size))
        for size in (1, 2, 3, 5, 8, 40)
    ]
