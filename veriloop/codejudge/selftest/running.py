"""The whole selftest: every trial of every attack in the boxes of one mode, and what came of each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, final

from veriloop.codejudge.selftest.attacks import Attack
from veriloop.codejudge.selftest.escapes import ESCAPES
from veriloop.codejudge.selftest.excesses import EXCESSES
from veriloop.codejudge.selftest.frauds import FRAUDS
from veriloop.codejudge.selftest.stages import Seen, Stage, claimed
from veriloop.errors import SandboxError
from veriloop.sandbox.outcomes import Isolation

State = Literal["held", "NOT HELD", "not claimed"]


@final
@dataclass(frozen=True)
class Found:
    """One row: its trials as they came out. ``unclaimed`` are those that are not claimed to be held; not run."""

    attack: Attack
    isolation: Isolation
    seen: tuple[Seen, ...]
    unclaimed: tuple[str, ...]

    @property
    def state(self) -> State:
        """How the row stands."""
        if any(not s.held for s in self.seen):
            return "NOT HELD"
        return "held" if self.seen else "not claimed"

    @property
    def verdicts(self) -> str:
        """The verdicts that were given, in order of appearance."""
        return " ".join(dict.fromkeys(s.code.value for s in self.seen if s.code))

    @property
    def cpu_s(self) -> float:
        """CPU time of the hostile programs, as the judge measured it."""
        return sum(s.cpu_s for s in self.seen)

    def as_json(self) -> dict[str, object]:
        """The row for machines."""
        return {
            "number": self.attack.number,
            "attack": self.attack.name,
            "defence": self.attack.defence,
            "success": self.attack.success,
            "state": self.state,
            "trials": [
                {
                    "trial": s.trial,
                    "held": s.held,
                    "breaches": list(s.breaches),
                    "verdict": s.code.value if s.code else None,
                    "cpu_s": round(s.cpu_s, 4),
                    "peak": s.peak,
                }
                for s in self.seen
            ],
            "not_claimed": list(self.unclaimed),
        }


def table() -> Mapping[int, Attack]:
    """Every attack by its number."""
    rows = sorted((*EXCESSES, *ESCAPES, *FRAUDS), key=lambda row: row.number)
    return {row.number: row for row in rows}


def run(stage: Stage, attacks: Mapping[int, Attack]) -> Iterator[Found]:
    """Make every trial that the mode claims to hold, row by row."""
    for number in sorted(attacks):
        attack, isolation = attacks[number], stage.isolation
        mine = [t for t in attack.trials if claimed(t, isolation)]
        others = tuple(t.name for t in attack.trials if not claimed(t, isolation))
        seen = []
        for trial in mine:
            try:
                seen.append(trial.make(stage))
            except SandboxError as error:
                seen.append(Seen(trial.name, (f"the sandbox failed: {error}",)))
            except Exception as error:  # whatever upsets the judge is an attack that succeeded
                seen.append(
                    Seen(trial.name, (f"the judge failed: {type(error).__name__}: {error}",))
                )
        yield Found(attack, isolation, tuple(seen), others)
