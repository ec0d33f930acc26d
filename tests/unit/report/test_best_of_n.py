"""The page of a Best-of-N run: its numbers are those of the result, and ties, losses and published rows are named."""

from veriloop.bench.best_of_n_sets import best_of_n_sets
from veriloop.bench.statistics import Bootstrap
from veriloop.records import Form, Granularity, Group, Problem, Solution, Verdict
from veriloop.report.best_of_n import (
    TIES,
    best_of_n_page,
    board_table,
    curves,
    means_table,
    notes,
    published_table,
)
from veriloop.report.render import render
from veriloop.report.terminal import terminal_table

N = 8


def verdict(solution, verifier, value, steps=(), form=Form.SCORE, **detail):
    granularity = Granularity.STEP if steps else Granularity.TRAJECTORY
    return Verdict(
        solution.problem, solution.id, verifier, form, granularity, value, step_scores=steps, detail=detail
    )  # fmt: skip


def groups(task, count=12):
    made = []
    for p in range(count):
        problem = Problem(task, f"{task} {p}", "1")
        right = [(p + i) % 3 == 0 for i in range(N)]
        solutions = tuple(
            Solution(problem.id, ("a step",), answer="1" if r else str(i), sample=i)
            for i, r in enumerate(right)
        )
        truth = tuple(verdict(s, "answer", float(r)) for s, r in zip(solutions, right, strict=True))
        made.append(Group(problem, solutions, truth))
    return made


def measured(*tasks):
    every = [g for task in tasks for g in groups(task)]
    prm = [verdict(s, "prm", 0.5, (0.9 - 0.1 * s.sample,)) for g in every for s in g.solutions]
    ranked = [
        verdict(s, "pairwise", float(s.sample), form=Form.RANKING, comparisons=7, tied=1, unread=2)
        for g in every
        for s in g.solutions
    ]
    return best_of_n_sets(every, {"prm": prm, "pairwise": ranked}, n=N, bootstrap=Bootstrap(50))


def test_the_table_shows_what_was_measured_within_80_columns():
    result = measured("gsm8k")
    (board,) = result.boards.values()
    table = board_table("", board)
    by_label = {(row.group, row.label): row.cells[0] for row in table.rows}
    assert by_label["", "pass"].value == board.row("pass").accuracy.value == 100.0
    assert by_label["prm", "product"].value == board.row("product", "prm").accuracy.value
    assert by_label["pairwise", "rank"].n == 12
    shown = terminal_table(table)
    assert max(map(len, shown.splitlines())) <= 80
    assert "Best of 8" in shown


def test_several_sets_stand_side_by_side_with_their_mean():
    result = measured("gsm8k", "minerva_math", "mine")
    table = means_table(result)
    assert [c.name for c in table.columns] == ["GSM8K", "Minerva Math", "mine", "mean"]
    for row in table.rows:
        values = [c.value for c in row.cells]
        assert abs(values[-1] - sum(values[:-1]) / 3) < 1e-9
    assert max(map(len, terminal_table(table).splitlines())) <= 80


def test_what_is_published_is_named_so():
    table = published_table(measured("gsm8k", "minerva_math"))
    assert table is not None
    assert table.title == "Published, best of 8"
    assert "not measured here" in table.caption
    row = next(r for r in table.rows if r.label.startswith("Qwen2.5-Math-PRM-72B"))
    assert [c.value for c in row.cells] == [97.6, 46.0, 69.3]
    assert "arXiv 2501.07301" in row.tooltip
    assert published_table(measured("mine")) is None


def test_curves_reach_from_one_solution_to_all():
    (board,) = measured("gsm8k").boards.values()
    plot = curves("gsm8k", board)
    assert plot.xs == (1, 2, 4, 8)
    labels = [line.label for line in plot.lines]
    assert labels == ["pass@n", "maj@n", "pairwise, rank", "prm, product", "prm, vote"] or labels == [
        "pass@n", "maj@n", "prm, product", "prm, vote", "pairwise, rank",
    ]  # fmt: skip
    first = {line.points[0].cell.value for line in plot.lines}
    assert max(first) - min(first) < 1e-9


def test_notes_say_ties_comparisons_and_what_is_missing():
    told = notes(measured("gsm8k", "mmlu_stem"))
    assert told[0] == TIES
    assert "of 168 comparisons 24 were ties and 48 could not be read" in told[1]
    assert "the paper's seven also have MATH, Minerva Math" in told[-1]
    assert len(notes(measured("mine"))) == 2


def test_the_page_opens_and_holds_everything():
    html = render(best_of_n_page(measured("gsm8k", "mmlu_stem")))
    for text in ("Best-of-N", "MMLU STEM", "first of equal scores", "Published, best of 8", "<svg"):
        assert text in html
    assert "the letter, or the option" in html
