"""What options name, opened: engine specs, problem sources, answer equality.

``abacus:`` names are resolved here, at the door, so that no room below knows of the embedded world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Engine

WORLD = "abacus"


def model_path(spec: str) -> str:
    """``abacus:policy`` and ``abacus:judge`` as the folders of the shipped checkpoints; others unchanged."""
    world, _, name = spec.partition(":")
    if world != WORLD:
        return spec
    from veriloop.abacus import checkpoint

    if name not in ("policy", "judge"):
        raise InputError(f"the embedded world has the models policy and judge, not {name!r}")
    return str(checkpoint(name))


def engine(spec: str) -> Engine:
    """The engine that ``spec`` names: MODEL@URL, local:PATH, pool:PATH, vllm:PATH, a folder, abacus:NAME."""
    from veriloop.engines import open_engine

    return open_engine(model_path(spec))
