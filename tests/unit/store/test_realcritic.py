"""RealCritic's files: what a row becomes, what a bad one says, and the counts of the whole set."""

import json
from collections import Counter
from pathlib import Path

import pytest

from veriloop.bench.critique import rule_of_set
from veriloop.bench.critique_published import published_critics
from veriloop.errors import InputError
from veriloop.store.quarantine import Quarantine
from veriloop.store.realcritic import SETS, read_realcritic, read_recorded
from veriloop.text.answer_rules import AnswerRule

DATA = Path(__file__).parents[2] / "data"
SAMPLE = DATA / "realcritic"
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "realcritic"


def test_the_sample_in_both_scenarios():
    wrong = read_realcritic(SAMPLE, "incorrect", rules=rule_of_set)
    half = read_realcritic(SAMPLE, "balanced", rules=rule_of_set)
    assert [r.subset for r in wrong] == ["gsm8k"] * 3 + ["mmlu_stem"] * 3
    assert {r.right for r in wrong} == {False}
    assert Counter(r.right for r in half) == {True: 4, False: 2}
    assert {r.problem.id for r in wrong} == {r.problem.id for r in half}
    first = wrong[0]
    assert (first.uid, first.scenario, first.problem.reference) == (
        "gsm8k-244",
        "incorrect",
        "300",
    )
    assert all(r.solution.steps and r.solution.answer is None for r in half)
    rule = AnswerRule.of(wrong[-1].problem)
    assert rule is not None
    assert rule.choices == "ABCD"


def test_recorded_critiques_and_the_scenario_that_their_file_names(tmp_path):
    rows = read_recorded(
        DATA / "realcritic_o1mini_sample.jsonl", quarantine=(aside := Quarantine("q"))
    )
    assert (len(rows), len(aside)) == (8, 1)  # the crashed one had no student solution either
    assert aside.rows[0].field == "student_solution"
    assert {r.scenario for r in rows} == {"realcritic_o1mini_sample"}
    assert all(r.critique and r.recorded_score is not None and r.right is None for r in rows)
    own = tmp_path / "self.jsonl"
    own.write_bytes((DATA / "realcritic_o1mini_sample.jsonl").read_bytes().splitlines()[0])
    assert read_recorded(own)[0].scenario == "own"


def bad(tmp_path, **change):
    (tmp_path / "incorrect").mkdir()
    row = {"idx": 0, "question": "1 + 1?", "gt": "2", "reasoning": "It is 3."} | change
    (tmp_path / "incorrect" / "gsm8k.jsonl").write_text(f"{json.dumps(row)}\n")
    return tmp_path


@pytest.mark.parametrize("field", ["question", "gt", "reasoning"])
@pytest.mark.parametrize("value", [None, " ", 3])
def test_a_bad_row_names_its_file_row_and_field(tmp_path, field, value):
    folder = bad(tmp_path, **{field: value})
    with pytest.raises(InputError, match=rf"gsm8k.jsonl.*row 1.*{field}.*not empty"):
        read_realcritic(folder, "incorrect")
    aside = Quarantine("q")
    assert read_realcritic(folder, "incorrect", quarantine=aside) == []
    assert aside.rows[0].raw["idx"] == 0


def test_a_score_is_true_or_false(tmp_path):
    (tmp_path / "balanced").mkdir()
    row = {"question": "q", "gt": "2", "reasoning": "r", "previous_score": ["yes"]}
    (tmp_path / "balanced" / "math.jsonl").write_text(json.dumps(row))
    with pytest.raises(InputError, match=r"previous_score.*true or false"):
        read_realcritic(tmp_path, "balanced")


def test_lines_that_are_no_rows(tmp_path):
    folder = bad(tmp_path)
    file = folder / "incorrect" / "gsm8k.jsonl"
    file.write_text(file.read_text() + "{\n[1]\n")
    aside = Quarantine("q")
    assert len(read_realcritic(folder, "incorrect", quarantine=aside)) == 1
    assert [b.row for b in aside.rows] == [2, 3]


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no set 'gsm'; there are arc-challenge"):
        read_realcritic(SAMPLE, "balanced", sets=["gsm"])
    with pytest.raises(InputError, match=r"expected math\.jsonl"):
        read_realcritic(SAMPLE, "balanced", sets=["gsm8k", "math"])
    with pytest.raises(InputError, match=r"at least one of arc-challenge\.jsonl"):
        read_realcritic(tmp_path, "incorrect")
    with pytest.raises(InputError, match="not of 'own'"):
        read_realcritic(SAMPLE, "own")
    with pytest.raises(InputError, match="no such file"):
        read_recorded(tmp_path / "self.jsonl")


@pytest.mark.skipif(not REAL.is_dir(), reason="RealCritic is not here")
def test_the_whole_set_has_2093_rows_and_the_same_problems_in_both_scenarios():
    wrong = read_realcritic(REAL, "incorrect", rules=rule_of_set)
    half = read_realcritic(REAL, "balanced", rules=rule_of_set)
    for rows in (wrong, half):
        assert len(rows) == 2093
        assert Counter(r.subset for r in rows) == dict(published_critics().rows_by_set)
    assert tuple(dict.fromkeys(r.subset for r in wrong)) == SETS
    assert {r.problem.text for r in wrong} == {r.problem.text for r in half}
    assert Counter(r.right for r in half) == {True: 1044, False: 1049}
    letters = [r for r in wrong if r.subset in ("arc-challenge", "gpqa", "mmlu_stem")]
    rules = [AnswerRule.of(r.problem) for r in letters]
    assert sum(rule is not None and len(rule.choices) >= 3 for rule in rules) == len(letters)
