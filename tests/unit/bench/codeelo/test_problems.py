"""Problems by themselves: ids, buckets, scoring families, examples, and what the judge gets."""

import pytest

from veriloop.bench.codeelo.problems import CodeEloProblem, example_pairs
from veriloop.codejudge.problem import Test

TABLE = """<table class='vjudge_sample'>
<thead>
  <tr>
    <th>Input</th>
    <th>Output</th>
  </tr>
</thead>
<tbody>
  <tr>
    <td><pre>{}</pre></td>
    <td><pre>{}</pre></td>
  </tr>
</tbody>
</table>"""


def test_examples_are_the_cells_of_every_table_with_entities_resolved():
    html = TABLE.format("3\n1 &lt; 2 &amp; 3\n", "YES\n") + TABLE.format("", "a<br>b")
    assert example_pairs(html) == [("3\n1 < 2 & 3\n", "YES\n"), ("", "a\nb")]
    problem = CodeEloProblem("1A", examples=html)
    assert problem.samples()[0] == Test("sample-1", b"3\n1 < 2 & 3\n", b"YES\n", sample=True)
    assert example_pairs("") == []


def test_examples_of_an_interactive_problem_are_no_tests():
    problem = CodeEloProblem("1A", examples=TABLE.format("1", "? 1"), interaction="Ask with ?")
    assert problem.interactive
    assert problem.samples() == ()
    assert problem.judged(by_samples=True) is None
    assert CodeEloProblem("1A", interaction="Ask.", tests=(Test("1", b"1"),)).judged() is None


@pytest.mark.parametrize(
    ("name", "contest", "index"),
    [
        ("1971A", 1971, "A"),
        ("2029E2", 2029, "E2"),
        ("1000/A", 1000, "A"),
        ("digjump", None, "digjump"),
    ],
)
def test_contest_and_index(name, contest, index):
    problem = CodeEloProblem(name)
    assert (problem.contest, problem.index) == (contest, index)


@pytest.mark.parametrize(
    ("rating", "bucket"),
    [(800, "easy"), (999, "easy"), (1000, "medium"), (1299, "medium"), (1300, "hard"), (3500, "hard"), (None, "")],
)  # fmt: skip
def test_buckets_of_the_paper(rating, bucket):
    assert CodeEloProblem("1A", rating=rating).facts.bucket == bucket


def test_the_family_is_told_or_follows_points_and_division():
    def family(**fields):
        return CodeEloProblem("1A", **fields).family

    assert [family(div=d) for d in ("Div. 1", "Div. 1 + 2", "Div. 3", "Div. 4")] == [
        "cf",
        "cf",
        "icpc",
        "icpc",
    ]
    assert family(div="Div. 2") is None  # an Educational round carries this label too
    assert family(div="Div. 2", points=500.0) == "cf"
    assert family(div="Div. 2", scoring="icpc") == "icpc"


def test_the_comparison_is_told_or_guessed_from_words():
    hidden = (Test("1", b"1", b"2"),)

    def judged(**fields):
        found = CodeEloProblem("1A", tests=hidden, **fields).judged()
        return (found.compare, found.guessed) if found else None

    assert judged() == ("tokens", False)
    assert judged(output='Print "YES" in any case.') == ("tokens-anycase", True)
    assert judged(output="If there are multiple answers, print any\nof them.") == ("tokens", True)
    assert judged(output="Print any of them.", compare="exact") == ("exact", False)


def test_what_the_judge_gets():
    hidden = (Test("1", b"1", b"2"),)
    problem = CodeEloProblem("1A", "T", time_limit_ms=1500, memory_limit_mb=512, tests=hidden)
    judged = problem.judged()
    assert judged is not None
    assert (judged.time_s, judged.memory, judged.tests, judged.guessed) == (
        1.5,
        512 << 20,
        hidden,
        False,
    )
    told = CodeEloProblem("1A", tests=hidden, compare="yesno").judged()
    assert told is not None
    assert (told.compare, told.guessed, told.time_s, told.memory) == (
        "yesno",
        False,
        2.0,
        256 << 20,
    )


def test_without_hidden_tests_the_examples_only_where_asked_for():
    problem = CodeEloProblem("1A", examples=TABLE.format("1", "2"))
    assert problem.judged() is None
    judged = problem.judged(by_samples=True)
    assert judged is not None
    assert [t.sample for t in judged.tests] == [True]
