"""What options name, opened: engines with their memory, problem sources, verifiers.

``abacus`` is resolved here, at the door, so that no room below knows of the embedded world.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Engine, Sampling, Verifier
    from veriloop.records import Problem
    from veriloop.store.quarantine import Quarantine
    from veriloop.verify.equality import MathEquality

WORLD = "abacus"
# Kinds that ``--checkpoint`` (or ``--engine``) opens, and what their verdicts are filed under.
_NAMED = {"outcome": "orm", "plus-minus": "plus-minus", "pooling": "prm", "process": "prm"}


def model_path(spec: str) -> str:
    """``abacus:policy`` and ``abacus:judge`` as the folders of the shipped checkpoints; others unchanged."""
    world, _, name = spec.partition(":")
    if world != WORLD:
        return spec
    from veriloop.abacus import checkpoint

    if name not in ("policy", "judge"):
        raise InputError(f"the embedded world has the models policy and judge, not {name!r}")
    return str(checkpoint(name))


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


@asynccontextmanager
async def remembered(
    spec: str, folder: Path, *, usd_per_million: str = ""
) -> AsyncIterator[Engine]:
    """The engine with its calls remembered in ``folder``, closed at the end."""
    from veriloop.engines.cached import Cached

    inner = engine(spec, usd_per_million)
    folder.mkdir(parents=True, exist_ok=True)
    opened = Cached(inner, folder / "calls.sqlite")
    try:
        yield opened
    finally:
        await opened.close()


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


@final
@dataclass(frozen=True)
class VerifierOptions:
    """The options of ``veriloop verify``, for the kinds that use them."""

    engine: str = ""
    checkpoint: str | None = None
    k: int = 8
    estimate: str = "hard"
    temperature: float = 1.0
    max_tokens: int = 2048
    prompt: str = "judge"
    seed: int = 0
    both_orders: bool = False

    def sampling(self, temperature: float) -> Sampling:
        """The sampling of rollouts or of a judge."""
        from veriloop.protocols import Sampling

        return Sampling(self.max_tokens, temperature)


@asynccontextmanager
async def verifier(kind: str, options: VerifierOptions, out: Path) -> AsyncIterator[Verifier]:
    """The verifier of that kind; what it opened is closed at the end."""
    if kind in ("montecarlo", "judge", "min-token-probability", "pairwise", "pointwise"):
        if not options.engine:
            raise InputError(f"{kind} asks a model: name one with --engine")
        async with (
            remembered(options.engine, out) as model,
            _with_engine(kind, options, model) as made,
        ):
            yield made
    elif kind == "answer":
        from veriloop.verify.answer import Answer
        from veriloop.verify.equality import MathEquality

        async with closing(MathEquality()) as equality:
            yield Answer(equality)
    elif kind in _NAMED:
        from veriloop.cli.verifiers import step_verifier

        async with step_verifier(_spec(kind, options), out, name=_NAMED[kind]) as made:
            yield made
    elif kind == "gold":
        from veriloop.abacus.world import Gold

        yield Gold()
    else:
        from veriloop.verify import KINDS

        raise InputError(f"no verifier {kind!r}; there are {', '.join([*KINDS, 'gold'])}")


def _spec(kind: str, options: VerifierOptions) -> str:
    """What ``step_verifier`` is to open: ``process`` opens anything, the others say what they are."""
    if kind == "plus-minus" and options.engine:
        return f"plus-minus:{options.engine}"
    if not options.checkpoint:
        raise InputError(f"{kind} scores with a model: name its folder with --checkpoint")
    if kind != "outcome":
        return options.checkpoint
    named = f"orm:{options.checkpoint.removeprefix('orm:')}"
    if "@http" in named:
        return named
    return f"{named}{'&' if '?' in named else '?'}granularity=trajectory"


@asynccontextmanager
async def _with_engine(kind: str, options: VerifierOptions, model: Engine) -> AsyncIterator[Any]:
    from veriloop.verify.compare import Pairwise, Pointwise
    from veriloop.verify.equality import MathEquality
    from veriloop.verify.judge import Judge
    from veriloop.verify.montecarlo import MonteCarlo
    from veriloop.verify.surprise import MinTokenProbability

    if kind in ("judge", "pointwise"):
        judge = Judge(model, options.prompt, options.sampling(0.0), options.seed)
        yield judge if kind == "judge" else Pointwise(judge)
    elif kind == "pairwise":
        prompt = "pairwise" if options.prompt == "judge" else options.prompt
        yield Pairwise(model, prompt, options.sampling(0.0), options.seed, options.both_orders)
    elif kind == "min-token-probability":
        yield MinTokenProbability(model)
    else:
        if options.estimate not in ("hard", "soft"):
            raise InputError(f"--estimate is hard or soft, not {options.estimate!r}")
        async with closing(MathEquality()) as equality:
            yield MonteCarlo(
                model,
                equality,
                options.k,
                estimate="soft" if options.estimate == "soft" else "hard",
                sampling=options.sampling(options.temperature),
                seed=options.seed,
            )
