"""``veriloop run scrit``: its options, one by one. What is done with them is ``recipe_scrit``'s."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import typer

from veriloop.cli.options import FRESH, QUIET, SEED, STRICT
from veriloop.cli.recipe_scrit import ScritOptions

SCRIT = ScritOptions()

OUT = typer.Option(Path("runs/scrit"), "--out", "-o", help="Folder of the run.")
PROBLEMS = typer.Option(SCRIT.problems, help="Training problems: abacus, a file, or a hub name.")
HELDOUT = typer.Option(SCRIT.heldout, help="Problems that only measure, from the same kinds.")
CRITIC = typer.Option(
    SCRIT.critic, help="Checkpoint that improves itself: a folder, abacus:critic-small, ..."
)
STUDENTS = typer.Option(
    SCRIT.students, help="Who else solves, separated by commas: MODEL@URL, a folder, ..."
)
WAYS = typer.Option(SCRIT.ways, help="How critiques are made, separated by commas.")
SIZES = typer.Option(SCRIT.sizes, help="Numbers of critiques to learn, one critic each.")
ROUNDS = typer.Option(SCRIT.rounds, min=1, help="Rounds at the largest size.")
CONTINUED = typer.Option(SCRIT.continued, help="Ways that go on after the first round.")
UNGATED = typer.Option(
    SCRIT.ungated, help="Also a critic from as many critiques without the gates."
)
TRAIN_COUNT = typer.Option(SCRIT.train_count, min=1, help="Training problems.")
HELDOUT_COUNT = typer.Option(SCRIT.heldout_count, min=1, help="Held-out problems.")
VOTES = typer.Option(SCRIT.votes, min=1, help="The critic's own samples that vote an answer.")
VOTE_SHARE = typer.Option(
    SCRIT.vote_share, min=0.01, max=1.0, help="Of the votes that an answer needs."
)
SAMPLES = typer.Option(
    SCRIT.samples, min=1, help="Solutions of each student for each training problem."
)
MEASURED = typer.Option(
    SCRIT.measured, min=1, help="Solutions of each student for each held-out problem."
)
HELDOUT_CAP = typer.Option(SCRIT.heldout_cap, min=1, help="Held-out solutions that are measured.")
EPOCHS = typer.Option(SCRIT.epochs, min=0, help="Passes of a fit; 0 is the usual number.")
RATE = typer.Option(SCRIT.rate, min=0.0, help="Peak learning rate of a fit; 0 is the usual one.")
BATCH = typer.Option(SCRIT.batch, min=0, help="Critiques in an update; 0 is the usual number.")
REHEARSAL = typer.Option(
    SCRIT.rehearsal, help="Own contrastive critiques to each learnt one; below 0: what suits."
)
TEMPERATURE = typer.Option(SCRIT.temperature, min=0.0, help="Of solutions, votes and bugs.")
MAX_TOKENS = typer.Option(SCRIT.max_tokens, min=0, help="Of a solution; 0 is the usual number.")
PROMPTS = typer.Option(
    SCRIT.prompts, help="full explains the grammar, bare does not; by default what suits."
)
SYSTEM = typer.Option(SCRIT.system, help="System message of the solvers' chat.")
KIND = typer.Option(SCRIT.kind, help="How checkpoints are opened: local, pool or vllm.")
DEVICE = typer.Option(SCRIT.device, help="Of the fits: cpu or cuda.")
DTYPE = typer.Option(SCRIT.dtype, help="Of the fits: float32 or bfloat16.")
IN_FLIGHT = typer.Option(SCRIT.in_flight, min=1, help="Problems worked on at once.")


def scrit(
    out: Path = OUT,
    problems: str = PROBLEMS,
    heldout: str = HELDOUT,
    critic: str = CRITIC,
    students: str = STUDENTS,
    ways: str = WAYS,
    sizes: str = SIZES,
    rounds: int = ROUNDS,
    continued: str = CONTINUED,
    ungated: bool = UNGATED,
    train_count: int = TRAIN_COUNT,
    heldout_count: int = HELDOUT_COUNT,
    votes: int = VOTES,
    vote_share: float = VOTE_SHARE,
    samples: int = SAMPLES,
    measured: int = MEASURED,
    heldout_cap: int = HELDOUT_CAP,
    epochs: int = EPOCHS,
    rate: float = RATE,
    batch: int = BATCH,
    rehearsal: float = REHEARSAL,
    temperature: float = TEMPERATURE,
    max_tokens: int = MAX_TOKENS,
    prompts: str = PROMPTS,
    system: str | None = SYSTEM,
    kind: str = KIND,
    device: str = DEVICE,
    dtype: str = DTYPE,
    in_flight: int = IN_FLIGHT,
    seed: int = SEED,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """SCRIT (arXiv 2501.05727): a critic improves itself, round after round, without gold labels.

    Critiques beside right solutions, self-validation, fine-tuning, and the direct and bug-injection critics to compare.
    A run that was stopped or killed goes on when the same command is given again.
    """
    from veriloop.cli.recipe_scrit import run_recipe

    options = ScritOptions(
        problems, heldout, critic, students, ways, sizes, continued, rounds, ungated, train_count,
        heldout_count, votes, vote_share, samples, measured, heldout_cap, epochs, rate, batch, rehearsal,
        temperature, max_tokens, prompts, system, kind, device, dtype, in_flight, seed,
    )  # fmt: skip
    lost = asyncio.run(run_recipe(options, out, command=sys.argv, fresh=fresh, quiet=quiet))
    if lost and strict:
        raise typer.Exit(1)
