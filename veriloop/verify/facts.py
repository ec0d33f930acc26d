"""Claims of a solution checked one by one by a tool: documents, a knowledge graph, a calculator.

Sources: KGR (arXiv 2311.13314), which extracts claims and checks them against a graph, and CRITIC (arXiv 2305.11738),
whose critique comes from tools: hand this verifier to ``search.refine``. A model writes down the claims; the tool that
is handed in decides, or shows what a model then reads. What is neither supported nor refuted is unknown and decides
nothing. Which tools there are is not known here.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, final

from veriloop.ids import Json, derive_seed
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import (
    Cost,
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
from veriloop.text.tagged import tagged_sections
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.asking import ask
from veriloop.verify.stamp import stamped

_STATES = re.compile(r"\W*(supported|refuted|unknown)\b", re.IGNORECASE)


class Observed(Protocol):
    """What a tool answers: a text, or an error."""

    @property
    def text(self) -> str:
        """What it found."""
        ...

    @property
    def error(self) -> str:
        """Why it could not; empty where it could."""
        ...

    @property
    def ok(self) -> bool:
        """True where it could."""
        ...


class Asked(Protocol):
    """Who is asked about a claim; every tool of ``search.tools`` fits."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def description(self) -> str:
        """For the model: what a claim must look like to be checked."""
        ...

    async def call(self, text: str) -> Observed:
        """What is found about a claim."""
        ...


class State(StrEnum):
    """What became of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@final
@dataclass(frozen=True)
class Claim:
    """One claim; ``step`` is the 0-based step that makes it, None where the model did not say."""

    text: str
    step: int | None = None
    state: State = State.UNKNOWN
    evidence: str = ""


@final
@dataclass(frozen=True)
class Facts:
    """0 where a claim is refuted, 1 where all are supported; no value where none is refuted and some are unknown (with
    ``unknown`` "ignore": where none is supported), or where there are no claims.

    ``decides`` says who decides: "tool", whose answer begins with supported, refuted or unknown (graph, calculator), or
    "model", which reads what the tool shows (lookup). ``extract`` and ``read`` name text files in
    ``veriloop/verify/prompts``; ``most`` claims are checked, further ones stay unknown. The critique lists refuted
    claims with what refutes them.
    """

    engine: Engine
    tool: Asked
    decides: Literal["tool", "model"] = "model"
    unknown: Literal["abstain", "ignore"] = "abstain"
    extract: str = "facts_extract"
    read: str = "facts_read"
    most: int = 10
    sampling: Sampling = Sampling(temperature=0.0)
    seed: int = 0
    name: str = "facts"

    def __post_init__(self) -> None:
        if self.decides not in ("tool", "model") or self.unknown not in ("abstain", "ignore"):
            raise ValueError(
                f"decides is tool or model and unknown is abstain or ignore, got {self.decides!r}, {self.unknown!r}"
            )
        if self.most < 1:
            raise ValueError(f"most is how many claims are checked, at least 1, got {self.most}")

    @property
    def traits(self) -> Traits:
        """A model finds the claims, so a model speaks."""
        return Traits(Source.MODEL, (Form.TEXT,), (Granularity.TRAJECTORY,), deterministic=False)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail["claims"]`` has every claim with its state and evidence."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return self._verdict(solution, _Read(unscored=Unscored.EMPTY))
        steps = "\n\n".join(
            f"<step_{i}>\n{s}\n</step_{i}>" for i, s in enumerate(solution.steps, 1)
        )
        asked = load_prompt("veriloop.verify", self.extract).fill(
            problem=problem.text, steps=steps, tool=self.tool.description, most=str(self.most)
        )
        text, cost, failed = await self._ask(asked, "extract", solution.id)
        if failed is not None:
            return self._verdict(solution, _Read(unscored=failed, why=text, cost=cost))
        claims = _claims(text, len(solution.steps))
        if claims is None:
            return self._verdict(
                solution, _Read(unscored=Unscored.UNPARSED, why=text[:500], cost=cost)
            )
        checked = await asyncio.gather(*(self._check(c, solution.id) for c in claims[: self.most]))
        for _, more, _ in checked:
            cost += more
        lost = next((reason for _, _, reason in checked if reason), None)
        read = _Read((*(claim for claim, _, _ in checked), *claims[self.most :]), cost=cost)
        return self._verdict(solution, read, lost)

    async def _check(self, claim: Claim, solution: str) -> tuple[Claim, Cost, Unscored | None]:
        """The claim with its state, what that took, and why it was not decided where a model failed."""
        shown = await self.tool.call(claim.text)
        said = shown.text if shown.ok else shown.error
        if not shown.ok:
            return Claim(claim.text, claim.step, State.UNKNOWN, said), Cost(), None
        if self.decides == "tool":
            return Claim(claim.text, claim.step, _state(said) or State.UNKNOWN, said), Cost(), None
        asked = load_prompt("veriloop.verify", self.read).fill(claim=claim.text, evidence=said)
        text, cost, failed = await self._ask(asked, "read", f"{solution} {claim.text}")
        sections = tagged_sections(text, "finding") if failed is None else ()
        state = _state(sections[-1].text) if sections else None
        return Claim(claim.text, claim.step, state or State.UNKNOWN, said), cost, failed

    async def _ask(self, prompt: str, what: str, which: str) -> tuple[str, Cost, Unscored | None]:
        """What the engine writes, what it took, and why it cannot be used."""
        seed = derive_seed(self.seed, "facts", what, which)
        request = Request((Message("user", prompt),), self.sampling, seed=seed)
        asked = await ask(self.engine, request)
        if asked.why:
            return asked.why, Cost(asked.cost.calls), Unscored.ENGINE
        one = asked.completions[0]
        text = without_thoughts(one.text) or ""
        return text, asked.cost, Unscored.TRUNCATED if one.finish is Finish.LENGTH else None

    def _verdict(self, solution: Solution, read: _Read, lost: Unscored | None = None) -> Verdict:
        states = [claim.state for claim in read.claims]
        refuted = [claim for claim in read.claims if claim.state is State.REFUTED]
        enough = State.SUPPORTED in states and (
            self.unknown == "ignore" or State.UNKNOWN not in states
        )
        unscored, value = read.unscored, None
        if unscored is None:
            value = 0.0 if refuted else 1.0 if enough and lost is None else None
            unscored = (lost or Unscored.ABSTAINED) if value is None else None
        places = [claim.step for claim in refuted if claim.step is not None]
        detail: dict[str, Json] = {
            "claims": [
                {"claim": c.text, "step": c.step, "state": c.state.value, "evidence": c.evidence}
                for c in read.claims
            ]
        }
        if read.why:
            detail["error"] = read.why
        return stamped(
            self,
            solution,
            value=value,
            unscored=unscored,
            first_error=min(places) if places else None,
            critique="\n\n".join(map(_told, refuted)) or None,
            cost=read.cost,
            detail=detail,
        )


@final
@dataclass(frozen=True)
class _Read:
    claims: tuple[Claim, ...] = ()
    unscored: Unscored | None = None
    why: str = ""
    cost: Cost = Cost()


def _claims(text: str, steps: int) -> list[Claim] | None:
    """Tagged claims without repeats; empty where the model says that there are none, None where it cannot be read."""
    found = [s for s in tagged_sections(text, "claim") if s.closed and s.text]
    if not found:
        return [] if re.search(r"\bno claims?\b", text, re.IGNORECASE) else None
    claims: dict[str, Claim] = {}
    for section in found:
        known = section.index is not None and 1 <= section.index <= steps
        step = section.index - 1 if known and section.index is not None else None
        claims.setdefault(section.text, Claim(section.text, step))
    return list(claims.values())


def _state(text: str) -> State | None:
    """The state that a text begins with."""
    found = _STATES.match(text)
    return State(found[1].lower()) if found else None


def _told(claim: Claim) -> str:
    where = "" if claim.step is None else f" (step {claim.step + 1})"
    return f"This claim is refuted{where}: {claim.text}\nWhat was found: {claim.evidence}"
