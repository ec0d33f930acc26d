"""What ``veriloop bench codeelo`` does once its options are read: problems, a judge, a model, tables, files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from veriloop.cli.showing import set_aside
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.codeelo.measuring import Asking, CodeEloResult
    from veriloop.bench.codeelo.problems import CodeEloProblem
    from veriloop.bench.codeelo.reading import ProblemSet
    from veriloop.bench.codeelo.submitting import Submitter
    from veriloop.bench.rating.aggregate import Rated
    from veriloop.bench.rating.contest_files import ContestFolder
    from veriloop.report.page import Page, Section
    from veriloop.report.tables import Table
    from veriloop.runs.stages import Run

KEY = "VERILOOP_JUDGE_KEY"


@final
@dataclass(frozen=True)
class CodeEloOptions:
    """The options of the command. A judge's key comes from the environment, so that no page can show it."""

    problems: str
    engine: str
    out: Path
    language: str = "cpp"
    samples: int = 8
    contests: Path | None = None
    submitter: str = "local"
    checkers: Path | None = None
    examples: bool = False
    compilers: str = ""
    policy: str = "default"
    mode: str = ""
    trusted: bool = False
    limit: int = 0
    name: str = ""
    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 20
    max_tokens: int = 16384
    system: str | None = None
    seed: int = 0
    in_flight: int = 64

    def asking(self) -> Asking:
        """How the model is asked. Raises InputError on a language without a prompt."""
        from veriloop.bench.codeelo.measuring import Asking
        from veriloop.bench.codeelo.prompts import LANGUAGES
        from veriloop.protocols import Sampling

        if self.language not in LANGUAGES:
            raise InputError(f"--language is {' or '.join(LANGUAGES)}, not {self.language!r}")
        sampling = Sampling(self.max_tokens, self.temperature, self.top_p, self.top_k)
        return Asking(self.language, self.samples, sampling, self.seed, self.system)


@final
@dataclass(frozen=True)
class Shown:
    """What to print, and the page."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    said: tuple[str, ...]
    page: Page


def named_compilers(text: str) -> dict[str, str]:
    """``cpp=cpp20,python=pypy`` as a mapping, over the usual ones. Raises InputError."""
    from veriloop.bench.codeelo.local import usual_compilers
    from veriloop.verify.code import check_language

    found = usual_compilers()
    for part in filter(None, text.split(",")):
        name, equals, key = (word.strip() for word in part.partition("="))
        if not equals or not name or not key:
            raise InputError(f"--compilers is such as cpp=cpp20,python=pypy, not {text!r}")
        found[name] = check_language(key, {})
    return found


@asynccontextmanager
async def opened(
    options: CodeEloOptions, problems: Sequence[CodeEloProblem]
) -> AsyncIterator[Submitter]:
    """The submitter that the options name."""
    from veriloop.bench.codeelo.local import Local
    from veriloop.bench.codeelo.remote import Remote

    if options.submitter == "local":
        submitter: Submitter = Local(
            problems,
            by_samples=options.examples,
            compilers=named_compilers(options.compilers),
            mode=options.mode or None,
            untrusted=not options.trusted,
            policy=options.policy,
        )
    elif options.submitter.startswith(("http://", "https://")):
        submitter = Remote(options.submitter, os.environ.get(KEY))
    else:
        raise InputError(f"--submitter is local or a URL, not {options.submitter!r}")
    try:
        if isinstance(submitter, Remote):  # a wrong address or key is told before a model is asked
            await submitter.problem(problems[0].id)
        yield submitter
    finally:
        await submitter.close()


async def measured(
    options: CodeEloOptions,
    problems: Sequence[CodeEloProblem],
    run: Run,
    contests: ContestFolder | None,
) -> CodeEloResult:
    """Run everything that lacks, and count."""
    from veriloop.bench.codeelo.measuring import measure_codeelo
    from veriloop.cli.opening import remembered

    asking = options.asking()
    async with opened(options, problems) as submitter:
        options.out.mkdir(parents=True, exist_ok=True)
        async with remembered(options.engine, options.out) as model:
            return await measure_codeelo(
                run,
                problems,
                engine=model,
                submitter=submitter,
                asking=asking,
                contests=_ids(contests),
            )


def measure_and_show(
    options: CodeEloOptions, *, fresh: bool, retry_lost: bool, quiet: bool
) -> Shown:
    """Measure, write the files, and give what to print and the page."""
    from veriloop.cli.running import running

    options.asking()
    contests = _contests(options.contests)  # a bad folder is told before a model is asked
    found, said = _problems(options)
    said += [str(error) for error in contests.errors] if contests else []
    with running(
        options.out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=options.in_flight
    ) as run:
        result = asyncio.run(measured(options, found.problems, run, contests))
    if options.name:
        from veriloop.bench.codeelo.measuring import write_result

        result = replace(result, model=options.name)
        write_result(run, result)
    rated = rated_in(contests, result, options.out) if contests else None
    return shown(options, result, found.problems, rated=rated, said=said)


def lacking(options: CodeEloOptions) -> tuple[str, ...]:
    """What the problems lack here, in lines to print and by problem in ``lacks.json``: no model is asked."""
    from veriloop.bench.codeelo.lacks import lacks
    from veriloop.report.code_attempts import lacks_table
    from veriloop.report.terminal import terminal_table
    from veriloop.store.json_files import write_json

    contests = _contests(options.contests)
    found, said = _problems(options)
    known = lacks(found.problems, contests=_ids(contests))
    unjudged = {
        p.id: known.by_problem[p.id]
        for p in found.problems
        if p.judged(by_samples=options.examples) is None
    }
    path = options.out / "lacks.json"
    write_json(path, known.to_json())
    table = lacks_table(known, unjudged)
    shown = terminal_table(table) if table else "The problems lack nothing."
    return (*said, shown, f"by problem: {path}")


def _problems(options: CodeEloOptions) -> tuple[ProblemSet, list[str]]:
    """The problems, and what is to be said of bad rows."""
    from veriloop.bench.codeelo.reading import read_codeelo

    found = read_codeelo(options.problems, limit=options.limit or None, checkers=options.checkers)
    return found, list(filter(None, [set_aside(found.quarantine, options.out)]))


def rated_in(contests: ContestFolder, result: CodeEloResult, out: Path) -> Rated:
    """The model's rating over the contests; ``ratings.json`` is written. Raises InputError."""
    from veriloop.bench.codeelo.attempts import rateable
    from veriloop.bench.rating.aggregate import rate_models
    from veriloop.bench.rating.written import rated_json
    from veriloop.store.json_files import write_json

    verdicts = rateable(result.attempts, model=result.model, language=result.language)
    rated = rate_models(verdicts, contests.contests)
    write_json(out / "ratings.json", rated_json(rated))
    return rated


def _contests(folder: Path | None) -> ContestFolder | None:
    """The contests of a folder, one at least; None without a folder."""
    if folder is None:
        return None
    from veriloop.bench.rating.contest_files import read_contests

    found = read_contests(folder)
    if not found.contests:
        raise found.errors[0]
    return found


def _ids(contests: ContestFolder | None) -> set[int] | None:
    return None if contests is None else {contest.id for contest in contests.contests}


def shown(
    options: CodeEloOptions,
    result: CodeEloResult,
    problems: Sequence[CodeEloProblem],
    *,
    rated: Rated | None,
    said: Sequence[str],
) -> Shown:
    """The page, and the tables for the terminal."""
    from veriloop.cli.provenance import provenance
    from veriloop.report import code_attempts as page
    from veriloop.report import rating
    from veriloop.report.page import Link
    from veriloop.report.tables import Table

    facts = {p.id: p.facts for p in problems}
    title = f"CodeElo: {result.model}, {result.language}"
    main = [page.passes_table(title, result.summary), page.shares_table(result.summary)]
    ratings: list[Section | None] = (
        [rating.ratings_table(rated), rating.violins(rated)] if rated else []
    )
    rest: list[Section | None] = [
        page.rates_table(result.summary),
        page.verdicts_table(result.summary),
        page.lacks_table(result.lacks, result.unjudged),
        page.attempts_table(result.attempts, facts),
        page.browser(result.groups, "codeelo"),
    ]
    whole = page.code_page(
        title,
        [*main, *ratings, *rest],
        summary=result.summary,
        link=Link("CodeElo, arXiv 2501.01257", "https://arxiv.org/abs/2501.01257"),
        provenance=provenance({"seed": options.seed}, options),
    )
    tables = [*main, *(s for s in (*ratings[:1], *rest[:3]) if isinstance(s, Table))]
    notes = [f"judged by {result.judge}", *filter(None, [page.doubts(result.summary)])]
    notes += rating.notes(rated) if rated else ()
    return Shown(tuple(tables), tuple(notes), tuple(said), whole)
