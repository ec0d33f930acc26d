"""What scores the steps of a solution on this machine, whatever its head: one shape, and ``open_reader`` to open one.

Verdicts are ``veriloop.verify.process``'s. Models that read whole answers only are ``outcome_reward``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from veriloop.engines.layouts import Layout, layout_of
from veriloop.engines.step_encoding import Encoded
from veriloop.errors import InputError


class StepReader(Protocol):
    """A network, its tokenizer and its head. Not safe for use by several threads."""

    @property
    def limit(self) -> int:
        """Most tokens it can read, problem and solution together."""
        ...

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids, and the place of each step. Raises SeparatorInStep."""
        ...

    def score(
        self, encoded: Sequence[Encoded], batch_tokens: int = 4096
    ) -> list[tuple[float, ...]]:
        """The probability that each step is right, every solution read once."""
        ...


def open_reader(
    path: str | Path,
    layout: Layout = "auto",
    *,
    separator: str = "\n\n",
    dtype: str = "float32",
    device: str = "cpu",
) -> StepReader:
    """The reader of the checkpoint in ``path``; ``separator`` ends a step for ``token-classification``.

    Raises InputError where the folder holds no such model, or one that reads whole answers only.
    """
    if layout == "auto":
        layout = layout_of(path)
    if layout == "process":
        from veriloop.engines.process_reward import ProcessRewardModel

        return ProcessRewardModel.load(path, dtype=dtype, device=device)
    if layout == "outcome":
        raise InputError(
            "this model scores whole answers: verify with `outcome`, or write orm:PATH",
            file=str(path),
        )
    from veriloop.engines.published_heads import PublishedReader

    return PublishedReader.load(path, layout, separator=separator, dtype=dtype, device=device)
