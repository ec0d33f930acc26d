"""Which weights a training begins from: a hash of what a checkpoint's folder holds, read without any library of models.

Part of a training's fingerprint. Tokenizers and settings are not here: each training says which of them decide.
"""

from __future__ import annotations

from pathlib import Path

import xxhash

from veriloop.ids import Json


def weights_of(path: str) -> Json:
    """A hash of a checkpoint's weights, wherever they lie."""
    running = xxhash.xxh3_128()
    # transformers reads the older kind where there is none of the newer.
    kinds = ("*.safetensors", "*.bin")
    found = (sorted(Path(path).glob(kind)) for kind in kinds)
    for file in next((files for files in found if files), []):
        with open(file, "rb") as stream:
            while piece := stream.read(2**24):
                running.update(piece)
    return running.hexdigest()
