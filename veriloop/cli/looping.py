"""What the loops of ``veriloop search`` do once their options are read: open verifier and tools, run the stage, and say
what it took. Which options there are is ``search_loops``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import typer

from veriloop.cli.options import engines_known
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.ids import Json
    from veriloop.protocols import Engine, Verifier
    from veriloop.records import Problem, Record
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run

TOOLS = (
    "calculator, python, lookup:PATH (text files or JSONL) or graph:PATH (TSV or JSONL of triples; "
    "?single=RELATION)"
)
VERIFIERS = (
    "code, answer, equations, gold (abacus), pattern:REGEX, facts:TOOL, judge, critic, contrastive or pointwise with "
    ":ENGINE behind it (without one the policy judges itself), process:PATH, outcome:PATH or pooling:MODEL@URL"
)
_ALONE = ("code", "answer", "equations", "gold")
_ASKING = ("judge", "critic", "contrastive", "pointwise")
_SCORING = ("process", "outcome", "pooling", "plus-minus")


@final
@dataclass(frozen=True)
class Loop:
    """What a command of a loop asks for: the policy, the verifier's spec, tools, and what makes the search of them."""

    engine: str
    make: Callable[..., Any]
    verifier: str = ""
    tools: tuple[str, ...] = ()


async def trace(run: Run, problems: Sequence[Problem], loop: Loop) -> StageReport:
    """Run the stage: solutions, verdicts and what the engine failed with, calls remembered in the run's folder."""
    from veriloop.cli.opening import remembered
    from veriloop.ids import describe
    from veriloop.records import Dropped
    from veriloop.runs.stages import identity

    tools = tuple(tool(spec) for spec in loop.tools)
    async with (
        remembered(loop.engine, run.folder) as model,
        loop_verifier(loop.verifier, model, run.folder) as verifier,
    ):
        search = loop.make(verifier, tools)

        async def find(problem: Problem) -> Sequence[Record]:
            records = (await search.trace(problem, model)).records
            name = run.folder.name  # by which a stage knows what it lost itself
            return [replace(r, source=name) if isinstance(r, Dropped) else r for r in records]

        made_by: dict[str, Json] = {
            "search": describe(search),
            "engine": identity(model),
            "tools": [identity(one) for one in tools],
        }
        judge = getattr(search, "verifier", None)
        if judge is not None:
            made_by["verifier"] = identity(judge)
        return await run.trace("", problems, find, made_by=made_by)


def tool(spec: str) -> Any:
    """The tool that ``spec`` names (``TOOLS``). Raises InputError."""
    from veriloop.search.tools.calculator import Calculator
    from veriloop.search.tools.graph import Graph, read_triples
    from veriloop.search.tools.lookup import Lookup, read_passages
    from veriloop.search.tools.programs import Programs

    kind, _, path = spec.partition(":")
    if spec == "calculator":
        return Calculator()
    if spec == "python":
        return Programs()
    if kind == "lookup" and path:
        read_passages(path)  # what cannot be read is said before a model is asked
        return Lookup(path)
    if kind == "graph" and path:
        path, _, single = path.partition("?single=")
        read_triples(path)
        return Graph(path, tuple(single.split(",")) if single else ())
    raise InputError(f"no tool {spec!r}: write {TOOLS}", field="tool")


@asynccontextmanager
async def loop_verifier(spec: str, policy: Engine, folder: Path) -> AsyncIterator[Verifier | None]:
    """The verifier that ``spec`` names (``VERIFIERS``), None for none; ``policy`` judges where no engine is named."""
    from veriloop.cli.verifying import VerifierOptions, verifier

    check_spec(spec)
    kind, _, what = spec.partition(":")
    if not spec:
        yield None
    elif kind == "pattern":
        from veriloop.verify.rules import Pattern

        try:
            made = Pattern((what,))
        except ValueError as error:
            raise InputError(str(error), field="verifier") from error
        yield made
    elif kind == "facts":
        from veriloop.verify.facts import Facts

        decides = "tool" if what.partition(":")[0] in ("calculator", "graph") else "model"
        yield Facts(policy, tool(what), decides)
    elif kind in _ASKING and what:
        async with verifier(kind, VerifierOptions(engine=what), folder) as opened:
            yield opened
    elif kind in _ASKING:
        yield _self_judged(kind, policy)
    elif kind in _SCORING:
        options = VerifierOptions(engine=what, checkpoint=what)
        async with verifier(kind, options, folder) as opened:
            yield opened
    else:
        async with verifier(spec, VerifierOptions(), folder) as opened:
            yield opened


def check_spec(spec: str) -> None:
    """Raises InputError where ``spec`` names no verifier of ``VERIFIERS``."""
    kind, colon, what = spec.partition(":")
    alone, named = ("", *_ALONE, *_ASKING), ("pattern", "facts", *_ASKING, *_SCORING)
    if not (spec in alone or (colon and what and kind in named)):
        raise InputError(f"no verifier {spec!r}: write {VERIFIERS}", field="verifier")
    if kind == "facts":
        tool(what)
    if kind in _ASKING:
        engines_known(what)


def _self_judged(kind: str, policy: Engine) -> Verifier:
    from veriloop.verify.compare import Pointwise
    from veriloop.verify.critic import ContrastiveCritic, Critic
    from veriloop.verify.judge import Judge

    if kind == "critic":
        return Critic(policy)
    if kind == "contrastive":
        return ContrastiveCritic(policy)
    return Judge(policy) if kind == "judge" else Pointwise(Judge(policy))


def say(folder: Path) -> None:
    """Print how the loops in a folder ended, and what they took."""
    from veriloop.records import Verdict
    from veriloop.store.pieces import Table

    told: list[Mapping[str, Any]] = []
    calls: Counter[tuple[str, bool]] = Counter()
    for verdict in Table(folder / "verdicts", Verdict).read():
        row: Any = verdict.detail
        if "search" in row:
            told.append(row["search"])
        calls.update((call["tool"], call["ok"]) for call in row.get("calls", ()))
    if not told:
        return
    ended = Counter(str(one["ended"]) for one in told)
    typer.echo("  ended: " + ", ".join(f"{name} {count:,}" for name, count in ended.most_common()))
    tokens = [one["tokens"] for one in told]
    asked = sum(one["calls"] for one in told)
    written = "tokens not counted" if None in tokens else f"{sum(tokens):,} tokens generated"
    typer.echo(f"  {asked:,} calls of the policy, {written}")
    judged = sum(one["judged"] for one in told)
    if judged:
        unscored = sum(one["unscored"] for one in told)
        by = sum(one["verifier"]["tokens"] for one in told)
        typer.echo(
            f"  {judged:,} solutions judged, {unscored:,} of them without a value; {by:,} tokens of the verifier"
        )
    for name, _ in sorted({(tool, True) for tool, _ in calls}):
        typer.echo(
            f"  {name or '(no such tool)'}: {calls[name, True]:,} calls, {calls[name, False]:,} failed"
        )
