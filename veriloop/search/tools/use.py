"""A model that calls tools while it solves a problem: act, observe, go on, until it answers or the budget ends.

Sources: ReAct (arXiv 2210.03629) and the tool calls of CRITIC (arXiv 2305.11738), whose check-and-revise loop is
``search.refine`` with a verifier that asks a tool. The tools are handed in; programs run in the sandbox alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import final

from veriloop.errors import EngineError
from veriloop.ids import Json, derive_seed, describe
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import (
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
from veriloop.search.rounds import Traced, lost_to, opening
from veriloop.search.tools.grammar import CLOSE, check_names, describe_tools, find_action, show
from veriloop.search.tools.observation import Observation, Tool
from veriloop.text.answer_rules import find_answer
from veriloop.text.chats import Chat
from veriloop.text.prompts import load_prompt

ANSWERED, CUT, TURNS, BUDGET, ENGINE = "answered", "cut", "turns", "budget", "engine"


@final
@dataclass(frozen=True)
class ToolUse:
    """``n`` independent runs with ``tools``, each of at most ``turns`` replies and within ``budget``.

    A reply that calls a tool is answered by what the tool says; one that calls nothing is the final answer. ``prompt``
    names the text file that explains the grammar, put before the problem; ``most`` is how many characters of an
    observation are shown. A solution has one step for each reply, the observation behind the call in it.
    """

    tools: tuple[Tool, ...]
    n: int = 1
    turns: int = 8
    budget: Budget = field(default_factory=Budget)
    sampling: Sampling = Sampling()
    seed: int = 0
    chat: Chat = Chat()
    prompt: str = "tools"
    most: int = 2000

    def __post_init__(self) -> None:
        check_names(self.tools)
        if min(self.n, self.turns, self.most) < 1:
            raise ValueError(
                f"n, turns and most are at least 1, got {self.n}, {self.turns} and {self.most}"
            )

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """The solutions of the ``n`` runs. Raises EngineError as the engine does; ``trace`` keeps what was found."""
        return (await self.trace(problem, engine)).whole()

    async def trace(self, problem: Problem, engine: Engine) -> Traced:
        """The runs' solutions, each with a verdict that has no value: it tells how the run ended and what it took
        (``detail["search"]``), and which tools were called (``detail["calls"]``). Raises EngineError where no run got
        as far as one reply.
        """
        runs = [_Run(self, problem, Metered(engine, self.budget), j) for j in range(self.n)]
        ended = await asyncio.gather(*(run.go() for run in runs))
        if not any(run.steps for run in runs):
            lost = next((run.failed for run in runs if run.failed), None)
            raise lost or EngineError(f"engine {engine.name!r} wrote nothing")
        solutions = tuple(run.solution() for run in runs)
        verdicts = tuple(
            run.told(s, how) for run, s, how in zip(runs, solutions, ended, strict=True)
        )
        failed = ((run.sample, run.failed) for run in runs if run.failed)
        lost = next((lost_to(problem, error, f"run {j}") for j, error in failed), None)
        return Traced(solutions, verdicts, lost)


@final
@dataclass
class _Run:
    """One run of one problem."""

    by: ToolUse
    problem: Problem
    meter: Metered
    sample: int
    steps: list[str] = field(default_factory=list[str])
    calls: list[Mapping[str, Json]] = field(default_factory=list[Mapping[str, Json]])
    last: str = ""
    finish: Finish = Finish.LENGTH  # until it answers: a run that was broken off is not whole
    failed: EngineError | None = None

    @property
    def seed(self) -> int:
        """Of this run, which those of its replies derive from."""
        return derive_seed(self.by.seed, "tools", self.problem.id, self.sample)

    async def go(self) -> str:
        """Run to the end; how it ended."""
        turns = self._opening()
        sampling = replace(self.by.sampling, stop=(*self.by.sampling.stop, CLOSE))
        for turn in range(self.by.turns):
            request = Request(turns, sampling, seed=derive_seed(self.seed, turn))
            try:
                reply = await self.meter.generate(request)
                completion = reply.completions[0]
            except BudgetSpent as error:
                self.failed = None if self.steps else error
                return BUDGET
            except IndexError:
                self.failed = EngineError(f"engine {self.meter.name!r} gave no sample")
                return ENGINE
            except EngineError as error:
                self.failed = error
                return ENGINE
            text, cut = completion.text, completion.finish is Finish.LENGTH
            action = find_action(text)
            if action is None or (cut and not action.closed):
                self._step(text)
                self.finish, self.last = completion.finish, "" if action else text
                return CUT if cut else ANSWERED
            said = text[: action.end] if action.closed else text + CLOSE
            observation = await self._observe(action.tool, action.text)
            shown = show(action.tool, observation, self.by.most)
            self._step(f"{said}\n{shown}")
            turns = (*turns, Message("assistant", said), Message("user", shown))
        return TURNS

    def solution(self) -> Solution:
        """What was written and observed; without a final answer it is cut and has none."""
        return Solution(
            problem=self.problem.id,
            steps=tuple(self.steps),
            finish=self.finish,
            answer=find_answer(self.problem, self.last) if self.last else None,
            tokens=self.meter.spent.tokens,
            engine=self.meter.name,
            seed=self.seed,
            sample=self.sample,
            made_by=describe(self.by),
        )

    def told(self, solution: Solution, ended: str) -> Verdict:
        """How it went, as a record: nothing is judged here."""
        spent: dict[str, Json] = {**self.meter.spent.to_json(), "ended": ended}
        error: dict[str, Json] = {"error": str(self.failed)} if self.failed else {}
        return Verdict(
            problem=self.problem.id,
            solution=solution.id,
            verifier="tools",
            form=Form.BINARY,
            granularity=Granularity.TRAJECTORY,
            unscored=Unscored.ABSTAINED,
            detail={"search": spent, "calls": list(self.calls), **error},
            made_by=describe(self.by),
            source=Source.PROGRAM,
            trained=False,
        )

    def _opening(self) -> tuple[Message, ...]:
        """The chat with the tools explained before the problem, in its last user turn."""
        turns = list(opening(self.by.chat, self.problem))
        at = max(i for i, turn in enumerate(turns) if turn.role == "user")
        template = load_prompt("veriloop.search", self.by.prompt)
        told = template.fill(tools=describe_tools(self.by.tools), problem=turns[at].content)
        turns[at] = Message("user", told)
        return tuple(turns)

    def _step(self, text: str) -> None:
        if text.strip():
            self.steps.append(text.strip())

    async def _observe(self, name: str, text: str) -> Observation:
        """What the tool says, or why there is none to ask."""
        tools = {tool.name: tool for tool in self.by.tools}
        if name in tools:
            observation = await tools[name].call(text)
        else:
            called = f"no tool is called {name!r}" if name else "the call names no tool"
            observation = Observation(error=f"{called}; there are {', '.join(tools)}")
        self.calls.append({"tool": name if name in tools else "", "ok": observation.ok})
        return observation
