"""``veriloop train``: step-labelled examples -> a process reward model, and what came of it in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from veriloop.cli.options import FRESH, OUT, QUIET, SEED

if TYPE_CHECKING:
    from veriloop.records import Dropped, Example
    from veriloop.train.report import TrainReport

EXAMPLES = typer.Argument(..., help="Folder of step-labelled examples.")
BASE = typer.Option(..., help="Qwen2 checkpoint to start from, or abacus:policy.")
HEAD = typer.Option("linear", help="linear (published layout), or surprise (tiny models).")
REFERENCE = typer.Option("", help="Second model that a surprise head reads.")
OBJECTIVE = typer.Option("hard", help="hard, soft-mse or soft-bce.")
VALIDATION = typer.Option(None, help="Folder of examples to measure first-error F1 on each epoch.")
SHARE = typer.Option(0.0, help="Hold out this share of the problems for validation instead.")
KEEP = typer.Option("last", help="last epoch, or best by validation F1.")
EPOCHS = typer.Option(None, min=1, help="Passes over the examples; the head's usual number.")
RATE = typer.Option(None, help="Peak learning rate; the head's usual one.")
BATCH = typer.Option(
    None, min=1, help="Solutions in an update, over all processes; the head's usual number."
)
MICRO = typer.Option(
    None, min=1, help="Solutions a process reads at a time; gradients accumulate to --batch."
)
BATCH_TOKENS = typer.Option(4096, min=1, help="Tokens a process reads at a time, padding included.")
SCHEDULE = typer.Option("linear", help="After the warm-up: linear, cosine or constant.")
WARMUP = typer.Option(0.05, help="Share of all updates in which the rate climbs.")
DECAY = typer.Option(0.01, help="AdamW's weight decay.")
MAX_TOKENS = typer.Option(
    None, min=1, help="Read at most so many tokens; what the base can by default."
)
TRUNCATION = typer.Option(
    "drop", help="Steps beyond that: drop (leave out and count), or error (refuse)."
)
SYSTEM = typer.Option(None, help="System message of the chat the model is shown.")
FREEZE = typer.Option(False, "--freeze-base", help="Train the head alone.")
RECOMPUTE = typer.Option(
    False, "--gradient-checkpointing", help="Recompute activations: less memory, slower."
)
DTYPE = typer.Option("float32", help="float32, or bfloat16 with weights in float32.")
DEVICE = typer.Option("cpu", help="cpu, cuda, cuda:1 ...; the launcher's with several processes.")
SAVE_EVERY = typer.Option(
    200, min=0, help="Updates between saved states to go on from; 0 is never."
)


def train(
    examples: Path = EXAMPLES,
    base: str = BASE,
    out: Path = OUT,
    head: str = HEAD,
    reference: str = REFERENCE,
    objective: str = OBJECTIVE,
    validation: Path | None = VALIDATION,
    validation_share: float = SHARE,
    keep: str = KEEP,
    epochs: int | None = EPOCHS,
    rate: float | None = RATE,
    batch: int | None = BATCH,
    micro_batch: int | None = MICRO,
    batch_tokens: int = BATCH_TOKENS,
    schedule: str = SCHEDULE,
    warmup: float = WARMUP,
    weight_decay: float = DECAY,
    max_tokens: int | None = MAX_TOKENS,
    on_truncation: str = TRUNCATION,
    system: str | None = SYSTEM,
    freeze_base: bool = FREEZE,
    gradient_checkpointing: bool = RECOMPUTE,
    dtype: str = DTYPE,
    device: str = DEVICE,
    save_every: int = SAVE_EVERY,
    seed: int = SEED,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """Examples -> a process reward model, saved as an ordinary checkpoint. A killed training goes on.

    Several GPUs: accelerate launch --config_file FILE -m veriloop.cli train ..., where FILE is ddp.yaml or
    fsdp.yaml in the package's folder train/configs, or your own.
    """
    options = dict(locals())
    for name in ("examples", "validation", "validation_share", "fresh", "quiet"):
        del options[name]
    from veriloop.cli.opening import model_path

    options |= {
        "base": model_path(base),
        "out": str(out),
        "reference": model_path(reference) if reference else None,
    }
    held = (validation, validation_share)
    train_examples(examples, options, held=held, fresh=fresh, quiet=quiet)


def train_examples(
    examples: Path,
    options: Mapping[str, Any],
    *,
    held: tuple[Path | None, float] = (None, 0.0),
    fresh: bool = False,
    quiet: bool,
) -> None:
    """Train on the step labels in a folder, with progress, and say what was used and what was left out.

    ``held`` is the folder of validation examples, or the share of problems to hold out.
    """
    from veriloop.errors import VeriloopError
    from veriloop.runs.plan import StageEvent
    from veriloop.runs.progress import progress
    from veriloop.train.process import ProcessConfig, Progress, train_process
    from veriloop.train.ranks import leads

    try:
        given, validation = _given(examples, held, int(options.get("seed", 0)))
        config = ProcessConfig(**options)
        with progress("silent" if quiet or not leads() else "auto") as seen:

            def show(p: Progress) -> None:
                name = f"training {Path(config.out).name}"
                seen(StageEvent(name, p.steps, p.step, finished=p.step == p.steps))

            report = train_process(
                given, config, validation=validation, on_progress=show, replace=fresh
            )
    except VeriloopError:
        if leads():
            raise
        raise SystemExit(2) from None  # the first process says it
    if leads():
        typer.echo("\n".join(lines(report)))


def _given(
    examples: Path, held: tuple[Path | None, float], seed: int
) -> tuple[Sequence[Example], Sequence[Example]]:
    from veriloop.errors import InputError
    from veriloop.records import Example
    from veriloop.runs.stages import read_all
    from veriloop.train.step_examples import hold_out

    folder, share = held
    if folder is not None and share:
        raise InputError("give --validation or --validation-share, not both")
    given = read_all(examples, Example)
    if folder is not None:
        return given, read_all(folder, Example)
    return hold_out(given, share, seed) if share else (given, ())


def lines(report: TrainReport) -> Iterator[str]:
    """What came of a training, in the order in which a person asks: data, balance, losses, F1, what was left out."""
    config, balance = report.config, report.balance
    many = f" by {report.processes} processes" if report.processes > 1 else ""
    yield (
        f"trained on {report.examples:,} examples, {balance.labels:,} steps of which "
        f"{100 * balance.positive:.1f} % are right, in {report.steps:,} updates{many}: {config.out}"
    )
    yield from _balance(report)
    if report.losses:
        yield "loss by epoch: " + ", ".join(f"{loss:.3f}" for loss in report.losses)
    yield from _validation(report)
    if report.cut_steps:
        yield (
            f"{report.cut_steps:,} steps did not fit the model's length and were left out; "
            "--on-truncation error refuses them"
        )
    if report.after_error:
        yield f"{report.after_error:,} steps after a wrong one were left out, whatever their labels"
    yield from _left_out("left out", report.quarantined)
    yield from _left_out("left out of validation", report.held_out.quarantined)


def _balance(report: TrainReport) -> Iterator[str]:
    balance = report.balance
    cut = f", {balance.cut:,} cut before any is known" if balance.cut else ""
    yield f"solutions: {balance.right:,} right, {balance.wrong:,} with a wrong step{cut}"
    if balance.wrong:
        first, more = balance.first_errors[:5], sum(balance.first_errors[5:])
        shares = [f"{100 * n / balance.wrong:.0f} % at {i}" for i, n in enumerate(first, 1)]
        shares += [f"{100 * more / balance.wrong:.0f} % later"] if more else []
        yield f"first wrong steps: {', '.join(shares)}"


def _validation(report: TrainReport) -> Iterator[str]:
    held = report.held_out
    if held.shared_problems:
        yield (
            f"warning: {held.shared_problems:,} problems are in the training and in the validation "
            "examples; the F1 is better than on new problems"
        )
    if report.validation:
        kept = report.validation[report.kept]
        yield (
            f"validation F1 by epoch on {held.examples:,} examples: "
            + ", ".join(f"{score.f1:.1f}" for score in report.validation)
            + f"; kept epoch {report.kept + 1} ({kept.error:.1f} % of first wrong steps found, "
            f"{kept.correct:.1f} % of right solutions passed)"
        )


def _left_out(what: str, dropped: Sequence[Dropped]) -> Iterator[str]:
    """How many for each reason, with the first row; numbers of steps make no reason of their own."""
    rows: dict[str, list[int | None]] = {}
    for one in dropped:
        reason = re.sub(r"^\d+ of \d+ steps do not fit", "not all steps fit", one.reason)
        reason = re.sub(r"^step \d+ ", "a step ", reason)
        rows.setdefault(reason, []).append(one.row)
    for reason, found in sorted(rows.items(), key=lambda item: -len(item[1])):
        yield f"{what}: {len(found):,} examples, the first in row {found[0]}: {reason}"
