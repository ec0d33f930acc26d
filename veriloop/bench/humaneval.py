"""HumanEval: functions from their signature and docstring, judged by the set's own assertions.

"Evaluating Large Language Models Trained on Code", https://arxiv.org/abs/2107.03374; HumanEval-XL (arXiv 2402.16694)
has such rows in more natural and programming languages. In Python and JavaScript the tests run in the jury's box and
the candidate in its own (``codejudge.functions``), so that no candidate can pass by what it does to its tests; in the
other languages both are one program (``codejudge.asserting``). pass@k is the unbiased estimator, as in the paper; the
share among the first k stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from veriloop.bench.codeelo.attempts import Attempts, attempts_of
from veriloop.bench.codeelo.measuring import attempts_row, collect, write_attempts
from veriloop.bench.codeelo.summary import AttemptSummary, summarise
from veriloop.bench.problem_rows import read_rows
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Engine, Sampling
from veriloop.records import Group, Problem
from veriloop.runs.stages import Run
from veriloop.search.whole import Whole
from veriloop.store.json_files import write_json
from veriloop.store.quarantine import Quarantine
from veriloop.text.prompts import load_prompt
from veriloop.verify.code import Code
from veriloop.verify.code_tests import code_tests

TITLES: Mapping[str, str] = {
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "perl": "Perl",
    "php": "PHP",
    "python": "Python",
    "ruby": "Ruby",
}
FIELDS = ("task_id", "prompt", "entry_point", "test")


@final
@dataclass(frozen=True)
class HumanEvalProblems:
    """The problems of a file, in its order, all of one programming language, and the rows that were set aside."""

    problems: tuple[Problem, ...]
    language: str
    quarantine: Quarantine


@final
@dataclass(frozen=True)
class HumanEvalResult:
    """One model's attempts, and what they come to."""

    model: str
    language: str
    attempts: tuple[Attempts, ...]
    summary: AttemptSummary
    groups: tuple[Group, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Everything but the records."""
        return {
            "benchmark": "HumanEval",
            "source": "https://arxiv.org/abs/2107.03374",
            "model": self.model,
            "language": self.language,
            "summary": self.summary.to_json(),
            "attempts": [attempts_row(one) for one in self.attempts],
        }


def read_humaneval(path: Path, *, limit: int | None = None) -> HumanEvalProblems:
    """The problems of a JSONL file with the official columns; a bad row is set aside.

    Raises InputError where there is no such file, no row is good, or rows are of several programming languages.
    """
    found, quarantine = read_rows(path, humaneval_problem, key="task_id", limit=limit)
    languages = sorted({str(problem.tests[0]["language"]) for problem in found})
    if len(languages) > 1:
        raise InputError(
            f"rows are in {' and '.join(languages)}: give one at a time", file=str(path)
        )
    return HumanEvalProblems(found, languages[0], quarantine)


def humaneval_problem(row: Any) -> Problem:
    """The problem of a row. Raises InputError naming the field."""
    if not isinstance(row, Mapping):
        raise InputError(f"a problem is a JSON object, got {type(row).__name__}")
    for name in FIELDS:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise InputError(f"expected a text, got {row.get(name)!r}"[:200], field=name)
    language = row.get("language") or "python"
    if language not in TITLES:
        raise InputError(f"expected {' or '.join(TITLES)}, got {language!r}", field="language")
    shown = load_prompt("veriloop.bench", "humaneval").fill(
        language=TITLES[language], label=language, code=row["prompt"].rstrip()
    )
    test: dict[str, Json] = {
        "function": row["entry_point"],
        "prompt": row["prompt"],
        "check": row["test"],
        "language": language,
    }
    problem = Problem("humaneval", shown, uid=row["task_id"], tests=(test,))
    code_tests(problem)  # a row that cannot be judged is bad now, not when models have answered
    return problem


def sampling(samples: int, max_tokens: int = 4096) -> Sampling:
    """Greedy for one sample; else temperature 0.8 and top p 0.95, the paper's for many."""
    return Sampling(max_tokens, 0.0) if samples == 1 else Sampling(max_tokens, 0.8, 0.95)


async def measure_humaneval(
    run: Run, found: HumanEvalProblems, *, engine: Engine, search: Whole, verifier: Code
) -> HumanEvalResult:
    """Sample, judge and count; every stage in the run's folder, with ``humaneval.json`` and ``attempts.jsonl``."""
    groups = await collect(run, found.problems, engine=engine, search=search, verifier=verifier)
    names = [str(p.uid) for p in found.problems]
    attempts = attempts_of(groups, verifier=verifier.name, samples=search.n, names=names)
    result = HumanEvalResult(
        engine.name, found.language, tuple(attempts), summarise(attempts), tuple(groups)
    )
    write_json(run.folder / "humaneval.json", result.to_json())
    write_attempts(run, attempts)
    return result
