"""A verifier as a scorer of inspect_ai.

What cannot be scored is inspect's ``Score.unscored``: kept with its reason, left out of metrics, counted beside them.
Inspect judges one sample at a time, so a verifier that ranks scores none. Running an evaluation is inspect's business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from veriloop.bridges.judging import judge_all, told, why_not
from veriloop.bridges.rows import problem_of, prompt_of, solution_of
from veriloop.errors import MissingExtra
from veriloop.protocols import Verifier
from veriloop.records import Finish, Message, Unscored, Verdict
from veriloop.text.answer_rules import find_answer
from veriloop.verify.opening import open_verifier

if TYPE_CHECKING:
    from inspect_ai.scorer import Score, Scorer, Target
    from inspect_ai.solver import TaskState

# Whose failure it was, in inspect's words; the exact reason stands in the metadata.
_REASONS: Mapping[str, str] = {
    Unscored.ENGINE: "grader_failed",
    Unscored.UNPARSED: "grader_failed",
    Unscored.TRUNCATED: "grader_failed",
    Unscored.EMPTY: "no_response",
}
_FINISHES = {"stop": Finish.STOP, "max_tokens": Finish.LENGTH, "model_length": Finish.LENGTH}


def scorer(
    verifier: Verifier | str,
    *,
    columns: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Scorer:
    """An inspect scorer, with the metrics accuracy and stderr over scored samples.

    ``verifier`` may be a text for ``open_verifier``. The sample's input is the prompt, its target the reference, and
    its metadata carries the other fields of the problem (see ``rows.COLUMNS``). Of several targets any may be met: the
    best verdict counts, and where none is met (a reward of 1) and one could not be scored, the sample is unscored. The
    value is the reward, the explanation the critique or the error, and ``metadata["verdict"]`` the whole verdict.
    Raises MissingExtra without inspect_ai.
    """
    try:
        from inspect_ai.scorer import accuracy, stderr
        from inspect_ai.scorer import scorer as register
    except ImportError as error:
        raise MissingExtra("inspect_ai", "inspect", "the inspect_ai scorer") from error
    opened = open_verifier(verifier)

    @register(metrics=[accuracy(), stderr()], name=name or opened.name)
    def make() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return await _score(opened, state, tuple(target), columns)

        return score

    return make()


async def _score(
    verifier: Verifier,
    state: TaskState,
    targets: tuple[str, ...],
    columns: Mapping[str, str] | None,
) -> Score:
    row: dict[str, Any] = {**(state.metadata or {}), "prompt": _prompt(state)}
    text = state.output.completion
    choices = state.output.choices
    finish = _FINISHES.get(choices[0].stop_reason, Finish.GIVEN) if choices else Finish.GIVEN
    said: list[tuple[Verdict, float | None]] = []
    answer = None
    for reference in [target for target in targets if target.strip()] or [""]:
        problem = problem_of({**row, "reference": reference} if reference else row, columns)
        answer = find_answer(problem, text)
        (judged,) = await judge_all(
            verifier, [(problem, solution_of(problem, text, finish=finish))]
        )
        said.append(judged)
    return _made(*_met(said), answer)


def _prompt(state: TaskState) -> str | tuple[Message, ...]:
    if isinstance(state.input, str):
        return state.input
    return prompt_of([{"role": turn.role, "content": turn.text} for turn in state.input])


def _met(said: Sequence[tuple[Verdict, float | None]]) -> tuple[Verdict, float | None]:
    """The best of the targets' verdicts; one without a reward where another target might be the one that is met."""
    best = max(said, key=lambda one: -math.inf if one[1] is None else one[1])
    lost = next((one for one in said if one[1] is None), None)
    return best if lost is None or (best[1] is not None and best[1] >= 1) else lost


def _made(verdict: Verdict, reward: float | None, answer: str | None) -> Score:
    from inspect_ai.scorer import Score

    error = verdict.detail.get("error")
    explanation = verdict.critique or (str(error) if error else None)
    metadata: dict[str, Any] = {"verdict": told(verdict)}
    if reward is not None:
        return Score(value=reward, answer=answer, explanation=explanation, metadata=metadata)
    why = why_not(verdict, reward)
    reason = _REASONS.get(why, "scoring_failed")
    return Score.unscored(
        reason=reason, answer=answer, explanation=explanation or why, metadata=metadata
    )
