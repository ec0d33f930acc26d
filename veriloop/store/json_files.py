"""Numbers and settings as a JSON file that people read too: indented, whole or not at all.

Records have tables of their own (``pieces``); what the keys mean is known to who writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from veriloop.ids import Json
from veriloop.store.atomic import write_whole


def write_json(path: Path, told: Mapping[str, Json]) -> None:
    """Write ``told`` to ``path``, making its folder. Raises StoreError and leaves no half file."""
    write_whole(path, f"{json.dumps(told, indent=2, ensure_ascii=False)}\n".encode())
