"""Muon on a model's matrices and AdamW on all the rest, as one optimiser that a trainer can drive, save and restore.

What a tiny model needs to be fine-tuned in seconds; torch's own Muon takes matrices only. Rates over time are the
scheduler's business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import Module

_TABLES = ("embed", "lm_head")  # matrices by shape only: their rows are looked up, not multiplied


@final
class MuonWithAdamW(torch.optim.Optimizer):
    """``torch.optim.Muon`` at ``rate`` on the matrices of ``model`` that learn, AdamW at ``rest_rate`` on the rest:
    embeddings, the output head, biases and norms. ``weight_decay`` is for the matrices.
    """

    def __init__(
        self, model: Module, rate: float, rest_rate: float, *, weight_decay: float = 0.0
    ) -> None:
        learnt = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        matrices = [p for n, p in learnt if _is_matrix(n, p)]
        rest = [p for n, p in learnt if not _is_matrix(n, p)]
        self.parts: list[torch.optim.Optimizer] = []
        if matrices:
            self.parts.append(torch.optim.Muon(matrices, lr=rate, weight_decay=weight_decay))
        if rest:
            self.parts.append(
                torch.optim.AdamW(rest, lr=rest_rate, betas=(0.9, 0.95), weight_decay=0.0)
            )
        super().__init__([{"params": [*matrices, *rest]}], {"lr": rate})
        self._join()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of all parts."""
        loss = closure() if closure is not None else None
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The states of the parts, in order; ``param_groups`` as those who look into it expect."""
        return {
            "parts": [part.state_dict() for part in self.parts],
            "state": {},
            "param_groups": [],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Put back what ``state_dict`` gave."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._join()

    def _join(self) -> None:
        """The parts' own groups stand here too, so that a scheduler's rates reach them."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def _is_matrix(name: str, parameter: Tensor) -> bool:
    return parameter.ndim == 2 and not any(table in name for table in _TABLES)
