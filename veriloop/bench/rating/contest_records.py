"""Saved answers of the Codeforces API as a contest: ``contest.standings`` and ``contest.ratingChanges``.

Only what the ratings need is read. Handles join the two answers and are then forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from veriloop.bench.rating.contests import (
    HIGHEST,
    LOWEST,
    Contest,
    ContestProblem,
    Standing,
    division_of,
)
from veriloop.errors import InputError


def result_of(answer: Any, file: str) -> Any:
    """The ``result`` of an answer, or the answer where it was saved bare. Raises InputError on a refused one."""
    if not isinstance(answer, dict) or "status" not in answer:
        return answer
    if answer["status"] != "OK":
        raise InputError(
            f"the site refused this request: {answer.get('comment', 'no reason given')}", file=file
        )
    return answer.get("result")


def about(answer: Any, file: str, number: int) -> dict[str, Any]:
    """Name, division, duration and problems of ``{"contest": ..., "problems": ...}``, as fields of a Contest."""
    if not isinstance(answer, dict) or not isinstance(answer.get("problems"), list):
        raise InputError('expected an object with "contest" and "problems"', file=file)
    contest = answer.get("contest") or {}
    if not isinstance(contest, dict):
        raise InputError("expected an object", file=file, field="contest")
    if contest.get("id", number) != number:
        raise InputError(f"this is contest {contest['id']}, not {number}", file=file, field="id")
    problems = tuple(_problem(entry, file, row) for row, entry in enumerate(answer["problems"], 1))
    indices = [problem.index for problem in problems]
    if len(set(indices)) != len(indices):
        twice = next(i for i in indices if indices.count(i) > 1)
        raise InputError(f"problem {twice!r} comes twice", file=file, field="problems")
    name = str(contest.get("name", ""))
    seconds = contest.get("durationSeconds")
    if seconds is not None:
        seconds = _number(seconds, file, None, "durationSeconds")
        if seconds <= 0:
            raise InputError("a contest lasts longer", file=file, field="durationSeconds")
    return {
        "name": name,
        "division": str(contest.get("division") or division_of(name)),
        "minutes": seconds / 60 if seconds else None,
        "problems": problems,
    }


def of_answers(standings: Any, changes: Any, file: str) -> Contest:
    """A contest from both answers: rows of contestants that have a rating change. Raises InputError."""
    if not isinstance(standings, dict) or not isinstance(standings.get("rows"), list):
        raise InputError("expected the answer of contest.standings, with rows", file=file)
    if not isinstance(changes, list):
        raise InputError(
            "expected the answer of contest.ratingChanges beside it, a list", file=file
        )
    contest = standings.get("contest")
    number = contest.get("id") if isinstance(contest, dict) else None
    if not isinstance(number, int):
        raise InputError("expected a number", file=file, field="contest.id")
    told = about(standings, file, number)
    rated, resets = _changes(changes, file)
    rows: list[tuple[float, float, Mapping[str, Any]]] = []
    seen: set[str] = set()
    for row, entry in enumerate(standings["rows"], start=1):
        handle = _contestant(entry, file, row)
        if handle not in rated:
            continue
        if handle in seen:
            raise InputError("this contestant has a row already", file=file, row=row, field="party")
        seen.add(handle)
        points = _number(entry.get("points"), file, row, "points")
        penalty = _number(entry.get("penalty", 0), file, row, "penalty")
        rows.append((points, penalty, rated[handle]))
    counted = [change.get("contests") for _, _, change in rows]
    standing = Standing(
        np.array([points for points, _, _ in rows], float),
        np.array([penalty for _, penalty, _ in rows], float),
        np.array([change["oldRating"] for _, _, change in rows], np.int64),
        np.array([change["newRating"] for _, _, change in rows], np.int64),
        np.array(counted, np.int64) if rows and None not in counted else None,
    )
    return Contest(
        number, standing.sorted(), changes=len(rated), resets=resets, source=file, **told
    )


def _problem(entry: Any, file: str, row: int) -> ContestProblem:
    if not isinstance(entry, dict) or not isinstance(entry.get("index"), str):
        raise InputError("a problem has an index, like A", file=file, row=row, field="problems")
    points = entry.get("points")
    if points is not None:
        points = _number(points, file, row, "points")
        if points <= 0:
            raise InputError("a problem is worth more than 0", file=file, row=row, field="points")
    difficulty = entry.get("rating")
    if difficulty is not None:
        difficulty = int(_number(difficulty, file, row, "rating"))
    tags = entry.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InputError("expected a list of texts", file=file, row=row, field="tags")
    return ContestProblem(entry["index"], points, difficulty, tuple(tags))


def _changes(changes: Sequence[Any], file: str) -> tuple[dict[str, Mapping[str, Any]], int]:
    """Rating changes by handle, without accounts that an administrator had set back to 0; and how many those were."""
    rated: dict[str, Mapping[str, Any]] = {}
    resets = 0
    for row, change in enumerate(changes, start=1):
        if not isinstance(change, dict) or not isinstance(change.get("handle"), str):
            raise InputError(
                "a rating change has a handle", file=file, row=row, field="ratingChanges"
            )
        for key, low, high in (
            ("oldRating", LOWEST, HIGHEST),
            ("newRating", LOWEST, HIGHEST),
            ("contests", 0, 10**6),
        ):
            value = change.get(key)
            if key == "contests" and value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InputError(
                    f"of {change['handle']!r} among the rating changes: expected a whole number from {low:,} to "
                    f"{high:,}, got {value!r}",
                    file=file,
                    row=row,
                    field=key,
                )
        if change["newRating"] == 0:
            resets += 1
        elif change["handle"] in rated:
            raise InputError(
                f"{change['handle']!r} has two rating changes", file=file, row=row, field="handle"
            )
        else:
            rated[change["handle"]] = change
    return rated, resets


def _contestant(entry: Any, file: str, row: int) -> str:
    """The handle of a row of the contest itself; empty for practice, virtual and out-of-competition rows."""
    party = entry.get("party") if isinstance(entry, dict) else None
    party = party if isinstance(party, dict) else {}
    members = party.get("members")
    if not isinstance(members, list) or not all(isinstance(m, dict) for m in members):
        raise InputError("a row has a party with members", file=file, row=row, field="party")
    if party.get("participantType", "CONTESTANT") != "CONTESTANT" or len(members) != 1:
        return ""
    return str(members[0].get("handle", ""))


def _number(value: Any, file: str, row: int | None, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InputError(f"expected a number, got {value!r}", file=file, row=row, field=field)
    return float(value)
