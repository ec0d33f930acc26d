"""What options name, opened: engines with their memory, problem sources.

``abacus`` is resolved here, at the door, so that no room below knows of the embedded world.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

from veriloop.errors import InputError, StoreError

if TYPE_CHECKING:
    from veriloop.engines.budget import Purse
    from veriloop.protocols import Engine
    from veriloop.records import Problem
    from veriloop.store.quarantine import Quarantine
    from veriloop.verify.equality import MathEquality

WORLD = "abacus"
Made = TypeVar("Made")


@contextmanager
def spelled(spec: str = "") -> Iterator[None]:
    """What a kind does not take is the fault of whoever wrote the option, or the ``spec`` that holds it."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{spec!r} cannot be opened: {error}" if spec else str(error)) from error


def model_path(spec: str) -> str:
    """``abacus:policy`` and the like as the folders of the shipped checkpoints; others unchanged."""
    world, _, name = spec.partition(":")
    if world != WORLD:
        return spec
    from veriloop.abacus import checkpoint

    try:
        return str(checkpoint(name))  # type: ignore[arg-type]
    except (ValueError, FileNotFoundError) as error:
        raise InputError(str(error)) from error


def engine(spec: str, usd_per_million: str = "") -> Engine:
    """The engine that ``spec`` names: MODEL@URL, local:PATH, pool:PATH, vllm:PATH, a folder, abacus:NAME.

    ``usd_per_million`` is a server's price of prompt and generated tokens, as ``0.1,0.3``.
    """
    from veriloop.engines import open_engine

    if not usd_per_million:
        return open_engine(model_path(spec))
    try:
        prompt, generated = (float(price) for price in usd_per_million.split(","))
    except ValueError as error:
        raise InputError(
            f"a price is dollars for a million prompt tokens and generated tokens, like 0.1,0.3: got "
            f"{usd_per_million!r}"
        ) from error
    try:
        return open_engine(model_path(spec), usd_per_million=(prompt, generated))
    except TypeError as error:
        raise InputError(f"{spec!r} has no price: only a server (MODEL@URL) has one") from error


@asynccontextmanager
async def closing(equality: MathEquality) -> AsyncIterator[MathEquality]:
    """The equality, its workers ended at the end."""
    try:
        yield equality
    finally:
        await equality.close()


def made(folder: Path) -> Path:
    """The folder, made where it is not there. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written to ({error.strerror}); choose another folder"
        ) from error
    return folder


@asynccontextmanager
async def remembered(
    spec: str, folder: Path, *, usd_per_million: str = "", purse: Purse | None = None
) -> AsyncIterator[Engine]:
    """The engine with its calls remembered in ``folder``, closed at the end. New calls are paid from ``purse``."""
    from veriloop.engines.cached import Cached

    inner = engine(spec, usd_per_million)
    if purse is not None:
        from veriloop.engines.budget import Budgeted

        with spelled(spec):
            inner = Budgeted(inner, purse)
    opened = Cached(inner, made(folder) / "calls.sqlite")
    try:
        yield opened
    finally:
        await opened.close()


def asked(
    spec: str, folder: Path, work: Callable[[Engine], Awaitable[Made]], purse: Purse | None = None
) -> Made:
    """What ``work`` makes of the engine, opened as ``remembered`` does and closed at the end."""

    async def opened() -> Made:
        async with remembered(spec, folder, purse=purse) as engine:
            return await work(engine)

    return asyncio.run(opened())


@final
@dataclass(frozen=True)
class Found:
    """Problems that were read, and where the bad rows went."""

    problems: Sequence[Problem]
    quarantine: Quarantine | None = None
    saved: Path | None = None

    def summary(self) -> str:
        """What was set aside and where, in words; empty where nothing was."""
        if self.quarantine is None or self.saved is None:
            return ""
        return f"\n{self.quarantine.summary()}; all in {self.saved}"


def problem_source(
    source: str, *, count: int, split: str, seed: int, out: Path, set_name: str = ""
) -> Found:
    """``count`` problems of ``source`` at most; bad rows go to a quarantine file in ``out``.

    ``set_name`` is a set of ``veriloop.bench.sets``, whose rules the answers get.
    """
    if set_name:
        from veriloop.bench.sets import read_set

        read = read_set(set_name, source, limit=count)
        return Found(read.problems, read.quarantine, read.quarantine.save(out))
    if source == WORLD:
        from veriloop.abacus.world import abacus_problems

        if split not in ("train", "heldout"):
            raise InputError(f"abacus has the splits train and heldout, not {split!r}")
        return Found(abacus_problems(seed, count, split))
    from veriloop.store.problems import read_problems

    found, quarantine = read_problems(source, limit=count)
    problems = list(found)
    return Found(problems, quarantine, quarantine.save(out))


def recipe_sources(options: Any, out: Path) -> tuple[Found, Found]:
    """What a recipe learns from and what it measures on, by the options ``problems``, ``heldout``, their counts and
    ``seed``.
    """
    seed = options.seed
    return (
        problem_source(options.problems, count=options.train_count, split="train", seed=seed, out=out),
        problem_source(options.heldout, count=options.heldout_count, split="heldout", seed=seed, out=out),
    )  # fmt: skip
