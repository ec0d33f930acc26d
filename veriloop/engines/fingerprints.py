"""What a folder of weights or of a tokenizer is, as a short text: for cache keys, which must not trust a path.

Large files count by their size and by the first and last MiB: training moves every weight, so a checkpoint
that was trained again under the same name is told from the old one without reading gigabytes. It is no proof
against somebody who means to deceive.
"""

from __future__ import annotations

from pathlib import Path

import xxhash

TOKENIZER = (
    "chat_template.*",
    "tokenizer*.json",
    "special_tokens_map.json",
    "vocab.*",
    "merges.txt",
)
WEIGHTS = (*TOKENIZER, "config.json", "generation_config.json", "*.safetensors", "*.bin")
_PART = 1 << 20


def folder_fingerprint(folder: str | Path, patterns: tuple[str, ...] = WEIGHTS) -> str | None:
    """A hash of the folder's files that fit ``patterns``; None where there are none."""
    files = sorted({path for pattern in patterns for path in Path(folder).glob(pattern)})
    if not files:
        return None
    digest = xxhash.xxh3_128()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            digest.update(file.read(_PART))
            if size > _PART:
                file.seek(max(_PART, size - _PART))
                digest.update(file.read(_PART))
    return digest.hexdigest()
