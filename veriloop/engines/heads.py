"""What turns a Qwen2 into a process reward model: two classes at step ends, read off hidden states or off surprise.

``linear`` is the published layout (Linear, ReLU, Linear(2) at a separator token) for models large enough to compare
in their hidden states. ``surprise`` sees only what one or two frozen language models make of each written token,
and works on models of any size. Texts, batches and files are ``process_reward``'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Model, Qwen2PreTrainedModel

from veriloop.engines.step_batches import padded, places
from veriloop.engines.token_tree import TokenTree, network_inputs

Head: TypeAlias = Literal["linear", "surprise"]
HEADS: Final[tuple[Head, ...]] = ("linear", "surprise")
CLASSES: Final = ("digit", "operator", "letter", "delimiter", "other")
_DIGIT, _OPERATOR, _LETTER, _DELIMITER, _OTHER = range(len(CLASSES))
_OPERATORS: Final = frozenset("+-*/=<>^%×÷−·≤≥≠±")
# Of one token under one model: log-probability, probability, entropy, log-probability minus the likeliest token's.
_PER_MODEL: Final = 4
_FLOOR: Final = -20.0
_NATS: Final = 5.0  # log-probabilities are divided by this, so that inputs are of order 1
_SLICE: Final = 512  # tokens whose vocabulary-sized rows exist at a time


class Qwen2ForProcessRewardModel(Qwen2PreTrainedModel):
    """The published layout: ``model.*``, ``score.0`` Linear(h, h), ReLU, ``score.2`` Linear(h, 2)."""

    def __init__(self, config: Qwen2Config) -> None:
        super().__init__(config)
        self.model = Qwen2Model(config)
        width = config.hidden_size
        self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2))
        self.post_init()

    def step_logits(self, rows: Sequence[Tensor], ends: Sequence[Sequence[int]]) -> Tensor:
        """Logits [S, 2] of all steps of a batch of token ids [T]; ``ends`` are the separators' positions."""
        ids, mask = padded(rows)
        hidden = self.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return self.score(hidden[places(ends, ids.device)])


class Qwen2ForSurpriseProcessRewardModel(Qwen2PreTrainedModel):
    """One or two frozen language models, and a small head that reads how likely they find each token.

    ``config.process_reward`` holds the head's sizes and the second model's configuration. Only
    ``head`` is trained. ``token_class[v]`` is the class of vocabulary item v.
    """

    token_class: Tensor

    def __init__(self, config: Qwen2Config) -> None:
        super().__init__(config)
        settings: dict[str, Any] = config.process_reward  # type: ignore[attr-defined]
        self.base = Qwen2ForCausalLM(config)
        models = 1
        if settings.get("reference"):
            self.reference = Qwen2ForCausalLM(Qwen2Config(**settings["reference"]))
            models = 2
        self.register_buffer("token_class", torch.zeros(config.vocab_size, dtype=torch.long))
        self.head = SurpriseTransformer(models, settings["width"], settings["layers"])
        self.post_init()
        for model in self.models():
            model.requires_grad_(False)

    def models(self) -> list[Qwen2ForCausalLM]:
        """The frozen language models, the base first."""
        return [self.base, self.reference] if hasattr(self, "reference") else [self.base]

    @torch.no_grad()
    def features(self, trees: Sequence[TokenTree]) -> list[Tensor]:
        """Features [N - start, F] of each tree's nodes after its start, on the CPU in float32."""
        device = self.base.device
        parts: list[list[Tensor]] = [[] for _ in trees]
        inputs = network_inputs(trees, device)
        for model in self.models():
            hidden = model.model(**inputs, use_cache=False).last_hidden_state
            for tree, states, ids, part in zip(
                trees, hidden, inputs["input_ids"], parts, strict=True
            ):
                before = torch.tensor(tree.parents[tree.start :], device=device)
                tokens = ids[tree.start : len(tree.ids)]
                part.append(_surprise(model, states[before], tokens).cpu())
        classes = self.token_class.cpu()
        for tree, part in zip(trees, parts, strict=True):
            part.append(F.one_hot(classes[tree.ids[tree.start :]], len(CLASSES)).float())
        return [torch.cat(part, -1) for part in parts]

    def neutral(self) -> Tensor:
        """Features [F] of a token that says nothing about the solution: a blank line."""
        kind = F.one_hot(torch.tensor(_DELIMITER), len(CLASSES)).float()
        return torch.cat([torch.tensor([0.0, 1.0, 0.0, 0.0] * len(self.models())), kind])

    def step_logits(self, rows: Sequence[Tensor], ends: Sequence[Sequence[int]]) -> Tensor:
        """Logits [S, 2] of all steps of a batch of features [T, F]; ``ends`` are the steps' last tokens."""
        features = nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
        return self.head(features, ends)


def _surprise(model: Qwen2ForCausalLM, hidden: Tensor, targets: Tensor) -> Tensor:
    """[T, 4] from hidden states [T, h], each of which predicts the target in its place."""
    out: list[Tensor] = []
    for states, target in zip(hidden.split(_SLICE), targets.split(_SLICE), strict=True):
        logs = model.lm_head(states).float().log_softmax(-1)
        chosen = logs.gather(-1, target[:, None])[:, 0]
        entropy = -(logs.exp() * logs).sum(-1)
        margin = chosen - logs.amax(-1)
        floored = [x.clamp(min=_FLOOR) / _NATS for x in (chosen, margin)]
        out.append(torch.stack([floored[0], chosen.exp(), entropy, floored[1]], -1))
    return torch.cat(out) if out else hidden.new_zeros(0, _PER_MODEL).float()


class _Block(nn.Module):
    """A pre-norm transformer layer with causal attention, without positions: order shows in what is visible."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        rows, length, width = x.shape
        split = (rows, length, 3, self.heads, width // self.heads)
        q, k, v = self.attention(self.attention_norm(x)).view(split).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, width))
        return x + self.feed(self.feed_norm(x))


class SurpriseTransformer(nn.Module):
    """A small causal transformer over the features of tokens, read at each step's last token."""

    def __init__(self, models: int, width: int, layers: int) -> None:
        super().__init__()
        self.enter = nn.Linear(models * _PER_MODEL + len(CLASSES), width)
        self.blocks = nn.ModuleList(_Block(width, 4) for _ in range(layers))
        self.norm, self.leave = nn.LayerNorm(width), nn.Linear(width, 2)

    def forward(self, features: Tensor, ends: Sequence[Sequence[int]]) -> Tensor:
        """Logits [S, 2] at the step ends of features [B, T, F]."""
        x = self.enter(features)
        for block in self.blocks:
            x = block(x)
        return self.leave(self.norm(x[places(ends, x.device)]))


def token_classes(pieces: Sequence[str]) -> Tensor:
    """The class of each vocabulary item from its text: an index into ``CLASSES``."""
    return torch.tensor([_class(piece) for piece in pieces], dtype=torch.long)


def _class(piece: str) -> int:
    if piece.endswith("\n\n") and not piece.strip():
        return _DELIMITER
    text = piece.strip()
    if any(c.isdigit() for c in text):
        return _DIGIT
    if text and all(c in _OPERATORS for c in text):
        return _OPERATOR
    return _LETTER if any(c.isalpha() for c in text) else _OTHER
