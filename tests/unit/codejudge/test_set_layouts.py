"""What the columns of each public set mean, on rows in the sets' own shapes."""

import base64
import json
import pickle
import zlib
from dataclasses import replace

import pytest

from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.codejudge.set_layouts import LAYOUTS, code_contests_solutions, from_record, layout_of
from veriloop.codejudge.set_rows import Row
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.sandbox.limits import MIB
from veriloop.store.rows import to_row


def read(**values):
    row = Row(values, "set.jsonl", 3, lambda line: None)
    return layout_of(row).read(row)


APPS = {
    "problem_id": 41,
    "question": "Print the sum.",
    "input_output": json.dumps({"inputs": ["1 2\n", ["3", "4"]], "outputs": ["3\n", "7"]}),
}


def test_apps():
    tests = (Test("test-1", b"1 2\n", b"3\n"), Test("test-2", b"3\n4", b"7"))
    assert read(**APPS) == JudgedProblem("41", tests, title="41")


def test_taco_says_its_limits_in_words():
    problem = read(**APPS, name="Sum", time_limit="1.5 seconds", memory_limit="64.0 megabytes")
    assert (problem.time_s, problem.memory, problem.title) == (1.5, 64 * MIB, "Sum")


def test_calls_of_apps_are_function_problems_and_guesses():
    """Results are wrapped in a list of one in most rows, and nothing says where."""
    cases = {"fn_name": "add", "inputs": [[1, 2]], "outputs": [[3]]}
    problem = read(problem_id="f", input_output=json.dumps(cases))
    assert problem.guessed
    assert problem.interactor is not None
    assert problem.tests[0].answer == b"3"


CODE_CONTESTS = {
    "name": "1000_A. Sum",
    "description": "Print any of them.",
    "public_tests": {"input": ["1\n"], "output": ["2\n"]},
    "private_tests": {"input": [], "output": []},
    "generated_tests": [{"input": "3\n", "output": "4\n"}],
    "time_limit": {"seconds": 1, "nanos": 500_000_000},
    "memory_limit_bytes": 64_000_000,
    "input_file": "",
}


def test_code_contests():
    tests = (Test("public-1", b"1\n", b"2\n", sample=True), Test("generated-1", b"3\n", b"4\n"))
    expected = JudgedProblem("1000_A", tests, 1.5, 64_000_000, guessed=True, title="1000_A. Sum")
    assert read(**CODE_CONTESTS) == expected
    unlimited = read(**CODE_CONTESTS | {"time_limit": None, "memory_limit_bytes": 0})
    assert (unlimited.time_s, unlimited.memory) == (2.0, 256 * MIB)


def test_code_contests_numbers_its_languages():
    """0 unknown, 1 Python 2, 2 C++, 3 Python 3, 4 Java, as in the set's protocol buffer."""
    solutions = {"language": [0, 1, 2, 3, 4], "solution": list("abcde")}
    wrong = {"language": [3], "solution": ["f"]}
    row = Row({"solutions": solutions, "incorrect_solutions": wrong})
    assert list(code_contests_solutions(row)) == [
        (Submission(b"c", "cpp17", "solutions-3"), True),
        (Submission(b"d", "python", "solutions-4"), True),
        (Submission(b"e", "java", "solutions-5"), True),
        (Submission(b"f", "python", "incorrect_solutions-1"), False),
    ]
    with pytest.raises(InputError, match="field 'solutions': 1 languages and 2 solutions"):
        list(code_contests_solutions(Row({"solutions": {"language": [3], "solution": ["a", "b"]}})))


def stdin(given, output):
    return {"input": given, "output": output, "testtype": "stdin"}


def lcb(public, private):
    return {
        "question_id": "abc_a",
        "question_title": "Sum",
        "question_content": "Print it.",
        "public_test_cases": json.dumps(public),
        "private_test_cases": private,
    }


@pytest.mark.parametrize("packed", [False, True])
def test_livecodebench(packed):
    private = json.dumps([stdin("3\n", "4\n")])
    if packed:
        private = base64.b64encode(zlib.compress(pickle.dumps(private))).decode()
    tests = (Test("test-1", b"1\n", b"2\n", sample=True), Test("test-2", b"3\n", b"4\n"))
    expected = JudgedProblem("abc_a", tests, title="Sum")
    assert read(**lcb([stdin("1\n", "2\n")], private)) == expected


def test_livecodebench_calls():
    case = {"input": '[1, 2]\n"x"', "output": "[3]", "testtype": "functional"}
    problem = read(**lcb([case], "[]"), metadata='{"func_name": "third"}')
    assert problem.entry_point == "third"
    assert json.loads(problem.tests[0].input)["arguments"] == [[1, 2], "x"]
    assert problem.tests[0].answer == b"[3]"
    assert not problem.guessed
    with pytest.raises(InputError, match="field 'test_cases': test 1: not a call in JSON"):
        read(**lcb([case | {"input": "[1"}], "[]"))


def test_a_hostile_pickle_is_one_line():
    private = base64.b64encode(zlib.compress(pickle.dumps(print))).decode()
    with pytest.raises(InputError, match=r"row 3, field 'private_test_cases': .* pickle") as caught:
        read(**lcb([], private))
    assert "\n" not in str(caught.value)


def sandbox(*tests, labels='{"name": "1_B. Two"}'):
    shaped = [{"input": {"stdin": i}, "output": {"stdout": o}} for i, o in tests]
    return {"id": 4, "content": "Print it.", "labels": labels, "test": json.dumps(shaped)}


def test_sandbox_fusion():
    problem = read(**sandbox(("1", "2\n")))
    assert problem == JudgedProblem("1_B", (Test("test-1", b"1", b"2\n"),), title="1_B. Two")
    assert read(**sandbox(("1", "2"), labels="{}")).name == "4"
    assert read(id="x", content="", test=[{"input": {"stdin": "1"}, "output": {"stdout": "2"}}])


def test_codeforces_records():
    record = {
        "problem_id": "1971A", "title": "My First Sorting Problem", "time_limit_ms": 1500, "memory_limit_mb": 64,
        "description": "x", "output": "You can print each letter in any case (upper or lower).",
    }  # fmt: skip
    problem = read(**record, tests=[{"input": "1", "output": "YES"}])
    assert (problem.name, problem.time_s, problem.memory) == ("1971A", 1.5, 64 * MIB)
    assert (problem.compare, problem.guessed) == ("tokens-anycase", True)
    with pytest.raises(
        InputError, match=r"field 'tests': .* the official records come without any"
    ):
        read(**record)
    with pytest.raises(InputError, match="field 'time_limit_ms': expected a number, got '1s'"):
        read(**record | {"time_limit_ms": "1s"}, tests=[{"input": "1", "output": "YES"}])
    assert read(**record | {"time_limit_ms": 0}, tests=[{"input": "", "output": ""}]).time_s == 2.0


def test_own_records():
    tests = (
        {"input": "1", "output": "2"},
        {"input": "3", "output": "4", "name": "b", "points": 2, "sample": True},
    )
    record = Problem("sum", "Print it.", tests=tests, uid="s1")
    expected = JudgedProblem(
        "s1", (Test("test-1", b"1", b"2"), Test("b", b"3", b"4", 2.0, sample=True)), title="s1"
    )
    assert from_record(record) == expected
    assert read(**to_row(record)) == expected
    assert from_record(replace(record, uid=None)).name == record.id
    with pytest.raises(InputError, match=r"field 'tests': test 1: unknown field 'answer'"):
        from_record(Problem("sum", "x", tests=({"input": "1", "answer": "2"},)))
    with pytest.raises(InputError, match=r"field 'tests.points': expected a number from 0"):
        from_record(Problem("sum", "x", tests=({"input": "1", "output": "2", "points": -1},)))


HUMAN_EVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def one():\n",
    "entry_point": "one",
    "test": "def check(candidate):\n    assert candidate() == 1\n",
}


def test_human_eval():
    problem = read(**HUMAN_EVAL)
    assert (problem.name, len(problem.tests)) == ("HumanEval/0", 1)
    assert problem.interactor is not None
    with pytest.raises(
        InputError, match=r"set.jsonl, row 3, field 'test': there is no function check"
    ):
        read(**HUMAN_EVAL | {"test": "pass"})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (APPS | {"input_output": "{"}, "field 'input_output': not JSON"),
        (APPS | {"input_output": "[]"}, "field 'input_output': expected an object"),
        (APPS | {"input_output": ""}, "field 'tests': the row has no tests"),
        (APPS | {"input_output": {"inputs": ["1"], "outputs": []}}, "1 inputs and 0 outputs"),
        (APPS | {"input_output": {"inputs": "1", "outputs": []}}, "expected a list, got '1'"),
        (APPS | {"input_output": {"inputs": [1], "outputs": ["1"]}}, r"'input_output\[0\]': expected a text, got 1"),
        (APPS | {"input_output": {"fn_name": "f"}}, "the row has no tests"),
        (APPS | {"input_output": {"fn_name": "f", "inputs": ["1"], "outputs": [1]}}, "the arguments of a call are a"),
        (CODE_CONTESTS | {"input_file": "in.txt"}, "field 'input_file': the program is to use the file 'in.txt'"),
        (CODE_CONTESTS | {"public_tests": {"input": ["1"], "output": []}}, "field 'public_tests': 1 inputs and 0"),
        (CODE_CONTESTS | {"public_tests": 3}, "field 'public_tests': expected a list of objects"),
        (CODE_CONTESTS | {"generated_tests": [{"input": "1"}]}, r"'generated_tests\[0\]': the test has no output"),
        (CODE_CONTESTS | {"time_limit": {"seconds": -1}}, "field 'time_limit': expected up to"),
        (CODE_CONTESTS | {"public_tests": {"input": ["\ud800"], "output": [""]}}, "lone surrogate"),
        (lcb([], "?"), "field 'private_test_cases': neither JSON nor base64"),
        (lcb([], ""), "field 'tests': the row has no tests|field 'private_test_cases'"),
        (lcb([{"input": "1"}], "[]"), "the test has no output"),
        (lcb([3], "[]"), "expected a list of objects, got one with 3"),
        (sandbox(), "field 'tests': the row has no tests"),
        (sandbox(("1", 2)), r"field 'test\[0\].output': expected a text, got 2"),
        (sandbox(labels="3"), "field 'labels': expected an object"),
        ({"content": "", "test": [{"input": {"stdin": "", "files": {}}}]}, r"'test\[0\].input': expected \{stdin\}"),
        ({"question": "1 + 1?", "answer": "2"}, "no known set has the columns question, answer; known are code_con"),
    ],
)  # fmt: skip
def test_a_bad_row_is_one_line_with_file_row_and_field(row, why):
    with pytest.raises(InputError, match=f"set.jsonl, row 3.*{why}") as caught:
        read(**row)
    assert "\n" not in str(caught.value)


def test_layouts_are_told_apart_by_their_columns():
    shapes = [CODE_CONTESTS, lcb([], "[]"), APPS, HUMAN_EVAL, sandbox()]
    names = [layout_of(Row(shape)).name for shape in shapes]
    assert names == [one.name for one in LAYOUTS[: len(shapes)]]
