"""Scores and critiques that were saved earlier, read as verdicts on labelled rows, so that no model is needed.

Three sources: a folder of verdict records or of an earlier ``veriloop bench processbench`` (or its ``result.json``);
JSONL with one object a row; the JSONL that the official ProcessBench code writes. An entry is joined to its row by
the row's own id. What it says of the label or of the answer is never read. A bad entry is set aside with file, row
and field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from veriloop.bench.critic import read_critiques, vote_again
from veriloop.bench.labelled import LabelledRow, row_ids
from veriloop.bench.thresholds import FIXED, first_error
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Completion
from veriloop.records import NO_ERROR, Finish, Form, Granularity, Solution, Unscored, Verdict
from veriloop.store.pieces import Table, read_file
from veriloop.store.quarantine import Quarantine

CRITIQUES = ("critiques", "critique", "generated_critique")
SCORES = ("step_scores", "scores")
PREDICTIONS = ("first_error", "predicted", "prediction")


@final
@dataclass(frozen=True)
class Saved:
    """Verdicts of one verifier on the rows asked for.

    ``name`` is what the run that saved them called the system, else the verifier's or the file's name. ``critic`` is
    True where they were read from critiques. ``rule`` is the threshold of the run that saved them, as it
    was given; None for the verifier's own first error, or where nothing says. ``others`` counts entries of other rows.
    ``table`` is the folder of the verdict records; None where they were read from other files.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    critic: bool = False
    rule: float | str | None = None
    others: int = 0
    table: Path | None = None


def read_saved(
    source: Path,
    rows: Sequence[LabelledRow],
    *,
    votes: int = 0,
    quarantine: Quarantine | None = None,
) -> Saved:
    """What ``source`` says of ``rows``. ``votes`` counts only the first so many critiques of each row; 0 counts all.

    Bad entries go to ``quarantine``, and without one are an InputError. Raises InputError where there is nothing that
    could be read, where it holds several verifiers, and where no entry is of a row asked for.
    """
    if not source.exists():
        raise InputError("there is no such file or folder", file=str(source))
    found = _tables(source)
    saved = (
        _from_lines(source, rows, quarantine)
        if found is None
        else _from_records(source, found, rows)
    )
    if not saved.verdicts:
        raise InputError(
            f"none of {saved.others:,} entries is of the {len(rows):,} rows asked for: are these scores of "
            "other data?",
            file=str(source),
        )
    if not votes:
        return saved
    if not saved.critic:
        raise InputError(
            "votes are counted over critiques, and none are saved here", file=str(source)
        )
    solutions = {row.solution.id: row.solution for row in rows}
    again = tuple(vote_again(v, solutions[v.solution], votes) for v in saved.verdicts)
    return replace(saved, verdicts=again, table=None)


def read_result(path: Path) -> Mapping[str, Any]:
    """The ``result.json`` of an earlier run. Raises InputError where it is none."""
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})", file=str(path)) from error
    if not isinstance(told, dict) or not isinstance(told.get("predictions"), list):
        raise InputError(
            "expected the result.json of `veriloop bench processbench`", file=str(path)
        )
    return told


def _tables(source: Path) -> list[Path] | None:
    """Parquet files of verdicts: the source itself, those of an earlier run, or of a stage; None where none are."""
    if source.is_file():
        if source.suffix == ".parquet":
            return [source]
        return _tables(source.parent) if source.name == "result.json" else None
    result = source / "result.json"
    told = read_result(result).get("records") if result.is_file() else None
    if isinstance(told, str):
        return sorted((source / told).glob("part-*.parquet")) or None
    places = [source, source / "verdicts", *sorted(source.glob("*/verdicts"))]
    held = [place for place in places if Table(place, Verdict).pieces()]
    if len(held) > 1:
        raise InputError(
            f"holds verdicts of {len(held)} runs: give one of {', '.join(str(p) for p in held)}",
            file=str(source),
        )
    return sorted(held[0].glob("part-*.parquet")) if held else None


def _from_records(source: Path, files: Sequence[Path], rows: Sequence[LabelledRow]) -> Saved:
    wanted = {row.solution.id for row in rows}
    every = {v.solution: v for file in files for v in read_file(file, Verdict)}
    found = [v for v in every.values() if v.solution in wanted]
    names = sorted({v.verifier for v in found})
    if len(names) > 1:
        raise InputError(
            f"holds verdicts of {len(names)} verifiers ({', '.join(names)}): give a folder of one",
            file=str(source),
        )
    folder = source if source.is_dir() else source.parent
    result = folder / "result.json"
    told = read_result(result) if result.is_file() else {}
    rule = told.get("rule")
    critic = any(v.form is Form.TEXT for v in found)
    others = len(every) - len(found)
    name = str(told.get("verifier") or (names[0] if names else ""))
    return Saved(name, tuple(found), critic, rule, others, files[0].parent)


def _from_lines(source: Path, rows: Sequence[LabelledRow], quarantine: Quarantine | None) -> Saved:
    by_id = dict(zip(row_ids(rows), rows, strict=True))
    name = source.name if source.is_dir() else source.stem
    seen: set[str] = set()
    verdicts: list[Verdict] = []
    others = 0
    for file, number, raw in _entries(source):
        try:
            row = _row_of(raw, by_id, seen)
            if row is None:
                others += 1
                continue
            verdicts.append(_verdict(raw, row.solution, name))
        except InputError as error:
            where = InputError(error.message, file=str(file), row=number, field=error.field)
            if quarantine is None:
                raise where from error
            quarantine.add(where, raw)
    critic = any(v.form is Form.TEXT for v in verdicts)
    return Saved(name, tuple(verdicts), critic, None, others)


def _entries(source: Path) -> Iterable[tuple[Path, int, Any]]:
    """(file, row, entry); a line that is no JSON arrives as the text it is."""
    if source.name == "result.json":
        for number, entry in enumerate(read_result(source)["predictions"], 1):
            yield source, number, entry
        return
    files = [source]
    if source.is_dir():
        files = sorted(f for f in source.glob("*.jsonl") if ".quarantine." not in f.name)
        if not files:
            raise InputError(
                "expected verdict records (part-*.parquet), a result.json, or *.jsonl with one object a row",
                file=str(source),
            )
    for file in files:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield file, number, _parsed(line)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.decode("utf-8", "replace")


def _row_of(raw: Any, by_id: Mapping[str, LabelledRow], seen: set[str]) -> LabelledRow | None:
    """The row of an entry, None for one that was not asked for. Raises InputError on a second entry."""
    if not isinstance(raw, dict):
        raise InputError(f"expected a JSON object, got {ascii(raw)[:60]}")
    name = raw.get("id")
    if not isinstance(name, str):
        raise InputError(f"expected the row's id as text, got {ascii(name)[:60]}", field="id")
    row = by_id.get(name)
    if row is None:
        return None
    if name in seen:
        raise InputError(f"a second entry of {name}", field="id")
    subset = raw.get("subset", row.subset)
    if subset != row.subset:
        raise InputError(
            f"row {name} is of {row.subset!r}, not {ascii(subset)[:60]}", field="subset"
        )
    seen.add(name)
    return row


@final
@dataclass(frozen=True)
class _Said:
    """What one entry says of its solution: the fields of a verdict that differ from entry to entry."""

    form: Form
    first_error: int | None = None
    unscored: Unscored | None = None
    scores: tuple[float, ...] = ()
    critique: str | None = None
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])


def _verdict(raw: Mapping[str, Any], solution: Solution, name: str) -> Verdict:
    """The entry as a verdict. Who speaks stays open: a file of numbers does not say it."""
    said = _said(raw, len(solution.steps))
    value = None
    if said.first_error is not None:
        value = min(said.scores) if said.scores else float(said.first_error == NO_ERROR)
    return Verdict(
        problem=solution.problem,
        solution=solution.id,
        verifier=name,
        form=said.form,
        granularity=Granularity.STEP,
        value=value,
        unscored=said.unscored,
        step_scores=said.scores,
        first_error=said.first_error,
        critique=said.critique,
        detail=said.detail,
        made_by=f"read_saved({name!r})",
    )


def _said(raw: Mapping[str, Any], steps: int) -> _Said:
    """Critiques before scores before a bare prediction, where an entry has several."""
    for names, read in ((CRITIQUES, _critiques), (SCORES, _scores), (PREDICTIONS, _prediction)):
        for name in names:
            if name in raw:
                try:
                    return read(raw[name], steps, raw)
                except InputError as error:
                    raise InputError(error.message, field=error.field or name) from error
    one_of = f"{SCORES[0]}, {PREDICTIONS[0]} or {CRITIQUES[0]}"
    raise InputError(f"says nothing: expected {one_of}", field=SCORES[0])


def _critiques(value: Any, steps: int, raw: Mapping[str, Any]) -> _Said:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise InputError(f"expected a text or a list of texts, got {ascii(value)[:60]}")
    ends = raw.get("finish", [Finish.GIVEN.value] * len(texts))
    ends = [ends] if isinstance(ends, str) else ends
    known = {end.value for end in Finish}
    if (
        not isinstance(ends, list)
        or len(ends) != len(texts)
        or not all(e in known for e in map(str, ends))
    ):
        raise InputError("expected stop, length or given for each critique", field="finish")
    answers = [Completion(t, Finish(str(e))) for t, e in zip(texts, ends, strict=True)]
    read = read_critiques(answers, steps)
    return _Said(
        Form.TEXT, read.first_error, read.unscored, critique=read.critique, detail=read.detail
    )


def _scores(value: Any, steps: int, raw: Mapping[str, Any]) -> _Said:
    if value is None or value == []:
        return _Said(Form.SCORE, unscored=_reason(raw, Unscored.ENGINE))
    if not isinstance(value, list) or not all(map(_is_number, value)):
        raise InputError(f"expected a list of finite numbers, got {ascii(value)[:60]}")
    if len(value) > steps:
        raise InputError(f"{len(value)} scores of {steps} steps")
    scores = tuple(float(x) for x in value)
    where = first_error(scores, FIXED)
    if where == NO_ERROR and len(scores) < steps:
        return _Said(Form.SCORE, unscored=Unscored.TRUNCATED)
    return _Said(Form.SCORE, where, scores=scores)


def _prediction(value: Any, steps: int, raw: Mapping[str, Any]) -> _Said:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InputError(f"expected an integer or null, got {ascii(value)[:60]}")
    if value is None or not NO_ERROR <= value < steps:
        return _Said(Form.BINARY, unscored=_reason(raw, Unscored.UNPARSED))
    return _Said(Form.BINARY, value)


def _reason(raw: Mapping[str, Any], otherwise: Unscored) -> Unscored:
    told = raw.get("unscored")
    return next((reason for reason in Unscored if reason.value == told), otherwise)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300  # false for NaN, infinity, and whole numbers that no float holds
