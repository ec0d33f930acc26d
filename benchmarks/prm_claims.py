"""The recipe's claims over several seeds: run it for each seed, put the numbers together, say which claims hold.

``python benchmarks/prm_claims.py`` runs seeds 0, 1 and 2 with the shipped defaults into runs/claims (minutes each;
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
SOURCES = ("gold", "consensus", "judge", "mc-hard", "mc-hard-equal", "mc-soft")
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
}


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
    return {
        name: {
            "margins": [round(v, 3) for v in values],
            "mean": round(statistics.mean(values), 3),
            "runs": sum(v > 0 for v in values),
        }
        for name, values in found
    }


def differences(runs: list[dict[str, Any]], better: str, worse: str) -> list[float]:
    """F1 of one source minus that of another, in each run."""
    return [f1(m, better) - f1(m, worse) for m in runs]


def summary(runs: list[dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    """Means and standard deviations over the runs, and the claims."""
    table = {
        source: {name: [round(read(m, source), 4) for m in runs] for name, read in COLUMNS.items()}
        for source in (*SOURCES, *UNTRAINED)
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
        "claims": claims(runs),
    }


def spread(values: list[float], digits: int) -> str:
    """Mean and standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ± {deviation:.{digits}f}"


def show(found: dict[str, Any]) -> None:
    """The tables in Markdown, and the claims."""
    print(f"| labels | {' | '.join(COLUMNS)} |")
    print("|" + "---|" * (len(COLUMNS) + 1))
    for source, columns in found["verifiers"].items():
        cells = [spread(v, 3 if n == "AUC" else 1) for n, v in columns.items()]
        print(f"| {source} | {' | '.join(cells)} |")
    told = [f"{rule} {spread(values, 1)}" for rule, values in found["controls"].items()]
    print(f"\nwithout a verifier: {', '.join(told)}")
    told = [f"{name} {spread(values, 1)}" for name, values in found["label_f1"].items()]
    print(f"F1 of the labels themselves: {', '.join(told)}; kept {found['kept']}")
    print("\n| claim | margin, mean | each run | holds |\n|---|---|---|---|")
    runs = len(found["seeds"])
    for claim, told in found["claims"].items():
        each = ", ".join(f"{v:+.2f}" for v in told["margins"])
        holds = "in the mean" if told["mean"] > 0 else "**no**"
        print(f"| {claim} | {told['mean']:+.2f} | {each} | {holds}, in {told['runs']} of {runs} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("runs/claims"))
    parser.add_argument("--write", action="store_true", help="keep the numbers in results.json")
    options = parser.parse_args()
    found = summary([run(seed, options.out) for seed in options.seeds], options.seeds)
    show(found)
    if options.write:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
