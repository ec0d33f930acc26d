"""``veriloop search refine``, ``self-debug``, ``tools``, ``chain-of-verification``: verdicts and tools in the context.

Options alone; opening and running is ``looping``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from veriloop.cli.looping import TOOLS, VERIFIERS, Loop
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
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.search.rounds import Rounds

_VERIFIER = typer.Option(..., help=f"Who judges: {VERIFIERS}.")
_ROUNDS = typer.Option(3, min=0, help="Revisions at most.")
_CALLS = typer.Option(None, min=1, help="Calls for each problem at most, the verifier's too.")
_TOKENS = typer.Option(None, min=1, help="Generated tokens for each problem at most.")
_AGAIN = typer.Option(0, min=0, help="How often a verdict without a value is asked for again.")
_CONTEXT = typer.Option("all", help="The policy sees all earlier rounds, or the last.")
_TEMPERATURE = typer.Option(1.0, min=0.0, help="Of drafts and revisions; 0 is greedy.")
_MAX_TOKENS = typer.Option(2048, min=1, help="Tokens of one answer.")
_SYSTEM = typer.Option(None, help="System message; none by default.")


def add_to(app: typer.Typer) -> None:
    """Add the loops, by name."""
    app.command("chain-of-verification")(chain_of_verification)
    app.command("refine")(refine)
    app.command("self-debug")(self_debug)
    app.command("tools")(tools)


def refine(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    verifier: str = _VERIFIER,
    out: Path = OUT,
    rounds: int = _ROUNDS,
    accept: float | None = typer.Option(
        None, help="The least score accepted; verifiers that say right or wrong need none."
    ),
    shows: str = typer.Option("critique", help="Told at most: critique, first-error or verdict."),
    again: int = _AGAIN,
    calls: int | None = _CALLS,
    tokens: int | None = _TOKENS,
    context: str = _CONTEXT,
    temperature: float = _TEMPERATURE,
    max_tokens: int = _MAX_TOKENS,
    system: str | None = _SYSTEM,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Draft, criticise, revise, until the verifier accepts: every round's solution and verdict is kept."""
    from veriloop.search.refine import Refine
    from veriloop.search.sample import Sample

    def make(judge: Any, _: Any) -> Any:
        by = _rounds(
            rounds, accept, again, (calls, tokens), context, (temperature, max_tokens), seed, system
        )
        return Refine(judge, Sample(1, by.sampling, seed, by.chat), by, shows)  # type: ignore[arg-type]

    _run(Loop(engine, make, verifier), problems, out, (fresh, retry_lost, quiet, strict), in_flight)


def self_debug(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    out: Path = OUT,
    mode: str = typer.Option("tests", help="Told: simple (it failed), tests, or explain first."),
    tests: str = typer.Option(
        "public", help='Tests that may be seen: public ("sample": true) or all.'
    ),
    language: str = typer.Option("python", help="What the policy writes."),
    rounds: int = _ROUNDS,
    again: int = _AGAIN,
    calls: int | None = _CALLS,
    tokens: int | None = _TOKENS,
    context: str = _CONTEXT,
    temperature: float = _TEMPERATURE,
    max_tokens: int = _MAX_TOKENS,
    system: str | None = _SYSTEM,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Write a program, judge it in the sandbox on the tests that may be seen, and have it repaired."""
    from veriloop.search.debug import SelfDebug
    from veriloop.search.tools.programs import Programs
    from veriloop.search.whole import Whole
    from veriloop.verify.code import Code

    def make(_: Any, __: Any) -> Any:
        by = _rounds(
            rounds, None, again, (calls, tokens), context, (temperature, max_tokens), seed, system
        )
        draft = Whole(1, by.sampling, seed, by.chat)
        return SelfDebug(Code(language), draft, by, mode, tests, language, runs=Programs(language))  # type: ignore[arg-type]

    _run(Loop(engine, make), problems, out, (fresh, retry_lost, quiet, strict), in_flight)


def tools(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    out: Path = OUT,
    tool: list[str] = typer.Option(..., help=f"Give it once for each: {TOOLS}."),
    n: int = typer.Option(1, min=1, help="Independent runs for each problem."),
    turns: int = typer.Option(8, min=1, help="Replies of one run at most."),
    calls: int | None = typer.Option(None, min=1, help="Calls of one run at most."),
    tokens: int | None = typer.Option(None, min=1, help="Generated tokens of one run at most."),
    temperature: float = _TEMPERATURE,
    max_tokens: int = _MAX_TOKENS,
    system: str | None = _SYSTEM,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Solve with tools: the policy calls one, sees what it says, goes on, and answers."""
    from veriloop.protocols import Sampling
    from veriloop.search.metered import Budget
    from veriloop.search.tools.use import ToolUse
    from veriloop.text.chats import Chat

    def make(_: Any, opened: Any) -> Any:
        sampling = Sampling(max_tokens, temperature)
        return ToolUse(opened, n, turns, Budget(calls, tokens), sampling, seed, Chat(system))

    loop = Loop(engine, make, tools=tuple(tool))
    _run(loop, problems, out, (fresh, retry_lost, quiet, strict), in_flight)


def chain_of_verification(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    out: Path = OUT,
    way: str = typer.Option(
        "factored", help="How questions are answered: together, factored or compared."
    ),
    questions: int = typer.Option(5, min=1, help="Questions at most."),
    calls: int | None = _CALLS,
    tokens: int | None = _TOKENS,
    temperature: float = _TEMPERATURE,
    max_tokens: int = _MAX_TOKENS,
    system: str | None = _SYSTEM,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Draft, ask questions about the draft, answer them without it, and write the answer anew."""
    from veriloop.protocols import Sampling
    from veriloop.search.chain_of_verification import ChainOfVerification
    from veriloop.search.metered import Budget
    from veriloop.search.sample import Sample
    from veriloop.text.chats import Chat

    def make(_: Any, __: Any) -> Any:
        sampling = Sampling(max_tokens, temperature)
        draft = Sample(1, sampling, seed, Chat(system))
        answering = Sampling(max_tokens, 0.0)
        budget = Budget(calls, tokens)
        return ChainOfVerification(draft, way, questions, budget, sampling, answering, seed)  # type: ignore[arg-type]

    _run(Loop(engine, make), problems, out, (fresh, retry_lost, quiet, strict), in_flight)


def _rounds(
    most: int,
    accept: float | None,
    again: int,
    budget: tuple[int | None, int | None],
    context: str,
    decoding: tuple[float, int],
    seed: int,
    system: str | None,
) -> Rounds:
    from veriloop.protocols import Sampling
    from veriloop.search.metered import Budget
    from veriloop.search.rounds import Rounds
    from veriloop.text.chats import Chat

    sampling = Sampling(decoding[1], decoding[0])
    return Rounds(most, accept, again, Budget(*budget), context, sampling, seed, Chat(system))  # type: ignore[arg-type]


def _run(
    loop: Loop, problems: Path, out: Path, how: tuple[bool, bool, bool, bool], in_flight: int
) -> None:
    """Refuse what cannot be, then run the loop over the problems and say what came of it."""
    from veriloop.cli.looping import check_spec, say, tool, trace
    from veriloop.cli.running import finish, running
    from veriloop.records import Problem
    from veriloop.runs.stages import read_all

    try:
        check_spec(loop.verifier)  # a wrong option is said before anything is opened
        loop.make(None, tuple(tool(spec) for spec in loop.tools))
    except ValueError as error:
        raise InputError(str(error)) from error
    given = read_all(problems, Problem)
    fresh, retry_lost, quiet, strict = how
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asyncio.run(trace(run, given, loop))
    say(out)
    finish(report, strict, out)
