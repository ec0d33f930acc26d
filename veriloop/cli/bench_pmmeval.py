"""``veriloop bench pmmeval``: eight parallel tasks in ten languages, scored officially and rightly."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import typer

from veriloop.cli.code_options import MODE, SYSTEM, TRUSTED
from veriloop.cli.options import FRESH, IN_FLIGHT, QUIET, RETRY_LOST, SEED


def pmmeval(
    model: list[str] = typer.Option(
        ..., help="MODEL@URL, or any engine; repeat it to compare models."
    ),
    data: str = typer.Option("hub:Qwen/P-MMEval", help="Folder with the sets, or hub:OWNER/NAME."),
    tasks: str = typer.Option("", help="Keys with commas, such as mgsm,xnli; all by default."),
    languages: str = typer.Option("", help="Codes with commas, such as en,zh; all by default."),
    programs: str = typer.Option(
        "python,javascript,java", help="HumanEval-XL's programming languages, or all."
    ),
    prompt: list[str] = typer.Option(
        ["en"], help="en, native or en-few-shot; repeat it to compare prompts."
    ),
    shots: int = typer.Option(3, min=1, help="Demonstrations of en-few-shot; they are not scored."),
    scoring: str = typer.Option("both", help="both, official or fixed."),
    limit: int = typer.Option(0, help="Items of a task, the same in all languages; 0 is all."),
    max_tokens: int = typer.Option(2048, help="Of an answer."),
    system: str | None = SYSTEM,
    size: list[str] = typer.Option(
        [], help="NAME=BILLIONS of parameters, where a name does not say it; may be repeated."
    ),
    beside: list[Path] = typer.Option(
        [], help="Folder of an earlier run whose models join the comparison; may be repeated."
    ),
    again: bool = typer.Option(False, "--again", help="Judge the saved answers again."),
    mode: str = MODE,
    trusted: bool = TRUSTED,
    out: Path = typer.Option(Path("runs/pmmeval"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """P-MMEval (arXiv 2411.09116), greedy. Stopped runs go on; languages, tasks and models may be added later."""
    from veriloop.cli.evaluating import Options, Saying, evaluate, listed
    from veriloop.cli.provenance import provenance
    from veriloop.report.pmmeval import pmmeval_page, pmmeval_terminal
    from veriloop.report.render import write_page

    options = Options(
        models=tuple(model),
        data=data,
        out=out,
        tasks=listed(tasks),
        languages=listed(languages),
        programs=listed(programs),
        prompts=tuple(prompt),
        shots=shots,
        scoring=scoring,
        limit=limit,
        max_tokens=max_tokens,
        system=system,
        sizes=tuple(size),
        beside=tuple(beside),
        again=again,
        mode=mode,
        trusted=trusted,
        seed=seed,
        in_flight=in_flight,
    )
    found = evaluate(
        options,
        Saying(lambda line: typer.echo(fill(line, 80), err=True), quiet),
        fresh=fresh,
        retry_lost=retry_lost,
    )
    path = out / "report.html"
    write_page(pmmeval_page(found, provenance=provenance({"seed": seed}, options)), path)
    typer.echo(pmmeval_terminal(found))
    for note in found.notes:
        typer.echo(fill(note, 80))
    typer.echo(f"report: {path}")
