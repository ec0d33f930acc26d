"""The contract of a verifier, checked from outside: what combiners, cards, feedback and trainers rely on.

What it declares it keeps; who speaks stands in every verdict; what fails is never a zero. Nothing here judges whether
it sees anything: gold cases and report cards do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, final

from veriloop.errors import EngineError
from veriloop.protocols import Completion, Engine, Reply, Request, Scored, ScoreRequest, Verifier
from veriloop.records import (
    NO_ERROR,
    Finish,
    Form,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.testing.rebuild import check_repr, require
from veriloop.testing.verbs import sample_groups

Failing: TypeAlias = "Verifier | Callable[[Engine], Verifier]"
NONSENSE = "I cannot say."


async def check_verifier(
    verifier: Verifier,
    groups: Sequence[Group] = (),
    *,
    failing: Failing | None = None,
    unreadable: str | None = NONSENSE,
    deterministic: bool | None = None,
    rebuild: bool = True,
) -> None:
    """One verdict for each solution, in order, each with a value or a reason for having none, and as declared.

    ``groups`` are examples to judge; without any, two small sums are judged. Each is also judged backwards, without
    solutions, with a solution that has no steps, and without what the problem's answers are checked by.
    ``failing`` is the verifier with everything that it asks out of order, or a function that builds it over an engine:
    then it is also built over one that answers ``unreadable`` to all (None where such an answer is a legitimate one,
    as a rollout without an answer is). ``deterministic`` is as it declares where it is None.
    """
    require(
        isinstance(verifier.name, str) and bool(verifier.name),
        f"verdicts are filed under the verifier's name, a text, got {verifier.name!r}",
    )
    traits = _declared(verifier)
    same = traits.deterministic if deterministic is None else deterministic
    given = tuple(groups or sample_groups())
    for group in given:
        none = await verifier.verify(replace(group, solutions=(), verdicts=()))
        require(none == (), f"a group without solutions gets no verdicts, (), got {none!r}")
        verdicts = await _verdicts(verifier, group)
        if same:
            require(
                await verifier.verify(group) == verdicts,
                "the same group got other verdicts the second time: derive seeds from content, or say "
                "deterministic=False",
            )
        await _check_order(verifier, group, verdicts, same)
        await _check_empty(verifier, group)
        await _check_bare(verifier, group)
        if failing is not None:
            await _check_failing(failing, group, unreadable)
    if rebuild:
        check_repr(verifier)


def _declared(verifier: Verifier) -> Traits:
    traits = getattr(verifier, "traits", None)
    require(
        isinstance(traits, Traits) and traits.forms and traits.granularities,
        f"a verifier declares what it is as its attribute traits, Traits(source, forms, granularities), got {traits!r}",
    )
    assert isinstance(traits, Traits)
    return traits


async def _verdicts(verifier: Verifier, group: Group) -> tuple[Verdict, ...]:
    """What it says of a group, each verdict checked."""
    verdicts = await verifier.verify(group)
    require(
        isinstance(verdicts, tuple) and len(verdicts) == len(group.solutions),
        f"{len(group.solutions)} solutions need as many verdicts in a tuple, got {verdicts!r}"[
            :400
        ],
    )
    for verdict, solution in zip(verdicts, group.solutions, strict=True):
        require(isinstance(verdict, Verdict), f"a verdict is a Verdict, got {verdict!r}")
        require(
            verdict.solution == solution.id and verdict.problem == group.problem.id,
            "a verdict names another solution or problem than the one in its place: keep the order of "
            "group.solutions",
        )
        require(
            verdict.verifier == verifier.name,
            f"a verdict is filed under {verdict.verifier!r}, and the verifier is {verifier.name!r}",
        )
        _check_places(verdict, solution)
        _check_kind(verdict, _declared(verifier))
    return verdicts


def _check_places(verdict: Verdict, solution: Solution) -> None:
    """What it says of steps and tokens are steps and tokens of the solution."""
    steps, first = len(solution.steps), verdict.first_error
    require(
        len(verdict.step_scores) <= steps and all(0 <= x <= 1 for x in verdict.step_scores),
        f"step_scores are at most one number in [0, 1] for each of {steps} steps, got "
        f"{verdict.step_scores!r}",
    )
    require(
        first is None or NO_ERROR <= first < max(1, steps),
        f"first_error is -1 or the 0-based index of one of {steps} steps, got {first!r}",
    )
    offsets, length = verdict.token_offsets, len(solution.text)
    require(
        list(offsets) == sorted(offsets) and all(0 <= at <= length for at in offsets),
        f"token_offsets rise within the {length} characters of the solution's text, got {offsets!r}",
    )
    require(
        verdict.scored or (not (verdict.step_scores or verdict.token_scores) and first is None),
        f"a verdict without a value ({verdict.unscored}) says something of steps or tokens: a trainer may learn it",
    )


def _check_kind(verdict: Verdict, traits: Traits) -> None:
    """A verdict is of a kind that was declared, and says who speaks."""
    require(
        verdict.form in traits.forms,
        f"a verdict has the form {verdict.form}, and {[str(f) for f in traits.forms]} are declared in traits",
    )
    require(
        verdict.granularity in traits.granularities,
        f"a verdict speaks of a {verdict.granularity}, and {[str(g) for g in traits.granularities]} are declared in "
        "traits",
    )
    # One that is made of several may say that it is a program, or an untrained part of it, that speaks here.
    who = (traits.source, Source.PROGRAM) if traits.source is Source.MODEL else (traits.source,)
    require(
        verdict.source in who and verdict.trained in (traits.trained, False),
        f"a verdict says source={verdict.source!r} and trained={verdict.trained!r}, and traits {traits.source!r} and "
        f"{traits.trained!r}: stamp both into every verdict, unscored ones too",
    )
    require(
        verdict.form is not Form.BINARY or verdict.value is None or 0 <= verdict.value <= 1,
        f"a binary verdict lies between 0 and 1, got {verdict.value!r}",
    )
    cost = verdict.cost
    counts = (cost.calls, cost.rollouts, cost.prompt_tokens, cost.tokens, cost.usd)
    require(
        all(count >= 0 for count in counts), f"a cost is at least 0, so that costs add up: {cost!r}"
    )


async def _check_order(
    verifier: Verifier, group: Group, verdicts: tuple[Verdict, ...], same: bool
) -> None:
    """Backwards too each verdict stands in its solution's place, and says what it said."""
    backwards = await _verdicts(verifier, replace(group, solutions=group.solutions[::-1]))
    for here, there in zip(verdicts, backwards[::-1], strict=True):
        require(
            not same or here.form is Form.RANKING or here.value == there.value,
            f"a solution got the value {here.value!r}, and {there.value!r} with the others in another order: what "
            "is said of it may depend on its content, not on its place",
        )


async def _check_empty(verifier: Verifier, group: Group) -> None:
    empty = Solution(group.problem.id, (), Finish.STOP, engine="empty")
    mixed = replace(group, solutions=(*group.solutions, empty))
    verdicts = await _verdicts(verifier, mixed)
    require(
        not verdicts[-1].scored,
        f"a solution without steps got the value {verdicts[-1].value!r}: it is unscored (EMPTY), "
        "which is not a zero",
    )


async def _check_bare(verifier: Verifier, group: Group) -> None:
    """Without a reference a verifier that needs one has nothing to say."""
    problem = replace(group.problem, reference=None, tests=(), instructions=(), meta={})
    solutions = tuple(replace(solution, problem=problem.id) for solution in group.solutions)
    verdicts = await _verdicts(verifier, Group(problem, solutions))
    if not _declared(verifier).needs_reference:
        return
    for verdict in verdicts:
        require(
            verdict.unscored in (Unscored.NO_REFERENCE, Unscored.EMPTY, Unscored.ABSTAINED),
            f"without a reference answer a solution got {verdict.unscored or verdict.value!r}: it is unscored "
            "(NO_REFERENCE), which is not a zero, or needs_reference is not true",
        )


async def _check_failing(failing: Failing, group: Group, unreadable: str | None) -> None:
    if not isinstance(failing, Callable):
        await _check_lost(failing, group, "with all that it asks out of order")
        return
    await _check_lost(failing(_Counting(None)), group, "while its engine failed")
    if unreadable is None:
        return
    engine = _Counting(unreadable)
    verifier = failing(engine)
    verdicts = await _check_lost(verifier, group, f"for the answer {unreadable!r}")
    calls = sum(verdict.cost.calls for verdict in verdicts)
    require(
        calls == engine.answered,
        f"the costs of the verdicts come to {calls} calls, and the engine answered {engine.answered}: what an "
        "unreadable answer took is paid too",
    )


async def _check_lost(verifier: Verifier, group: Group, when: str) -> tuple[Verdict, ...]:
    verdicts = await _verdicts(verifier, group)
    for verdict in verdicts:
        require(
            not verdict.scored,
            f"{when} a solution got the value {verdict.value!r}: it is unscored with a reason (ENGINE, UNPARSED), "
            "and a failed judge never makes a zero",
        )
    return verdicts


@final
@dataclass
class _Counting:
    """An engine that says one thing to all, or fails all calls where that is None; it knows no probabilities."""

    says: str | None
    name: str = "out of order"
    answered: int = 0

    async def generate(self, request: Request) -> Reply:
        if self.says is None:
            raise EngineError("this engine always fails")
        self.answered += 1
        words = len(self.says.split())
        said = Completion(self.says, Finish.STOP, words)
        return Reply((said,) * request.n, prompt_tokens=1)

    async def score(self, request: ScoreRequest) -> Scored:
        raise EngineError("this engine always fails")

    async def close(self) -> None:
        """Nothing is open."""
