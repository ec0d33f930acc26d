"""A page as large and as varied as a real one, made of random numbers; ``python fake_page.py OUT`` writes it.

40 problems with 8 solutions each, 5 verifiers, a main table of 8 rows, and every kind of plot.
"""

import random
import sys
from pathlib import Path

from veriloop.report import (
    Bar,
    BarPlot,
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
    Cell,
    Column,
    Dot,
    GroupedBarPlot,
    Line,
    LinePlot,
    Link,
    MadeFile,
    Page,
    Panel,
    Point,
    Provenance,
    Reference,
    Row,
    ScatterPlot,
    Series,
    StageTime,
    Table,
    Text,
    Trace,
    TracePlot,
    write_page,
)

HOSTILE = "Step 3: 5 < 7 </script><script>document.title='owned'</script><img src=x onerror=alert(1)> & so on"
VERIFIERS = (
    BrowsedVerifier("PRM, consensus labels", "PRM", "trained on labels on which both agree"),
    BrowsedVerifier("Monte Carlo, k = 8", "MC", "successes of 8 rollouts from each prefix"),
    BrowsedVerifier("Judge", "judge", "abacus-critic, paragraph protocol"),
    BrowsedVerifier("PRM, gold labels", "PRM gold", "the upper bound"),
    BrowsedVerifier("Smallest token probability", "min p", "untrained"),
)
ROWS = (
    ("PRM by label source", "Gold labels", 82.1, 80.4, 85.0, 61.9),
    ("PRM by label source", "Consensus of MC and judge", 74.9, 71.2, 83.6, 60.4),
    ("PRM by label source", "Judge", 70.3, 66.8, 82.9, 59.8),
    ("PRM by label source", "Monte Carlo, hard", 69.2, 55.1, 82.4, 59.1),
    ("PRM by label source", "Monte Carlo, soft", 65.8, 53.4, 82.2, 58.7),
    ("To compare with", "Smallest token probability", 78.0, 65.6, 83.8, 59.6),
    ("To compare with", "Majority vote", None, None, None, 57.9),
    ("To compare with", "Random pick", None, None, None, 48.9),
)
LABELS = ("Gold", "Consensus", "Judge", "MC hard", "MC soft")


def around(value: float, half: float = 2.2, n: int = 960, unscored: int = 0) -> Cell:
    return Cell(value, value - half, value + half * 0.95, n, unscored)


def main_table() -> Table:
    no_steps = Cell(note="A rule over final answers says nothing of steps.")
    rows = []
    for group, label, f1, wrong, auc, best in ROWS:
        reference = group != ROWS[0][0]
        if f1 is None:
            cells = (no_steps, no_steps, no_steps, no_steps, around(best, 1.9, 1000))
        else:
            lost = 14 if label == "Judge" else 0
            cells = (
                around(f1, n=960 - lost, unscored=lost),
                around(wrong, 3.4, n=504),
                around(96.2, 1.6, n=456),
                around(auc, 1.3, n=7120),
                around(best, 1.9, 1000),
            )
        rows.append(Row(label, cells, group=group, reference=reference))
    columns = (
        Column("First-error F1", "%", "harmonic mean of the next two", best="max"),
        Column("Accuracy on wrong", "%", "first wrong step found exactly", best="max"),
        Column("Accuracy on right", "%", "no error reported", best="max"),
        Column("AUC within problems", "%", "chance is 50", best="max"),
        Column("Best-of-8", "%", "accuracy of the picked answer", best="max"),
    )
    return Table(
        "Verifiers on held-out problems",
        columns,
        tuple(rows),
        row_label="Verifier",
        interval="95 % bootstrap interval over problems",
        caption="Solutions of 1,000 held-out problems, 8 samples each. Mean accuracy 48.9, greedy 59.6, "
        "pass@8 74.2.",
    )


def plots() -> tuple:
    f1 = BarPlot(
        "First-error F1 by label source",
        tuple(
            Bar(row[1], around(row[2]), group=row[0], faint=row[0] != ROWS[0][0])
            for row in ROWS
            if row[2] is not None
        ),
        axis="F1, %",
        high=100,
        references=(Reference("untrained: 78.0", 78.0),),
        interval="95 % bootstrap intervals",
        caption="Consensus labels close most of the gap between rollouts and gold.",
    )
    ns = (1, 2, 4, 8)
    means = {
        "pass@n": (48.9, 60.2, 68.4, 74.2),
        "PRM, consensus": (48.9, 55.0, 58.6, 60.4),
        "PRM, MC hard": (48.9, 54.1, 57.5, 59.1),
        "vote": (48.9, 48.9, 55.3, 57.9),
    }
    lines = tuple(
        Line(
            name,
            tuple(Point(n, around(v, 1.9, 1000)) for n, v in zip(ns, values, strict=True)),
            dashed=name == "pass@n",
        )
        for name, values in means.items()
    )
    best = LinePlot(
        "Best-of-N against the number of samples",
        lines,
        x_axis="samples per problem, n",
        y_axis="accuracy of the picked answer, %",
        x_scale="log2",
        references=(Reference("greedy", 59.6),),
        interval="95 % bootstrap intervals over problems",
        caption="The dashed line is what a perfect pick would reach.",
    )
    subsets = ("purchases", "running stock", "compare chain", "boxes, rounded down")
    rng = random.Random(3)
    grouped = GroupedBarPlot(
        "F1 by kind of problem",
        subsets,
        tuple(
            Series(name, tuple(around(rng.uniform(45, 88), 4.0, 240) for _ in subsets))
            for name in LABELS
        ),
        axis="F1, %",
        high=100,
    )
    scatter = ScatterPlot(
        "Best of 8 against first-error F1",
        tuple(
            Dot(name, around(rng.uniform(45, 88), 4.0, 240), around(60 + i, 1.5, 1000), "family")
            for i, name in enumerate(LABELS)
        ),
        x_axis="first-error F1, %",
        y_axis="accuracy of the pick, %",
        references=(Reference("majority vote", 60.5),),
    )
    panels = []
    for i in range(4):
        steps = 4 + i
        error = (2, -1, 3, 1)[i]
        traces = []
        for name in ("PRM, consensus", "Monte Carlo, k = 8", "min p"):
            scores = [
                max(0.0, min(1.0, (0.9 if error < 0 or s < error else 0.15) + rng.gauss(0, 0.1)))
                for s in range(steps)
            ]
            keep = error + 1 if name.startswith("Monte") and error >= 0 else steps
            traces.append(Trace(name, tuple(scores[:keep])))
        panels.append(Panel(f"p{i:02d}, sample {i}", steps, tuple(traces), error))
    saved = BarPlot(
        "Generated tokens for the same labels",
        (
            Bar("every rollout to its end", Cell(529.0, n=500)),
            Bar("stop at the first 0", Cell(301.4, n=500)),
            Bar("and at a prefix's first success", Cell(170.2, n=500)),
        ),
        axis="thousand tokens",
    )
    return (
        f1,
        best,
        grouped,
        scatter,
        TracePlot("Step scores along four solutions", tuple(panels)),
        saved,
    )


def verdicts(rng: random.Random, steps: int, gold: int) -> tuple[BrowsedVerdict, ...]:
    out = []
    for verifier in VERIFIERS:
        noise = rng.gauss(0, 0.12)
        scores = [
            max(0.0, min(1.0, (0.88 if gold < 0 or i < gold else 0.2) + noise + rng.gauss(0, 0.1)))
            for i in range(steps)
        ]
        if verifier.short == "judge":
            if rng.random() < 0.06:
                out.append(BrowsedVerdict(verifier.name, unscored="unparsed"))
                continue
            error = gold if rng.random() < 0.65 else rng.choice([-1, *range(steps)])
            critique = "Step 2 adds where it should take away. <b>Therefore</b> \\boxed{1}"
            out.append(
                BrowsedVerdict(
                    verifier.name, float(error < 0), first_error=error, critique=critique
                )
            )
            continue
        error = next((i for i, s in enumerate(scores) if s < 0.5), -1)
        notes: tuple[str, ...] = ()
        if verifier.short == "MC":
            scores = [round(s * 8) / 8 for s in scores]
            error = next((i for i, s in enumerate(scores) if s == 0), -1)
            scores = scores[: error + 1] if error >= 0 else scores
            notes = tuple(f"{round(s * 8)}/8" for s in scores)
        product = 1.0
        for score in scores:
            product *= score
        out.append(BrowsedVerdict(verifier.name, product, "", tuple(scores), error, notes))
    return tuple(out)


def browser(problems: int = 40, samples: int = 8) -> Browser:
    rng = random.Random(7)
    made = []
    for p in range(problems):
        a, b, c = rng.randint(3, 20), rng.randint(2, 12), rng.randint(2, 5)
        solutions = []
        for s in range(samples):
            steps = [
                f"Step 1: eggs at first = {a}",
                f"Step 2: eggs after Tuesday {a} + {b} = {a + b}",
                f"Step 3: eggs in {c} baskets {a + b} * {c} = {(a + b) * c}",
                f"Step 4: eggs left {(a + b) * c} - {b} = {(a + b) * c - b}",
                f"Answer: \\boxed{{{(a + b) * c - b}}}",
            ]
            gold = rng.choice([-1, -1, 1, 2, 3])
            if p == 0 and s == 0:
                steps[2] = HOSTILE
            if p == 1 and s == 1:
                steps[1] = "Step 2: " + "a very long step that goes on and on and on " * 12
            solutions.append(
                BrowsedSolution(
                    tuple(steps),
                    answer=str((a + b) * c - b + (gold > 0) * rng.randint(0, 2)),
                    right=gold < 0,
                    gold_first_error=gold,
                    verdicts=verdicts(rng, len(steps), gold),
                    picked_by=("PRM, product",) if s == p % samples else (),
                )
            )
        made.append(
            BrowsedProblem(
                f"p{p:02d}",
                f"Ann has {a} eggs. On Tuesday she gets {b} more. On Wednesday she has {c} times as "
                f"many, and then sells {b}. How many eggs has Ann now?",
                tuple(solutions),
                reference=str((a + b) * c - b),
                subset=("purchases", "running stock", "compare chain")[p % 3],
            )
        )
    return Browser(
        "Held-out solutions",
        tuple(made),
        VERIFIERS,
        caption="40 of the 1,000 held-out problems, drawn with seed 0.",
    )


def provenance() -> Provenance:
    return Provenance(
        command="veriloop run prm --problems 1000 --samples 8 --rollouts 8 --seed 0 --out runs/demo",
        made="2026-11-23 20:17 UTC",
        versions={"veriloop": "0.1.0", "torch": "2.13.0", "transformers": "5.23.0"},
        seeds={"run": 0, "prm": 1},
        config={
            "search": {"engine": "abacus/policy", "samples": 8, "temperature": 1.0},
            "verify": {"rollouts": 8, "stop_at_first_zero": True},
            "train": {"head": "surprise", "epochs": 4},
        },
        times=(
            StageTime("search", 12.7, 12.4, "133,000 tokens"),
            StageTime("montecarlo", 85.1, 84.0),
            StageTime("judge", 22.0, 21.7, "14 unparsed"),
            StageTime("train", 14.2, 14.0),
        ),
        cpu="2 cores, Xeon",
        files=(
            MadeFile("solutions.parquet", 1_482_113, "a3f1c09b77d2e145"),
            MadeFile("verdicts/montecarlo.parquet", 311_209, "09be1d7fa2c4c8e0"),
        ),
    )


def fake_page() -> Page:
    text = Text(
        "How to read this",
        ("A step is scored by what the verifier thinks of it given the steps before it.",),
        terms=(
            ("First-error F1", "harmonic mean of accuracy on wrong and on right solutions"),
            (
                "AUC within problems",
                "how often a right solution outranks a wrong one of one problem",
            ),
        ),
        links=(Link("ProcessBench", "https://arxiv.org/abs/2412.06559"),),
    )
    return Page(
        "Process reward models from rollouts and a judge",
        "Abacus, 1,000 held-out problems, 8 samples each, seed 0",
        (main_table(), *plots(), text, browser()),
        provenance(),
        headline="Consensus labels train the better verifier: first-error F1 74.9 against 69.2 from rollouts "
        "alone, and Best-of-8 lifts accuracy from 57.9 by vote to 60.4.",
    )


if __name__ == "__main__":
    write_page(fake_page(), Path(sys.argv[1]))
