"""Written solutions of Abacus problems: true ones, and wrong ones with known causes.

A solution is derived along the value graph with faults planted at chosen nodes; what follows a
fault is carried on faithfully, as a person would. Faults are misreadings the problem tempts to
(its traps), slips of arithmetic, wrong operands, wrong operations, skipped steps, and slips that
are silently repaired in the next line. Whether the result is right is not decided here: ask
`checker`, which knows nothing of faults.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veriloop.abacus.problems import compute

STYLES = ("numbered", "labelled", "plain")
_CEILING = 120
# How often the policy's corpus falls for a trap. Near one half, so that the misreading often
# outvotes the truth among samples, and a solver's own confidence cannot tell the two apart.
TRAP_RATES: dict[str, float] = {"twice": 0.55, "inverse": 0.55, "distractor": 0.5, "stop": 0.45}
SLIP_RATE = 0.012
REPAIR_SHARE = 0.5


@dataclass(frozen=True)
class Line:
    """One written equation: `a op b = result` under a label."""

    label: str
    a: int
    op: str
    b: int
    result: int

    @property
    def text(self) -> str:
        """The equation as it is written in a step."""
        return f"{self.a}{self.op}{self.b}={self.result}"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at one node.

    kind: arith (result off by `number`, carried on), typo (off by `number`, but repaired
    afterwards), operand (`number` replaces the operand on `side`), op (`op` replaces the
    operation), extra (a needless `a + number` comes first), skip (the step is left out), final
    (the boxed number is off by `number`).
    """

    kind: str
    number: int = 0
    op: str = ""
    side: str = "b"


def derive(meta: Mapping[str, Any], faults: Mapping[int, Fault]) -> tuple[list[Line], int]:
    """Walk the value graph with faults at some nodes; return the lines and the final number."""
    lines: list[Line] = []
    carried: dict[int, int] = {}
    for index, node in enumerate(meta["nodes"]):
        fault = faults.get(index, Fault("none"))
        operands = {
            side: node[side]["n"] if "n" in node[side] else carried[node[side]["v"]]
            for side in ("a", "b")
        }
        if fault.kind == "skip":
            carried[index] = operands["b"] if "v" in node["b"] else operands["a"]
            continue
        if fault.kind == "extra":
            total = operands["a"] + fault.number
            lines.append(Line(node["label"], operands["a"], "+", fault.number, total))
            operands["a"] = total
        if fault.kind == "operand":
            operands[fault.side] = fault.number
        op = fault.op if fault.kind == "op" else node["op"]
        result = compute(op, operands["a"], operands["b"])
        carried[index] = result + fault.number if fault.kind == "arith" else result
        shown = carried[index] + fault.number if fault.kind == "typo" else carried[index]
        lines.append(Line(node["label"], operands["a"], op, operands["b"], shown))
    last = len(meta["nodes"]) - 1
    final = faults.get(last, Fault("none"))
    return lines, carried[last] + (final.number if final.kind == "final" else 0)


def write(lines: Sequence[Line], answer: int, style: str = "numbered") -> list[str]:
    """The steps of a solution in one of `STYLES`; the last step holds the boxed number."""
    if style == "numbered":
        steps = [f"Step {i}: {line.text}" for i, line in enumerate(lines, 1)]
        return [*steps, f"Answer: \\boxed{{{answer}}}"]
    if style == "labelled":
        steps = [f"{line.label}: {line.text}" for line in lines]
        return [*steps, f"So the answer is \\boxed{{{answer}}}."]
    if style == "plain":
        steps = [f"{'Next' if i else 'First'} {line.text}" for i, line in enumerate(lines)]
        return [*steps, f"This gives \\boxed{{{answer}}}."]
    raise ValueError(f"unknown style {style!r}; write one of {', '.join(STYLES)}")


def gold_steps(meta: Mapping[str, Any], style: str = "numbered") -> list[str]:
    """The faultless solution in one style."""
    return write(*derive(meta, {}), style)


def teacher_steps(meta: Mapping[str, Any], rng: random.Random) -> list[str]:
    """A solution as the policy's corpus holds it: often trapped, sometimes slipping."""
    faults: dict[int, Fault] = {}
    for trap in meta["traps"]:
        if rng.random() < TRAP_RATES[trap["kind"]]:
            faults[trap["node"]] = trap_fault(trap)
    for index in range(len(meta["nodes"])):
        if index not in faults and rng.random() < SLIP_RATE:
            kind = "typo" if rng.random() < REPAIR_SHARE else "arith"
            faults[index] = Fault(kind, _shift(rng))
    return write(*_plausible(meta, faults), rng.choice(STYLES))


def corrupted_steps(meta: Mapping[str, Any], rng: random.Random) -> list[str]:
    """A solution with one or two planted faults of random kinds, in a random style."""
    faults: dict[int, Fault] = {}
    if meta["traps"] and rng.random() < 0.45:
        trap = rng.choice(meta["traps"])
        faults[trap["node"]] = trap_fault(trap)
    if not faults or rng.random() < 0.25:
        # The earlier a fault, the more often a later one is masked: so spread them evenly.
        index = rng.randrange(len(meta["nodes"]))
        faults.setdefault(index, random_fault(meta, index, rng))
    return write(*_plausible(meta, faults), rng.choice(STYLES))


def trap_fault(trap: Mapping[str, Any]) -> Fault:
    """The misreading that a trap of a problem's `meta` tempts to."""
    if trap["kind"] == "distractor":
        return Fault("extra", number=trap["b"])
    if trap["kind"] == "stop":
        return Fault("skip")
    return Fault("op", op=trap["op"])


def random_fault(meta: Mapping[str, Any], index: int, rng: random.Random) -> Fault:
    """A fault of a random kind that fits node `index`."""
    node = meta["nodes"][index]
    kinds = [*["arith"] * 4, *["typo"] * 2, "operand", "operand", "op", "skip"]
    if index == len(meta["nodes"]) - 1:
        kinds.append("final")
    kind = rng.choice(kinds)
    if kind in ("arith", "typo", "final"):
        return Fault(kind, number=_shift(rng))
    if kind == "operand":
        side = rng.choice("ab")
        true = _number(meta, node[side])
        pool = sorted({_number(meta, n[s]) for n in meta["nodes"][: index + 2] for s in "ab"})
        others = [n for n in (*pool, true + rng.choice((-2, -1, 1, 2, 10))) if n != true and n > 0]
        return Fault("operand", number=rng.choice(others or [true + 1]), side=side)
    if kind == "op":
        return Fault("op", op=rng.choice([op for op in ("+", "-", "*") if op != node["op"]]))
    return Fault("skip")


def _plausible(meta: Mapping[str, Any], faults: Mapping[int, Fault]) -> tuple[list[Line], int]:
    """Derive; if a number leaves 0..120, drop later faults until none does."""
    kept = dict(faults)
    while True:
        lines, answer = derive(meta, kept)
        numbers = [n for line in lines for n in (line.a, line.b, line.result)]
        if not kept or all(0 <= n <= _CEILING for n in (*numbers, answer)):
            return lines, answer
        kept.pop(max(kept))


def _number(meta: Mapping[str, Any], operand: Mapping[str, int]) -> int:
    return operand["n"] if "n" in operand else int(meta["nodes"][operand["v"]]["value"])


def _shift(rng: random.Random) -> int:
    return rng.choice((-10, -2, -1, -1, 1, 1, 2, 10))
