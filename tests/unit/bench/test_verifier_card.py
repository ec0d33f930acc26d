"""The card against counting by hand; and in every table an unscored verdict changes no accuracy."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.recorded import recorded_verdicts
from veriloop.bench.recorded_votes import recorded_votes
from veriloop.bench.statistics import Bootstrap
from veriloop.bench.verifier_card import verifier_card
from veriloop.records import (
    Cost,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.verify.logistic import fit_logistic

FEW = Bootstrap(resamples=20)


def groups_of(count, each=1):
    made = []
    for i in range(count):
        problem = Problem("sums", f"{i}")
        made.append(
            Group(problem, tuple(Solution(problem.id, ("a", "b"), sample=k) for k in range(each)))
        )
    return made


def said(groups, values, who="v", form=Form.SCORE, errors=None):
    solutions = [s for g in groups for s in g.solutions]
    errors = errors or [None] * len(values)
    return [
        Verdict(
            s.problem, s.id, who, form, Granularity.TRAJECTORY,
            None if isinstance(v, Unscored) else v,
            v if isinstance(v, Unscored) else None,
            first_error=None if isinstance(v, Unscored) else e,
            cost=Cost(1, 0, 10, 2),
        )
        for s, v, e in zip(solutions, values, errors, strict=True)
    ]  # fmt: skip


def test_every_share_is_what_counting_finds():
    groups = groups_of(6)
    gold = said(groups, [1, 1, 1, 0, 0, 0], "gold", Form.BINARY)
    votes = [0.9, 0.4, Unscored.ENGINE, 0.7, 0.5, Unscored.ABSTAINED]
    marks = verifier_card(
        recorded_verdicts(groups, gold, {"v": said(groups, votes)}), bootstrap=FEW
    ).of("v")
    assert marks.accuracy.value == pytest.approx(100 * 1.5 / 4)  # right, wrong, wrong, a half
    assert (marks.accuracy.n, marks.accuracy.unscored) == (4, 2)
    assert marks.accuracy_of_all.value == pytest.approx(100 * 1.5 / 6)
    assert (marks.accuracy_of_all.n, marks.accuracy_of_all.unscored) == (6, 2)
    assert marks.false_rejects.value == 50.0
    assert marks.false_accepts.value == 75.0
    assert marks.balanced.value == pytest.approx((50 + 25) / 2)
    assert marks.abstained.value == pytest.approx(100 / 6)
    assert marks.failed.value == pytest.approx(100 / 6)
    assert marks.reasons == {"engine": 1, "abstained": 1}
    assert marks.auc.value == 0.5  # of 0.9 and 0.4 against 0.7 and 0.5 two of four pairs
    assert marks.calibration.brier.value == pytest.approx((0.01 + 0.36 + 0.49 + 0.25) / 4)
    assert (marks.per_verdict("prompt_tokens"), marks.per_verdict("calls")) == (10, 1)


LOST = st.sampled_from([Unscored.ENGINE, Unscored.UNPARSED, Unscored.ABSTAINED, Unscored.TRUNCATED])


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_lost_verdict_changes_no_measure_but_how_many_were_lost(data):
    """The card of all items with some verdicts lost is, verifier by verifier, that of the items it spoke of."""
    count = data.draw(st.integers(4, 8))
    groups = groups_of(count, each=2)
    size = 2 * count
    truth = [float(i % 2) for i in range(size)]
    errors = [-1 if t else 1 for t in truth]
    gold = said(groups, truth, "gold", Form.BINARY, errors)
    values = data.draw(
        st.lists(st.sampled_from([0.0, 0.3, 0.6, 1.0]), min_size=size, max_size=size)
    )
    named = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=size, max_size=size))
    reasons = data.draw(
        st.lists(st.one_of(st.none(), LOST), min_size=size, max_size=size).filter(
            lambda r: None in r
        )
    )
    lossy = [v if r is None else r for v, r in zip(values, reasons, strict=True)]
    whole = said(groups, lossy, errors=named)
    spoken = {v.solution for v in whole if v.scored}
    kept = [g for g in groups if any(s.id in spoken for s in g.solutions)]
    kept = [Group(g.problem, tuple(s for s in g.solutions if s.id in spoken)) for g in kept]
    full = verifier_card(recorded_verdicts(groups, gold, {"v": whole}), bootstrap=FEW).of("v")
    part = verifier_card(recorded_verdicts(kept, gold, {"v": whole}), bootstrap=FEW).of("v")
    for name in ("accuracy", "balanced", "false_accepts", "false_rejects", "auc", "auc_within"):
        one, two = getattr(full, name), getattr(part, name)
        assert (one is None) == (two is None), name
        if one is not None:
            assert (one.value, one.n) == (pytest.approx(two.value), two.n), name
    assert full.calibration.expected_error.value == pytest.approx(
        part.calibration.expected_error.value
    )
    assert full.calibration.brier.value == pytest.approx(part.calibration.brier.value)
    assert full.first_errors.pooled.acc_error == part.first_errors.pooled.acc_error
    assert full.first_errors.pooled.acc_correct == part.first_errors.pooled.acc_correct
    assert full.accuracy.value >= full.accuracy_of_all.value - 1e-9
    assert sum(full.reasons.values()) == size - len(spoken)


def test_the_card_is_sorted_measured_together_and_written():
    generator = np.random.default_rng(0)
    groups = groups_of(60)
    truth = (generator.random(60) < 0.5).astype(float)
    gold = said(groups, truth.tolist(), "gold", Form.BINARY)
    columns = {
        name: np.where(generator.random(60) < right, truth, 1 - truth).tolist()
        for name, right in (("coin", 0.5), ("good", 0.95), ("fair", 0.75))
    }
    scores = {"rm": (truth + generator.normal(0, 3, 60)).tolist()}
    verdicts = {n: said(groups, c, n, Form.BINARY) for n, c in columns.items()}
    verdicts |= {n: said(groups, c, n) for n, c in scores.items()}
    card = verifier_card(
        recorded_verdicts(groups, gold, verdicts), fit_logistic, rule="logistic", bootstrap=FEW
    )
    assert [m.verifier for m in card.marks] == ["good", "fair", "coin", "rm"]
    assert card.of("rm").accuracy is None
    assert card.of("rm").auc.value > 0.5
    assert card.of("good").calibration is None
    assert card.agreement.verifiers == ("coin", "good", "fair")
    assert [m.verifier for m in card.panel.members] == ["coin", "good", "fair", "rm"]
    values = {m.verifier: m.value.value for m in card.panel.members}
    assert max(values, key=values.__getitem__) == "good"
    told = json.loads(json.dumps(card.to_json(), allow_nan=False))
    assert told["verifiers"][0]["accuracy"]["n"] == 60
    assert told["panel"]["best_single"] == "good"


def test_one_class_has_no_panel_and_says_why():
    groups = groups_of(3)
    gold = said(groups, [1, 1, 1], "gold", Form.BINARY)
    verdicts = {n: said(groups, [1, 0, 1], n) for n in "ab"}
    card = verifier_card(recorded_verdicts(groups, gold, verdicts), fit_logistic, bootstrap=FEW)
    assert card.panel is None
    assert "one class" in card.panel_note
    assert card.of("a").false_accepts is None
    assert card.of("a").false_rejects.value == pytest.approx(100 / 3)


def test_llmbars_judges_as_a_card(shared_data):
    recorded = recorded_votes(shared_data("llmbar") / "evaluator_votes.csv")
    family = [v for v in recorded.verifiers if v.startswith(("GPT-4 ", "Falcon "))]
    card = verifier_card(recorded.only(family), bootstrap=FEW)
    best = card.marks[0]
    assert best.verifier == "GPT-4 Metrics_Reference"
    assert best.accuracy.value == pytest.approx(87.2, abs=0.05)
    assert best.order.consistent.value == pytest.approx(91.6, abs=0.05)
    assert best.order.both_right.value == pytest.approx(83.1, abs=0.05)
    assert best.false_accepts is None
