import json

import pytest

from veriloop.bridges.rows import groups_of, problem_of, prompt_of, solution_of, text_of
from veriloop.errors import InputError
from veriloop.records import Finish, Message, Problem


def test_a_row_carries_a_whole_problem():
    row = {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Echo"}],
        "answer": "42",
        "tests": json.dumps([{"input": "1", "output": "1"}]),
        "meta": {"level": 3},
        "id": 17,
        "task": "echo",
        "language": "de",
        "other": object(),
    }
    assert problem_of(row) == Problem(
        "echo",
        (Message("system", "Be brief."), Message("user", "Echo")),
        "42",
        language="de",
        uid="17",
        tests=({"input": "1", "output": "1"},),
        meta={"level": 3},
    )


@pytest.mark.parametrize(
    ("column", "value", "reference"),
    [
        ("reference", "3/4", "3/4"),
        ("answer", "He has 9.\n#### 18", "18"),
        ("solution", r"So it is \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        ("solution", "7", "7"),
        ("answer", 27.0, "27"),
        ("ground_truth", ["5"], "5"),
        ("answer", "$x$", "x"),
        ("answer", "  ", None),
        ("answer", None, None),
    ],
)
def test_a_reference_is_the_answer_of_a_worked_solution(column, value, reference):
    assert problem_of({"prompt": "q", column: value}).reference == reference


def test_the_caller_names_columns():
    row = {"prompt": "<|im_start|>1+1", "bare": "1+1", "answer": "3", "gold": "2"}
    problem = problem_of(row, {"prompt": "bare", "reference": "gold"})
    assert (problem.prompt, problem.reference) == ("1+1", "2")


@pytest.mark.parametrize(
    ("row", "columns", "said"),
    [
        ({"prompt": "q", "tests": "[1"}, None, "field 'tests': not JSON"),
        ({"prompt": "q", "tests": [1]}, None, "field 'tests': expected a list of objects"),
        ({"prompt": "q", "meta": "[]"}, None, "field 'meta': expected an object"),
        ({"prompt": "q", "answer": {"a": 1}}, None, "field 'answer': expected an answer"),
        ({"prompt": "q"}, {"reference": "gold"}, "is to stand in column 'gold'; there are prompt"),
        ({"prompt": "q"}, {"refrence": "gold"}, "no field 'refrence'"),
    ],
)
def test_a_bad_row_names_its_field(row, columns, said):
    with pytest.raises(InputError) as raised:
        problem_of(row, columns)
    assert said in str(raised.value)


def test_completions_are_texts_or_the_last_assistant_turn():
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert text_of("plain") == "plain"
    assert text_of([{"role": "assistant", "content": "said"}]) == "said"
    assert text_of([{"role": "assistant", "content": parts}]) == "ab"
    turns = [("assistant", "calls"), ("tool", "42"), ("assistant", "It is 42.")]
    assert text_of([{"role": r, "content": c} for r, c in turns]) == "It is 42."
    assert text_of([]) == text_of([{"role": "assistant", "content": None}]) == ""
    assert prompt_of("q") == "q"


def test_a_solution_is_cut_into_steps_and_says_how_it_ended():
    problem = Problem("t", "q")
    solution = solution_of(problem, "a\n\nb\n", finish=Finish.LENGTH, tokens=4)
    assert (solution.steps, solution.finish, solution.tokens) == (("a", "b"), Finish.LENGTH, 4)
    assert solution_of(problem, " \n").steps == ()


def test_a_program_keeps_its_white_space():
    program = "```python\ndef f():\n    a = 1\n\n    return a\n```\n"
    checked = Problem("t", "q", tests=({"input": "", "output": "1"},))
    assert solution_of(checked, program).text == program
    assert solution_of(checked, " \n").steps == ()


def test_rows_that_ask_the_same_become_one_group_wherever_they_stand():
    one, other = Problem("t", "q", "1"), Problem("t", "q", "2")
    order = [one, other, one, one]
    made = groups_of([(p, solution_of(p, "same")) for p in order])
    assert [(g.problem, places) for g, places in made] == [(one, [0, 2, 3]), (other, [1])]
    assert [s.sample for s in made[0][0].solutions] == [0, 1, 2]
    assert len({s.id for s in made[0][0].solutions}) == 3
