"""What ``veriloop label`` says at its end: tables and one line for each loss on the terminal, ``label.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from veriloop.bench.label_agreement import Disagreement, LabelAgreement
from veriloop.bench.label_costs import LabelCosts
from veriloop.bench.statistics import percentage
from veriloop.cli.labelling import LabelPlan, LabelReport
from veriloop.feedback.kept import KeptFractions
from veriloop.ids import Json, describe
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table
from veriloop.report.terminal import terminal_table
from veriloop.store.atomic import write_whole

LONGEST = 300  # characters of a message that an engine gave


def write_json(
    plan: LabelPlan, labelled: LabelReport, out: Path, *, paid: Mapping[str, Json]
) -> Path:
    """Leave ``label.json`` in ``out``. ``paid`` says how many samples each engine was asked for."""
    told: dict[str, Json] = {
        "format": 1,
        "feedback": describe(plan.feedback),
        "examples": labelled.report.records["examples"],
        "dropped": dict(labelled.report.dropped),
        "kept": labelled.kept.to_json(),
        "verdicts": {name: costs.to_json() for name, costs in labelled.costs.items()},
        "samples_paid": dict(paid),
        "audit": labelled.agreement.to_json() if labelled.agreement else None,
    }
    path = out / "label.json"
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())
    return path


def shown(plan: LabelPlan, labelled: LabelReport) -> str:
    """Everything that is printed: what the labels took, what was kept, what a shortcut changed, what was lost."""
    parts = [terminal_table(costs_table(labelled.costs))]
    if rolled := savings(labelled.costs):
        parts.append("\n".join(rolled) + "\n")
    if labelled.report.dropped:
        parts.append(terminal_table(kept_table(plan, labelled.kept)))
    if labelled.agreement:
        parts.append(terminal_table(audit_table(labelled.agreement)))
        parts.append("\n".join(saved_by(labelled.agreement)) + "\n")
    return "\n".join([*parts, *losses(labelled)])


def costs_table(costs: Mapping[str, LabelCosts]) -> Table:
    """A row for each verifier: verdicts, calls, rollouts beside those of an exhaustive run, tokens, dollars."""
    columns = (
        Column("verdicts", digits=0),
        Column("unscored", digits=0),
        Column("no error", "%"),
        Column("calls", digits=0),
        Column("rollouts", digits=0),
        Column("if exhaustive", digits=0),
        Column("tokens", digits=0),
        Column("USD", digits=2),
    )
    rows = [Row(name, _cost_cells(cost)) for name, cost in costs.items()]
    return Table("What the labels took", columns, tuple(rows), row_label="labels by")


def _cost_cells(costs: LabelCosts) -> tuple[Cell, ...]:
    clean = percentage(costs.no_error, costs.scored)
    rolled = costs.exhaustive > 0 or costs.cost.rollouts > 0
    return (
        Cell(costs.verdicts),
        Cell(sum(costs.unscored.values())),
        Cell(clean.value if clean else None),
        Cell(costs.cost.calls),
        Cell(costs.cost.rollouts if rolled else None),
        Cell(costs.exhaustive if rolled else None),
        Cell(costs.cost.tokens),
        Cell(costs.cost.usd),
    )


def savings(costs: Mapping[str, LabelCosts]) -> list[str]:
    """One line for each verifier that rolled out: its share of an exhaustive run's rollouts."""
    return [
        f"{name}: {c.cost.rollouts:,} of the {c.exhaustive:,} rollouts of an exhaustive run ({c.share:.3f})"
        for name, c in costs.items()
        if c.share is not None
    ]


def kept_table(plan: LabelPlan, kept: KeptFractions) -> Table:
    """Kept solutions overall, by source (who wrote them, of which subset) and by length."""
    rows = [_kept_row("all", kept.overall, "")]
    for by, title in (*((by, f"by {by}") for by in kept.by), ("steps", "by number of steps")):
        rows += [_kept_row(name, pair, title) for name, pair in kept.table(by).items()]
    filtered = f"{plan.source} labels" + (f" where {plan.agree} agrees" if plan.agree else "")
    columns = (Column("kept", digits=0), Column("of", digits=0), Column("share", "%"))
    return Table(f"Kept: {filtered}", columns, tuple(rows), row_label="solutions")


def _kept_row(name: str, pair: tuple[int, int], group: str) -> Row:
    made = percentage(*pair)
    share = Cell(made.value, made.low, made.high) if made else Cell(note="there are none")
    return Row(name, (Cell(pair[0]), Cell(pair[1]), share), group)


def audit_table(agreement: LabelAgreement) -> Table:
    """How many first errors a shortcut put elsewhere, by answer and direction."""
    columns = (
        Column("elsewhere", "%"),
        Column("missed", digits=0),
        Column("later", digits=0),
        Column("earlier", digits=0),
        Column("invented", digits=0),
    )
    parts = {
        "all": agreement.every,
        "right answer": agreement.right,
        "wrong answer": agreement.wrong,
    }
    rows = [Row(name, _audit_cells(part)) for name, part in parts.items()]
    title = "Audit: first errors that labels without shortcuts put elsewhere"
    if _plain(agreement):
        title = "Audit: first errors that exhaustive labels put elsewhere"
    return Table(title, columns, tuple(rows), row_label="solutions")


def _audit_cells(part: Disagreement) -> tuple[Cell, ...]:
    share = part.share
    counts = (part.missed, part.later, part.earlier, part.invented)
    if share is None:
        none = Cell(unscored=part.unscored, note="none was audited")
        return (none, *(Cell(count) for count in counts))
    first = Cell(share.value, share.low, share.high, part.n, part.unscored)
    return (first, *(Cell(count) for count in counts))


def saved_by(agreement: LabelAgreement) -> Iterator[str]:
    """What the audited solutions took either way."""
    quick, full = agreement.shortcut, agreement.full
    names = ("lossless", "exhaustive") if _plain(agreement) else ("shortcut", "lossless")
    for what, a, b in (
        ("prefixes", quick.prefixes, full.prefixes),
        ("rollouts", quick.cost.rollouts, full.cost.rollouts),
        ("tokens", quick.cost.tokens, full.cost.tokens),
    ):
        share = f" ({a / b:.3f})" if b else ""
        yield f"audited {what}: {a:,} {names[0]}, {b:,} {names[1]}{share}"


def _plain(agreement: LabelAgreement) -> bool:
    """True where lossless labels were audited, beside exhaustive ones."""
    return any("exhaustive=True" in who for who in agreement.full.made_by)


def losses(labelled: LabelReport) -> list[str]:
    """One line for each reason for which something was left out, with what was said of the first."""
    lines = [f"{labelled.report.records['examples']:,} examples"]
    said = {
        f"{name}: {reason}": error
        for name, costs in labelled.costs.items()
        for reason, error in costs.errors.items()
    }
    for stage in labelled.made:
        for reason, count in stage.dropped.items():
            lines.append(
                _loss(
                    f"{count:,} problems lost in {stage.stage}: {reason}",
                    labelled.lost.get(stage.stage, ""),
                )
            )
    for reason, count in labelled.report.dropped.items():
        lines.append(_loss(f"{count:,} dropped: {reason}", said.get(reason, "")))
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def _loss(line: str, said: str) -> str:
    one = " ".join(said.split())
    return f"{line} ({one if len(one) <= LONGEST else one[:LONGEST] + '...'})" if one else line


def failed(costs: Iterable[LabelCosts]) -> int:
    """How many verdicts were lost to an engine or a checker that failed, and not to what was judged."""
    return sum(c.unscored.get(reason, 0) for c in costs for reason in ("engine", "checker"))
