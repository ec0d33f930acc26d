"""veriloop judge: programs from files, folders and standard input, a table, rows that are gone on with, exit codes."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.codejudge.reports import from_row
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

RIGHT = '#include <stdio.h>\nint main(){int a,b;scanf("%d%d",&a,&b);printf("%d\\n",a+b);}'


@pytest.fixture
def problem(tmp_path):
    folder = tmp_path / "sum"
    (folder / "tests").mkdir(parents=True)
    (folder / "problem.toml").write_text("time_s = 1\nmemory_mb = 64\n")
    for n in (1, 2, 3):
        (folder / "tests" / f"{n}.in").write_text(f"{n} {n}\n")
        (folder / "tests" / f"{n}.out").write_text(f"{2 * n}\n")
    return folder


@pytest.fixture
def solutions(tmp_path):
    folder = tmp_path / "solutions"
    (folder / "more").mkdir(parents=True)
    (folder / "right.c").write_text(RIGHT)
    (folder / "wrong.c").write_text(RIGHT.replace("a+b", "a*b+a"))
    (folder / "more" / "crash.py").write_text("raise SystemExit(3)")
    (folder / "notes.txt").write_text("no program")
    return folder


def veriloop(*words, stdin=None):
    made = CliRunner().invoke(app, ["judge", *map(str, words)], input=stdin)
    if made.exception is not None and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


def test_a_table_of_at_most_80_columns_says_what_held_and_why_not(problem, solutions):
    made = veriloop(problem, solutions)
    assert made.exit_code == 1
    lines = made.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("sum: 3 tests, 1 s, 64 MiB, tokens")
    assert any(line.startswith("isolation ") for line in lines[1:4])
    rows = [line.split() for line in lines if "solutions/" in line or line.startswith("...")]
    assert [row[1] for row in rows] == ["RE", "AC", "WA"]
    assert rows[2][2] == "2"
    assert "exit code 3" in made.stdout


def test_exit_codes(problem, solutions, tmp_path):
    assert veriloop(problem, solutions / "right.c").exit_code == 0
    assert veriloop(problem, solutions / "wrong.c").exit_code == 1
    (problem / "check.c").write_text("int main(){return 40;}")
    (problem / "problem.toml").write_text('[checker]\nsource = "check.c"\n')
    made = veriloop(problem, solutions / "right.c")
    assert made.exit_code == 3
    assert " JE " in made.stdout
    made = veriloop(problem, solutions / "right.c", "--mode", "none")
    assert made.exit_code == 3
    assert "--trusted" in made.stderr


def test_standard_input_needs_a_language_and_names_work(problem):
    made = veriloop(problem, "-", "--language", "C", "--json", stdin=RIGHT)
    assert (made.exit_code, json.loads(made.stdout)["code"]) == (0, "AC")
    assert veriloop(problem, "-", "-l", "c", "--memory-limit", "0.2", stdin=RIGHT).exit_code == 1


def test_rows_are_reports_and_are_gone_on_with(problem, solutions, tmp_path):
    out = tmp_path / "rows.jsonl"
    assert veriloop(problem, solutions / "right.c", "--all-tests", "-o", out).exit_code == 0
    out.write_bytes(out.read_bytes() + b'{"cut sho')
    made = veriloop(problem, solutions, "--all-tests", "-o", out)
    kept = [line for line in made.stdout.splitlines() if line.endswith("kept")]
    assert len(kept) == 1
    assert "right.c" in kept[0]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["code"] for row in rows] == ["AC", "RE", "WA"]
    assert [from_row(row).code for row in rows] == [Code.AC, Code.RE, Code.WA]
    assert [t.code for t in from_row(rows[2]).tests] == [Code.AC, Code.WA, Code.WA]
    assert from_row(rows[2]).isolation is not None
    before = out.read_bytes()
    veriloop(problem, solutions, "--all-tests", "-o", out)
    assert out.read_bytes() == before
    veriloop(problem, solutions, "--all-tests", "-o", out, "--time-limit", 2)
    assert len(out.read_text().splitlines()) == 6  # other limits, other verdicts
    (problem / "tests" / "3.out").write_text("7\n")
    made = veriloop(problem, solutions / "right.c", "--all-tests", "-o", out)
    assert made.exit_code == 1  # the same file, and another test in it


def test_a_function_is_judged_as_a_program_and_what_was_assumed_is_told(tmp_path):
    rows = tmp_path / ("a_set_with_a_long_name_" * 3 + ".jsonl")
    case = {"input": "[1, 2]", "output": "3", "testtype": "functional"}
    row = {"question_id": "x" * 60, "public_test_cases": [case], "private_test_cases": "[]"}
    rows.write_text(json.dumps(row | {"metadata": '{"func_name": "total"}'}) + "\n")
    good = tmp_path / "good.py"
    good.write_text("class Solution:\n    def total(self, xs):\n        return sum(xs)\n")
    made = veriloop(rows, good)
    assert made.exit_code == 0, made.stdout
    assert all(len(line) <= 80 for line in made.stdout.splitlines())
    assert "livecodebench" in made.stdout
    good.write_text("def total(xs):\n    return len(xs)\n")
    assert veriloop(rows, good).exit_code == 1
    with pytest.raises(InputError, match="python and javascript, not in 'c'"):
        veriloop(rows, good, "-l", "c")
    plain = tmp_path / "plain.jsonl"
    plain.write_text(json.dumps({"input_output": {"inputs": ["1"], "outputs": ["1"]}}) + "\n")
    good.write_text("print(input())")
    assert "plain.jsonl: rows give no time limit: 2 s taken\n" in veriloop(plain, good).stdout
    row = json.loads(veriloop(plain, good, "--json").stdout)
    assert "no time limit: 2 s taken" in " ".join(row["notes"])


def test_json_rows_are_one_a_line(problem, solutions):
    made = veriloop(problem, solutions, "--json", "--policy", "python=2")
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    assert [row["policy"] for row in rows] == ["python=2"] * 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("{problem}", "{tmp}/absent.c"), "no such file"),
        (("{problem}", "{tmp}"), "no source file"),
        (("{problem}", "{solutions}/notes.txt"), "--language"),
        (("{problem}", "-"), "--language"),
        (("{problem}", "{solutions}/right.c", "-l", "cobol"), "no language is called 'cobol'"),
        (("{problem}", "{solutions}/right.c", "--policy", "kind"), "policy"),
        (("{problem}", "{solutions}/right.c", "--mode", "steel"), "mode"),
        (("{problem}", "{solutions}/right.c", "--time-limit", "-1"), "above 0"),
        (("{problem}", "{solutions}/right.c", "--memory-limit", "nan"), "above 0"),
        (("{problem}", "{solutions}/right.c", "-o", "{solutions}/notes.txt"), "no row of veriloop judge"),
        (("{tmp}/nothing", "{solutions}/right.c"), "nothing"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(problem, solutions, tmp_path, words, message):
    (tmp_path / "empty").mkdir()
    (solutions / "notes.txt").write_text("no program\n")
    names = {"problem": problem, "solutions": solutions, "tmp": tmp_path / "empty"}
    with pytest.raises(Exception, match=message) as caught:
        veriloop(*(word.format(**names) for word in words))
    assert type(caught.value).__name__ == "InputError"
    assert "\n" not in str(caught.value)


def test_a_huge_source_is_refused_without_being_read(problem, solutions):
    with open(solutions / "right.c", "ab") as file:
        file.truncate(50 << 20)
    made = veriloop(problem, solutions / "right.c", "--json")
    row = json.loads(made.stdout)
    assert (made.exit_code, row["code"]) == (1, "CE")
    assert "262144" in row["compile_message"]


def test_help_and_no_arguments_show_how():
    assert "SOLUTION" in veriloop("--help").stdout.upper()
    assert "selftest" in veriloop("--help").stdout
    assert "--launcher" in veriloop("selftest", "--help").stdout
    assert "SOLUTION" in veriloop().stdout.upper()


def test_the_command_loads_nothing_heavy():
    code = (
        "import sys; from veriloop.cli import judging, judge; "
        "print([m for m in ('torch', 'numpy', 'pyarrow', 'aiohttp') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
