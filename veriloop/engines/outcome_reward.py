"""Outcome reward models: a network that reads a whole answer in its chat and gives one number, at its last token.

Asked about every prefix of a solution, it serves as a step scorer. Prefixes of a causal model are read as one tree
of tokens, exactly as each alone; other models read every prefix anew, in padded batches of similar length.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForSequenceClassification,
    Qwen2Config,
    Qwen2Model,
    Qwen2PreTrainedModel,
)

from veriloop.engines.layouts import CAUSAL, QWEN_REWARD, read_config
from veriloop.engines.published_encodings import AnswerEncoder, open_answers
from veriloop.engines.published_heads import quietly, torch_dtype
from veriloop.engines.step_batches import padded
from veriloop.engines.step_encoding import length_batches
from veriloop.engines.token_tree import TokenTree, network_inputs, plant
from veriloop.errors import InputError

_CHUNK = 512  # solutions whose token trees are in memory at a time


class Qwen2ForRewardModel(Qwen2PreTrainedModel):
    """The layout of Qwen2.5-Math-RM: ``model.*``, ``score.0`` Linear(h, h), ReLU, ``score.2`` Linear(h, 1)."""

    def __init__(self, config: Qwen2Config) -> None:
        super().__init__(config)
        self.model = Qwen2Model(config)
        width = config.hidden_size
        self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
        self.post_init()


@final
class OutcomeModel:
    """A network and how it is shown an answer. One thread at a time.

    What it gives is a logit: the number of a model with one label, and of one with two labels the logit of class
    1 minus that of class 0, so that a sigmoid of it is the probability of class 1.
    """

    def __init__(self, network: Any, encoder: AnswerEncoder) -> None:
        self.network, self.encoder = network, encoder

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        system: str | None = None,
        dtype: str = "float32",
        device: str = "cpu",
    ) -> OutcomeModel:
        """The model in ``path``: any of ``transformers``' sequence classifiers with one or two labels, or a
        Qwen2.5-Math-RM, whose published system prompt is sent where ``system`` is None.
        """
        config = read_config(path)
        architecture = str((config.get("architectures") or ["nothing"])[0])
        made: Any = AutoModelForSequenceClassification
        if architecture == QWEN_REWARD:
            made = Qwen2ForRewardModel
        elif not architecture.endswith("ForSequenceClassification"):
            raise InputError(
                f"{architecture} gives no number for an answer: expected {QWEN_REWARD} or a sequence classifier",
                file=str(path),
                field="architectures",
            )
        encoder = open_answers(path, system)
        network = quietly(lambda: made.from_pretrained(path, dtype=torch_dtype(dtype)))
        labels = 1 if architecture == QWEN_REWARD else int(network.config.num_labels)
        if labels not in (1, 2):
            raise InputError(
                f"an outcome reward model has 1 or 2 labels, this one has {labels}",
                file=str(path),
                field="num_labels",
            )
        return cls(network.eval().to(device), encoder)

    @property
    def limit(self) -> int:
        """Most tokens the model can read, problem and answer together."""
        return int(self.network.config.max_position_embeddings)

    @property
    def causal(self) -> bool:
        """True where no token sees what comes after it, and any distance before it."""
        config = self.network.config
        near = config.get_text_config()
        window = getattr(near, "sliding_window", None) if _slides(near) else None
        return config.model_type in CAUSAL and window is None and hasattr(self.network, "score")

    def prefixes(self, problem: str, steps: Sequence[str]) -> list[list[int]]:
        """Token ids of the chat with the first step as its answer, with the first two, and so on to all."""
        return self.encoder.prefixes(problem, steps)

    @torch.no_grad()
    def logits(
        self, solutions: Sequence[Sequence[Sequence[int]]], batch_tokens: int = 4096
    ) -> list[list[float]]:
        """A logit for every sequence of token ids of every solution, in order."""
        made: list[list[float]] = []
        for at in range(0, len(solutions), _CHUNK):
            part = solutions[at : at + _CHUNK]
            flat = [ids for sequences in part for ids in sequences]
            read = self._as_trees(part, batch_tokens) if self.causal else None
            found = iter(self._one_by_one(flat, batch_tokens) if read is None else read)
            made += [[next(found) for _ in sequences] for sequences in part]
        return made

    def _as_trees(
        self, solutions: Sequence[Sequence[Sequence[int]]], batch_tokens: int
    ) -> list[float]:
        """Prefixes of one solution stand in one tree, or in a few where it is long."""
        trees: list[TokenTree] = []
        where: list[tuple[int, list[int]]] = []
        for sequences in solutions:
            planted, nodes = plant(sequences, [0] * len(sequences))
            where += [(len(trees) + tree, path) for tree, path in nodes]
            trees += planted
        wanted: list[list[int]] = [[] for _ in trees]  # of each tree the sequences that end in it
        for index, (tree, _) in enumerate(where):
            wanted[tree].append(index)
        device, out = self.network.device, [0.0] * len(where)
        for batch in length_batches([len(tree.ids) for tree in trees], batch_tokens):
            inputs = network_inputs([trees[i] for i in batch], device)
            states = self.network.base_model(**inputs, use_cache=False).last_hidden_state
            asked = [(row, i) for row, tree in enumerate(batch) for i in wanted[tree]]
            rows = torch.tensor([row for row, _ in asked], device=device)
            columns = torch.tensor([where[i][1][-1] for _, i in asked], device=device)
            values = _logit(self.network.score(states[rows, columns])).tolist()
            for (_, index), value in zip(asked, values, strict=True):
                out[index] = value
        return out

    def _one_by_one(self, flat: Sequence[Sequence[int]], batch_tokens: int) -> list[float]:
        device, out = self.network.device, [0.0] * len(flat)
        causal = self.network.config.model_type in CAUSAL and hasattr(self.network, "score")
        pad = int(getattr(self.network.config, "pad_token_id", None) or 0)
        for batch in length_batches([len(ids) for ids in flat], batch_tokens):
            ids, mask = padded([torch.tensor(flat[i], device=device) for i in batch], pad)
            if causal:  # the last token is where we know it to be, not the last that is no padding
                states = self.network.base_model(input_ids=ids, attention_mask=mask)
                last = states.last_hidden_state[torch.arange(len(batch)), mask.sum(-1) - 1]
                values = _logit(self.network.score(last))
            else:
                values = _logit(self.network(input_ids=ids, attention_mask=mask).logits)
            for index, value in zip(batch, values.tolist(), strict=True):
                out[index] = value
        return out


def _slides(config: Any) -> bool:
    """True where some layer sees only what is near: Qwen2 names a window that it does not use."""
    kinds = getattr(config, "layer_types", None)
    if kinds is not None:
        return any(kind != "full_attention" for kind in kinds)
    return bool(getattr(config, "use_sliding_window", True))


def _logit(values: Tensor) -> Tensor:
    values = values.float()
    return values[..., 0] if values.shape[-1] == 1 else values[..., 1] - values[..., 0]
