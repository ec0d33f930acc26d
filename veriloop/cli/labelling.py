"""What ``veriloop label`` does once its options are read: make the verdicts that lack, label, filter, account.

Verdicts that are given are reused. Those that lack are made under ``OUT/verdicts/<verifier>`` as stages that a
restart finishes; examples and what was left out are then streamed to ``OUT``. The engines come opened, in a
``Cast``. What is printed and written of it stands in ``label_report``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, final

from veriloop.bench.label_agreement import LabelAgreement, audit_sample, label_agreement
from veriloop.bench.label_costs import LabelCosts
from veriloop.errors import InputError
from veriloop.feedback.consensus import Consensus
from veriloop.feedback.kept import KeptFractions
from veriloop.feedback.labels import StepLabels
from veriloop.protocols import Feedback, Kept, Verifier
from veriloop.records import Form, Group, Verdict
from veriloop.runs.plan import StageReport
from veriloop.runs.stages import Run, read_dropped
from veriloop.runs.streaming import Streaming, stream_feedback
from veriloop.runs.streams import Sources, stream_groups, table_of
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS
from veriloop.verify.montecarlo import MonteCarlo

AUDIT = 100
MADE_HERE = {"mc": "--policy ENGINE", "judge": "--judge ENGINE"}


@final
@dataclass(frozen=True)
class LabelPlan:
    """What to label with: ``source``'s labels, of solutions where ``agree`` puts the first error in the same place.

    ``threshold`` None keeps soft labels. ``audit`` solutions are labelled a second time without shortcuts.
    """

    source: str = "mc"
    agree: str | None = None
    threshold: float | None = 0.0
    audit: int = 0
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The verifiers whose verdicts are read."""
        return (self.source,) if self.agree is None else (self.source, self.agree)

    @property
    def feedback(self) -> Feedback:
        """Verdicts -> examples."""
        labels = StepLabels(self.source, self.threshold)
        return labels if self.agree is None else Consensus(labels, self.agree)


@final
@dataclass(frozen=True)
class LabelReport:
    """What came of it. ``costs`` are by verifier, given verdicts included; ``made`` are the stages that made
    verdicts here, ``lost`` what the first item that each of them lost said.
    """

    report: StageReport
    costs: Mapping[str, LabelCosts]
    kept: KeptFractions
    made: tuple[StageReport, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict[str, str])
    agreement: LabelAgreement | None = None


async def label_run(
    plan: LabelPlan, run: Run, sources: Sources, cast: Mapping[str, Verifier]
) -> LabelReport:
    """Label the solutions of ``sources`` in the folder of ``run``. ``cast`` makes verdicts of these names where
    they lack.

    Raises InputError where verdicts are given twice, do not fit the labels asked for, or lack and nobody makes them.
    """
    given = verifiers_given(sources)
    for name in plan.names:
        if name not in given and name not in cast:
            raise InputError(_nobody(name, given))
    for group in islice(stream_groups(sources), 1):
        _check(plan, group)  # before anything is paid for or claimed
    made: list[StageReport] = []
    folders: list[Path] = []
    agreement = None
    for name in plan.names:
        groups = _lacking(plan, sources, name) if name in cast else []
        if groups:
            stage = f"verdicts/{name}"
            made.append(await run.verify(stage, groups, cast[name]))
            if made[-1].records[FOLDERS[Verdict]]:
                folders.append(run.path(stage))
            if plan.audit and isinstance(verifier := cast[name], MonteCarlo):
                report, agreement = await _audit(plan, run, groups, verifier)
                made.append(report)
    sources = replace(sources, verdicts=(*sources.verdicts, *folders))
    told = {s.stage: _first_said(run.path(s.stage)) for s in made if s.lost}
    return replace(_examples(plan, run, sources), made=tuple(made), lost=told, agreement=agreement)


def verifiers_given(sources: Sources) -> Counter[str]:
    """How many verdicts of each verifier the folders hold."""
    counts: Counter[str] = Counter()
    for folder in sources.verdicts:
        for column in table_of(folder, Verdict).column("verifier"):
            counts.update(column.to_pylist())
    return counts


def _nobody(name: str, given: Iterable[str]) -> str:
    have = ", ".join(sorted(given)) or "none"
    if name in MADE_HERE:
        return (
            f"no verdicts of {name!r} are given (there are {have}): give {MADE_HERE[name]} to make them, or a "
            "folder that holds them"
        )
    return (
        f"no verdicts of {name!r} are given (there are {have}): give a folder that holds them"
        + (" (`veriloop data convert` makes one of PRM800K)" if name == "human" else "")
    )


def _lacking(plan: LabelPlan, sources: Sources, name: str) -> list[Group]:
    """Groups of the solutions that have no verdict of ``name`` yet."""
    found: list[Group] = []
    for group in stream_groups(sources):
        _check(plan, group)
        known = group.by(name)
        solutions = tuple(s for s in group.solutions if s.id not in known)
        if solutions:
            found.append(Group(group.problem, solutions))
    return found


def _check(plan: LabelPlan, group: Group) -> None:
    """See that no verdict is given twice and that rollout labels are of the kind asked for."""
    said = Counter((v.solution, v.verifier) for v in group.verdicts if v.verifier in plan.names)
    for (solution, name), times in said.items():
        if times > 1:
            raise InputError(
                f"there are {times} verdicts of {name!r} on solution {solution}: give one folder of them"
            )
    for verdict in group.by(plan.agree or "").values():
        hard = verdict.form is Form.BINARY
        made_at: Any = verdict.detail.get("threshold", 0.0) if hard else 0.0
        if verdict.scored and "k" in verdict.detail and made_at != (plan.threshold or 0.0):
            kind = "hard labels above" if hard else "soft labels, whose first error is a share of"
            raise InputError(
                f"the verdicts of {plan.agree!r} that are given are {kind} {made_at:g}, which say nothing of a "
                f"threshold of {plan.threshold or 0.0:g}: write --source {plan.agree} --agree {plan.source}, or "
                "leave them out and let them be made here"
            )
    for verdict in group.by(plan.source).values():
        if verdict.form is not Form.BINARY or "k" not in verdict.detail:
            continue
        made_at = verdict.detail.get("threshold", 0.0)
        if plan.threshold is None or plan.threshold != made_at:
            wanted = "soft labels" if plan.threshold is None else f"labels above {plan.threshold:g}"
            raise InputError(
                f"the verdicts of {plan.source!r} that are given are hard labels above {made_at}, from which no "
                f"{wanted} can be made: give soft verdicts, or none and --policy ENGINE to make them here"
            )


async def _audit(
    plan: LabelPlan, run: Run, groups: Sequence[Group], quick: MonteCarlo
) -> tuple[StageReport, LabelAgreement]:
    """Label a sample a second time: lossless beside a shortcut, exhaustive beside lossless labels."""
    name = f"{quick.name}-audit"
    full = replace(
        quick, search="left-to-right", skip_right=False, exhaustive=quick.lossless, name=name
    )
    sample = audit_sample(groups, plan.audit, plan.seed)
    report = await run.verify(f"verdicts/{name}", sample, full)
    quickly, fully = (
        Table(run.path(f"verdicts/{of}") / FOLDERS[Verdict], Verdict) for of in (quick.name, name)
    )
    return report, label_agreement(quickly.read(), fully.read())


def _examples(plan: LabelPlan, run: Run, sources: Sources) -> LabelReport:
    kept = KeptFractions()
    costs = dict.fromkeys(plan.names, LabelCosts())

    def watch(group: Group, made: Kept) -> None:
        _check(plan, group)
        kept.add(group, made)
        for name in plan.names:
            costs[name] += LabelCosts.of(group.by(name).values())

    # Examples are made again where verdicts may be new: that takes no model.
    fresh = run.fresh or run.retry_lost
    how = Streaming(fresh=fresh, seen=run.seen, said=lambda line: print(line, file=sys.stderr))
    report = stream_feedback(run.folder, sources, feedback=plan.feedback, how=how, watch=watch)
    return LabelReport(report, costs, kept)


def _first_said(folder: Path) -> str:
    said: list[Any] = [d.detail.get("error") for d in read_dropped(folder)]
    return next((str(error) for error in said if error), "")
