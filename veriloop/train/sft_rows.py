"""Demonstrations and critiques as token ids: a chat, and what the assistant is to say, whose tokens alone are learnt.

A row that does not fit is left out whole: half a critique teaches to stop in its middle. Which examples are worth
learning from is ``feedback``'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from veriloop.records import STEP_DELIMITER, Dropped, Example, ExampleKind, Message

LEARNT: Final = (ExampleKind.DEMONSTRATION, ExampleKind.CRITIQUE)
IGNORED: Final = -100  # the label of a token that is not learnt


@final
@dataclass(frozen=True)
class TokenRow:
    """``ids`` of a chat with the assistant's turn, which begins at ``start``."""

    ids: tuple[int, ...]
    start: int

    def to_trl(self) -> dict[str, list[int]]:
        """The row as TRL's trainers take a tokenised one."""
        return {
            "input_ids": list(self.ids),
            "labels": [IGNORED] * self.start + list(self.ids[self.start :]),
        }


@final
@dataclass(frozen=True)
class SftRows:
    """What is learnt from, the tokens in it that are learnt, and what was left out with its reason."""

    rows: tuple[TokenRow, ...]
    learnt_tokens: int
    quarantined: tuple[Dropped, ...]


def sft_rows(
    tokenizer: Any, examples: Sequence[Example], limit: int, *, system: str | None = None
) -> SftRows:
    """Rows of at most ``limit`` tokens, in the order of ``examples``. Rows are counted from 1 in the reasons."""
    rows: list[TokenRow] = []
    dropped: list[Dropped] = []
    for number, example in enumerate(examples, 1):
        reason, row = _unusable(example), None
        if reason is None:
            row = _encode(tokenizer, example, system)
            if len(row.ids) > limit:
                reason = f"{len(row.ids)} tokens do not fit within {limit}"
            elif row.start == len(row.ids):
                reason = "the chat template shows nothing of the completion"
        if reason is None and row is not None:
            rows.append(row)
        else:
            dropped.append(Dropped(example.id, reason or "", example.problem, number))
    return SftRows(tuple(rows), sum(len(r.ids) - r.start for r in rows), tuple(dropped))


def _unusable(example: Example) -> str | None:
    if example.kind not in LEARNT:
        return f"{example.kind.value}, neither a demonstration nor a critique"
    if not STEP_DELIMITER.join(example.completions).strip():
        return "nothing to say"
    return None


def messages(example: Example, system: str | None = None) -> list[dict[str, str]]:
    """The prompt as chat messages: its own, or a plain text as a user turn after ``system``."""
    if isinstance(example.prompt, str):
        first = [] if system is None else [Message("system", system)]
        chat: Sequence[Message] = [*first, Message("user", example.prompt)]
    else:
        chat = example.prompt
    return [{"role": m.role, "content": m.content} for m in chat]


def _encode(tokenizer: Any, example: Example, system: str | None) -> TokenRow:
    """By the model's own template; what it writes after the end of the assistant's turn is no part of the row."""
    chat = messages(example, system)
    said = {"role": "assistant", "content": STEP_DELIMITER.join(example.completions)}
    asked = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*chat, said], tokenize=False)
    if whole.startswith(asked):
        head = tokenizer.encode(asked, add_special_tokens=False)
        tail = tokenizer.encode(whole[len(asked) :], add_special_tokens=False)
    else:  # a template that shows the last turn otherwise: what a model will be asked decides
        head = tokenizer.encode(asked, add_special_tokens=False)
        tail = [
            *tokenizer.encode(said["content"], add_special_tokens=False),
            tokenizer.eos_token_id,
        ]
    if tokenizer.eos_token_id in tail:
        end = len(tail) - tail[::-1].index(tokenizer.eos_token_id)
        tail = tail[:end]
    return TokenRow((*head, *tail), len(head))
