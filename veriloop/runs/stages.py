"""The arrows of the loop as stages of a run: each reads records, runs one plug-in, and leaves a folder of records.

A recipe and the command line call the same functions, so a stage that one of them left half done can be finished
by the other. Plug-ins arrive as arguments that fit a protocol; no kind is known here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import final

from veriloop.errors import InputError
from veriloop.ids import Json, describe
from veriloop.protocols import Engine, Feedback, Search, Verifier
from veriloop.records import Dropped, Example, Group, Problem, Record, Solution, Verdict
from veriloop.runs.folder import FILE
from veriloop.runs.plan import Stage, StageEvent, StageReport, Work, items_id, run_stage
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS, R


@final
@dataclass(frozen=True)
class Run:
    """A folder of stages, and how they are run. ``seen`` is told of progress, ``kept`` of finished stages.

    ``fresh`` starts over; ``retry_lost`` does the pieces again that lost items to errors.
    """

    folder: Path
    fresh: bool = False
    retry_lost: bool = False
    in_flight: int = 256
    piece_size: int = 64
    seen: Callable[[StageEvent], object] | None = field(default=None, repr=False)
    kept: Callable[[StageReport], object] | None = field(default=None, repr=False)

    async def problems(self, name: str, problems: Sequence[Problem]) -> StageReport:
        """Write problems, as they are."""

        async def keep(problem: Problem) -> Sequence[Record]:
            return (problem,)

        return await self._run(name, problems, keep, makes=(Problem,), made_by={})

    async def search(
        self, name: str, problems: Sequence[Problem], search: Search, engine: Engine
    ) -> StageReport:
        """Problems -> solutions."""

        async def find(problem: Problem) -> Sequence[Record]:
            return await search.search(problem, engine)

        made_by: dict[str, Json] = {"search": describe(search), "engine": identity(engine)}
        return await self._run(name, problems, find, makes=(Solution,), made_by=made_by)

    async def trace(
        self,
        name: str,
        problems: Sequence[Problem],
        find: Callable[[Problem], Awaitable[Sequence[Record]]],
        *,
        made_by: Mapping[str, Json],
    ) -> StageReport:
        """Problems -> solutions with the verdicts that they were found by: a search that a verifier guides."""
        made = (Solution, Verdict)
        return await self._run(name, problems, find, makes=made, made_by=made_by)

    async def verify(self, name: str, groups: Sequence[Group], verifier: Verifier) -> StageReport:
        """Solutions -> verdicts."""
        made_by: dict[str, Json] = {"verifier": identity(verifier)}
        return await self._run(name, groups, verifier.verify, makes=(Verdict,), made_by=made_by)

    async def feedback(self, name: str, groups: Sequence[Group], feedback: Feedback) -> StageReport:
        """Verdicts -> examples, and what was left out."""

        async def learn(group: Group) -> Sequence[Record]:
            kept = feedback.feedback(group)
            return (*kept.examples, *kept.dropped)

        made_by: dict[str, Json] = {"feedback": describe(feedback)}
        return await self._run(name, groups, learn, makes=(Example,), made_by=made_by)

    def path(self, name: str) -> Path:
        """The folder of a stage."""
        return self.folder / name if name else self.folder

    def lacks_budget(self, name: str) -> bool:
        """True where an earlier attempt at this stage left items out because its budget was spent."""
        return Stage(name, self.path(name), ()).lacks_budget

    def of_others(self, name: str, items: Sequence[Problem] | Sequence[Group]) -> bool:
        """True where the folder of this stage is there and was made of other items than these."""
        made = self.path(name) / FILE
        if not made.is_file():
            return False
        return json.loads(made.read_bytes())["items_id"] != items_id(items)

    async def _run(
        self,
        name: str,
        items: Sequence[Problem] | Sequence[Group],
        work: Work,
        *,
        makes: tuple[type[Record], ...],
        made_by: Mapping[str, Json],
    ) -> StageReport:
        stage = Stage(
            name or self.folder.name,
            self.path(name),
            makes,
            made_by,
            piece_size=self.piece_size,
            in_flight=self.in_flight,
            fresh=self.fresh,
            retry_lost=self.retry_lost,
        )
        report = await run_stage(stage, items, work, on_event=self.seen)
        if self.kept:
            self.kept(report)
        return report


def identity(plug_in: object) -> Json:
    """What decides a plug-in's answers, for a stage's fingerprint: its ``fingerprint()``, or its description with
    the fingerprints of the engines and other parts that it was handed.
    """
    own = getattr(plug_in, "fingerprint", None)
    if callable(own):
        told: Json = own()  # type: ignore[assignment]
        return told
    if not is_dataclass(plug_in):
        return describe(plug_in)
    handed = {f.name: getattr(plug_in, f.name) for f in fields(plug_in)}
    parts = {
        name: identity(part)
        for name, part in handed.items()
        if callable(getattr(part, "fingerprint", None))
    }
    return [describe(plug_in), parts] if parts else describe(plug_in)


def read_all(folder: Path, kind: type[R]) -> list[R]:
    """All records of one kind in a stage's folder. Raises InputError where there are none."""
    table = Table(folder / FOLDERS[kind], kind)
    records = list(table.read())
    if not records and not table.pieces():
        raise InputError(f"there are no {FOLDERS[kind]} here", file=str(folder))
    return records


def read_dropped(folder: Path) -> list[Dropped]:
    """What a stage left out, with reasons; empty where nothing was."""
    return list(Table(folder / FOLDERS[Dropped], Dropped).read())


def join(
    problems: Iterable[Problem], solutions: Iterable[Solution], verdicts: Iterable[Verdict] = ()
) -> list[Group]:
    """Groups in the order of ``problems``; a problem without solutions is left out.

    Raises InputError on a solution or verdict whose problem is not there: then the folders do not belong
    together.
    """
    by_problem = {p.id: p for p in problems}
    found: defaultdict[str, list[Solution]] = defaultdict(list)
    said: defaultdict[str, list[Verdict]] = defaultdict(list)
    for solution in solutions:
        found[_known(solution.problem, by_problem)].append(solution)
    for verdict in verdicts:
        said[_known(verdict.problem, by_problem)].append(verdict)
    return [
        Group(problem, tuple(found[name]), tuple(said[name]))
        for name, problem in by_problem.items()
        if found[name]
    ]


def read_groups(problems: Path, solutions: Path, *verdicts: Path) -> list[Group]:
    """Groups joined from the folders of their stages."""
    return join(
        read_all(problems, Problem),
        read_all(solutions, Solution),
        [v for folder in verdicts for v in read_all(folder, Verdict)],
    )


def _known(problem: str, problems: Mapping[str, Problem]) -> str:
    if problem not in problems:
        raise InputError(
            f"problem {problem} is not among the problems given: these folders are of different runs"
        )
    return problem
