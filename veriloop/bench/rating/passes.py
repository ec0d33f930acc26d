"""Shares of problems and of attempts that a model passes: pass@k in both meanings, and pass rates by bucket and tag.

CodeElo's pass@k is the share of problems with an accepted program among the *first* k attempts; the unbiased estimator
(arXiv 2107.03374) stands beside it. Attempts that were lost count nowhere; a problem with fewer than k others is
unscored at k.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final

import numpy as np

from veriloop.bench.rating.contests import Contest
from veriloop.bench.rating.scores import ACCEPTED, split_problem
from veriloop.bench.selection import pass_at
from veriloop.bench.statistics import Bootstrap, Estimate, percentage
from veriloop.errors import InputError
from veriloop.store.source_rows import file_rows

KS = (1, 2, 4, 8)
BUCKETS: Mapping[str, tuple[int, int]] = {
    "easy": (800, 1000),
    "medium": (1000, 1300),
    "hard": (1300, 3501),
}


@final
@dataclass(frozen=True)
class ProblemFacts:
    """What is known of a problem: the site's difficulty, None where unknown, and its tags."""

    problem: str
    difficulty: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """``easy`` [800, 1000), ``medium`` [1000, 1300) or ``hard`` [1300, 3500]; empty where unknown."""
        at = self.difficulty
        return next(
            (n for n, (low, high) in BUCKETS.items() if at is not None and low <= at < high), ""
        )


class Tried(Protocol):
    """Attempts at one problem: ``ProblemVerdicts``, or those at a problem of no contest."""

    @property
    def problem(self) -> str:
        """The problem's name."""
        ...

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Letters in the order of the attempts."""
        ...

    @property
    def counted(self) -> tuple[str, ...]:
        """Those that were not lost."""
        ...

    @property
    def accepted(self) -> int:
        """How many were accepted."""
        ...


@final
@dataclass(frozen=True)
class PassShares:
    """Shares in percent. ``first`` and ``unbiased`` map k to pass@k; ``buckets`` and ``tags`` are accepted attempts of
    all attempts. Each stands on n problems.
    """

    first: Mapping[int, Estimate]
    unbiased: Mapping[int, Estimate]
    buckets: Mapping[str, Estimate]
    tags: Mapping[str, Estimate]


def facts_of(contests: Iterable[Contest]) -> dict[str, ProblemFacts]:
    """What the contests' files say of their problems, by problem."""
    return {
        f"{contest.id}{p.index}": ProblemFacts(f"{contest.id}{p.index}", p.difficulty, p.tags)
        for contest in contests
        for p in contest.problems or ()
    }


def read_facts(source: Path) -> dict[str, ProblemFacts]:
    """Facts from the official problem records (JSON or JSONL with problem_id, rating and tags). Raises InputError."""
    if not source.is_file():
        raise InputError("there is no such file of problems", file=str(source))
    found: dict[str, ProblemFacts] = {}
    for number, row in file_rows(source):
        if isinstance(row, InputError):
            raise InputError(row.message, file=str(source), row=number)
        fact = _fact(row, str(source), number)
        found[fact.problem] = fact
    return found


def _fact(row: Any, file: str, number: int) -> ProblemFacts:
    if not isinstance(row, Mapping):
        raise InputError("expected an object", file=file, row=number)
    try:
        contest, index = split_problem(str(row.get("problem_id")))
    except ValueError as error:
        raise InputError(str(error), file=file, row=number, field="problem_id") from error
    rating, tags = row.get("rating"), row.get("tags") or ()
    if rating is not None and (isinstance(rating, bool) or not isinstance(rating, int)):
        raise InputError(
            f"expected a whole number, got {rating!r}", file=file, row=number, field="rating"
        )
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise InputError(
            f"expected a list of texts, got {tags!r}", file=file, row=number, field="tags"
        )
    return ProblemFacts(f"{contest}{index}", rating, tuple(tags))


def pass_shares(
    verdicts: Sequence[Tried],
    facts: Mapping[str, ProblemFacts],
    *,
    bootstrap: Bootstrap,
) -> PassShares:
    """The shares of one model; intervals over problems: Wilson's for first-k, bootstrap for the others."""
    shares: list[_Share] = []
    most = max((len(v.verdicts) for v in verdicts), default=0)
    counted = [v.counted for v in verdicts]
    made, right = [len(row) for row in counted], [v.accepted for v in verdicts]
    first: dict[int, Estimate] = {}
    for k in (k for k in KS if k <= most):
        enough = [n >= k for n in made]
        hits = sum(ACCEPTED in row[:k] for row in counted if len(row) >= k)
        share = percentage(hits, sum(enough), unscored=len(verdicts) - sum(enough))
        if share is None:
            continue
        first[k] = share
        values = [
            pass_at(k, c, n) if c and n >= k else 0.0 for c, n in zip(right, made, strict=True)
        ]
        shares.append(_Share(("unbiased", k), values, [float(e) for e in enough], len(verdicts)))
    for kind, name, inside in _groups(verdicts, facts):
        top = [c * i for c, i in zip(right, inside, strict=True)]
        bottom = [n * i for n, i in zip(made, inside, strict=True)]
        if any(bottom):
            shares.append(_Share((kind, name), top, bottom, sum(inside)))
    found = _estimates(shares, len(verdicts), bootstrap)
    return PassShares(
        first=first,
        unbiased={k: found["unbiased", k] for k in first},
        buckets={n: e for (kind, n), e in found.items() if kind == "bucket" and isinstance(n, str)},
        tags={n: e for (kind, n), e in found.items() if kind == "tag" and isinstance(n, str)},
    )


@final
@dataclass(frozen=True)
class _Share:
    """A ratio of sums over all problems, and how many problems it speaks of."""

    key: tuple[str, str | int]
    top: Sequence[float]
    bottom: Sequence[float]
    of: int


def _groups(
    verdicts: Sequence[Tried], facts: Mapping[str, ProblemFacts]
) -> list[tuple[str, str, list[bool]]]:
    """Buckets, then tags from the most frequent on, each with who is in it."""
    known = [facts.get(v.problem) for v in verdicts]
    buckets = [fact.bucket if fact else "" for fact in known]
    groups = [("bucket", name, [bucket == name for bucket in buckets]) for name in BUCKETS]
    counts = Counter(tag for fact in known if fact for tag in fact.tags)
    for tag in sorted(counts, key=lambda t: (-counts[t], t)):
        groups.append(("tag", tag, [fact is not None and tag in fact.tags for fact in known]))
    return groups


def _estimates(
    shares: Sequence[_Share], units: int, bootstrap: Bootstrap
) -> dict[tuple[str, str | int], Estimate]:
    """All ratios in percent, with intervals from the same resamples of the problems."""
    if not shares:
        return {}
    columns = np.array([part for share in shares for part in (share.top, share.bottom)], float).T
    totals = bootstrap.totals(np.ascontiguousarray(columns))
    tails = ((1 - bootstrap.level) / 2, (1 + bootstrap.level) / 2)
    found: dict[tuple[str, str | int], Estimate] = {}
    for i, share in enumerate(shares):
        value = 100 * sum(share.top) / sum(share.bottom)
        top, bottom = totals[:, 2 * i], totals[:, 2 * i + 1]
        drawn = 100 * top[bottom > 0] / bottom[bottom > 0]
        low, high = np.quantile(drawn, tails) if len(drawn) else (value, value)
        scored = sum(part > 0 for part in share.bottom)
        found[share.key] = Estimate(
            value, float(low), float(high), scored, share.of - scored, bootstrap.level
        )
    return found
