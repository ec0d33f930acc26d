"""What ``veriloop search`` does once its options are read: opens a strategy, runs the stage, says what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import typer

from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Sampling, Verifier
    from veriloop.records import Problem, Record, Verdict
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run

# Every option that only some kinds have; the last eight are the tree's.
NAMES = (
    "width", "expand", "simulations", "exploration", "prior", "widening", "value", "rollouts", "budget",
)  # fmt: skip
# The options of each kind, and the fields that they fill.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "beam": {"width": "width", "expand": "expand"},
    "dvts": {"width": "trees", "expand": "expand"},
    "greedy": {"expand": "n"},
    "mcts": {name: name for name in NAMES[1:]},
}


@final
@dataclass(frozen=True)
class Asked:
    """The options of ``veriloop search``: those of one kind, and those that all have."""

    kind: str
    own: Mapping[str, Any]
    sampling: Sampling
    limits: Mapping[str, Any]
    seed: int = 0
    system: str | None = None


def strategy(asked: Asked, verifier: Verifier | None = None) -> Any:
    """The strategy asked for. Raises InputError for an option that its kind does not have, or a bad value."""
    from veriloop.search import KINDS
    from veriloop.search.growing import Stepwise
    from veriloop.text.chats import Chat

    fields = OPTIONS.get(asked.kind)
    if fields is None:
        raise InputError(
            f"no guided search {asked.kind!r}; there are {', '.join(OPTIONS)} (veriloop sample draws without a guide, "
            "veriloop search --help names the searches that tell the policy what is wrong)"
        )
    for name in asked.own:
        if name not in fields:
            have = ", ".join(f"--{option}" for option in fields)
            raise InputError(f"{asked.kind} has no --{name}; it has {have}")
    from importlib import import_module

    module, _, kind = KINDS[asked.kind].partition(":")
    own = {fields[name]: value for name, value in asked.own.items()}
    try:
        by = Stepwise(asked.sampling, seed=asked.seed, chat=Chat(asked.system), **asked.limits)
        return getattr(import_module(module), kind)(verifier, by=by, **own)
    except ValueError as error:
        raise InputError(str(error)) from error


async def trace(
    run: Run, problems: Sequence[Problem], asked: Asked, *, engine: str, prm: str
) -> StageReport:
    """Run the stage: solutions and verdicts in the run's folder, the engine's calls remembered there."""
    from veriloop.cli.opening import remembered
    from veriloop.cli.verifiers import step_verifier
    from veriloop.ids import describe
    from veriloop.runs.stages import identity

    async with (
        remembered(engine, run.folder) as model,
        step_verifier(prm, run.folder) as verifier,
    ):
        search = strategy(asked, verifier)

        async def find(problem: Problem) -> Sequence[Record]:
            return (await search.trace(problem, model)).records

        made_by = {
            "search": describe(search),
            "verifier": identity(verifier),
            "engine": identity(model),
        }
        return await run.trace("", problems, find, made_by=made_by)


def say_spent(folder: Path) -> None:
    """Print what all searches in a folder took, and how many independent samples that would have been."""
    from veriloop.records import Finish, Solution, Verdict
    from veriloop.store.pieces import Table

    spent = [_spent(v) for v in Table(folder / "verdicts", Verdict).read() if "search" in v.detail]
    firsts = [s for s in Table(folder / "solutions", Solution).read() if s.sample == 0]
    if not spent:
        return
    whole = [s for s in firsts if s.finish is Finish.STOP]
    tokens = [one["tokens"] for one in spent]
    sizes = [s.tokens for s in whole if s.tokens is not None]
    if None not in tokens and sizes:
        each, size = sum(tokens) / len(tokens), sum(sizes) / len(sizes)
        equal = f": as many as {each / size:.1f} independent samples" if size else ""
        typer.echo(f"  {sum(tokens):,} tokens generated, {each:,.1f} a problem{equal}")
    judged, unscored = (sum(one[name] for one in spent) for name in ("judged", "unscored"))
    typer.echo(f"  {judged:,} partial solutions judged, {unscored:,} of them unscored")
    if len(whole) < len(firsts):
        typer.echo(f"  {len(firsts) - len(whole):,} of {len(firsts):,} problems: nothing finished")


def _spent(verdict: Verdict) -> Any:
    return verdict.detail["search"]
