"""The recipe's numbers, from its records: what each critic finds, corrects and spoils, and how good its lessons were.

Computed anew from the folders, so that a report can be made again without a model. Beside every critic stand the base
critic and one that always says Correct. Gold first errors and the problems' own answers are read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from veriloop.bench.critique_metrics import CritiqueCase, CritiqueScores, critique_scores
from veriloop.bench.error_identification import (
    ErrorIdentification,
    Gate,
    LocatedCase,
    error_identification,
)
from veriloop.bench.metrics import (
    Case,
    Difference,
    FirstErrorScores,
    compare_first_errors,
    first_error_scores,
)
from veriloop.bench.statistics import Estimate, percentage
from veriloop.feedback.keep_rates import KeepRates
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Kept
from veriloop.recipes.scrit.critiquing import ANSWER, read_any
from veriloop.recipes.scrit.evaluation import Evaluation, Said
from veriloop.recipes.scrit.fitting import learnt
from veriloop.recipes.scrit.recipe import Recipe
from veriloop.recipes.scrit.settings import BASE, GATED, Arm, line
from veriloop.recipes.scrit.settings import arms as every_arm
from veriloop.records import NO_ERROR, Dropped, Example, Group, Verdict
from veriloop.report.keep_rates import keep_rates_json
from veriloop.runs.stages import read_all
from veriloop.text.answers import fast_equal

ALWAYS: Final = "always-correct"
SCENARIOS: Final = ("incorrect", "balanced", "own")
GOLD: Final = "gold"


@final
@dataclass(frozen=True)
class CriticMeasures:
    """One critic on the held-out solutions. ``located`` and ``identified`` (EI-F1) need an exact verifier; ``verdicts``
    is the share of all critiques whose verdict agrees with the answer's truth; one without a verdict does not.
    """

    scores: CritiqueScores
    verdicts: Estimate | None
    silent: Estimate | None
    located: FirstErrorScores | None = None
    identified: ErrorIdentification | None = None

    def to_json(self) -> dict[str, Json]:
        """The scores as JSON."""
        return {
            "first_errors": self.located.to_json() if self.located else None,
            "error_identification": self.identified.to_json() if self.identified else None,
            "verdict_accuracy": self.verdicts.to_json() if self.verdicts else None,
            "no_verdict": self.silent.to_json() if self.silent else None,
            "critique": self.scores.to_json(),
        }


@final
@dataclass(frozen=True)
class Lessons:
    """The critiques that an arm learnt: how many, of how many that the gates kept (``kept``) of those written.

    ``exact`` of ``checked`` name the first error that the exact verifier does; None without one.
    """

    learnt: int
    right: int
    kept: int
    written: int
    exact: Estimate | None

    def to_json(self) -> dict[str, Json]:
        """The counts as JSON."""
        return {
            "learnt": self.learnt,
            "right_targets": self.right,
            "kept": self.kept,
            "written": self.written,
            "first_error_exact": self.exact.to_json() if self.exact else None,
        }


@final
@dataclass(frozen=True)
class Truths:
    """The vote's answers: problems, those with one, and those whose answer is the problem's own reference."""

    problems: int
    answered: int
    right: Estimate | None
    students: int

    def to_json(self) -> dict[str, Json]:
        """The counts as JSON."""
        return {
            "problems": self.problems,
            "answered": self.answered,
            "right": self.right.to_json() if self.right else None,
            "students": self.students,
        }


@final
@dataclass(frozen=True)
class Measures:
    """Everything the report shows, by critic: ``base``, ``always-correct`` and the arms in their order."""

    critics: Mapping[str, CriticMeasures]
    lessons: Mapping[str, Lessons]
    over_base: Mapping[str, Difference]
    rates: Mapping[str, KeepRates]
    truths: Truths
    lines: Mapping[str, Sequence[str]]

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON: ``measures.json`` of a run."""
        return {
            "critics": {name: told.to_json() for name, told in self.critics.items()},
            "lessons": {name: told.to_json() for name, told in self.lessons.items()},
            "f1_over_base": {name: told.to_json() for name, told in self.over_base.items()},
            "keep_rates": {name: keep_rates_json(rates) for name, rates in self.rates.items()},
            "truths": self.truths.to_json(),
            "lines": {way: list(names) for way, names in self.lines.items()},
        }


def measure(recipe: Recipe, arms: Sequence[Arm]) -> Measures:
    """Read the run's records and compute."""
    names = [BASE, *(arm.name for arm in arms)]
    said = {name: _said(recipe, name) for name in names}
    said = {BASE: said[BASE], ALWAYS: _always(said[BASE]), **said}
    critics = {name: _critic(recipe, parts) for name, parts in said.items()}
    cases = {name: _cases(recipe, parts["heldout"]) for name, parts in said.items()}
    over = {
        arm.name: compare_first_errors(cases[arm.name], cases[BASE])
        for arm in arms
        if _both(cases[BASE])
    }
    sources = {
        arm.source: arm
        for arm in every_arm(recipe.settings)
        if (recipe.run.folder / arm.source / "kept").is_dir()
    }
    groups = {
        s: recipe.collected.critiqued(arm, recipe.cast.equality) for s, arm in sources.items()
    }
    settings = recipe.settings
    return Measures(
        critics=critics,
        lessons={arm.name: _lessons(recipe, arm, groups[arm.source]) for arm in arms},
        over_base=over,
        rates={source: _rates(recipe, arm, groups[source]) for source, arm in sources.items()},
        truths=_truths(recipe),
        lines={
            way: [BASE, *(name for name in line(settings, way) if name in critics)]
            for way in settings.continued
        },
    )


def _said(recipe: Recipe, name: str) -> dict[str, list[Said]]:
    evaluation = Evaluation(recipe.settings, recipe.run, recipe.cast.equality, name)
    collected = recipe.collected
    return {
        "heldout": evaluation.said("heldout", collected.measured()),
        "own": evaluation.said("own", collected.own()),
    }


def _always(parts: Mapping[str, Sequence[Said]]) -> dict[str, list[Said]]:
    """What a critic would have said that calls every solution right, and leaves it as it is."""
    return {
        part: [one.approved() for one in said if one.before is not None]
        for part, said in parts.items()
    }


def _critic(recipe: Recipe, parts: Mapping[str, Sequence[Said]]) -> CriticMeasures:
    held = [one for one in parts["heldout"] if one.before is not None]
    scenarios = {
        "incorrect": [_critiqued(one) for one in held if not one.before],
        "balanced": [_critiqued(one) for one in _balanced(held, recipe.settings.seed)],
        "own": [_critiqued(one) for one in parts["own"] if one.before is not None],
    }
    told = [one for one in held if not one.engine_failed]
    agreed = sum(one.verdict.value == float(bool(one.before)) for one in told)
    silent = sum(one.verdict.value is None for one in told)
    cases = _cases(recipe, parts["heldout"])
    return CriticMeasures(
        scores=critique_scores(scenarios),
        verdicts=percentage(agreed, len(told), unscored=len(held) - len(told)),
        silent=percentage(silent, len(told), unscored=len(held) - len(told)),
        located=first_error_scores(cases) if cases else None,
        identified=error_identification(_located(parts["heldout"]), gate=Gate.ERROR)
        if cases
        else None,
    )


def _balanced(said: Sequence[Said], seed: int) -> list[Said]:
    """As many right as wrong solutions, drawn by seed and content."""
    ordered = sorted(said, key=lambda one: derive_seed(seed, "balanced", one.solution.id))
    right, wrong = ([one for one in ordered if one.before is label] for label in (True, False))
    few = min(len(right), len(wrong))
    return [*right[:few], *wrong[:few]]


def _critiqued(one: Said) -> CritiqueCase:
    stated = None if one.verdict.value is None else one.verdict.value == 1
    after = None if one.lost else bool(one.after)
    return CritiqueCase(
        one.problem.subset, one.problem.id, bool(one.before), after, stated, one.after is not None
    )


def _cases(recipe: Recipe, said: Sequence[Said]) -> list[Case]:
    """Solutions whose first error is known exactly, beside the critic's."""
    return [located.case for located in _located(said)]


def _located(said: Sequence[Said]) -> list[LocatedCase]:
    return [
        LocatedCase(
            Case(one.problem.subset, one.problem.id, one.gold, one.verdict.first_error),
            one.after,
            one.engine_failed,
        )
        for one in said
        if one.gold is not None
    ]


def _both(cases: Sequence[Case]) -> bool:
    """True where a subset has right and wrong solutions, so that there is an F1 to compare."""
    wrong = {c.subset for c in cases if c.gold != NO_ERROR}
    return any(c.subset in wrong for c in cases if c.gold == NO_ERROR)


def _lessons(recipe: Recipe, arm: Arm, groups: Sequence[Group]) -> Lessons:
    folder = recipe.run.folder
    taken = learnt(folder, recipe.settings, arm)
    gold = {v.solution: v.first_error for v in read_any(folder / arm.source / "gold", Verdict)}
    wrote = {v.solution: v.first_error for group in groups for v in group.by(arm.way).values()}
    checked = [e.solutions[0] for e in taken if gold.get(e.solutions[0]) is not None]
    exact = sum(wrote.get(name) == gold[name] for name in checked)
    return Lessons(
        learnt=len(taken),
        right=sum(e.labels == (1.0,) for e in taken),
        kept=len(read_all(folder / arm.critiques, Example)),
        written=sum(len(group.by(arm.way)) for group in groups),
        exact=percentage(exact, len(checked)),
    )


def _rates(recipe: Recipe, arm: Arm, groups: Sequence[Group]) -> KeepRates:
    """Keep rates of the gates, whatever the arm's own are."""
    folder = recipe.run.folder / arm.source / "kept"
    examples: dict[str, list[Example]] = {}
    dropped: dict[str, list[Dropped]] = {}
    for example in read_all(folder, Example):
        examples.setdefault(example.problem, []).append(example)
    for one in read_any(folder, Dropped):
        dropped.setdefault(one.source, []).append(one)
    rates = KeepRates(ANSWER, GATED)
    for group in groups:
        name = group.problem.id
        rates.add(group, Kept(tuple(examples.get(name, ())), tuple(dropped.get(name, ()))))
    return rates


def _truths(recipe: Recipe) -> Truths:
    collected = recipe.collected
    own = {p.id: p.reference for p in collected.problems("train")}
    truths = collected.settled().truths
    pairs = [
        (truth.answer, own[name])
        for name, truth in truths.items()
        if truth.answer is not None and own[name] is not None
    ]
    right = sum(fast_equal(said, reference) is True for said, reference in pairs if reference)
    students = sum(len(group.solutions) for group in collected.students().groups)
    answered = sum(truth.answer is not None for truth in truths.values())
    return Truths(len(own), answered, percentage(right, len(pairs)), students)
