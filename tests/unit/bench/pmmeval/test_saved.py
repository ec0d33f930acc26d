"""Outcomes come back from their file as they went, and a bad line is named."""

import json

import pytest

from veriloop.bench.pmmeval.outcomes import LOST, Answered, Judged, Outcome
from veriloop.bench.pmmeval.saved import FILE, read_outcomes, saved_systems, write_outcomes
from veriloop.errors import InputError

OUTCOMES = (
    Outcome("mgsm", "th", 3, "p1", Judged(1.0, "", "lead-in", "18", (3, 5)), "mgsm-3"),
    Outcome("mgsm", "th", 4, "p2", Judged(None, "no number"), None, cut=True),
    Outcome(
        "flores", "zh", 0, "p3", Judged(0.25, "", "window", "x", None, {"counts": [1, 2]}), "f"
    ),
    Outcome("mmmlu", "en", 1, "p4", Judged(None, LOST), "m", "easy"),
    Outcome("flores", "th", 1, "p5", Judged(0.5, "", "whole", "a\u2028b\x85c\x0cd", (0, 7)), "g"),
)
ANSWERED = [Answered("m", "en", scoring, OUTCOMES) for scoring in ("official", "fixed")]


def test_outcomes_come_back(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    write_outcomes(tmp_path / "a", ANSWERED)
    write_outcomes(tmp_path / "b", [Answered("n", "native", "fixed", OUTCOMES)])
    assert read_outcomes(tmp_path / "a") == ANSWERED
    assert [(a.model, a.setting) for a in read_outcomes(tmp_path)] == [
        ("m", "en"), ("m", "en"), ("n", "native"),
    ]  # fmt: skip


def test_a_file_that_does_not_say_what_was_cut_is_read(tmp_path):
    write_outcomes(tmp_path, ANSWERED)
    rows = [json.loads(line) for line in (tmp_path / FILE).read_text().split("\n")[:-1]]
    assert [row.pop("cut") for row in rows].count(True) == 2
    (tmp_path / FILE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert not any(o.cut for one in read_outcomes(tmp_path) for o in one.outcomes)


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"model": "m", "setting": "x", "scoring": "y"}']
)
def test_a_bad_line_is_named(tmp_path, line):
    write_outcomes(tmp_path, ANSWERED)
    with (tmp_path / FILE).open("a") as out:
        out.write(f"{line}\n")
    with pytest.raises(InputError, match=r"outcomes.jsonl, row 11"):
        read_outcomes(tmp_path)


def test_which_systems_lie_in_a_folder(tmp_path):
    for name, setting in (("a", "en"), ("b", "native")):
        (tmp_path / name).mkdir()
        write_outcomes(tmp_path / name, [Answered(name, setting, "fixed", OUTCOMES)])
    assert saved_systems(tmp_path) == {("a", "en"), ("b", "native")}
    assert saved_systems(tmp_path / "none") == set()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_outcomes(tmp_path / "none")
    with pytest.raises(InputError, match="name the folder of a run"):
        read_outcomes(tmp_path)


def test_an_outcome_that_lacks_a_field_is_told_by_file_row_and_field(tmp_path):
    write_outcomes(tmp_path, [Answered("a", "en", "fixed", OUTCOMES)])
    path = tmp_path / "outcomes.jsonl"
    first, *others = path.read_text(encoding="utf-8").splitlines(keepends=True)
    told = json.loads(first)
    del told["span"]
    path.write_text("".join([*others, json.dumps(told)]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_outcomes(tmp_path)
    assert (refused.value.file, refused.value.row) == (str(path), len(OUTCOMES))
    assert refused.value.field == "span"
