"""IFEval: how often a model follows instructions that a program can check (https://arxiv.org/abs/2311.07911).

Accuracies by prompt (all of its instructions) and by instruction, strict and loose, with intervals over prompts: the
instructions of one prompt are no independent draws. Rows of MIFEval, P-MMEval's part, can be read too. The checks are
``verify.instructions``: they mean what the instructions say, so figures made by the official script differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from veriloop.bench.codeelo.measuring import collect
from veriloop.bench.problem_rows import read_rows
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, ratio_of, wilson
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Engine, Sampling
from veriloop.records import Finish, Group, Problem, Verdict
from veriloop.runs.stages import Run
from veriloop.search.whole import Whole
from veriloop.store.atomic import write_whole
from veriloop.store.json_files import write_json
from veriloop.store.quarantine import Quarantine
from veriloop.verify.instructions.checking import require_known
from veriloop.verify.instructions.tables import RULES, rules_of
from veriloop.verify.instructions.verifier import Instructions

WAYS = ("strict", "loose")


@final
@dataclass(frozen=True)
class IfevalProblems:
    """The problems of a file, in its order, and the rows that were set aside."""

    problems: tuple[Problem, ...]
    quarantine: Quarantine


@final
@dataclass(frozen=True)
class Accuracies:
    """Strict and loose accuracy in percent; None where nothing could be checked."""

    strict: Estimate | None
    loose: Estimate | None

    def to_json(self) -> dict[str, Json]:
        """Both as JSON."""
        return {
            "strict": None if self.strict is None else self.strict.to_json(),
            "loose": None if self.loose is None else self.loose.to_json(),
        }


@final
@dataclass(frozen=True)
class IfevalSummary:
    """What the answers come to. ``lost`` answers never came, ``unchecked`` have an instruction that cannot be told;
    neither is in a denominator. ``cut`` answers ended at the token limit and are judged as they stand. ``worst`` is the
    strict accuracy by prompt with the unchecked ones counted wrong.
    """

    prompts: int
    instructions: int
    by_prompt: Accuracies
    by_instruction: Accuracies
    kinds: Mapping[str, Accuracies]
    samples: int = 1
    lost: int = 0
    unchecked: int = 0
    cut: int = 0
    worst: float | None = None

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON."""
        return {
            "prompts": self.prompts,
            "instructions": self.instructions,
            "samples": self.samples,
            "prompt_level": self.by_prompt.to_json(),
            "instruction_level": self.by_instruction.to_json(),
            "kinds": {name: one.to_json() for name, one in self.kinds.items()},
            "lost": self.lost,
            "unchecked": self.unchecked,
            "cut": self.cut,
            "worst": self.worst,
        }


@final
@dataclass(frozen=True)
class IfevalResult:
    """One model's answers, and what they come to."""

    model: str
    summary: IfevalSummary
    groups: tuple[Group, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Everything but the records."""
        return {
            "benchmark": "IFEval",
            "source": "https://arxiv.org/abs/2311.07911",
            "model": self.model,
            "summary": self.summary.to_json(),
        }


def read_ifeval(path: Path, *, language: str = "", limit: int | None = None) -> IfevalProblems:
    """The problems of a JSONL file with the official columns; a bad row is set aside.

    ``language`` is that of rows which name none in ``lang``, by default English. Raises InputError where there is no
    such file, no row is good, or the language is none that the checks have rules for.
    """
    if language and rules_of(language).code not in RULES:
        raise InputError(f"the language is one of {', '.join(RULES)}, not {language!r}")
    if path.is_dir():
        files = sorted(one.name for one in path.glob("*.jsonl"))
        there = f"it holds {', '.join(files[:4])}{', ...' if len(files) > 4 else ''}"
        what = there if files else "it holds no .jsonl"
        raise InputError(f"this is a folder; name a JSONL file ({what})", file=str(path))
    return IfevalProblems(
        *read_rows(path, lambda row: ifeval_problem(row, language), key="key", limit=limit)
    )


def ifeval_problem(row: Any, language: str = "") -> Problem:
    """The problem of a row: ``key``, ``prompt`` (``question`` in MIFEval), ``instruction_id_list`` and ``kwargs``, one
    object for each instruction. Raises InputError naming the field.
    """
    if not isinstance(row, Mapping):
        raise InputError(f"a problem is a JSON object, got {type(row).__name__}")
    key, prompt = row.get("key"), row.get("prompt", row.get("question"))
    if not isinstance(key, int | str) or isinstance(key, bool) or not str(key).strip():
        raise InputError(f"expected a number or a text, got {key!r}"[:200], field="key")
    if not isinstance(prompt, str) or not prompt.strip():
        raise InputError(f"expected a text, got {prompt!r}"[:200], field="prompt")
    names, kwargs = row.get("instruction_id_list"), row.get("kwargs")
    if not isinstance(names, list) or not names:
        raise InputError(
            f"expected a list of ids, got {names!r}"[:200], field="instruction_id_list"
        )
    if not isinstance(kwargs, list) or len(kwargs) != len(names):
        raise InputError(f"expected {len(names)} objects, one for each id", field="kwargs")
    instructions: list[Mapping[str, Json]] = []
    for name, given in zip(names, kwargs, strict=True):
        if given is not None and not isinstance(given, Mapping):
            raise InputError(f"expected an object, got {given!r}"[:200], field="kwargs")
        kept = {k: v for k, v in (given or {}).items() if v is not None}
        instructions.append({"id": name, "kwargs": kept})
        require_known(instructions[-1])
    told = row.get("lang") or language or "en"
    return Problem(
        "ifeval", prompt, language=str(told), uid=str(key), instructions=tuple(instructions)
    )


def sampling(samples: int, max_tokens: int = 4096) -> Sampling:
    """Greedy for one sample, as in the paper; else temperature 1."""
    return Sampling(max_tokens, 0.0 if samples == 1 else 1.0)


async def measure_ifeval(
    run: Run, found: IfevalProblems, *, engine: Engine, search: Whole
) -> IfevalResult:
    """Ask, check and count; every stage in the run's folder, with ``ifeval.json`` and ``items.jsonl``."""
    verifier = Instructions(cut_too=True)
    groups = await collect(run, found.problems, engine=engine, search=search, verifier=verifier)
    summary = summarise(groups, found.problems, samples=search.n, verifier=verifier.name)
    result = IfevalResult(engine.name, summary, tuple(groups))
    write_json(run.folder / "ifeval.json", result.to_json())
    rows = [json.dumps(row, ensure_ascii=False) for row in item_rows(groups, verifier.name)]
    write_whole(run.folder / "items.jsonl", "".join(f"{row}\n" for row in rows).encode())
    return result


def item_rows(groups: Sequence[Group], verifier: str) -> list[dict[str, Json]]:
    """One row for each answer: key, sample, and each instruction with strict, loose and why."""
    return [
        {"key": group.problem.uid, "sample": solution.sample, "instructions": _told(verdict)}
        for group in groups
        for solution in group.solutions
        if (verdict := group.by(verifier).get(solution.id)) is not None
    ]


def summarise(
    groups: Sequence[Group],
    problems: Sequence[Problem],
    *,
    samples: int = 1,
    verifier: str = "instructions",
    bootstrap: Bootstrap = DEFAULT,
) -> IfevalSummary:
    """Accuracies over the answers that came. An answer that is empty follows nothing; one with an instruction that
    cannot be checked is left out by prompt, and that instruction by instruction.
    """
    counts = _Counts(len(problems), bootstrap)
    places = {problem.id: i for i, problem in enumerate(problems)}
    came = unchecked = cut = right = 0
    for group in groups:
        said, place = group.by(verifier), places[group.problem.id]
        for solution in group.solutions:
            came += 1
            cut += solution.finish is Finish.LENGTH
            rows = _told(said.get(solution.id)) or [
                {"id": one["id"], "strict": False, "loose": False}
                for one in group.problem.instructions
            ]
            unchecked += counts.add(place, rows)
            right += all(row["strict"] for row in rows)
    everything = {
        name: Accuracies(*(counts.estimate(name, way) for way in WAYS)) for name in counts.names
    }
    by_prompt = everything.pop(_PROMPT, Accuracies(None, None))
    by_instruction = everything.pop(_INSTRUCTION, Accuracies(None, None))
    return IfevalSummary(
        prompts=len(problems),
        instructions=sum(len(p.instructions) for p in problems),
        by_prompt=by_prompt,
        by_instruction=by_instruction,
        kinds=dict(sorted(everything.items())),
        samples=samples,
        lost=len(problems) * samples - came,
        unchecked=unchecked,
        cut=cut,
        worst=100 * right / came if came else None,
    )


_PROMPT, _INSTRUCTION = "prompt", "instruction"


def _told(verdict: Verdict | None) -> list[Mapping[str, Any]]:
    found = verdict.detail.get("instructions") if verdict else None
    return (
        [one for one in found if isinstance(one, Mapping)]
        if isinstance(found, list | tuple)
        else []
    )


@final
@dataclass(frozen=True)
class _Counts:
    """How many were followed and how many could be told, by what is counted, way and prompt."""

    units: int
    bootstrap: Bootstrap
    names: list[str] = field(default_factory=lambda: [_PROMPT, _INSTRUCTION])
    followed: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    tellable: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    untold: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, place: int, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Count one answer; True where its strict verdict cannot be told."""
        for way in WAYS:
            values = [row[way] for row in rows]
            whole = False if False in values else None if None in values else True
            self._count(_PROMPT, way, place, value=whole)
            for row, value in zip(rows, values, strict=True):
                self._count(_INSTRUCTION, way, place, value=value)
                self._count(str(row["id"]), way, place, value=value)
        strict = [row["strict"] for row in rows]
        return None in strict and False not in strict

    def _count(self, name: str, way: str, place: int, *, value: bool | None) -> None:
        if name not in self.names:
            self.names.append(name)
        if value is None:
            self.untold[name, way] += 1
            return
        self.tellable[name, way, place] += 1
        self.followed[name, way, place] += value

    def estimate(self, name: str, way: str) -> Estimate | None:
        """The share with its interval over the prompts that have it: Wilson's where nothing or everything is
        followed, since resampling those shows no spread, and no narrower than all there is for one prompt.
        """
        places = [i for i in range(self.units) if self.tellable[name, way, i]]
        if not places:
            return None
        top = [100.0 * self.followed[name, way, i] for i in places]
        bottom = [float(self.tellable[name, way, i]) for i in places]
        unscored = self.untold[name, way]
        made = self.bootstrap.estimate(
            ratio_of(top, bottom), len(places), n=int(sum(bottom)), unscored=unscored
        )
        if made.value not in (0.0, 100.0):
            return made if len(places) > 1 else replace(made, low=0.0, high=100.0)
        low, high = wilson(round(made.value / 100) * len(places), len(places), made.level)
        return replace(made, low=100 * low, high=100 * high)
