"""A problem and its solution's steps as token ids, with the places at which the steps are read.

Steps are tokenized one by one and their ends recorded, because joining text first lets a tokenizer merge across
the boundary. Networks and weights are not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from veriloop.engines.templates import render_with
from veriloop.records import STEP_DELIMITER, Message

SEPARATOR: Final = "<extra_0>"


@final
class SeparatorInStep(ValueError):
    """A step holds the separator, so that its end could be read at the wrong place."""


@final
@dataclass(frozen=True, slots=True)
class Encoded:
    """A solution as token ids. ``start`` is where the part that the head reads begins (0: everything);
    ``ends[i]``, counted from there, is where step i is read; ``neutral`` are places of blank lines.
    """

    ids: tuple[int, ...]
    start: int
    ends: tuple[int, ...]
    neutral: tuple[int, ...] = ()

    def upto(self, limit: int) -> Encoded:
        """The same, cut to at most ``limit`` tokens: steps that do not fit whole are left out."""
        if len(self.ids) <= limit:
            return self
        ends = tuple(end for end in self.ends if self.start + end < limit)
        last = self.start + ends[-1] + 1 if ends else 0
        kept = tuple(place for place in self.neutral if self.start + place < last)
        return Encoded(self.ids[:last], self.start, ends, kept)


@final
@dataclass(frozen=True)
class StepEncoder:
    """How one model is shown a problem and steps: its tokenizer, its system prompt (None sends none), and what
    ends a step: the separator token, or the blank line that the writer of the solution puts there itself.
    """

    tokenizer: Any
    system: str | None
    separated: bool

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids of the chat, then each step's own ids. Raises SeparatorInStep."""
        for index, step in enumerate(steps):
            if SEPARATOR in step:
                raise SeparatorInStep(f"step {index} holds the separator {SEPARATOR!r}")
        turns = [Message("system", self.system)] if self.system is not None else []
        chat = (*turns, Message("user", problem))
        prompt = self._ids(render_with(self.tokenizer, chat, str(self.tokenizer.name_or_path)))
        return self._separated(prompt, steps) if self.separated else self._written(prompt, steps)

    def _separated(self, prompt: list[int], steps: Sequence[str]) -> Encoded:
        separator = int(self.tokenizer.convert_tokens_to_ids(SEPARATOR))
        ids, ends = list(prompt), []
        for step in steps:
            ids += [*self._ids(step), separator]
            ends.append(len(ids) - 1)
        return Encoded(tuple(ids), 0, tuple(ends))

    def _written(self, prompt: list[int], steps: Sequence[str]) -> Encoded:
        """Each step with the blank line its writer puts after it, so that merges are the writer's own.

        Tokens that reach into the blank line are neutral: what follows a step says nothing about it, and the
        last step is followed by none.
        """
        ids, ends, neutral = list(prompt), [], []
        for step in steps:
            piece = self.tokenizer(
                step + STEP_DELIMITER, add_special_tokens=False, return_offsets_mapping=True
            )
            first = len(ids) - len(prompt)
            reach = [end for _, end in piece["offset_mapping"]]
            neutral += [first + i for i, end in enumerate(reach) if end > len(step)]
            ids += piece["input_ids"]
            ends.append(len(ids) - len(prompt) - 1)
        return Encoded(tuple(ids), len(prompt), tuple(ends), tuple(neutral))

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def length_batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Indices in batches of similar length whose padded size stays within ``batch_tokens``, shortest first.

    What is longer than that is a batch of its own.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if batch and lengths[index] * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
