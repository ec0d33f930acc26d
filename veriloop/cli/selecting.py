"""What ``veriloop bench best-of-n`` does once its options are read: problems, solutions, verdicts, tables, files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from veriloop.errors import InputError
from veriloop.records import Group, Problem, Solution, Verdict
from veriloop.store.json_files import write_json

if TYPE_CHECKING:
    from veriloop.bench.best_of_n_sets import BestOfNSets
    from veriloop.protocols import Verifier
    from veriloop.runs.stages import Run

TRUTH = "answer"
NOT_JUDGES = (TRUTH, "gold")


@final
@dataclass(frozen=True)
class Options:
    """The options of the command. ``sets`` pairs the name of a set with its file."""

    out: Path | None
    verdicts: tuple[Path, ...] = ()
    problems: tuple[Path, ...] = ()
    solutions: tuple[Path, ...] = ()
    sets: tuple[tuple[str, Path], ...] = ()
    prm: tuple[str, ...] = ()
    orm: tuple[str, ...] = ()
    greedy: tuple[Path, ...] = ()
    engine: str = ""
    n: int = 8
    temperature: float = 0.7
    top_p: float = 0.8
    max_tokens: int = 4096
    system: str | None = None
    limit: int = 0
    seed: int = 0

    @property
    def folder(self) -> Path:
        """Where to write. Raises InputError where there is something to write and no folder for it."""
        if self.out is None:
            raise InputError(
                "--engine, --prm, --orm and --set write records: name a folder with --out"
            )
        return self.out


@final
@dataclass(frozen=True)
class Selection:
    """The tables, and what is to be said of the way to them."""

    result: BestOfNSets
    said: tuple[str, ...] = ()


async def select(options: Options, run: Run | None) -> Selection:
    """Read or make everything that is asked for, and measure. ``run`` writes to the options' folder."""
    from veriloop.bench.best_of_n_sets import best_of_n_sets
    from veriloop.bench.statistics import Bootstrap
    from veriloop.runs.stages import join, read_all

    problems, said = _problems(options)
    if options.engine:
        await _sample(options, problems, run)
    folders = [options.folder / "solutions"] if options.engine else list(options.solutions)
    solutions = [s for folder in folders for s in read_all(folder, Solution)]
    verdicts = [v for folder in options.verdicts for v in read_all(folder, Verdict)]
    groups = join(problems, solutions, verdicts)
    groups = await _judged(options, groups, run, "answer")
    greedy = join(problems, [s for f in options.greedy for s in read_all(f, Solution)], verdicts)
    greedy = await _judged(options, greedy, run, "answer-greedy") if greedy else []
    groups = await _scored(options, groups, run)
    names = {v.verifier for g in groups for v in g.verdicts} - {*NOT_JUDGES}
    by_name = {m: [v for g in groups for v in g.by(m).values()] for m in sorted(names)}
    result = best_of_n_sets(
        groups, by_name, n=options.n, greedy=greedy, bootstrap=Bootstrap(seed=options.seed)
    )
    if options.out is not None:
        write_json(options.out / "best_of_n.json", result.to_json())
    return Selection(result, tuple(said))


def _problems(options: Options) -> tuple[list[Problem], list[str]]:
    from veriloop.bench.sets import read_set
    from veriloop.runs.stages import read_all

    problems = [p for folder in options.problems for p in read_all(folder, Problem)]
    said: list[str] = []
    for name, path in options.sets:
        found = read_set(name, path, limit=options.limit or None)
        found.quarantine.save(options.folder)
        problems += found.problems
        said.append(found.summary())
    if not problems:
        raise InputError("name problems: --problems FOLDER, or --set NAME with --data FILE")
    return problems, said


async def _sample(options: Options, problems: Sequence[Problem], run: Run | None) -> None:
    from veriloop.cli.opening import remembered
    from veriloop.protocols import Sampling
    from veriloop.search.sample import Sample
    from veriloop.text.chats import Chat

    assert run is not None
    await run.problems("problems", problems)
    sampling = Sampling(options.max_tokens, options.temperature, options.top_p)
    search = Sample(options.n, sampling, options.seed, Chat(options.system))
    async with remembered(options.engine, options.folder) as model:
        await run.search("solutions", problems, search, model)


async def _judged(
    options: Options, groups: list[Group], run: Run | None, stage: str
) -> list[Group]:
    """Groups with verdicts on their answers: those given, else made here."""
    from veriloop.cli.opening import closing
    from veriloop.verify.answer import Answer
    from veriloop.verify.equality import MathEquality

    if all(set(g.by(TRUTH)) >= {s.id for s in g.solutions} for g in groups):
        return groups
    if run is None:
        raise InputError(
            f"some solutions have no verdict of {TRUTH!r}: give its folder, or --out to judge them here"
        )
    async with closing(MathEquality()) as equality:
        return await _verify(run, groups, Answer(equality), options.folder / stage, stage)


async def _scored(options: Options, groups: list[Group], run: Run | None) -> list[Group]:
    from veriloop.cli.verifiers import step_verifier, whole_answers

    asked = [(spec, "prm") for spec in options.prm]
    asked += [(whole_answers(spec), "orm") for spec in options.orm]
    names = _names(asked)
    for (spec, _), name in zip(asked, names, strict=True):
        assert run is not None
        async with step_verifier(spec, options.folder, name=name) as verifier:
            groups = await _verify(run, groups, verifier, options.folder / name, name)
    return groups


def _names(asked: Sequence[tuple[str, str]]) -> list[str]:
    """A short name for each: prm or orm where it is the only one, else with the last part of its path."""
    names: list[str] = []
    for spec, kind in asked:
        alone = sum(k == kind for _, k in asked) == 1
        last = re.sub(r"[^\w.-]+", "-", spec.partition("?")[0].rstrip("/").rsplit("/", 1)[-1])
        name = kind if alone else last if last.startswith(f"{kind}-") else f"{kind}-{last}"
        names.append(f"{name}-{len(names) + 1}" if name in names else name)
    return names


async def _verify(
    run: Run, groups: list[Group], verifier: Verifier, folder: Path, stage: str
) -> list[Group]:
    from veriloop.runs.stages import join, read_all

    bare = [Group(g.problem, g.solutions) for g in groups]
    await run.verify(stage, bare, verifier)
    made = read_all(folder, Verdict)
    kept = [v for g in groups for v in g.verdicts if v.verifier != verifier.name]
    solutions = [s for g in groups for s in g.solutions]
    return join([g.problem for g in groups], solutions, [*kept, *made])


def measure(options: Options, *, quiet: bool, fresh: bool, retry_lost: bool) -> Selection:
    """``select`` with progress, in a run of the options' folder where they name one."""
    from veriloop.cli.running import running

    if options.out is None:
        if options.engine or options.prm or options.orm or options.sets:
            _ = options.folder
        return asyncio.run(select(options, None))
    with running(options.out, fresh=fresh, retry_lost=retry_lost, quiet=quiet) as run:
        return asyncio.run(select(options, run))
