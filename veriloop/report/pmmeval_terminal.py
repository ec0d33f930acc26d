"""What a run of P-MMEval prints at its end: all of one or two models; of more, what fits on two screens.

More than two models are printed as a row each, the one that leads in full, pairs only with the leader of their prompt
and all tasks taken together; how many of how many is said, and the page has all. The tables of one system are those of
the page (``pmmeval_tables``, ``pmmeval_reading``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Literal

from veriloop.bench.comparison import PairedDifference
from veriloop.bench.multiplicity import holm_by_name
from veriloop.bench.pmmeval.summary import Contrast, Scored, Summary
from veriloop.bench.pmmeval.tasks import TASKS
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.pmmeval_paired import contrasts_table, detectable_cell, shown_p
from veriloop.report.pmmeval_reading import bounds_table
from veriloop.report.pmmeval_tables import ABSENT, name_of, scores_table, tasks_of, title_of
from veriloop.report.tables import Column, Row, Table

WHOLE = 2  # models that are printed in full
ROWS = 14  # of one table, where there are more models
_SHORT: Mapping[str, str] = {
    "mhellaswag": "MHella-Swag", "humaneval_xl": "Human-Eval-XL", "mlogiqa": "MLogi-QA", "mifeval": "MIF-Eval",
}  # fmt: skip
"""Names that a tall head may break, so that eight tasks stand side by side."""


def printed_tables(
    summary: Summary, groups: Sequence[Sequence[Scored]]
) -> tuple[tuple[Table, ...], str]:
    """What is printed of ``groups``, the scorings of each system, and a line on what is left out, if anything is."""
    if len({own[0].answered.model for own in groups}) <= WHOLE:
        return _whole(summary, groups), ""
    systems = sorted((own[0] for own in groups), key=_height, reverse=True)
    leader = next(own for own in groups if own[0] is systems[0])
    shown = {one.system for one in systems[:ROWS]}
    kept = [own[0] for own in groups if own[0].system in shown]
    models, settings = (summary.contrasts_of(kind) for kind in ("models", "settings"))
    pairs = [(at, one) for one in models if (at := _leading(one, systems))]
    pairs.sort(key=lambda pair: pair[1].held)
    tables = [_means(kept), _named(scores_table(leader, terminal=True), leader[0])]
    if pairs:
        tables.append(_pairs(pairs[:ROWS], models))
    if settings:
        tables.append(_settings(settings[:ROWS], settings))
    tables.append(_unread(kept))
    few = min(len(pairs), ROWS), len(models)
    told = [
        f"{len(kept)} of {len(systems)} systems",
        f"the languages of 1 of {len(systems)}",
        *([f"{few[0]} of {few[1]} pairs of models, all tasks together"] if pairs else []),
        *([f"{min(len(settings), ROWS)} of {len(settings)} pairs of prompts"] if settings else []),
    ]
    return tuple(
        tables
    ), f"Shown here: {'; '.join(told)}. The page has all of them by task and language."


def _whole(summary: Summary, groups: Sequence[Sequence[Scored]]) -> tuple[Table, ...]:
    tables = [_named(scores_table(own, terminal=True), own[0]) for own in groups]
    for kind in ("models", "settings"):
        contrasts = summary.contrasts_of(kind)
        if contrasts:
            tables.append(contrasts_table(contrasts, f"Paired: {kind}", ""))
    return (*tables, *(_named(bounds_table(own), own[0]) for own in groups))


def _named(table: Table, one: Scored) -> Table:
    return replace(table, title=f"{table.title}: {name_of(one)}")


def _height(one: Scored) -> float:
    """Its mean over tasks, without BLEU where there is another: whom to print in full."""
    shares = [m.estimate.value for k, m in one.means.sets.items() if TASKS[k].role != "generation"]
    return fmean(shares or [m.estimate.value for m in one.means.sets.values()])


def _means(scored: Sequence[Scored]) -> Table:
    title = f"All systems, {scored[0].answered.scoring}"
    return _by_task(title, scored, lambda e, _: Cell(e.value, e.low, e.high), best="max")


def _unread(scored: Sequence[Scored]) -> Table:
    return _by_task("Could not be read, %", scored, lambda e, failed: Cell(100 * failed / e.n))


def _by_task(
    title: str,
    scored: Sequence[Scored],
    cell: Callable[[Estimate, int], Cell],
    *,
    best: Literal["", "max"] = "",
) -> Table:
    """A row for each system: what ``cell`` makes of a task's estimate and of how many answers could not be read."""
    tasks = tasks_of(scored)
    columns = tuple(Column(_SHORT.get(key, title_of(key)), best=best) for key in tasks)
    rows = [
        Row(
            one.answered.model,
            tuple(
                cell(m.estimate, m.failed) if m else Cell(note=ABSENT)
                for m in map(one.means.sets.get, tasks)
            ),
            group=f"prompt {one.answered.setting}",
        )
        for one in _by_setting(scored)
    ]
    return Table(title, columns, tuple(rows), row_label="model")


def _by_setting(scored: Sequence[Scored]) -> list[Scored]:
    settings = list(dict.fromkeys(one.answered.setting for one in scored))
    return sorted(scored, key=lambda one: settings.index(one.answered.setting))


def _leading(contrast: Contrast, systems: Sequence[Scored]) -> str:
    """The side of a pair of models that leads its prompt; empty where neither does. ``systems`` are highest first."""
    told = contrast.comparison
    first = next(
        (one for one in systems if contrast.held == f"prompt {one.answered.setting}"), None
    )
    model = "" if first is None else first.answered.model
    return model if model in (told.first, told.second) else ""


def _overall(contrast: Contrast) -> PairedDifference:
    """All tasks together but FLORES-200; the only task where there is one."""
    return contrast.shares or next(
        (d for key, d in contrast.comparison.sets.items() if TASKS[key].role != "generation"),
        contrast.comparison.overall,
    )


def _holm(contrasts: Sequence[Contrast]) -> Mapping[int, float]:
    return holm_by_name({id(one): _overall(one).p for one in contrasts})


def _pairs(shown: Sequence[tuple[str, Contrast]], every: Sequence[Contrast]) -> Table:
    holm = _holm(every)
    rows: list[Row] = []
    for leader, one in shown:
        told = one.comparison
        other = told.second if told.first == leader else told.first
        cells = _cells(_overall(one), holm[id(one)], turned=told.first != leader)
        rows.append(Row(f"− {other}", cells, group=f"{leader} ({one.held})"))
    return _table("Paired: the first in each prompt minus the others", rows, "model")


def _settings(shown: Sequence[Contrast], every: Sequence[Contrast]) -> Table:
    holm = _holm(every)
    rows = [
        Row(
            one.held,
            _cells(_overall(one), holm[id(one)]),
            group=f"prompt {one.comparison.first} − {one.comparison.second}",
        )
        for one in shown
    ]
    return _table("Paired: settings", rows, "model")


def _cells(d: PairedDifference, holm: float, *, turned: bool = False) -> tuple[Cell | str, ...]:
    found = d.difference
    value = Cell(found.value, found.low, found.high)
    if turned:
        value = Cell(-found.value, -found.high, -found.low)
    sides = (d.second, d.first) if turned else (d.first, d.second)
    return (value, *map(Cell, sides), shown_p(d.p), shown_p(holm), detectable_cell(d))


def _table(title: str, rows: Sequence[Row], label: str) -> Table:
    names = ("first", "second", "p", "Holm")
    columns = (Column("difference", "points"), *map(Column, names), Column("gap", "points"))
    return Table(title, columns, tuple(rows), row_label=label)
