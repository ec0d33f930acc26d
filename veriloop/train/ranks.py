"""The processes of one training: who this one is, how a model is shared out among them, and what they tell each other.

``accelerate launch`` starts them and says how (``configs/ddp.yaml``, ``configs/fsdp.yaml``); ``accelerate`` joins
them. Weights are copied (DDP) or sharded (FSDP2: ``fully_shard``, called here, because accelerate 1.15 shards on GPUs
only and copies without a word elsewhere). What is learnt is the trainer's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, cast, final

import torch
import torch.distributed as dist
from torch import Tensor, nn

from veriloop.engines.heads import Qwen2ForProcessRewardModel
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError, MissingExtra

CONFIGS: Final = Path(__file__).with_name("configs")
Rows = Sequence[Tensor]
Ends = Sequence[Sequence[int]]
T = TypeVar("T")


@final
@dataclass(frozen=True)
class Ranks:
    """One process among ``count``. ``sharded``: each holds a part of the weights, else all of them.

    ``reshard`` frees gathered weights after a layer's forward pass. Every method but ``leads`` is called by all
    processes together.
    """

    rank: int = 0
    count: int = 1
    device: str = "cpu"
    sharded: bool = False
    reshard: bool = True

    @property
    def leads(self) -> bool:
        """True in the one process that writes files and shows progress."""
        return self.rank == 0

    def place(self, make: Callable[[], ProcessRewardModel], dtype: str) -> ProcessRewardModel:
        """A model as ``make`` gives it, on this process's device, sharded where that is how it is shared."""
        if not self.sharded:
            return make().to(self.device)
        made: ProcessRewardModel | None = None
        # One process of a machine after another: of a large model, memory holds one whole copy at a time.
        for turn in range(int(os.environ.get("LOCAL_WORLD_SIZE", self.count))):
            if turn == int(os.environ.get("LOCAL_RANK", self.rank)):
                made = make()
                _shard(made, self, dtype)
            dist.barrier()
        assert made is not None
        return made

    def reader(self, model: ProcessRewardModel) -> Reader:
        """What passes batches through the model so that gradients add up over all processes."""
        if self.count == 1 or self.sharded:
            return Reader(model.step_logits)
        index = torch.device(self.device).index
        wrapped = nn.parallel.DistributedDataParallel(
            _Steps(model.network), device_ids=None if index is None else [index],
            forward_sync_buffers=False,
        )  # fmt: skip

        def read(rows: Rows, ends: Ends) -> Tensor:
            return wrapped([row.to(self.device) for row in rows], ends).float()

        return Reader(read, wrapped.no_sync)

    def total(self, value: float) -> float:
        """The sum of every process's value."""
        if self.count == 1:
            return value
        kind = torch.float32 if "mps" in self.device else torch.float64
        summed = torch.tensor(value, dtype=kind, device=self.device)
        dist.all_reduce(summed)
        return summed.item()

    def gather(self, mine: T) -> list[T]:
        """What every process has, in their order."""
        if self.count == 1:
            return [mine]
        found: list[Any] = [None] * self.count
        dist.all_gather_object(found, mine)
        return found

    def same(self, mine: T, what: str) -> T:
        """The value that all processes have. Raises InputError where they differ."""
        found = self.gather(mine)
        if any(other != found[0] for other in found):
            raise InputError(
                f"the processes do not see the same {what}: {found}; the examples, the base and the folder to "
                "write must lie where all machines can read them"
            )
        return mine


@final
@dataclass(frozen=True)
class Reader:
    """``read(rows, ends)`` gives logits [S, 2] in float32; within ``apart()`` gradients stay in this process."""

    read: Callable[[Rows, Ends], Tensor]
    apart: Callable[[], Any] = nullcontext


@final
class _Steps(nn.Module):
    """The network with ``step_logits`` as its forward pass, which is where DDP listens."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Rows, ends: Ends) -> Tensor:
        return cast(Any, self.network).step_logits(rows, ends)


def _shard(model: ProcessRewardModel, ranks: Ranks, dtype: str) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import (
        MixedPrecisionPolicy,
        fully_shard,
        register_fsdp_forward_method,
    )

    network = model.network
    if not isinstance(network, Qwen2ForProcessRewardModel):
        raise InputError(
            "a surprise head is small and its language models are frozen: there is nothing to shard; launch with "
            f"{CONFIGS.name}/ddp.yaml"
        )
    kind = torch.device(ranks.device).type
    mesh = init_device_mesh(kind, (ranks.count,))
    policy = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16 if dtype == "bfloat16" else None, reduce_dtype=torch.float32
    )
    for layer in network.model.layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy, reshard_after_forward=ranks.reshard)
    fully_shard(network, mesh=mesh, mp_policy=policy)
    register_fsdp_forward_method(network, "step_logits")


def whole(tensor: Tensor) -> Tensor:
    """A tensor with all its shards, on the CPU. Called by all processes together."""
    gathered = cast(Any, tensor).full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return gathered.detach().cpu()


def shard_like(tensor: Tensor, like: Tensor) -> Tensor:
    """The shard of a whole tensor that is this process's, as ``like`` is sharded; the tensor itself where it is not."""
    if not hasattr(like, "full_tensor"):
        return tensor.to(like.device)
    from torch.distributed.tensor import distribute_tensor

    parts = cast(Any, like)
    return distribute_tensor(
        tensor.to(like.device), parts.device_mesh, parts.placements, src_data_rank=None
    )


def leads() -> bool:
    """True where this process is alone or the first of its launch; nothing is opened to know it."""
    return int(os.environ.get("RANK", "0")) == 0


def launched() -> int:
    """How many processes the launcher started; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(device: str, dtype: str) -> Iterator[Ranks]:
    """The processes that were launched together, joined until the end; alone on ``device`` without a launcher.

    Raises MissingExtra without ``accelerate``, InputError where the launcher asks for what is not done here.
    """
    if launched() == 1:
        yield Ranks(device=device)
        return
    sharded = check_launch(os.environ, dtype)
    try:
        from accelerate import PartialState
    except ModuleNotFoundError as error:
        raise MissingExtra("accelerate", "train", "training in several processes") from error
    # Without this, transformers would leave the weights of all processes but the first empty.
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
    joined_before = dist.is_initialized()
    state = PartialState(cpu=not torch.accelerator.is_available())
    kind = torch.device(cast(Any, state.device))
    reshard = os.environ.get("FSDP_RESHARD_AFTER_FORWARD", "true").lower() == "true"
    try:
        yield Ranks(
            state.process_index,
            state.num_processes,
            "cpu" if kind.type == "cpu" else str(kind),
            sharded,
            reshard,
        )
    finally:
        if not joined_before:
            state.destroy_process_group()
            PartialState._reset_state()


def check_launch(environ: Mapping[str, str], dtype: str) -> bool:
    """Whether the launcher asks for shards (FSDP2), from what it put into the environment.

    Raises InputError on what would be ignored otherwise, because a setting that changes a result or the memory
    that a training needs must not be dropped without a word.
    """

    def asked(name: str) -> bool:
        return environ.get(name, "false").lower() == "true"

    for name in ("DEEPSPEED", "MEGATRON_LM"):
        if asked(f"ACCELERATE_USE_{name}"):
            raise InputError(
                f"the launcher asks for {name.lower()}: give it a configuration with distributed_type MULTI_GPU "
                f"or FSDP, such as those in {CONFIGS}"
            )
    precision = environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if precision not in ("no", {"bfloat16": "bf16"}.get(dtype)):
        raise InputError(
            f"the launcher asks for mixed precision {precision!r} and the training for dtype {dtype!r}: say it with "
            "--dtype alone, which training.json records"
        )
    if not asked("ACCELERATE_USE_FSDP"):
        return False
    if environ.get("FSDP_VERSION", "1") != "2":
        raise InputError("the launcher asks for FSDP 1: write fsdp_version: 2")
    for name, instead in {
        "OFFLOAD_PARAMS": "weights stay on the device: write fsdp_offload_params: false",
        "ACTIVATION_CHECKPOINTING": "say it with --gradient-checkpointing alone",
    }.items():
        if asked(f"FSDP_{name}"):
            raise InputError(
                f"the launcher asks for FSDP {name.lower().replace('_', ' ')}: {instead}"
            )
    return True
