"""What ``veriloop bench critique`` does once its options are read: rows, critiques, comparisons, files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, final

from veriloop.errors import InputError
from veriloop.records import Group, Problem, Solution, Verdict
from veriloop.store.json_files import write_json

if TYPE_CHECKING:
    from veriloop.bench.critique import CritiqueResult
    from veriloop.bench.labelled import Labelled
    from veriloop.protocols import Engine, Verifier
    from veriloop.runs.stages import Run
    from veriloop.store.realcritic import StudentRow
    from veriloop.verify.equality import MathEquality

R = TypeVar("R", "StudentRow", "Labelled")
COMPARED_WITHIN = 20.0  # seconds for one pair of answers: a busy machine is no reason to lose a row


@final
@dataclass(frozen=True)
class Options:
    """The options of the command. Of ``model`` and ``critiques`` one is given."""

    out: Path
    data: Path | None = None
    model: str = ""
    critiques: tuple[Path, ...] = ()
    scenarios: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    ei: tuple[Path, ...] = ()
    answers: tuple[Path, ...] = ()
    prompt: str = "critic_direct"
    max_tokens: int = 2048
    system: str | None = None
    limit: int = 0
    name: str = ""
    seed: int = 0

    @property
    def shown_name(self) -> str:
        """What the critic is called: as asked, else the model's own name."""
        last = self.model.partition("?")[0].partition("@http")[0].rstrip("/").rpartition("/")[2]
        return self.name or last or "recorded critic"


def measure(
    options: Options, *, fresh: bool, retry_lost: bool, quiet: bool
) -> tuple[CritiqueResult, list[str]]:
    """Do it all and write ``result.json`` in the output folder; the notes say what was set aside."""
    from veriloop.cli.running import running

    options.out.mkdir(parents=True, exist_ok=True)
    with running(options.out, fresh=fresh, retry_lost=retry_lost, quiet=quiet) as run:
        result, notes = asyncio.run(_measure(options, run))
    write_json(options.out / "result.json", {**result.to_json(), "limit": options.limit})
    return result, notes


async def _measure(options: Options, run: Run) -> tuple[CritiqueResult, list[str]]:
    from veriloop.bench.critique import judge_critiques, locate_critiques, score_critiques
    from veriloop.cli.opening import closing
    from veriloop.verify.equality import MathEquality

    notes: list[str] = []
    async with closing(MathEquality(timeout=COMPARED_WITHIN)) as equality:
        if options.critiques:
            judged = await _recorded(options, equality, notes)
            return score_critiques(options.shown_name, judged), notes
        rows = _student_rows(options, notes)
        labelled = _labelled_rows(options, notes)
        found = await _criticise(options, rows, labelled, run)
        judged = []
        for scenario in options.scenarios if options.data else ():
            mine = found.rows[scenario]
            judged += await judge_critiques(mine, found.verdicts[scenario], equality)
        located = await locate_critiques(labelled, found.verdicts.get("ei", ()), equality)
    if found.lost:
        notes.append(f"{found.lost:,} own solutions were lost to errors: --retry-lost asks again")
    return score_critiques(options.shown_name, judged, located), notes


async def _recorded(options: Options, equality: MathEquality, notes: list[str]):
    from veriloop.bench.critique import judge_critiques, recorded_verdict, rule_of_set
    from veriloop.store.quarantine import Quarantine
    from veriloop.store.realcritic import read_recorded

    subset = options.sets[0] if options.sets else "math"
    judged = []
    for file in options.critiques:
        quarantine = Quarantine(file.stem)
        rows = read_recorded(file, subset=subset, rules=rule_of_set, quarantine=quarantine)
        _aside(quarantine, options.out, notes)
        if not rows:
            raise InputError("no good row", file=str(file))
        verdicts = [recorded_verdict(row, options.shown_name) for row in rows]
        judged += await judge_critiques(rows, verdicts, equality)
    return judged


def _student_rows(options: Options, notes: list[str]) -> dict[str, list[StudentRow]]:
    """Rows by scenario; those of one's own are the problems of the first other scenario that has files."""
    from veriloop.bench.critique import rule_of_set
    from veriloop.store.quarantine import Quarantine
    from veriloop.store.realcritic import BALANCED, INCORRECT, OWN, read_realcritic

    found: dict[str, list[StudentRow]] = {}
    if options.data is None:
        return found
    for scenario in options.scenarios:
        of = scenario
        if scenario == OWN:
            of = INCORRECT if (options.data / INCORRECT).is_dir() else BALANCED
        quarantine = Quarantine(f"{options.data.name}-{scenario}")
        rows = read_realcritic(
            options.data, of, sets=options.sets, rules=rule_of_set, quarantine=quarantine
        )
        _aside(quarantine, options.out, notes)
        if not rows:
            raise InputError("no good row", file=str(options.data / of))
        found[scenario] = _limited(rows, options.limit)
    return found


def _labelled_rows(options: Options, notes: list[str]) -> list[Labelled]:
    """Solutions with a labelled first wrong step, and the gold answers that are known."""
    from veriloop.bench.critique import labelled_rows
    from veriloop.store.labelled import read_labelled
    from veriloop.store.problems import read_problems

    known: dict[str, str] = {}
    for source in options.answers:
        problems, quarantine = read_problems(str(source))
        known |= {" ".join(p.text.split()): p.reference for p in problems if p.reference}
        _aside(quarantine, options.out, notes)
    rows: list[Labelled] = []
    for source in options.ei:
        items, quarantine = read_labelled(source)
        mine = labelled_rows(items, known)
        _aside(quarantine, options.out, notes)
        rows += _limited(mine, options.limit)
    return rows


def _limited(rows: list[R], limit: int) -> list[R]:
    """``limit`` rows of each subset at even distances; all of them where it is 0."""
    by_subset: dict[str, list[R]] = {}
    for row in rows:
        by_subset.setdefault(row.subset, []).append(row)
    if not limit:
        return rows
    return [
        mine[index * len(mine) // min(limit, len(mine))]
        for mine in by_subset.values()
        for index in range(min(limit, len(mine)))
    ]


@final
@dataclass(frozen=True)
class _Found:
    """Rows and verdicts by scenario; ``lost`` own solutions could not be made."""

    rows: dict[str, list[StudentRow]]
    verdicts: dict[str, list[Verdict]]
    lost: int = 0


async def _criticise(
    options: Options,
    rows: dict[str, list[StudentRow]],
    labelled: Sequence[Labelled],
    run: Run,
) -> _Found:
    from veriloop.cli.opening import remembered
    from veriloop.protocols import Sampling
    from veriloop.store.realcritic import OWN
    from veriloop.verify.critic import Critic

    greedy = Sampling(max_tokens=options.max_tokens, temperature=0.0)
    verdicts: dict[str, list[Verdict]] = {}
    asked, lost = dict(rows), 0
    async with remembered(options.model, options.out) as model:
        critic = Critic(model, options.prompt, greedy, options.seed)
        if OWN in rows:
            asked[OWN] = await _own_solutions(options, rows[OWN], model, run)
            lost = len(rows[OWN]) - len(asked[OWN])
        for scenario, mine in asked.items():
            pairs = [(row.problem, row.solution) for row in mine]
            verdicts[scenario] = await _verify(run, f"critiques-{scenario}", pairs, critic)
        if labelled:
            pairs = [(row.problem, row.solution) for row in labelled]
            verdicts["ei"] = await _verify(run, "critiques-ei", pairs, critic)
    return _Found(asked, verdicts, lost)


async def _own_solutions(
    options: Options, rows: Sequence[StudentRow], model: Engine, run: Run
) -> list[StudentRow]:
    """The rows with the model's own greedy solutions in place of the students'."""
    from veriloop.protocols import Sampling
    from veriloop.runs.stages import read_all
    from veriloop.search.sample import Sample
    from veriloop.text.chats import Chat

    sampling = Sampling(max_tokens=options.max_tokens, temperature=0.0)
    search = Sample(1, sampling, options.seed, Chat(options.system))
    problems = list({row.problem.id: row.problem for row in rows}.values())
    await run.search("own-solutions", problems, search, model)
    made = {s.problem: s for s in read_all(run.path("own-solutions"), Solution)}
    return [
        replace(row, scenario="own", solution=made[row.problem.id], right=None)
        for row in rows
        if row.problem.id in made
    ]


async def _verify(
    run: Run, stage: str, pairs: Iterable[tuple[Problem, Solution]], critic: Verifier
) -> list[Verdict]:
    """The critic's verdicts of all solutions, those of an earlier run included."""
    from veriloop.runs.stages import read_all

    groups: dict[str, tuple[Problem, dict[str, Solution]]] = {}
    for problem, solution in pairs:
        groups.setdefault(problem.id, (problem, {}))[1][solution.id] = solution
    asked = [Group(problem, tuple(found.values())) for problem, found in groups.values()]
    await run.verify(stage, asked, critic)
    return read_all(run.path(stage), Verdict)


def _aside(quarantine: object, out: Path, notes: list[str]) -> None:
    from veriloop.store.quarantine import Quarantine

    assert isinstance(quarantine, Quarantine)
    quarantine.save(out)
    if quarantine.rows:
        notes.append(quarantine.summary())
