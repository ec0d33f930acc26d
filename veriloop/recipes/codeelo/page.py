"""The recipe's page: what was expected and what came, each set's figures, the rating, and the answers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from veriloop.bench.rating.aggregate import Rated
from veriloop.recipes.codeelo.contest import PEOPLE
from veriloop.recipes.codeelo.recipe import Outcome, SetResult
from veriloop.recipes.codeelo.recorded import FUNCTION_KINDS, KINDS
from veriloop.report import code_attempts as shown
from veriloop.report import rating
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.tables import Column, Row, Table

CODEELO = Link("CodeElo, arXiv 2501.01257", "https://arxiv.org/abs/2501.01257")
SHOWN = 12  # unexpected verdicts that a table lists


def recipe_page(outcome: Outcome, provenance: Provenance | None = None) -> Page:
    """The whole report."""
    sections: list[Section] = [sets_table(outcome)]
    if outcome.rated:
        sections += [rating.ratings_table(outcome.rated), rating.violins(outcome.rated)]
        if gaps := rating.languages_table(outcome.rated):
            sections.append(gaps)
        sections.append(Text("About the rating", rating_notes(outcome.rated)))
    if outcome.checked:
        sections.append(kinds_text())
    if missed := unexpected_table(outcome):
        sections.append(missed)
    for one in outcome.sets:
        sections += _of_set(one)
    sections.append(
        Text(
            "Source, and what was left out" if outcome.said else "Source",
            outcome.said,
            links=(CODEELO,),
        )
    )
    return Page(
        "CodeElo",
        "programs for contest problems, judged and rated",
        tuple(sections),
        provenance,
        headline(outcome),
    )


def headline(outcome: Outcome) -> str:
    """Whether it worked, in a sentence or two."""
    if not outcome.checked:
        accepted = sum(a.accepted for one in outcome.sets for a in one.result.attempts)
        made = sum(len(a.verdicts) for one in outcome.sets for a in one.result.attempts)
        return f"{accepted:,} of {made:,} attempts accepted."
    right = outcome.checked - len(outcome.unexpected)
    return f"{right:,} of {outcome.checked:,} recorded programs got the verdict that they were written for."


def rating_notes(rated: Rated) -> tuple[str, ...]:
    """What has to stand under the rating, first of all in which contest it was."""
    made_up = (
        f"The contest is made up, with {PEOPLE:,} people: the rating says nothing of who answered."
    )
    return (made_up, *rating.notes(rated))


def sets_table(outcome: Outcome) -> Table:
    """One row a set: its problems, first-k shares, judge errors, recorded verdicts that were not expected."""
    ks = (1, 2, 4, 8)
    rows = tuple(
        Row(
            one.title,
            (
                Cell(float(one.result.summary.problems)),
                *(_first(one, k) for k in ks),
                Cell(float(one.result.summary.judge_errors)),
                Cell(note="a model answered")
                if one.unexpected is None
                else Cell(float(len(one.unexpected))),
            ),
        )
        for one in outcome.sets
    )
    return Table(
        "Sets",
        (
            Column("problems", digits=0),
            *(
                Column(f"pass@{k}", "%", "an accepted program among the first k attempts")
                for k in ks
            ),
            Column("judge errors", digits=0),
            Column(
                "unexpected",
                digits=0,
                tooltip="recorded attempts with another verdict than expected",
            ),
        ),
        rows,
        row_label="set",
        interval=shown.INTERVAL,
        losses=shown.LOSSES,
    )


def unexpected_table(outcome: Outcome) -> Table | None:
    """The recorded attempts with another verdict than they were written for; None where there are none."""
    if not outcome.unexpected:
        return None
    rows = tuple(Row(str(i), (line,)) for i, line in enumerate(outcome.unexpected[:SHOWN], 1))
    return Table("Unexpected verdicts", (Column("attempt"),), rows)


def kinds_text() -> Text:
    """The kinds of recorded answers, and the verdicts that each may get."""
    kinds = {**KINDS, "cheat": FUNCTION_KINDS["cheat"]}
    return Text(
        "The recorded answers",
        (
            "One program of every kind answers each problem; the right one comes one place later at each problem.",
        ),
        tuple((kind, " or ".join(sorted(codes))) for kind, codes in kinds.items()),
    )


def _first(one: SetResult, k: int) -> Cell:
    summary = one.result.summary
    if k > summary.samples:
        return Cell(note=f"{summary.samples} attempts a problem")
    return shown.cell(summary.passes.first.get(k))


def _of_set(one: SetResult) -> Sequence[Section]:
    facts = {p.id: p.facts for p in one.problems}
    summary = one.result.summary
    parts = (
        shown.verdicts_table(summary),
        shown.attempts_table(one.result.attempts, facts),
        shown.browser(one.result.groups, "codeelo" if one.problems else "code"),
    )
    named = [replace(part, title=f"{one.title}: {part.title.lower()}") for part in parts]
    return (shown.passes_table(one.title, summary), *named)
