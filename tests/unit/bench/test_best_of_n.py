"""The Best-of-N table on real responses with real reward-model scores, and its rules on small groups."""

import json

import pytest

from veriloop.bench.best_of_n import Answers, best_of_n
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict


def verdict(solution, verifier, value, steps=()):
    granularity = Granularity.STEP if steps else Granularity.TRAJECTORY
    if isinstance(value, Unscored):
        return Verdict(
            solution.problem, solution.id, verifier, Form.SCORE, granularity, unscored=value
        )
    return Verdict(
        solution.problem, solution.id, verifier, Form.SCORE, granularity, value, step_scores=steps
    )


def group(name, answers, right=None, steps=("a step",)):
    """A group with one solution for each answer; "1" is right unless ``right`` says otherwise."""
    problem = Problem("test", name, "1")
    solutions = tuple(
        Solution(problem.id, tuple(steps), answer=a, sample=i) for i, a in enumerate(answers)
    )
    right = [a == "1" for a in answers] if right is None else right
    truth = tuple(
        verdict(s, "answer", r if isinstance(r, Unscored) else float(r))
        for s, r in zip(solutions, right, strict=True)
    )
    return Group(problem, solutions, truth)


def scored(groups, name, table):
    """Verdicts with these step scores, or an unscored reason, for each solution of each group."""
    return [
        verdict(
            s,
            name,
            cell if isinstance(cell, Unscored) else min(cell),
            () if isinstance(cell, Unscored) else cell,
        )
        for g, row in zip(groups, table, strict=True)
        for s, cell in zip(g.solutions, row, strict=True)
    ]


def test_real_responses_give_the_golden_numbers(shared_data):
    """mean 91.0, pass@8 96, maj@8 93, rm@8 94: the official code's own example, Qwen2.5-Math's evaluation."""
    path = shared_data("best_of_n/math_cot_100.jsonl")
    groups, scores = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        one = group(row["question"], row["pred"], row["score"])
        groups.append(one)
        scores += [
            verdict(s, "rm", x[0]) for s, x in zip(one.solutions, row["pred_score"], strict=True)
        ]
    table = best_of_n(groups, {"rm": scores})
    rows = {(r.rule, r.verifier): r for r in table.rows}
    found = [
        rows[key].accuracy.value
        for key in [("mean", ""), ("pass", ""), ("maj", ""), ("value", "rm")]
    ]
    assert found == pytest.approx([91.0, 96.0, 93.0, 94.0])
    assert ("vote_value", "rm") not in rows  # these scores are partly negative
    assert [n for n, _ in rows["maj", ""].curve] == [1, 2, 4, 8]
    assert all(r.curve[0][1].value == pytest.approx(91.0) for r in table.rows)
    passes = [e.value for _, e in rows["pass", ""].curve]
    assert passes == sorted(passes)
    gain = rows["value", "rm"].over_maj
    assert gain.estimate.value == pytest.approx(1.0)
    assert gain.estimate.low < 0 < gain.estimate.high
    assert gain.p > 0.05


def test_every_rule_picks_by_its_own_score():
    """Best by product, by minimum, by last step and by mean are four solutions; each alone is right once."""
    answers = ("1", "2", "3", "4")
    steps = ((0.9, 0.9, 0.5), (0.7, 0.7, 0.7), (0.1, 0.1, 0.95), (1.0, 1.0, 0.35))
    for rule, winner in (("product", 0), ("min", 1), ("last", 2), ("mean", 3)):
        one = group(f"{rule}", answers, [i == winner for i in range(4)], steps=("a", "b", "c"))
        table = best_of_n([one], {"prm": scored([one], "prm", [steps])}, n=4)
        picked = {r.rule: r.accuracy.value for r in table.rows if r.verifier == "prm"}
        chosen = [r for r in ("product", "min", "last", "mean") if picked[r] == 100.0]
        assert chosen == [rule]


def test_weighted_votes_can_overrule_the_best_single_solution():
    one = group("p", ("1", "1", "2"))
    steps = (((0.5,), (0.4,), (0.8,)),)
    table = best_of_n([one], {"prm": scored([one], "prm", steps)}, n=3)
    assert table.row("min", "prm").accuracy.value == 0.0
    assert table.row("vote_min", "prm").accuracy.value == 100.0
    assert table.row("vote_product", "prm").accuracy.value == 100.0


def test_answers_are_grouped_by_their_normal_form_and_unparsed_ones_together():
    one = group("p", ("$1$", "2", "1"), [True, False, True])
    assert best_of_n([one], {}, n=3).row("maj").accuracy.value == 100.0
    kept = Answers(normalise=lambda text: text + "!")
    apart = group("q", ("2", "$1$", "1"), [False, True, True])
    assert best_of_n([apart], {}, n=3, answers=kept).row("maj").accuracy.value == 0.0
    lost = group("r", ("1", None, None), [True, False, False])
    assert best_of_n([lost], {}, n=3).row("maj").accuracy.value == 0.0


def test_an_unscored_or_empty_solution_is_never_chosen_and_is_counted():
    groups = [group("p", ("2", "1")), group("q", ("1", "2")), group("r", ("1", "1"))]
    table = [
        [Unscored.SEPARATOR, (0.1,)],
        [(0.2,), (0.1,)],
        [Unscored.ENGINE, Unscored.ENGINE],
    ]
    row = best_of_n(groups, {"prm": scored(groups, "prm", table)}, n=2).row("product", "prm")
    assert (row.accuracy.value, row.accuracy.n, row.accuracy.unscored) == (100.0, 2, 1)
    assert row.unscored_solutions == 3
    assert (row.over_maj.estimate.n, row.over_maj.estimate.unscored) == (2, 1)
    empty = group("p", ("1", "2"), steps=())
    row = best_of_n([empty], {"prm": scored([empty], "prm", [[(0.9,), (0.1,)]])}, n=2).row(
        "product", "prm"
    )
    assert (row.accuracy, row.over_maj, row.unscored_solutions) == (None, None, 2)


def test_problems_that_cannot_be_judged_are_left_out_and_counted():
    groups = [
        group("p", ("1", "2")),
        group("q", ("1",)),
        group("r", ("1", "2"), [True, Unscored.CHECKER]),
    ]
    table = best_of_n(groups, {}, n=2)
    assert (table.problems, table.left_out) == (1, 2)
    with pytest.raises(InputError, match="none of 1 groups has 2 solutions judged by 'answer'"):
        best_of_n(groups[1:2], {}, n=2)


def test_only_the_first_n_solutions_count():
    one = group("p", ("2", "2", "1", "1", "1"))
    assert best_of_n([one], {}, n=2).row("pass").accuracy.value == 0.0
    assert best_of_n([one], {}, n=5).row("maj").accuracy.value == 100.0


def test_greedy_is_compared_with_the_vote_problem_by_problem():
    groups = [group(str(i), ("2", "2", "1")) for i in range(20)]
    greedy = [
        Group(g.problem, s.solutions, s.verdicts)
        for g in groups[:18]
        for s in [group(g.problem.text, ("1",))]
    ]
    row = best_of_n(groups, {}, n=3, greedy=greedy).row("greedy")
    assert (row.accuracy.value, row.accuracy.n, row.accuracy.unscored) == (100.0, 18, 2)
    assert row.over_maj.estimate.value == 100.0
    assert row.over_maj.p == 2 / 2**18


def test_the_area_within_problems_stands_beside_each_score():
    groups = [group(str(i), ("1", "2", "1", "2")) for i in range(10)]
    good = [[(0.9,), (0.1,), (0.8,), (0.2,)]] * 10
    flat = [[(0.5,)] * 4] * 10
    table = best_of_n(
        groups, {"good": scored(groups, "good", good), "flat": scored(groups, "flat", flat)}, n=4
    )
    assert table.row("min", "good").auc.mean.value == 1.0
    assert table.row("min", "flat").auc.mean.value == 0.5
    assert table.row("vote_min", "good").auc is None


def test_the_table_is_json_and_the_same_for_the_same_seed():
    groups = [group(str(i), ("1", "2", "3" if i % 3 else "1")) for i in range(30)]
    tables = [best_of_n(groups, {}, n=3, bootstrap=Bootstrap(20, seed=s)) for s in (4, 4, 5)]
    shown = [json.dumps(t.to_json()) for t in tables]
    assert shown[0] == shown[1] != shown[2]
    assert json.loads(shown[0])["rows"][0]["accuracy"]["n"] == 30
    with pytest.raises(KeyError, match="there are: mean, maj, pass"):
        tables[0].row("product", "prm")


def test_a_ranking_picks_the_smallest_place_and_has_no_vote():
    """Places of a tournament of four: the winner, the other finalist, the two losers of the first round."""
    one = group("p", ("2", "1", "3", "4"))
    places = [2.0, 0.0, 2.0, 1.0]
    said = [
        Verdict(s.problem, s.id, "pairwise", Form.RANKING, Granularity.TRAJECTORY, place)
        for s, place in zip(one.solutions, places, strict=True)
    ]
    table = best_of_n([one], {"pairwise": said}, n=4)
    assert [r.rule for r in table.rows if r.verifier] == ["rank"]
    assert table.row("rank", "pairwise").accuracy.value == 100.0
    assert table.row("rank", "pairwise").auc.mean.value == 1.0
    first_two_tie = best_of_n([one], {"pairwise": [said[0], said[2]]}, n=4)
    assert first_two_tie.row("rank", "pairwise").accuracy.value == 0.0
    assert first_two_tie.row("rank", "pairwise").unscored_solutions == 2


def test_64_solutions_with_their_curve():
    """A scorer that is right is pass@n at every n; with 64 samples the curve has 7 points."""
    answers = [["1" if (i + j) % 16 == 0 else str(j) for j in range(64)] for i in range(12)]
    groups = [group(str(i), row) for i, row in enumerate(answers)]
    perfect = [[(0.9 if a == "1" else 0.1,) for a in row] for row in answers]
    table = best_of_n(groups, {"prm": scored(groups, "prm", perfect)}, n=64)
    luck = table.row("pass")
    assert [n for n, _ in luck.curve] == [1, 2, 4, 8, 16, 32, 64]
    for rule in ("product", "min", "last", "mean"):
        found = [e.value for _, e in table.row(rule, "prm").curve]
        assert found == pytest.approx([e.value for _, e in luck.curve])
    assert luck.curve[-1][1].value == 100.0
    assert luck.curve[0][1].value == pytest.approx(100 * sum(r.count("1") for r in answers) / 768)
