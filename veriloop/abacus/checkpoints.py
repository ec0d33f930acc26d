"""Where the shipped Abacus checkpoints lie, and whether they are what training made.

Ordinary Hugging Face folders inside the package; this module only finds and fingerprints them.
Loading weights is `veriloop.engines`' work, making them `pretrain`'s.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, get_args

CheckpointName = Literal["policy", "judge", "critic", "critic-small"]
_FOLDER = Path(__file__).parent / "checkpoints"


def checkpoint(name: CheckpointName) -> Path:
    """Folder of a shipped checkpoint: "policy" solves problems, "judge" labels the steps of solutions, "critic" (and
    a smaller one, "critic-small") criticises and corrects them, well beside a reference and badly without one.

    Raises:
        ValueError: for another name.
        FileNotFoundError: if the package was installed without its checkpoints.
    """
    if name not in get_args(CheckpointName):
        names = ", ".join(get_args(CheckpointName))
        raise ValueError(f"no checkpoint {name!r}; Abacus ships {names}")
    folder = _FOLDER / name
    if not (folder / "model.safetensors").is_file():
        raise FileNotFoundError(
            f"the {name} checkpoint is not in this installation; make it with "
            f"`python -m veriloop.abacus.pretrain {name} --out {folder}`"
        )
    return folder


def training_record(name: CheckpointName) -> dict[str, Any]:
    """What made a checkpoint: command, plan, CPU seconds, quality, sha256 of the weights."""
    record: dict[str, Any] = json.loads((checkpoint(name) / "training.json").read_text())
    return record


def fingerprint(name: CheckpointName) -> str:
    """The sha256 of a checkpoint's weights as they lie on disk."""
    return hashlib.sha256((checkpoint(name) / "model.safetensors").read_bytes()).hexdigest()
