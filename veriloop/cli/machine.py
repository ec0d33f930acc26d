"""Commands about this machine: ``doctor`` and ``serve``."""

from __future__ import annotations

from pathlib import Path

import typer

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
    port: int = typer.Option(8000, help="Port to bind."),
    key: str | None = typer.Option(
        None, envvar="VERILOOP_KEY", help="API key that clients must send as a bearer token."
    ),
) -> None:
    """Serve a model in the OpenAI format: chat, completions, n, seed, stop, logprobs, echo, batching."""
    from veriloop.cli.opening import engine
    from veriloop.serve.model import serve

    typer.echo(f"serving {Path(path).name or path} on http://{host}:{port}/v1", err=True)
    serve(engine(path), host=host, port=port, key=key)
