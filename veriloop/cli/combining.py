"""``veriloop verify combine``: recorded verdicts of several verifiers made into one, and what the rule did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, final

import typer

from veriloop.cli.options import FRESH, OUT, PROBLEMS, QUIET, SEED, SOLUTIONS, STRICT
from veriloop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veriloop.records import Group, Verdict
    from veriloop.verify.ballots import Ballots, Rule
    from veriloop.verify.scales import Scale


def combine(
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    verdicts: list[str] = typer.Option(
        ..., help="Folder of verdicts, or NAME=FOLDER to call them something else; repeat it."
    ),
    rule: str = typer.Option(
        "majority",
        help="majority, panel-majority, all, any, at-least:K, logistic, log-odds, dawid-skene, dawid-skene-2, or the "
        "JSON file of a rule.",
    ),
    gold: Path | None = typer.Option(None, help="Verdicts that say what is true, to learn from."),
    labels: int = typer.Option(
        0, min=0, help="Learn from this many of the gold verdicts, drawn by the seed; 0 is all."
    ),
    scale: str = typer.Option(
        "", help="min-max or logistic: how values outside [0, 1] become votes, fitted on these."
    ),
    save_rule: Path | None = typer.Option(None, help="Write the rule here, as JSON."),
    name: str = typer.Option("panel", help="What the verdicts are filed under."),
    seed: int = SEED,
    out: Path = OUT,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Several verifiers' recorded verdicts -> one, and who weighs, is flipped, ignored or overruled."""
    from veriloop.cli.running import finish, running
    from veriloop.cli.verdict_folders import gold_in, named_verdicts
    from veriloop.runs.stages import read_groups
    from veriloop.verify.panel import Panel
    from veriloop.verify.recorded import Recorded
    from veriloop.verify.rule_files import save_rule as write_rule

    groups = read_groups(problems, solutions)
    known = {s.id for group in groups for s in group.solutions}
    said = named_verdicts(verdicts, known)
    asked = _Asked(groups, said, gold_in(gold, known) if gold else (), rule, labels, seed)
    scales = asked.scales(scale)
    made, lines = asked.rule_and_report(scales)
    if save_rule is not None:
        write_rule(made, save_rule)
    members = tuple(Recorded.of(verifier, told) for verifier, told in said.items())
    with running(out, fresh=fresh, quiet=quiet) as run:
        report = asyncio.run(run.verify("", groups, Panel(members, made, scales, name)))
    for line in lines:
        typer.echo(line)
    finish(report, strict, out)


@final
@dataclass(frozen=True)
class _Asked:
    groups: Sequence[Group]
    said: Mapping[str, Sequence[Verdict]]
    gold: Sequence[Verdict]
    rule: str
    labels: int
    seed: int

    def scales(self, how: str) -> tuple[Scale, ...]:
        """A scale for each verifier with a value outside [0, 1], places apart. Raises InputError without ``how``."""
        from veriloop.records import Form
        from veriloop.verify.scales import HOWS, fit_scale

        if how not in ("", *HOWS):
            raise InputError(f"--scale is {' or '.join(HOWS)}, not {how!r}")
        made: list[Scale] = []
        for name, told in self.said.items():
            values = [v.value for v in told if v.value is not None and v.form is not Form.RANKING]
            if all(0 <= value <= 1 for value in values):
                continue
            if not how:
                raise InputError(
                    f"{name!r} gave {next(v for v in values if not 0 <= v <= 1):g}, and votes lie in [0, 1]: say how "
                    "its scores become votes with --scale min-max or --scale logistic"
                )
            try:
                made.append(fit_scale(name, values, "min-max" if how == "min-max" else "logistic"))
            except ValueError as error:
                raise InputError(str(error)) from error
        return tuple(made)

    def rule_and_report(self, scales: Sequence[Scale]) -> tuple[Rule, list[str]]:
        """The rule, and what is to be said of it: its report, and its accuracy on gold that it did not see."""
        from veriloop.verify.calibrate import UNCHECKED, calibrate, report_of
        from veriloop.verify.rule_files import load_rule

        ballots = self._ballots(scales)
        if self.rule.endswith(".json"):
            made = load_rule(Path(self.rule))
            report = report_of(made, ballots.without_gold())
            if self.gold:
                left = tuple(warning for warning in report.warnings if warning != UNCHECKED)
                report = replace(report, warnings=left)
            return made, [
                *report.lines(),
                *self._held_out(made, ballots, None),
            ]
        seen = self._drawn(ballots)
        made, report = calibrate(ballots, self.rule, labels=seen)
        return made, [*report.lines(), *self._held_out(made, ballots, set(seen))]

    def _ballots(self, scales: Sequence[Scale]) -> Ballots:
        from veriloop.verify.ballots import ballots_of

        by_problem: dict[str, list[Verdict]] = {}
        for name, told in self.said.items():
            for verdict in told:
                by_problem.setdefault(verdict.problem, []).append(replace(verdict, verifier=name))
        for verdict in self.gold:
            by_problem.setdefault(verdict.problem, []).append(replace(verdict, verifier=_GOLD))
        groups = [replace(g, verdicts=tuple(by_problem.get(g.problem.id, ()))) for g in self.groups]
        return ballots_of(groups, list(self.said), gold=_GOLD if self.gold else "", scales=scales)

    def _drawn(self, ballots: Ballots) -> list[str]:
        """The items whose gold is learned from."""
        import numpy as np

        from veriloop.ids import derive_seed

        known = list(ballots.labelled().items)
        if self.labels > len(known):
            raise InputError(f"--labels {self.labels}, and gold says {len(known)}")
        if not self.labels:
            return known
        drawn = np.random.default_rng(derive_seed(self.seed, "labels")).permutation(len(known))
        return [known[i] for i in sorted(drawn[: self.labels])]

    def _held_out(self, rule: Rule, ballots: Ballots, seen: set[str] | None) -> list[str]:
        """``seen`` is None where nobody knows what the rule learned from."""
        from veriloop.bench.statistics import percentage

        known = ballots.labelled()
        rest = known.rows([item not in (seen or ()) for item in known.items])
        chance = rule.probabilities(rest)
        decided = (chance == chance) & (chance != 0.5)
        hits = int(((chance > 0.5) == (rest.gold > 0.5))[decided].sum())
        told = percentage(hits, int(decided.sum()), unscored=int((~decided).sum()))
        if told is None:
            return []
        which = (
            "these gold labels, of which it may have seen some"
            if seen is None
            else "gold labels it did not see"
        )
        line = f"on {which}: right on {told} percent of those it decides"
        return [fill(line, 79, subsequent_indent="  ")]


_GOLD = "\0gold"
