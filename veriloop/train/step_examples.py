"""Step-labelled examples as a reward model reads them, and why some cannot be learnt from.

Nothing that follows a first wrong step is read, whatever its label says (arXiv 2501.07301, section 2.1). Encoding is
the model's (``veriloop.engines``); which examples are worth learning from is ``feedback``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import Encoded, SeparatorInStep
from veriloop.errors import InputError
from veriloop.ids import content_id
from veriloop.records import NO_ERROR, Dropped, Example, ExampleKind
from veriloop.train.report import first_wrong


@final
@dataclass(frozen=True)
class Prepared:
    """Encoded examples with their labels, and what was left out.

    ``cut[i]`` steps of example i, ``cut_steps`` of all examples, did not fit the model's length; ``after_error``
    steps followed a wrong one.
    """

    encoded: tuple[Encoded, ...]
    labels: tuple[tuple[float, ...], ...]
    cut: tuple[int, ...]
    cut_steps: int
    after_error: int
    quarantined: tuple[Dropped, ...]


@final
@dataclass(frozen=True)
class _Lost:
    """An example whose end does not fit."""

    row: int
    name: str
    tokens: int
    cut: int
    steps: int


def prepare(
    model: ProcessRewardModel,
    examples: Sequence[Example],
    limit: int,
    *,
    on_truncation: Literal["drop", "whole", "error"] = "drop",
) -> Prepared:
    """Encode what can be learnt from, up to ``limit`` tokens.

    Steps beyond are left out and counted (``drop``: the labels that stay are true), take their whole example with
    them (``whole``: for a validation whose first errors must not be lost), or are an InputError that names the
    first example (``error``). Rows are counted from 1.
    """
    encoded: list[Encoded] = []
    labels: list[tuple[float, ...]] = []
    cut: list[int] = []
    dropped: list[Dropped] = []
    lost: list[_Lost] = []
    after_error = 0
    for row, example in enumerate(examples, start=1):
        name = example_name(example)
        reason = _unusable(example)
        if reason is None:
            end = first_wrong(example.labels)
            kept = len(example.labels) if end == NO_ERROR else end + 1
            try:
                full = model.encode(problem_text(example), example.completions[:kept])
            except SeparatorInStep as error:
                reason = str(error)
            else:
                after_error += len(example.labels) - kept
                fits = full.upto(limit)
                gone = kept - len(fits.ends)
                if gone:
                    lost.append(_Lost(row, name, len(full.ids), gone, kept))
                if fits.ends and not (gone and on_truncation == "whole"):
                    encoded.append(fits)
                    labels.append(example.labels[: len(fits.ends)])
                    cut.append(gone)
                    continue
                many = f"{gone} of {kept} steps do not fit" if fits.ends else "no step fits"
                reason = f"{many} within {limit} tokens"
        dropped.append(Dropped(what=name, reason=reason, source=example.problem, row=row))
    if lost and on_truncation == "error":
        raise _too_long(lost, limit)
    total = sum(one.cut for one in lost)
    return Prepared(tuple(encoded), tuple(labels), tuple(cut), total, after_error, tuple(dropped))


def _too_long(lost: Sequence[_Lost], limit: int) -> InputError:
    first = lost[0]
    return InputError(
        f"{first.name} has {first.tokens:,} tokens and at most {limit:,} are read: {first.cut} of its "
        f"{first.steps} steps would be lost, and {sum(one.cut for one in lost):,} steps of {len(lost):,} examples in "
        "all; give a base that reads more, raise max_tokens, or let them be left out and counted with "
        "on_truncation='drop'",
        row=first.row,
    )


def _unusable(example: Example) -> str | None:
    if example.kind is not ExampleKind.STEP_LABELS:
        return f"{example.kind.value}, not step labels"
    if not example.completions:
        return "no steps"
    if not all(0 <= label <= 1 for label in example.labels):
        return "a label outside [0, 1]"
    empty = next((i for i, step in enumerate(example.completions) if not step.strip()), None)
    return None if empty is None else f"step {empty} is empty"


def example_name(example: Example) -> str:
    """The example's id; one whose labels are no numbers has none."""
    return example.id if all(map(math.isfinite, example.labels)) else "an example without an id"


def problem_text(example: Example) -> str:
    """The problem's text: the prompt itself, or the last user turn of a chat."""
    if isinstance(example.prompt, str):
        return example.prompt
    return next((m.content for m in reversed(example.prompt) if m.role == "user"), "")


def _problem(example: Example) -> str:
    """What makes two examples the same problem's: the text, however it is spaced."""
    return " ".join(problem_text(example).split())


def shared_problems(examples: Sequence[Example], held: Sequence[Example]) -> int:
    """How many problems of ``held`` are among those of ``examples``."""
    return len({_problem(e) for e in held} & {_problem(e) for e in examples})


def hold_out(
    examples: Sequence[Example], share: float, seed: int
) -> tuple[list[Example], list[Example]]:
    """What to learn from and what to hold out: ``share`` of the problems with all their examples.

    Which problems those are follows from the seed and their texts, not from the order. Raises InputError where a
    side would be empty.
    """
    if not 0 < share < 1:
        raise InputError(f"the share held out lies between 0 and 1, got {share!r}")
    problems = sorted(
        {_problem(e) for e in examples}, key=lambda text: content_id("held out", seed, text)
    )
    if len(problems) < 2:
        raise InputError("holding out needs examples of two problems at least: all are of one")
    held = set(problems[: min(max(1, round(share * len(problems))), len(problems) - 1)])
    kept = [e for e in examples if _problem(e) not in held]
    return kept, [e for e in examples if _problem(e) in held]
