"""What ``veriloop bench biases`` does once its options are read: labelled solutions, saved scores, measures, a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from veriloop.errors import InputError
from veriloop.records import Verdict
from veriloop.store.json_files import write_json

if TYPE_CHECKING:
    from veriloop.bench.biases import Biases, Selected
    from veriloop.bench.labelled import LabelledRow


@final
@dataclass(frozen=True)
class Options:
    """The options of the command; names map to what was written behind them."""

    out: Path
    data: Path | None = None
    problems: Path | None = None
    solutions: Path | None = None
    gold: Path | None = None
    answer: Path | None = None
    scores: Mapping[str, str] = field(default_factory=dict[str, str])
    thresholds: Mapping[str, str] = field(default_factory=dict[str, str])
    best_of: Mapping[str, str] = field(default_factory=dict[str, str])
    n: int = 8
    rule: str = "product"
    limit: int = 0


def measure(options: Options) -> tuple[Biases, list[str]]:
    """Measure, write ``biases.json``, and say what was set aside."""
    from veriloop.bench.biases import measure_biases

    rows, notes = _labelled(options)
    verdicts: dict[str, list[Verdict]] = {}
    rules: dict[str, float | str | None] = {}
    for name, where in options.scores.items():
        verdicts[name], rules[name] = _scores(options, rows, name, Path(where), notes)
    found = measure_biases(rows, verdicts, thresholds=rules, selected=_selected(options, verdicts))
    write_json(options.out / "biases.json", found.to_json())
    return found, notes


def _labelled(options: Options) -> tuple[Sequence[LabelledRow], list[str]]:
    from veriloop.bench.labelled import labelled_groups
    from veriloop.cli.scoring import read_rows
    from veriloop.runs.stages import read_groups

    if options.data is not None:
        return read_rows(options.data, options.out, options.limit)
    assert options.problems
    assert options.solutions
    assert options.gold
    folders = [options.gold, *([options.answer] if options.answer else [])]
    groups = read_groups(options.problems, options.solutions, *folders)
    rows = labelled_groups(groups)
    if not rows:
        raise InputError("no solution has a first error by 'gold' here", file=str(options.gold))
    options.out.mkdir(parents=True, exist_ok=True)
    return rows, []


def _scores(
    options: Options, rows: Sequence[LabelledRow], name: str, where: Path, notes: list[str]
) -> tuple[list[Verdict], float | str | None]:
    from veriloop.bench.saved_scores import read_saved
    from veriloop.cli.scoring import resolved, rule_of
    from veriloop.store.quarantine import Quarantine

    safe = re.sub(r"[^\w.-]+", "-", name)
    quarantine = Quarantine(f"scores.{safe}")
    saved = read_saved(where, rows, quarantine=quarantine)
    quarantine.save(options.out)
    if quarantine.rows:
        notes.append(quarantine.summary())
    silent = len(rows) - len({v.solution for v in saved.verdicts})
    if silent:
        notes.append(f"{name}: nothing is saved of {silent:,} of {len(rows):,} solutions")
    rule = resolved(rule_of(options.thresholds.get(name, "")), saved.rule)
    return [replace(v, verifier=name) for v in saved.verdicts], rule


def _selected(options: Options, verdicts: Mapping[str, Sequence[Verdict]]) -> Selected | None:
    """Best-of-N over the problems given; with ProcessBench as labels, by the verdicts of ``--best-of`` alone."""
    if not (options.problems and options.solutions and options.answer):
        return None
    if options.data is not None and not options.best_of:
        return None
    from veriloop.bench.best_of_n import best_of_n
    from veriloop.bench.biases import Selected
    from veriloop.runs.stages import read_all, read_groups

    said = {} if options.data is not None else dict(verdicts)
    for name, folder in options.best_of.items():
        said[name] = [replace(v, verifier=name) for v in read_all(Path(folder), Verdict)]
    groups = read_groups(options.problems, options.solutions, options.answer)
    return Selected(best_of_n(groups, said, n=options.n), said, options.rule)
