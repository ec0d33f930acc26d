"""The door: one command for each stage, the recipes that join them, and ``doctor``.

Commands parse options, open engines and hand over; the work is done in the rooms. Heavy libraries are imported
by the command that needs them. Bad input ends with one line and exit code 2, a stopped run with 130 and how to
resume.
"""

from __future__ import annotations

import os
import sys

# Contended OpenMP threads run 9 to 30 times slower, so one is the default; it must be set before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer

from veriloop import __version__
from veriloop.cli import (
    bench,
    data,
    feedback,
    judge,
    machine,
    rate,
    run,
    search,
    stages,
    train,
    verify,
)
from veriloop.cli.catalogue import catalogue
from veriloop.cli.default_command import InPipelineOrder
from veriloop.errors import InputError, RunStopped, VeriloopError

app = typer.Typer(
    name="veriloop",
    cls=InPipelineOrder,
    help="Verifier engineering for language models: search, verify, and turn verdicts into feedback.",
    epilog="Start with: veriloop demo. What works on this machine: veriloop doctor.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(run.app, name="run")
app.add_typer(search.app, name="search")
app.add_typer(verify.app, name="verify")
app.add_typer(train.app, name="train")
app.add_typer(feedback.app, name="feedback")
app.add_typer(bench.app, name="bench")
app.add_typer(rate.app, name="rate")
app.add_typer(data.app, name="data")
app.add_typer(judge.app, name="judge")
app.add_typer(machine.serve_app, name="serve")
run.add_demo(app)
stages.add_to(app)
app.command()(catalogue)
run.add_report(app)
machine.add_to(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"veriloop {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Verifier engineering for language models: search, verify, and turn verdicts into feedback."""


def command_paths() -> list[tuple[str, ...]]:
    """Every command as its words, in the order of the help."""
    root = typer.main.get_command(app)
    paths: list[tuple[str, ...]] = []
    for name, command in getattr(root, "commands", {}).items():
        inner = getattr(command, "commands", None)
        paths.append((name,))
        paths += [(name, child) for child in inner or {}]
    return paths


def main() -> None:
    """Run the command line; errors of ours are one line on standard error."""
    try:
        app(prog_name="veriloop")
    except InputError as error:
        _fail(error, 2)
    except RunStopped as error:
        _fail(error, 130)
    except VeriloopError as error:
        _fail(error, 1)


def _fail(error: VeriloopError, code: int) -> None:
    print(f"veriloop: {error}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(f"  {note}", file=sys.stderr)
    raise SystemExit(code)
