"""Critiques judged by their corrected answers: o1-mini's recorded ones against the recorded scores, and the states."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.bench.critique import (
    judge_critiques,
    labelled_rows,
    locate_critiques,
    recorded_verdict,
    right_answer,
    rule_of_set,
    score_critiques,
)
from veriloop.bench.critique_published import published_critics
from veriloop.bench.error_identification import Gate
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import VerifierError
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.store.labelled import read_labelled
from veriloop.store.quarantine import Quarantine
from veriloop.store.realcritic import StudentRow, read_realcritic, read_recorded
from veriloop.verify.equality import MathEquality

DATA = Path(__file__).parents[2] / "data"
REAL = (
    Path(__file__).resolve().parents[4] / "shared" / "data" / "realcritic" / "o1mini_math_critiques"
)
FEW = Bootstrap(resamples=50)


class Exact:
    """Answers are equal as texts; "?" cannot be compared."""

    async def equal(self, reference, answer):
        if answer == "?":
            raise VerifierError("hung")
        return reference == answer


def say(row, *, value=None, unscored=None, answer=None, **extra):
    return Verdict(
        row.problem.id,
        row.solution.id,
        "critic",
        Form.TEXT,
        Granularity.STEP,
        value,
        unscored,
        detail={"answer": answer, **extra},
        first_error=None if value is None else -1 if value else 0,
    )


def student(right, *, answer=None, name="p"):
    problem = Problem("realcritic", name, "4", subset="math")
    solution = Solution(problem.id, ("so it is 4",), answer=answer)
    return StudentRow("balanced", "math", name, problem, solution, right)


def judged(row, verdict):
    (one,) = asyncio.run(judge_critiques([row], [verdict] if verdict else [], Exact()))
    return one


def test_a_right_correction_counts_whatever_was_stated():
    row = student(False)
    one = judged(row, say(row, value=1.0, answer="4"))
    assert (one.case.before, one.case.after, one.case.stated) == (False, True, True)
    assert one.outcome == "wrong -> right"
    silent = judged(row, say(row, unscored=Unscored.UNPARSED, answer="4", why="no conclusion"))
    assert (silent.case.after, silent.case.stated, silent.lost) == (True, None, "")


@pytest.mark.parametrize("unscored", [Unscored.UNPARSED, Unscored.TRUNCATED])
def test_no_corrected_answer_is_wrong_and_counted(unscored):
    row = student(True)
    one = judged(row, say(row, unscored=unscored))
    assert (one.case.after, one.case.answered, one.lost) == (False, False, "")
    result = score_critiques("critic", [one], bootstrap=FEW)
    assert result.scores is not None
    matrix = result.scores.scenarios["balanced"].matrix
    assert (matrix.right_wrong, matrix.unanswered, matrix.no_verdict) == (1, 1, 1)
    assert sum(result.without_verdict.values()) == 1


@pytest.mark.parametrize(
    ("unscored", "why"), [(Unscored.ENGINE, "engine"), (Unscored.EMPTY, "empty"), (None, "not criticised")]
)  # fmt: skip
def test_a_failure_is_never_wrong(unscored, why):
    row = student(True)
    one = judged(row, say(row, unscored=unscored) if unscored else None)
    assert (one.case.after, one.lost, one.outcome) == (None, why, why)
    result = score_critiques("critic", [one], bootstrap=FEW)
    assert result.scores is not None
    assert result.scores.cc_acc is None
    assert result.lost == {why: 1}
    assert result.to_json()["rows"][0]["lost"] == why


def test_a_comparison_that_fails_loses_the_row():
    row = student(True)
    assert judged(row, say(row, value=1.0, answer="?")).lost == "checker"


def test_ones_own_solution_is_judged_by_its_answer():
    assert judged(student(None, answer="4"), None).case.before is True
    # An answer that is neither boxed nor the gold one may have been misread: it is not called wrong.
    assert judged(student(None, answer="5"), None).case.before is None
    assert judged(student(None), None).case.before is None
    row = student(None)
    boxed = replace(row, solution=Solution(row.problem.id, ("\\boxed{5}",)))
    assert judged(boxed, None).case.before is False
    unread = judged(row, say(row, value=1.0, answer="4"))
    assert unread.outcome == "unread -> right"


def test_letters_and_numbers_of_the_sample_are_compared_by_their_sets_rules():
    rows = read_realcritic(DATA / "realcritic", "balanced", rules=rule_of_set)
    letters, number = rows[-1].problem, rows[0].problem

    async def all_of_them():
        equality = MathEquality()
        try:
            return [
                await right_answer(letters, r"\text{(C)}", equality),
                await right_answer(letters, "B", equality),
                await right_answer(number, f"\\${number.reference}.00", equality),
                await right_answer(number, None, equality),
            ]
        finally:
            await equality.close()

    assert asyncio.run(all_of_them()) == [True, False, True, False]


def score_recorded(*files, quarantine):
    rows = [
        row
        for file in files
        for row in read_recorded(file, rules=rule_of_set, quarantine=quarantine)
    ]

    async def judge():
        equality = MathEquality(timeout=60)
        try:
            verdicts = [recorded_verdict(row, "o1-mini") for row in rows]
            return await judge_critiques(rows, verdicts, equality)
        finally:
            await equality.close()

    return rows, score_critiques("o1-mini", asyncio.run(judge()), bootstrap=FEW)


def test_the_sample_of_recorded_critiques_agrees_with_its_recorded_scores():
    rows, result = score_recorded(
        DATA / "realcritic_o1mini_sample.jsonl", quarantine=Quarantine("q")
    )
    assert (result.recorded, result.differing) == (len(rows), ())
    assert result.scores is not None
    (told,) = result.scores.scenarios.values()
    assert told.matrix.right_right + told.matrix.wrong_right + told.matrix.unread_right == sum(
        bool(r.recorded_score) for r in rows
    )


@pytest.mark.skipif(not REAL.is_dir(), reason="the real critiques of o1-mini are not here")
def test_o1_minis_recorded_critiques():
    """The recorded scores are those of table 1 (balanced MATH, 85.8). Ours differ only where the recorded comparison
    stumbles over spaces in formulas, and every such row is one that we call right.
    """
    aside = Quarantine("q")
    rows, result = score_recorded(REAL / "balanced.jsonl", REAL / "self.jsonl", quarantine=aside)
    assert (len(rows), len(aside)) == (530, 6)
    recorded = [row.recorded_score for row in rows if row.scenario == "balanced"]
    kept = sum(map(bool, recorded)) + sum(
        b.raw["score"] for b in aside.rows if "balanced" in b.file
    )
    printed = published_critics().systems[2].accuracies["balanced"]["math"]
    assert round(100 * kept / 268, 1) == printed == 85.8
    assert result.recorded == 530
    assert len(result.differing) == 13
    assert all(
        j.case.after for j in result.judged if f"{j.row.scenario}/{j.row.uid}" in result.differing
    )
    assert result.lost == {}
    assert result.scores is not None
    half, own = result.scores.scenarios["balanced"], result.scores.scenarios["own"]
    m = half.matrix
    assert (m.right_right, m.right_wrong, m.wrong_right, m.wrong_wrong) == (130, 2, 63, 32)
    m = own.matrix
    assert (m.right_right, m.right_wrong, m.wrong_right, m.wrong_wrong) == (236, 3, 0, 3)
    # Most of its own solutions box nothing; where the answer cannot be read for certain nothing is made of it.
    assert (half.matrix.unread, own.matrix.unread) == (39, 22)
    assert (own.words.solved_alone, own.words.kept, half.words.kept) == (0, 6, 13)


def test_labelled_rows_get_the_gold_answers_that_are_known():
    items, _ = read_labelled(DATA / "processbench_sample.json")
    items = list(items)
    text = " ".join(items[0].problem.text.split())
    rows = labelled_rows(items, {text: "4"})
    assert len(rows) == len(items)
    assert [r.label for r in rows] == [i.verdict.first_error for i in items]
    assert {r.problem.reference for r in rows} == {"4", None}
    people, _ = read_labelled(DATA / "prm800k_sample.jsonl")
    assert {r.subset for r in labelled_rows(people, {})} == {"prm800k"}


def test_the_gate_needs_a_gold_answer_and_a_right_correction():
    items, _ = read_labelled(DATA / "processbench_sample.json")
    items = [i for i in items if i.verdict.first_error != -1][:3]
    golds = {" ".join(i.problem.text.split()): "4" for i in items[:2]}
    rows = labelled_rows(items, golds)
    verdicts = []
    for row, answer in zip(rows, ("4", None, "4"), strict=True):
        step = 0.0 if row.label else 1.0
        told = say(row, value=step, answer=answer)
        verdicts.append(told)
    located = asyncio.run(locate_critiques(rows, verdicts, Exact()))
    assert [x.corrected for x in located] == [True, False, None]
    result = score_critiques("critic", [], located, bootstrap=FEW)
    assert [(e.tolerance, e.gate) for e in result.identification] == [
        (0, Gate.NONE),
        (1, Gate.NONE),
        (1, Gate.ERROR),
        (1, Gate.BOTH),
    ]
    assert [e.unknown for e in result.identification] == [0, 0, 1, 1]
    assert result.scores is None
