"""What verifiers said of items whose truth is known, as arrays: the input of a verifier's report card.

``recorded_verdicts`` makes it of verdicts on solutions, ``recorded_votes`` (a module of its own) of judges' votes on
pairs. Beside the ballots stands what ballots do not hold: why a vote is missing, scores as they were given, votes in
both orders, first wrong steps, costs. Numbers are made of it in ``verifier_card`` and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.location import predicted_first_error
from veriloop.bench.metrics import Case
from veriloop.errors import InputError
from veriloop.records import Cost, Form, Group, Solution, Verdict
from veriloop.verify.ballots import Array, Ballots, gold_of
from veriloop.verify.calibrate import credit as credit_of

NO_VERDICT = "no verdict"


@final
@dataclass(frozen=True, eq=False)
class Recorded:
    """Items in rows, verifiers in columns, ``ballots.gold`` known for every row.

    ``units`` names what each item was sampled with (its problem): items of one unit are not independent. ``reasons``
    [items, verifiers] says why there is no vote, "" where there is one. ``scores`` are values as given, larger is
    better, NaN for none. ``decides`` says of each verifier whether its vote means right above 0.5 and wrong below (a
    ranking does not, nor does a score outside [0, 1]); ``graded`` whether it can be read as a probability. ``orders``
    [2, items, verifiers] are votes with the first and with the second of a pair shown first, where both were recorded.
    ``cases`` are first wrong steps by verifier, of the items whose gold has one. ``families`` group verifiers on pages.
    ``without_gold`` counts items that were left out since nobody says what is true of them.
    """

    ballots: Ballots
    units: tuple[str, ...]
    reasons: NDArray[np.str_]
    scores: Array
    decides: tuple[bool, ...]
    graded: tuple[bool, ...]
    costs: tuple[Cost, ...]
    orders: Array | None = None
    cases: Mapping[str, tuple[Case, ...]] = field(default_factory=dict[str, "tuple[Case, ...]"])
    families: tuple[str, ...] = ()
    without_gold: int = 0

    @property
    def verifiers(self) -> tuple[str, ...]:
        """The verifiers in the order of the columns."""
        return self.ballots.verifiers

    @property
    def right(self) -> NDArray[np.bool_]:
        """[items] what is true."""
        return self.ballots.gold > 0.5

    def credit(self) -> Array:
        """[items, verifiers] 1 for a vote on the side of the gold, 0 against it, 1/2 for one between, NaN for none.

        Of a pair judged in both orders this is the share of the two that are right.
        """
        credit = credit_of(self.ballots.votes, self.ballots.gold[:, None])
        credit[np.isnan(self.ballots.votes)] = np.nan
        credit[:, ~np.array(self.decides, bool)] = np.nan
        return credit

    def only(self, names: Sequence[str]) -> Recorded:
        """The same items with some of the verifiers, in the order of ``names``.

        Raises InputError on a name that is not there, and where none is given.
        """
        place = {name: i for i, name in enumerate(self.verifiers)}
        strangers = [name for name in names if name not in place]
        if strangers or not names:
            wanted = f"no verifier {strangers[0]!r}" if strangers else "no verifier is named"
            raise InputError(f"{wanted} here; there are {', '.join(self.verifiers)}")
        kept = [place[name] for name in dict.fromkeys(names)]
        return Recorded(
            self.ballots.of([self.verifiers[i] for i in kept]),
            self.units,
            self.reasons[:, kept],
            self.scores[:, kept],
            tuple(self.decides[i] for i in kept),
            tuple(self.graded[i] for i in kept),
            tuple(self.costs[i] for i in kept),
            None if self.orders is None else self.orders[:, :, kept],
            {name: self.cases[name] for name in names if name in self.cases},
            tuple(self.families[i] for i in kept) if self.families else (),
            self.without_gold,
        )


def recorded_verdicts(
    groups: Sequence[Group], gold: Sequence[Verdict], said: Mapping[str, Sequence[Verdict]]
) -> Recorded:
    """Verdicts of each verifier (``said``, by name) on the solutions to which ``gold`` gives 0 or 1.

    Votes are values in [0, 1]. A place in a ranking votes 1 for the first of its group, 0 for the last; scores beyond
    [0, 1] vote by their rank among all of the verifier: both order items and decide nothing. Raises InputError where
    gold has no value here or one that is neither 0 nor 1, and where no verifier is given.
    """
    truth = {v.solution: v for v in gold if v.value is not None}
    rows = [(g, s) for g in groups for s in g.solutions if s.id in truth]
    if not rows:
        raise InputError(
            "gold has no value for any of these solutions: give verdicts that say which are right"
            if gold
            else "there is no gold verdict: give verdicts that say which solutions are right"
        )
    if not said:
        raise InputError("there is no verdict to look at: give verdicts of at least one verifier")
    columns = {name: {v.solution: v for v in verdicts} for name, verdicts in said.items()}
    solutions = [s for _, s in rows]
    made = [_column(solutions, by_solution) for by_solution in columns.values()]
    votes = np.column_stack([c.votes for c in made])
    steps = [(g.problem.subset, s, truth[s.id].first_error) for g, s in rows]
    return Recorded(
        ballots=Ballots(
            tuple(columns),
            tuple(s.id for s in solutions),
            votes,
            np.array([gold_of(truth[s.id]) for s in solutions]),
            np.column_stack([c.spent for c in made]),
        ),
        units=tuple(g.problem.id for g, _ in rows),
        reasons=np.column_stack([c.reasons for c in made]),
        scores=np.column_stack([c.scores for c in made]),
        decides=tuple(c.decides for c in made),
        graded=tuple(c.graded for c in made),
        costs=tuple(c.cost for c in made),
        cases={n: cases for n, by in columns.items() if (cases := _cases(steps, by))},
        without_gold=sum(len(g.solutions) for g in groups) - len(rows),
    )


@final
@dataclass(frozen=True, eq=False)
class _Column:
    votes: Array
    scores: Array
    reasons: NDArray[np.str_]
    spent: Array
    decides: bool
    graded: bool
    cost: Cost


def _column(solutions: Sequence[Solution], by_solution: Mapping[str, Verdict]) -> _Column:
    found = [by_solution.get(s.id) for s in solutions]
    values = np.array([np.nan if v is None or v.value is None else v.value for v in found])
    forms = {v.form for v in found if v is not None and v.scored}
    known = values[~np.isnan(values)]
    ranking = Form.RANKING in forms
    inside = not ranking and bool(np.all((known >= 0) & (known <= 1)))
    if ranking:
        votes, scores = _places([s.problem for s in solutions], values), -values
    else:
        votes, scores = values if inside else _ranks(values), values
    costs = [Cost() if v is None else v.cost for v in found]
    return _Column(
        votes,
        scores,
        np.array([_reason(v) for v in found]),
        np.array([float(c.prompt_tokens + c.tokens) for c in costs]),
        inside,
        inside and Form.SCORE in forms,
        sum(costs, Cost()),
    )


def _reason(verdict: Verdict | None) -> str:
    if verdict is None:
        return NO_VERDICT
    return verdict.unscored.value if verdict.unscored else ""


def _places(problems: Sequence[str], places: Array) -> Array:
    """1 for the first of a group, 0 for its last place; a group of one place votes 1/2."""
    last: dict[str, float] = {}
    for problem, place in zip(problems, places, strict=True):
        if not np.isnan(place):
            last[problem] = max(last.get(problem, 0.0), float(place))
    ends = np.array([last.get(problem, 0.0) for problem in problems])
    shares = np.divide(places, ends, out=np.full(len(places), 0.5), where=ends > 0)
    return np.where(np.isnan(places), np.nan, 1 - shares)


def _ranks(values: Array) -> Array:
    """Each value's share of the way from the smallest to the largest, by rank; equal values share one."""
    kept = np.unique(values[~np.isnan(values)])
    ranks = np.searchsorted(kept, values) / max(1, len(kept) - 1)
    return np.where(np.isnan(values), np.nan, ranks)


def _cases(
    steps: Sequence[tuple[str, Solution, int | None]], by_solution: Mapping[str, Verdict]
) -> tuple[Case, ...]:
    """Predicted first errors of the items whose gold has one; none where the verifier never says."""
    cases = tuple(
        Case(
            subset,
            solution.problem,
            gold,
            _predicted(by_solution.get(solution.id), solution),
        )
        for subset, solution, gold in steps
        if gold is not None
    )
    return cases if any(c.predicted is not None for c in cases) else ()


def _predicted(verdict: Verdict | None, solution: Solution) -> int | None:
    """None too where neither a first error nor a score for each step is given: an outcome's judge says no step."""
    if verdict is None or not (verdict.first_error is not None or verdict.step_scores):
        return None
    try:
        return predicted_first_error(verdict, solution)
    except InputError:  # step scores that end early without a wrong step
        return None
