"""Sizes from names, steps by paired tests, and the slope against a plain least-squares fit."""

import numpy as np
import pytest

from veriloop.bench.comparison import Comparing
from veriloop.bench.multiplicity import holm
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.scaling import named_size, scaling
from veriloop.bench.statistics import Bootstrap

FEW = Comparing(flips=999, bootstrap=Bootstrap(resamples=200))


@pytest.mark.parametrize(
    ("name", "billions", "family"),
    [
        ("Qwen2.5-0.5B", 0.5, "Qwen2.5-*"),
        ("Qwen/Qwen2.5-72B-Instruct", 72, "Qwen/Qwen2.5-*-Instruct"),
        ("qwen2.5:7b", 7, "qwen2.5:*"),
        ("Llama-3.2-1B", 1, "Llama-3.2-*"),
        ("SmolLM2-135M", 0.135, "SmolLM2-*"),
        ("gemma-2-9b-it (native)", 9, "gemma-2-*-it (native)"),
    ],
)
def test_sizes_of_names(name, billions, family):
    found = named_size(name)
    assert (found.billions, found.family) == (pytest.approx(billions), family)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Mixtral-8x7B-Instruct", "mixture"),
        ("Qwen3-30B-A3B", "mixture"),
        ("gpt-4o", "no size"),
        ("Mistral-Large", "no size"),
        ("draft-1B-for-7B", "two sizes"),
        ("model-0B", "size of 0"),
    ],
)
def test_a_size_that_is_not_plain_is_unknown(name, why):
    found = named_size(name)
    assert found.billions is None
    assert why in found.reason


def test_a_given_size_counts():
    assert named_size("Mixtral-8x7B", {"Mixtral-8x7B": 46.7}).billions == 46.7
    with pytest.raises(ValueError, match="more than 0"):
        named_size("m", {"m": 0.0})


def family(gains, n=200, sets=("s",)):
    """One system for each size; an item is right where its ease is below the share."""
    ease = np.random.default_rng(0).random((n, 2))
    return [
        ParallelScores(
            f"F-{size}B",
            {
                (name, code): {f"u{i}": float(ease[i, j] < share) for i in range(n)}
                for name in sets
                for j, code in enumerate(("en", "fr"))
            },
        )
        for size, share in gains.items()
    ]


def test_steps_rise_fall_or_say_nothing():
    found = scaling(family({7: 0.6, 1: 0.3, 3: 0.31, 70: 0.35}), comparing=FEW).families
    assert len(found) == 1
    assert [name for name, _, _ in found[0].points] == ["F-1B", "F-3B", "F-7B", "F-70B"]
    assert [step.trend for step in found[0].steps] == ["inside noise", "rises", "falls"]
    assert not found[0].monotone
    assert [step.larger for step in found[0].falls] == ["F-70B"]
    assert all(step.holm >= step.difference.p for step in found[0].steps)


def test_the_slope_is_that_of_least_squares():
    found = scaling(family({1: 0.2, 2: 0.3, 8: 0.55}), comparing=FEW).families[0]
    scores = [score for _, _, score in found.points]
    assert found.per_doubling.value == pytest.approx(np.polyfit([0, 1, 3], scores, 1)[0])
    assert found.per_doubling.low > 0
    assert found.monotone


def test_a_slope_of_noise_holds_0():
    generator = np.random.default_rng(3)
    hits = 0
    quick = Comparing(flips=19, bootstrap=Bootstrap(resamples=200))
    for _ in range(50):
        right = generator.random((3, 60)) < 0.5
        systems = [
            ParallelScores(
                f"F-{size}B", {("s", "en"): {str(i): float(v) for i, v in enumerate(own)}}
            )
            for size, own in zip((1, 2, 4), right, strict=True)
        ]
        slope = scaling(systems, comparing=quick).families[0].per_doubling
        hits += slope.low <= 0 <= slope.high
    assert 43 <= hits < 50


def test_only_items_that_every_size_has_count():
    systems = [
        ParallelScores("F-1B", {("s", "en"): {"a": 0.0, "b": 1.0}, ("s", "fr"): {"a": 1.0}}),
        ParallelScores("F-2B", {("s", "en"): {"b": 1.0, "c": 0.0}}),
    ]
    found = scaling(systems, comparing=FEW).families[0]
    assert found.n == 1
    assert [score for _, _, score in found.points] == [100, 100]


def test_overall_stands_beside_the_sets_where_there_are_several():
    found = scaling(family({1: 0.2, 2: 0.4}, sets=("x", "y")), comparing=FEW).families
    assert [one.set for one in found] == ["x", "y", ""]


def test_steps_are_adjusted_over_all_sets_and_those_overall_apart():
    systems = family({1: 0.2, 2: 0.33, 4: 0.36}, n=60, sets=("x", "y"))
    found = scaling(systems, comparing=FEW).families
    own = [step for one in found if one.set for step in one.steps]
    over = [step for one in found if not one.set for step in one.steps]
    for steps in (own, over):
        assert [s.holm for s in steps] == pytest.approx(holm([s.difference.p for s in steps]))
    assert len(own) == 2 * len(over) == 4
    assert own[0].holm == pytest.approx(4 * own[0].difference.p)


def test_what_has_no_size_or_no_relative_is_said():
    systems = [*family({1: 0.2, 2: 0.4}), ParallelScores("gpt-4o", {}), ParallelScores("G-7B", {})]
    found = scaling(systems, comparing=FEW)
    assert found.unknown == {"gpt-4o": "the name has no size"}
    assert found.alone == ("G-*",)
    assert found.to_json()["families"][0]["steps"][0]["trend"] == "rises"
