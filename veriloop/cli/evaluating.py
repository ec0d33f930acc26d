"""What ``veriloop bench pmmeval`` does once its options are read: items and their keys, answers, statistics, files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

from veriloop.errors import InputError
from veriloop.store.json_files import write_json

if TYPE_CHECKING:
    from veriloop.bench.parallel import Place
    from veriloop.bench.pmmeval.alignment import Aligned
    from veriloop.bench.pmmeval.items import Item
    from veriloop.bench.pmmeval.measuring import Asking, Judging, Measured
    from veriloop.bench.pmmeval.outcomes import Answered
    from veriloop.bench.pmmeval.reading import Read
    from veriloop.bench.pmmeval.summary import Summary
    from veriloop.bench.pmmeval.tasks import Scoring, Setting
    from veriloop.engines.budget import Purse
    from veriloop.report.pmmeval import PMMEvalFound
    from veriloop.report.pmmeval_data import Completeness


@final
@dataclass(frozen=True)
class Options:
    """The options of the command."""

    models: tuple[str, ...]
    names: tuple[str, ...]
    data: str
    out: Path
    tasks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ("en",)
    shots: int = 3
    scoring: str = "both"
    limit: int = 0
    max_tokens: int = 2048
    system: str | None = None
    sizes: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    again: bool = False
    mode: str = ""
    trusted: bool = False
    seed: int = 0
    in_flight: int = 64

    def check(self) -> None:
        """Raises InputError on what is misspelt, before anything is read or asked."""
        self.settings()
        self.scorings()
        _folders(self)

    def settings(self) -> tuple[Setting, ...]:
        """The prompt settings, each once. Raises InputError."""
        from veriloop.bench.pmmeval.tasks import SETTINGS

        for one in self.prompts:
            if one not in SETTINGS:
                raise InputError(f"--prompt is {', '.join(SETTINGS)}, not {one!r}")
        return tuple(s for s in SETTINGS if s in self.prompts)

    def scorings(self) -> tuple[Scoring, ...]:
        """The scorings. Raises InputError."""
        from veriloop.bench.pmmeval.tasks import SCORINGS

        if self.scoring not in ("both", *SCORINGS):
            raise InputError(f"--scoring is both, {' or '.join(SCORINGS)}, not {self.scoring!r}")
        return tuple(s for s in SCORINGS if self.scoring in ("both", s))

    def billions(self) -> dict[str, float]:
        """Sizes by model. Raises InputError."""
        found: dict[str, float] = {}
        for one in self.sizes:
            name, _, value = one.rpartition("=")
            try:
                found[name] = float(value)
            except ValueError:
                found[name] = 0.0
            if not name or not found[name] > 0:
                raise InputError(f"--size is NAME=BILLIONS, such as Mixtral-8x7B=46.7, not {one!r}")
        return found


@final
@dataclass(frozen=True)
class Doing:
    """Where lines to the user go, whether progress is shown, what is done anew, and what may be spent."""

    say: Callable[[str], object]
    quiet: bool = False
    fresh: bool = False
    retry_lost: bool = False
    purse: Purse | None = None


def listed(text: str) -> tuple[str, ...]:
    """Words between commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def evaluate(options: Options, doing: Doing) -> PMMEvalFound:
    """Do it all and write ``result.json``, ``scores.jsonl`` and ``alignment.json`` in the output folder."""
    from veriloop.bench.pmmeval.choosing import limited, of_programs
    from veriloop.bench.pmmeval.draws import draws
    from veriloop.bench.pmmeval.saved import read_outcomes
    from veriloop.bench.pmmeval.summary import summarise
    from veriloop.cli.opening import made
    from veriloop.report.pmmeval import PMMEvalFound

    options.check()
    sizes = options.billions()
    others = [one for folder in options.beside for one in read_outcomes(folder)]
    read, aligned = _aligned(options)
    read.quarantine.save(made(options.out))
    notes = [*_notes(read), *_unlike_official(options, read)]
    for note in notes:
        doing.say(note)
    write_json(options.out / "alignment.json", aligned.as_json())
    items = limited(of_programs(aligned.items, options.programs), options.limit)
    measured = _measured(options, items, doing)
    answered = [a for m in measured for a in m.answered]
    known = {(a.model, a.setting, a.scoring) for a in answered}
    joining = [a for a in others if (a.model, a.setting, a.scoring) not in known]
    after = _told_after(options, measured, others, [*answered, *joining])
    for note in after:
        doing.say(note)
    summary = summarise(
        [*answered, *joining],
        sizes=sizes,
        shared=aligned.shared_options,
        draws=draws(aligned.items),
    )
    _save(options.out, summary, measured)
    completeness = _completeness(read, aligned)
    return PMMEvalFound(
        summary, tuple(measured), completeness, read.missing_line(), (*notes, *after)
    )


def _measured(
    options: Options, items: Mapping[Place, Sequence[Item]], doing: Doing
) -> list[Measured]:
    """Every model in every prompt, one after the other."""
    found: list[Measured] = []
    judging = _judging(options, options.scorings())
    held_out: set[Setting] = set()
    for (name, folder), spec in zip(_folders(options).items(), options.models, strict=True):
        for setting in options.settings():
            asking, kept, held = _asking(options, items, setting)
            if held and setting not in held_out:
                doing.say(f"{setting}: {held:,} items demonstrate and are not scored")
                held_out.add(setting)
            if not doing.quiet:
                doing.say(f"{name}, prompt {setting}: {len(kept):,} items")
            found.append(_measure(options, _Work(spec, name, folder, kept, asking, judging), doing))
    return found


def _told_after(
    options: Options,
    measured: Sequence[Measured],
    others: Sequence[Answered],
    shown: Sequence[Answered],
) -> list[str]:
    """What was lost and why, and what is not in the report that one might look for there."""
    from veriloop.bench.pmmeval.saved import saved_systems

    said: list[str] = []
    for one in measured:
        said += [
            f"{one.model}, prompt {one.setting}: {n:,} answers never came ({error}); --retry-lost asks again"
            for error, n in one.losses.items()
        ]
    unjudged = {name: why for m in measured for name, why in m.unjudged.items()}
    said += [f"HumanEval-XL in {name} was left out: {why}" for name, why in unjudged.items()]
    own = {(m.model, m.setting) for m in measured}
    apart = all(folder.resolve() != options.out.resolve() for folder in options.beside)
    twice = sorted({(a.model, a.setting) for a in others} & own) if apart else []
    said += [
        f"{model}, prompt {setting} is in this run and in one beside it, which is left out: tell them apart by --name"
        for model, setting in twice
    ]
    left = sorted(saved_systems(options.out) - {(a.model, a.setting) for a in shown})
    said += [
        f"{model}, prompt {setting} lies in {options.out} and not in this report: name it in the command, or --beside "
        f"{options.out}"
        for model, setting in left
    ]
    models = {a.model for a in shown}
    said += [
        f"--size {name}: no model is called so" for name in options.billions() if name not in models
    ]
    return said


def _aligned(options: Options) -> tuple[Read, Aligned]:
    """The items asked for. Keys never depend on which languages these are: all are matched to English."""
    from veriloop.bench.pmmeval.alignment import align
    from veriloop.bench.pmmeval.reading import HUB, read_pmmeval

    wanted = options.languages
    with_english = (*wanted, "en") if wanted and "en" not in wanted else wanted
    try:
        read = read_pmmeval(options.data, tasks=options.tasks, languages=with_english)
    except InputError as error:
        if options.data.startswith(HUB) and error.__cause__:  # the hub itself, not what is there
            told = f"{error.message}; a copy of its files on this machine will do: --data FOLDER"
            raise InputError(told, file=error.file) from error
        raise
    aligned = align(read.items)
    if with_english == wanted:
        return read, aligned
    items = {place: own for place, own in aligned.items.items() if place[1] in wanted}
    if not items:
        raise InputError(f"nothing in {', '.join(wanted)} is here", file=options.data)
    missing = tuple(place for place in read.missing if place[1] in wanted)
    cells = tuple(cell for cell in aligned.cells if cell.language in wanted)
    read = replace(read, items={p: read.items[p] for p in items}, missing=missing)
    return read, replace(aligned, items=items, cells=cells)


@final
@dataclass(frozen=True)
class _Work:
    """One model in one setting. ``folder`` is the model's: settings share its memory of calls. ``name`` is what it is
    called where that was said.
    """

    spec: str
    name: str
    folder: Path
    items: Sequence[Item]
    asking: Asking
    judging: Judging


def _measure(options: Options, work: _Work, doing: Doing) -> Measured:
    from veriloop.bench.pmmeval.measuring import called, measure
    from veriloop.bench.pmmeval.saved import write_outcomes
    from veriloop.cli.opening import asked
    from veriloop.cli.running import running

    folder = work.folder / work.asking.setting
    folder.mkdir(parents=True, exist_ok=True)
    with running(
        folder,
        fresh=doing.fresh,
        retry_lost=doing.retry_lost,
        quiet=doing.quiet,
        in_flight=options.in_flight,
    ) as run:
        made = partial(measure, run, work.items, asking=work.asking, judging=work.judging)
        measured = asked(work.spec, work.folder, lambda engine: made(engine=engine), doing.purse)
    if options.names:
        measured = called(measured, work.name)
    write_outcomes(folder, measured.answered)
    return measured


def _asking(
    options: Options, items: Mapping[Place, Sequence[Item]], setting: Setting
) -> tuple[Asking, list[Item], int]:
    """How the model is asked, the items that are scored, and how many were held out."""
    from veriloop.bench.pmmeval.choosing import demonstrated
    from veriloop.bench.pmmeval.measuring import Asking
    from veriloop.protocols import Sampling

    kept, shown, held = demonstrated(items, setting, shots=options.shots, seed=options.seed)
    greedy = Sampling(options.max_tokens, 0.0)
    return Asking(setting, greedy, options.seed, options.system, shown), kept, held


def _judging(options: Options, scorings: tuple[Scoring, ...]) -> Judging:
    from veriloop.bench.pmmeval.measuring import Judging

    return Judging(scorings, options.mode or None, not options.trusted, options.again)


def _folders(options: Options) -> dict[str, Path]:
    """What each model is called, and its folder. Raises InputError where two would share one."""
    names = options.names or tuple(
        spec.partition("?")[0].partition("@http")[0].rstrip("/").rpartition("/")[2]
        for spec in options.models
    )
    if len(names) != len(options.models):
        raise InputError(
            f"--name is given for each of {len(options.models)} models, got {len(names)}"
        )
    found: dict[str, Path] = {}
    for name in names:
        folder = options.out / (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model")
        if folder in found.values():
            raise InputError(f"two models are called {name!r}: tell them apart by --name")
        found[name] = folder
    return found


def _notes(read: Read) -> list[str]:
    """What is said of the data before anything is asked."""
    said = list(read.notes)
    if len(read.quarantine):
        said.append(read.quarantine.summary())
    if missing := read.missing_line():
        said.append(f"not in the data: {missing}")
    return said


def _unlike_official(options: Options, read: Read) -> list[str]:
    """Where the prompt asked for is not the one that the official harness uses."""
    if not any(task == "flores" for task, _ in read.items) or "native" in options.prompts:
        return []
    return [
        "FLORES is asked in English here; the official harness asks in the target language: --prompt native"
    ]


def _completeness(read: Read, aligned: Aligned) -> tuple[Completeness, ...]:
    from veriloop.report.pmmeval_data import Completeness

    aside = read.set_aside()
    return tuple(
        Completeness(
            c.task, c.language, c.rows, c.paper, c.aligned, c.apart, aside.get((c.task, c.language), 0)
        )
        for c in aligned.cells
    )  # fmt: skip


def _save(out: Path, summary: Summary, measured: Iterable[Measured]) -> None:
    """``result.json`` with every statistic, and ``scores.jsonl``, which ``veriloop bench select`` reads."""
    from veriloop.bench.score_tables import write_scores

    best = "fixed" if summary.of("fixed") else "official"
    write_scores(out / "scores.jsonl", [one.scores for one in summary.of(best)])
    write_json(
        out / "result.json",
        {
            "benchmark": "P-MMEval",
            "source": "https://arxiv.org/abs/2411.09116",
            "tokens": {f"{m.model}, {m.setting}": m.tokens for m in measured},
            "scored": [
                {
                    "model": one.answered.model,
                    "setting": one.answered.setting,
                    "scoring": one.answered.scoring,
                    "lost": sum(one.lost.values()),
                    "died": {"/".join(place): n for place, n in one.died.items()},
                    "means": one.means.to_json(),
                    "parts": one.parts.to_json(),
                }
                for one in summary.scored
            ],
            "contrasts": [
                {
                    "kind": c.kind,
                    "held": c.held,
                    "holm": dict(c.holm),
                    **c.comparison.to_json(),
                    "overall": None if c.shares is None else c.shares.to_json(),
                }
                for c in summary.contrasts
            ],
            "transfers": [one.to_json() for one in summary.transfers],
            "scalings": {k: v.to_json() for k, v in (summary.scalings or {}).items()},
        },
    )
