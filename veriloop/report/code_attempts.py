"""A model's attempts at code problems as tables and a page: CodeElo's, and HumanEval's, which have the same shape.

Shares that nobody should read without the others stand in one table: what was accepted, what was not handed in, what
did not compile, and on how much of it the judge's word is weak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veriloop.bench.codeelo.attempts import Attempts, letters
from veriloop.bench.codeelo.lacks import Lack, Lacks
from veriloop.bench.codeelo.summary import SHARES, AttemptSummary
from veriloop.bench.rating.passes import KS, ProblemFacts
from veriloop.bench.statistics import Estimate
from veriloop.codejudge.verdicts import Code
from veriloop.records import Group
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.tables import Column, Row, Table

LOSSES = "n counts problems; judge errors and lost attempts are in no denominator."
INTERVAL = "95 % interval over problems"
SHOWN = 40  # problems that a page lets one leaf through
MOST_TEXT = 20_000  # characters of an answer on a page
TAGS = 16  # as in the paper's table 4

VERDICTS: Mapping[str, str] = {
    "AC": "accepted",
    "PC": "partial score",
    "WA": "wrong answer",
    "PE": "unreadable output",
    "TLE": "over the CPU time",
    "ILE": "idle until the wall limit",
    "MLE": "over the memory",
    "OLE": "too much output",
    "RE": "crashed, or left with an error",
    "SV": "forbidden system call",
    "CE": "does not compile",
    "NC": "no program in the answer",
    "JE": "judge error, counted nowhere",
    "SK": "not run, counted nowhere",
    "LOST": "no answer, counted nowhere",
}


def passes_table(title: str, summary: AttemptSummary) -> Table:
    """pass@k in both meanings."""
    ks = [k for k in KS if k in summary.passes.first]
    rows = (
        (
            "first k",
            summary.passes.first,
            "an accepted program among the first k attempts: CodeElo's pass@k",
        ),
        ("unbiased", summary.passes.unbiased, "1 - C(n-c, k) / C(n, k), arXiv 2107.03374"),
    )
    return Table(
        title,
        tuple(Column(f"pass@{k}", "%") for k in ks),
        tuple(
            Row(name, tuple(cell(found.get(k)) for k in ks), tooltip=about)
            for name, found, about in rows
        ),
        interval=INTERVAL,
        losses=LOSSES,
    )


def shares_table(summary: AttemptSummary) -> Table:
    """What the attempts were, in percent of those that count."""
    rows = tuple(Row(about, (cell(summary.shares.get(name)),)) for name, about in SHARES.items())
    each = f"{summary.samples} attempt{'s' * (summary.samples != 1)} each"
    return Table(
        "Attempts",
        (Column("share", "%"),),
        rows,
        interval="95 % bootstrap interval over problems",
        caption=f"{summary.problems} problems with {each}. {doubts(summary)}".strip(),
        losses=LOSSES,
    )


def doubts(summary: AttemptSummary) -> str:
    """What is to be said against the figures, in words; empty where there is nothing."""
    said: list[str] = []
    if summary.lost:
        said.append(
            f"Attempts lost: {summary.lost:,}, to judge errors: {summary.judge_errors:,}; --retry-lost does them again."
        )
    if summary.doubtful:
        said.append(
            f"Refusals by a comparison that was guessed from the statement's words: {summary.doubtful:,}; right "
            "programs may be among them."
        )
    weak = [stamp for stamp in summary.isolations if stamp.startswith(("none", "landlock/"))]
    if weak:
        said.append(f"Some programs ran under weak isolation ({', '.join(weak)}).")
    return " ".join(said)


def verdicts_table(summary: AttemptSummary) -> Table:
    """How often each verdict was given."""
    total = sum(summary.verdicts.values())
    rows = tuple(
        Row(code, (VERDICTS.get(code, ""), Cell(float(n)), Cell(100 * n / total)))
        for code, n in summary.verdicts.items()
    )
    columns = (Column("meaning"), Column("attempts", digits=0), Column("share", "%"))
    return Table("Verdicts", columns, rows, row_label="verdict")


def rates_table(summary: AttemptSummary) -> Table | None:
    """Accepted attempts by bucket and by the most frequent tags; None where no problem says either."""
    buckets = [(n, e, "difficulty") for n, e in summary.passes.buckets.items()]
    tags = [(n, e, "tag") for n, e in list(summary.passes.tags.items())[:TAGS]]
    if not buckets and not tags:
        return None
    return Table(
        "Pass rate by difficulty and tag",
        (Column("accepted", "%", "accepted attempts of all that count"),),
        tuple(Row(name, (cell(found),), group=group) for name, found, group in [*buckets, *tags]),
        interval="95 % bootstrap interval over problems",
        losses=LOSSES,
    )


def lacks_table(found: Lacks, unjudged: Mapping[str, Sequence[Lack]]) -> Table | None:
    """What the problems of the set lack here; None where nothing."""
    counts = found.counts()
    if not counts:
        return None
    left = f"{len(unjudged):,} of {found.problems:,} problems were left out. " if unjudged else ""
    names = {lack: ", ".join(found.having([lack])[:8]) for lack in counts}
    rows = tuple(Row(str(lack), (Cell(float(n)), names[lack])) for lack, n in counts.items())
    return Table(
        "What the problems lack here",
        (Column("problems", digits=0), Column("such as")),
        rows,
        caption=f"{left}A problem without hidden tests or interactor cannot be judged; the others are, with doubts.",
    )


def attempts_table(attempts: Sequence[Attempts], facts: Mapping[str, ProblemFacts]) -> Table:
    """Every problem with its verdicts in order, and its rating where any has one."""
    ratings = [fact.difficulty if (fact := facts.get(one.problem)) else None for one in attempts]
    rated = any(ratings)
    rows = [
        Row(
            one.problem,
            (
                *([Cell(float(rating)) if rating else Cell(note="not rated")] if rated else []),
                Cell(float(one.accepted)),
                " ".join(one.verdicts),
            ),
        )
        for one, rating in zip(attempts, ratings, strict=True)
    ]
    columns = (
        *([Column("rating", digits=0)] if rated else []),
        Column("accepted", digits=0),
        Column("verdicts in order"),
    )
    return Table("Problems", columns, tuple(rows), row_label="problem")


def browser(groups: Sequence[Group], verifier: str) -> Browser:
    """Answers and what the judge said of them, of the first problems."""
    shown = [_browsed(group, verifier) for group in groups[:SHOWN]]
    return Browser(
        "Answers", tuple(shown), (BrowsedVerifier(verifier, "judge", "the verdict on the program"),)
    )


def code_page(
    title: str,
    sections: Sequence[Section | None],
    *,
    summary: AttemptSummary,
    link: Link,
    provenance: Provenance | None = None,
) -> Page:
    """The page of one model; ``sections`` that are None are left out."""
    text = Text(
        "How to read this",
        (
            "An attempt is one sampled answer. Its program is the last one in a fenced block; it is judged test by "
            "test until the first that it does not pass.",
        ),
        tuple(VERDICTS.items()),
        (link,),
    )
    first = summary.passes.first.get(1)
    said = f"pass@1 {first}" if first else "no attempt counts"
    return Page(title, "", (*(s for s in sections if s is not None), text), provenance, f"{said}.")


def cell(found: Estimate | None) -> Cell:
    """An estimate as a cell."""
    if found is None:
        return Cell(note="no attempt counts")
    return Cell(found.value, found.low, found.high, found.n, found.unscored)


def _browsed(group: Group, verifier: str) -> BrowsedProblem:
    said = group.by(verifier)
    solutions: list[BrowsedSolution] = []
    for solution in group.solutions:
        verdict = said.get(solution.id)
        code = letters(verdict)
        detail = verdict.detail if verdict else {}
        told = [VERDICTS.get(code, code)]
        told += [
            f"{name}: {detail[name]}"
            for name in ("test", "cpu_s", "reason", "message")
            if detail.get(name)
        ]
        value = verdict.value if verdict else None
        solutions.append(
            BrowsedSolution(
                (solution.text[:MOST_TEXT],),
                answer=code,
                right=None if value is None else code == Code.AC.value,
                verdicts=(
                    BrowsedVerdict(
                        verifier,
                        value,
                        "" if value is not None else code,
                        critique="\n".join(told),
                    ),
                ),
            )
        )
    name = group.problem.uid or group.problem.id
    return BrowsedProblem(
        name, group.problem.text[:MOST_TEXT], tuple(solutions), subset=group.problem.subset
    )
