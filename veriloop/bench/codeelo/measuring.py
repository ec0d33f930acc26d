"""One model on a set of code problems: sampled, judged and counted, every stage in a folder that can be gone on with.

``collect`` is the way from problems to groups with verdicts for any benchmark of code; ``measure_codeelo`` is CodeElo's
own. Opening engines and writing pages is the caller's business.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from veriloop.bench.codeelo.attempts import Attempts, Submitted, attempts_of, rateable
from veriloop.bench.codeelo.lacks import UNJUDGED, Lack, Lacks, lacks
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.prompts import SAMPLES, SAMPLING, asked
from veriloop.bench.codeelo.submitting import Patience, Submitter
from veriloop.bench.codeelo.summary import AttemptSummary, summarise
from veriloop.bench.rating.verdict_files import write_verdicts
from veriloop.errors import EngineError, InputError
from veriloop.ids import Json
from veriloop.protocols import Engine, Sampling, Search, Verifier
from veriloop.records import Group, Problem, Solution, Verdict
from veriloop.runs.stages import Run, identity, join, read_all, read_dropped
from veriloop.search.whole import Whole
from veriloop.store.atomic import write_whole
from veriloop.store.json_files import write_json
from veriloop.text.chats import Chat

_JUDGED_AT_ONCE = 4  # problems in a piece of verdicts: what a killed run may have to judge again


@final
@dataclass(frozen=True)
class Asking:
    """How a model is asked: ``language`` names the prompt (cpp, python), ``system`` a system message if any."""

    language: str = "cpp"
    samples: int = SAMPLES
    sampling: Sampling = SAMPLING
    seed: int = 0
    system: str | None = None

    def search(self) -> Whole:
        """The search that asks so."""
        return Whole(self.samples, self.sampling, self.seed, Chat(self.system))


@final
@dataclass(frozen=True)
class CodeEloResult:
    """One model's attempts and what they come to, the problems in the order of the set.

    ``unjudged`` were left out because nothing here can judge them, with what they lack. ``judge`` says in words who
    judged, and by what.
    """

    model: str
    language: str
    attempts: tuple[Attempts, ...]
    summary: AttemptSummary
    lacks: Lacks
    unjudged: Mapping[str, tuple[Lack, ...]]
    judge: str
    groups: tuple[Group, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Everything but the records."""
        return {
            "benchmark": "CodeElo",
            "source": "https://arxiv.org/abs/2501.01257",
            "model": self.model,
            "language": self.language,
            "judge": self.judge,
            "summary": self.summary.to_json(),
            "unjudged": {name: [str(x) for x in why] for name, why in self.unjudged.items()},
            "lacks": self.lacks.to_json(),
            "attempts": [attempts_row(one) for one in self.attempts],
        }


async def collect(
    run: Run, problems: Sequence[Problem], *, engine: Engine, search: Search, verifier: Verifier
) -> list[Group]:
    """Problems -> solutions -> verdicts, each a stage of ``run``; groups of what was not lost.

    Where ``run`` does again what was lost, or goes on under a larger budget, and answers came of it, everything is
    judged again. Raises EngineError where no problem was answered.
    """
    again = run.retry_lost or run.lacks_budget("solutions")
    await run.problems("problems", problems)
    await run.search("solutions", problems, search, engine)
    groups = join(problems, read_all(run.path("solutions"), Solution))
    if not groups:
        lost = read_dropped(run.path("solutions"))
        error = lost[0].detail.get("error") if lost else "answers without any solution"
        raise EngineError(f"no problem was answered, at first: {error}; --retry-lost asks again")
    few = replace(
        run,
        piece_size=_JUDGED_AT_ONCE,
        in_flight=min(run.in_flight, 64),
        fresh=run.fresh or (again and run.of_others("verdicts", groups)),
    )
    await few.verify("verdicts", groups, verifier)
    said = read_all(run.path("verdicts"), Verdict)
    return join(problems, [s for g in groups for s in g.solutions], said)


async def measure_codeelo(
    run: Run,
    problems: Sequence[CodeEloProblem],
    *,
    engine: Engine,
    submitter: Submitter,
    asking: Asking,
    contests: Collection[int] | None = None,
) -> CodeEloResult:
    """Run and count. Problems that the submitter cannot judge are left out and told. ``contests`` are those whose
    standings are at hand, None where nothing is rated. Raises InputError where no problem is left, and EngineError.
    """
    known, judgeable = lacks(problems, contests=contests), submitter.judgeable
    kept = [p for p in problems if judgeable is None or p.id in judgeable]
    if not kept:
        told = "; ".join(
            f"{n} with {lack}" for lack, n in known.counts().items() if lack in UNJUDGED
        )
        raise InputError(
            f"no problem of {known.problems} can be judged here ({told}): add tests to the records, or judge by the "
            "statements' examples (--examples)"
        )
    verifier = Submitted(submitter, asking.language, Patience())
    records = [asked(p, asking.language) for p in kept]
    twins = {r.id: r.uid for r in reversed(records)}
    for record in records:
        if twins[record.id] != record.uid:
            raise InputError(
                f"{twins[record.id]} and {record.uid} have one and the same statement: leave one out"
            )
    groups = await collect(run, records, engine=engine, search=asking.search(), verifier=verifier)
    attempts = attempts_of(
        groups, verifier=verifier.name, samples=asking.samples, names=[p.id for p in kept]
    )
    ids = {p.id for p in kept}
    result = CodeEloResult(
        model=engine.name,
        language=asking.language,
        attempts=tuple(attempts),
        summary=summarise(attempts, {p.id: p.facts for p in kept}),
        lacks=known,
        unjudged={p.id: known.by_problem.get(p.id, ()) for p in problems if p.id not in ids},
        judge=_judge(submitter),
        groups=tuple(groups),
    )
    write_result(run, result)
    return result


def write_result(run: Run, result: CodeEloResult) -> None:
    """``codeelo.json``, ``attempts.jsonl`` and, where problems are of contests, the ``verdicts.jsonl`` that
    ``veriloop rate`` reads.
    """
    write_json(run.folder / "codeelo.json", result.to_json())
    write_attempts(run, result.attempts)
    lists = rateable(result.attempts, model=result.model, language=result.language)
    if lists:
        write_verdicts(run.folder / "verdicts.jsonl", lists)


def write_attempts(run: Run, attempts: Sequence[Attempts]) -> None:
    """``attempts.jsonl``: one row a problem, letters and what was told of each attempt."""
    rows = [json.dumps(attempts_row(one), ensure_ascii=False) for one in attempts]
    write_whole(run.folder / "attempts.jsonl", "".join(f"{row}\n" for row in rows).encode())


def attempts_row(one: Attempts) -> dict[str, Json]:
    """A problem's attempts as JSON."""
    return {
        "problem": one.problem,
        "verdicts": list(one.verdicts),
        "details": [dict(detail) for detail in one.details],
    }


def _judge(submitter: Submitter) -> str:
    told = identity(submitter)
    return str(told[0] if isinstance(told, list) and submitter.name == "local" else submitter.name)
