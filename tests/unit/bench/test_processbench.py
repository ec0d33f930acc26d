"""ProcessBench end to end on twelve real rows and on the whole set: protocols, resuming, scoring again, leaks."""

import asyncio
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from veriloop.bench.processbench import Critic, run_processbench, score_processbench
from veriloop.bench.statistics import Bootstrap
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError, VerifierError
from veriloop.records import (
    Form,
    Granularity,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.store.processbench import SUBSETS, ProcessBenchRow, read_processbench

SAMPLE = Path(__file__).parents[2] / "data" / "processbench_sample.json"


@pytest.fixture
def rows(tmp_path):
    """Twelve rows, three of each subset: a right one, a wrong one, a right answer by a wrong step."""
    raw = json.loads(SAMPLE.read_text(encoding="utf-8"))
    for subset in SUBSETS:
        mine = [row for row in raw if row["id"].startswith(f"{subset}-")]
        assert len(mine) == 3
        (tmp_path / f"{subset}.json").write_text(json.dumps(mine), encoding="utf-8")
    return read_processbench(tmp_path)


@dataclass
class Scorer:
    """Step scores from a table keyed by steps; what it was shown is kept."""

    table: dict = field(repr=False)
    name: str = "prm"
    seen: list = field(default_factory=list, repr=False)

    def score_steps(self, items):
        self.seen += items
        return [self.table[steps] for _, steps in items]


def oracle(rows, good=0.9, bad=0.1):
    """Scores that fall at the labelled step."""
    return {
        row.solution.steps: tuple(
            bad if row.label != -1 and i >= row.label else good
            for i in range(len(row.solution.steps))
        )
        for row in rows
    }


def run(rows, verifier, **options):
    return asyncio.run(run_processbench(rows, verifier, bootstrap=Bootstrap(50), **options))


def test_a_perfect_scorer_has_100_and_sees_problems_and_steps_alone(rows):
    scorer = Scorer(oracle(rows))
    result = run(rows, scorer)
    assert result.scores.macro.value == 100.0
    assert result.scores.macro.n == 12
    assert [s.n for s in result.scores.subsets] == [3] * 4
    assert [s.acc_error.n for s in result.scores.subsets] == [2] * 4
    assert result.extracted.pooled.n == 4
    assert result.extracted_macro.value == 100.0
    assert scorer.seen == [(row.problem.text, row.solution.steps) for row in rows]


def test_a_scorer_that_declares_what_it_is_stamps_its_verdicts(rows):
    who = Traits(Source.MODEL, (Form.SCORE,), (Granularity.STEP,), trained=True)
    scorer = Scorer(oracle(rows))
    assert {v.source for v in run(rows, scorer).verdicts} == {None}  # nothing says who speaks
    scorer.traits = who
    found = {(v.source, v.trained, v.made_by) for v in run(rows, scorer).verdicts}
    assert found == {(Source.MODEL, True, repr(scorer))}


def test_at_the_fixed_threshold_half_is_wrong_and_saved_scores_are_scored_again(rows):
    table = oracle(rows, good=0.5000001, bad=0.5)
    result = run(rows, Scorer(table))
    assert result.scores.macro.value == 100.0
    again = score_processbench(rows, result.verdicts, threshold=0.49)
    assert again.scores.macro.value == 0.0
    assert again.protocol == "step scores above 0.49"
    assert [c.predicted for c in again.cases] == [-1] * 12


def test_a_threshold_chosen_on_gsm8k_is_frozen_for_the_others(rows):
    gsm8k = [row for row in rows if row.subset == "gsm8k"]
    others = [row for row in rows if row.subset != "gsm8k"]
    table = oracle(gsm8k, good=0.9, bad=0.3) | oracle(others, good=0.5, bad=0.2)
    result = run(rows, Scorer(table), threshold="gsm8k")
    assert result.threshold == pytest.approx(0.6)
    assert result.scores.subset("gsm8k").f1.value == 100.0
    assert result.scores.subset("math").acc_correct.value == 0.0
    assert {name: bound.f1 for name, bound in result.bounds.items()} == dict.fromkeys(
        SUBSETS, 100.0
    )
    assert result.bounds["math"].value == pytest.approx(0.35)
    assert "chosen on gsm8k and frozen" in result.protocol


def test_a_threshold_that_cannot_be_chosen_says_what_is_missing(rows):
    math_rows = [row for row in rows if row.subset == "math"]
    with pytest.raises(InputError, match="subsets here: math"):
        run(math_rows, Scorer(oracle(rows)), threshold="gsm8k")
    with pytest.raises(InputError, match="a score for every"):
        run(rows, Critic(Scripted({}, default=r"\boxed{0}")), threshold="gsm8k")


def test_rows_a_scorer_cannot_score_are_wrong_counted_and_named(rows):
    table: dict = oracle(rows)
    right = [row for row in rows if row.label == -1]
    table[right[0].solution.steps] = Unscored.SEPARATOR
    table[right[1].solution.steps] = (0.9,)
    table[right[2].solution.steps] = (math.nan,) * len(right[2].solution.steps)
    result = run(rows, Scorer(table))
    assert result.unscored == {"separator": 1, "truncated": 1, "engine": 1}
    assert result.scores.pooled.unscored == 3
    assert result.scores.pooled.acc_correct.value == 25.0
    assert result.scores.pooled.acc_error.value == 100.0
    assert [v.value for v in result.verdicts if v.unscored] == [None] * 3


def test_a_scorer_that_loses_rows_is_refused(rows):
    class Short(Scorer):
        def score_steps(self, items):
            return super().score_steps(items)[1:]

    with pytest.raises(InputError, match="scored 11 of 12"):
        run(rows, Short(oracle(rows)))


def test_a_critic_is_read_by_its_box_and_its_failures_are_shown(rows):
    labels = {row.solution.steps[-1]: row.label for row in rows}

    def answer(request):
        text = request.prompt[-1].content
        label = next(label for step, label in labels.items() if step in text)
        return "cannot say" if label == -1 else rf"\boxed{{{label}}}"

    result = run(rows, Critic(Scripted(answer)))
    assert result.scores.pooled.acc_error.value == 100.0
    assert result.scores.pooled.acc_correct.value == 0.0
    assert result.scores.macro.value == 0.0
    assert result.unparsed == 4
    assert result.threshold is None
    assert (result.bounds, result.minimum_at_last) == ({}, None)
    assert result.cost.calls == 12


def test_known_verdicts_are_not_asked_for_again_and_new_ones_are_saved(rows):
    saved = []
    first = run(rows[:5], Scorer(oracle(rows)))
    scorer = Scorer(oracle(rows))
    whole = run(rows, scorer, known=first.verdicts, save=saved.extend)
    assert len(scorer.seen) == len(saved) == 7
    assert whole == run(rows, Scorer(oracle(rows)))
    other = Scorer(oracle(rows), name="another")
    run(rows, other, known=first.verdicts)
    assert len(other.seen) == 12


def test_rows_without_a_verdict_are_counted_as_such(rows):
    result = run(rows, Scorer(oracle(rows)))
    partial = score_processbench(rows, result.verdicts[:10])
    assert partial.unscored == {"no verdict": 2}
    assert partial.scores.pooled.unscored == 2
    with pytest.raises(InputError, match="verdicts of 0 verifiers"):
        score_processbench(rows, [])


def test_the_result_is_json_with_every_prediction(rows):
    result = run(rows, Scorer(oracle(rows)), threshold="gsm8k")
    shown = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert shown["scores"]["macro"]["value"] == 100.0
    assert shown["source"] == "https://arxiv.org/abs/2412.06559"
    assert len(shown["predictions"]) == 12
    assert {p["id"] for p in shown["predictions"]} == {row.problem.uid for row in rows}
    assert all(p["label"] == p["predicted"] for p in shown["predictions"])


def many_rows(count):
    """Rows that differ, every second one wrong at its first step."""
    rows = []
    for i in range(count):
        problem = Problem("processbench", f"problem {i}", subset="math", uid=f"math-{i}")
        solution = Solution(problem.id, (f"step of {i}", "another"))
        rows.append(ProcessBenchRow("math", problem, solution, -(i % 2), True, "someone"))
    return rows


def test_what_was_judged_before_a_failure_is_saved_and_not_judged_again():
    rows = many_rows(700)
    engine = Scripted({}, default=r"\boxed{0}")

    class Breaks:
        """Works on the first 600 groups."""

        name = "critic"
        judged = 0

        async def verify(self, group):
            self.judged += 1
            if self.judged > 600:
                raise VerifierError("out of order")
            return await Critic(engine).verify(group)

    saved = []
    with pytest.raises(VerifierError, match="out of order"):
        run(rows, Breaks(), save=saved.append)
    assert [len(piece) for piece in saved] == [256, 256]
    assert [v.solution for piece in saved for v in piece] == [r.solution.id for r in rows[:512]]
    before = engine.calls
    known = [v for piece in saved for v in piece]
    result = run(rows, Critic(engine), known=known)
    assert engine.calls - before == 188
    assert result.scores.pooled.n == 700
    assert result.scores.pooled.acc_error.value == 100.0
    assert result.scores.pooled.acc_correct.value == 0.0


def test_scores_that_end_early_have_no_threshold_and_no_minimum(rows):
    """A judge stops at the first wrong step: the rows it scored whole are no fair sample of its scores."""
    verdicts = [
        Verdict(
            row.problem.id,
            row.solution.id,
            "judge",
            Form.BINARY,
            Granularity.STEP,
            float(row.label == -1),
            step_scores=(1.0,) * len(row.solution.steps)
            if row.label == -1
            else (1.0,) * row.label + (0.0,),
            first_error=row.label,
        )
        for row in rows
    ]
    result = score_processbench(rows, verdicts)
    assert result.scores.macro.value == 100.0
    assert (result.bounds, result.minimum_at_last) == ({}, None)
    with pytest.raises(InputError, match="a score for every"):
        score_processbench(rows, verdicts, threshold="gsm8k")


def test_the_whole_set_with_a_scorer_of_lengths(shared_data):
    """All 3,400 real rows: every subset, counts of the paper, and the frozen threshold is the best on GSM8K."""
    rows = read_processbench(shared_data("processbench"))
    table = {
        row.solution.steps: tuple(1 / (1 + len(step) / 200) for step in row.solution.steps)
        for row in rows
    }
    result = run(rows, Scorer(table), threshold="gsm8k")
    assert [s.n for s in result.scores.subsets] == [400, 1000, 1000, 1000]
    assert [s.acc_error.n for s in result.scores.subsets] == [207, 594, 661, 759]
    assert result.scores.subset("gsm8k").f1.value == pytest.approx(result.bounds["gsm8k"].f1)
    for name in ("math", "olympiadbench", "omnimath"):
        assert result.scores.subset(name).f1.value <= result.bounds[name].f1 + 1e-9
    assert [s.n for s in result.extracted.subsets] == [7, 94, 161, 259]
    assert result.minimum_at_last.n == 3400
