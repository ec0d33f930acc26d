"""ProcessBench as published: every count of the paper's table of sizes (Zheng et al. 2024, table 1)."""

import json
from collections import Counter
from statistics import mean

import pytest

from veriloop.errors import InputError
from veriloop.store.processbench import SUBSETS, read_processbench
from veriloop.store.quarantine import Quarantine

# error, correct, final answer correct, correct answer but flawed
COUNTS = {
    "gsm8k": (207, 193, 200, 7),
    "math": (594, 406, 500, 94),
    "olympiadbench": (661, 339, 500, 161),
    "omnimath": (759, 241, 500, 259),
}
# (error, correct) each: mean steps, percent of at least 5 and of at least 10 steps
STEPS = {
    "gsm8k": ((5.3, 5.1), (61.8, 57.5), (3.4, 1.6)),
    "math": ((6.8, 6.0), (73.6, 70.4), (17.8, 8.9)),
    "olympiadbench": ((8.9, 8.7), (92.6, 92.3), (33.9, 27.1)),
    "omnimath": ((8.6, 7.4), (92.5, 81.7), (29.2, 21.6)),
}
FLAWED_SHARE = {"gsm8k": 3.5, "math": 18.8, "olympiadbench": 32.2, "omnimath": 51.8}


@pytest.mark.parametrize("subset", SUBSETS)
def test_the_papers_counts(shared_data, subset):
    rows = read_processbench(shared_data("processbench") / f"{subset}.json")
    wrong = [row for row in rows if row.label != -1]
    right = [row for row in rows if row.label == -1]
    answered = [row for row in rows if row.final_answer_correct]
    flawed = [row for row in wrong if row.final_answer_correct]
    assert (len(wrong), len(right), len(answered), len(flawed)) == COUNTS[subset]
    assert {row.subset for row in rows} == {row.problem.subset for row in rows} == {subset}
    assert all(row.final_answer_correct for row in right)
    for side, part in enumerate((wrong, right)):
        lengths = [len(row.solution.steps) for row in part]
        means, five, ten = (numbers[side] for numbers in STEPS[subset])
        assert round(mean(lengths), 1) == means
        assert percent(n >= 5 for n in lengths) == five
        assert percent(n >= 10 for n in lengths) == ten
    assert percent(row.label != -1 for row in answered) == FLAWED_SHARE[subset]


def percent(hits):
    hits = list(hits)
    return round(100 * sum(hits) / len(hits), 1)


def test_the_whole(shared_data):
    rows = read_processbench(shared_data("processbench"))
    assert len(rows) == 3400
    assert sum(row.label != -1 for row in rows) == 2221
    assert sum(row.final_answer_correct for row in rows) == 1700
    assert sum(row.final_answer_correct and row.label != -1 for row in rows) == 521
    assert list(dict.fromkeys(row.subset for row in rows)) == list(SUBSETS)
    assert sum(len(row.solution.steps) for row in rows) == 25_697
    generators = {s: {r.generator for r in rows if r.subset == s} for s in SUBSETS}
    assert len(set().union(*generators.values())) == 12
    assert [len(generators[s]) for s in SUBSETS[1:]] == [10, 8, 8]
    assert {row.solution.problem == row.problem.id for row in rows} == {True}
    assert len({row.problem.uid for row in rows}) == 3400


GOOD = {
    "id": "gsm8k-0",
    "generator": "m",
    "problem": "1 + 1?",
    "steps": ["1 + 1 = 3.", "It is 3."],
    "final_answer_correct": False,
    "label": 0,
}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"label": 2}, "label", "expected -1 to 1, got 2"),
        ({"label": "0"}, "label", "expected an integer"),
        ({"label": True}, "label", "expected an integer"),
        ({"steps": []}, "steps", "at least one"),
        ({"steps": ["a", 1]}, "steps", "a list of texts"),
        ({"steps": "a"}, "steps", "a list of texts"),
        ({"final_answer_correct": 0}, "final_answer_correct", "true or false"),
        ({"problem": None}, "problem", "expected text, got None"),
    ],
)
def test_a_malformed_row_is_set_aside_or_named(tmp_path, change, field, message):
    path = tmp_path / "math.json"
    path.write_text(json.dumps([GOOD, {**GOOD, **change}, "text", GOOD]))
    quarantine = Quarantine("math")
    rows = read_processbench(path, quarantine=quarantine)
    assert [row.solution.steps for row in rows] == [tuple(GOOD["steps"])] * 2
    assert [(b.file, b.row, b.field) for b in quarantine.rows] == [
        (str(path), 2, field),
        (str(path), 3, None),
    ]
    with pytest.raises(InputError, match=message) as caught:
        read_processbench(path)
    assert caught.value.row == 2


def test_what_is_not_processbench(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_processbench(tmp_path / "absent")
    with pytest.raises(InputError, match=r"expected at least one of gsm8k\.json"):
        read_processbench(tmp_path)
    (tmp_path / "math.json").write_text("[")
    with pytest.raises(InputError, match="not JSON"):
        read_processbench(tmp_path)
    (tmp_path / "math.json").write_text("{}")
    with pytest.raises(InputError, match="expected a JSON array"):
        read_processbench(tmp_path / "math.json")
    (tmp_path / "math.json").write_text(json.dumps([GOOD]))
    assert Counter(row.subset for row in read_processbench(tmp_path)) == {"math": 1}
