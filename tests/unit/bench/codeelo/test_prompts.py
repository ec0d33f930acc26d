"""Prompts: the form of the official client, every section in its place, no stop string."""

import pytest

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.prompts import LANGUAGES, SAMPLES, SAMPLING, asked, statement

PROBLEM = CodeEloProblem(
    "1971A", "Sums {of} two", "Div. 4", 800, time_limit_ms=1500, memory_limit_mb=256,
    description="Add $x < y$.", input="Two numbers.", output="One {number}.", examples="<table></table>", note="\n",
)  # fmt: skip


def test_the_statement_has_a_title_and_its_sections_in_order():
    html = statement(PROBLEM)
    assert html.startswith("<html><body>\n<h1>Sums {of} two</h1>\n")
    assert html.endswith("</body></html>")
    heads = [part.split("</h2>")[0] for part in html.split("<h2>")[1:]]
    assert heads == ["Time limit", "Memory limit", "Description", "Input", "Output", "Examples"]
    assert "<div>1.5 seconds</div>" in html
    assert "<div>Add $x < y$.</div>" in html


def test_missing_limits_are_not_shown_as_zero():
    assert "limit" not in statement(CodeEloProblem("1A", "T", description="d"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_record_for_each_language(language):
    record = asked(PROBLEM, language)
    assert (record.task, record.uid, record.subset) == ("codeelo", "1971A", "Div. 4")
    assert f"```{language}\n" in record.text
    assert record.text.endswith(statement(PROBLEM))
    assert len({asked(PROBLEM, one).id for one in LANGUAGES}) == 2


def test_sampling_is_the_papers_without_its_stop_strings():
    assert (SAMPLES, SAMPLING.temperature, SAMPLING.top_p, SAMPLING.top_k) == (8, 0.7, 0.8, 20)
    assert SAMPLING.stop == ()
