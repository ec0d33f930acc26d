"""The recipe's numbers, from its records: first-error F1, AUC within problems, Best-of-N, and what labelling cost.

Computed anew from the folders, so that a report can be made again without a model. Beside every reward model stand
the controls that would expose one which only learnt which problems are hard: mean, greedy, vote, pass, and the
untrained verifier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import final

from veriloop.bench.best_of_n import BestOfN, best_of_n
from veriloop.bench.biases import Biases, Selected, measure_biases
from veriloop.bench.labelled import labelled_groups
from veriloop.bench.location import first_error_cases
from veriloop.bench.metrics import (
    Case,
    Difference,
    FirstErrorScores,
    compare_first_errors,
    first_error_scores,
)
from veriloop.feedback.consensus import kept_fraction
from veriloop.ids import Json
from veriloop.recipes.prm.recipe import UNTRAINED, UNTRAINED_JUDGE, Recipe
from veriloop.recipes.prm.sources import CONSENSUS, MC_HARD_EQUAL, Source
from veriloop.records import Example, Group, Verdict
from veriloop.runs.stages import read_all, read_dropped


@final
@dataclass(frozen=True)
class LabelQuality:
    """How often a source of labels puts the first error of a training solution where the exact verifier does."""

    source: str
    scores: FirstErrorScores | None
    unscored: int
    n: int


@final
@dataclass(frozen=True)
class RolloutCost:
    """Rollouts and tokens by how labels are made, over the same solutions.

    ``hard`` stops at the first 0 and at the first success, ``soft`` at the first 0 only, ``exhaustive`` never.
    Tokens of an exhaustive run are not known, because it was not made.
    """

    solutions: int
    exhaustive: int
    soft: int
    hard: int
    soft_tokens: int
    hard_tokens: int


@final
@dataclass(frozen=True)
class Measures:
    """Everything the report shows. ``first_errors`` is by verifier name; empty without an exact verifier, and then
    ``biases`` is None.
    """

    first_errors: Mapping[str, FirstErrorScores]
    best_of: BestOfN
    examples: Mapping[str, int]
    kept: Mapping[str, tuple[int, int]]
    rollouts: RolloutCost
    labels: Sequence[LabelQuality]
    over_equal: Difference | None
    biases: Biases | None = None

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON: ``measures.json`` of a run."""
        return {
            "first_errors": {n: s.to_json() for n, s in self.first_errors.items()},
            "best_of": self.best_of.to_json(),
            "examples": dict(self.examples),
            "kept": {name: list(pair) for name, pair in self.kept.items()},
            "rollouts": dict(asdict(self.rollouts)),
            "labels": {
                label.source: label.scores.to_json() if label.scores else None
                for label in self.labels
            },
            "consensus_over_equal_n": self.over_equal.to_json() if self.over_equal else None,
            "biases": self.biases.to_json() if self.biases else None,
        }


def measure(recipe: Recipe, sources: Sequence[Source]) -> Measures:
    """Read the run's records and compute."""
    untrained = [UNTRAINED, *([UNTRAINED_JUDGE] if recipe.settings.reference else [])]
    names = [*untrained, *(f"prm-{s.name}" for s in sources)]
    gold = ["gold"] if recipe.cast.gold else []
    groups = recipe.groups("heldout", "answer", *gold, *names)
    cases = {name: _cases(groups, name) for name in names} if gold else {}
    examples = {s.name: len(_examples(recipe, s)) for s in sources}
    if MC_HARD_EQUAL in sources:
        examples[MC_HARD_EQUAL.name] = min(examples[CONSENSUS.name], examples[MC_HARD_EQUAL.name])
    train = recipe.groups("train", "mc", "judge", *gold)
    equal = [cases.get(f"prm-{s.name}") for s in (CONSENSUS, MC_HARD_EQUAL)]
    said = {name: [v for g in groups for v in g.by(name).values()] for name in names}
    board = best_of_n(groups, said, n=recipe.settings.n, greedy=recipe.groups("greedy", "answer"))
    return Measures(
        first_errors={name: first_error_scores(found) for name, found in cases.items()},
        best_of=board,
        examples=examples,
        kept=_kept(recipe, train),
        rollouts=rollout_cost(read_all(recipe.run.path("verdicts/train/mc"), Verdict)),
        labels=_label_quality(train) if gold else [],
        over_equal=compare_first_errors(equal[0], equal[1]) if equal[0] and equal[1] else None,
        biases=measure_biases(labelled_groups(groups), said, selected=Selected(board, said))
        if gold
        else None,
    )


def rollout_cost(verdicts: Sequence[Verdict]) -> RolloutCost:
    """What soft labels took, and what hard ones of the same rollouts would have taken."""
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        detail = verdict.detail
        outcomes, tokens = detail.get("outcomes", []), detail.get("tokens", [])
        steps, k = detail.get("steps", 1), detail.get("k", 0)
        assert isinstance(outcomes, Sequence)
        assert isinstance(tokens, Sequence)
        assert isinstance(steps, int)
        assert isinstance(k, int)
        counts["exhaustive"] += k * (steps - 1)
        for made, spent in zip(outcomes, tokens, strict=True):
            assert isinstance(made, str)
            assert isinstance(spent, Sequence)
            used = _rollouts_until_success(made)
            each = [t for t in spent if isinstance(t, int)]
            counts.update(
                soft=len(made), hard=used, soft_tokens=sum(each), hard_tokens=sum(each[:used])
            )
    return RolloutCost(
        len(verdicts),
        counts["exhaustive"],
        counts["soft"],
        counts["hard"],
        counts["soft_tokens"],
        counts["hard_tokens"],
    )


def _rollouts_until_success(outcomes: str) -> int:
    """How many are made in doubling waves (1, 1, 2, 4, ...) until one succeeds."""
    done = 0
    while done < len(outcomes):
        wave = min(max(1, done), len(outcomes) - done)
        done += wave
        if "1" in outcomes[done - wave : done]:
            break
    return done


def _cases(groups: Sequence[Group], verifier: str) -> list[Case]:
    """Solutions with a gold first error, beside the verifier's."""
    return first_error_cases(groups, [v for g in groups for v in g.by(verifier).values()])


def _label_quality(groups: Sequence[Group]) -> list[LabelQuality]:
    found = []
    for name in ("mc", "judge"):
        cases = _cases(groups, name)
        lost = sum(c.predicted is None for c in cases)
        found.append(LabelQuality(name, first_error_scores(cases), lost, len(cases)))
    agreed = [
        Case(c.subset, c.problem, c.gold, c.predicted)
        for c, other in zip(_cases(groups, "mc"), _cases(groups, "judge"), strict=True)
        if c.predicted is not None and c.predicted == other.predicted
    ]
    if agreed:
        found.append(LabelQuality("consensus", first_error_scores(agreed), 0, len(agreed)))
    return found


def _examples(recipe: Recipe, source: Source) -> list[Example]:
    return read_all(recipe.run.path(f"labels/{source.labels}"), Example)


def _kept(recipe: Recipe, groups: Sequence[Group]) -> dict[str, tuple[int, int]]:
    """(kept, of) by subset, by number of steps, and over all."""
    folder = recipe.run.path("labels/consensus")
    examples, dropped = read_all(folder, Example), read_dropped(folder)
    subsets = {s.id: g.problem.subset or "all" for g in groups for s in g.solutions}
    lengths = {s.id: f"{len(s.steps)} steps" for g in groups for s in g.solutions}
    return kept_fraction(examples, dropped, lengths) | kept_fraction(examples, dropped, subsets)
