"""``veriloop bench pmmeval``: eight parallel tasks in ten languages, scored officially and rightly."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

from veriloop.cli.code_options import MODE, SYSTEM, TRUSTED
from veriloop.cli.options import (
    FRESH,
    IN_FLIGHT,
    MAX_TOKENS_TOTAL,
    MAX_USD,
    QUIET,
    RETRY_LOST,
    SEED,
    engines_known,
)
from veriloop.cli.showing import publish
from veriloop.errors import EngineError, InputError

if TYPE_CHECKING:
    from veriloop.cli.evaluating import Options
    from veriloop.report.pmmeval import PMMEvalFound

MODEL = typer.Option(
    ...,
    "--model",
    "--engine",  # what other commands call it
    callback=engines_known,
    help="MODEL@URL, or any engine; repeat it to compare models.",
)
NAME = typer.Option([], help="What a model is called; one for each --model, in order.")
DATA = typer.Option("hub:Qwen/P-MMEval", help="Folder with the sets, or hub:OWNER/NAME.")
TASKS = typer.Option(
    "",
    help="Keys with commas: xnli, mhellaswag, flores, humaneval_xl, mgsm, mlogiqa, mmmlu, mifeval; all by default.",
)
LANGUAGES = typer.Option("", help="Codes with commas, such as en,zh; all by default.")
PROGRAMS = typer.Option(
    "python,javascript,java", help="HumanEval-XL's programming languages, or all."
)
PROMPT = typer.Option(["en"], help="en, native or en-few-shot; repeat it to compare prompts.")
SHOTS = typer.Option(3, min=1, help="Demonstrations of en-few-shot; they are not scored.")
SCORING = typer.Option("both", help="both, official or fixed.")
LIMIT = typer.Option(0, min=0, help="Items of a task, the same in all languages; 0 is all.")
MAX_TOKENS = typer.Option(2048, min=1, help="Of an answer.")
SIZE = typer.Option(
    [], help="NAME=BILLIONS of parameters, where a name does not say it; may be repeated."
)
BESIDE = typer.Option(
    [], help="Folder of an earlier run whose models join the comparison; may be repeated."
)
AGAIN = typer.Option(False, "--again", help="Judge the saved answers again.")
FOLDER = typer.Option(Path("runs/pmmeval"), "--out", "-o", help="Folder to write.")


def pmmeval(
    model: list[str] = MODEL,
    name: list[str] = NAME,
    data: str = DATA,
    tasks: str = TASKS,
    languages: str = LANGUAGES,
    programs: str = PROGRAMS,
    prompt: list[str] = PROMPT,
    shots: int = SHOTS,
    scoring: str = SCORING,
    limit: int = LIMIT,
    max_tokens: int = MAX_TOKENS,
    max_tokens_total: int | None = MAX_TOKENS_TOTAL,
    max_usd: float | None = MAX_USD,
    system: str | None = SYSTEM,
    size: list[str] = SIZE,
    beside: list[Path] = BESIDE,
    again: bool = AGAIN,
    mode: str = MODE,
    trusted: bool = TRUSTED,
    out: Path = FOLDER,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """P-MMEval (arXiv 2411.09116), greedy. Stopped runs go on; languages, tasks and models may be added later."""
    from veriloop.cli.budgets import open_purse, say_spent
    from veriloop.cli.evaluating import Doing, Options, evaluate, listed

    options = Options(tuple(model), tuple(name), data, out, listed(tasks.replace("-", "_")),
                      listed(languages), listed(programs), tuple(prompt), shots, scoring, limit,
                      max_tokens, system, tuple(size), tuple(beside), again, mode, trusted,
                      seed, in_flight)  # fmt: skip
    purse = open_purse(out, max_tokens_total, max_usd)
    doing = Doing(
        lambda line: typer.echo(fill(line, 80), err=True), quiet, fresh, retry_lost, purse
    )
    try:
        found = evaluate(options, doing)
    except (EngineError, InputError):
        if purse is not None and purse.refused:  # that nothing came has this reason
            say_spent(purse)
        raise
    _show(options, found)
    say_spent(purse)


def _show(options: Options, found: PMMEvalFound) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report.pmmeval import pmmeval_page, pmmeval_terminal

    account = provenance({"seed": options.seed}, options)
    typer.echo(pmmeval_terminal(found))
    publish(pmmeval_page(found, provenance=account), options.out / "report.html")
