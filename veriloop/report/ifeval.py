"""IFEval on a page: accuracies by prompt and instruction, by kind, and every answer with what was found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veriloop.bench.ifeval import Accuracies, IfevalResult, IfevalSummary
from veriloop.bench.statistics import Estimate
from veriloop.records import Group, Solution, Verdict
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Text
from veriloop.report.tables import Column, Row, Table

INTERVAL = "95 % bootstrap interval over prompts, Wilson's where all are alike"
LOSSES = "Lost answers, and those that cannot be checked, are in no denominator."
SHOWN = 1_000  # prompts that a page lets one leaf through
MOST_TEXT = 20_000  # characters of an answer on a page
_COLUMNS = (Column("strict", "%"), Column("loose", "%"))


def accuracy_table(title: str, summary: IfevalSummary) -> Table:
    """The four accuracies of the paper."""
    rows = (
        ("prompt", summary.by_prompt, "all instructions of a prompt are followed"),
        ("instruction", summary.by_instruction, "an instruction is followed"),
    )
    return Table(
        title,
        _COLUMNS,
        tuple(Row(name, _cells(found), tooltip=about) for name, found, about in rows),
        row_label="level",
        interval=INTERVAL,
        losses=LOSSES,
    )


def kinds_table(summary: IfevalSummary) -> Table:
    """The accuracies of each kind of instruction, in their groups."""
    rows = [
        Row(name.partition(":")[2], _cells(found), group=name.partition(":")[0].replace("_", " "))
        for name, found in summary.kinds.items()
    ]
    return Table(
        "By kind of instruction",
        _COLUMNS,
        tuple(rows),
        row_label="instruction",
        interval=INTERVAL,
        losses=LOSSES,
    )


def doubts(summary: IfevalSummary) -> str:
    """What is to be said against the figures, in words; empty where there is nothing."""
    said: list[str] = []
    if summary.lost:
        said.append(f"Answers lost: {summary.lost:,}; --retry-lost asks again.")
    if summary.unchecked and summary.worst is not None:
        said.append(
            f"Answers on which an instruction cannot be checked: {summary.unchecked:,}; counted as wrong the strict "
            f"accuracy by prompt is {summary.worst:.1f}."
        )
    if summary.cut:
        said.append(f"Answers cut by the token limit and judged as they stand: {summary.cut:,}.")
    return " ".join(said)


def browser(groups: Sequence[Group], verifier: str = "instructions") -> Browser:
    """Answers and what was found of each instruction."""
    shown = tuple(_browsed(group, verifier) for group in groups[:SHOWN])
    about = "1 where every instruction is followed, strictly"
    return Browser("Answers", shown, (BrowsedVerifier(verifier, "followed", about),))


def ifeval_page(result: IfevalResult, provenance: Provenance | None = None) -> Page:
    """The page of one model."""
    summary, title = result.summary, f"IFEval: {result.model}"
    text = Text(
        "How to read this",
        (
            "Strict takes an answer as it stands. Loose takes an instruction as followed where the answer, or the "
            "answer without its first line, its last or both, each with and without asterisks, follows it.",
            "The checks mean what the instructions say. The official script differs in places (it finds a keyword "
            "inside a longer word, and a bold text twice), so its figures are not quite comparable.",
            doubts(summary),
        ),
        (),
        (Link("IFEval, arXiv 2311.07911", "https://arxiv.org/abs/2311.07911"),),
    )
    strict = summary.by_prompt.strict
    said = f"Strict accuracy by prompt: {strict}" if strict else "No answer could be checked"
    sections = (
        accuracy_table(title, summary),
        kinds_table(summary),
        browser(result.groups),
        text,
    )
    return Page(title, "", sections, provenance, f"{said}.")


def _cells(found: Accuracies) -> tuple[Cell, Cell]:
    return _cell(found.strict), _cell(found.loose)


def _cell(found: Estimate | None) -> Cell:
    if found is None:
        return Cell(note="nothing could be checked")
    return Cell(found.value, found.low, found.high, found.n, found.unscored)


def _browsed(group: Group, verifier: str) -> BrowsedProblem:
    said = group.by(verifier)
    problem = group.problem
    asked = "\n".join(
        f"{one['id']} {_fields(one.get('kwargs'))}".rstrip() for one in problem.instructions
    )
    solutions = tuple(_solution(one, said.get(one.id), verifier) for one in group.solutions)
    name = problem.uid or problem.id
    return BrowsedProblem(
        name, problem.text[:MOST_TEXT], solutions, reference=asked, subset=problem.language
    )


def _fields(kwargs: object) -> str:
    if not isinstance(kwargs, Mapping) or not kwargs:
        return ""
    return "(" + ", ".join(f"{k}={v!r}" for k, v in kwargs.items())[:200] + ")"


def _solution(solution: Solution, verdict: Verdict | None, verifier: str) -> BrowsedSolution:
    if verdict is None:
        return BrowsedSolution((solution.text[:MOST_TEXT],))
    told = verdict.detail.get("instructions")
    lines = [
        f"{_sign(one['strict'])} {one['id']}: {one['why']}"
        + (" (loosely followed)" if one["loose"] and not one["strict"] else "")
        for one in (told if isinstance(told, list | tuple) else ())
        if isinstance(one, Mapping)
    ]
    unscored = "" if verdict.unscored is None else str(verdict.unscored)
    browsed = BrowsedVerdict(verifier, verdict.value, unscored, critique="\n".join(lines))
    return BrowsedSolution((solution.text[:MOST_TEXT],), right=verdict.right, verdicts=(browsed,))


def _sign(value: object) -> str:
    return "cannot be told:" if value is None else "followed:" if value else "not followed:"
