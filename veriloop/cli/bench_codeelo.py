"""``veriloop bench codeelo``: programs for contest problems, judged here or elsewhere, and rated among people."""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.cli.code_options import CHECKERS, COMPILERS, EXAMPLES, MODE, POLICY, SYSTEM, TRUSTED
from veriloop.cli.options import FRESH, IN_FLIGHT, QUIET, RETRY_LOST, SEED, engines_known
from veriloop.cli.showing import publish, tell


def codeelo(
    problems: str = typer.Argument(
        ...,
        help="Set of problems: the official JSON, JSONL with tests, or another set of contest problems.",
    ),
    engine: str = typer.Option(
        "",
        callback=engines_known,
        help="MODEL@URL, local:PATH, pool:PATH, vllm:PATH or a checkpoint folder; without one it is only told what "
        "the problems lack here.",
    ),
    language: str = typer.Option("cpp", help="What is asked for: cpp or python."),
    samples: int = typer.Option(8, min=1, help="Attempts at each problem."),
    contests: Path | None = typer.Option(
        None, help="Folder of standings, to rate the model (see veriloop rate models)."
    ),
    submitter: str = typer.Option(
        "local", help="local, or a judge's URL (veriloop serve judge); key in VERILOOP_JUDGE_KEY."
    ),
    checkers: Path | None = CHECKERS,
    examples: bool = EXAMPLES,
    compilers: str = COMPILERS,
    policy: str = POLICY,
    mode: str = MODE,
    trusted: bool = TRUSTED,
    limit: int = typer.Option(0, min=0, help="The first problems; 0 is all."),
    name: str = typer.Option("", help="What the model is called; by default its engine's name."),
    temperature: float = typer.Option(0.7, min=0.0, help="As in the official client."),
    top_p: float = typer.Option(0.8, min=0.01, max=1.0, help="As in the official client."),
    top_k: int = typer.Option(20, min=0, help="As in the official client; 0 is off."),
    max_tokens: int = typer.Option(16384, min=1, help="Of an answer."),
    system: str | None = SYSTEM,
    out: Path = typer.Option(Path("runs/codeelo"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """CodeElo (arXiv 2501.01257): pass@k, pass rates and a rating. Stopped runs go on where they were."""
    from veriloop.cli.measuring_code import CodeEloOptions, lacking, measure_and_show

    options = CodeEloOptions(
        problems=problems, engine=engine, out=out, language=language, samples=samples, contests=contests,
        submitter=submitter, checkers=checkers, examples=examples, compilers=compilers, policy=policy, mode=mode,
        trusted=trusted, limit=limit, name=name, temperature=temperature, top_p=top_p, top_k=top_k,
        max_tokens=max_tokens, system=system, seed=seed, in_flight=in_flight,
    )  # fmt: skip
    if not engine:
        for line in lacking(options):
            typer.echo(line)
        return
    shown = measure_and_show(options, fresh=fresh, retry_lost=retry_lost, quiet=quiet)
    for line in shown.said:
        typer.echo(line, err=True)
    tell(*shown.tables, *shown.notes)
    publish(shown.page, out / "report.html")
