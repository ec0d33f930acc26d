"""The page of P-MMEval: scores under both scorings, what they stand on, what is paired, every item.

Sections that need several models, prompts or languages are there only where these are. The tables, which the terminal
shows too, are in ``pmmeval_tables`` and ``pmmeval_paired``; the statistics come from ``bench.pmmeval.summary``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import final

from veriloop.bench.pmmeval.measuring import Measured
from veriloop.bench.pmmeval.summary import Contrast, Scored, Summary
from veriloop.bench.pmmeval.tasks import LANGUAGES
from veriloop.report.cells import Cell
from veriloop.report.page import Gallery, Link, Page, Provenance, Section, Text
from veriloop.report.plots import HeatMap
from veriloop.report.pmmeval_data import Completeness, completeness_table, published_table
from veriloop.report.pmmeval_items import shown_items
from veriloop.report.pmmeval_paired import (
    contrasts_table,
    forest_of,
    languages_table,
    phi_map,
    scaling_plots,
    scaling_table,
    transfer_tables,
)
from veriloop.report.pmmeval_reading import (
    bounds_table,
    cut_line,
    failures_table,
    rules_table,
    unread_table,
)
from veriloop.report.pmmeval_tables import (
    INTERVAL,
    cell,
    gaps_table,
    languages_of,
    name_of,
    overview_table,
    parts_table,
    scores_table,
    scorings_table,
    tasks_of,
    title_of,
    warning,
)
from veriloop.report.pmmeval_terminal import WHOLE, printed_tables
from veriloop.report.tables import Table
from veriloop.report.terminal import terminal_table

SHOWN = 30_000  # items on a page; 10,000 are about 9 MB
MAPS = 2  # systems whose official scores have a heat map of their own
PALE = 10.0  # points apart that have the full colour at least: one point is no dark square
FORESTS = 8  # contrasts of a kind that have a picture; all are in the table


@final
@dataclass(frozen=True)
class PMMEvalFound:
    """What a page is made of. ``measured`` gives the items their prompts and answers; without it there are none.

    ``missing`` says which languages a task lacks, ``notes`` whatever reading and judging left out, a line each.
    """

    summary: Summary
    measured: tuple[Measured, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    missing: str = ""
    notes: tuple[str, ...] = ()


def pmmeval_page(found: PMMEvalFound, *, provenance: Provenance | None = None) -> Page:
    """The whole report."""
    summary = found.summary
    groups = _by_system(summary)
    sections: list[Section] = []
    if len(groups) > 1:
        sections.append(overview_table(summary))
    scored = [one for own in groups for one in own]
    maps = _maps(scored)
    apart = _apart(summary.contrasts_of("scorings"))
    phis = {told.system: plot for told in summary.transfers if (plot := phi_map(told))}
    folded = len({one.answered.model for one in scored}) > WHOLE
    sections += [scores_table(scored)]
    sections += [_gallery(scored, (maps, apart, phis))] if folded else maps.values()
    parts = parts_table(scored)
    sections += [parts] if parts else []
    if summary.contrasts_of("scorings"):
        sections += [scorings_table(summary.contrasts_of("scorings"))]
        sections += [] if folded else apart.values()
    if stops := stops_line(summary):
        sections.append(Text("Where the official evaluation stops", (stops,)))
    sections += _reading(summary, scored)
    sections += _paired(summary)
    if summary.transfers:
        sections += transfer_tables(summary.transfers)
        sections += [] if folded else phis.values()
    for setting, told in (summary.scalings or {}).items():
        sections += [scaling_table(setting, told), *scaling_plots(setting, told)]
    sections.append(gaps_table(_telling([own[0] for own in groups])))
    published = published_table(summary)
    sections += [published] if published else []
    if found.completeness:
        sections.append(completeness_table(found.completeness))
    sections.append(_how_to_read(found))
    if found.measured:
        sections.append(shown_items(found.measured, SHOWN))
    return Page(
        title="P-MMEval",
        subtitle=_subtitle(summary),
        headline=_headline(summary, found.missing),
        sections=tuple(section for section in sections if not _empty(section)),
        provenance=provenance,
    )


def pmmeval_terminal(found: PMMEvalFound, *, width: int = 80, colour: bool = False) -> str:
    """The tables for the end of a run, most where it has one or two models; ten languages fit in 80 columns."""
    tables, left = printed_tables(found.summary, _by_system(found.summary))
    shown = [terminal_table(table, width=width, colour=colour) for table in tables]
    said = _headline(found.summary, found.missing, where="above and on the page")
    if stops := stops_line(found.summary):
        said += f" {stops}"
    paragraphs = [left, said] if left else [said]
    return "\n".join([*shown, *(fill(p, width, break_on_hyphens=False) + "\n" for p in paragraphs)])


def stops_line(summary: Summary) -> str:
    """Where the official evaluation ends with an error, so that its score does not exist; empty where nowhere."""
    died = sorted({place for one in summary.of("official") for place in one.died})
    if not died:
        return ""
    tasks = list(dict.fromkeys(task for task, _ in died))
    told = "; ".join(
        f"{title_of(task)} ({', '.join(code for name, code in died if name == task)})"
        for task in tasks
    )
    return (
        f"The official evaluation stops with an error at an answer to {told} and gives no score: what stands here is "
        "what it would be without that fault."
    )


def _by_system(summary: Summary) -> list[list[Scored]]:
    """Fixed, then official, of each model in each setting."""
    systems = list(dict.fromkeys(one.system for one in summary.scored))
    return [
        sorted(
            (one for one in summary.scored if one.system == system),
            key=lambda one: one.answered.scoring,
        )
        for system in systems
    ]


def _telling(scored: Sequence[Scored]) -> Scored:
    """The first system with most tasks whose scores are not all alike: these alone tell what an answer is worth."""
    return max(scored, key=lambda one: sum(bool(m.se) for m in one.means.sets.values()))


def _maps(scored: Sequence[Scored]) -> dict[str, HeatMap]:
    """Heat maps of the fixed scores, and of the official ones where there is room, by what they are of."""
    systems = len({one.system for one in scored})
    first = scored[0].answered.scoring
    return {
        f"{name_of(one)}, {one.answered.scoring}": _map(one)
        for one in scored
        if len(languages_of([one])) > 1 and (systems <= MAPS or one.answered.scoring == first)
    }


def _gallery(scored: Sequence[Scored], maps: Sequence[Mapping[str, HeatMap]]) -> Gallery:
    """The heat maps of many systems, folded by model: scores, what the scoring does, what English tells."""
    groups: dict[str, list[HeatMap]] = {}
    for one in scored:
        own = groups.setdefault(one.answered.model, [])
        names = name_of(one), f"{name_of(one)}, {one.answered.scoring}"
        own += [kind[n] for kind in maps for n in names if n in kind and kind[n] not in own]
    return Gallery(
        "Heat maps by model",
        tuple((model, tuple(own)) for model, own in groups.items() if own),
        caption="By task and language: scores, fixed minus official scoring, and how far right and wrong go together "
        "with English.",
    )


def _map(one: Scored) -> HeatMap:
    codes, tasks = languages_of([one]), tasks_of([one])
    return HeatMap(
        f"{name_of(one)}, {one.answered.scoring}",
        tuple(map(title_of, tasks)),
        tuple(codes),
        tuple(tuple(cell(one.means.languages.get((key, c))) for c in codes) for key in tasks),
        end=100.0,
        digits=0,
        caption="Points of 100 by task and language.",
        interval=INTERVAL,
    )


def _apart(contrasts: Sequence[Contrast]) -> dict[str, HeatMap]:
    """What the choice of scoring does to each system, as pictures."""
    out: dict[str, HeatMap] = {}
    apart = [abs(d.difference.value) for c in contrasts for d in c.comparison.languages.values()]
    for one in contrasts:
        table = scorings_table([one])
        codes = [c.name for c in table.columns if c.name in LANGUAGES]
        if len(codes) < 2:
            continue
        values = tuple(
            tuple(c for c in row.cells[-len(codes) :] if isinstance(c, Cell)) for row in table.rows
        )
        out[one.held] = HeatMap(
            f"Fixed minus official: {one.held}",
            tuple(row.label for row in table.rows),
            tuple(codes),
            values,
            end=max(PALE, *apart),
            digits=0,
            caption="Points of 100. Blue: the fixed scoring finds more right; orange: less.",
            interval=INTERVAL,
        )
    return out


def _reading(summary: Summary, scored: Sequence[Scored]) -> list[Section]:
    failures = failures_table(scored)
    several = len({one.system for one in scored}) > 1
    return [
        *([unread_table(summary)] if several else []),
        bounds_table(scored),
        *([failures] if failures else []),
        rules_table(scored),
    ]


def _paired(summary: Summary) -> list[Section]:
    """Models against each other, then prompts: the table, its pictures, the languages."""
    said = {
        "models": (
            "Models, paired",
            "First minus second on the same items. Holm's p is for all rows of this table. Where a difference is "
            "not found and the gap is wide, nothing is said about equality.",
        ),
        "settings": (
            "Prompt language, paired",
            "The same model on the same items, asked in two ways: the effect of the prompt alone. HumanEval-XL and "
            "MIFEval are asked in one way and do not stand here.",
        ),
    }
    out: list[Section] = []
    for kind, (title, caption) in said.items():
        contrasts = summary.contrasts_of("models" if kind == "models" else "settings")
        if not contrasts:
            continue
        out.append(contrasts_table(contrasts, title, caption))
        out += [forest_of(one) for one in contrasts[:FORESTS]]
        by_language = languages_table(contrasts, f"{title}, by language")
        out += [by_language] if by_language else []
    return out


def _subtitle(summary: Summary) -> str:
    answers = sum(len(one.answered.outcomes) for one in _by_answers(summary))
    models = {one.answered.model for one in summary.scored}
    settings = list(dict.fromkeys(one.answered.setting for one in summary.scored))
    who = next(iter(models)) if len(models) == 1 else f"{len(models)} models"
    codes = languages_of(summary.scored)
    where = LANGUAGES[codes[0]].name if len(codes) == 1 else f"{len(codes)} languages"
    tasks = tasks_of(summary.scored)
    what = title_of(tasks[0]) if len(tasks) == 1 else f"{len(tasks)} tasks"
    return f"{who}, {what}, {where}, prompt {' and '.join(settings)}; {answers:,} answers"


def _by_answers(summary: Summary) -> list[Scored]:
    """One scoring of each system, the one with most outcomes: each answer once."""
    return [max(own, key=lambda one: len(one.answered.outcomes)) for own in _by_system(summary)]


def _headline(summary: Summary, missing: str, *, where: str = "below") -> str:
    """One system's scores, or who leads where; then what was lost and what is missing."""
    best = summary.of("fixed") or summary.scored
    told = [_alone(best[0]) if len(best) == 1 else _leaders(best)]
    lost = sum(sum(one.lost.values()) for one in _by_answers(summary))
    told += (
        [f"{lost:,} answers never came or could not be judged; they count nowhere."] if lost else []
    )
    told += [cut] if (cut := cut_line(_by_answers(summary))) else []
    short = missing if len(missing) <= 60 else f"some tasks in some languages, told {where}"
    told += [f"Missing: {short}."] if missing else []
    return " ".join(told)


def _alone(one: Scored) -> str:
    if len(one.means.sets) == 1:
        ((task, only),) = one.means.sets.items()
        return f"{name_of(one)}: {title_of(task)} {only.estimate}."
    parts = [
        f"{role} {mean.estimate.value:.1f} [{mean.estimate.low:.1f}, {mean.estimate.high:.1f}]"
        for role, mean in one.means.suites.items()
    ]
    flores = one.means.sets.get("flores")
    parts += [f"BLEU {flores.estimate.value:.1f}"] if flores else []
    return f"{name_of(one)}: {', '.join(parts)}."


def _leaders(best: Sequence[Scored]) -> str:
    """Which system is first in what, with how much."""
    leads: dict[tuple[str, ...], list[str]] = {}
    for what in dict.fromkeys(name for one in best for name in (*one.means.suites, "flores")):
        found = [
            (mean.estimate.value, name_of(one))
            for one in best
            if (mean := one.means.suites.get(what) or one.means.sets.get(what))
        ]
        if found:
            value = max(found)[0]
            first = tuple(name for own, name in found if f"{own:.1f}" == f"{value:.1f}")
            said = {"flores": "translation", "specialised": "the specialised tasks"}.get(what, what)
            leads.setdefault(first, []).append(f"{said} ({value:.1f})")
    told = "; ".join(f"{_first(names)} in {_listed(what)}" for names, what in leads.items())
    alike = len({frozenset(one.means.languages) for one in best}) == 1
    caution = (
        "Whether a lead is more than chance is said by the paired differences."
        if alike
        else "They were not asked in the same tasks and languages: only the paired differences compare them."
    )
    return f"Of {len(best)} systems, {told}. {caution}"


def _first(names: Sequence[str]) -> str:
    """``a is first``; of several that stand alike to a decimal, how many more."""
    if len(names) == 1:
        return f"{names[0]} is first"
    more = f"{len(names) - 1} others" if len(names) > 2 else names[1]
    return f"{names[0]} and {more} are equally first"


def _listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _how_to_read(found: PMMEvalFound) -> Text:
    first = (found.summary.of("fixed") or found.summary.scored)[0]
    terms = [
        (
            "official",
            "as the official harness scores, fault for fault: for comparison with published numbers alone",
        ),
        ("fixed", "the same answers scored as the tasks say: what to decide by"),
        (
            "could not be read",
            "no rule found an answer; it counts as wrong, and the bounds say what that costs",
        ),
        (
            "gap",
            "the smallest difference that would be found 4 times in 5, by a test that errs once in 100",
        ),
        (
            "Holm",
            "p made larger, so that the chance of any false finding in a whole table stays below the level",
        ),
    ]
    terms += (
        [("missing", found.missing)]
        if found.missing and not any(found.missing in note for note in found.notes)
        else []
    )
    terms += [(f"note {i}", note) for i, note in enumerate(found.notes, 1)]
    return Text(
        "How to read this",
        (
            "The same items in ten languages are joined by a verified key, so that one item is one draw however many "
            "languages it stands in. Intervals of means over languages are therefore wider than ten independent sets "
            "would give, and differences between models are taken item by item.",
            "Read the fixed scores first, then the bounds: where many answers could not be read, a low score may be "
            "one of format and not of knowledge. Then see whether a difference is larger than its gap. "
            + warning(first),
        ),
        tuple(terms),
        (Link("arxiv.org/abs/2411.09116", "https://arxiv.org/abs/2411.09116"),),
    )  # fmt: skip


def _empty(section: Section) -> bool:
    return isinstance(section, Table) and not section.rows
