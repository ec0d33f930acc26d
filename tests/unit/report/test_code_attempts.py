"""Tables and the page of a model's attempts at code problems: every number where it belongs, doubts told."""

import json
import re

from veriloop.bench.codeelo.attempts import Attempts
from veriloop.bench.codeelo.lacks import lacks
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.summary import summarise
from veriloop.bench.rating.passes import ProblemFacts
from veriloop.bench.rating.scores import KNOWN
from veriloop.codejudge.problem import Test
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict
from veriloop.report.cells import Cell
from veriloop.report.code_attempts import (
    VERDICTS,
    attempts_table,
    browser,
    code_page,
    doubts,
    lacks_table,
    passes_table,
    rates_table,
    shares_table,
    verdicts_table,
)
from veriloop.report.page import Link
from veriloop.report.render import render

ATTEMPTS = [
    Attempts("1A", ("WA", "AC"), ({"guessed": True, "isolation": "none/none"}, {})),
    Attempts("1B", ("JE", "NC"), ({}, {})),
]
FACTS = {"1A": ProblemFacts("1A", 800, ("math",))}
SUMMARY = summarise(ATTEMPTS, FACTS)


def values(table, column=0):
    cells = {row.label: row.cells[column] for row in table.rows}
    return {name: cell.value if isinstance(cell, Cell) else cell for name, cell in cells.items()}


def test_every_verdict_has_a_meaning():
    assert set(VERDICTS) == KNOWN


def test_shares_passed_in_both_meanings():
    table = passes_table("CodeElo", SUMMARY)
    assert [c.name for c in table.columns] == ["pass@1", "pass@2"]
    assert values(table, 1) == {"first k": 100.0, "unbiased": 100.0}
    assert values(table, 0) == {"first k": 0.0, "unbiased": 25.0}


def test_attempts_verdicts_and_rates():
    shares = values(shares_table(SUMMARY))
    assert shares["attempts accepted"] == 100 / 3
    assert values(verdicts_table(SUMMARY), 1) == {"AC": 1.0, "JE": 1.0, "NC": 1.0, "WA": 1.0}
    rates = rates_table(SUMMARY)
    assert rates is not None
    assert values(rates) == {"easy": 50.0, "math": 50.0}
    assert rates_table(summarise(ATTEMPTS)) is None
    assert values(attempts_table(ATTEMPTS, FACTS), 2) == {"1A": "WA AC", "1B": "JE NC"}
    unrated = attempts_table(ATTEMPTS, {})
    assert [column.name for column in unrated.columns] == ["accepted", "verdicts in order"]
    assert values(unrated, 1) == {"1A": "WA AC", "1B": "JE NC"}


def test_doubts_are_told():
    said = doubts(SUMMARY)
    assert "Attempts lost: 1, to judge errors: 1; --retry-lost does them again." in said
    assert "guessed from the statement's words: 1;" in said
    assert "weak isolation (none/none)" in said
    assert doubts(summarise([Attempts("1A", ("AC",), ({"isolation": "namespaces/native"},))])) == ""


def test_what_problems_lack():
    fields = {"rating": 800, "tags": ("dp",), "time_limit_ms": 1, "memory_limit_mb": 1}
    whole = CodeEloProblem("1C", **fields, tests=(Test("1", b"", b""),))
    assert lacks_table(lacks([whole]), {}) is None
    found = lacks([CodeEloProblem("1A"), whole])
    table = lacks_table(found, {"1A": found.by_problem["1A"]})
    assert table is not None
    assert "1 of 2 problems were left out" in table.caption
    assert values(table, 1)["no hidden tests"] == "1A"


def test_the_page_shows_answers_as_text_and_what_the_judge_said():
    problem = Problem("codeelo", "Add.", uid="1A", subset="Div. 4")
    solutions = tuple(
        Solution(problem.id, (text,), sample=j) for j, text in enumerate(["<b>x</b>", "y"])
    )
    said = tuple(
        Verdict(
            problem.id, s.id, "codeelo", Form.BINARY, Granularity.TRAJECTORY, value, lost,
            detail={"verdict": code, "message": "token 1 differs", "test": "3"},
        )
        for s, value, lost, code in zip(solutions, (0.0, None), (None, Unscored.CHECKER), ("WA", "JE"), strict=True)
    )  # fmt: skip
    shown = browser([Group(problem, solutions, said)], "codeelo")
    first, second = shown.problems[0].solutions
    assert (first.answer, first.right, second.answer, second.right) == ("WA", False, "JE", None)
    assert first.verdicts[0].critique == "wrong answer\ntest: 3\nmessage: token 1 differs"
    page = code_page(
        "CodeElo: m",
        [passes_table("T", SUMMARY), None, shown],
        summary=SUMMARY,
        link=Link("p", "https://x.org"),
    )
    html = render(page)
    assert "<b>x</b>" not in html
    assert "pass@1 0.0" in html
    data = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert data
    assert "token 1 differs" in json.dumps(json.loads(data[1]))
