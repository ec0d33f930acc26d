"""An outcome reward model as a verifier: of whole answers, or, asked about every prefix, of steps.

Source: arXiv 2501.07301, section 4.2 scores an outcome model's prefixes as steps. How a network reads an answer is
``veriloop.engines.outcome_reward``'s business.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, final

from veriloop.records import Form, Granularity, Group, Solution, Source, Traits, Verdict
from veriloop.verify.step_scores import (
    NO_STEPS,
    Desk,
    Item,
    Read,
    Rule,
    items_of,
    read_groups,
    too_long,
)

if TYPE_CHECKING:
    from veriloop.engines.outcome_reward import OutcomeModel
    from veriloop.ids import Json


@final
@dataclass
class _Held:
    model: OutcomeModel | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    desk: Desk = field(default_factory=Desk)


@final
@dataclass(frozen=True)
class Outcome:
    """The model in the folder ``checkpoint``: a sequence classifier with one or two labels, or Qwen2.5-Math-RM's
    layout.

    The value is the model's own number for the whole answer, not squashed: it may be any real number, and ranks
    answers to one problem. With ``granularity="step"`` every prefix is scored too: a step's score is the sigmoid
    of the number for the prefix that it ends, which keeps the order, and is the probability of class 1 where
    there are two labels. A step is wrong where its score is not above ``threshold``; 0.5 means a number of 0,
    which no reward model with one label is trained to: choose it on labelled data.
    """

    checkpoint: str
    name: str = "orm"
    granularity: Literal["trajectory", "step"] = "trajectory"
    threshold: float = 0.5
    system: str | None = None
    dtype: str = "float32"
    device: str = "cpu"
    batch_tokens: int = 4096
    _held: _Held = field(default_factory=_Held, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.granularity not in ("trajectory", "step"):
            raise ValueError(f"granularity is trajectory or step, got {self.granularity!r}")

    @property
    def traits(self) -> Traits:
        """A trained model's; the same bits each time on a CPU."""
        return Traits(
            Source.MODEL,
            (Form.SCORE,),
            (Granularity(self.granularity),),
            trained=True,
            deterministic=self.device == "cpu",
        )

    def __reduce__(self) -> tuple[object, ...]:
        given = (self.checkpoint, self.name, self.granularity, self.threshold)
        return (Outcome, (*given, self.system, self.dtype, self.device, self.batch_tokens))

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        read = partial(read_groups, self._read, together=self.device != "cpu")
        reads = await self._held.desk.ask(items_of(group), read)
        return tuple(self._verdict(s, r) for s, r in zip(group.solutions, reads, strict=True))

    def _verdict(self, solution: Solution, read: Read) -> Verdict:
        read = read.checked()
        scores = tuple(_sigmoid(x) for x in read.scores)
        rule, squashed = Rule("last", self.threshold), replace(read, scores=scores)
        verdict = rule.verdict(self, solution, read=squashed, made_by=self._made_by())
        if verdict.value is not None:
            verdict = replace(verdict, value=read.scores[-1])
        if self.granularity == "step":
            return verdict
        return replace(verdict, step_scores=(), first_error=None)

    def fingerprint(self) -> Json:
        """What decides its scores: its settings and the weights, wherever they lie."""
        from veriloop.engines.fingerprints import folder_fingerprint

        return [self._made_by(), folder_fingerprint(self.checkpoint)]

    def _made_by(self) -> str:
        """Without the folder, so that records do not depend on where a checkpoint lies."""
        return (
            f"Outcome(name={self.name!r}, granularity={self.granularity!r}, "
            f"threshold={self.threshold!r}, system={self.system!r}, dtype={self.dtype!r})"
        )

    def _read(self, items: Sequence[Item]) -> list[Read]:
        """Logits of prefixes, or of whole answers, as scores that are not squashed yet."""
        with self._held.lock:
            model = self._open()
            reads: list[Read | None] = []
            todo: list[list[list[int]]] = []
            for problem, steps in items:
                if not steps:
                    reads.append(NO_STEPS)
                    continue
                sequences = model.prefixes(problem, steps)
                if self.granularity == "trajectory":
                    sequences = sequences[-1:]
                longest = max(map(len, sequences))
                if longest > model.limit:
                    reads.append(too_long(longest, model.limit))
                    continue
                reads.append(None)
                todo.append(sequences)
            found = model.logits(todo, self.batch_tokens)
        made = (
            Read(scores=tuple(logits), tokens=len(sequences[-1]))
            for sequences, logits in zip(todo, found, strict=True)
        )
        return [read or next(made) for read in reads]

    def _open(self) -> OutcomeModel:
        held = self._held
        if held.model is None:
            from veriloop.engines.outcome_reward import OutcomeModel

            held.model = OutcomeModel.load(
                self.checkpoint, system=self.system, dtype=self.dtype, device=self.device
            )
        return held.model


def _sigmoid(x: float) -> float:
    """In double precision and without overflow: two numbers that differ keep their order up to about 36."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
