"""SCAN's rows: soft labels that end at the first 0."""

import json

import pytest

from veriloop.errors import InputError
from veriloop.records import Form
from veriloop.store.formats.scan import Scan

ROW = {"question": "1 + 1?", "steps": ["a", "b", "c"], "scores": [1, 0.6666666666666666, 0]}


def test_scores_are_labels():
    (item,) = Scan().read(ROW, "base")
    assert item.verdict.step_scores == (1.0, 0.6666666666666666, 0.0)
    assert (item.verdict.first_error, item.verdict.value) == (2, 0.0)
    assert (item.verdict.verifier, item.verdict.form) == ("scan", Form.SCORE)
    assert (item.problem.subset, item.problem.task) == ("base", "scan")


def test_the_published_rows_end_at_their_first_zero(shared_data):
    """Counted by hand from the raw file: 45 rows have no 0, 55 have one, at their last step."""
    found = []
    for file in sorted(shared_data("scan_prm").glob("*.jsonl")):
        for line in file.read_text().splitlines():
            (item,) = Scan().read(json.loads(line))
            last = len(item.solution.steps) - 1
            assert item.verdict.first_error in (-1, last)
            found.append(item.verdict.first_error == -1)
    assert (len(found), sum(found)) == (200, 90)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scores": [1, 0]}, "scores"),
        ({"scores": [1, 2, 0]}, "scores[1]"),
        ({"scores": [1, -1, 0]}, "scores[1]"),
        ({"steps": []}, "steps"),
        ({"question": ""}, "question"),
    ],
)
def test_a_bad_row_is_named(change, field):
    with pytest.raises(InputError) as caught:
        Scan().read({**ROW, **change})
    assert caught.value.field == field
