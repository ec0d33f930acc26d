"""What made a page of a bench command, so that it can be made again: the command, versions, seeds, options."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from veriloop.report.page import Provenance


def provenance(seeds: Mapping[str, int], options: object) -> Provenance:
    """The account of this process, with the repr of the options that it read."""
    from veriloop.report.page import Provenance
    from veriloop.runs.manifest import versions

    program = Path(sys.argv[0]).name
    return Provenance(
        command=shlex.join(["veriloop" if "veriloop" in program else program, *sys.argv[1:]]),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={name: version for name, version in versions().items() if version},
        seeds=seeds,
        config={"options": repr(options)},
        cpu=f"{platform.platform()}, Python {platform.python_version()}",
    )
