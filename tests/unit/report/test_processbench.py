"""The page of a ProcessBench run is whole, fetches nothing, and shows rows of every kind of verifier."""

import re

from veriloop.bench.critic import read_critiques
from veriloop.bench.paired import compare
from veriloop.bench.processbench import score_processbench
from veriloop.bench.statistics import Bootstrap
from veriloop.protocols import Completion
from veriloop.records import Finish, Form, Granularity, Problem, Solution, Verdict
from veriloop.report.processbench import SWEEP, processbench_page
from veriloop.report.render import render
from veriloop.store.processbench import SUBSETS, ProcessBenchRow

QUICK = Bootstrap(resamples=50)


def make_rows(count=60):
    rows = []
    for subset in SUBSETS:
        for i in range(count):
            problem = Problem(
                "processbench", f"<b>{subset}</b> {i}", subset=subset, uid=f"{subset}-{i}"
            )
            solution = Solution(problem.id, ("a < b", "c", "d"))
            rows.append(ProcessBenchRow(subset, problem, solution, i % 4 - 1, i % 3 > 0, "someone"))
    return rows


def say(row, name, scores, **extra):
    return Verdict(
        row.problem.id,
        row.solution.id,
        name,
        Form.SCORE,
        Granularity.STEP,
        0.5,
        step_scores=scores,
        **extra,
    )


def test_a_reward_models_page(html, framed):
    rows = make_rows()
    verdicts = [say(r, "prm", tuple((i + k) % 7 / 7 for k in range(3))) for i, r in enumerate(rows)]
    other = [say(r, "other", (0.9, 0.4, 0.2)) for r in rows]
    result = score_processbench(rows, verdicts, threshold="gsm8k", bootstrap=QUICK)
    second = score_processbench(rows, other, bootstrap=QUICK)
    page = processbench_page(
        rows, result, "prm", comparison=compare(result, second, bootstrap=QUICK)
    )
    root = html(render(page))
    titles = [h.text for h in root.all("h2")]
    assert titles[0] == "ProcessBench: prm"
    assert "prm minus other, on the same rows" in titles
    assert "Not comparable with published numbers: 240 of 3,400" in page.headline
    sweep = next(s for s in page.sections if getattr(s, "title", "") == "F1 against the threshold")
    assert [len(line.points) for line in sweep.lines] == [SWEEP] * 4 + [2]
    at = {p.x: p.cell.value for p in sweep.lines[0].points}
    assert max(at.values()) <= result.bounds["gsm8k"].f1 + 1e-9
    for svg in re.findall(r"<svg.*?</svg>", render(page), re.DOTALL):
        framed(svg)
    browser = next(s for s in page.sections if getattr(s, "problems", ()))
    assert len(browser.problems) == 160
    kinds = {p.name.split(", ")[1] for p in browser.problems}
    assert kinds == {"found", "missed", "false alarm"}


def test_scores_that_are_no_chances_are_told_as_numbers():
    rows = make_rows(4)
    verdicts = [say(r, "scalar", (3.5, -2.25, 0.1)) for r in rows]
    result = score_processbench(rows, verdicts, threshold="gsm8k", bootstrap=QUICK)
    page = processbench_page(rows, result, "prm")
    browser = next(s for s in page.sections if getattr(s, "problems", ()))
    (shown,) = browser.problems[0].solutions[0].verdicts
    assert (shown.step_scores, shown.step_notes) == ((), ("3.5", "-2.25", "0.1"))
    render(page)


def test_a_critics_page_has_its_unread_critiques_and_no_sweep(html):
    rows = make_rows(8)
    verdicts = []
    for row in rows:
        texts = [rf"\boxed{{{row.label}}}", "nothing"]
        read = read_critiques([Completion(t, Finish.STOP) for t in texts], 3)
        verdicts.append(
            say(
                row,
                "critic",
                (),
                first_error=read.first_error,
                critique=read.critique,
                detail={"critiques": texts, "finish": ["stop", "length"]},
            )
        )
    result = score_processbench(rows, verdicts, bootstrap=QUICK)
    assert result.scores.macro.value == 100.0
    root = html(render(processbench_page(rows, result, "critic")))
    titles = [h.text for h in (*root.all("h2"), *root.all("h3"))]
    assert titles.count("Critiques that name no index") == 2
    assert not any("never counted as wrong" in p.text for p in root.by_class("legend"))
    assert any("count as wrong" in p.text for p in root.by_class("legend"))
    assert "F1 against the threshold" not in titles
