"""The study's tables: means and intervals by hand, claims from margins, and the paper's rows as printed."""

import json
import math

import pytest

from veriloop.recipes.scrit.results import claims, half_width, markdown, shown, summary


def estimate(value):
    return {"value": value, "low": value, "high": value, "n": 1, "unscored": 0, "level": 0.95}


def critic(f1, cc):
    accuracies = {name: {"mean": estimate(cc)} for name in ("incorrect", "balanced", "own")}
    accuracies["balanced"]["matrix"] = {"repair": estimate(10.0), "damage": None}
    part = {"acc_error": estimate(f1), "acc_correct": estimate(f1), "f1": estimate(f1)}
    return {
        "first_errors": {"pooled": part},
        "error_identification": {"scores": {"pooled": part}},
        "verdict_accuracy": estimate(50.0),
        "no_verdict": estimate(0.0),
        "critique": {"cc_acc": estimate(cc), "scenarios": accuracies},
    }


def run(seed):
    names = ("base", "contrastive-8", "direct-8", "contrastive-ungated", "contrastive-round-2")
    lesson = {"learnt": 8, "right_targets": 4, "kept": 9, "written": 20}
    return {
        "critics": {n: critic(40.0 + 5 * i + seed, 50.0 - i) for i, n in enumerate(names)},
        "lessons": {n: {**lesson, "first_error_exact": estimate(90.0)} for n in names[1:]},
        "truths": {"problems": 5},
        "lines": {"contrastive": ["base", "contrastive-8", "contrastive-round-2"]},
        "keep_rates": {"round-1/contrastive": {"all": {"kept": 9, "of": 20}}},
    }


RESULTS = summary({"tiny": {2: run(2), 0: run(0), 1: run(1)}}, "the command")


def test_the_interval_is_students_over_runs_and_a_missing_number_is_a_dash():
    # sd of 1, 2, 3 is 1; t(0.975, 2 degrees of freedom) is 4.303
    assert half_width([1.0, 2.0, 3.0]) == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
    assert shown([1.0, 2.0, 3.0]) == "2.0 ± 2.5"
    assert shown([4.25]) == "4.2"
    assert shown([1.0, None]) == shown([]) == "–"


def test_claims_are_margins_of_the_same_seed():
    found = {told["claim"]: told["margins"] for told in claims(RESULTS, "tiny")}
    assert found["the critic improves in one round, F1"] == [5.0, 5.0, 5.0]
    assert found["contrastive above direct critic, 8 critiques each, F1"] == [-5.0, -5.0, -5.0]
    assert found["the last round is above the first, CC-Acc"] == [-3.0, -3.0, -3.0]
    assert not [claim for claim in found if "injection" in claim]  # no such critic was trained


def test_ways_are_compared_where_they_learnt_equally_many():
    results = json.loads(json.dumps(RESULTS))
    critics, lessons = results["critics"]["tiny"], results["lessons"]["tiny"]
    for way, learnt in (("contrastive", 16), ("direct", 12)):
        critics[f"{way}-16"] = critics[f"{way}-8"]
        lessons[f"{way}-16"] = {**lessons[f"{way}-8"], "learnt": [16, learnt, 16]}
    results["lines"]["tiny"]["contrastive"][1] = "contrastive-16"
    assert any("8 critiques each, F1" in told["claim"] for told in claims(results, "tiny"))
    lessons["direct-8"]["learnt"] = [8, 8, 7]
    assert not any("direct" in told["claim"] for told in claims(results, "tiny"))


def test_a_critic_that_a_run_lacks_is_named_and_not_averaged():
    short = run(1)
    del short["critics"]["direct-8"], short["lessons"]["direct-8"]
    text = markdown(summary({"tiny": {0: run(0), 1: short}}, "the command"))
    assert "Not trained in every run, and left out: direct-8." in text
    assert "| direct-8 |" not in text


def test_numbers_survive_json_and_tables_come_from_them_alone():
    again = json.loads(json.dumps(RESULTS))
    assert again["seeds"] == {"tiny": [0, 1, 2]}
    text = markdown(again)
    assert text == markdown(RESULTS)
    assert "| contrastive-8 | 8 ± 0 | 90.0 ± 0.0 | 46.0 ± 2.5 |" in text
    assert "+5.0 ± 0.0 | +5.0, +5.0, +5.0 | yes |" in text
    assert "| -5.0 ± 0.0 | -5.0, -5.0, -5.0 | **no** |" in text
    assert "| SCRIT | 50.0 | 62.1 | 62.9 | 58.3 | 45.0 |" in text  # tables 1 and 2 of the paper
