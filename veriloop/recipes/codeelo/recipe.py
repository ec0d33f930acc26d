"""The recipe: sets of problems, each sampled, judged and counted, and a rating from the contest among them.

Every stage leaves a folder of records and is skipped when it is there. Which engine answers is the caller's business:
the recorded programs (``recorded``), whose verdicts are checked against what they were written for, or a model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from veriloop.bench.codeelo.attempts import rateable
from veriloop.bench.codeelo.local import Local
from veriloop.bench.codeelo.measuring import Asking, CodeEloResult, measure_codeelo
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.reading import read_codeelo
from veriloop.bench.humaneval import (
    HumanEvalProblems,
    HumanEvalResult,
    measure_humaneval,
    read_humaneval,
    sampling,
)
from veriloop.bench.rating.aggregate import Rated, rate_models
from veriloop.bench.rating.contest_files import read_contests
from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.bench.rating.verdict_files import write_verdicts
from veriloop.errors import InputError
from veriloop.protocols import Engine
from veriloop.recipes.codeelo import recorded
from veriloop.recipes.codeelo.contest import write_contest
from veriloop.runs.stages import Run
from veriloop.verify.code import Code

LANGUAGES = ("cpp", "python")
CONTESTS, HUMANEVAL = (
    Path("code_contests/problems_first10.jsonl"),
    Path("humaneval/HumanEval.jsonl"),
)


@final
@dataclass(frozen=True)
class Settings:
    """What decides the numbers, besides problems and the engine. ``limit`` bounds the functions of HumanEval."""

    asking: Asking = field(default_factory=Asking)
    function_samples: int = len(recorded.FUNCTION_KINDS)
    limit: int | None = None
    mode: str | None = None
    untrusted: bool = True


@final
@dataclass(frozen=True)
class ProgramSet:
    """Contest problems in one language; ``right`` are recorded programs, empty where there is none for a problem."""

    name: str
    title: str
    problems: tuple[CodeEloProblem, ...]
    language: str
    right: Mapping[str, Path]


@final
@dataclass(frozen=True)
class FunctionSet:
    """Function problems; ``rows`` are the set's own, by problem, with their solutions."""

    name: str
    title: str
    found: HumanEvalProblems
    rows: Mapping[str, Mapping[str, object]]


@final
@dataclass(frozen=True)
class SetResult:
    """What came of one set. ``unexpected`` are recorded attempts that got another verdict than they were written for,
    in words; None where a model answered.
    """

    name: str
    title: str
    result: CodeEloResult | HumanEvalResult
    problems: tuple[CodeEloProblem, ...] = ()
    unexpected: tuple[str, ...] | None = None


@final
@dataclass(frozen=True)
class Outcome:
    """All sets, the ratings over the contest of the recipe's own problems, and what was left out, in words."""

    sets: tuple[SetResult, ...]
    rated: Rated | None
    said: tuple[str, ...] = ()

    @property
    def unexpected(self) -> list[str]:
        """Every recorded attempt with another verdict than it was written for."""
        return [f"{one.name}: {line}" for one in self.sets for line in one.unexpected or ()]

    @property
    def checked(self) -> int:
        """How many recorded attempts were checked."""
        return sum(
            len(a.verdicts)
            for one in self.sets
            if one.unexpected is not None
            for a in one.result.attempts
        )


def own_sets() -> list[ProgramSet | FunctionSet]:
    """The sets that ship with the recipe: five contest problems in two languages, and three functions."""
    problems = read_codeelo(recorded.HERE / "own" / "problems.jsonl").problems
    titles = {"cpp": "Own problems, C++", "python": "Own problems, Python"}
    sets: list[ProgramSet | FunctionSet] = [
        ProgramSet(f"own-{name}", titles[name], problems, name, recorded.own_right(name))
        for name in LANGUAGES
    ]
    functions = recorded.HERE / "own" / "functions.jsonl"
    return [*sets, function_set("own-functions", "Own functions", functions)]


def data_sets(
    data: Path, limit: int | None = None
) -> tuple[list[ProgramSet | FunctionSet], list[str]]:
    """The real sets below ``data``, and a line for each that is not there. Raises InputError where none is."""
    if not any((data / name).is_file() for name in (CONTESTS, HUMANEVAL)):
        raise InputError(f"there is neither {CONTESTS} nor {HUMANEVAL} in it", file=str(data))
    sets: list[ProgramSet | FunctionSet] = []
    said: list[str] = []
    if (data / CONTESTS).is_file():
        found = read_codeelo(data / CONTESTS, checkers=recorded.HERE / "checkers").problems
        right = recorded.contest_right("cpp")
        sets.append(ProgramSet("contests", "Ten contest problems, C++", found, "cpp", right))
    else:
        said.append(f"the contest problems are left out: there is no {CONTESTS} in {data}")
    if (data / HUMANEVAL).is_file():
        sets.append(function_set("humaneval", "HumanEval", data / HUMANEVAL, limit))
    else:
        said.append(f"HumanEval is left out: there is no {HUMANEVAL} in {data}")
    return sets, said


def function_set(name: str, title: str, path: Path, limit: int | None = None) -> FunctionSet:
    """A file with HumanEval's columns as a set."""
    found = read_humaneval(path, limit=limit)
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = {row["task_id"]: row for row in map(json.loads, filter(None, lines))}
    return FunctionSet(name, title, found, rows)


async def run_codeelo(
    run: Run,
    sets: Sequence[ProgramSet | FunctionSet],
    settings: Settings,
    *,
    engine: Engine | None = None,
    said: Sequence[str] = (),
    tell: Callable[[str], object] = lambda title: None,
) -> Outcome:
    """All sets, one after the other, and the rating. ``engine`` None has the recorded programs answer. ``tell`` is told
    the title of each set before it begins.
    """
    results: list[SetResult] = []
    for one in sets:
        tell(one.title)
        inside = replace(run, folder=run.folder / one.name)
        if isinstance(one, ProgramSet):
            results.append(await _programs(inside, one, settings, engine))
        else:
            results.append(await _functions(inside, one, settings, engine))
    return Outcome(tuple(results), rate_own(run, results), tuple(said))


async def _programs(
    run: Run, one: ProgramSet, settings: Settings, engine: Engine | None
) -> SetResult:
    asking = replace(settings.asking, language=one.language)
    if engine is None:
        asking = replace(asking, samples=len(recorded.KINDS))
    answering = engine or recorded.programs(one.problems, one.language, one.right)
    judge = Local(one.problems, mode=settings.mode, untrusted=settings.untrusted)
    try:
        result = await measure_codeelo(
            run,
            one.problems,
            engine=answering,
            submitter=judge,
            asking=asking,
        )
    finally:
        await judge.close()
    found = None
    if engine is None:
        found = _unexpected(recorded.KINDS, [p.id for p in one.problems], result)
    return SetResult(one.name, one.title, result, one.problems, found)


async def _functions(
    run: Run, one: FunctionSet, settings: Settings, engine: Engine | None
) -> SetResult:
    samples = settings.function_samples if engine else len(recorded.FUNCTION_KINDS)
    decoding = sampling(samples, settings.asking.sampling.max_tokens)
    search = replace(settings.asking, samples=samples, sampling=decoding).search()
    result = await measure_humaneval(
        run,
        one.found,
        engine=engine or recorded.functions(one.found.problems, one.rows),  # type: ignore[arg-type]
        search=search,
        verifier=Code(one.found.language, mode=settings.mode, untrusted=settings.untrusted),
    )
    found = None
    if engine is None:
        names = [str(p.uid) for p in one.found.problems]
        found = _unexpected(recorded.FUNCTION_KINDS, names, result)
    return SetResult(one.name, one.title, result, (), found)


def _unexpected(
    kinds: Mapping[str, frozenset[str]],
    names: Sequence[str],
    result: CodeEloResult | HumanEvalResult,
) -> tuple[str, ...]:
    verdicts = {a.problem: a.verdicts for a in result.attempts}
    return tuple(recorded.unexpected(kinds, names, verdicts))


def rate_own(run: Run, results: Sequence[SetResult]) -> Rated | None:
    """The rating over the made-up contest of the recipe's own problems; ``contests/`` and ``verdicts.jsonl`` are left
    for ``veriloop rate models``. None where those problems are not among the sets.
    """
    own = [one for one in results if one.name.startswith("own-") and one.problems]
    if not own:
        return None
    folder = run.folder / "contests"
    write_contest(own[0].problems, folder)
    verdicts: list[ProblemVerdicts] = []
    for one in own:
        made = one.result
        verdicts += rateable(made.attempts, model=made.model, language=made.language)
    write_verdicts(run.folder / "verdicts.jsonl", verdicts)
    return rate_models(verdicts, read_contests(folder).contests)
