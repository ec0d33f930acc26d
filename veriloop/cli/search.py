"""``veriloop search``: solutions that a step verifier guides (``search KIND``), and loops that put verdicts and tools
into the policy's context (``search_loops``).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from veriloop.cli.default_command import WithDefault
from veriloop.cli.options import (
    ENGINE,
    FRESH,
    IN_FLIGHT,
    OUT,
    PROBLEMS,
    QUIET,
    RETRY_LOST,
    SEED,
    STRICT,
)
from veriloop.cli.search_loops import add_to
from veriloop.cli.verifiers import SPECS

_KINDS = (
    "greedy, beam, dvts or mcts. Feedback in the context: refine, self-debug, tools or chain-of-verification, each "
    "with options of its own (veriloop search refine --help)."
)
app = typer.Typer(
    cls=WithDefault,
    help="Problems -> solutions with a verifier's help: guided steps, or feedback in the context.",
)

WIDTH = typer.Option(None, min=1, help="beam: beams kept; dvts: trees. Default 4.")
EXPAND = typer.Option(
    None, min=1, help="Steps sampled for each partial solution. Default 8 of greedy, else 4."
)
SIMULATIONS = typer.Option(None, min=1, help="mcts: ways down the tree. Default 4.")
EXPLORATION = typer.Option(None, min=0.0, help="mcts: weight of the prior. Default 1.")
WIDENING = typer.Option(
    None,
    min=0.0,
    help="mcts: a node is grown visits ** widening times. Default 0.5; 0 is once.",
)
VALUE = typer.Option(None, help="mcts: what is backed up: end (the default), score or rollouts.")
ROLLOUTS = typer.Option(
    None,
    min=1,
    help="mcts: whole solutions that value a leaf, with --value rollouts. Default 2.",
)


def search(
    kind: str = typer.Argument(..., help=_KINDS),
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    prm: str = typer.Option(..., help=f"The step verifier that guides: {SPECS}."),
    out: Path = OUT,
    width: int | None = WIDTH,
    expand: int | None = EXPAND,
    simulations: int | None = SIMULATIONS,
    exploration: float | None = EXPLORATION,
    prior: str | None = typer.Option(None, help="mcts: uniform (the default) or logprob."),
    widening: float | None = WIDENING,
    value: str | None = VALUE,
    rollouts: int | None = ROLLOUTS,
    budget: int | None = typer.Option(None, min=1, help="mcts: tokens for each problem at most."),
    aggregate: str = typer.Option("last", help="Compare by last, min, product or mean score."),
    temperature: float = typer.Option(1.0, min=0.0, help="Of the sampled steps."),
    top_p: float = typer.Option(1.0, min=0.01, max=1.0, help="Nucleus; 1 is off."),
    max_tokens: int = typer.Option(2048, min=1, help="Tokens of a solution."),
    max_step_tokens: int = typer.Option(512, min=1, help="Tokens of a step."),
    max_steps: int = typer.Option(64, min=1, help="Steps of a solution."),
    system: str | None = typer.Option(None, help="System message; none by default."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Problems -> solutions, each step chosen by a step verifier, and what it said of them."""
    from veriloop.cli.running import finish, running
    from veriloop.cli.searching import NAMES, Asked, say_spent, strategy, trace
    from veriloop.protocols import Sampling
    from veriloop.records import Problem
    from veriloop.runs.stages import read_all

    named = (width, expand, simulations, exploration, prior, widening, value, rollouts, budget)
    asked = Asked(
        kind,
        {name: one for name, one in zip(NAMES, named, strict=True) if one is not None},
        Sampling(max_tokens, temperature, top_p),
        {"max_steps": max_steps, "max_step_tokens": max_step_tokens, "aggregate": aggregate},
        seed,
        system,
    )
    strategy(asked)  # a wrong option is said before anything is opened
    given = read_all(problems, Problem)
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asyncio.run(trace(run, given, asked, engine=engine, prm=prm))
    say_spent(out)
    finish(report, strict)


app.command("guided")(search)
add_to(app)
