"""What made a run, read off its account: the attempts that ``run.json`` holds.

An account is JSON as ``veriloop.runs.manifest`` writes it; a page of a single command makes its provenance itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veriloop.report.page import Provenance, StageTime


def account_provenance(account: Mapping[str, Any], settings: object) -> Provenance:
    """The last attempt's command, versions, seeds and machine, with the repr of ``settings``; of each stage the time
    of the last attempt that did work in it.
    """
    last = account["attempts"][-1]
    times: dict[str, StageTime] = {}
    for attempt in account["attempts"]:
        for name, told in attempt["stages"].items():
            if told["done"] or name not in times:
                times[name] = StageTime(name, told["wall_seconds"], told["cpu_seconds"])
    return Provenance(
        command=" ".join(last["command"]),
        made=last["started"],
        versions={k: v for k, v in last["versions"].items() if v},
        seeds=last["seeds"],
        config={"settings": repr(settings)},
        times=tuple(times.values()),
        cpu=f"{last['platform']}, {last['cpus']} cores, Python {last['python']}",
    )
