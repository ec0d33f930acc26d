"""``veriloop bench``: benchmarks by their papers' names, over checkpoints, models behind servers, or saved records."""

from __future__ import annotations

import typer

from veriloop.cli.bench_best_of_n import best_of_n
from veriloop.cli.bench_biases import biases
from veriloop.cli.bench_codeelo import codeelo
from veriloop.cli.bench_critique import critique
from veriloop.cli.bench_humaneval import humaneval
from veriloop.cli.bench_ifeval import ifeval
from veriloop.cli.bench_pmmeval import pmmeval
from veriloop.cli.bench_processbench import processbench
from veriloop.cli.bench_select import select

app = typer.Typer(
    help="Measure verifiers and policies on published benchmarks.", no_args_is_help=True
)
app.command()(processbench)
app.command("best-of-n")(best_of_n)
app.command()(biases)
app.command()(codeelo)
app.command()(critique)
app.command()(humaneval)
app.command()(pmmeval)
app.command()(ifeval)
app.command()(select)
