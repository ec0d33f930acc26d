"""A million made-up rows through the consensus filter, the contamination guard and format conversion: rate and memory.

``python benchmarks/million_rows.py``; ``--rows 100000`` for a tenth. Everything is made in a temporary folder, and
every job runs in a process of its own, whose peak resident memory is that job's and its imports'. Rows are
solutions, eight of each problem, six steps each, with a verdict of two verifiers; their examples; and the same as
Math-Shepherd's JSONL. The guard stands against as many made-up evaluation problems as all sets of the Best-of-N
and ProcessBench papers have. Each job stands beside the plain way: all records in Python dictionaries and lists, joined
or looked up there (at a tenth of the rows by default, since it would not fit).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from veriloop.feedback.consensus import Consensus
from veriloop.feedback.contamination import EvaluationSet, Guard
from veriloop.feedback.kept import KeptFractions
from veriloop.feedback.labels import StepLabels
from veriloop.records import (
    Cost,
    Example,
    ExampleKind,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Verdict,
)
from veriloop.runs.conversion import convert
from veriloop.runs.streaming import Stream, Streaming, stream_examples, stream_feedback
from veriloop.runs.streams import Sources, ids_key
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS

SAMPLES, STEPS, PIECE, EVALUATION = 8, 6, 8192, 15_000
SYLLABLES = [
    "ba",
    "co",
    "di",
    "fu",
    "ga",
    "he",
    "ji",
    "ko",
    "lu",
    "me",
    "no",
    "pa",
    "ri",
    "su",
    "to",
]
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]  # 3,375 of them
CONSENSUS = Consensus(StepLabels("mc"), "judge")


def story(number: int, seed: str) -> str:
    """A problem text of 45 words, its own for every number; words are as unequally common as in a language."""
    draw = random.Random(number * 2 + (seed == "e"))
    said = [WORDS[int(len(WORDS) ** draw.random()) - 1] for _ in range(36)]
    for place in (5, 14, 23, 32):
        said[place] = str(draw.randint(2, 99))
    return (
        f"{' '.join(said)}. How many ${draw.choice('xyz')}_{{1}}$ are left in the end?".capitalize()
    )


def problems(rows: int) -> Iterator[Problem]:
    """One problem for eight rows; one of a thousand stands in the evaluation set."""
    for i in range(0, rows // SAMPLES):
        text = story(i // 1000 % EVALUATION, "e") if i % 1000 == 0 else story(i, "t")
        yield Problem("sums", text, str(i), subset=SYLLABLES[i % 5])


def solutions(problem: Problem, number: int) -> list[Solution]:
    return [
        Solution(
            problem.id,
            tuple(
                f"Step {k + 1}: take {number + j} and {k}, which is ${number + j + k}$."
                for k in range(STEPS)
            ),
            engine="policy",
            sample=j,
            made_by="Sample(n=8)",
        )
        for j in range(SAMPLES)
    ]


def verdict(solution: Solution, name: str, number: int) -> Verdict:
    """Two verifiers that agree on three of four solutions."""
    where = number * 7 % (STEPS + 1) - 1
    if name == "judge" and number % 4 == 0:
        where = (where + 2) % STEPS
    scores = (1.0,) * STEPS if where < 0 else (1.0,) * where + (0.0,)
    return Verdict(
        solution.problem,
        solution.id,
        name,
        Form.BINARY,
        Granularity.STEP,
        float(where < 0),
        step_scores=scores,
        first_error=where,
        cost=Cost(8, 8, 900, 700),
        detail={"k": 8, "successes": [8] * len(scores)},
    )


def make(folder: Path, rows: int) -> None:
    """Folders of records in the order of their problems, the examples of one verifier, and a JSONL file."""
    made = enumerate(problems(rows))
    shepherd = (folder / "shepherd.jsonl").open("w")
    for piece, chunk in enumerate(iter(lambda: list(islice(made, PIECE // SAMPLES)), [])):
        found = [(p, s) for i, p in chunk for s in solutions(p, i)]
        parts: dict[str, list] = {
            "problems": [p for _, p in chunk],
            "solutions": [s for _, s in found],
        }
        for name in ("mc", "judge"):
            parts[name] = [verdict(s, name, piece * PIECE + i) for i, (_, s) in enumerate(found)]
        parts["examples"] = [
            Example(
                ExampleKind.STEP_LABELS, p.prompt, s.steps[: len(v.step_scores)], v.step_scores,
                p.id, (s.id,), "mc", "made up",
            )
            for (p, s), v in zip(found, parts["mc"], strict=True)
        ]  # fmt: skip
        for name, records in parts.items():
            kind = type(records[0])
            Table(folder / name / FOLDERS[kind], kind).write_piece(piece, records)
        for example in parts["examples"]:
            shepherd.write(json.dumps(shepherd_row(example)) + "\n")
    shepherd.close()


def shepherd_row(example: Example) -> dict[str, str]:
    """Math-Shepherd's row of an example: its marks where the steps end."""
    marked = "\n".join(f"{step} ки" for step in example.completions)
    signs = "\n".join(
        f"{step} {'+' if label else '-'}"
        for step, label in zip(example.completions, example.labels, strict=True)
    )
    return {
        "input": f"{example.prompt} {marked}",
        "label": f"{example.prompt} {signs}",
        "task": "MATH",
    }


def sources(folder: Path) -> Sources:
    return Sources(folder / "problems", folder / "solutions", (folder / "mc", folder / "judge"))


def guard() -> Guard:
    texts = (Problem("sums", story(i, "e"), "0") for i in range(EVALUATION))
    return Guard((EvaluationSet("made up", tuple(texts)),))


def consensus(folder: Path, out: Path) -> str:
    fractions = KeptFractions()
    made = stream_feedback(out, sources(folder), feedback=CONSENSUS, watch=fractions.add)
    return f"{made.records['examples']:,} kept, {sum(made.dropped.values()):,} dropped; {fractions.lines()[0]}"


def contamination(folder: Path, out: Path) -> str:
    table, against = Table(folder / "examples" / "examples", Example), guard()
    made = stream_examples(
        out,
        Stream(ids_key(table), table.read),
        keep=against.keep,
        made_by={"guard": against.fingerprint()},
        how=Streaming(),
    )
    return f"{made.records['examples']:,} kept, {sum(made.dropped.values()):,} dropped"


def conversion(folder: Path, out: Path) -> str:
    made = convert(folder / "shepherd.jsonl", out / "rows.jsonl", to="trl")
    return f"{sum(made.written.values()) // 2:,} rows written"


def to_records(folder: Path, out: Path) -> str:
    made = convert(folder / "shepherd.jsonl", out, to="veriloop")
    return ", ".join(f"{n:,} {name}" for name, n in made.written.items())


def plain_consensus(folder: Path, out: Path) -> str:
    """The join in dictionaries: everything is read, grouped, filtered, and written at the end."""
    given = sources(folder)
    asked = {p.id: p for p in Table(given.problems / "problems", Problem).read()}
    found, said = defaultdict(list), defaultdict(list)
    for solution in Table(given.solutions / "solutions", Solution).read():
        found[solution.problem].append(solution)
    for one in given.verdicts:
        for verdict_ in Table(one / "verdicts", Verdict).read():
            said[verdict_.problem].append(verdict_)
    examples: list[Example] = []
    dropped = 0
    for name, problem in asked.items():
        kept = CONSENSUS.feedback(Group(problem, tuple(found[name]), tuple(said[name])))
        examples += kept.examples
        dropped += len(kept.dropped)
    Table(out / "examples", Example).write_piece(0, examples)
    return f"{len(examples):,} kept, {dropped:,} dropped"


def plain_contamination(folder: Path, out: Path) -> str:
    """What scripts do: lower-case words, sets of 13-word runs, every row looked up for itself."""

    def grams(text: str) -> set[tuple[str, ...]]:
        parts = text.lower().split()
        return {tuple(parts[i : i + 13]) for i in range(len(parts) - 12)}

    known = {gram for i in range(EVALUATION) for gram in grams(story(i, "e"))}
    examples = list(Table(folder / "examples" / "examples", Example).read())
    kept = [e for e in examples if not known & grams(str(e.prompt))]
    Table(out / "examples", Example).write_piece(0, kept)
    return f"{len(kept):,} kept, {len(examples) - len(kept):,} dropped"


def plain_conversion(folder: Path, out: Path) -> str:
    """All rows loaded, split at the marks, all rows written; no check of any field."""
    rows = [json.loads(line) for line in (folder / "shepherd.jsonl").open()]
    made = []
    for row in rows:
        question, _, rest = row["input"].partition(" Step 1: ")
        steps = [step.strip() for step in f"Step 1: {rest}".split("ки")[:-1]]
        signs = [line[-1] == "+" for line in row["label"].splitlines() if line[-1] in "+-"]
        made.append({"prompt": question, "completions": steps, "labels": signs})
    (out / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    return f"{len(made):,} rows written"


JOBS = {
    "consensus": (consensus, plain_consensus),
    "contamination guard": (contamination, plain_contamination),
    "Math-Shepherd to TRL": (conversion, plain_conversion),
    "Math-Shepherd to records": (to_records, None),
}


def one(name: str, plain: bool, folder: Path, rows: int) -> None:
    """Run a job in this process and print its account as JSON."""
    work = JOBS[name][plain]
    assert work is not None
    with tempfile.TemporaryDirectory(dir=folder.parent) as out:
        start = time.process_time(), time.perf_counter()
        said = work(folder, Path(out))
        cpu, wall = time.process_time() - start[0], time.perf_counter() - start[1]
    print(json.dumps({"cpu": rows / cpu, "wall": rows / wall, "peak": peak(), "said": said}))


def peak() -> float:
    """The most memory that this process held, in MB; ``ru_maxrss`` may count what its parent held before it."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(name: str, plain: bool, folder: Path, rows: int) -> None:
    words = [sys.executable, __file__, "--job", name, "--folder", str(folder), "--rows", str(rows)]
    words += ["--plain"] if plain else []
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    what = f"{name}{', plain' if plain else ''}"
    print(
        f"{what:32} {rows:>9,} rows  {told['cpu']:9,.0f} rows/s of CPU ({told['wall']:,.0f} wall)  "
        f"peak {told['peak']:6,.0f} MB  {told['said']}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plain-rows", type=int, default=100_000)
    parser.add_argument("--jobs", nargs="*", default=list(JOBS))
    parser.add_argument("--job")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.job:
        one(options.job, options.plain, options.folder, options.rows)
        return
    with tempfile.TemporaryDirectory() as made:
        sizes = sorted({options.rows, min(options.plain_rows, options.rows)})
        for size in sizes:
            folder = Path(made) / str(size)
            folder.mkdir()
            start = time.perf_counter()
            make(folder, size)
            taken = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
            print(
                f"{size:,} rows made in {time.perf_counter() - start:.0f} s: {taken:,.0f} MB",
                flush=True,
            )
        print(f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores", flush=True)
        for name in options.jobs:
            run(name, False, Path(made) / str(options.rows), options.rows)
            if sizes[0] != options.rows:
                run(name, False, Path(made) / str(sizes[0]), sizes[0])
            if JOBS[name][1]:
                run(name, True, Path(made) / str(sizes[0]), sizes[0])


if __name__ == "__main__":
    main()
