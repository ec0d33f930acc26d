"""Errors that carry what was finished: when one sample of a request fails, its neighbours were paid for.

An engine puts them into the error it raises, and ``Cached`` takes them out and remembers them. Whoever does
not know of this sees an ordinary error.
"""

from __future__ import annotations

from collections.abc import Mapping

from veriloop.protocols import Reply


def keep_sample(error: BaseException, sample: int, reply: Reply) -> None:
    """Let an error carry a sample that was finished and paid for when its neighbour failed."""
    kept: dict[int, Reply] = error.__dict__.setdefault("kept_samples", {})
    kept[sample] = reply


def kept_samples(error: BaseException) -> Mapping[int, Reply]:
    """Sample index -> one-sample reply, for the samples that were finished when the error was raised."""
    return dict(error.__dict__.get("kept_samples", {}))
