"""What a reader can leaf through: problems, their solutions step by step, and what each verifier said.

The data goes into the page as compact JSON and ``templates/browser.js`` shows it as text, never as HTML:
solutions are untrusted. A verdict has a value or a reason for having none, as everywhere.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import final

from veriloop.ids import Json
from veriloop.report.markup import Markup, clean


@final
@dataclass(frozen=True)
class BrowsedVerifier:
    """A verifier as the browser names it: ``short`` stands on chips, ``about`` explains it on hover."""

    name: str
    short: str = ""
    about: str = ""


@final
@dataclass(frozen=True)
class BrowsedVerdict:
    """What one verifier said of one solution; ``verifier`` is a name listed in ``Browser.verifiers``.

    ``step_scores`` in [0, 1] may end early. ``step_notes`` are chip texts such as "5/8" that stand in for the
    scores. ``first_error`` is 0-based, -1 for none, None where the verifier does not say. ``unscored`` is the
    reason for having no value.
    """

    verifier: str
    value: float | None = None
    unscored: str = ""
    step_scores: tuple[float, ...] = ()
    first_error: int | None = None
    step_notes: tuple[str, ...] = ()
    critique: str = ""

    def __post_init__(self) -> None:
        if any(not 0.0 <= score <= 1.0 for score in self.step_scores):
            raise ValueError(
                f"step scores of {self.verifier!r} must lie in [0, 1]: {self.step_scores}"
            )
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(
                f"value of {self.verifier!r} is {self.value}; give unscored=<reason> instead"
            )


@final
@dataclass(frozen=True)
class BrowsedSolution:
    """A solution. ``right`` is about the final answer, ``gold_first_error`` about the steps; None is unknown.

    ``picked_by`` names the selection rules that chose it, for example ("PRM, product", "vote").
    """

    steps: tuple[str, ...]
    answer: str | None = None
    right: bool | None = None
    gold_first_error: int | None = None
    verdicts: tuple[BrowsedVerdict, ...] = ()
    picked_by: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class BrowsedProblem:
    """A problem and its solutions."""

    name: str
    text: str
    solutions: tuple[BrowsedSolution, ...]
    reference: str | None = None
    subset: str = ""


@final
@dataclass(frozen=True)
class Browser:
    """A section to leaf through. Steps are first coloured by the first of ``verifiers``."""

    title: str
    problems: tuple[BrowsedProblem, ...]
    verifiers: tuple[BrowsedVerifier, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        known = {verifier.name for verifier in self.verifiers}
        for problem in self.problems:
            for solution in problem.solutions:
                for verdict in solution.verdicts:
                    if verdict.verifier not in known:
                        raise ValueError(
                            f"problem {problem.name!r} has a verdict of {verdict.verifier!r}, which is not "
                            f"among the browser's verifiers {sorted(known)}; list it there"
                        )


def browser_json(browser: Browser) -> Markup:
    """The data for ``browser.js``, safe inside a script element: no ``<``, ``>`` or ``&`` is left in it."""
    place = {verifier.name: i for i, verifier in enumerate(browser.verifiers)}
    data: Json = {
        "verifiers": [
            {"name": clean(v.name), "short": clean(v.short or v.name), "about": clean(v.about)}
            for v in browser.verifiers
        ],
        "problems": [_problem(problem, place) for problem in browser.problems],
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _problem(problem: BrowsedProblem, place: dict[str, int]) -> Json:
    return {
        "name": clean(problem.name),
        "text": clean(problem.text),
        "reference": _text(problem.reference),
        "subset": clean(problem.subset),
        "solutions": [_solution(solution, place) for solution in problem.solutions],
    }


def _solution(solution: BrowsedSolution, place: dict[str, int]) -> Json:
    verdicts: list[Json] = [None] * len(place)
    for verdict in solution.verdicts:
        verdicts[place[verdict.verifier]] = _verdict(verdict)
    return {
        "steps": [clean(step) for step in solution.steps],
        "answer": _text(solution.answer),
        "right": solution.right,
        "gold": solution.gold_first_error,
        "picks": [clean(rule) for rule in solution.picked_by],
        "verdicts": verdicts,
    }


def _verdict(verdict: BrowsedVerdict) -> Json:
    """Only what is there: an absent key is an absent fact, which keeps the page small."""
    facts: dict[str, Json] = {
        "value": None if verdict.value is None else round(verdict.value, 4),
        "unscored": clean(verdict.unscored) or None,
        "scores": [round(score, 3) for score in verdict.step_scores] or None,
        "error": verdict.first_error,
        "notes": [clean(note) for note in verdict.step_notes] or None,
        "critique": clean(verdict.critique) or None,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)
