"""How often selection keeps a set that tells nothing apart: equal models, items that are alike in all languages.

    python benchmarks/selection_false_alarms.py [DRAWS] [SEED]

Each draw is two models of equal skill on 80 items in five languages: a model is right where its own ability at an item
(a standard normal, the same in all languages) plus 0.4 times a normal of the item's language is above 0. The set is
judged by ``veriloop.bench.discriminativeness.select`` at alpha 0.05. Printed for each rule: the share of draws in which
it keeps the set, with Wilson's 95 % interval.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np

from veriloop.bench.discriminativeness import select
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.selection_verdicts import Criterion, ModelPair
from veriloop.bench.statistics import Bootstrap, wilson

ITEMS, LANGUAGES, NOISE = 80, ("en", "ar", "es", "fr", "ja"), 0.4
RULES = ("paper", "directed", "strict")


def kept(draws: int, seed: int = 0) -> Mapping[str, int]:
    """Rule -> in how many of ``draws`` it keeps the set."""
    generator = np.random.default_rng(seed)
    found = dict.fromkeys(RULES, 0)
    for _ in range(draws):
        ability = generator.normal(size=(2, ITEMS, 1))
        right = ability + NOISE * generator.normal(size=(2, ITEMS, len(LANGUAGES))) > 0
        systems = [
            ParallelScores(
                name,
                {
                    ("s", code): {str(i): float(v) for i, v in enumerate(own[:, j])}
                    for j, code in enumerate(LANGUAGES)
                },
            )
            for name, own in zip(("small", "large"), right, strict=True)
        ]
        verdict = select(
            systems,
            [ModelPair("small", "large")],
            criterion=Criterion(alpha=0.05),
            bootstrap=Bootstrap(resamples=50),
        ).sets[0]
        for rule in RULES:
            found[rule] += bool(getattr(verdict, rule))
    return found


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:3]]
    count = asked[0] if asked else 400
    for rule, times in kept(count, *asked[1:]).items():
        low, high = wilson(times, count)
        told = f"{100 * times / count:5.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        print(f"{rule:<9} keeps the set in {told} of {count} draws")
