"""A verifier as a metric of lm-evaluation-harness: ``process_results`` for a task file, and aggregations.

What cannot be scored is left out of the mean and counted beside it. Written to the harness's documented shapes (the
new task guide); the harness itself is not imported here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from veriloop.bridges.judging import judge_all, wait
from veriloop.bridges.rows import problem_of, solution_of
from veriloop.protocols import Verifier
from veriloop.verify.opening import open_verifier


def process_results(
    verifier: Verifier | str,
    *,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Callable[[Mapping[str, Any], Sequence[Any]], dict[str, float | None]]:
    """``f(doc, results) -> {name: reward or None, name + "_unscored": 0 or 1}``, for ``!function`` in a task file.

    ``doc`` is a row of the data set, whose columns carry the problem (see ``rows.COLUMNS``); ``results`` holds the
    model's text, or a list of them where it was asked more than once: those are one group, the metric is the mean of
    their rewards, and ``name_unscored`` their share that cannot be scored. In the task file::

        process_results: !function my_metric.process_results
        metric_list:
          - {metric: answer, aggregation: !function my_metric.mean_of_scored, higher_is_better: true}
          - {metric: answer_unscored, aggregation: !function my_metric.mean_of_scored, higher_is_better: false}
    """
    opened = open_verifier(verifier)
    known = name or opened.name

    def process(doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, float | None]:
        problem = problem_of(doc, columns)
        said = results[0] if results and not isinstance(results[0], str) else results
        items = [(problem, solution_of(problem, text)) for text in said]
        rewards = [reward for _, reward in wait(judge_all(opened, items))]
        lost = sum(reward is None for reward in rewards)
        share = lost / len(rewards) if rewards else 1.0
        return {known: _mean(rewards), f"{known}_unscored": share}

    return process


def mean_of_scored(items: Sequence[float | None]) -> float:
    """The mean of what has a value; NaN where nothing has, which the harness prints as such."""
    mean = _mean(items)
    return math.nan if mean is None else mean


def count_unscored(items: Sequence[float | None]) -> int:
    """How many items have no value."""
    return sum(item is None for item in items)


def _mean(items: Sequence[float | None]) -> float | None:
    known = [item for item in items if item is not None]
    return math.fsum(known) / len(known) if known else None
