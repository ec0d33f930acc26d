"""``veriloop verify card``: the report card of verifiers, from folders of verdicts or a file of recorded votes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import typer

from veriloop.cli.options import SEED
from veriloop.cli.showing import publish, tell
from veriloop.cli.verdict_folders import gold_in, named_verdicts
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.recorded import Recorded


def card(
    problems: Path | None = typer.Option(None, help="Folder of problem records."),
    solutions: Path | None = typer.Option(None, help="Folder of solution records."),
    verdicts: list[str] = typer.Option(
        [], help="Folder of verdicts, or NAME=FOLDER to call them something else; repeat it."
    ),
    gold: Path | None = typer.Option(None, help="Verdicts that say what is true: gold, answer ..."),
    votes: Path | None = typer.Option(
        None, help="Instead of folders: a CSV file of judges' votes on pairs, as LLMBar's."
    ),
    only: list[str] = typer.Option([], help="Look at this verifier alone; may be repeated."),
    bins: int = typer.Option(10, min=1, help="Bins of the calibration curve."),
    folds: int = typer.Option(5, min=2, help="Folds that the panel is cross-validated in."),
    seed: int = SEED,
    out: Path = typer.Option(Path("runs/card"), "--out", "-o", help="Folder to write."),
) -> None:
    """The report card of verifiers: accuracy, calibration, order, losses, agreement, value in a panel, cost."""
    folders = (problems, solutions, gold)
    if votes is not None and (any(folders) or verdicts):
        raise InputError("--votes is a whole input: leave the folders out, or leave it out")
    if votes is None and not (all(folders) and verdicts):
        raise InputError(
            "give --problems, --solutions, --gold and at least one --verdicts, or --votes for recorded votes"
        )
    asked = CardOptions(
        problems, solutions, gold, tuple(verdicts), votes, tuple(only), bins, folds, seed, out
    )
    asked.show()


@final
@dataclass(frozen=True)
class CardOptions:
    """The options of the command."""

    problems: Path | None
    solutions: Path | None
    gold: Path | None
    verdicts: tuple[str, ...]
    votes: Path | None
    only: tuple[str, ...]
    bins: int
    folds: int
    seed: int
    out: Path

    def recorded(self) -> Recorded:
        """What was said, read. Raises InputError with file, row and field."""
        from veriloop.bench.recorded import recorded_verdicts
        from veriloop.bench.recorded_votes import recorded_votes
        from veriloop.runs.stages import read_groups

        if self.votes is not None:
            found = recorded_votes(self.votes)
        else:
            assert self.problems
            assert self.solutions
            assert self.gold
            groups = read_groups(self.problems, self.solutions)
            known = {s.id for g in groups for s in g.solutions}
            told = gold_in(self.gold, known)
            if not any(v.scored for v in told):
                raise InputError(
                    f"none of the {len(told):,} gold verdicts has a value", file=str(self.gold)
                )
            found = recorded_verdicts(groups, told, named_verdicts(self.verdicts, known))
        return found.only(self.only) if self.only else found

    def show(self) -> None:
        """Measure, print the tables, write ``card.json`` and ``report.html``."""
        from veriloop.bench.statistics import Bootstrap
        from veriloop.bench.verifier_card import verifier_card
        from veriloop.cli.provenance import provenance
        from veriloop.report.verifier_card import terminal_tables, verifier_card_page
        from veriloop.store.json_files import write_json
        from veriloop.verify.logistic import fit_logistic

        made = verifier_card(
            self.recorded(),
            fit_logistic,
            rule="logistic regression",
            bins=self.bins,
            folds=self.folds,
            bootstrap=Bootstrap(seed=self.seed),
        )
        tell(*terminal_tables(made))
        if made.panel_note:
            typer.echo(f"The panel was not measured: {made.panel_note}.")
        write_json(self.out / "card.json", made.to_json())
        page = verifier_card_page(made, provenance=provenance({"seed": self.seed}, self))
        publish(page, self.out / "report.html")
