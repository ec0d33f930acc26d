"""The contracts of search and feedback, checked from outside on small groups.

Nothing here judges whether a strategy finds, sees or teaches anything: gold cases and benchmarks do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from veriloop.engines.scripted import Scripted
from veriloop.protocols import Completion, Engine, Feedback, Kept, Search
from veriloop.records import (
    Example,
    Finish,
    Group,
    Problem,
    Solution,
    Unscored,
)
from veriloop.testing.rebuild import check_repr, require


async def check_search(
    search: Search, problem: Problem, engine: Engine, *, rebuild: bool = True
) -> None:
    """Solutions belong to the problem, are numbered from 0, and say when they were cut.

    ``engine`` answers the problem. ``rebuild`` False is for objects whose parts have no repr that rebuilds.
    """
    solutions = await search.search(problem, engine)
    require(
        isinstance(solutions, tuple) and bool(solutions),
        f"a search gives a tuple of at least one solution, got {solutions!r}",
    )
    for index, solution in enumerate(solutions):
        require(
            isinstance(solution, Solution) and solution.problem == problem.id,
            f"solution {index} does not name its problem: problem={problem.id!r} is expected",
        )
        require(
            solution.sample == index,
            f"solution {index} says it is sample {solution.sample}: samples count from 0, in order",
        )
        require(
            solution.finish is not Finish.GIVEN,
            f"solution {index} was generated and says it was given: pass on the completion's finish",
        )
        require(
            solution.engine == engine.name,
            f"solution {index} says engine {solution.engine!r}, and {engine.name!r} was asked",
        )
        require(all(step.strip() for step in solution.steps), f"solution {index} has an empty step")
    require(
        await search.search(problem, engine) == solutions,
        "the same search gave other solutions the second time: derive every seed from the search's "
        "own seed, the problem's id and what the stream is for",
    )
    cut = Completion("First, we note that\n\nthe answer", Finish.LENGTH, tokens=8)
    for solution in await search.search(problem, Scripted(lambda request: cut)):
        require(
            solution.finish is Finish.LENGTH,
            f"a solution that the token limit cut says {solution.finish!r}: it has to say LENGTH",
        )
    if rebuild:
        check_repr(search)


def check_feedback(feedback: Feedback, groups: Sequence[Group], *, rebuild: bool = True) -> None:
    """Feedback is a pure function of a group, gives a reason for all it drops, and learns from no verdict
    without a value. ``groups`` hold the verdicts it works on; at least one must give an example.
    """
    made = 0
    for group in groups:
        before = repr(group)
        kept = feedback.feedback(group)
        require(isinstance(kept, Kept), f"feedback gives Kept(examples, dropped), got {kept!r}")
        require(repr(group) == before, "feedback changed the group it was given: it has to be pure")
        require(
            feedback.feedback(group) == kept, "feedback of the same group differed the second time"
        )
        for example in kept.examples:
            made += 1
            require(isinstance(example, Example), f"an example is an Example, got {example!r}")
            require(
                example.problem in ("", group.problem.id),
                f"an example names problem {example.problem!r}, and the group's is {group.problem.id!r}",
            )
        for dropped in kept.dropped:
            require(
                bool(dropped.what and dropped.reason.strip()),
                f"what is dropped has a name and a reason, got {dropped!r}",
            )
        lost = feedback.feedback(_unscored(group))
        require(
            not group.verdicts or not lost.examples,
            f"{len(lost.examples)} examples were made of verdicts that have no value: unscored is not 0",
        )
        nothing = feedback.feedback(Group(group.problem))
        require(
            not nothing.examples, "examples were made of a group without solutions and verdicts"
        )
    require(made > 0, "no group gave an example: give groups whose verdicts this feedback can use")
    if rebuild:
        check_repr(feedback)


def _unscored(group: Group) -> Group:
    lost = tuple(
        replace(
            verdict,
            value=None,
            unscored=Unscored.ENGINE,
            step_scores=(),
            first_error=None,
            critique=None,
            correction=None,
            token_scores=(),
            token_offsets=(),
        )
        for verdict in group.verdicts
    )
    return replace(group, verdicts=lost)


def sample_groups() -> tuple[Group, ...]:
    """Two sums, each with a right and a wrong solution in two steps."""
    groups: list[Group] = []
    for a, b in ((17, 25), (40, 13)):
        problem = Problem("sums", f"What is {a} + {b}, and what is twice that?", str(2 * (a + b)))
        solutions = tuple(
            Solution(
                problem.id,
                (f"{a} + {b} = {total}.", rf"Twice {total} is {2 * total}: \boxed{{{2 * total}}}"),
                Finish.STOP,
                answer=str(2 * total),
                tokens=20,
                engine="sample",
                sample=sample,
            )
            for sample, total in enumerate((a + b, a + b + 1))
        )
        groups.append(Group(problem, solutions))
    return tuple(groups)
