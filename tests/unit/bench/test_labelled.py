"""Own groups as labelled rows: what is known stands beside the solution, and what is unknown is left unknown."""

from veriloop.bench.labelled import Labelled, labelled_groups, row_ids
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict


def say(solution, verifier, *, value=None, first_error=None, unscored=None):
    return Verdict(
        solution.problem,
        solution.id,
        verifier,
        Form.BINARY,
        Granularity.STEP,
        value,
        unscored,
        first_error=first_error,
    )


def test_solutions_with_a_gold_first_error_become_rows_in_order():
    problem = Problem("own", "1 + 1?", reference="2", subset="easy")
    solutions = [Solution(problem.id, ("a", "b"), sample=i) for i in range(4)]
    verdicts = [
        say(solutions[0], "gold", value=0.0, first_error=1),
        say(solutions[0], "answer", value=1.0),
        say(solutions[1], "gold", value=1.0, first_error=-1),
        say(solutions[1], "answer", unscored=Unscored.CHECKER),
        say(solutions[2], "gold", unscored=Unscored.EMPTY),
        say(solutions[3], "gold", value=1.0, first_error=-1),
        say(solutions[3], "answer", value=0.0),
    ]
    rows = labelled_groups([Group(problem, tuple(solutions), tuple(verdicts))])
    assert [(r.label, r.final_answer_correct) for r in rows] == [(1, True), (-1, None), (-1, False)]
    assert [r.solution for r in rows] == [solutions[0], solutions[1], solutions[3]]
    assert {r.subset for r in rows} == {"easy"}
    assert labelled_groups([Group(problem, tuple(solutions), tuple(verdicts))], gold="people") == []


def test_a_row_is_named_by_its_problem_only_where_no_other_is():
    problems = [Problem("own", str(i), uid=uid) for i, uid in enumerate(("a", "b", None))]
    solutions = [Solution(p.id, ("x",), sample=i) for p in problems for i in range(2)]
    of = {p.id: p for p in problems}
    rows = [Labelled("", of[s.problem], s, 0) for s in (*solutions[:2], solutions[2], solutions[4])]
    assert row_ids(rows) == (solutions[0].id, solutions[1].id, "b", solutions[4].id)
