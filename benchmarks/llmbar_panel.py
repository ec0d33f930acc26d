"""Combiners on LLMBar's recorded votes (419 pairs, 27,235 votes of 65 judges): accuracy, calibration, spend, time.

``python benchmarks/llmbar_panel.py --votes ../shared/data/llmbar/evaluator_votes.csv``. A judge is an evaluator with a
prompt; its vote is the mean of its two orders. The figures without calibration count each order as a voter and ties
half. Cross-validation is in 10 folds. Ten labels are drawn --draws times by seeds 0, 1, ...; accuracy is on the other
409 items. The prior of the logistic weights was designed on these votes, so that figure is no forecast for others. The
cascade asks PaLM2, then GPT-4, each as its judges calibrated in 10 folds; prices are --prices, in any unit, no prices
being recorded. Time is CPU time, of one calibration and one cross-validation. One thread: set OMP_NUM_THREADS=1.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from veriloop.bench.calibration import calibration
from veriloop.bench.cascades import cascade_curve
from veriloop.bench.panel_value import cross_validated
from veriloop.bench.recorded_votes import recorded_votes
from veriloop.bench.statistics import Bootstrap, percentage
from veriloop.verify.ballots import Array, Ballots, Rule
from veriloop.verify.calibrate import calibrate, credit
from veriloop.verify.combine import Majority
from veriloop.verify.dawid_skene import fit_dawid_skene
from veriloop.verify.log_odds import fit_log_odds
from veriloop.verify.logistic import fit_logistic

Fit = Callable[[Ballots], Rule]


def accuracy(chance: Array, gold: Array) -> float:
    return 100 * float(np.mean(credit(chance, gold)))


def pooled(ballots: Ballots, families: tuple[str, ...]) -> Ballots:
    """One verifier for each evaluator: the mean vote of its judges."""
    names = tuple(dict.fromkeys(families))
    votes = np.full((len(ballots.items), len(names)), np.nan)
    for column, name in enumerate(names):
        own = ballots.votes[:, np.array(families) == name]
        count = (~np.isnan(own)).sum(axis=1)
        votes[count > 0, column] = np.nansum(own, axis=1)[count > 0] / count[count > 0]
    return Ballots(names, ballots.items, votes, ballots.gold, pairs=True)


def each_order(ballots: Ballots, orders: Array) -> Ballots:
    names = tuple(f"{v}, {way}" for way in ("first", "second") for v in ballots.verifiers)
    return Ballots(names, ballots.items, np.hstack(list(orders)), ballots.gold, pairs=True)


def few_labels(ballots: Ballots, fit: Fit, labels: int, draws: int) -> tuple[float, float, float]:
    """Mean, standard error and least accuracy on the items that were not drawn."""
    found: list[float] = []
    for draw in range(draws):
        chosen = np.random.default_rng(draw).choice(len(ballots.items), labels, replace=False)
        seen = np.isin(np.arange(len(ballots.items)), chosen)
        rule = fit(replace(ballots, gold=np.where(seen, ballots.gold, np.nan)))
        rest = ballots.rows(~seen)
        found.append(accuracy(rule.probabilities(rest), rest.gold))
    return statistics.mean(found), statistics.stdev(found) / draws**0.5, min(found)


def calibrated(title: str, ballots: Ballots, options: argparse.Namespace) -> None:
    gold, draws = ballots.gold, options.draws
    for name, fit in (("logistic", fit_logistic), ("log-odds", fit_log_odds)):
        start = time.process_time()
        calibrate(ballots, name)
        chance = cross_validated(ballots, ballots.items, fit, folds=10, seed=options.seed)
        spent = time.process_time() - start
        hits = round(accuracy(chance, gold) * len(gold) / 100)
        mean, error, least = few_labels(ballots, fit, 10, draws)
        off = calibration(chance, gold, ballots.items, bootstrap=Bootstrap(resamples=20))
        assert off is not None
        print(
            f"{title:24} {name:9} 10 folds {percentage(hits, len(gold))}  ECE {off.expected_error.value:.3f}  "
            f"{spent:.2f} s\n{'':24} 10 labels, {draws} draws {mean:.1f} +- {error:.1f} (least {least:.1f})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--votes", type=Path, required=True)
    parser.add_argument("--prices", default="1,20", help="Of one item by PaLM2 and by GPT-4.")
    parser.add_argument("--draws", type=int, default=20, help="Draws of ten labels.")
    parser.add_argument("--seed", type=int, default=0, help="Of the folds.")
    options = parser.parse_args()
    recorded = recorded_votes(options.votes)
    judges, families = recorded.ballots, recorded.families
    assert recorded.orders is not None
    weak = [v for v, f in zip(judges.verifiers, families, strict=True) if f != "GPT-4"]
    six, both = pooled(judges, families), each_order(judges, recorded.orders)
    both_weak = both.of([v for v in both.verifiers if not v.startswith("GPT-4 ")])
    gold = judges.gold
    print(
        f"{len(judges.items)} pairs, {len(judges.verifiers)} judges of {len(six.verifiers)} evaluators"
    )
    for title, ballots in (("all, both orders", both), ("without GPT-4", both_weak)):
        label_free = fit_dawid_skene(ballots.without_gold())
        print(
            f"{title}: majority {accuracy(Majority().probabilities(ballots), gold):.1f}, one-coin EM "
            f"{accuracy(label_free.probabilities(ballots), gold):.1f}\n  warning: {label_free.warning}"
        )
    alone = [
        100 * float(np.nanmean(recorded.orders[:, :, j] == gold)) for j in range(len(families))
    ]
    print(f"best single judge: {judges.verifiers[int(np.argmax(alone))]} {max(alone):.1f}")
    calibrated("65 judges", judges, options)
    calibrated("50 without GPT-4", judges.of(weak), options)
    calibrated("6 evaluators", six, options)
    calibrated("5 without GPT-4", six.of([v for v in six.verifiers if v != "GPT-4"]), options)
    stages = [
        cross_validated(part, part.items, fit_logistic, folds=10)
        for part in (
            judges.of([v for v in judges.verifiers if v.startswith(f"{name} ")])
            for name in ("PaLM2", "GPT-4")
        )
    ]
    prices = np.array([float(p) for p in options.prices.split(",")]) * np.ones((len(gold), 2))
    staged = Ballots(("PaLM2", "GPT-4"), judges.items, np.column_stack(stages), gold, prices)
    print("cascade, PaLM2 then GPT-4:", *cascade_curve(staged).lines(), sep="\n  ")


if __name__ == "__main__":
    main()
