"""Which checkpoint an engine of this machine runs, and how. Light, so that processes can be told without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Weights:
    """The folder ``path``, how many sequences at a time, the torch dtype's name, and the device."""

    path: str
    slots: int = 64
    dtype: str = "float32"
    device: str = "cpu"
