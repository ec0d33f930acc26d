"""Figures of a model, by hand: five attempts' worth of every kind."""

import json

import pytest

from veriloop.bench.codeelo.attempts import Attempts
from veriloop.bench.codeelo.summary import summarise
from veriloop.bench.rating.passes import ProblemFacts

GUESSED = {"guessed": True, "isolation": "none/none"}
ATTEMPTS = [
    Attempts("1A", ("WA", "AC", "NC", "JE"), (GUESSED, GUESSED, {"finish": "length"}, {})),
    Attempts(
        "1B", ("CE", "WA", "WA", "WA"), ({}, {"borderline": True}, {"samples_only": True}, {})
    ),
    Attempts("1C", ("LOST",) * 4, ({},) * 4),
]
FACTS = {
    "1A": ProblemFacts("1A", 800, ("dp", "math")),
    "1B": ProblemFacts("1B", 2000, ("dp",)),
}


def test_shares_are_of_what_was_not_lost():
    said = summarise(ATTEMPTS, FACTS)
    assert (said.problems, said.samples, said.lost, said.judge_errors) == (3, 4, 5, 1)
    shares = {name: estimate.value for name, estimate in said.shares.items()}
    assert shares == pytest.approx(
        {
            "accepted": 100 / 7, "no_code": 100 / 7, "not_compiled": 100 / 7, "cut": 100 / 7,
            "guessed": 200 / 7, "samples_only": 100 / 7, "borderline": 100 / 7,
        }
    )  # fmt: skip
    assert {e.unscored for e in said.shares.values()} == {1}
    assert said.verdicts == {"LOST": 4, "WA": 4, "AC": 1, "CE": 1, "JE": 1, "NC": 1}
    assert said.doubtful == 1
    assert said.isolations == {"none/none": 2}


def test_pass_at_k_in_both_meanings():
    said = summarise(ATTEMPTS, FACTS)
    first = {k: e.value for k, e in said.passes.first.items()}
    assert first == {1: 0.0, 2: 50.0, 4: 0.0}  # at 4 only 1B has four attempts that count
    assert said.passes.unbiased[1].value == pytest.approx(100 * (1 / 3) / 2)
    assert said.passes.buckets["easy"].value == pytest.approx(100 / 3)
    assert said.passes.tags["dp"].value == pytest.approx(100 / 7)


def test_everything_lost_has_no_figures():
    said = summarise([ATTEMPTS[2]])
    assert (said.shares, said.passes.first, said.lost) == ({}, {}, 4)
    assert summarise([]).problems == 0


def test_as_json():
    told = json.loads(json.dumps(summarise(ATTEMPTS, FACTS).to_json()))
    assert told["pass_at_first"]["2"]["value"] == 50.0
    assert told["judge_errors"] == 1
