"""One model in one prompt setting: asked once, its answers judged under both scorings, every stage in a folder.

The answers of all tasks and languages are one stage, so that nobody waits for the slowest answer of each cell. Items
may be added later (another language, another task): the stages are then made anew, and answers that are remembered
are not paid for again. Opening engines, reading data and writing pages is the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

from veriloop.bench.pmmeval.choosing import CODE
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.official_programs import OFFICIAL_LANGUAGES
from veriloop.bench.pmmeval.outcomes import LOST, UNJUDGED, Answered, Judged, Outcome
from veriloop.bench.pmmeval.programs import Programs, why_unjudged
from veriloop.bench.pmmeval.prompting import asked
from veriloop.bench.pmmeval.scorers import Scorer, judged_of
from veriloop.bench.pmmeval.tasks import SCORINGS, Scoring, Setting
from veriloop.errors import EngineError, InputError
from veriloop.protocols import Engine, Sampling, Verifier
from veriloop.records import Dropped, Finish, Group, Problem, Solution, Unscored, Verdict
from veriloop.runs.stages import Run, join, read_all, read_dropped
from veriloop.search.whole import Whole
from veriloop.text.chats import Chat
from veriloop.verify.code import check_judge

_FEW = 8  # programs in a piece of verdicts: what a killed run may have to judge again
_PROGRAMS_AT_ONCE = 16


@final
@dataclass(frozen=True)
class Asking:
    """How a model is asked: greedy by default. ``shots`` are demonstrations by task and language."""

    setting: Setting = "en"
    sampling: Sampling = Sampling(2048, 0.0)
    seed: int = 0
    system: str | None = None
    shots: Mapping[tuple[str, str], tuple[Item, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Item, ...]], hash=False
    )

    def search(self) -> Whole:
        """The search that asks so: one answer, kept character for character."""
        return Whole(1, self.sampling, self.seed, Chat(self.system))

    def problem(self, item: Item) -> Problem:
        """The item as it is asked."""
        return asked(item, self.setting, shots=self.shots.get((item.task, item.language), ()))


@final
@dataclass(frozen=True)
class Judging:
    """How answers are judged: under which scorings, and programs under which isolation at least. ``again`` judges what
    was judged before; no answer is asked for anew. Raises InputError on an isolation that there is not.
    """

    scorings: tuple[Scoring, ...] = SCORINGS
    mode: str | None = None
    untrusted: bool = True
    again: bool = False

    def __post_init__(self) -> None:
        check_judge(self.mode, "default")


@final
@dataclass(frozen=True)
class Measured:
    """All that came of one model in one setting. ``problems`` pair with ``items``, answers are found by a problem's id.

    ``unjudged`` says for each programming language that was left out why nothing here can judge it, ``losses`` how many
    answers never came, by the error.
    """

    model: str
    setting: Setting
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    answers: Mapping[str, Solution]
    answered: tuple[Answered, ...]
    unjudged: Mapping[str, str] = field(default_factory=dict[str, str])
    losses: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def tokens(self) -> int:
        """Tokens generated, of what counts them."""
        return sum(s.tokens or 0 for s in self.answers.values())


async def measure(
    run: Run,
    items: Sequence[Item],
    *,
    engine: Engine,
    asking: Asking = Asking(),
    judging: Judging = Judging(),
) -> Measured:
    """Ask and judge. Raises InputError where there is nothing to ask, EngineError where nothing was answered."""
    unjudged = unjudged_languages(items)
    kept = [i for i in items if not (i.task == CODE and i.subset in unjudged)]
    if not kept:
        raise InputError("there is no item to ask: every task or language was left out")
    problems = [asking.problem(item) for item in kept]
    distinct = list({p.id: p for p in problems}.values())
    await _anew(run, "problems", distinct).problems("problems", distinct)
    await _anew(run, "answers", distinct).search("answers", distinct, asking.search(), engine)
    answers = {s.problem: s for s in read_all(run.path("answers"), Solution)}
    dropped = read_dropped(run.path("answers"))
    if not answers:
        first = dropped[0].detail.get("error") if dropped else "no reason is known"
        raise EngineError(f"no item was answered, at first: {first}; --retry-lost asks again")
    groups = join(distinct, answers.values())
    cut = {problem for problem, s in answers.items() if s.finish is Finish.LENGTH}
    answered: list[Answered] = []
    for scoring in judging.scorings:
        verdicts = await _judge(run, groups, scoring, judging)
        outcomes = _outcomes(kept, problems, verdicts, scoring, cut=cut)
        answered.append(Answered(engine.name, asking.setting, scoring, tuple(outcomes)))
    return Measured(
        engine.name,
        asking.setting,
        tuple(kept),
        tuple(problems),
        answers,
        tuple(answered),
        unjudged,
        _losses(dropped),
    )


def _losses(dropped: Iterable[Dropped]) -> dict[str, int]:
    """How many answers never came, by the error; what only differs in numbers is one error."""
    found: dict[str, int] = {}
    names: dict[str, str] = {}
    for one in dropped:
        error = str(one.detail.get("error", one.reason))
        name = names.setdefault(re.sub(r"\d+", "#", error), error)
        found[name] = found.get(name, 0) + 1
    return found


def called(measured: Measured, name: str) -> Measured:
    """The same under another name."""
    answered = tuple(replace(one, model=name) for one in measured.answered)
    return replace(measured, model=name, answered=answered)


def unjudged_languages(items: Iterable[Item]) -> dict[str, str]:
    """The programming languages among the items that nothing here can judge, and why."""
    found = dict.fromkeys(item.subset for item in items if item.task == CODE)
    return {name: why for name in found if (why := why_unjudged(name))}


async def _judge(
    run: Run, groups: Sequence[Group], scoring: Scoring, judging: Judging
) -> dict[str, Verdict]:
    """Verdicts by problem: answers in text by their scorers, programs by the sandbox."""
    code = [g for g in groups if _is_code(g.problem)]
    if scoring == "official":
        code = [g for g in code if g.problem.subset in OFFICIAL_LANGUAGES]
    text = [g for g in groups if not _is_code(g.problem)]
    run = replace(run, fresh=run.fresh or judging.again)
    few = replace(run, piece_size=_FEW, in_flight=min(run.in_flight, _PROGRAMS_AT_ONCE))
    programs = Programs(scoring, mode=judging.mode, untrusted=judging.untrusted)
    parts: list[tuple[Run, str, list[Group], Verifier]] = [
        (run, scoring, text, Scorer(scoring)),
        (few, f"{scoring}-code", code, programs),
    ]
    found: dict[str, Verdict] = {}
    for how, name, mine, verifier in parts:
        if mine:
            await _anew(how, name, mine).verify(name, mine, verifier)
            found |= {v.problem: v for v in read_all(run.path(name), Verdict)}
    return found


def _is_code(problem: Problem) -> bool:
    return problem.task.endswith(f"/{CODE}")


def _outcomes(
    items: Sequence[Item],
    problems: Sequence[Problem],
    verdicts: Mapping[str, Verdict],
    scoring: Scoring,
    *,
    cut: Collection[str],
) -> list[Outcome]:
    """``cut`` are the problems whose answers the token limit ended."""
    return [
        Outcome(
            item.task,
            item.language,
            item.row,
            problem.id,
            _judged(verdicts.get(problem.id)),
            item.uid,
            item.subset,
            problem.id in cut,
        )
        for item, problem in zip(items, problems, strict=True)
        if not (scoring == "official" and item.task == CODE and item.subset not in OFFICIAL_LANGUAGES)
    ]  # fmt: skip


def _judged(verdict: Verdict | None) -> Judged:
    if verdict is None:
        return Judged(None, LOST)
    if verdict.unscored in (Unscored.CHECKER, Unscored.ENGINE):
        return replace(judged_of(verdict), reason=UNJUDGED)
    return judged_of(verdict)


def _anew(run: Run, name: str, items: Sequence[Problem] | Sequence[Group]) -> Run:
    """The run, starting this stage over where its folder is of other items: what was paid for is remembered."""
    return replace(run, fresh=run.fresh or run.of_others(name, items))
