"""What ``veriloop bench processbench`` does once its options are read: rows, verdicts, scores, files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import typer

from veriloop.errors import InputError, RunStopped
from veriloop.ids import Json, content_id, describe
from veriloop.records import Group, Traits, Unscored, Verdict
from veriloop.runs.plan import StageEvent
from veriloop.runs.signals import listening
from veriloop.runs.stages import identity
from veriloop.store.json_files import write_json
from veriloop.store.pieces import Table

if TYPE_CHECKING:
    from veriloop.bench.paired import Comparison
    from veriloop.bench.processbench import ProcessBenchResult
    from veriloop.bench.published import Family
    from veriloop.bench.saved_scores import Saved
    from veriloop.protocols import Verifier
    from veriloop.store.processbench import ProcessBenchRow

SAMPLINGS = ("paper", "qwen-math")
SCALAR = (
    "outcome",
    "skywork",
)  # heads whose scores are no chances: the paper chooses a threshold for them
CHOSEN_ON = "gsm8k"


@final
@dataclass(frozen=True)
class Options:
    """The options of the command. Of ``prm``, ``critic`` and ``scores`` one is given; ``votes`` 0 is the default."""

    data: Path
    out: Path
    prm: str = ""
    critic: str = ""
    scores: Path | None = None
    threshold: float | str | None = None
    compare: Path | None = None
    compare_threshold: float | str | None = None
    votes: int = 0
    sampling: str = "paper"
    max_tokens: int = 8192
    seed: int = 0
    limit: int = 0
    retry_lost: bool = False
    name: str = ""

    @property
    def shown_name(self) -> str:
        """What the system is called: as asked, else the model's own name; empty where saved scores decide."""
        spec = (self.prm or self.critic).partition("?")[0]
        model = spec.partition("@http")[0].rstrip("/").rpartition("/")[2]
        return self.name or model


@final
@dataclass(frozen=True)
class Scored:
    """What came of it, for the terminal and the page. ``lost`` says in words what was set aside or left out."""

    rows: tuple[ProcessBenchRow, ...]
    result: ProcessBenchResult
    family: Family
    comparison: Comparison | None
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class _Judged:
    """Verdicts, and what goes with them. ``records`` is where they are, relative to the output folder."""

    verdicts: Sequence[Verdict]
    family: Family
    rule: float | str | None
    records: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()


def score(options: Options, seen: Callable[[StageEvent], object]) -> Scored:
    """Do it all and write ``result.json`` in the output folder. Raises RunStopped on Ctrl-C, with what is kept."""
    from veriloop.bench.paired import compare
    from veriloop.bench.processbench import score_processbench

    options = replace(options, limit=options.limit or _limit_of(options.scores))
    rows, notes = read_rows(options.data, options.out, options.limit)
    judged = _saved(options, rows) if options.scores else asyncio.run(_judge(options, rows, seen))
    result = score_processbench(rows, judged.verdicts, threshold=judged.rule)
    result = replace(result, verifier=options.shown_name or judged.name)
    comparison = None
    if options.compare is not None:
        comparison = compare(result, _other(options, rows, options.compare))
    scored = Scored(tuple(rows), result, judged.family, comparison, (*notes, *judged.notes))
    _write(options, scored, judged.records)
    return scored


def _limit_of(scores: Path | None) -> int:
    """How many rows of each subset the run that is scored again looked at; 0 is all, or not known."""
    if scores is None:
        return 0
    file = scores / "result.json" if scores.is_dir() else scores
    if file.name != "result.json" or not file.is_file():
        return 0
    try:
        limit = json.loads(file.read_bytes()).get("limit")
    except (ValueError, AttributeError):
        return 0  # what is wrong with it is said where the scores are read
    return limit if isinstance(limit, int) else 0


def _write(options: Options, scored: Scored, records: str) -> None:
    told: dict[str, Json] = {
        **scored.result.to_json(),
        "family": scored.family,
        "limit": options.limit,
        "comparison": scored.comparison.to_json() if scored.comparison else None,
    }
    if records:
        told["records"] = records
    write_json(options.out / "result.json", told)


def _saved(options: Options, rows: Sequence[ProcessBenchRow]) -> _Judged:
    from veriloop.bench.saved_scores import read_saved
    from veriloop.store.quarantine import Quarantine

    assert options.scores is not None
    quarantine = Quarantine(f"scores.{options.scores.name}")  # beside that of the data
    saved = read_saved(options.scores, rows, votes=options.votes, quarantine=quarantine)
    quarantine.save(options.out)
    notes = [quarantine.summary()] if quarantine.rows else []
    if saved.others and not options.limit:
        notes.append(f"{saved.others:,} saved entries are of rows that are not in the data")
    family: Family = "critic" if saved.critic else "prm"
    rule = resolved(options.threshold, saved.rule)
    records = _own_copy(options.out, saved, options.votes)
    return _Judged(saved.verdicts, family, rule, records, saved.name, tuple(notes))


def _own_copy(out: Path, saved: Saved, votes: int) -> str:
    """Where in the output folder the verdicts are; they are copied there where they are not. Those of fewer votes
    get a folder of their own, for they may come from this very one.
    """
    if saved.table is not None and saved.table.resolve().is_relative_to(out.resolve()):
        return saved.table.resolve().relative_to(out.resolve()).as_posix()
    folder = f"saved-{votes}-votes" if votes else "saved"
    own = Table(out / folder / "verdicts", Verdict)
    for index in own.pieces():
        own.path(index).unlink()
    own.write_piece(0, saved.verdicts)
    return f"{folder}/verdicts"


def rule_of(text: str) -> float | str | None:
    """A threshold as it is written: a number, "class", the name of a subset, or nothing."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def resolved(asked: float | str | None, otherwise: float | str | None) -> float | str | None:
    """The threshold asked for; "class" is the verifier's own first error, None is for what is usual."""
    if asked == "class":
        return None
    return otherwise if asked is None else asked


def check_rule(rule: float | str | None, rows: Sequence[ProcessBenchRow]) -> None:
    """Raise InputError where the threshold is to be chosen on rows that are not there: before anything is judged."""
    have = dict.fromkeys(row.subset for row in rows)
    if isinstance(rule, str) and rule not in have:
        raise InputError(
            f"the threshold is to be chosen on {rule!r}, and the data have {', '.join(have)}: add {rule}.json to "
            "--data, or give --threshold a number or `class`"
        )


def _other(options: Options, rows: Sequence[ProcessBenchRow], source: Path) -> ProcessBenchResult:
    from veriloop.bench.processbench import score_processbench
    from veriloop.bench.saved_scores import read_saved

    saved = read_saved(source, rows)
    rule = resolved(options.compare_threshold, saved.rule)
    result = score_processbench(rows, saved.verdicts, threshold=rule)
    return replace(result, verifier=saved.name)


async def _judge(
    options: Options, rows: Sequence[ProcessBenchRow], seen: Callable[[StageEvent], object]
) -> _Judged:
    from veriloop.bench.processbench import run_processbench

    opened = _critic(options) if options.critic else _reward_model(options)
    async with opened as (verifier, who, rule):
        check_rule(rule, rows)
        family: Family = "critic" if options.critic else "prm"
        name = f"{family}-{content_id('processbench', family, who)[:12]}"
        kept = _Kept.of(options.out / name / "verdicts", retry_lost=options.retry_lost)
        told = _Told(verifier, seen, len(rows), kept.of_rows(rows))
        work = asyncio.ensure_future(run_processbench(rows, told, known=kept.known, save=kept.save))

        def stop(signal: str) -> None:
            work.cancel(signal)

        with listening(stop):
            try:
                result = await work
            except asyncio.CancelledError as error:
                done = kept.of_rows(rows)
                raise RunStopped(
                    f"stopped: {done:,} of {len(rows):,} rows are kept in {options.out}; the same command goes on"
                ) from error
        told.finished()
        return _Judged(result.verdicts, family, rule, f"{name}/verdicts")


@asynccontextmanager
async def _critic(options: Options) -> AsyncIterator[tuple[Verifier, Json, None]]:
    from veriloop.bench.critic import GREEDY, VOTING, VOTING_QWEN_MATH, Critic
    from veriloop.cli.opening import remembered

    votes = options.votes or 1
    if options.sampling not in SAMPLINGS:
        raise InputError(f"--sampling is {' or '.join(SAMPLINGS)}, not {options.sampling!r}")
    voting = VOTING if options.sampling == "paper" else VOTING_QWEN_MATH
    plan = replace(GREEDY if votes == 1 else voting, max_tokens=options.max_tokens)
    async with remembered(options.critic, options.out) as model:
        who = Critic(model, votes, plan, options.seed)
        yield who, [identity(model), describe(who)], None


@asynccontextmanager
async def _reward_model(
    options: Options,
) -> AsyncIterator[tuple[Verifier, Json, float | str | None]]:
    from veriloop.cli.verifiers import step_verifier

    async with step_verifier(options.prm, options.out) as verifier:
        usual = CHOSEN_ON if is_scalar(verifier) else None
        yield verifier, _identity(verifier), resolved(options.threshold, usual)


def is_scalar(verifier: Verifier) -> bool:
    """Whether its step scores come from a head of one raw number, which no chance of 0.5 divides."""
    from veriloop.engines.layouts import layout_of

    path, layout = getattr(verifier, "checkpoint", ""), getattr(verifier, "layout", "auto")
    if layout == "auto" and path and Path(path).is_dir():
        layout = layout_of(path)
    return layout in SCALAR


def _identity(verifier: Verifier) -> Json:
    """What decides a reward model's scores: its settings and the bytes of its folder, not where that lies."""
    from veriloop.engines.fingerprints import folder_fingerprint

    path = getattr(verifier, "checkpoint", "")
    if not path or not Path(path).is_dir():
        return identity(verifier)
    settings: Any = replace(verifier, checkpoint="")  # type: ignore[type-var]
    return [describe(settings), folder_fingerprint(path)]


@final
@dataclass(frozen=True)
class _Kept:
    """Verdicts of this verifier, kept piece by piece as they come; a later one stands for an earlier."""

    table: Table[Verdict]
    known: list[Verdict]

    @classmethod
    def of(cls, folder: Path, *, retry_lost: bool) -> _Kept:
        table = Table(folder, Verdict)
        found = {v.solution: v for v in table.read()}
        if retry_lost:
            found = {s: v for s, v in found.items() if v.unscored is not Unscored.ENGINE}
        return cls(table, list(found.values()))

    def save(self, verdicts: Sequence[Verdict]) -> None:
        self.table.write_piece(len(self.table.pieces()), verdicts)
        self.known.extend(verdicts)

    def of_rows(self, rows: Sequence[ProcessBenchRow]) -> int:
        """How many of the rows have a verdict."""
        have = {v.solution for v in self.known}
        return sum(row.solution.id in have for row in rows)


@final
@dataclass
class _Told:
    """A verifier that tells how far it is after every group."""

    verifier: Verifier
    seen: Callable[[StageEvent], object]
    total: int
    resumed: int
    counts: dict[str, Any] = field(
        default_factory=lambda: {"lost": 0, "unscored": 0, "tokens": 0, "usd": 0.0}
    )
    done: int = 0

    def __post_init__(self) -> None:
        self.done = self.resumed
        self._tell()

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def traits(self) -> Traits | None:
        return getattr(self.verifier, "traits", None)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        verdicts = await self.verifier.verify(group)
        for verdict in verdicts:
            self.done += 1
            kind = "lost" if verdict.unscored is Unscored.ENGINE else "unscored"
            self.counts[kind] += not verdict.scored
            self.counts["tokens"] += verdict.cost.tokens
            self.counts["usd"] += verdict.cost.usd
        self._tell()
        return verdicts

    def finished(self) -> None:
        """The last word."""
        self._tell(finished=True)

    def _tell(self, *, finished: bool = False) -> None:
        self.seen(
            StageEvent(
                "processbench",
                self.total,
                self.done,
                self.resumed,
                **self.counts,
                finished=finished,
            )
        )


def read_rows(data: Path, out: Path, limit: int) -> tuple[list[ProcessBenchRow], list[str]]:
    """ProcessBench's rows, ``limit`` of each subset where it is not 0, and what was set aside, in words."""
    from veriloop.store.processbench import read_processbench
    from veriloop.store.quarantine import Quarantine

    quarantine = Quarantine(data.name)
    rows = read_processbench(data, quarantine=quarantine)
    if not rows:
        raise InputError("no good row", file=str(data))
    out.mkdir(parents=True, exist_ok=True)
    quarantine.save(out)
    if limit:
        rows = [
            row
            for name in dict.fromkeys(r.subset for r in rows)
            for row in spread([r for r in rows if r.subset == name], limit)
        ]
    return rows, [quarantine.summary()] if quarantine.rows else []


def spread(rows: Sequence[ProcessBenchRow], limit: int) -> list[ProcessBenchRow]:
    """``limit`` of the rows at even distances: the files begin with wrong solutions alone."""
    count = min(limit, len(rows))
    return [rows[index * len(rows) // count] for index in range(count)]


def say(notes: Sequence[str]) -> None:
    """Notes go to standard error, one a line."""
    for note in notes:
        typer.echo(note, err=True)
