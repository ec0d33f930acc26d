"""Every rule comes back from its file as it was, and a file that is none says what is wrong with it."""

import json

import pytest

from veriloop.errors import InputError
from veriloop.verify.combine import RULES, Gated, Majority, Weighted
from veriloop.verify.dawid_skene import DawidSkene
from veriloop.verify.log_odds import LogOdds
from veriloop.verify.logistic import Logistic
from veriloop.verify.rule_files import load_rule, rule_json, save_rule

MADE = (
    Majority("panel"),
    Gated("any"),
    Gated(2, ("a", "b")),
    Weighted(("a",), (-0.1,)),
    LogOdds(("a",), (0.1 + 0.2,), (0.4,), 0.3, 0.7, 5),
    Logistic(("a", "é"), (1 / 3, -2.0), (0.0, 0.1), 0.2, 3.0, 10),
    DawidSkene(("a",), (0.9,), (0.2,), 0.4, 2, "say"),
)


@pytest.mark.parametrize("rule", MADE, ids=lambda rule: type(rule).__name__)
def test_round_trip(tmp_path, rule):
    save_rule(rule, tmp_path / "rule.json")
    assert load_rule(tmp_path / "rule.json") == rule
    assert rule_json(rule)["rule"] in RULES


def test_all_kinds_are_tried():
    assert {rule_json(rule)["rule"] for rule in MADE} == set(RULES)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "field 'rule': names no rule"),
        ('{"rule": "best"}', "names no rule of dawid-skene"),
        (
            '{"rule": "weighted", "verifiers": ["a"], "weights": [1], "x": 1}',
            "field 'x': Weighted has no",
        ),
        ('{"rule": "weighted", "verifiers": ["a"]}', "is no Weighted"),
        ('{"rule": "gated", "need": 0}', "number from 1"),
    ],
)
def test_bad_files(tmp_path, text, says):
    path = tmp_path / "rule.json"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        load_rule(path)
    assert str(path) in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        load_rule(tmp_path / "none.json")


def test_what_is_no_rule_is_not_written(tmp_path):
    with pytest.raises(InputError, match="int is no rule"):
        save_rule(3, tmp_path / "rule.json")
    assert json.dumps(rule_json(Majority())) == '{"rule": "majority", "of": "cast"}'
