"""The parts of the page in which solutions are read: step scores along a few of them, and a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veriloop.recipes.prm.recipe import Recipe
from veriloop.records import NO_ERROR, Group, Solution, Verdict
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.plots import Panel, Trace, TracePlot

SHOWN = 60  # problems in the browser
PANELS = 6


def browser(recipe: Recipe, titles: Mapping[str, str]) -> Browser:
    """The first held-out problems with all their solutions, verdicts and picks."""
    groups = _groups(recipe, titles)[:SHOWN]
    verifiers = tuple(
        BrowsedVerifier(title, short=name.removeprefix("prm-"), about=f"verdicts of {name}")
        for name, title in titles.items()
    )
    return Browser(
        "Held-out solutions, step by step",
        tuple(_problem(i, group, titles) for i, group in enumerate(groups, 1)),
        verifiers,
        caption=f"The first {len(groups)} held-out problems. Choose a verifier to colour the steps by its scores.",
    )


def traces(recipe: Recipe, titles: Mapping[str, str]) -> TracePlot:
    """Scores along the first few wrong solutions whose error is neither first nor alone, and two right ones."""
    names = [
        n
        for n in ("prm-gold", "prm-consensus", "prm-mc-hard", "min-token-probability")
        if n in titles
    ]
    panels: list[Panel] = []
    right = 0
    for group in _groups(recipe, titles):
        for solution in group.solutions:
            gold = group.by("gold").get(solution.id)
            where = gold.first_error if gold else None
            fits = where is None or (where > 0 and len(solution.steps) >= 4)
            if where == NO_ERROR and right < 2 and len(solution.steps) >= 4:
                fits, right = True, right + 1
            if fits and len(panels) < PANELS:
                panels.append(
                    _panel(len(panels) + 1, group, solution, [(n, titles[n]) for n in names])
                )
                break
        if len(panels) == PANELS:
            break
    return TracePlot(
        "Score along the steps",
        tuple(panels),
        caption="One held-out solution in each panel; the first wrong step is marked.",
    )


def _groups(recipe: Recipe, titles: Mapping[str, str]) -> list[Group]:
    gold = ["gold"] if recipe.cast.gold else []
    return recipe.groups("heldout", "answer", *gold, *titles)


def _panel(
    number: int, group: Group, solution: Solution, shown: Sequence[tuple[str, str]]
) -> Panel:
    gold = group.by("gold").get(solution.id)
    found = [(title, group.by(name).get(solution.id)) for name, title in shown]
    return Panel(
        f"{group.problem.subset or 'solution'} {number}",
        len(solution.steps),
        tuple(Trace(title, v.step_scores) for title, v in found if v and v.step_scores),
        gold.first_error if gold else None,
    )


def _problem(number: int, group: Group, titles: Mapping[str, str]) -> BrowsedProblem:
    picks = {name: _pick(group, name) for name in titles if name.startswith("prm-")}
    return BrowsedProblem(
        f"{number}",
        group.problem.text,
        tuple(_solution(group, s, titles, picks) for s in group.solutions),
        group.problem.reference,
        group.problem.subset,
    )


def _pick(group: Group, verifier: str) -> str | None:
    said = group.by(verifier)
    scored = [
        (v.value, s.id) for s in group.solutions if (v := said.get(s.id)) and v.value is not None
    ]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _solution(
    group: Group, solution: Solution, titles: Mapping[str, str], picks: Mapping[str, str | None]
) -> BrowsedSolution:
    answer, gold = (group.by(name).get(solution.id) for name in ("answer", "gold"))
    said = [(title, group.by(name).get(solution.id)) for name, title in titles.items()]
    return BrowsedSolution(
        solution.steps,
        solution.answer,
        None if answer is None or answer.value is None else answer.value > 0.5,
        gold.first_error if gold else None,
        tuple(_verdict(title, v) for title, v in said if v),
        tuple(titles[name] for name, chosen in picks.items() if chosen == solution.id),
    )


def _verdict(title: str, verdict: Verdict) -> BrowsedVerdict:
    return BrowsedVerdict(
        title,
        verdict.value,
        verdict.unscored.value if verdict.unscored else "",
        verdict.step_scores,
        verdict.first_error,
        critique=verdict.critique or "",
    )
