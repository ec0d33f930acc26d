"""What ``veriloop rate`` does once its options are read: contests and verdicts in, tables, notes and files out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.bench.rating.contest_files import ContestFolder, read_contest, read_contests
from veriloop.bench.rating.contests import LAST_EXACT_CONTEST, Contest
from veriloop.bench.rating.scores import ProblemVerdicts, Scoring, contest_scores
from veriloop.bench.rating.verdict_files import read_verdicts
from veriloop.cli.showing import set_aside
from veriloop.errors import InputError
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table
from veriloop.store.atomic import write_whole
from veriloop.store.json_files import write_json

if TYPE_CHECKING:
    from veriloop.bench.rating.aggregate import RatingRule
    from veriloop.bench.rating.replay import Replay

LATER = (
    f"Contests after {LAST_EXACT_CONTEST} (Educational 87) are approximate: the site rates new accounts by rules that "
    "are not published. A third party found 9.5 % of 6.8 million later changes exact, 8.2 points off on average, with "
    "the counts of contests known, and 2.2 % exact, 79 points off, without (Codeforces-Rating-Predictor)."
)


@final
@dataclass(frozen=True)
class ModelsOptions:
    """The options of ``rate models``."""

    verdicts: Path
    contests: Path
    out: Path
    problems: Path | None = None
    score: str = "official"
    minutes: float = 5.0
    pacing: str = "sequential"
    bounds: str = "codeelo"
    place: int = 0
    ratings: str = "displayed"
    orders: int = 200
    resamples: int = 1000
    seed: int = 0

    def rule(self) -> RatingRule:
        """The rule that they spell. Raises InputError on a word that is none."""
        from veriloop.bench.rating.aggregate import RatingRule
        from veriloop.bench.rating.place import Placing
        from veriloop.bench.statistics import Bootstrap

        placing: dict[str, Any] = {"bounds": self.bounds, "ratings": self.ratings}
        return RatingRule(
            scoring=_scoring(self.score, self.minutes, self.pacing),
            placing=Placing(place=self.place, **placing),
            orders=self.orders,
            bootstrap=Bootstrap(resamples=self.resamples, seed=self.seed),
            seed=self.seed,
        )


@final
@dataclass(frozen=True)
class ReplayOptions:
    """The options of ``rate replay``."""

    contest: Path
    points: float | None = None
    penalty: float = 0.0
    verdicts: Path | None = None
    model: str = ""
    language: str = ""
    score: str = "official"
    minutes: float = 5.0
    pacing: str = "sequential"
    rating: int = 1400


@final
@dataclass(frozen=True)
class Made:
    """What to print and what was written."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def _scoring(score: str, minutes: float, pacing: str) -> Scoring:
    words: dict[str, Any] = {"rule": score, "pacing": pacing}
    return Scoring(minutes=minutes, **words)


def rate(options: ModelsOptions) -> Made:
    """Rate, and write ``ratings.json`` and ``report.html``; bad rows go to a quarantine file."""
    from veriloop.bench.rating.aggregate import rate_models
    from veriloop.bench.rating.passes import read_facts
    from veriloop.bench.rating.written import rated_json, read_rated
    from veriloop.cli.provenance import provenance
    from veriloop.report import rating as shown
    from veriloop.report.render import write_page

    rule = options.rule()
    folder = read_contests(options.contests)
    said = [str(error) for error in folder.errors]
    if not folder.contests:
        raise folder.errors[0]
    verdicts, quarantine = read_verdicts(options.verdicts)
    said += filter(None, [set_aside(quarantine, options.out)])
    facts = read_facts(options.problems) if options.problems else None
    rated = rate_models(verdicts, folder.contests, rule, facts=facts)
    numbers, page = options.out / "ratings.json", options.out / "report.html"
    write_json(numbers, rated_json(rated))
    made_by = provenance({"seed": options.seed}, options)
    write_page(shown.rating_page(rated, written=read_rated(numbers), provenance=made_by), page)
    tables = (
        shown.ratings_table(rated),
        shown.divisions_table(rated),
        shown.languages_table(rated),
        shown.passes_table(rated),
    )
    return Made(
        tables=tuple(table for table in tables if table),
        notes=shown.notes(rated),
        said=tuple(said),
        files=(numbers, page),
    )


def changed(path: Path, *, top: int, out: Path | None) -> Made:
    """The official change of a contest's field, its agreement with the official numbers, and its window."""
    from veriloop.bench.rating.codeforces import official_changes, shown_ratings

    contest = read_contest(path)
    standing = contest.standing
    if not len(standing):
        raise InputError("no row has a rating change", file=str(path))
    changes = official_changes(contest)
    after = shown_ratings(standing, changes.deltas)
    columns = (
        changes.ranks,
        standing.ratings,
        changes.seeds.round(3),
        changes.needs,
        changes.deltas,
        after,
    )
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    names = ("rank", "rating", "expected", "needed", "change", "new")
    if out is not None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *rows])
        write_whole(out, text.getvalue().encode())
    table = Table(
        f"Contest {contest.id}",
        tuple(Column(name, digits=1 if name == "expected" else 0) for name in names),
        tuple(
            Row(str(i + 1), tuple(Cell(float(x)) for x in row)) for i, row in enumerate(rows[:top])
        ),
        row_label="row",
    )
    notes = [
        f"{len(standing):,} participants. Corrections: {changes.inflation} for all, {changes.top} by the strongest."
    ]
    if standing.new_ratings is not None:
        hits = int((after == standing.new_ratings).sum())
        notes.append(f"{hits:,} of {len(standing):,} official changes are met exactly.")
    notes.append(_window(contest))
    return Made((table,), tuple(notes), files=(out,) if out else ())


def _window(contest: Contest) -> str:
    if not contest.exact:
        return LATER
    return (
        f"Contest {contest.id} is not later than {LAST_EXACT_CONTEST} (Educational 87): the published algorithm is "
        "exact there."
    )


def replayed(options: ReplayOptions) -> Made:
    """One contest with a given score, or the contests of a folder with the scores of a model's verdicts."""
    from veriloop.bench.rating.replay import NEW, replay, trajectory

    if options.verdicts is None:
        assert options.points is not None
        contest = read_contest(options.contest)
        done = replay(
            contest, points=options.points, penalty=options.penalty, rating=options.rating
        )
        return Made((_replays([done], []),), (_window(contest),))
    folder = (
        read_contests(options.contest)
        if options.contest.is_dir()
        else ContestFolder((read_contest(options.contest),), ())
    )
    verdicts, quarantine = read_verdicts(options.verdicts)
    entries = _of_model(verdicts, options)
    scoring = _scoring(options.score, options.minutes, options.pacing)
    results = []
    for contest in folder.contests:
        given = {e.index: e for e in entries if e.contest == contest.id}
        if any(e.counted for e in given.values()):
            scores = contest_scores(contest, given, scoring)
            results.append((contest, float(scores.points[0]), float(scores.penalties[0])))
    if not results:
        raise InputError(
            "no verdict of the model is of a contest given", file=str(options.verdicts)
        )
    steps = trajectory(results, rating=options.rating)
    shown = [step.shown for step in steps] if options.rating == NEW else []
    window = [LATER] if any(not contest.exact for contest, _, _ in results) else []
    return Made(
        (_replays([step.replay for step in steps], shown),),
        (f"Score: {scoring.says}.", *window),
        (*map(str, folder.errors), *filter(None, [quarantine.summary()])),
    )


def _of_model(entries: Sequence[ProblemVerdicts], options: ReplayOptions) -> list[ProblemVerdicts]:
    """The lists of one model in one language. Raises InputError where that leaves none, or several."""
    kept = [
        e
        for e in entries
        if options.model in ("", e.model) and options.language in ("", e.language)
    ]
    keys = sorted({(e.model, e.language) for e in kept})
    if len(keys) == 1:
        return kept
    have = ", ".join(f"{m} {f'in {lang}' if lang else ''}".strip() for m, lang in keys[:4])
    raise InputError(
        f"name one with --model and --language: there are {have}"
        if keys
        else f"there is no model {options.model!r} in {options.language or 'any language'!r}",
        file=str(options.verdicts),
    )


def _replays(done: Sequence[Replay], shown: Sequence[int]) -> Table:
    names = ["people", "place", "expected", "needed", "before", "change", "after"]
    names += ["shown"] if shown else []
    rows = []
    for i, one in enumerate(done):
        numbers = [
            one.rows,
            one.rank,
            one.expected,
            one.needed,
            one.rating,
            one.delta,
            one.after,
        ]
        cells = [Cell(float(n)) for n in (*numbers, *shown[i : i + 1])]
        rows.append(Row(str(one.contest), tuple(cells)))
    return Table(
        "As a virtual participant",
        tuple(Column(name, digits=1 if name == "expected" else 0) for name in names),
        tuple(rows),
        row_label="contest",
    )
