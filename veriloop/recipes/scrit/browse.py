"""The part of the page in which critiques are read: held-out solutions, and what critics of the study said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veriloop.recipes.scrit.evaluation import Evaluation, Said
from veriloop.recipes.scrit.recipe import Recipe
from veriloop.recipes.scrit.settings import BASE, Arm, line
from veriloop.records import Group, Solution
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)

SHOWN = 40  # problems in the browser


def browser(recipe: Recipe, arms: Sequence[Arm]) -> Browser:
    """The first held-out problems with what the base critic, those of the rounds, and the one without gates said."""
    groups = recipe.collected.measured()[:SHOWN]
    settings = recipe.settings
    rounds = {name for way in settings.continued for name in line(settings, way)}
    chosen = [arm for arm in arms if arm.name in rounds or not arm.gates]
    shown = {BASE: "base critic", **{arm.name: arm.title for arm in chosen}}
    said = {title: _by_solution(recipe, name, groups) for name, title in shown.items()}
    return Browser(
        "Critiques of held-out solutions",
        tuple(_problem(str(i), group, said) for i, group in enumerate(groups, 1)),
        tuple(BrowsedVerifier(title, short=title, about=name) for name, title in shown.items()),
        caption=f"The first {len(groups)} held-out problems; greedy critiques, written without any reference.",
    )


def _by_solution(recipe: Recipe, name: str, groups: Sequence[Group]) -> dict[str, Said]:
    evaluation = Evaluation(recipe.settings, recipe.run, recipe.cast.equality, name)
    return {said.solution.id: said for said in evaluation.said("heldout", groups)}


def _problem(name: str, group: Group, said: Mapping[str, Mapping[str, Said]]) -> BrowsedProblem:
    return BrowsedProblem(
        name,
        group.problem.text,
        tuple(_solution(solution, said) for solution in group.solutions),
        group.problem.reference,
        group.problem.subset,
    )


def _solution(solution: Solution, said: Mapping[str, Mapping[str, Said]]) -> BrowsedSolution:
    found = {title: told[solution.id] for title, told in said.items()}
    any_said = next(iter(found.values()))
    return BrowsedSolution(
        solution.steps,
        solution.answer,
        any_said.before,
        any_said.gold,
        tuple(_verdict(title, one) for title, one in found.items()),
    )


def _verdict(title: str, said: Said) -> BrowsedVerdict:
    verdict = said.verdict
    after = {
        None: "no corrected answer",
        True: "corrected answer right",
        False: "corrected answer wrong",
    }
    return BrowsedVerdict(
        title,
        verdict.value,
        verdict.unscored.value if verdict.unscored else "",
        verdict.step_scores,
        verdict.first_error,
        critique=f"{verdict.critique or ''}\n\n({after[said.after]})",
    )
