"""What reports print of sets of P-MMEval, to stand beside a model's own scores where the names match.

Facts of the Qwen2.5 report (arXiv 2412.15115, tables 13 and 14) and the Qwen3 report (arXiv 2505.09388, tables 24 to
35), in ``tables/pmmeval.json``. The paper's own tables are not here: they could not be had. Every row says what makes
it differ from a score of this package; nothing here was measured by it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, final

_PIECE = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_TUNED = {"instruct", "inst", "it", "chat"}
UNTUNED_NAME = "the published model is instruction-tuned, which this name does not say"


@final
@dataclass(frozen=True)
class PublishedScore:
    """One printed number, in percent. ``language`` is empty for one number over the report's own languages.

    ``title`` is the set's name in the report; ``same_items`` says that its items are this task's, and ``items`` how
    many; ``mode`` is thinking, non-thinking or empty; ``served`` the model's full name where ``system`` is short.
    """

    system: str
    task: str
    title: str
    language: str
    value: float
    source: str
    differs: str
    mode: str = ""
    same_items: bool = False
    items: int | None = None
    served: str = ""

    @property
    def standard_error(self) -> float | None:
        """Of the share right among ``items``, in points: what chance alone moves it by. None where n is unknown."""
        if self.items is None:
            return None
        share = self.value / 100
        return 100 * math.sqrt(share * (1 - share) / self.items)


@cache
def published_scores() -> tuple[PublishedScore, ...]:
    """All numbers, report by report, in their order."""
    path = files("veriloop.bench") / "tables" / "pmmeval.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    return (*_means(told["qwen25"]), *_by_language(told["qwen3"]))


def beside(model: str) -> tuple[PublishedScore, ...]:
    """The published numbers of the model that ``model`` names; none where no report names the same one.

    Names are compared without the folder or organisation before them, case, hyphens and the word for instruction
    tuning; a size, a version, a date or a quantisation that differs is another model. Where ``model`` lacks the word
    for tuning that the published model's name has, the row's ``differs`` says so.
    """
    key, tuned = _key(model)
    found: list[PublishedScore] = []
    for score in published_scores():
        theirs, theirs_tuned = _key(score.served or score.system)
        if key == theirs and theirs_tuned and not tuned:
            score = replace(score, differs=f"{UNTUNED_NAME}; {score.differs}")
        if key == theirs:
            found.append(score)
    return tuple(found)


def _key(model: str) -> tuple[tuple[str, ...], bool]:
    """What tells models apart, and whether the name says that it is tuned to instructions.

    A number is a piece of its own, so that "3-8B" is never "38B" nor "3-0.6B".
    """
    place = model.partition("@")[0].rstrip("/").split("/")
    cached = [part.split("--")[-1] for part in place if part.startswith("models--")]
    name = (cached or place)[-1]
    pieces = _PIECE.findall(name.lower())
    if pieces[:2] == ["meta", "llama"]:
        pieces = pieces[1:]
    return tuple(p for p in pieces if p not in _TUNED), not _TUNED.isdisjoint(pieces)


def _means(told: Mapping[str, Any]) -> Iterator[PublishedScore]:
    for row in told["rows"]:
        for task, one in told["sets"].items():
            yield PublishedScore(
                row["system"],
                task,
                one["title"],
                "",
                row[task],
                told["source"].format(table=row["table"]),
                one["differs"],
                served=row["served"],
            )


def _by_language(told: Mapping[str, Any]) -> Iterator[PublishedScore]:
    for row in told["rows"]:
        printed = zip(told["languages"], told["tables"], row["scores"], strict=True)
        for language, table, value in printed:
            yield PublishedScore(
                row["system"],
                told["task"],
                told["title"],
                language,
                value,
                told["source"].format(table=table),
                told["differs"],
                row["mode"],
                same_items=True,
                items=told["items"],
            )
