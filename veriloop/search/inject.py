"""Plant an error in a right solution: the first step of the bug-injection critic.

Source: SCRIT (arXiv 2501.05727, section 3): a model injects a bug into a right solution, and a direct critic then
criticises the result. What the paper finds of it: planted errors are simple and repetitive. A reply that changes
nothing, that is empty or that was cut is no bug and is said with its reason. Criticising is ``veriloop.verify``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.errors import EngineError
from veriloop.ids import Json, derive_seed, describe
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import Dropped, Finish, Message, Problem, Solution
from veriloop.text.answer_rules import find_answer
from veriloop.text.prompts import load_prompt
from veriloop.text.steps import split_steps
from veriloop.text.tagged import tagged_sections
from veriloop.text.thoughts import without_thoughts

EMPTY = "inject: the reply is empty"
CUT = "inject: the reply was cut by the token limit"
SAME = "inject: the solution came back unchanged"
NO_STEPS = "inject: the solution has no steps"


@final
@dataclass(frozen=True)
class Inject:
    """One error planted by ``engine``. ``prompt`` names a text file in ``veriloop/search/prompts``: ``inject`` for
    general models, ``inject_bare`` for those fine-tuned to the layout.

    The new solution counts as the engine's, with the ``sample`` of the old one; its answer is what its text says.
    """

    engine: Engine
    prompt: str = "inject"
    sampling: Sampling = Sampling()
    seed: int = 0

    def ask(self, problem: Problem, solution: Solution) -> tuple[Message, ...]:
        """The chat that is sent."""
        template = load_prompt("veriloop.search", self.prompt)
        return (Message("user", template.fill(problem=problem.text, solution=solution.text)),)

    async def inject(self, problem: Problem, solution: Solution) -> Solution | Dropped:
        """The solution with an error in it, or why there is none. Raises EngineError as the engine does.

        Whether the solution was right, and whether the new one is wrong, is not looked at: labels come from verifiers.
        """
        if not solution.steps:
            return self._none(solution, NO_STEPS)
        seed = derive_seed(self.seed, "inject", solution.id)
        reply = await self.engine.generate(
            Request(self.ask(problem, solution), self.sampling, seed=seed)
        )
        if not reply.completions:
            raise EngineError(
                f"engine {self.engine.name!r} gave no choice for solution {solution.id}"
            )
        completion = reply.completions[0]
        if completion.finish is Finish.LENGTH:
            return self._none(solution, CUT, tokens=completion.tokens)
        text = written(completion.text)
        steps = tuple(step.text for step in split_steps(text))
        if not steps:
            return self._none(solution, EMPTY)
        if first_change(solution.steps, steps) is None:
            return self._none(solution, SAME)
        return Solution(
            problem=problem.id,
            steps=steps,
            finish=completion.finish,
            answer=find_answer(problem, text),
            tokens=completion.tokens,
            engine=self.engine.name,
            seed=seed,
            sample=solution.sample,
            made_by=describe(self),
        )

    def _none(self, solution: Solution, reason: str, tokens: int | None = None) -> Dropped:
        detail: dict[str, Json] = {} if tokens is None else {"tokens": tokens}
        return Dropped(solution.id, reason, solution.problem, detail=detail)


def written(text: str) -> str:
    """The solution in a reply: what stands in the last ``<solution>``, or all that follows any thoughts."""
    said = without_thoughts(text) or ""
    sections = tagged_sections(said, "solution")
    return sections[-1].text if sections else said.strip()


def first_change(before: tuple[str, ...], after: tuple[str, ...]) -> int | None:
    """The index of the first step of ``after`` that differs from ``before`` in more than white space, the number of
    its steps where it only stops early; None where nothing differs. It is the planted error where ``before`` is right
    and the model kept to its task.
    """
    old, new = ([" ".join(step.split()) for step in steps] for steps in (before, after))
    if old == new:
        return None
    same = (i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1])
    return next(same, min(len(old), len(new)))
