"""Our checks of IFEval beside the official script's verdicts on real answers, and how fast they are.

``python benchmarks/instruction_agreement.py input_data.jsonl FOLDER``: the official prompts, and a folder in which each
model has ``eval_results_strict.jsonl`` and ``eval_results_loose.jsonl`` as the official script writes them (the folder
``evaluations`` of shisa-ai/M-IFEval has those of 17 models). Prints each model's strict accuracy by prompt under both,
the agreement of each kind of instruction, and answers per second of CPU.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from veriloop.bench.ifeval import read_ifeval
from veriloop.records import Problem
from veriloop.text.languages import detect
from veriloop.verify.instructions.checking import all_followed, check_all, follows


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def paired(problems: dict[str, Problem], folder: Path) -> list[tuple[Problem, dict, dict]]:
    """Problems with their official strict and loose rows."""
    found = []
    strict, loose = (rows(folder / f"eval_results_{way}.jsonl") for way in ("strict", "loose"))
    for one, other in zip(strict, loose, strict=True):
        problem = problems.get(one["prompt"].strip())
        ids = [name.removeprefix("en:") for name in one["instruction_id_list"]]
        if problem and ids == [str(i["id"]) for i in problem.instructions]:
            found.append((problem, one, other))
    return found


def main(data: Path, folder: Path) -> None:
    problems = {p.text.strip(): p for p in read_ifeval(data).problems}
    total: Counter[str] = Counter()
    same: Counter[tuple[str, str]] = Counter()
    answers: list[tuple[Problem, str]] = []
    for path in sorted(folder.glob("en_*/eval_results_strict.jsonl")):
        found = paired(problems, path.parent)
        if not found:
            continue
        ours = official = 0
        for problem, strict, loose in found:
            answer = strict["response"] or ""
            answers.append((problem, answer))
            checked = check_all(problem.instructions, answer, prompt=problem.text)
            ours += bool(all_followed(one.strict for one in checked))
            official += strict["follow_all_instructions"]
            lists = (strict["follow_instruction_list"], loose["follow_instruction_list"])
            for one, first, second in zip(checked, *lists, strict=True):
                total[one.id] += 1
                same[one.id, "strict"] += one.strict.value is first
                same[one.id, "loose"] += one.loose.value is second
        name = path.parent.name.partition("response_data_")[2]
        n = len(found)
        print(f"{name:52} n={n} official {100 * official / n:5.1f} ours {100 * ours / n:5.1f}")
    for name in sorted(total):
        shares = [100 * same[name, way] / total[name] for way in ("strict", "loose")]
        print(f"{name:46} n={total[name]:5} strict {shares[0]:6.2f} loose {shares[1]:6.2f}")
    for way in ("strict", "loose"):
        agreed = sum(n for (_, kind), n in same.items() if kind == way)
        print(f"{way}: {100 * agreed / total.total():.2f} % of {total.total():,} verdicts")
    time_checks(answers)


def time_checks(answers: list[tuple[Problem, str]]) -> None:
    """Strict alone, and strict with loose, nothing remembered."""
    for name in ("strict", "strict and loose"):
        detect.cache_clear()
        start = time.process_time()
        for problem, answer in answers:
            if name != "strict":
                check_all(problem.instructions, answer, prompt=problem.text)
                continue
            for one in problem.instructions:
                follows(one, answer, prompt=problem.text)
        spent = time.process_time() - start
        print(f"{name}: {len(answers) / spent:,.0f} answers per second of CPU")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(
            "give the official prompts and the folder of models: see the first lines of this file"
        )
    main(Path(sys.argv[1]), Path(sys.argv[2]))
