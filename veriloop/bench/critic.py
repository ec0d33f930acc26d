"""ProcessBench's critic: a language model reads numbered paragraphs and names the earliest wrong one.

Protocol: "ProcessBench" (https://arxiv.org/abs/2412.06559), section 4.1 and appendix: one user turn, paragraphs
numbered from 0, the index in a box; greedy, or a vote over eight samples. The wording of the prompt is ours.
The judge that makes training labels has another protocol and lives in ``verify``.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

from veriloop.errors import InputError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Engine, Request, Sampling
from veriloop.records import (
    NO_ERROR,
    Finish,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.prompts import load_prompt
from veriloop.text.tagged import parse_critic
from veriloop.verify.asking import Asked, ask
from veriloop.verify.stamp import stamped

GREEDY = Sampling(max_tokens=8192, temperature=0.0)
VOTING = Sampling(max_tokens=8192, temperature=1.0, top_p=0.9)
# Of the Qwen2.5-Math-Instruct models, which write nonsense at temperature 1 (the official code).
VOTING_QWEN_MATH = Sampling(max_tokens=8192, temperature=0.7, top_p=0.8, top_k=20)
_BOXED = re.compile(r"\\boxed\{([^}]*)\}")


@final
@dataclass(frozen=True)
class Critic:
    """A critic over any engine. The paper's settings: ``votes=1, sampling=GREEDY`` or ``votes=8, sampling=VOTING``.

    Every critique is kept in the verdict's ``detail``.
    """

    engine: Engine
    votes: int = 1
    sampling: Sampling = GREEDY
    seed: int = 42
    name: str = "critic"
    traits: ClassVar[Traits] = Traits(
        Source.MODEL, (Form.TEXT,), (Granularity.STEP,), deterministic=False
    )

    def __post_init__(self) -> None:
        if self.votes < 1:
            raise ValueError(f"a critic needs at least one vote, got {self.votes}")
        if self.votes > 1 and self.sampling.temperature == 0:
            raise ValueError(
                f"{self.votes} greedy votes are one vote {self.votes} times: give sampling=VOTING, or votes=1"
            )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution: the index voted for, or why there is none."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    def ask(self, problem: Problem, steps: Sequence[str]) -> tuple[Message, ...]:
        """The chat that is sent for one solution: the problem and its steps, and nothing else of it."""
        paragraphs = "\n\n".join(
            f"<paragraph_{i}>\n{step}\n</paragraph_{i}>" for i, step in enumerate(steps)
        )
        template = load_prompt("veriloop.bench", "processbench_critic")
        return (Message("user", template.fill(problem=problem.text, paragraphs=paragraphs)),)

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return stamped(self, solution, unscored=Unscored.EMPTY, made_by=repr(self))
        request = Request(
            self.ask(problem, solution.steps),
            self.sampling,
            seed=derive_seed(self.seed, "critic", solution.id),
            n=self.votes,
        )
        asked = await ask(self.engine, request)
        if not asked.answered:
            why: dict[str, Json] = {"error": asked.why}
            return stamped(self, solution, unscored=Unscored.ENGINE, detail=why, made_by=repr(self))
        return self._read(solution, asked)

    def _read(self, solution: Solution, asked: Asked) -> Verdict:
        read = read_critiques(asked.completions, len(solution.steps))
        first = read.first_error
        return stamped(
            self,
            solution,
            value=None if first is None else float(first == NO_ERROR),
            unscored=read.unscored,
            first_error=first,
            critique=read.critique,
            cost=asked.cost,
            detail=read.detail,
            made_by=repr(self),
        )


def vote(texts: Sequence[str]) -> int | None:
    r"""The official vote: the most common content of the last ``\boxed{}``, as a string; then a whole number.

    Texts without a box do not vote, the string seen first wins a tie, and a winner that is no whole number is
    None.

    >>> vote([r"\boxed{2}", r"\boxed{-1}", r"\boxed{ 2 }", "no box"])
    2
    """
    strings = [boxes[-1].strip() for text in texts if (boxes := _BOXED.findall(text))]
    if not strings:
        return None
    return parse_critic(rf"\boxed{{{Counter(strings).most_common(1)[0][0]}}}")


@final
@dataclass(frozen=True)
class CritiqueReading:
    """What critiques of one solution come to: an index (-1 none), or why there is none.

    ``critique`` is the first text that says what was voted for, else the first. ``detail`` keeps every text, how it
    ended and what it voted, so that they can be read again.
    """

    first_error: int | None
    unscored: Unscored | None
    critique: str | None
    detail: dict[str, Json]


def read_critiques(answers: Sequence[Completion], steps: int) -> CritiqueReading:
    """Vote over the critiques of a solution of ``steps`` steps; an index beyond them is an unparsed answer."""
    texts = [c.text for c in answers]
    where = vote(texts)
    critique = next((t for t in texts if where is not None and parse_critic(t) == where), None)
    if critique is None and texts:
        critique = texts[0]
    unscored = None
    if where is None or not NO_ERROR <= where < steps:
        unscored, where = _why_unread(answers), None
    votes: list[Json] = [parse_critic(t) for t in texts]
    ends: list[Json] = [c.finish.value for c in answers]
    return CritiqueReading(
        where, unscored, critique, {"votes": votes, "critiques": list(texts), "finish": ends}
    )


def saved_critiques(verdict: Verdict) -> tuple[Completion, ...]:
    """The critiques that a critic's verdict was read from; empty where it keeps none."""
    texts, ends = verdict.detail.get("critiques"), verdict.detail.get("finish")
    if not isinstance(texts, Sequence) or isinstance(texts, str):
        return ()
    known = (
        ends if isinstance(ends, Sequence) and len(ends) == len(texts) else ["given"] * len(texts)
    )
    return tuple(Completion(str(t), Finish(str(e))) for t, e in zip(texts, known, strict=True))


def vote_again(verdict: Verdict, solution: Solution, votes: int) -> Verdict:
    """The verdict that the first ``votes`` of its critiques give, as if no more had been asked for.

    One whose engine failed, or that has no critiques, stands as it is. The cost stays that of all critiques. Raises
    InputError where fewer were saved.
    """
    saved = saved_critiques(verdict)
    if not saved:
        return verdict
    if len(saved) < votes:
        raise InputError(
            f"{votes} votes of {len(saved)} saved critiques of solution {solution.id}: give at most {len(saved)}"
        )
    read = read_critiques(saved[:votes], len(solution.steps))
    return replace(
        verdict,
        value=None if read.first_error is None else float(read.first_error == NO_ERROR),
        unscored=read.unscored,
        first_error=read.first_error,
        critique=read.critique,
        detail=read.detail,
    )


@final
@dataclass(frozen=True)
class CritiqueCounts:
    """Critiques of a subset: all, those without an index that could be read, and of these the ones that were cut."""

    asked: int
    unread: int
    cut: int

    def to_json(self) -> dict[str, Json]:
        """The counts as JSON."""
        return {"asked": self.asked, "unread": self.unread, "cut": self.cut}


def count_critiques(
    subsets: Sequence[str], verdicts: Sequence[Verdict | None]
) -> dict[str, CritiqueCounts]:
    """By subset, over rows and their verdicts in the same order; empty where no verdict keeps critiques."""
    found: dict[str, list[Completion]] = {}
    for subset, verdict in zip(subsets, verdicts, strict=True):
        saved = saved_critiques(verdict) if verdict is not None else ()
        if saved:
            found.setdefault(subset, []).extend(saved)
    counts: dict[str, CritiqueCounts] = {}
    for subset, answers in found.items():
        unread = [c for c in answers if parse_critic(c.text) is None]
        cut = sum(c.finish is Finish.LENGTH for c in unread)
        counts[subset] = CritiqueCounts(len(answers), len(unread), cut)
    return counts


def _why_unread(answers: Sequence[Completion]) -> Unscored:
    if not answers:
        return Unscored.ENGINE
    cut = all(c.finish is Finish.LENGTH for c in answers)
    return Unscored.TRUNCATED if cut else Unscored.UNPARSED
