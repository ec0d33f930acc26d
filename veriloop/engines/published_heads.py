"""The heads of process reward models that others published, read at the places that their encoders record.

Math-Shepherd: probability of "+" against "-" at a tag, by a causal language model. Skywork-o1-Open-PRM: a scalar
``v_head``, squashed. Token classifiers, as TRL's stepwise trainer made them: class 1. The heads of Qwen2.5-Math and
of ours are ``heads``'s. What was checked against published code, and what could not be, is in docs/scoring.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, final

import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional as F
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
)
from transformers.utils import logging

from veriloop.engines.layouts import CAUSAL, VALUE_HEAD, Layout
from veriloop.engines.published_encodings import Encoder, ShepherdEncoder, open_encoder
from veriloop.engines.step_batches import padded, places, read_in_batches
from veriloop.engines.step_encoding import Encoded
from veriloop.errors import InputError

Reading: TypeAlias = Callable[
    [Tensor], Tensor
]  # hidden states [S, h] -> probabilities [S] of a right step
_BIAS: Final = VALUE_HEAD.removesuffix("weight") + "bias"


@final
class PublishedReader:
    """A causal network, and what is made of its hidden states at the steps' places. One thread at a time."""

    def __init__(self, network: Any, reading: Reading, encoder: Encoder) -> None:
        self.network, self.reading, self.encoder = network, reading, encoder

    @classmethod
    def load(
        cls,
        path: str | Path,
        layout: Layout,
        *,
        separator: str = "\n\n",
        dtype: str = "float32",
        device: str = "cpu",
    ) -> PublishedReader:
        """The model in ``path``. Raises InputError where it does not have the layout."""
        check_causal(path)
        encoder = open_encoder(path, layout, separator)
        opened = {
            "math-shepherd": _shepherd, "skywork": _skywork, "token-classification": _classifier,
        }  # fmt: skip
        network, reading = opened[layout](path, torch_dtype(dtype), device, encoder)
        return cls(network, reading, encoder)

    @property
    def limit(self) -> int:
        """Most tokens the model can read, problem and solution together."""
        return int(self.network.config.max_position_embeddings)

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids in the model's own form. Raises SeparatorInStep."""
        return self.encoder.encode(problem, steps)

    @torch.no_grad()
    def score(
        self, encoded: Sequence[Encoded], batch_tokens: int = 4096
    ) -> list[tuple[float, ...]]:
        """The probability that each step is right, every solution read once, in batches of similar length."""
        device = self.network.device

        def read(batch: list[int]) -> Tensor:
            ids, mask = padded([torch.tensor(encoded[i].ids, device=device) for i in batch])
            states = self.network(input_ids=ids, attention_mask=mask, use_cache=False)
            at = places([encoded[i].ends for i in batch], device)
            return self.reading(states.last_hidden_state[at]).float()

        lengths, ends = [len(e.ids) for e in encoded], [e.ends for e in encoded]
        return read_in_batches(lengths, ends, batch_tokens=batch_tokens, read=read)


def check_causal(path: str | Path) -> str:
    """The family of the model in ``path``. Raises InputError where a token may see what comes after it."""
    family = str(getattr(AutoConfig.from_pretrained(path), "model_type", ""))
    if family not in CAUSAL:
        raise InputError(
            f"a model of type {family!r} is not known to be causal, so that one pass would let a step see "
            f"what comes after it: expected one of {', '.join(sorted(CAUSAL))}",
            file=str(path),
            field="model_type",
        )
    return family


def torch_dtype(name: str) -> torch.dtype:
    """The kind of number of that name. Raises InputError."""
    kind = getattr(torch, name, None)
    if not isinstance(kind, torch.dtype):
        raise InputError(f"dtype is a name such as 'float32' or 'bfloat16', got {name!r}")
    return kind


def quietly(load: Callable[[], Any]) -> Any:
    """What ``load`` gives, without progress bars and without the report of weights that are read apart."""
    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        return load()
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()


def _shepherd(
    path: str | Path, dtype: torch.dtype, device: str, encoder: Any
) -> tuple[Any, Reading]:
    model: Any = quietly(lambda: AutoModelForCausalLM.from_pretrained(path, dtype=dtype))
    if model.config.model_type.startswith("gemma"):
        raise InputError("gemma caps its logits, which this head does not", file=str(path))
    model.eval().to(device)
    shepherd: ShepherdEncoder = encoder
    pair = torch.tensor([shepherd.token("+"), shepherd.token("-")], device=device)
    rows = model.get_output_embeddings().weight[pair]

    def reading(states: Tensor) -> Tensor:
        return F.linear(states, rows).float().softmax(-1)[:, 0]

    return model.base_model, reading


def _skywork(
    path: str | Path, dtype: torch.dtype, device: str, encoder: Any
) -> tuple[Any, Reading]:
    weight, bias = (_tensor(path, name) for name in (VALUE_HEAD, _BIAS))
    base: Any = quietly(lambda: AutoModel.from_pretrained(path, dtype=dtype))
    if tuple(weight.shape) != (1, base.config.hidden_size):
        raise InputError(
            f"{VALUE_HEAD} has the shape {tuple(weight.shape)}, expected (1, "
            f"{base.config.hidden_size}): not a scalar value head",
            file=str(path),
        )
    base.eval().to(device)
    weight, bias = weight.to(device, dtype), bias.to(device, dtype)

    def reading(states: Tensor) -> Tensor:
        return torch.sigmoid(F.linear(states, weight, bias).float()[:, 0])

    return base, reading


def _classifier(
    path: str | Path, dtype: torch.dtype, device: str, encoder: Any
) -> tuple[Any, Reading]:
    made = AutoModelForTokenClassification
    model: Any = quietly(lambda: made.from_pretrained(path, dtype=dtype))
    labels = int(model.config.num_labels)
    if labels not in (1, 2):
        raise InputError(
            f"a step classifier has 2 labels (class 1 is right) or 1 (a logit), this one has {labels}",
            file=str(path),
            field="num_labels",
        )
    model.eval().to(device)

    def reading(states: Tensor) -> Tensor:
        logits = model.score(states).float()
        return logits.softmax(-1)[:, 1] if labels == 2 else torch.sigmoid(logits[:, 0])

    return model.base_model, reading


def _tensor(path: str | Path, name: str) -> Tensor:
    """One tensor of a checkpoint, from safetensors in one file or many, or from pytorch_model.bin."""
    folder = Path(path)
    file = "model.safetensors"
    for index in sorted(folder.glob("*.index.json")):
        file = json.loads(index.read_text(encoding="utf-8"))["weight_map"].get(name, file)
    if not (folder / file).is_file():
        file = "pytorch_model.bin"
    if not (folder / file).is_file():
        raise InputError("holds neither model.safetensors nor pytorch_model.bin", file=str(path))
    if file.endswith(".safetensors"):
        with safe_open(folder / file, "pt") as opened:
            if name in opened.keys():  # noqa: SIM118
                return opened.get_tensor(name)
    else:
        weights = torch.load(folder / file, map_location="cpu", weights_only=True)
        if name in weights:
            return weights[name]
    raise InputError(
        f"{file} holds no {name}: not a checkpoint with a scalar v_head", file=str(path)
    )
