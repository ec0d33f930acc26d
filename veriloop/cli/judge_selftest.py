"""``veriloop judge selftest``: the judge attacked on this machine, and a table of what held."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from veriloop.codejudge.selftest.running import Found

WIDTH = 80
_LINE = "{:>2} {:<24} {:<26} {:<14} {:<5} {:>4}"


@final
@dataclass(frozen=True)
class SelftestOptions:
    """The options of ``veriloop judge selftest``, as given."""

    mode: str | None = None
    launcher: str | None = None
    as_json: bool = False

    def run(self) -> int:
        """Make every trial and print the table; the exit code: 1 where something claimed is not held, else 0."""
        from veriloop.codejudge.selftest.running import run, table
        from veriloop.codejudge.selftest.stages import stage

        found: list[Found] = []
        with stage(self.mode, self.launcher) as there:
            stamp = str(there.sandbox.isolation)
            if not self.as_json:
                print(f"isolation: {stamp}\n")
                print(_LINE.format("", "attack", "defence", "state", "", "CPU"))
            for row in run(there, table()):
                found.append(row)
                if not self.as_json:
                    print("\n".join(lines(row)))
                    sys.stdout.flush()
        open_rows = [row for row in found if row.state == "NOT HELD"]
        if self.as_json:
            print(
                json.dumps({"isolation": stamp, "rows": [row.as_json() for row in found]}, indent=1)
            )
        else:
            print("\n" + closing(found))
        return 1 if open_rows else 0


def lines(row: Found) -> Iterator[str]:
    """A row of the table: which trials were held of those made, the first verdict (+: others too), the programs' CPU
    seconds; with a line for each breach.
    """
    attack, seen = row.attack, row.seen
    held = sum(s.held for s in seen)
    state = f"{row.state} {held}/{len(seen)}" if seen else row.state
    cpu = f"{row.cpu_s:.1f}" if row.cpu_s else ""
    first, *more = row.verdicts.split() or [""]
    yield _LINE.format(
        attack.number, attack.name, attack.defence, state, first + "+" * bool(more), cpu
    ).rstrip()
    for one in seen:
        if not one.held:
            yield from (f"   {one.trial}: {breach}" for breach in one.breaches)


def closing(found: list[Found]) -> str:
    """What the table comes to."""
    trials = sum(len(row.seen) for row in found)
    open_rows = [row for row in found if row.state == "NOT HELD"]
    unclaimed = sum(len(row.unclaimed) for row in found)
    text = f"{len(found)} attacks, {trials} trials: "
    text += "all held." if not open_rows else f"{len(open_rows)} attacks NOT HELD."
    if unclaimed:
        made = "trial was" if unclaimed == 1 else "trials were"
        text += f"\n{unclaimed} {made} not made: {found[0].isolation}\n"
        text += "does not claim to hold them (--json names them)."
    return text
