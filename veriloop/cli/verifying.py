"""The verifier that ``veriloop verify KIND`` names, opened with what it needs and closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.cli.opening import closing, remembered
from veriloop.cli.verifiers import step_verifier, whole_answers
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Engine, Sampling, Verifier

# Kinds that ``--checkpoint`` (or ``--engine``) opens, and what their verdicts are filed under.
_NAMED = {"outcome": "orm", "plus-minus": "plus-minus", "pooling": "prm", "process": "prm"}
# Kinds that ask the model of ``--engine``.
_CRITICS = {"critic": "critic_direct", "contrastive": "critic_contrastive"}
_ASKING = (
    *("montecarlo", "judge", "min-token-probability", "pairwise", "pointwise"),
    *_CRITICS,
)


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
    language: str = "python"
    fraction: bool = False
    judged_by: str = "answer"

    def sampling(self, temperature: float) -> Sampling:
        """The sampling of rollouts or of a judge."""
        from veriloop.protocols import Sampling

        return Sampling(self.max_tokens, temperature)


@asynccontextmanager
async def verifier(kind: str, options: VerifierOptions, out: Path) -> AsyncIterator[Verifier]:
    """The verifier of that kind; what it opened is closed at the end."""
    if kind in _ASKING:
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
    elif kind == "code":
        from veriloop.verify.code import Code

        yield Code(options.language, "fraction" if options.fraction else "all")
    elif kind in _NAMED:
        async with step_verifier(_spec(kind, options), out, name=_NAMED[kind]) as made:
            yield made
    elif kind == "equations":
        from veriloop.verify.equations import Equations

        yield Equations()
    elif kind == "gold":
        from veriloop.abacus.world import Gold

        yield Gold()
    else:
        async with _other(kind, options, out) as made:
            yield made


@asynccontextmanager
async def _other(kind: str, options: VerifierOptions, out: Path) -> AsyncIterator[Verifier]:
    """Kinds without options of their own, and verifiers of other packages: as they are made of the engine alone."""
    from veriloop.verify import KINDS
    from veriloop.verify.opening import SPECS, is_outside, open_verifier

    if kind not in KINDS and not is_outside(kind):
        known = ", ".join([*KINDS, "gold"])
        raise InputError(f"no verifier {kind!r}; there are {known}; or write {SPECS}")
    if options.engine:
        async with remembered(options.engine, out) as model:
            yield open_verifier(kind, engine=model)
    else:
        yield open_verifier(kind)


def _spec(kind: str, options: VerifierOptions) -> str:
    """What ``step_verifier`` is to open: ``process`` opens anything, the others say what they are."""
    if kind == "plus-minus" and options.engine:
        return f"plus-minus:{options.engine}"
    if not options.checkpoint:
        raise InputError(f"{kind} scores with a model: name its folder with --checkpoint")
    return whole_answers(options.checkpoint) if kind == "outcome" else options.checkpoint


@asynccontextmanager
async def _with_engine(kind: str, options: VerifierOptions, model: Engine) -> AsyncIterator[Any]:
    from veriloop.records import Problem, Solution
    from veriloop.verify.compare import Pairwise, Pointwise
    from veriloop.verify.equality import MathEquality
    from veriloop.verify.judge import Judge
    from veriloop.verify.montecarlo import MonteCarlo
    from veriloop.verify.surprise import MinTokenProbability

    trial = Problem("trial", "?")  # a prompt that cannot be filled is told before any is asked
    tried = Solution(trial.id, ("!",))
    if kind in ("judge", "pointwise"):
        judge = Judge(model, options.prompt, options.sampling(0.0), options.seed)
        judge.ask(trial, tried.steps)
        yield judge if kind == "judge" else Pointwise(judge)
    elif kind == "pairwise":
        prompt = "pairwise" if options.prompt == "judge" else options.prompt
        pairwise = Pairwise(model, prompt, options.sampling(0.0), options.seed, options.both_orders)
        pairwise.ask(trial, tried, tried)
        yield pairwise
    elif kind == "min-token-probability":
        yield MinTokenProbability(model)
    elif kind in _CRITICS:
        yield _critic(kind, options, model)
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


def _critic(kind: str, options: VerifierOptions, model: Engine) -> Verifier:
    from veriloop.text.critic_chats import CriticChat
    from veriloop.verify.critic import ContrastiveCritic, Critic

    prompt = _CRITICS[kind] if options.prompt == "judge" else options.prompt
    contrastive = kind == "contrastive"
    if CriticChat(prompt).contrastive is not contrastive:
        shows = "shows a reference" if CriticChat(prompt).contrastive else "shows no reference"
        raise InputError(
            f"the prompt {prompt!r} {shows}: {kind} asks with {_CRITICS[kind]} or {_CRITICS[kind]}_bare"
        )
    sampling, seed = options.sampling(0.0), options.seed
    if contrastive:
        return ContrastiveCritic(model, options.judged_by, prompt, sampling, seed)
    return Critic(model, prompt, sampling, seed)
