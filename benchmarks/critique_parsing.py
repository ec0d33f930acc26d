"""How fast critiques are read: critiques a minute on one core, and the ratio to a plain strict regex on the same texts.

    python benchmarks/critique_parsing.py [--data FOLDER]

FOLDER holds RealCritic's critiques of o1-mini (JSONL with a field ``critique``); by default it is the tests' sample.
The strict reader is of the kind that public evaluation code uses: fixed headings, one sentence, one line with a
number; beside the time stands how many conclusions each finds. Processor time, the best of five rounds.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from veriloop.text.answers import last_boxed
from veriloop.text.critiques import parse_critique

SAMPLE = Path(__file__).resolve().parents[1] / "tests" / "data" / "realcritic_o1mini_sample.jsonl"
_STRICT = re.compile(
    r"## Conclusion of Critique\nThe solution is (Correct|Incorrect)\.?\s*\n"
    r"The first error step number: (-?\d+)"
)
_STEPS = re.compile(r"### Critique of Step \d+\n(.*?)(?=\n##|\Z)", re.DOTALL)


def strict(text: str) -> tuple[str, str] | None:
    """The strict reader: steps, conclusion, and the box."""
    _STEPS.findall(text)
    last_boxed(text)
    found = _STRICT.search(text)
    return (found[1], found[2]) if found else None


def seconds(read: Callable[[str], object], texts: list[str], rounds: int) -> float:
    """Processor seconds for one pass over the texts."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            for text in texts:
                read(text)
        best = min(best, (time.process_time() - began) / rounds)
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=SAMPLE, help="a JSONL file, or a folder of them"
    )
    data = parser.parse_args().data
    files = sorted(data.glob("*.jsonl")) if data.is_dir() else [data]
    texts = [
        json.loads(line)["critique"] for f in files for line in f.read_text("utf-8").splitlines()
    ]
    rounds = max(1, 500 // len(texts))
    ours, theirs = seconds(parse_critique, texts, rounds), seconds(strict, texts, rounds)
    length = sum(map(len, texts)) / len(texts)
    found = sum(parse_critique(text).correct is not None for text in texts)
    print(f"{len(texts)} critiques of {length:,.0f} characters on average")
    print(f"parse_critique: {60 * len(texts) / ours:,.0f} a minute, {found} conclusions")
    print(
        f"strict regex:   {60 * len(texts) / theirs:,.0f} a minute, {sum(strict(t) is not None for t in texts)} "
        f"conclusions"
    )
    print(f"time of parse_critique over the strict regex: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
