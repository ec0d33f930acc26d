"""Chain of verification: draft, ask questions about the draft, answer them without it, and write the answer anew.

Source: Dhuliawala et al. (arXiv 2309.11495). Questions are answered where the draft is not in the context, so that its
mistakes are not repeated: all in one call (``together``), each in a call of its own (``factored``), or each so and
compared with the draft one by one before the revision (``compared``). Any search makes the draft.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, final

from veriloop.errors import EngineError
from veriloop.ids import Json, derive_seed, describe
from veriloop.protocols import Engine, Request, Sampling, Search
from veriloop.records import (
    Cost,
    Finish,
    Form,
    Granularity,
    Message,
    Problem,
    Solution,
    Source,
    Unscored,
    Verdict,
)
from veriloop.search.metered import Budget, BudgetSpent, Metered
from veriloop.search.rounds import Traced, lost_to, revision
from veriloop.search.sample import Sample, in_steps
from veriloop.text.prompts import load_prompt
from veriloop.text.tagged import tagged_sections
from veriloop.text.thoughts import without_thoughts

WAYS = ("together", "factored", "compared")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}[.):]|[-*•])\s+(.+?)\s*$", re.MULTILINE)
_AGREES = re.compile(r"\W*(agrees|disagrees|unclear)\W*", re.IGNORECASE)


@final
@dataclass(frozen=True)
class ChainOfVerification:
    """At most ``most`` questions about the first draft of ``draft``, answered in one of the ``ways``, and a revision.

    ``prompt`` is what the names of the text files begin with. Answers are sampled by ``answering``, greedy where it is
    not given, drafts by their own search, questions and the revision by ``sampling``.
    """

    draft: Search = field(default_factory=lambda: Sample(1))
    way: Literal["together", "factored", "compared"] = "factored"
    most: int = 5
    budget: Budget = field(default_factory=Budget)
    sampling: Sampling = Sampling()
    answering: Sampling = Sampling(temperature=0.0)
    seed: int = 0
    prompt: str = "cov"

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ValueError(f"way is one of {', '.join(WAYS)}, got {self.way!r}")
        if self.most < 1:
            raise ValueError(f"most is how many questions are asked, at least 1, got {self.most}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """The draft, and the revision behind it; the draft alone where no question came or the budget was spent.
        Raises EngineError as the engine does; ``trace`` keeps what was found.
        """
        return (await self.trace(problem, engine)).whole()

    async def trace(self, problem: Problem, engine: Engine) -> Traced:
        """The draft and, where there is one, the revision. The draft's verdict has questions and answers as its
        critique and in ``detail["checks"]``; it has a value only of ``compared``: 0 where an answer disagrees with the
        draft, 1 where all agree. The revision's says that it was not judged. Raises EngineError where there is no
        draft.
        """
        chain = _Chain(self, problem, Metered(engine, self.budget))
        drafts = await self.draft.search(problem, chain.meter)
        if not drafts:
            raise EngineError(f"the draft's search found nothing for problem {problem.id}")
        found, ended, lost = [drafts[0]], "revised", None
        try:
            revised = await chain.go(drafts[0])
            found += [] if revised is None else [revised]
            ended = ended if revised else "no questions"
        except BudgetSpent:
            ended = "budget"
        except EngineError as error:
            ended, lost = "engine", lost_to(problem, error, chain.stage)
        return Traced(tuple(found), chain.verdicts(found, ended), lost)


@final
@dataclass
class _Chain:
    """One problem's chain."""

    by: ChainOfVerification
    problem: Problem
    meter: Metered
    stage: str = "questions"
    checks: list[tuple[str, str]] = field(default_factory=list["tuple[str, str]"])
    said: list[str] = field(default_factory=list[str])  # agrees, disagrees or unclear of each check
    cost: Cost = Cost()  # of the checks, without draft and revision

    async def go(self, draft: Solution) -> Solution | None:
        """The revision; None where no question was asked."""
        text = await self._ask(
            "questions", 0, problem=self.problem.text, draft=draft.text, most=str(self.by.most)
        )
        questions = _questions(text)[: self.by.most]
        if not questions:
            return None
        self.stage = "answers"
        answers = await self._answers(questions)
        self.checks = list(zip(questions, answers, strict=True))
        if self.by.way == "compared":
            self.stage = "comparisons"
            self.said = await self._compare(draft)
        self.stage = "revision"
        return await self._revise(draft)

    async def _answers(self, questions: list[str]) -> list[str]:
        if self.by.way == "together":
            listed = "\n".join(f"{i}. {question}" for i, question in enumerate(questions, 1))
            text = await self._ask("answer_all", 0, questions=listed)
            sections = {s.index: s.text for s in tagged_sections(text, "answer")}
            return [sections.get(i) or "(no answer)" for i in range(1, len(questions) + 1)]
        asked = (self._ask("answer", i, question=q) for i, q in enumerate(questions))
        return await _all(asked)

    async def _compare(self, draft: Solution) -> list[str]:
        """What each answer says of the draft; what cannot be read is unclear."""
        asked = (
            self._ask("compare", i, draft=draft.text, question=question, answer=answer)
            for i, (question, answer) in enumerate(self.checks)
        )
        sections = [tagged_sections(text, "comparison") for text in await _all(asked)]
        words = [_AGREES.fullmatch(found[-1].text) if found else None for found in sections]
        return [word[1].lower() if word else "unclear" for word in words]

    async def _revise(self, draft: Solution) -> Solution:
        filled = self._fill("revise", problem=self.problem.text, draft=draft.text, checks=self.told)
        request = self._request(filled, self.by.sampling, "revise", 0)
        return await revision(
            self.problem, self.meter, request, cut=in_steps, sample=1, made_by=describe(self.by)
        )

    @property
    def told(self) -> str:
        """The checks as text."""
        words = [f" ({word} with the draft)" if word != "unclear" else "" for word in self.said]
        words += [""] * (len(self.checks) - len(words))
        return "\n\n".join(
            f"Question: {question}\nAnswer: {answer}{word}"
            for (question, answer), word in zip(self.checks, words, strict=True)
        )

    def verdicts(self, solutions: list[Solution], ended: str) -> tuple[Verdict, ...]:
        """One for each solution."""
        spent: Mapping[str, Json] = {**self.meter.spent.to_json(), "ended": ended}
        rows = [{"question": q, "answer": a} for q, a in self.checks]
        checks = (
            [{**row, "said": word} for row, word in zip(rows, self.said, strict=True)]
            if self.said
            else rows
        )
        value, lacking = None, Unscored.ENGINE if ended == "engine" else Unscored.ABSTAINED
        if self.said and "disagrees" in self.said:
            value = 0.0
        elif self.said and set(self.said) == {"agrees"}:
            value = 1.0
        first = Verdict(
            problem=self.problem.id,
            solution=solutions[0].id,
            verifier="chain-of-verification",
            form=Form.TEXT,
            granularity=Granularity.TRAJECTORY,
            value=value,
            unscored=None if value is not None else lacking,
            critique=self.told or None,
            cost=self.cost,
            detail={"checks": checks, "search": spent},
            made_by=describe(self.by),
            source=Source.MODEL,
            trained=False,
        )
        rest = (
            Verdict(
                problem=self.problem.id,
                solution=solution.id,
                verifier="chain-of-verification",
                form=Form.TEXT,
                granularity=Granularity.TRAJECTORY,
                unscored=Unscored.ABSTAINED,
                detail={"error": "the revision was not checked again"},
                made_by=describe(self.by),
                source=Source.MODEL,
                trained=False,
            )
            for solution in solutions[1:]
        )
        return (first, *rest)

    async def _ask(self, what: str, place: int, **values: str) -> str:
        """The text that the engine writes to a filled prompt, without its thoughts; cut ones are as they are."""
        answers = what in ("answer", "answer_all", "compare")
        sampling = self.by.answering if answers else self.by.sampling
        reply = await self.meter.generate(
            self._request(self._fill(what, **values), sampling, what, place)
        )
        if not reply.completions:
            raise EngineError(f"engine {self.meter.name!r} gave no sample")
        one = reply.completions[0]
        self.cost += Cost(1, 0, reply.prompt_tokens or 0, one.tokens or 0, reply.usd)
        text = (without_thoughts(one.text) or "").strip()
        return text + (" ..." if one.finish is Finish.LENGTH else "")

    def _request(self, filled: str, sampling: Sampling, what: str, place: int) -> Request:
        seed = derive_seed(self.by.seed, "cov", self.problem.id, what, place)
        return Request((Message("user", filled),), sampling, seed=seed)

    def _fill(self, what: str, **values: str) -> str:
        return load_prompt("veriloop.search", f"{self.by.prompt}_{what}").fill(**values)


async def _all(asked: Iterable[Awaitable[str]]) -> list[str]:
    """Every text, in order; where calls failed all others are finished first, and the first failure is raised."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    failed = next((one for one in found if isinstance(one, BaseException)), None)
    if failed is not None:
        raise failed
    return [one for one in found if isinstance(one, str)]


def _questions(text: str) -> list[str]:
    """The questions in a plan: tagged ones, else the lines of a list, without repeats."""
    tagged = [section.text for section in tagged_sections(text, "question") if section.closed]
    found = tagged or [line for line in _NUMBERED.findall(text) if line.endswith(("?", "？", "؟"))]
    return list(dict.fromkeys(question for question in found if question))
