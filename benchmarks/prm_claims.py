"""The recipe's claims over several seeds: run it for each seed, put the numbers together, say which claims hold.

``python benchmarks/prm_claims.py`` runs seeds 0 to 4 with the shipped defaults into runs/claims (minutes each;
what is there already is kept), prints two tables and the claims, and with ``--write`` keeps the numbers in the
recipe's results.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "veriloop/recipes/prm/results.json"
SOURCES = ("gold", "consensus", "judge", "mc-hard", "mc-hard-equal", "consensus-soft", "mc-soft")
K = 8  # the recipe's rollouts for each prefix
SWEEP = tuple(f"mc-hard-above-{j}" for j in range(1, K))
# Half-width of a 95 % interval of a mean, in standard errors, by the number of runs (Student's t).
STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36}
UNTRAINED = ("min-token-probability", "min-token-probability-judge")


def run(seed: int, folder: Path) -> dict[str, Any]:
    """The recipe's measures for one seed."""
    out = folder / f"seed-{seed}"
    command = [
        "-m",
        "veriloop.cli",
        "run",
        "prm",
        "--seed",
        str(seed),
        "--out",
        str(out),
        "--quiet",
    ]
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return json.loads((out / "measures.json").read_text(encoding="utf-8"))


def name_of(source: str) -> str:
    return source if source in UNTRAINED else f"prm-{source}"


def f1(measures: dict[str, Any], source: str) -> float:
    return measures["first_errors"][name_of(source)]["pooled"]["f1"]["value"]


def row(measures: dict[str, Any], rule: str, source: str = "") -> dict[str, Any]:
    name = name_of(source) if source else ""
    rows = measures["best_of"]["rows"]
    return next(r for r in rows if (r["rule"], r["verifier"]) == (rule, name))


def accuracy(rule: str) -> Callable[[dict[str, Any], str], float]:
    return lambda measures, source: row(measures, rule, source)["accuracy"]["value"]


def auc(measures: dict[str, Any], source: str) -> float:
    return row(measures, "product", source)["auc"]["mean"]["value"]


def part(key: str) -> Callable[[dict[str, Any], str], float]:
    return lambda m, source: m["first_errors"][name_of(source)]["pooled"][key]["value"]


COLUMNS: dict[str, Callable[[dict[str, Any], str], float]] = {
    "wrong": part("acc_error"),
    "right": part("acc_correct"),
    "F1": f1,
    "AUC": auc,
    "product": accuracy("product"),
    "min": accuracy("min"),
    "last": accuracy("last"),
    "vote": accuracy("vote_product"),
    "extracted": lambda m, source: extracted(m, source),
    "at last": lambda m, source: at_last(m, source),
}


def bias(key: str) -> Callable[[dict[str, Any], str], float]:
    """One of the three biases of a verifier, in percent."""

    def read(measures: dict[str, Any], source: str) -> float:
        found = measures["biases"]["verifiers"]
        return next(v for v in found if v["verifier"] == name_of(source))[key]["value"]

    return read


extracted, at_last = bias("extracted_micro"), bias("minimum_at_last")


def rank_correlation(measures: dict[str, Any]) -> float:
    """Kendall's tau-b over the trained models, between first-error F1 and Best-of-8 by product."""
    pairs = [(f1(measures, s), accuracy("product")(measures, s)) for s in (*SOURCES, *SWEEP)]
    signs = [
        ((a > c) - (a < c), (b > d) - (b < d))
        for i, (a, b) in enumerate(pairs)
        for c, d in pairs[:i]
    ]
    untied = [sum(x != 0 for x in side) for side in zip(*signs, strict=True)]
    return sum(x * y for x, y in signs) / (untied[0] * untied[1]) ** 0.5


def gap(read: Callable[[dict[str, Any], str], float], better: str, worse: str) -> Callable:
    return lambda m: read(m, better) - read(m, worse)


def rules(better: str, worse: str, source: str) -> Callable:
    return lambda m: accuracy(better)(m, source) - accuracy(worse)(m, source)


product = accuracy("product")
# What the paper says, its numbers where it gives them, and the margin here that is above 0 where it shows.
PAPER: list[tuple[str, str, Callable[[dict[str, Any]], float]]] = [
    ("human labels above judge labels by F1", "56.5 to 46.5", gap(f1, "gold", "judge")),
    ("judge labels above Monte Carlo labels by F1", "46.5 to 40.1", gap(f1, "judge", "mc-hard")),
    (
        "Monte Carlo labels above judge labels by Best-of-8",
        "65.9 to 65.3",
        gap(product, "mc-hard", "judge"),
    ),
    (
        "consensus above all Monte Carlo labels by F1, on less data",
        "46.3 to 40.1",
        gap(f1, "consensus", "mc-hard"),
    ),
    (
        "consensus level with the judge by F1 (margin within 2 points)",
        "46.3 and 46.5",
        lambda m: 2 - abs(f1(m, "consensus") - f1(m, "judge")),
    ),
    (
        "before the filter hard and soft are level by F1 (within 2 points)",
        "40.2 and 40.2",
        lambda m: 2 - abs(f1(m, "mc-hard") - f1(m, "mc-soft")),
    ),
    (
        "before the filter hard and soft are level by Best-of-8 (within 2 points)",
        "65.4 and 65.4",
        lambda m: 2 - abs(product(m, "mc-hard") - product(m, "mc-soft")),
    ),
    (
        "after the filter hard is above soft by F1",
        "66.5 to 49.3",
        gap(f1, "consensus", "consensus-soft"),
    ),
    (
        "after the filter hard is above soft by Best-of-8",
        "67.2 to 65.4",
        gap(product, "consensus", "consensus-soft"),
    ),
    (
        "threshold 0 above threshold 7/8 by F1",
        "40.2 to 29.5",
        gap(f1, "mc-hard", f"mc-hard-above-{K - 1}"),
    ),
    (
        "F1 falls at every threshold (smallest fall)",
        "40.2 40.2 39.0 37.9 36.6 35.6 33.6 29.5",
        lambda m: min(
            f1(m, a) - f1(m, b) for a, b in zip(("mc-hard", *SWEEP[:-1]), SWEEP, strict=True)
        ),
    ),
    (
        "threshold 0 above threshold 7/8 by Best-of-8",
        "65.5 to 64.4",
        gap(product, "mc-hard", f"mc-hard-above-{K - 1}"),
    ),
    ("Monte Carlo labels: last above product", "66.7 to 65.9", rules("last", "product", "mc-hard")),
    ("Monte Carlo labels: product above min", "65.9 to 64.1", rules("product", "min", "mc-hard")),
    (
        "judge labels: product or min above last",
        "65.3, 65.6 to 65.3",
        lambda m: max(rules(rule, "last", "judge")(m) for rule in ("product", "min")),
    ),
    (
        "human labels: product or min above last",
        "64.9, 65.6 to 64.7",
        lambda m: max(rules(rule, "last", "gold")(m) for rule in ("product", "min")),
    ),
    (
        "right answers by wrong steps: human above judge labels in finding them",
        "38.2 to 26.2",
        gap(extracted, "gold", "judge"),
    ),
    (
        "right answers by wrong steps: judge above Monte Carlo labels in finding them",
        "26.2 to 22.2",
        gap(extracted, "judge", "mc-hard"),
    ),
    (
        "smallest score at the last step: less often from consensus than from Monte Carlo labels",
        "17.5 for the released model",
        lambda m: at_last(m, "mc-hard") - at_last(m, "consensus"),
    ),
    (
        "Best-of-8 does not follow F1 over the family (Kendall's tau below 0.5)",
        "no number",
        lambda m: 0.5 - rank_correlation(m),
    ),
]


def claims(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each claim: whether it holds for the mean over the runs, and in how many runs it holds alone."""
    found = [
        ("gold labels: first-error F1 of 80 or more", [f1(m, "gold") - 80 for m in runs]),
        ("gold labels: AUC within problems of 0.80 or more", [auc(m, "gold") - 0.8 for m in runs]),
        ("gold above consensus by F1", differences(runs, "gold", "consensus")),
        ("consensus above Monte Carlo hard by F1", differences(runs, "consensus", "mc-hard")),
        ("Monte Carlo hard above soft by F1", differences(runs, "mc-hard", "mc-soft")),
        (
            "consensus above as many Monte Carlo hard labels by F1",
            differences(runs, "consensus", "mc-hard-equal"),
        ),
        (
            "consensus above as many Monte Carlo hard labels, lower end of the paired interval",
            [m["consensus_over_equal_n"]["low"] for m in runs],
        ),
        (
            "vote weighted by the consensus model above maj@8, lower end of the paired interval",
            [row(m, "vote_product", "consensus")["over_maj"]["low"] for m in runs],
        ),
        (
            "vote weighted by the Monte Carlo hard model above maj@8, lower end likewise",
            [row(m, "vote_product", "mc-hard")["over_maj"]["low"] for m in runs],
        ),
        (
            "consensus above the untrained judge by F1",
            [f1(m, "consensus") - f1(m, UNTRAINED[1]) for m in runs],
        ),
    ]
    return {name: margins(values) for name, values in found}


def paper_claims(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each of the paper's claims: its numbers, and the margins here."""
    return {name: {"paper": said, **margins([read(m) for m in runs])} for name, said, read in PAPER}


def margins(values: list[float]) -> dict[str, Any]:
    return {
        "margins": [round(v, 3) for v in values],
        "mean": round(statistics.mean(values), 3),
        "half_width": round(half_width(values), 3),
        "runs": sum(v > 0 for v in values),
    }


def half_width(values: list[float]) -> float:
    """Of the 95 % interval of the mean over runs; 0 for a single run, which has none."""
    if len(values) < 2:
        return 0.0
    return STUDENT[len(values)] * statistics.stdev(values) / len(values) ** 0.5


def differences(runs: list[dict[str, Any]], better: str, worse: str) -> list[float]:
    """F1 of one source minus that of another, in each run."""
    return [f1(m, better) - f1(m, worse) for m in runs]


def summary(runs: list[dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    """Means and standard deviations over the runs, and the claims."""
    table = {
        source: {name: [round(read(m, source), 4) for m in runs] for name, read in COLUMNS.items()}
        for source in (*SOURCES, *SWEEP, *UNTRAINED)
    }
    controls = {
        rule: [round(row(m, rule)["accuracy"]["value"], 2) for m in runs]
        for rule in ("mean", "greedy", "maj", "pass")
    }
    labels = {
        name: [round(m["labels"][name]["pooled"]["f1"]["value"], 2) for m in runs]
        for name in ("mc", "judge", "consensus")
    }
    return {
        "command": "python benchmarks/prm_claims.py",
        "seeds": seeds,
        "verifiers": table,
        "controls": controls,
        "label_f1": labels,
        "kept": [m["kept"]["all"] for m in runs],
        "rollouts": [m["rollouts"] for m in runs],
        "consensus_over_equal_n": [m["consensus_over_equal_n"] for m in runs],
        "vote_over_maj": {
            s: [row(m, "vote_product", s)["over_maj"] for m in runs] for s in SOURCES
        },
        "process_error": {
            name: [round(m["biases"]["process_error"]["by_subset"][name]["value"], 2) for m in runs]
            for name in runs[0]["biases"]["process_error"]["by_subset"]
        },
        "claims": claims(runs),
        "paper": paper_claims(runs),
    }


def spread(values: list[float], digits: int) -> str:
    """The mean over runs and the half-width of its 95 % interval."""
    return f"{statistics.mean(values):.{digits}f} ± {half_width(values):.{digits}f}"


def show(found: dict[str, Any]) -> None:
    """The tables in Markdown, and the claims."""
    print(f"| labels | {' | '.join(COLUMNS)} |")
    print("|" + "---|" * (len(COLUMNS) + 1))
    for source, columns in found["verifiers"].items():
        cells = [spread(v, 3 if n == "AUC" else 1) for n, v in columns.items()]
        print(f"| {source} | {' | '.join(cells)} |")
    for title, key in (
        ("without a verifier", "controls"),
        ("F1 of the labels themselves", "label_f1"),
        ("right answers by wrong steps", "process_error"),
    ):
        told = [f"{name} {spread(values, 1)}" for name, values in found[key].items()]
        print(f"\n{title}: {', '.join(told)}")
    print(f"\nkept by the consensus: {found['kept']}")
    for key in ("claims", "paper"):
        show_claims(found[key], len(found["seeds"]))


def show_claims(found: dict[str, dict[str, Any]], runs: int) -> None:
    """One row a claim; it agrees where the interval of the margin over the runs is above 0."""
    print("\n| claim | paper | margin here | each run | shows |\n|---|---|---|---|---|")
    for claim, told in found.items():
        each = ", ".join(f"{v:+.2f}" for v in told["margins"])
        low, high = told["mean"] - told["half_width"], told["mean"] + told["half_width"]
        shows = "yes" if low > 0 else "**no**" if high < 0 else f"open: {told['runs']} of {runs}"
        margin = f"{told['mean']:+.2f} ± {told['half_width']:.2f}"
        print(f"| {claim} | {told.get('paper', '–')} | {margin} | {each} | {shows} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=Path("runs/claims"))
    parser.add_argument("--write", action="store_true", help="keep the numbers in results.json")
    options = parser.parse_args()
    found = summary([run(seed, options.out) for seed in options.seeds], options.seeds)
    show(found)
    if options.write:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
