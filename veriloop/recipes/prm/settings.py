"""What decides the recipe's numbers, besides problems and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from veriloop.protocols import Sampling
from veriloop.text.chats import Chat

Head = Literal["linear", "surprise"]


@final
@dataclass(frozen=True)
class Settings:
    """What decides the numbers, besides problems and models.

    ``samples`` solutions are labelled for each training problem and ``n`` measured for each held-out one; ``k``
    rollouts for each prefix. ``base`` is the checkpoint the reward models start from, ``head`` their head, and
    ``reference`` a second model that a surprise head may read beside it. ``updates`` trains every model for about
    as many optimiser steps, so that a larger source of labels is not also a longer training; None trains for the
    head's usual number of epochs. ``thresholds`` are numerators over ``k``: a model is trained on hard labels above
    each, besides those above 0.
    """

    base: str
    head: Head = "linear"
    reference: str | None = None
    updates: int | None = None
    samples: int = 4
    n: int = 8
    k: int = 8
    thresholds: tuple[int, ...] = ()
    sampling: Sampling = Sampling()
    judge_sampling: Sampling = Sampling(temperature=0.0)
    judge_prompt: str = "judge"
    chat: Chat = Chat()
    seed: int = 0
    workers: int = 1
