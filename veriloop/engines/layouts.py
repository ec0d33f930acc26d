"""What kind of step scorer lies in a folder, read off its config.json and the names of its weights.

Nothing is loaded here, and no tokenizer is opened. A layout that cannot be told for certain is not guessed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from veriloop.errors import InputError

Layout: TypeAlias = Literal[
    "auto", "process", "token-classification", "math-shepherd", "skywork", "outcome"
]
LAYOUTS: Final[tuple[Layout, ...]] = (
    "auto", "process", "token-classification", "math-shepherd", "skywork", "outcome",
)  # fmt: skip
VALUE_HEAD: Final = "v_head.summary.weight"
OURS: Final = ("Qwen2ForProcessRewardModel", "Qwen2ForSurpriseProcessRewardModel")
_SKYWORK: Final = "Qwen2ForPrmModel"
QWEN_REWARD: Final = "Qwen2ForRewardModel"
# Families whose tokens see only what stands before them, so that one pass reads every prefix.
CAUSAL: Final = frozenset(
    {"gemma", "llama", "mistral", "mixtral", "olmo2", "phi3", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe"}
)  # fmt: skip


def read_config(path: str | Path) -> dict[str, Any]:
    """The folder's config.json. Raises InputError where there is none or it is not an object."""
    file = Path(path) / "config.json"
    if not file.is_file():
        raise InputError("not the folder of a checkpoint: it holds no config.json", file=str(path))
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise InputError(f"not JSON ({error})", file=str(file)) from error


def layout_of(path: str | Path) -> Layout:
    """The layout of the checkpoint in ``path``. Raises InputError where it is not one that scores solutions.

    Math-Shepherd's is a plain causal language model, so it is never found out: it has to be named.
    """
    config = read_config(path)
    architecture = str((config.get("architectures") or ["nothing"])[0])
    if architecture in OURS:
        return "process"
    if architecture == _SKYWORK or VALUE_HEAD in weight_names(path):
        return "skywork"
    if architecture.endswith("ForTokenClassification"):
        return "token-classification"
    if architecture == QWEN_REWARD or architecture.endswith("ForSequenceClassification"):
        return "outcome"
    raise InputError(
        f"{architecture} is not a process reward model: expected {', '.join(OURS)}, a token or sequence "
        "classifier, or one with a v_head; train one with `veriloop train`, or name its layout "
        "(math-shepherd:PATH) or the protocol (plus-minus:PATH) where it is a language model",
        file=str(path),
        field="architectures",
    )


def weight_names(path: str | Path) -> frozenset[str]:
    """The names of the tensors in the folder, as its index or its one safetensors file lists them; none where
    it holds neither.
    """
    folder = Path(path)
    for index in sorted(folder.glob("*.index.json")):
        return frozenset(json.loads(index.read_text(encoding="utf-8")).get("weight_map", ()))
    file = folder / "model.safetensors"
    if not file.is_file():
        return frozenset()
    with file.open("rb") as opened:  # eight bytes of length, then a JSON header
        size = int.from_bytes(opened.read(8), "little")
        return frozenset(json.loads(opened.read(size))) - {"__metadata__"}
