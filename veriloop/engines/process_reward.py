"""A process reward model as an ordinary checkpoint: made on a base, trained elsewhere, saved, loaded, scoring all
steps of a solution in one pass.

The networks are in ``heads``, texts become ids in ``step_encoding``; training is ``veriloop.train``'s, verdicts are
``veriloop.verify.process``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast, final

import torch
import xxhash
from torch import Tensor
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from transformers.utils import logging

from veriloop.engines.heads import (
    HEADS,
    Head,
    Qwen2ForProcessRewardModel,
    Qwen2ForSurpriseProcessRewardModel,
    token_classes,
)
from veriloop.engines.layouts import read_config
from veriloop.engines.step_batches import read_in_batches
from veriloop.engines.step_encoding import (
    SEPARATOR,
    Encoded,
    StepEncoder,
    length_batches,
)
from veriloop.engines.token_features import SHARED, pass_key
from veriloop.engines.token_tree import plant
from veriloop.errors import InputError
from veriloop.text.chats import QWEN_MATH_SYSTEM

_PUBLISHED: Final = "Qwen2ForProcessRewardModel"
_SURPRISE: Final = "Qwen2ForSurpriseProcessRewardModel"
_CHUNK: Final = 2048  # solutions whose inputs are in memory at a time


@final
class ProcessRewardModel:
    """A network with a head, its tokenizer, and how it is shown a problem. Not safe for use by several threads.

    ``network.step_logits`` is differentiable; everything else is for reading.
    """

    def __init__(
        self,
        network: Qwen2ForProcessRewardModel | Qwen2ForSurpriseProcessRewardModel,
        tokenizer: Any,
        *,
        head: Head,
        system: str | None,
    ) -> None:
        self.network, self.tokenizer, self.head, self.system = network, tokenizer, head, system
        self._models_hash = ""
        self._encoder = StepEncoder(tokenizer, system, separated=head == "linear")

    @classmethod
    def create(
        cls,
        base: str | Path,
        *,
        head: Head = "linear",
        reference: str | Path | None = None,
        system: str | None = None,
        seed: int = 0,
        dtype: str = "float32",
    ) -> ProcessRewardModel:
        """A model with a fresh head on the Qwen2 checkpoint ``base``.

        ``reference`` is a second checkpoint with the same tokenizer, whose surprise is read beside the base's.
        ``system`` None means the published system prompt for ``linear`` and none for ``surprise``, whose base
        must see the chat it was sampled with. Raises InputError where a checkpoint is not usable.
        """
        if head not in HEADS:
            raise InputError(f"no head {head!r}: choose one of {', '.join(HEADS)}")
        if head == "linear" and reference is not None:
            raise InputError(
                "the linear head reads one model's hidden states: leave out `reference`, or choose "
                "head='surprise'"
            )
        kind = _dtype(dtype)
        model = _language_model(base, kind)
        tokenizer = AutoTokenizer.from_pretrained(base)
        torch.manual_seed(seed)
        if head == "linear":
            system = QWEN_MATH_SYSTEM if system is None else system
            network = _with_linear_head(model, tokenizer, system)
            return cls(network, tokenizer, head=head, system=system)
        second = _language_model(reference, kind) if reference is not None else None
        if second is not None:
            _check_same_tokenizer(tokenizer, base, reference)
        network = _with_surprise_head(model, second, tokenizer, head, system)
        return cls(network, tokenizer, head=head, system=system)

    @classmethod
    def load(
        cls, path: str | Path, *, dtype: str = "float32", device: str = "cpu"
    ) -> ProcessRewardModel:
        """The model saved at ``path``: one of ours, or a published Qwen2 process reward model.

        Raises InputError where the folder holds something else.
        """
        config = read_config(path)
        architecture = (config.get("architectures") or ["nothing"])[0]
        if architecture not in (_PUBLISHED, _SURPRISE):
            raise InputError(
                f"{architecture} is not a process reward model: expected {_PUBLISHED} or {_SURPRISE}; "
                "train one with `veriloop train`",
                file=str(path),
                field="architectures",
            )
        settings: dict[str, Any] = config.get("process_reward") or {
            "head": "linear",
            "system": QWEN_MATH_SYSTEM,
        }
        made = Qwen2ForProcessRewardModel
        if architecture == _SURPRISE:
            made = Qwen2ForSurpriseProcessRewardModel
        with _quiet():
            network: Any = made.from_pretrained(path, dtype=_dtype(dtype))
        if architecture == _SURPRISE:
            network.head.float()
        network.eval().to(device)
        tokenizer = AutoTokenizer.from_pretrained(path)
        return cls(network, tokenizer, head=settings["head"], system=settings["system"])

    def save(self, path: str | Path, weights: Mapping[str, Tensor] | None = None) -> None:
        """Write config.json, model.safetensors and the tokenizer's files into the folder ``path``.

        ``weights`` are whole ones by name, where this process holds but a shard of each.
        """
        folder = Path(path)
        with _quiet():
            self.network.save_pretrained(folder, state_dict=dict(weights) if weights else None)
        self.tokenizer.save_pretrained(folder)
        for file in folder.glob("*.safetensors"):
            file.chmod(0o644)  # transformers writes it readable by its owner only

    def to(self, device: str) -> ProcessRewardModel:
        """Move the weights, and return the model."""
        network: Any = self.network  # its typed `to` hides torch's
        network.to(device)
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.network.parameters()).device

    @property
    def limit(self) -> int:
        """Most tokens the model can read, problem and solution together."""
        limit = int(self.network.config.max_position_embeddings)
        if isinstance(self.network, Qwen2ForSurpriseProcessRewardModel):
            models = self.network.models()
            limit = min(int(model.config.max_position_embeddings) for model in models)
        return limit

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids of the chat and the steps. Raises SeparatorInStep."""
        return self._encoder.encode(problem, steps)

    def inputs(self, encoded: Sequence[Encoded], batch_tokens: int = 4096) -> list[Tensor]:
        """What the head reads of each: token ids [T] for ``linear``, features [T - start, F] for ``surprise``.

        Features take a pass of the frozen models, in which solutions of one problem share what they have in
        common; batches are of similar length, of up to ``batch_tokens`` tokens with padding.
        """
        if isinstance(self.network, Qwen2ForProcessRewardModel):
            return [torch.tensor(e.ids, dtype=torch.long) for e in encoded]
        network = cast(Qwen2ForSurpriseProcessRewardModel, self.network)
        trees, places = plant([e.ids for e in encoded], [e.start for e in encoded])
        read: dict[int, Tensor] = {}
        for batch in length_batches([len(tree.ids) for tree in trees], batch_tokens):
            chosen = [trees[i] for i in batch]
            key = pass_key(self._owner(), chosen)
            made = SHARED.get(key)
            if made is None:
                made = tuple(network.features(chosen))
                SHARED.put(key, made)
            read.update(zip(batch, made, strict=True))
        rows: list[Tensor] = []
        for e, (tree, nodes) in zip(encoded, places, strict=True):
            row = read[tree][torch.tensor(nodes[e.start :], dtype=torch.long) - e.start]
            row[list(e.neutral)] = network.neutral()
            rows.append(row)
        return rows

    def _owner(self) -> str:
        """A hash of the frozen models' weights, under which their features are shared."""
        if not self._models_hash:
            running = xxhash.xxh3_128()
            for name, weights in self.network.state_dict().items():
                if not name.startswith("head."):
                    running.update(name.encode())
                    running.update(weights.cpu().contiguous().view(torch.uint8).numpy().data)
            self._models_hash = running.hexdigest()
        return self._models_hash

    def step_logits(self, rows: Sequence[Tensor], ends: Sequence[Sequence[int]]) -> Tensor:
        """Logits [S, 2] in float32 of all steps of a batch of inputs, solution after solution."""
        placed = [row.to(self.device) for row in rows]
        return self.network.step_logits(placed, ends).float()

    @torch.no_grad()
    def score(
        self, encoded: Sequence[Encoded], batch_tokens: int = 4096
    ) -> list[tuple[float, ...]]:
        """Probability of class 1 at every step end, each solution read once, in batches of similar length."""
        scores: list[tuple[float, ...]] = []
        for at in range(0, len(encoded), _CHUNK):
            scores += self._score(encoded[at : at + _CHUNK], batch_tokens)
        return scores

    def _score(self, encoded: Sequence[Encoded], batch_tokens: int) -> list[tuple[float, ...]]:
        inputs = self.inputs(encoded, batch_tokens)

        def read(batch: list[int]) -> Tensor:
            rows, ends = [inputs[i] for i in batch], [encoded[i].ends for i in batch]
            return self.step_logits(rows, ends).softmax(-1)[:, 1]

        lengths, ends = [len(row) for row in inputs], [e.ends for e in encoded]
        return read_in_batches(lengths, ends, batch_tokens=batch_tokens, read=read)


def _dtype(name: str) -> torch.dtype:
    kind = getattr(torch, name, None)
    if not isinstance(kind, torch.dtype):
        raise InputError(f"dtype is a name such as 'float32' or 'bfloat16', got {name!r}")
    return kind


def _language_model(path: str | Path | None, dtype: torch.dtype) -> Qwen2ForCausalLM:
    config = read_config(path or "")
    if config.get("model_type") != "qwen2":
        raise InputError(
            f"a process reward model is built on a qwen2 checkpoint, this one is {config.get('model_type')!r}",
            file=str(path),
            field="model_type",
        )
    with _quiet():
        return Qwen2ForCausalLM.from_pretrained(str(path), dtype=dtype)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of transformers: progress is shown by whoever runs the work."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _check_same_tokenizer(tokenizer: Any, base: str | Path, reference: str | Path | None) -> None:
    other = AutoTokenizer.from_pretrained(reference)
    if tokenizer.get_vocab() != other.get_vocab():
        raise InputError(
            f"its tokenizer differs from that of {base}: the two models of a surprise head must read the "
            "same tokens",
            file=str(reference),
        )


def _plain(config: Qwen2Config) -> dict[str, Any]:
    """A configuration without where it came from, so that checkpoints are the same on every machine."""
    left_out = ("_name_or_path", "transformers_version")
    return {k: v for k, v in config.to_dict().items() if k not in left_out}


def _settings(head: Head, system: str | None, **more: Any) -> dict[str, Any]:
    return {"head": head, "system": system, "separator": SEPARATOR, **more}


def _with_linear_head(
    model: Qwen2ForCausalLM, tokenizer: Any, system: str
) -> Qwen2ForProcessRewardModel:
    if tokenizer.convert_tokens_to_ids(SEPARATOR) in (None, tokenizer.unk_token_id):
        tokenizer.add_special_tokens({"extra_special_tokens": [SEPARATOR]})
    if len(tokenizer) > model.config.vocab_size:
        model.resize_token_embeddings(len(tokenizer))
    config = Qwen2Config(**_plain(model.config))
    config.architectures, config.num_labels = [_PUBLISHED], 2
    config.process_reward = _settings("linear", system)  # type: ignore[attr-defined]
    # Published checkpoints say it here, and readers before transformers 5 look nowhere else.
    config.rope_theta = config.rope_parameters["rope_theta"]  # type: ignore[attr-defined,index]
    with torch.device("meta"):
        network = Qwen2ForProcessRewardModel(config)
    network.model = model.model
    _fresh(network.score, model.dtype)
    return network.eval()


def _with_surprise_head(
    model: Qwen2ForCausalLM,
    second: Qwen2ForCausalLM | None,
    tokenizer: Any,
    head: Head,
    system: str | None,
) -> Qwen2ForSurpriseProcessRewardModel:
    config = Qwen2Config(**_plain(model.config))
    config.architectures, config.num_labels = [_SURPRISE], 2
    config.process_reward = _settings(  # type: ignore[attr-defined]
        head,
        system,
        width=48,
        layers=2,
        reference=_plain(second.config) if second is not None else None,
    )
    with torch.device("meta"):
        network = Qwen2ForSurpriseProcessRewardModel(config)
    network.base = model.requires_grad_(False)
    if second is not None:
        network.reference = second.requires_grad_(False)
    pieces = [tokenizer.decode([i]) for i in range(config.vocab_size)]
    network.token_class = token_classes(pieces)
    _fresh(network.head, torch.float32)
    return network.eval()


def _fresh(module: torch.nn.Module, dtype: torch.dtype) -> None:
    """Torch's own initial values; transformers' small ones make a little head slow to train."""
    module.to_empty(device="cpu").to(dtype)
    for part in module.modules():
        reset = getattr(part, "reset_parameters", None)
        if reset is not None:
            reset()
