"""Outcomes on disk, one JSON object a line, so that the models of an earlier run can join a comparison.

Prompts and answers stand in the run's own stages and are not repeated here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from veriloop.bench.pmmeval.outcomes import Answered, Judged, Outcome
from veriloop.bench.pmmeval.tasks import SCORINGS, SETTINGS
from veriloop.errors import InputError
from veriloop.store.atomic import write_whole
from veriloop.store.source_rows import file_rows

FILE = "outcomes.jsonl"


def write_outcomes(folder: Path, answered: Iterable[Answered]) -> None:
    """Write ``outcomes.jsonl`` in ``folder``, whole or not at all."""
    lines = (
        json.dumps(_row(one, outcome), ensure_ascii=False)
        for one in answered
        for outcome in one.outcomes
    )
    write_whole(folder / FILE, "".join(f"{line}\n" for line in lines).encode())


def read_outcomes(folder: Path) -> list[Answered]:
    """What ``write_outcomes`` wrote in this folder or in folders below it. Raises InputError naming file and row."""
    found: dict[tuple[str, str, str], list[Outcome]] = {}
    if not folder.is_dir():
        raise InputError("there is no such folder", file=str(folder))
    paths = sorted(folder.rglob(FILE))
    if not paths:
        raise InputError(f"there is no {FILE} in it: name the folder of a run", file=str(folder))
    for path in paths:
        for number, row in file_rows(path):
            try:
                if isinstance(row, InputError):
                    raise InputError(row.message, file=str(path), row=number)
                key = (row["model"], row["setting"], row["scoring"])
                if row["setting"] not in SETTINGS or row["scoring"] not in SCORINGS:
                    raise ValueError(f"unknown setting or scoring {key[1:]}")
                found.setdefault(key, []).append(_outcome(row))
            except KeyError as error:
                raise InputError(
                    "an outcome has this field",
                    file=str(path),
                    row=number,
                    field=str(error.args[0]),
                ) from error
            except (ValueError, TypeError) as error:
                raise InputError(f"no outcome ({error!r})", file=str(path), row=number) from error
    return [Answered(m, s, c, tuple(own)) for (m, s, c), own in found.items()]  # type: ignore[arg-type]


def saved_systems(folder: Path) -> set[tuple[str, str]]:
    """(model, setting) of every run below this folder, by the first line of each."""
    found: set[tuple[str, str]] = set()
    for path in folder.rglob(FILE):
        for _, row in file_rows(path):
            if isinstance(row, dict):
                found.add((str(row.get("model")), str(row.get("setting"))))
            break
    return found


def _row(one: Answered, outcome: Outcome) -> dict[str, Any]:
    judged = outcome.judged
    return {
        "model": one.model,
        "setting": one.setting,
        "scoring": one.scoring,
        "task": outcome.task,
        "language": outcome.language,
        "uid": outcome.uid,
        "row": outcome.row,
        "subset": outcome.subset,
        "problem": outcome.problem,
        "value": judged.value,
        "reason": judged.reason,
        "rule": judged.rule,
        "extracted": judged.extracted,
        "span": judged.span,
        "detail": dict(judged.detail),
        "cut": outcome.cut,
    }


def _outcome(row: dict[str, Any]) -> Outcome:
    span = row["span"]
    judged = Judged(
        None if row["value"] is None else float(row["value"]),
        row["reason"],
        row["rule"],
        row["extracted"],
        None if span is None else (int(span[0]), int(span[1])),
        row["detail"],
    )
    return Outcome(
        row["task"],
        row["language"],
        int(row["row"]),
        row["problem"],
        judged,
        row["uid"],
        row["subset"],
        bool(row.get("cut", False)),  # files of earlier versions do not say it
    )
