"""A layout is found by its columns, and a row becomes a problem with its answer as written."""

import pytest

from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.problem_layouts import LAYOUTS, detect, own
from veriloop.store.rows import to_row
from veriloop.text.answer_rules import AnswerRule


def problem(row, columns=None, task=None):
    layout = detect(row, columns)
    assert layout is not None
    return layout.problem(row, task=task, made_by="test")


ROWS = {
    "gsm8k": {"question": "1 + 1?", "answer": "1 + 1 = <<1+1=2>>2\n#### 2"},
    "multiple choice": {"question": "Which?", "choices": ["1", "2"], "answer": 1},
    "gaokao": {"question": "1 + 1?", "options": {"A": "1", "B": "2"}, "label": "B", "answer": None},
    "choice or blanks": {"question": "1 + 1?", "choice_answer": "", "answer": "2"},
    "olympiadbench": {
        "question": "1 + 1?",
        "final_answer": ["$2$"],
        "is_multiple_answer": False,
        "unit": "km",
        "error": "1e-1",
    },
    "math": {"problem": "1 + 1?", "solution": "It is \\boxed{3}.", "answer": "2"},
    "math solutions": {"problem": "1 + 1?", "solution": "It is $\\boxed{\\frac{4}{2}}$."},
}


@pytest.mark.parametrize("name", [layout.name for layout in LAYOUTS])
def test_each_layout_is_told_from_the_others(name):
    layout = detect(ROWS[name])
    assert layout is not None
    assert layout.name == name
    expected = {"math solutions": "\\frac{4}{2}", "multiple choice": "B", "gaokao": "B"}.get(
        name, "2"
    )
    assert problem(ROWS[name]).reference == expected


def test_veriloops_own_columns_need_no_layout():
    ours = Problem("abacus", "1?", "1", made_by="abacus")
    assert detect(to_row(ours)) is None
    assert own(to_row(ours), file="a", index=1, task=None) == ours
    with pytest.raises(InputError, match="'abacus', and 'math' was asked for"):
        own(to_row(ours), file="a", index=1, task="math")


@pytest.mark.parametrize(
    "row", [{}, {"q": 1, "a": 2}, {"problem": "p"}, {"solution": "s"}, {"text": "t", "label": 1}]
)
def test_other_columns_are_unknown(row):
    with pytest.raises(InputError, match="unknown layout with the columns"):
        detect(row)


def test_choices_become_lettered_lines():
    row = {"question": "Which is prime?", "choices": ["4", "6", "7"], "answer": 2}
    made = problem(row)
    assert made.prompt == "Which is prime?\n\nA. 4\nB. 6\nC. 7"
    assert (made.task, made.reference) == ("multiple_choice", "C")
    assert problem({**row, "answer": "C"}).reference == "C"


@pytest.mark.parametrize("answer", [3, -1, "D", "", "AB", True, None, 1.0])
def test_an_answer_that_is_no_choice_is_refused(answer):
    row = {"question": "Which is prime?", "choices": ["4", "6", "7"], "answer": answer}
    with pytest.raises(InputError, match="an index below 3 or its letter") as caught:
        problem(row)
    assert caught.value.field == "answer"


def test_what_problems_share_comes_first():
    row = {"context": "Let $x = 1$.", "question": "What is $x + 1$?", "final_answer": ["$2$"]}
    assert problem(row).text == "Let $x = 1$.\n\nWhat is $x + 1$?"
    assert problem({**row, "context": None}).text == "What is $x + 1$?"


def test_named_columns_reach_every_field():
    row = {"q": "Wie viel?", "a": [3.0], "key": 7, "l": "de", "part": "II", "id": "other"}
    names = {"prompt": "q", "reference": "a", "uid": "key", "language": "l", "subset": "part"}
    made = problem(row, names, task="sums")
    assert (made.task, made.reference, made.uid, made.language) == ("sums", "3", "7", "de")
    assert made.subset == "II"
    boxed = problem({"q": "1?", "s": "so \\boxed{1}"}, {"prompt": "q", "solution": "s"})
    assert boxed.reference == "1"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("$10-4 n$", "10-4 n"),
        ("$48$, $384$", "$48$, $384$"),
        ("$", "$"),
        ("$$", "$$"),
        (27.0, "27"),
        (0.5, "0.5"),
        (12, "12"),
        (["$2$"], "2"),
        (" x ", "x"),
    ],
)
def test_answers_are_taken_as_written(answer, reference):
    assert problem({"problem": "What?", "answer": answer}).reference == reference


@pytest.mark.parametrize("answer", [None, "", " ", [], ["1", "2"], True, {"a": 1}, float("nan")])
def test_what_is_no_answer_is_refused(answer):
    with pytest.raises(InputError, match="expected an answer") as caught:
        problem({"problem": "What?", "answer": answer})
    assert caught.value.field == "answer"


def test_a_solution_without_an_answer_is_refused():
    with pytest.raises(InputError, match="boxed") as caught:
        problem({"problem": "What?", "solution": "Nobody knows why"})
    assert caught.value.field == "solution"


def test_columns_that_say_how_answers_are_judged():
    rules = {name: AnswerRule.of(problem(row)) for name, row in ROWS.items()}
    assert rules == {
        "gsm8k": None,
        "multiple choice": AnswerRule(choices="AB", options=("1", "2")),
        "gaokao": AnswerRule(choices="AB", options=("1", "2")),
        "choice or blanks": AnswerRule(several="fixed", units=True, percent=True),
        "olympiadbench": AnswerRule(units=True, unit="km", absolute=0.1),
        "math": None,
        "math solutions": None,
    }
    cloze = {"question": "1?", "options": None, "label": None, "answer": "$5$;$10$"}
    assert AnswerRule.of(problem(cloze)) == AnswerRule(several="fixed", units=True)
    chosen = {"question": "1 + 1? A.1 B.2 C.3 D.4", "choice_answer": "B", "answer": "2"}
    assert problem(chosen).reference == "B"
    assert AnswerRule.of(problem(chosen)) == AnswerRule(
        choices="ABCD", options=("1", "2", "3", "4")
    )
    unmarked = {"question": "1 + 1? A.1 B.2 C 3 D.4", "choice_answer": "C", "answer": "3"}
    assert AnswerRule.of(problem(unmarked)) == AnswerRule(choices="ABCD")


@pytest.mark.parametrize(("field", "value"), [("error", "small"), ("unit", 3)])
def test_a_rule_that_cannot_be_read_names_its_column(field, value):
    with pytest.raises(InputError) as raised:
        problem({**ROWS["olympiadbench"], field: value})
    assert raised.value.field == field
