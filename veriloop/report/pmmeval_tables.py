"""Tables of P-MMEval for pages and terminals alike: scores by task and language, and what these numbers stand on.

Scores are in points of 100 and stand with their intervals and the smallest gap that such a set can show. What is paired
(models, prompts, languages) is in ``pmmeval_paired``. Nothing is computed here but shares of counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from veriloop.bench.clustered import ClusteredMean, Means
from veriloop.bench.pmmeval.summary import CHRF, LOOSE, Contrast, Scored, Summary
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.bench.power import DISCORDANCE, POWER, accuracy_se, detectable
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Entry, Row, Table

FAILED = "n counts answers; one that cannot be read counts as wrong here, one that never came counts nowhere."
INTERVAL = "95 % interval; the same item in several languages is one draw"
TOO_FEW = "so few items can show no gap at all"
ABSENT = ""  # a dash alone: the captions say what it means
GAPS = f"at power {POWER:g}, two-sided alpha 0.01, if two models differ on {DISCORDANCE:.0%} of the items"


def name_of(one: Scored) -> str:
    """``model, prompt en``."""
    return one.scores.system


def _several(scored: Sequence[Scored]) -> bool:
    return len({one.system for one in scored}) > 1


def group_of(one: Scored, scored: Sequence[Scored]) -> str:
    """The scoring, after the system where there are several."""
    scoring = one.answered.scoring
    return f"{name_of(one)}, {scoring}" if _several(scored) else scoring


def folded_of(scored: Sequence[Scored], what: str) -> str:
    """Long tables wait folded where they are of several systems."""
    return f"Unfold {what} of all systems" if _several(scored) else ""


def cell(mean: ClusteredMean | None, lost: int = 0, note: str = ABSENT) -> Cell:
    """A mean with its interval, n and what was lost."""
    if mean is None:
        return Cell(note=note)
    found = estimate(mean.estimate)
    return Cell(found.value, found.low, found.high, found.n, lost)


def languages_of(scored: Iterable[Scored]) -> list[str]:
    """The languages that anything was scored in, in the paper's order."""
    have = {code for one in scored for _, code in one.means.languages}
    return [code for code in LANGUAGES if code in have]


def tasks_of(scored: Iterable[Scored]) -> list[str]:
    """The tasks that anything was scored in, in the paper's order."""
    have = {name for one in scored for name in one.means.sets}
    return [key for key in TASKS if key in have]


def title_of(name: str) -> str:
    """A task, or a part of one, as the paper writes it."""
    task, _, part = name.partition(", ")
    shown = TASKS[task].title if task in TASKS else task
    return f"{shown}, {part}" if part else shown


def overview_table(summary: Summary) -> Table:
    """A row for each system and scoring, a column for each task: means over languages."""
    tasks = tasks_of(summary.scored)
    rows = tuple(
        Row(
            name_of(one),
            tuple(cell(one.means.sets.get(key)) for key in tasks),
            group=scoring,
            reference=scoring == "official" and bool(summary.of("fixed")),
        )
        for scoring in ("fixed", "official")
        for one in summary.of(scoring)
    )
    return Table(
        "All systems",
        tuple(
            Column(title_of(key), tooltip=f"{TASKS[key].metric}, mean over languages", best="max")
            for key in tasks
        ),
        rows,
        row_label="model, prompt",
        interval=INTERVAL,
        caption="Means over languages, in points of 100. FLORES-200 is BLEU, the others are shares of right answers. "
        "There is no mean over all tasks: BLEU and accuracy do not add up.",
        losses=FAILED,
    )


def scores_table(scored: Sequence[Scored], *, terminal: bool = False) -> Table:
    """One system, by task and language, under each scoring: the table that everything else explains.

    ``terminal`` leaves out what does not fit in 80 columns.
    """
    codes, tasks = languages_of(scored), tasks_of(scored)
    several = len(codes) > 1
    rows: list[Row] = []
    for one in scored:
        for key in tasks:
            own = [_place(one, key, code, terminal) for code in codes]
            whole = one.means.sets.get(key)
            entries: list[Entry] = [cell(whole)] if several else []
            entries += [gap_cell(key, whole), *own]
            label = key if terminal else title_of(key)
            rows.append(Row(label, tuple(entries), group=group_of(one, scored)))
    digits = 0 if terminal else 1
    columns = [Column("mean", tooltip="plain mean over languages")] * several
    columns.append(Column("gap", digits=digits, tooltip=f"smallest detectable gap {GAPS}"))
    columns += [Column(c, digits=digits, tooltip=LANGUAGES[c].name) for c in codes]
    return Table(
        "Scores by language",
        tuple(columns),
        tuple(rows),
        row_label="task",
        interval=INTERVAL,
        caption="Points of 100: BLEU for FLORES-200, right answers for the others. gap: the smallest difference "
        f"between two models that the items of the whole row can show {GAPS}. A dash: not asked, or not in the data.",
        losses=FAILED,
        folded="" if terminal else folded_of(scored, "the scores"),
    )


def _place(one: Scored, task: str, code: str, bare: bool) -> Cell:
    """One language of a task; ``bare`` without its interval and losses, for where there is no room."""
    mean = one.means.languages.get((task, code))
    if mean is None:
        return Cell(note="translates from English" if (task, code) == ("flores", "en") else ABSENT)
    if bare:
        return Cell(mean.estimate.value, n=mean.estimate.n)
    return cell(mean, one.lost.get((task, code), 0))


def gap_cell(task: str, mean: ClusteredMean | None) -> Cell:
    """The smallest gap that so many items can show; BLEU is no share of items, so none is said of FLORES."""
    if mean is None:
        return Cell(note=ABSENT)
    if TASKS[task].role == "generation":
        return Cell(note="BLEU is no share of items; its gaps are in the paired differences")
    return _gap(worth(mean))


def worth(mean: ClusteredMean) -> float:
    """How many independent answers these are worth; where all scores are alike and tell nothing, one a cluster."""
    return mean.effective_n if mean.se else min(mean.effective_n, mean.clusters)


def _gap(n: float) -> Cell:
    found = detectable(n)
    return Cell(found.gap) if found.reachable else Cell(note=TOO_FEW)


def gaps_table(scored: Scored) -> Table:
    """What a set of this size can show: one language, and all."""
    rows: list[Row] = []
    for key in tasks_of([scored]):
        if TASKS[key].role == "generation":
            continue
        own = [m for (name, _), m in scored.means.languages.items() if name == key]
        n = min(m.estimate.n for m in own)
        whole = scored.means.sets[key]
        # Hypotheses of one premise, or programs of one problem, are fewer draws than they are answers.
        alone = replace(_gap(min(n, *map(worth, own))), n=n)
        rows.append(
            Row(title_of(key), (alone, Cell(100 * accuracy_se(n)), gap_cell(key, whole), Cell(worth(whole))))
        )  # fmt: skip
    return Table(
        "What these sets can tell apart",
        (
            Column("gap, one language", "points", f"smallest detectable gap {GAPS}"),
            Column(
                "SE at 50 %", "points", "standard error of one accuracy of 50 % in one language"
            ),
            Column("gap, all languages", "points", f"the same {GAPS}, of all languages together"),
            Column(
                "worth", "answers", "independent answers that all languages are worth", digits=0
            ),
        ),
        tuple(rows),
        row_label="task",
        caption=f"The smallest difference between two models that is found, {GAPS}. Ten languages of one item are "
        "not ten items, so all languages together are worth less than their number. "
        + warning(scored),
        losses="n counts answers in the language that has fewest.",
    )


def warning(scored: Scored) -> str:
    """Which tasks cannot separate neighbouring models in one language; empty where none is so small."""
    small = [
        (key, min(m.estimate.n for (name, _), m in scored.means.languages.items() if name == key))
        for key in tasks_of([scored])
        if TASKS[key].role != "generation"
    ]
    told = [
        f"one {title_of(key)} language (n = {n}) cannot separate "
        + (
            f"models that are less than {detectable(n).gap:.1f} points apart: neighbouring models "
            "are not told apart"
            if detectable(n).reachable
            else "any two models"
        )
        for key, n in small
        if key == "mlogiqa"
    ]
    return f"{told[0][:1].upper()}{told[0][1:]}." if told else ""


def parts_table(scored: Sequence[Scored]) -> Table | None:
    """What stands apart within tasks: MMMLU easy and hard, MIFEval strict and loose, programming languages, BLEU and
    chrF.
    """
    codes = languages_of(scored)
    found: list[tuple[Scored, Means, str, str]] = []
    for one in scored:
        bleu = "window BLEU" if one.answered.scoring == "official" else "BLEU"
        strict = {"mifeval": "strict", "flores": bleu}
        wanted = [(key, said) for key, said in strict.items() if key in one.means.sets]
        found += [(one, one.means, key, said) for key, said in wanted]
        found += [(one, one.parts, name, _part(name)) for name in one.parts.sets]
    if all(name in TASKS for _, _, name, _ in found):
        return None
    order, systems = list(TASKS), list(dict.fromkeys(one.system for one in scored))
    found.sort(key=lambda row: (systems.index(row[0].system), order.index(_task(row[2]))))
    mean = [Column("mean", tooltip="plain mean over languages")] if len(codes) > 1 else []
    rows = tuple(
        Row(
            f"{one.answered.scoring}, {said}",
            (
                *(cell(means.sets[name]) for _ in mean),
                *(cell(means.languages.get((name, c))) for c in codes),
            ),
            group=f"{name_of(one)}, {title_of(_task(name))}"
            if len(systems) > 1
            else title_of(_task(name)),
        )
        for one, means, name, said in found
    )
    return Table(
        "Within tasks",
        (*mean, *(Column(c, tooltip=LANGUAGES[c].name) for c in codes)),
        rows,
        interval=INTERVAL,
        caption="MMMLU's easy items were all answered and its hard ones all missed by six models when it was made, "
        "so their mean says little. Window BLEU scores the best block of lines of an answer, BLEU the whole answer. "
        "Official HumanEval-XL is Python, Java and JavaScript alone.",
        losses=FAILED,
        folded=folded_of(scored, "the parts"),
    )


def _task(name: str) -> str:
    return name.partition(", ")[0]


def _part(name: str) -> str:
    return {LOOSE: "loose", CHRF: "chrF"}.get(name, name.partition(", ")[2])


def scorings_table(contrasts: Sequence[Contrast]) -> Table:
    """Fixed minus official, by task and language, on the same answers."""
    codes = [
        c for c in LANGUAGES if any(code == c for k in contrasts for _, code in k.comparison.languages)
    ]  # fmt: skip
    mean = [Column("mean", tooltip="plain mean over languages")] if len(codes) > 1 else []
    rows: list[Row] = []
    for one in contrasts:
        told = one.comparison
        for key in (key for key in TASKS if key in told.sets):
            own = [told.languages.get((key, c)) for c in codes]
            whole = told.sets[key]
            cells = [estimate(whole.difference) for _ in mean]
            cells.append(Cell(float(whole.only_first + whole.only_second)))
            cells += [estimate(d.difference) if d else Cell(note="not scored by both") for d in own]
            group = one.held if len(contrasts) > 1 else ""
            rows.append(Row(title_of(key), tuple(cells), group=group))
    several = len(contrasts) > 1
    return Table(
        "Fixed minus official scoring",
        (
            *mean,
            Column("differ", tooltip="answers that the two score differently", digits=0),
            *(Column(c, tooltip=LANGUAGES[c].name) for c in codes),
        ),
        tuple(rows),
        row_label="task",
        interval=INTERVAL,
        caption="The same answers scored twice, in points. Below zero: the official scoring gives credit that the "
        "fixed one does not; above: it takes credit away. FLORES-200 is the mean of sentence scores here.",
        losses="n counts answers that both scorings judge.",
        folded="Unfold the differences of all systems" if several else "",
    )


def estimate(found: Estimate | None, note: str = "not known") -> Cell:
    """An estimate as a cell; the interval of a bootstrap may miss the value itself by rounding."""
    if found is None:
        return Cell(note=note)
    low, high = min(found.low, found.value), max(found.high, found.value)
    return Cell(found.value, low, high, found.n, found.unscored)
