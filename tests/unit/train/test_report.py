import json

import pytest

from veriloop.records import Dropped
from veriloop.train.config import ProcessConfig
from veriloop.train.report import (
    FirstErrorF1,
    HeldOut,
    TrainReport,
    class_balance,
    first_error_f1,
    first_wrong,
)


def test_first_error_f1_by_hand():
    labels = [(1, 1), (1, 0), (0,), (1, 1, 0)]
    scores = [(0.9, 0.6), (0.7, 0.2), (0.5,), (0.1, 0.9, 0.1)]
    # Right: clean, error at 1, a step at the threshold itself (as ``bench`` has it); wrong: too early.
    got = first_error_f1(scores, labels)
    assert (got.error, got.correct) == (pytest.approx(200 / 3), 100)
    assert got.f1 == pytest.approx(80)
    assert first_error_f1([(0.1,)], [(1,)]).f1 == 0
    assert first_error_f1([], []) == FirstErrorF1(0, 0, 0)


def test_the_first_wrong_step_is_the_first_label_of_0():
    assert [first_wrong(row) for row in [(1, 0.125), (1, 0, 1), (0,), ()]] == [-1, 1, 0, -1]


def test_the_balance_counts_steps_solutions_and_where_errors_stand():
    labels = [(1.0, 1.0), (1.0, 0.0), (0.125, 1.0, 0.0), (0.0,), (1.0, 0.0), (1.0,)]
    got = class_balance(labels, [0, 0, 0, 0, 0, 4])  # of the last, four steps nobody sees
    assert (got.labels, got.positive) == (11, 7 / 11)
    assert (got.right, got.wrong, got.cut) == (1, 4, 1)
    assert got.first_errors == (1, 2, 1)
    assert class_balance([(1.0,)], [0]).first_errors == ()
    # A first error that is seen is one, whatever follows it.
    assert class_balance([(0.0,)], [3]).wrong == 1


def test_a_report_comes_back_from_its_json_and_holds_no_path():
    config = ProcessConfig("/a/long/way/base", "/a/long/way/out", reference="/b/other").filled()
    left = (Dropped("x", "no steps", row=3),)
    report = TrainReport(
        config=config, fingerprint="f", processes=2, examples=1,
        balance=class_balance([(1.0, 0.0)], [0]), cut_steps=2, after_error=1, quarantined=left,
        held_out=HeldOut(4, 1, left), steps=7, losses=(0.5,),
        validation=(FirstErrorF1(1.0, 2.0, 4 / 3),), kept=0, resumed_from=3, separator=9,
        cpu_seconds=1.0,
    )  # fmt: skip
    text = json.dumps(report.to_json())
    assert "/a/" not in text
    assert "/b/" not in text
    assert TrainReport.from_json(json.loads(text), config) == report
