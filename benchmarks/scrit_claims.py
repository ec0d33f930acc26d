"""The SCRIT recipe over seeds and two model sizes: run it for each, put the numbers together, print the tables.

``python benchmarks/scrit_claims.py`` runs seeds 0 to 2 of abacus:critic and abacus:critic-small, two runs at a time,
into runs/scrit-claims (what is there already is kept, what was stopped goes on) and prints the recipe's tables; with
``--write`` the numbers are kept in the recipe's results.json and the tables in its README.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from veriloop.recipes.scrit.results import markdown, summary

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "veriloop/recipes/scrit"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
COMMAND = "python benchmarks/scrit_claims.py"
# The smaller critic has a smaller study: fewer problems, two sizes, two rounds.
LESS = ["--train-count", "200", "--heldout-cap", "200", "--sizes", "100,200", "--rounds", "2"]


def run(folder: Path, critic: str, seed: int, more: list[str]) -> dict[str, Any]:
    """The recipe's measures for one seed of one critic."""
    out = folder / f"{critic}-{seed}"
    words = ["-m", "veriloop.cli", "run", "scrit", "--critic", f"abacus:{critic}"]
    words += ["--seed", str(seed), "--out", str(out), "--quiet"]
    words += [*(LESS if critic == "critic-small" else ()), *more]
    out.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    with open(out / "log.txt", "w", encoding="utf-8") as log:
        done = subprocess.run([sys.executable, *words], stdout=log, stderr=log, env=env)
    if done.returncode:
        raise SystemExit(f"the run of {critic} with seed {seed} failed: {out / 'log.txt'} says why")
    return json.loads((out / "measures.json").read_text(encoding="utf-8"))


def gather(options: argparse.Namespace) -> dict[str, dict[int, dict[str, Any]]]:
    """All runs, ``options.together`` at a time."""
    wanted = [(critic, seed) for seed in options.seeds for critic in options.critics]
    with ThreadPoolExecutor(options.together) as pool:
        done = pool.map(lambda w: run(options.out, w[0], w[1], options.more), wanted)
        found: dict[str, dict[int, dict[str, Any]]] = {critic: {} for critic in options.critics}
        for (critic, seed), measures in zip(wanted, done, strict=True):
            found[critic][seed] = measures
    return found


def write(results: dict[str, Any]) -> None:
    """Keep the numbers, and the tables between their marks in the README."""
    text = json.dumps(results, indent=1) + "\n"
    (RECIPE / "results.json").write_text(text, encoding="utf-8")
    readme = RECIPE / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = markdown(results)
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--critics", nargs="+", default=["critic", "critic-small"])
    parser.add_argument("--out", type=Path, default=Path("runs/scrit-claims"))
    parser.add_argument("--together", type=int, default=2, help="runs at a time")
    parser.add_argument("--write", action="store_true", help="keep numbers and tables")
    parser.add_argument("more", nargs="*", help="options of veriloop run scrit, after --")
    options = parser.parse_args()
    more = f" -- {' '.join(options.more)}" if options.more else ""
    results = summary(gather(options), COMMAND + more)
    print(markdown(results))
    if options.write:
        write(results)


if __name__ == "__main__":
    main()
