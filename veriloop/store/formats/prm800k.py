"""PRM800K, phases 1 and 2 (Lightman et al. 2023): people's ratings of steps, with the alternatives they rejected.

Ratings 1 and 0 are right, -1 is wrong (ProcessBench, appendix C). A step that a person wrote has no rating and
is right: labellers wrote their own +1 step where all proposed ones were -1 (the set's README). A completion
that is flagged or without a rating has no label. A trajectory ends where its labels end; in phase 2 it goes on,
unlabelled, to the end of the generated solution if a wrong step was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem, Solution, Source
from veriloop.store.formats.fields import (
    hard_labels,
    kept,
    maybe_text,
    other_columns,
    problem_text,
    prompt_text,
    set_aside,
    shown,
    text,
    texts,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

_QUESTION = ("problem", "ground_truth_answer", "pre_generated_steps")
_LABELS = {1: 1.0, 0: 1.0, -1: 0.0}


@final
@dataclass(frozen=True)
class PRM800K:
    """One labelled trajectory a row: what was chosen at each step.

    ``expand`` also gives every alternative that was rated, after the chosen steps before it, so that no rating
    is lost. Rows whose problem the labeller reported as broken (finish reason ``bad_problem``) are refused
    unless ``bad_problems``. Trajectories that were given up are read as far as they go.
    """

    expand: bool = False
    bad_problems: bool = False
    name: ClassVar[str] = "prm800k"
    shown: ClassVar[str] = "question (with problem), label (with steps)"
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has the two columns, and they hold a problem and steps."""
        question, label = row.get("question"), row.get("label")
        return isinstance(question, dict) and isinstance(label, dict) and "steps" in label

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's trajectory, and with ``expand`` every other rated completion after its prefix."""
        question, label = _object(row, "question"), _object(row, "label")
        if label.get("finish_reason") == "bad_problem" and not self.bad_problems:
            raise InputError(
                "the labeller reported the problem as broken", field="label.finish_reason"
            )
        problem = Problem(
            self.name,
            problem_text(question, "problem", field="question.problem"),
            maybe_text(question, "ground_truth_answer", field="question.ground_truth_answer"),
            subset=subset,
            made_by=f"read_labelled({self.name!r})",
        )
        steps = _steps(label)
        generated = question.get("pre_generated_steps")
        if generated is not None:
            generated = texts(question, "pre_generated_steps", field="question.pre_generated_steps")
        taken = list(_taken(steps, generated or ()))
        rated = taken[: next((i for i, t in enumerate(taken) if t.label is None), len(taken))]
        items = [self._trajectory(row, problem, taken, rated=len(rated), generated=generated)]
        if self.expand:
            rest = other_columns(row, ("question", "label"))
            items += [
                self._alternative(problem, [*rated[: at.step], at], sample=sample, rest=rest)
                for sample, at in enumerate(_alternatives(steps, rated), start=1)
            ]
        found = [item for item in items if item is not None]
        if not found:
            raise InputError(
                "expected a rated step, got none in the chosen trajectory", field="label.steps"
            )
        return found

    def _trajectory(
        self,
        row: Row,
        problem: Problem,
        taken: list[_Taken],
        *,
        rated: int,
        generated: tuple[str, ...] | None,
    ) -> LabelledSolution | None:
        if not rated:
            return None
        scores = tuple(one.label or 0.0 for one in taken[:rated])
        told = tuple(one.text for one in taken)
        if generated and generated[: len(told)] == told:
            told = generated
        steps = told if 0.0 in scores else told[:rated]
        aside: dict[str, Json] = {
            "row": other_columns(row, ("question", "label")),
            "question": other_columns(row["question"], _QUESTION),
            "label": other_columns(row["label"], ("steps",)),
            "steps": [
                taken[i].without_text(step) if i < rated else step
                for i, step in enumerate(row["label"]["steps"])
            ],
        }
        if generated is not None:
            aside["pre_generated_steps"] = True if generated == steps else list(generated)
        solution = Solution(problem.id, steps, made_by=problem.made_by)
        return labelled(
            problem,
            solution,
            Labels("human", scores, detail=set_aside(self.name, aside), source=Source.HUMAN),
        )

    def _alternative(
        self, problem: Problem, chain: list[_Taken], *, sample: int, rest: dict[str, Json]
    ) -> LabelledSolution:
        steps = tuple(one.text for one in chain)
        solution = Solution(problem.id, steps, sample=sample, made_by=problem.made_by)
        scores = tuple(one.label or 0.0 for one in chain)
        aside: dict[str, Json] = {"row": rest, "alternative": [chain[-1].step, chain[-1].place]}
        return labelled(
            problem,
            solution,
            Labels("human", scores, detail=set_aside(self.name, aside), source=Source.HUMAN),
        )

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """One solution as a row. Raises InputError on soft labels.

        A solution that did not come from PRM800K has one completion a step, rated 1 or -1 and chosen.
        """
        (item,) = items
        steps, labels = hard_labels(item)
        aside = kept(item, self.name)
        question = {
            **aside.get("question", {}),
            "problem": prompt_text(item),
            "ground_truth_answer": item.problem.reference,
        }
        generated = aside.get("pre_generated_steps", None if aside else True)
        if generated is not None:
            question["pre_generated_steps"] = (
                list(item.solution.steps) if generated is True else generated
            )
        told: dict[str, Any] = {
            "total_time": None,
            "finish_reason": "found_error" if 0.0 in labels else "solution",
            **aside.get("label", {}),
        }
        rows = list(aside.get("steps") or [_EMPTY] * len(labels))
        if len(rows) < len(labels):
            raise InputError(_MORE, field="step_scores")
        told["steps"] = [
            *map(_filled, rows, steps, labels),
            *rows[len(labels) :],
        ]
        return {
            "labeler": item.verdict.verifier,
            "timestamp": None,
            "generation": None,
            "is_quality_control_question": False,
            "is_initial_screening_question": False,
            **aside.get("row", {}),
            "question": question,
            "label": told,
        }


_MORE = "has more labels than the row that it was read from"
_EMPTY: Row = {
    "completions": [{"text": None, "rating": 1, "flagged": None}],
    "human_completion": None,
    "chosen_completion": 0,
}


@final
@dataclass(frozen=True)
class _Taken:
    """A completion: its step, its place among the completions (None: a person's own), and its label, if any."""

    step: int
    place: int | None
    text: str
    label: float | None

    def without_text(self, step: Row) -> dict[str, Any]:
        """The step as published, but for the text that the solution holds."""
        if self.place is None:
            return {**step, "human_completion": {**step["human_completion"], "text": None}}
        completions = list(step["completions"])
        completions[self.place] = {**completions[self.place], "text": None}
        return {**step, "completions": completions}


def _filled(step: Row, told: str, label: float) -> dict[str, Any]:
    """A step with its text again, and with the label's rating where that says otherwise."""
    human = step.get("human_completion")
    if human is not None and human["text"] is None:
        return {**step, "human_completion": {**human, "text": told}}
    completions: list[Any] = list(step.get("completions") or ())
    place = next((i for i, one in enumerate(completions) if one["text"] is None), None)
    if place is None:
        raise InputError(_MORE, field="step_scores")
    rating = completions[place]["rating"]
    if _LABELS[rating] != label:
        rating = 1 if label else -1
    completions[place] = {**completions[place], "text": told, "rating": rating}
    return {**step, "completions": completions}


def _object(row: Row, name: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise InputError(f"expected an object, got {shown(value)}", field=name)
    return value


def _steps(label: Row) -> list[Row]:
    """The steps, their completions checked; none of them may be missing a field."""
    steps = label.get("steps")
    if not isinstance(steps, list) or not steps:
        raise InputError(f"expected a list of steps, got {shown(steps)}", field="label.steps")
    for i, step in enumerate(steps):
        where = f"label.steps[{i}]"
        if not isinstance(step, dict):
            raise InputError(f"expected an object, got {shown(step)}", field=where)
        completions = step.get("completions")
        if completions is not None and not isinstance(completions, list):
            raise InputError(
                f"expected a list or null, got {shown(completions)}", field=f"{where}.completions"
            )
        for j, one in enumerate(completions or ()):
            _completion(one, f"{where}.completions[{j}]")
        human = step.get("human_completion")
        if human is not None:
            _completion(human, f"{where}.human_completion")
        chosen, count = step.get("chosen_completion"), len(completions or ())
        if chosen is not None and (
            isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < count
        ):
            raise InputError(
                f"expected null or the place of one of {count} completions, got {shown(chosen)}",
                field=f"{where}.chosen_completion",
            )
    return steps


def _completion(one: object, where: str) -> None:
    if not isinstance(one, dict):
        raise InputError(f"expected an object, got {shown(one)}", field=where)
    text(one, "text", field=f"{where}.text")
    rating = one.get("rating")
    known = isinstance(rating, int | float) and not isinstance(rating, bool) and rating in _LABELS
    if rating is not None and not known:
        raise InputError(f"expected -1, 0, 1 or null, got {shown(rating)}", field=f"{where}.rating")


def _label(one: Row) -> float | None:
    rating = one.get("rating")
    return None if rating is None or one.get("flagged") else _LABELS[rating]


def _taken(steps: list[Row], generated: Sequence[str]) -> Iterator[_Taken]:
    """What the trajectory goes through, until nothing was chosen.

    In phase 2 nothing is chosen at the first wrong step: it is the completion that the generated solution has.
    """
    for i, step in enumerate(steps):
        chosen, human = step.get("chosen_completion"), step.get("human_completion")
        completions = step.get("completions") or ()
        if chosen is None and human is None and i < len(generated):
            found = (j for j, one in enumerate(completions) if one["text"] == generated[i])
            chosen = next(found, None)
        if chosen is not None:
            one = completions[chosen]
            yield _Taken(i, chosen, one["text"], _label(one))
        elif human is not None:
            own = human.get("rating") is None and not human.get("flagged")
            yield _Taken(i, None, human["text"], 1.0 if own else _label(human))
        elif i + 1 < len(steps):
            raise InputError(
                "expected a chosen or a human completion, for the trajectory goes on; got neither",
                field=f"label.steps[{i}].chosen_completion",
            )


def _alternatives(steps: list[Row], rated: list[_Taken]) -> Iterator[_Taken]:
    """Every rated completion that was not taken, at the steps that the rated trajectory reaches."""
    for i, step in enumerate(steps[: len(rated) + 1]):
        taken = rated[i].place if i < len(rated) else None
        for j, one in enumerate(step.get("completions") or ()):
            label = _label(one)
            if j != taken and label is not None:
                yield _Taken(i, j, one["text"], label)
