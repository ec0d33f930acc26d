"""The forward pass of Qwen2 as plain functions over fused weights, with a slotted KV cache.

Every operation keeps its rows apart, so that a row's numbers do not depend on its company. No scheduling, no text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor

from veriloop.engines.decoder_sampling import token_scores
from veriloop.engines.decoder_sequence import TokenScores

_QUANTUM: Final = 32  # attention lengths and cache capacities are multiples of it
_MIN_ROWS: Final = 8  # products take multiples of it: other counts may get other kernels
_BMM_FLOOR: Final = 400  # below this many multiplications per matrix torch.bmm takes another kernel
_SMALL_SCORES: Final = 2**22  # scores of one prompt written out in full; more go through SDPA
_SLICE: Final = 256  # tokens whose logits are held at once when scoring


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Qwen2 model, read from its config.json."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    context: int
    eps: float
    theta: float
    tied: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """One block; matrices are stored [in, out], q/k/v and gate/up side by side."""

    norm_in: Tensor
    qkv: Tensor
    qkv_bias: Tensor
    out: Tensor
    norm_mid: Tensor
    gate_up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class Prefix:
    """What a prompt leaves behind: keys [layers, kv_heads, head_dim, L], values [layers, kv_heads, L, head_dim]
    and the logits [V] after its last token.
    """

    keys: Tensor
    values: Tensor
    logits: Tensor

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.keys.nbytes + self.values.nbytes + self.logits.nbytes


def read_shape(path: Path) -> Shape | None:
    """The sizes of the checkpoint at `path`; None when it is not a Qwen2 this module can run exactly."""
    config: dict[str, Any] = json.loads((path / "config.json").read_text())
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    plain_rope = rope.get("rope_type", rope.get("type", "default")) == "default"
    wanted = config.get("architectures") == ["Qwen2ForCausalLM"]
    sliding = config.get("use_sliding_window", False)
    if not (wanted and plain_rope) or sliding or config.get("hidden_act", "silu") != "silu":
        return None
    if "quantization_config" in config:
        return None
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    return Shape(
        layers=config["num_hidden_layers"],
        hidden=hidden,
        heads=heads,
        kv_heads=config.get("num_key_value_heads") or heads,
        head_dim=config.get("head_dim") or hidden // heads,
        intermediate=config["intermediate_size"],
        vocab=config["vocab_size"],
        context=config.get("max_position_embeddings", 32768),
        eps=config.get("rms_norm_eps", 1e-6),
        theta=float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0),
        tied=bool(config.get("tie_word_embeddings", False)),
    )


@final
class TensorFiles:
    """Named tensors of a checkpoint directory, single-file or sharded safetensors."""

    def __init__(self, path: Path) -> None:
        index = path / "model.safetensors.index.json"
        if index.exists():
            names: dict[str, str] = json.loads(index.read_text())["weight_map"]
            self._where = {name: path / file for name, file in names.items()}
        elif (path / "model.safetensors").exists():
            with safe_open(path / "model.safetensors", framework="pt") as file:
                self._where = dict.fromkeys(file.keys(), path / "model.safetensors")
        else:
            raise FileNotFoundError(
                f"{path} holds neither model.safetensors nor model.safetensors.index.json; "
                "save the model with save_pretrained()"
            )
        self._open: dict[Path, Any] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._where

    def get(self, name: str) -> Tensor:
        """The tensor called `name`. KeyError names what is missing."""
        if name not in self._where:
            raise KeyError(f"the checkpoint has no tensor {name!r}")
        file = self._where[name]
        if file not in self._open:
            self._open[file] = safe_open(file, framework="pt").__enter__()
        return self._open[file].get_tensor(name)

    def close(self) -> None:
        """Unmap the files."""
        for file in self._open.values():
            file.__exit__(None, None, None)
        self._open.clear()


Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]


@final
class Qwen2:
    """Weights of one Qwen2 model, and the KV cache of slots that each hold one sequence.

    `slots` is rounded up to a multiple of 8.
    """

    def __init__(
        self, path: Path, shape: Shape, *, slots: int, dtype: torch.dtype, device: str
    ) -> None:
        self.shape, self.slots, self.dtype = shape, _ceil(slots, _MIN_ROWS), dtype
        self.device = torch.device(device)
        files = TensorFiles(path)

        def fetch(*names: str) -> Tensor:
            parts = [files.get(name).to(dtype) for name in names]
            return (torch.cat(parts) if len(parts) > 1 else parts[0].contiguous()).to(self.device)

        self.embed = fetch("model.embed_tokens.weight")
        self.norm = fetch("model.norm.weight")
        untied = not shape.tied and "lm_head.weight" in files
        self.head = (fetch("lm_head.weight") if untied else self.embed).t()
        self.layers = [_read_layer(fetch, f"model.layers.{i}.") for i in range(shape.layers)]
        files.close()
        self._tables(256)
        folded = shape.heads // shape.kv_heads * shape.head_dim
        self._least_span = _ceil(-(-_BMM_FLOOR // folded), _QUANTUM)
        self.capacity = 0
        self._allocate(max(min(256, _ceil(shape.context, _QUANTUM)), self._least_span))

    def _tables(self, length: int) -> None:
        """Rotary tables [length, 1, head_dim]; the first half of the sines carries rotate_half's sign."""
        half = self.shape.head_dim // 2
        # float32 throughout, as in transformers, so that long positions agree with it
        steps = torch.arange(0, 2 * half, 2, dtype=torch.int64).float() / (2 * half)
        freq = 1.0 / (self.shape.theta**steps)
        angle = torch.arange(length).float()[:, None] * freq
        self._cos = torch.cat([angle.cos(), angle.cos()], -1)[:, None].to(self.device, self.dtype)
        self._sin = torch.cat([-angle.sin(), angle.sin()], -1)[:, None].to(self.device, self.dtype)

    def _allocate(self, capacity: int) -> None:
        """Make room for `capacity` positions in every slot, keeping what is stored."""
        s = self.shape
        lanes = self.slots * s.kv_heads
        old = self.capacity
        # Keys lie transposed: for one query a matrix product over them is then about 1.5 times as fast.
        keys = self._zeros(s.layers, lanes, s.head_dim, capacity)
        values = self._zeros(s.layers, lanes, capacity, s.head_dim)
        if old:
            keys[..., :old].copy_(self.keys)
            values[:, :, :old].copy_(self.values)
        self.keys, self.values = keys, values
        self._key_row = torch.arange(lanes * s.head_dim, device=self.device) * capacity
        self.capacity = capacity
        self._value_row = torch.arange(lanes, device=self.device) * capacity
        self._steps = torch.arange(capacity, device=self.device)

    def _zeros(self, *size: int) -> Tensor:
        return torch.zeros(size, dtype=self.dtype, device=self.device)

    def _reserve(self, length: int) -> None:
        if length > self.capacity:
            self._allocate(max(_ceil(length, _QUANTUM), min(2 * self.capacity, self.shape.context)))
        self._reserve_tables(length)

    def _trunk(self, x: Tensor, cos: Tensor, sin: Tensor, attend: Attend) -> Tensor:
        """All blocks over rows x [R, hidden] (overwritten); `attend` owns the mixing between rows."""
        s = self.shape
        rows, half, width = len(x), s.head_dim // 2, s.heads * s.head_dim
        for i, layer in enumerate(self.layers):
            h = F.rms_norm(x, (s.hidden,), layer.norm_in, s.eps)
            qkv = torch.addmm(layer.qkv_bias, h, layer.qkv)
            q_in = qkv[:, :width].view(rows, s.heads, s.head_dim)
            kv = qkv[:, width:].view(rows, 2, s.kv_heads, s.head_dim)
            q, k = q_in * cos, kv[:, 0] * cos
            for out, given in ((q, q_in), (k, kv[:, 0])):
                out[..., :half].addcmul_(given[..., half:], sin[..., :half])
                out[..., half:].addcmul_(given[..., :half], sin[..., half:])
            x.addmm_(attend(i, q, k, kv[:, 1]), layer.out)
            h = F.rms_norm(x, (s.hidden,), layer.norm_mid, s.eps)
            gate_up = torch.mm(h, layer.gate_up)
            gate = F.silu(gate_up[:, : s.intermediate]).mul_(gate_up[:, s.intermediate :])
            x.addmm_(gate, layer.down)
        return F.rms_norm(x, (s.hidden,), self.norm, s.eps)

    def hidden(
        self, sequences: Sequence[Sequence[int]], keep: tuple[Tensor, Tensor] | None = None
    ) -> Tensor:
        """Last hidden states [sum of lengths, hidden] of sequences run side by side without padding.

        With `keep`, the keys and values of the first sequence are written to its two tensors.
        """
        s = self.shape
        lengths = [len(ids) for ids in sequences]
        self._reserve_tables(max(lengths))
        rows = sum(lengths)
        spare = _ceil(max(rows, _MIN_ROWS), _MIN_ROWS) - rows
        flat = [token for ids in sequences for token in ids] + [0] * spare
        where = torch.cat([self._steps_upto(n) for n in [*lengths, spare]])
        masks = {n: self._triangle(n) for n in lengths if s.heads * n * n <= _SMALL_SCORES}

        def attend(i: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            mixed = self._zeros(len(q), s.heads, s.head_dim)
            start = 0
            for n in lengths:
                own = slice(start, start + n)
                mixed[own] = _causal(q[own], k[own], v[own], masks.get(n))
                start += n
            if keep is not None:
                keep[0][i].copy_(k[: lengths[0]].permute(1, 2, 0))
                keep[1][i].copy_(v[: lengths[0]].transpose(0, 1))
            return mixed.view(len(q), -1)

        x = self.embed[torch.tensor(flat, device=self.device)]
        return self._trunk(x, self._cos[where], self._sin[where], attend)[:rows]

    def _reserve_tables(self, length: int) -> None:
        if length > len(self._cos):
            self._tables(max(length, 2 * len(self._cos)))

    def _triangle(self, n: int) -> Tensor:
        """Additive causal mask for `n` tokens, once for each query head that shares a key [1, group * n, n]."""
        steps = self._steps_upto(n)
        mask = self._zeros(n, n).masked_fill_(steps > steps[:, None], float("-inf"))
        return mask.repeat(self.shape.heads // self.shape.kv_heads, 1)[None]

    def _steps_upto(self, n: int) -> Tensor:
        return self._steps[:n] if n <= self.capacity else torch.arange(n, device=self.device)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits [R, V] of hidden states [R, hidden]."""
        return torch.mm(hidden, self.head)

    def prefill(self, prompt: Sequence[int]) -> Prefix:
        """Run one prompt alone, so that what it leaves depends on nothing but itself."""
        s = self.shape
        keys = self._zeros(s.layers, s.kv_heads, s.head_dim, len(prompt))
        values = self._zeros(s.layers, s.kv_heads, len(prompt), s.head_dim)
        last = self.hidden([prompt], (keys, values))[-1:]
        return Prefix(keys, values, self.logits(last)[0])

    def score(self, texts: Sequence[Sequence[int]]) -> list[TokenScores]:
        """Scores of texts run side by side; vocabulary-sized rows exist for a slice of the tokens at a time."""
        hidden = self.hidden(texts)
        scores: list[TokenScores] = []
        start = 0
        for ids in texts:
            targets = torch.tensor(ids, device=self.device)[1:]
            logprobs: list[float | None] = [None]
            entropies: list[float | None] = [None]
            for at in range(0, len(targets), _SLICE):
                part = targets[at : at + _SLICE]
                # a fresh buffer, so that its shape and alignment depend on this text alone
                rows = hidden[start + at : start + at + len(part)].clone()
                one = token_scores(self.logits(rows), part)
                logprobs.extend(one[0].tolist())
                entropies.extend(one[1].tolist())
            start += len(ids)
            scores.append(TokenScores(logprobs, entropies))
        return scores

    def steady_widths(self, widths: Sequence[int]) -> list[int]:
        """Those of `widths` at which this machine's matrix products give each row the bits it gets in the widest.

        The widest is always among them. Only asked of a CPU: elsewhere, and in half precision, rows may differ in
        their last bits with the number of rows.
        """
        rows = max(widths)
        if self.device.type != "cpu" or self.dtype != torch.float32:
            return list(widths)
        random = torch.Generator().manual_seed(0)
        steady = set(widths)
        for weight in (*_matrices(self.layers[0]), self.head):
            x = torch.randn(rows, weight.shape[0], generator=random)
            full = torch.mm(x, weight)
            steady -= {
                w for w in steady if not torch.equal(torch.mm(x[:w].clone(), weight), full[:w])
            }
        return sorted(steady | {rows})

    def place(self, prefix: Prefix, slot: int) -> None:
        """Copy a prompt's keys and values into a slot."""
        length, h = prefix.values.shape[2], self.shape.kv_heads
        self._reserve(length)
        lanes = slice(slot * h, (slot + 1) * h)
        self.keys[:, lanes, :, :length].copy_(prefix.keys)
        self.values[:, lanes, :length].copy_(prefix.values)

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of one slot into another."""
        h = self.shape.kv_heads
        old, new = slice(source * h, (source + 1) * h), slice(target * h, (target + 1) * h)
        self.keys[:, new, :, :length].copy_(self.keys[:, old, :, :length])
        self.values[:, new, :length].copy_(self.values[:, old, :length])

    def decode(self, tokens: Tensor, positions: Tensor, longest: int) -> Tensor:
        """Logits [W, V] after feeding tokens [W] at positions [W] into slots 0..W-1; `longest` = max position + 1."""
        s, width = self.shape, len(tokens)
        self._reserve(longest)
        span = min(max(_ceil(longest, _QUANTUM), self._least_span), self.capacity)
        per_lane = positions if s.kv_heads == 1 else positions.repeat_interleave(s.kv_heads)
        lanes = len(per_lane)
        value_at = self._value_row[:lanes] + per_lane
        key_at = self._key_row[: lanes * s.head_dim].view(lanes, -1) + per_lane[:, None]
        key_at = key_at.view(-1)
        mask = self._zeros(lanes, 1, span)
        mask.masked_fill_(self._steps[:span] > per_lane[:, None, None], float("-inf"))
        scale = s.head_dim**-0.5

        def attend(i: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys, values = self.keys[i], self.values[i]
            keys.view(-1).index_copy_(0, key_at, k.view(-1))
            values.view(-1, s.head_dim).index_copy_(0, value_at, v.reshape(lanes, s.head_dim))
            folded = q.view(lanes, s.heads // s.kv_heads, s.head_dim)
            scores = torch.baddbmm(mask, folded, keys[:lanes, :, :span], alpha=scale)
            return torch.bmm(torch.softmax(scores, -1), values[:lanes, :span]).view(width, -1)

        x = self.embed[tokens]
        return self.logits(self._trunk(x, self._cos[positions], self._sin[positions], attend))


def _causal(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Causal attention of one sequence: q [L, heads, d], k and v [L, kv_heads, d] -> [L, heads, d].

    With the mask of `_triangle` it is two plain products, several times as fast as SDPA for short texts.
    """
    length, heads, d = q.shape
    if mask is None:
        q, k, v = (x.transpose(0, 1)[None] for x in (q, k, v))
        grouped = k.shape[1] != heads
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped)
        return mixed[0].transpose(0, 1)
    kv_heads = k.shape[1]
    folded = q.view(length, kv_heads, -1, d).permute(1, 2, 0, 3).reshape(kv_heads, -1, d)
    scores = torch.baddbmm(mask, folded, k.permute(1, 2, 0), alpha=d**-0.5)
    mixed = torch.bmm(torch.softmax(scores, -1), v.transpose(0, 1))
    return mixed.view(kv_heads, -1, length, d).permute(2, 0, 1, 3).reshape(length, heads, d)


def _matrices(layer: Layer) -> tuple[Tensor, ...]:
    return layer.qkv, layer.out, layer.gate_up, layer.down


def _ceil(n: int, step: int) -> int:
    return -(-n // step) * step


def _read_layer(fetch: Callable[..., Tensor], at: str) -> Layer:
    names = [f"{at}self_attn.{x}_proj" for x in "qkv"]
    return Layer(
        norm_in=fetch(f"{at}input_layernorm.weight"),
        qkv=fetch(*(f"{n}.weight" for n in names)).t(),
        qkv_bias=fetch(*(f"{n}.bias" for n in names)),
        out=fetch(f"{at}self_attn.o_proj.weight").t(),
        norm_mid=fetch(f"{at}post_attention_layernorm.weight"),
        gate_up=fetch(f"{at}mlp.gate_proj.weight", f"{at}mlp.up_proj.weight").t(),
        down=fetch(f"{at}mlp.down_proj.weight").t(),
    )
