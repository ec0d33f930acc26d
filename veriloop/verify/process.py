"""A process reward model as a verifier: every step of a solution scored in one pass.

Source: arXiv 2501.07301, sections 2.1, 2.2 and 3.2.4. How a network reads a solution is its checkpoint's business
(``veriloop.engines.step_reader``), whoever published it; training one is ``veriloop.train``'s.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, final

from veriloop.records import Form, Granularity, Group, Source, Traits, Unscored, Verdict
from veriloop.verify.step_scores import (
    NO_STEPS,
    Aggregate,
    Desk,
    Item,
    Read,
    Rule,
    aggregate,
    items_of,
    read_groups,
    too_long,
)

if TYPE_CHECKING:
    from veriloop.engines.layouts import Layout
    from veriloop.engines.step_encoding import Encoded
    from veriloop.engines.step_reader import StepReader
    from veriloop.ids import Json

__all__ = ["Aggregate", "Process", "aggregate"]


@final
@dataclass
class _Held:
    """What opens late and changes: the model, and the solutions that wait for the next pass."""

    model: StepReader | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    desk: Desk = field(default_factory=Desk)


@final
@dataclass(frozen=True)
class Process:
    """Step scores of the process reward model in the folder ``checkpoint``.

    ``aggregate`` makes a solution's value of its step scores (the paper: ``last`` suits labels by rollouts,
    ``product`` or ``min`` labels by judges and people). A step is wrong where its score is not above ``threshold``.
    ``batch_tokens`` bounds a batch, padding included. On a GPU all groups that are asked for at one time are read
    together; on a CPU each is read alone, so that its scores are the same bits whatever else was asked for. A
    solution longer than the model can read is unscored, and so is one that holds the separator.

    ``layout`` says whose head and form of text the checkpoint has: ``auto`` looks, and ``math-shepherd``, which
    is a plain language model, has to be named. ``separator`` ends a step for ``token-classification`` models.
    """

    checkpoint: str
    name: str = "prm"
    aggregate: Aggregate = "product"
    threshold: float = 0.5
    dtype: str = "float32"
    device: str = "cpu"
    batch_tokens: int = 4096
    layout: Layout = "auto"
    separator: str = "\n\n"
    _held: _Held = field(default_factory=_Held, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        from veriloop.engines.layouts import LAYOUTS

        self._rule()
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout is one of {', '.join(LAYOUTS)}, got {self.layout!r}")

    @property
    def traits(self) -> Traits:
        """A trained model's; the same bits each time on a CPU."""
        return Traits(
            Source.MODEL,
            (Form.SCORE,),
            (Granularity.STEP,),
            trained=True,
            deterministic=self.device == "cpu",
        )

    def __reduce__(self) -> tuple[object, ...]:
        given = (self.checkpoint, self.name, self.aggregate, self.threshold)
        how = (self.dtype, self.device, self.batch_tokens, self.layout, self.separator)
        return (Process, (*given, *how))

    def _rule(self) -> Rule:
        return Rule(self.aggregate, self.threshold)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, with a score for each step, or the reason for having none."""
        read = partial(read_groups, self._read, together=self.device != "cpu")
        reads = await self._held.desk.ask(items_of(group), read)
        rule, made_by = self._rule(), self._made_by()
        return tuple(
            rule.verdict(self, solution, read=read, made_by=made_by)
            for solution, read in zip(group.solutions, reads, strict=True)
        )

    def fingerprint(self) -> Json:
        """What decides its scores: its settings and the weights, wherever they lie."""
        from veriloop.engines.fingerprints import folder_fingerprint

        return [self._made_by(), self.separator, folder_fingerprint(self.checkpoint)]

    def _made_by(self) -> str:
        """Without the folder, so that records do not depend on where a checkpoint lies."""
        layout = "" if self.layout == "auto" else f", layout={self.layout!r}"
        return (
            f"Process(name={self.name!r}, aggregate={self.aggregate!r}, "
            f"threshold={self.threshold!r}, dtype={self.dtype!r}{layout})"
        )

    def score_steps(
        self, items: Sequence[tuple[str, Sequence[str]]]
    ) -> list[tuple[float, ...] | Unscored]:
        """For each (problem text, steps), in order: a score in [0, 1] for each step, or why there is none."""
        reads = [read.checked() for read in self._read(items)]
        return [read.unscored or read.scores for read in reads]

    def _read(self, items: Sequence[Item]) -> list[Read]:
        with self._held.lock:
            model = self._open()
            reads: list[Read | None] = []
            todo: list[Encoded] = []
            for problem, steps in items:
                encoded = _encode(model, problem, steps)
                reads.append(encoded if isinstance(encoded, Read) else None)
                if not isinstance(encoded, Read):
                    todo.append(encoded)
            scored = zip(todo, model.score(todo, self.batch_tokens), strict=True)
        made = (Read(scores=scores, tokens=len(encoded.ids)) for encoded, scores in scored)
        return [read or next(made) for read in reads]

    def _open(self) -> StepReader:
        held = self._held
        if held.model is None:
            from veriloop.engines.step_reader import open_reader

            held.model = open_reader(
                self.checkpoint,
                self.layout,
                separator=self.separator,
                dtype=self.dtype,
                device=self.device,
            )
        return held.model


def _encode(model: StepReader, problem: str, steps: Sequence[str]) -> Encoded | Read:
    from veriloop.engines.step_encoding import SeparatorInStep

    if not steps:
        return NO_STEPS
    try:
        encoded = model.encode(problem, steps)
    except SeparatorInStep as error:
        return Read(unscored=Unscored.SEPARATOR, why=str(error))
    if len(encoded.ids) > model.limit:
        return too_long(len(encoded.ids), model.limit)
    return encoded
