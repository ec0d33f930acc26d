"""Step-labelled examples as a reward model reads them, and why some cannot be learnt from.

Encoding is the model's (``veriloop.engines``); the loop that learns is ``process``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import Encoded, SeparatorInStep
from veriloop.records import Dropped, Example, ExampleKind


@final
@dataclass(frozen=True)
class Prepared:
    """Encoded examples with their labels, and what was left out."""

    encoded: tuple[Encoded, ...]
    labels: tuple[tuple[float, ...], ...]
    cut_steps: int
    quarantined: tuple[Dropped, ...]


def prepare(model: ProcessRewardModel, examples: Sequence[Example], limit: int) -> Prepared:
    """Encode what can be learnt from; steps beyond ``limit`` tokens are left out and counted."""
    encoded: list[Encoded] = []
    labels: list[tuple[float, ...]] = []
    dropped: list[Dropped] = []
    cut = 0
    for row, example in enumerate(examples):
        reason = _unusable(example)
        if reason is None:
            try:
                whole = model.encode(_problem_text(example), example.completions)
            except SeparatorInStep as error:
                reason = str(error)
            else:
                fits = whole.upto(limit)
                cut += len(whole.ends) - len(fits.ends)
                if fits.ends:
                    encoded.append(fits)
                    labels.append(example.labels[: len(fits.ends)])
                    continue
                reason = f"no step fits within {limit} tokens"
        dropped.append(
            Dropped(what=example_name(example), reason=reason, source=example.problem, row=row)
        )
    return Prepared(tuple(encoded), tuple(labels), cut, tuple(dropped))


def _unusable(example: Example) -> str | None:
    if example.kind is not ExampleKind.STEP_LABELS:
        return f"{example.kind.value}, not step labels"
    if not example.completions:
        return "no steps"
    if not all(0 <= label <= 1 for label in example.labels):
        return "a label outside [0, 1]"
    return None


def example_name(example: Example) -> str:
    """The example's id; one whose labels are no numbers has none."""
    return example.id if all(map(math.isfinite, example.labels)) else "an example without an id"


def _problem_text(example: Example) -> str:
    """The problem's text: the prompt itself, or the last user turn of a chat."""
    if isinstance(example.prompt, str):
        return example.prompt
    return next((m.content for m in reversed(example.prompt) if m.role == "user"), "")
