"""``veriloop feedback``: verdicts -> demonstrations, preference pairs or rewards, by any verifier's verdicts.

Step labels and their consensus are ``veriloop label``'s; critiques ``veriloop run scrit``'s. The writers are in
``veriloop.feedback``; what is done here is to stream folders through one of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.opening import spelled
from veriloop.cli.options import FRESH, OUT, PROBLEMS, QUIET, SEED, SOLUTIONS
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Feedback
    from veriloop.runs.streams import Sources

app = typer.Typer(
    help="Verdicts -> what a model learns from: demonstrations, preference pairs, rewards.",
    no_args_is_help=True,
)
VERDICTS = typer.Option(..., help="Folder of verdict records. May be given again.")
BY = typer.Option(..., help="Whose verdicts: the name they are filed under (answer, orm, ...).")
TRL = typer.Option(None, "--trl", help="Also write the examples to this file, in TRL's format.")


@app.command()
def demonstrations(
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    verdicts: list[Path] = VERDICTS,
    by: str = BY,
    out: Path = OUT,
    threshold: float = typer.Option(0.5, help="Accepted are values above this."),
    any_value: bool = typer.Option(False, "--any-value", help="Accept every value (RAFT)."),
    distinct: str = typer.Option("text", help="What makes two the same: text or equations (RFT)."),
    order: str = typer.Option("sample", help="Which stay first: sample, shortest or best."),
    k: int | None = typer.Option(None, min=1, help="At most so many of a problem."),
    trl: Path | None = TRL,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """Accepted solutions as demonstrations, each once: rejection sampling, STaR, RFT, RAFT."""
    from veriloop.feedback.demonstrations import Demonstrations

    with spelled():
        limit = None if any_value else threshold
        writer = Demonstrations(by, limit, distinct, order, k)  # type: ignore[arg-type]
    _write(writer, (problems, solutions, *verdicts), out, trl=trl, fresh=fresh, quiet=quiet)


@app.command()
def pairs(
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    verdicts: list[Path] = VERDICTS,
    by: str = BY,
    out: Path = OUT,
    margin: float = typer.Option(0.0, min=0.0, help="Least difference of a pair; never a tie."),
    which: str = typer.Option("all", help="all, neighbours, or extremes: the best with the worst."),
    cap: int | None = typer.Option(None, min=1, help="At most so many of a problem, drawn."),
    seed: int = SEED,
    trl: Path | None = TRL,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """Preference pairs of solutions that a verifier told apart: right or wrong, scores, rankings, critiques."""
    from veriloop.feedback.pairs import Pairs

    with spelled():
        writer = Pairs(by, margin, which, cap, seed)  # type: ignore[arg-type]
    _write(writer, (problems, solutions, *verdicts), out, trl=trl, fresh=fresh, quiet=quiet)


@app.command()
def rewards(
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    verdicts: list[Path] = VERDICTS,
    by: str = BY,
    out: Path = OUT,
    transform: str = typer.Option(
        "identity", help="identity, centred or scaled (by the problem's scored solutions), sign."
    ),
    threshold: float = typer.Option(0.5, help="sign: 1 above this, else -1."),
    grain: str = typer.Option("trajectory", help="trajectory, step or token."),
    trl: Path | None = TRL,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """One reward for each scored solution, step or token. What cannot be scored is dropped, and is no zero."""
    from veriloop.feedback.rewards import Rewards

    with spelled():
        writer = Rewards(by, transform, threshold, grain)  # type: ignore[arg-type]
    _write(writer, (problems, solutions, *verdicts), out, trl=trl, fresh=fresh, quiet=quiet)


def _write(
    writer: Feedback,
    folders: tuple[Path, ...],
    out: Path,
    *,
    trl: Path | None,
    fresh: bool,
    quiet: bool,
) -> None:
    """Stream the folders through the writer and say what came of it."""
    from collections import Counter

    from veriloop.cli.running import finish, running
    from veriloop.protocols import Kept
    from veriloop.records import Group
    from veriloop.runs.streaming import Streaming, stream_feedback
    from veriloop.runs.streams import Sources

    problems, solutions, *verdicts = folders
    sources = Sources(problems, solutions, tuple(verdicts))
    name: str = writer.verifier  # type: ignore[attr-defined]
    _given(sources, name)

    def watch(group: Group, kept: Kept) -> None:
        said = Counter(v.solution for v in group.verdicts if v.verifier == name)
        twice = next((one for one, times in said.items() if times > 1), None)
        if twice:
            raise InputError(
                f"there are {said[twice]} verdicts of {name!r} on solution {twice}: give one folder of them"
            )

    with running(out, fresh=fresh, quiet=quiet) as run:
        how = Streaming(fresh=fresh, seen=run.seen, said=lambda line: typer.echo(line, err=True))
        report = stream_feedback(out, sources, feedback=writer, how=how, watch=watch)
    finish(report, strict=False)
    if trl:
        typer.echo(f"{_export(out, trl):,} rows in {trl}")


def _given(sources: Sources, name: str) -> None:
    from veriloop.cli.labelling import verifiers_given

    given = verifiers_given(sources)
    if name not in given:
        raise InputError(
            f"no verdicts of {name!r} are given (there are {', '.join(sorted(given)) or 'none'}): name one of "
            "these with --by, or give another folder"
        )


def _export(out: Path, file: Path) -> int:
    """The examples of ``out`` as JSON lines in TRL's format; how many there were."""
    import json

    from veriloop.records import Example
    from veriloop.store.atomic import whole_file
    from veriloop.store.pieces import Table
    from veriloop.store.rows import FOLDERS

    rows = 0
    with whole_file(file) as opened:
        for example in Table(out / FOLDERS[Example], Example).read():
            line = json.dumps(example.to_trl(), ensure_ascii=False)
            opened.write(f"{line}\n".encode("utf-8", "surrogatepass"))
            rows += 1
    return rows
