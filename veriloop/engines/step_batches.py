"""Batches of solutions of similar length for a network: padding on the right with its mask, scores back in order.

Every reader of steps in this room goes through ``read_in_batches``, so that there is one way to batch. What a
network makes of a batch is the reader's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from veriloop.engines.step_encoding import length_batches


def padded(rows: Sequence[Tensor], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Token ids [B, T] of rows [T], padded with ``pad`` on the right, and the mask [B, T]: 1 where a token is real.

    Causal attention would not need the mask, as no real token comes after a padded one: its scores are the same
    bits. It is given all the same, so that nothing rests on how a network attends.
    """
    ids = nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=pad)
    lengths = torch.tensor([len(row) for row in rows], device=ids.device)
    places = torch.arange(ids.shape[1], device=ids.device)
    return ids, (places < lengths[:, None]).long()


def places(ends: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Row and column of every place to read, row after row, as an index into [B, T]."""
    rows = [i for i, row in enumerate(ends) for _ in row]
    columns = [end for row in ends for end in row]
    return torch.tensor(rows, device=device), torch.tensor(columns, device=device)


def read_in_batches(
    lengths: Sequence[int],
    ends: Sequence[Sequence[int]],
    *,
    batch_tokens: int,
    read: Callable[[list[int]], Tensor],
) -> list[tuple[float, ...]]:
    """A number for each of ``ends[i]``, for every i in order, read in batches of up to ``batch_tokens`` tokens.

    ``read`` gets the indices of one batch and returns its numbers [S], solution after solution. What has no
    place to read is in no batch.
    """
    scores: list[tuple[float, ...]] = [()] * len(lengths)
    asked = [i for i, row in enumerate(ends) if row]
    for chosen in length_batches([lengths[i] for i in asked], batch_tokens):
        batch = [asked[i] for i in chosen]
        flat = read(batch).tolist()
        for i in batch:
            scores[i], flat = tuple(flat[: len(ends[i])]), flat[len(ends[i]) :]
    return scores
