"""Commands about this machine: ``doctor`` and ``serve``."""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.cli.code_options import CHECKERS, COMPILERS, EXAMPLES, MODE, POLICY
from veriloop.errors import InputError

serve_app = typer.Typer(help="Serve what runs here to other programs.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands that stand at the top level."""
    app.command()(doctor)


def doctor() -> None:
    """Probe this machine: what is installed, what works, which extra to add for the rest."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from veriloop.cli.doctor import findings

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    colours = {"ok": "green", "absent": "yellow", "broken": "red"}
    broken = 0
    for finding in findings():
        broken += finding.state == "broken"
        state = f"[{colours[finding.state]}]{finding.state}[/]"
        table.add_row(finding.what, state, escape(finding.note))  # a note may say veriloop[hub]
    Console().print(table)
    raise typer.Exit(1 if broken else 0)


@serve_app.command("model")
def serve_model(
    path: str = typer.Argument(
        ..., help="A checkpoint folder, an engine spec (local:PATH, pool:PATH), or abacus:policy."
    ),
    host: str = typer.Option("127.0.0.1", help="Address to bind; others than loopback need a key."),
    port: int = typer.Option(8000, min=0, max=65535, help="Port to bind."),
    key: str | None = typer.Option(
        None, envvar="VERILOOP_KEY", help="API key that clients must send as a bearer token."
    ),
) -> None:
    """Serve a model in the OpenAI format: chat, completions, n, seed, stop, logprobs, echo, batching."""
    from veriloop.cli.opening import engine
    from veriloop.serve.model import serve

    typer.echo(f"serving {Path(path).name or path} on http://{host}:{port}/v1", err=True)
    serve(engine(path), host=host, port=port, key=key)


@serve_app.command("judge")
def serve_judge(
    problems: str = typer.Argument(
        ..., help="Set of problems with tests, as veriloop bench codeelo reads it."
    ),
    host: str = typer.Option("127.0.0.1", help="Address to bind; others than loopback need a key."),
    port: int = typer.Option(8010, min=0, max=65535, help="Port to bind."),
    key: str | None = typer.Option(
        None, envvar="VERILOOP_KEY", help="Key that clients must send as a bearer token."
    ),
    checkers: Path | None = CHECKERS,
    examples: bool = EXAMPLES,
    compilers: str = COMPILERS,
    policy: str = POLICY,
    mode: str = MODE,
    verdicts_only: bool = typer.Option(
        False,
        "--verdicts-only",
        help="Tell no words of checkers and comparisons: answers can be read out of them.",
    ),
) -> None:
    """Serve the code judge: submit, status, problem. What is handed in runs on this machine, in boxes."""
    from veriloop.bench.codeelo.local import Local
    from veriloop.bench.codeelo.reading import read_codeelo
    from veriloop.cli.measuring_code import named_compilers
    from veriloop.serve.judge import serve
    from veriloop.serve.reach import demand_key
    from veriloop.verify.code import shared_judge

    demand_key(host, key)  # before anything is read
    found = read_codeelo(problems, checkers=checkers)
    local = Local(
        found.problems,
        by_samples=examples,
        compilers=named_compilers(compilers),
        mode=mode or None,
        policy=policy,
    )
    if found.quarantine.summary():
        typer.echo(found.quarantine.summary(), err=True)
    if not local.judgeable:
        raise InputError(
            "none of the problems has tests: --examples judges by examples", file=problems
        )
    shared_judge(
        local.mode, local.untrusted, local.policy
    )  # no isolation is told now, not at the first program
    typer.echo(f"judging {len(local.judgeable):,} problems on http://{host}:{port}", err=True)
    serve(local, host=host, port=port, key=key, verdicts_only=verdicts_only)
