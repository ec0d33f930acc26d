"""What decides the recipe's numbers, besides problems and models; and the arms of the study that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

from veriloop.protocols import Sampling
from veriloop.text.chats import Chat
from veriloop.train.config import Precision
from veriloop.train.sft_config import Optimiser

Way: TypeAlias = Literal["contrastive", "direct", "inject"]
WAYS: Final[tuple[Way, ...]] = ("contrastive", "direct", "inject")
TITLES: Final[Mapping[Way, str]] = {
    "contrastive": "contrastive critic",
    "direct": "direct critic",
    "inject": "bug injection",
}
BASE: Final = "base"
# What a critique has to pass: all four gates, or none but that it can be read and holds no reference.
GATED: Final = ("accepts", "answer", "agreement", "last-step")
UNGATED: Final[tuple[str, ...]] = ()


@final
@dataclass(frozen=True)
class Prompts:
    """The prompt files: of a critic's two ways to be asked, and of injection."""

    direct: str = "critic_direct"
    contrastive: str = "critic_contrastive"
    inject: str = "inject"


@final
@dataclass(frozen=True)
class Fit:
    """How a critic is fine-tuned; None is the optimiser's usual choice. ``rehearsal`` adds, for each critique that is
    learnt, so many critiques as they were written beside a reference: what keeps a small critic able to write more.
    ``device`` and ``dtype`` are those of the fit.
    """

    optimiser: Optimiser = "adamw"
    epochs: int | None = None
    rate: float | None = None
    batch: int | None = None
    rehearsal: float = 0.0
    device: str = "cpu"
    dtype: Precision = "float32"


@final
@dataclass(frozen=True)
class Settings:
    """What decides the numbers.

    ``base`` is the checkpoint the critic starts from. ``votes`` samples of it vote on each problem's answer; an answer
    needs ``vote_share`` of them. ``samples`` solutions of each student are criticised for each training problem, at
    most ``cap`` of each student and class; ``measured`` are sampled for each held-out problem and ``heldout_cap`` of
    all are measured. A critic is trained on each of ``sizes`` many critiques from each of ``ways``; those of
    ``continued`` go on for ``rounds`` rounds at the largest size. ``ungated`` trains one more without the gates.
    ``kind`` is how checkpoints are opened to generate: local, pool or vllm.
    """

    base: str
    prompts: Prompts = Prompts()
    fit: Fit = Fit()
    sampling: Sampling = Sampling()
    critique: Sampling = Sampling(temperature=0.0)
    chat: Chat = Chat()
    votes: int = 8
    vote_share: float = 0.5
    samples: int = 2
    cap: int = 50_000
    measured: int = 2
    heldout_cap: int = 300
    ways: tuple[Way, ...] = WAYS
    sizes: tuple[int, ...] = (100, 200, 400)
    continued: tuple[Way, ...] = ("contrastive",)
    rounds: int = 3
    ungated: bool = True
    kind: str = "local"
    seed: int = 0
    workers: int = 1


@final
@dataclass(frozen=True)
class Arm:
    """One trained critic of the study: in ``round`` (from 1) from at most ``size`` balanced critiques made by ``way``.

    ``after`` is the arm whose critic wrote and checked the critiques and is the base of this one; empty for the
    base critic. ``sized_as`` is the arm whose number of critiques this one takes.
    """

    name: str
    way: Way
    size: int
    gates: tuple[str, ...] = GATED
    round: int = 1
    after: str = ""
    sized_as: str = ""

    @property
    def title(self) -> str:
        """What the page calls it, short enough for a terminal. Later rounds and no gates are of the largest size."""
        which = f"round {self.round}" if self.round > 1 else f"{self.size:,}"
        return f"{TITLES[self.way].removesuffix(' critic')}, {which if self.gates else 'no gates'}"

    @property
    def source(self) -> str:
        """The folder of its critiques: those of the first round are shared by all sizes."""
        return f"round-{self.round}/{self.way}"

    @property
    def critiques(self) -> str:
        """The stage of its examples."""
        return f"{self.source}/{'kept' if self.gates else 'ungated'}"


def arms(settings: Settings) -> list[Arm]:
    """All arms, those of an earlier round first."""
    sizes = sorted(set(settings.sizes))
    found = [Arm(f"{way}-{size}", way, size) for way in settings.ways for size in sizes]
    if settings.ungated and "contrastive" in settings.ways:
        gated = f"contrastive-{sizes[-1]}"
        found.append(Arm("contrastive-ungated", "contrastive", sizes[-1], UNGATED, sized_as=gated))
    for number in range(2, settings.rounds + 1):
        for way in settings.continued:
            before = line(settings, way)[number - 2]
            found.append(Arm(f"{way}-round-{number}", way, sizes[-1], round=number, after=before))
    return found


def line(settings: Settings, way: Way) -> list[str]:
    """The names of the critics of ``way`` over the rounds."""
    first = f"{way}-{max(settings.sizes)}"
    later = [f"{way}-round-{number}" for number in range(2, settings.rounds + 1)]
    return [first, *(later if way in settings.continued else ())]


def of_round(found: Sequence[Arm], number: int) -> list[Arm]:
    """The arms of a round."""
    return [arm for arm in found if arm.round == number]
