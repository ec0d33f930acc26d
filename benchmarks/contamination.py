"""How the contamination guard's n and overlap were chosen: perturbed problems found, and hits in real training sets.

``python benchmarks/contamination.py --data ../shared/data``. 2,000 problems of ProcessBench, the Best-of-N sets and
GSM8K's test set are perturbed and looked up among themselves; then the training problems of GSM8K and MATH are
looked up among all evaluation problems. For each n: the share found at overlap 0.8 (a problem whose numbers were
changed should not be), hits by rule, CPU per problem. The rival is the plain rule of many scripts: any 13 lower-case
words in a row in common.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

from veriloop.feedback.contamination import EvaluationSet, Guard
from veriloop.records import Problem
from veriloop.store.problems import read_problems
from veriloop.store.processbench import read_processbench

SAMPLE, SEED = 2000, 0
BEFORE = "Solve the following math problem step by step. Put your final answer in \\boxed{}.\n\nProblem: "
AFTER = "\n\nLet's think step by step."
DRAW = random.Random(SEED)


def evaluation(data: Path) -> tuple[EvaluationSet, ...]:
    sets: dict[str, dict[str, Problem]] = {}
    for row in read_processbench(data / "processbench"):
        sets.setdefault(f"processbench/{row.subset}", {})[row.problem.id] = row.problem
    files = [p for p in sorted((data / "best_of_n").glob("*.jsonl")) if "cot" not in p.name]
    for path in [*files, data / "gsm8k" / "test.jsonl"]:
        problems, _ = read_problems(path)
        sets[f"{path.parent.name}/{path.stem}"] = {p.id: p for p in problems}
    return tuple(EvaluationSet(name, tuple(held.values())) for name, held in sets.items())


def training(data: Path) -> dict[str, list[str]]:
    sums, _ = read_problems(data / "gsm8k" / "train.jsonl")
    rows = json.loads((data / "raw_formats" / "math_problems_with_answers.json").read_bytes())
    math = [row.get("problem") or row["question"] for row in rows]
    return {"GSM8K train": [p.text for p in sums], "MATH train": math}


def replaced(text: str, share: float) -> str:
    """A share of the plain words (at least one) replaced by another word; one or two where it is a number above 1."""
    parts = re.split(r"(\s+)", text)
    places = [i for i, part in enumerate(parts) if re.fullmatch(r"[a-zA-Z]+[.,]?", part)]
    count = int(share) if share >= 1 else max(1, int(share * len(text.split())))
    for place in DRAW.sample(places, min(len(places), count)):
        parts[place] = "zebra"
    return "".join(parts)


def dressed(text: str) -> str:
    """The same formulas in other LaTeX."""
    bare = text.replace("\\left", "").replace("\\right", "").replace("\\frac", "\\dfrac")
    wide = re.sub(r"(?<!\\)\(", r"\\left(", bare)
    wide = re.sub(r"(?<!\\)\)", r"\\right)", wide)
    return re.sub(r"\$([^$]+)\$", r"\\(\1\\)", wide)


def other_numbers(text: str) -> str:
    def other(match: re.Match[str]) -> str:
        digits = match.group()
        return str(int(digits) + DRAW.randint(1, 9)) if len(digits) < 9 else digits

    return re.sub(r"\d+", other, text)


PERTURBED: dict[str, Callable[[str], str]] = {
    "wrapped in a prompt": lambda text: BEFORE + text + AFTER,
    "four options after it": lambda text: text + "\n\nA. 145\nB. 90\nC. 60\nD. 70",
    "one word replaced": lambda text: replaced(text, 1),
    "two words replaced": lambda text: replaced(text, 2),
    "a tenth of the words replaced": lambda text: replaced(text, 0.1),
    "other LaTeX": dressed,
    "all numbers changed": other_numbers,
}


def plain_grams(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[i : i + 13]) for i in range(len(words) - 12)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--n", type=int, nargs="*", default=[5, 8, 10, 13])
    options = parser.parse_args()
    sets, train = evaluation(options.data), training(options.data)
    every = [problem.text for one in sets for problem in one.problems]
    sample = DRAW.sample(every, SAMPLE)
    some = (EvaluationSet("sample", tuple(Problem("t", text) for text in sample)),)
    made = {name: [change(text) for text in sample] for name, change in PERTURBED.items()}
    unchanged = sum(a == b for a, b in zip(sample, made["all numbers changed"], strict=True))
    print(f"{len(every):,} evaluation problems; {unchanged:,} of {SAMPLE:,} without a number")
    for n in options.n:
        guard = Guard(some, n)
        for name, texts in made.items():
            found = sum(match is not None for match in guard.matches(texts))
            print(f"n = {n:2}  {name:30} {100 * found / SAMPLE:5.1f} % found")
        whole = Guard(sets, n)
        whole.match("")
        for name, texts in train.items():
            start = time.process_time()
            rules = [match.rule for match in whole.matches(texts) if match]
            each = 1e6 * (time.process_time() - start) / len(texts)
            told = ", ".join(f"{rules.count(rule):,} {rule}" for rule in sorted(set(rules)))
            print(f"n = {n:2}  {name}: {told or 'none'} of {len(texts):,}; {each:.0f} us each")
    known = set[tuple[str, ...]]().union(*map(plain_grams, sample))
    for name, texts in made.items():
        found = sum(bool(known & plain_grams(text)) for text in texts)
        print(f"plain   {name:30} {100 * found / SAMPLE:5.1f} % found")
    known = set[tuple[str, ...]]().union(*map(plain_grams, every))
    for name, texts in train.items():
        found = sum(bool(known & plain_grams(text)) for text in texts)
        print(f"plain   {name}: {found:,} of {len(texts):,}")


if __name__ == "__main__":
    main()
