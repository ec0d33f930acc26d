"""Costs of labels: sums are those of a plain count, and verdicts that are not of rollouts have no exhaustive run."""

from hypothesis import given
from hypothesis import strategies as st

from veriloop.bench.label_costs import LabelCosts, exhaustive_rollouts, rolled_out
from veriloop.records import Cost, Form, Granularity, Unscored, Verdict


def verdict(index, outcomes=("1", "0000"), *, steps=4, k=4, first_error=1, unscored=None, **detail):
    counted = {"k": k, "steps": steps, "outcomes": list(outcomes)} if k else {}
    rollouts = sum(map(len, outcomes)) if k else 0
    return Verdict(
        "p",
        f"s{index}",
        "mc",
        Form.BINARY,
        Granularity.STEP,
        value=None if unscored else 0.0,
        unscored=unscored,
        first_error=None if unscored else first_error,
        cost=Cost(2, rollouts, 10, 3 * rollouts, 0.5),
        detail=counted | detail,
        made_by="MonteCarlo(...)",
    )


def test_rollouts_stand_beside_those_of_an_exhaustive_run():
    costs = LabelCosts.of(
        [
            verdict(0),
            verdict(1, ("1", "", "01"), first_error=-1),
            verdict(2, (), steps=1, first_error=-1),
            verdict(3, ("10",), unscored=Unscored.ENGINE, error="the server is down"),
        ]
    )
    assert (costs.verdicts, costs.scored, costs.no_error) == (4, 3, 2)
    assert costs.unscored == {"engine": 1}
    assert costs.errors == {"engine": "the server is down"}
    assert costs.prefixes == 2 + 2 + 0 + 1
    assert costs.cost.rollouts == 5 + 3 + 0 + 2
    # A solution that was lost saved nothing: its rollouts were made, and an exhaustive run of it was not replaced.
    assert costs.exhaustive == 4 * (3 + 3 + 0)
    assert costs.share == 10 / 24
    assert costs.cost.usd == 2.0
    told = costs.to_json()
    assert (told["rollouts"], told["exhaustive_rollouts"], told["tokens"]) == (10, 24, 30)
    assert told["made_by"] == {"MonteCarlo(...)": 4}


def test_verdicts_without_rollouts_have_no_share():
    judged = verdict(0, k=0)
    assert (exhaustive_rollouts(judged), rolled_out(judged)) == (0, 0)
    assert LabelCosts.of([judged]).share is None
    assert LabelCosts.of([]).to_json()["verdicts"] == 0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["", "1", "01", "0000"])), max_size=8))
def test_sums_of_parts_are_the_sum_of_all(rows):
    verdicts = [
        verdict(i, (outcomes,), unscored=Unscored.CHECKER if lost else None)
        for i, (lost, outcomes) in enumerate(rows)
    ]
    half = len(verdicts) // 2
    parts = LabelCosts.of(verdicts[:half]) + LabelCosts.of(verdicts[half:])
    assert parts == LabelCosts.of(verdicts)
    assert parts.unscored.get("checker", 0) == sum(lost for lost, _ in rows)
