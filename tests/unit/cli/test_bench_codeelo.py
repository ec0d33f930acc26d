"""``veriloop bench codeelo``, ``bench humaneval``, ``serve judge``: from files to tables and pages, really judged."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.prompts import asked
from veriloop.bench.codeelo.reading import write_codeelo
from veriloop.bench.rating.verdict_files import read_verdicts
from veriloop.cli import app
from veriloop.cli.measuring_code import named_compilers
from veriloop.codejudge.problem import Test
from veriloop.errors import InputError
from veriloop.records import Problem, Verdict
from veriloop.runs.stages import read_all
from veriloop.store.pieces import Table

RIGHT = "```python\nn = int(input())\n\nprint(n + 1)\n```"
WRONG = "```python\nprint(0)\n```"
TESTS = (Test("1", b"1\n", b"2\n"), Test("2", b"7\n", b"8\n"))
PROBLEMS = [
    CodeEloProblem("9A", "Next", "Div. 3", 800, ("math",), description="Add one.", tests=TESTS),
    CodeEloProblem("9B", "Next again", "Div. 3", 1500, description="Add 1.", tests=TESTS),
    CodeEloProblem("9C", "Talk", "Div. 3", interaction="Talk."),
]


def veriloop(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


@pytest.fixture
def data(tmp_path):
    """A set of three problems, and a model that solves the first at its second attempt."""
    write_codeelo(PROBLEMS, tmp_path / "problems.jsonl")
    table = {
        asked(PROBLEMS[0], "python").text: [WRONG, RIGHT],
        asked(PROBLEMS[1], "python").text: ["I give up.", WRONG],
    }
    (tmp_path / "policy.json").write_text(json.dumps(table), encoding="utf-8")
    return tmp_path


def bench(data, *words, code=0):
    return veriloop(
        "bench", "codeelo", data / "problems.jsonl", "--engine", f"scripted:{data / 'policy.json'}", "--language",
        "python", "--samples", 2, "--compilers", "python=python", "--out", data / "run", "-q", *words, code=code,
    )  # fmt: skip


def contests(folder, rows):
    folder.mkdir()
    lines = [f"{1 - j % 2},{j % 7},{1000 + j}" for j in range(rows)]
    text = "\n".join(["points,penalty,old_rating", *sorted(lines, reverse=True)])
    (folder / "9.csv").write_text(text, encoding="utf-8")
    told = {
        "contest": {"id": 9, "name": "Div. 3"},
        "problems": [{"index": "A"}, {"index": "B"}, {"index": "C"}],
    }
    (folder / "9.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def test_from_a_set_to_verdict_lists_a_rating_and_a_page(data):
    said = bench(data, "--contests", contests(data / "contests", 300))
    assert "CodeElo: scripted, python" in said
    assert "percentile" in said
    told = json.loads((data / "run" / "codeelo.json").read_text("utf-8"))
    assert [a["verdicts"] for a in told["attempts"]] == [["WA", "AC"], ["NC", "WA"]]
    assert told["unjudged"]["9C"][:2] == [
        "no hidden tests",
        "interactive, no interactor",
    ]
    assert told["attempts"][0]["details"][1]["isolation"]
    lists, _ = read_verdicts(data / "run" / "verdicts.jsonl")
    assert [(v.problem, v.verdicts) for v in lists] == [("9A", ("WA", "AC")), ("9B", ("NC", "WA"))]
    ratings = json.loads((data / "run" / "ratings.json").read_text("utf-8"))
    assert ratings["models"][0]["model"] == "scripted"
    page = (data / "run" / "report.html").read_text("utf-8")
    assert "9A" in page
    assert "WA AC" in page
    assert "VERILOOP_JUDGE_KEY" not in page


def test_without_a_model_it_is_told_what_the_problems_lack(data):
    said = veriloop("bench", "codeelo", data / "problems.jsonl", "--out", data / "run")
    assert "interactive, no interactor" in said
    assert "1 of 3 problems were left out" not in said  # nothing was run, so nothing left out
    told = json.loads((data / "run" / "lacks.json").read_text("utf-8"))
    assert told["9C"][:2] == ["no hidden tests", "interactive, no interactor"]
    assert "no rating" in told["9C"]
    assert not (data / "run" / "codeelo.json").exists()


def test_what_was_lost_is_told_with_the_way_to_do_it_again(data):
    table = {asked(PROBLEMS[0], "python").text: [WRONG, RIGHT]}
    (data / "policy.json").write_text(json.dumps(table), encoding="utf-8")
    said = bench(data)
    assert "Attempts lost: 2, to judge errors: 0; --retry-lost does them again." in said


def test_contests_that_cannot_be_read_are_told_and_the_others_are_rated(data):
    folder = contests(data / "contests", 300)
    (folder / "8.csv").write_text("points,penalty,old_rating\n1,0,x\n", encoding="utf-8")
    said = bench(data, "--contests", folder)
    assert "row 1, field 'old_rating'" in said
    assert "percentile" in said


def test_a_name_and_the_lists_that_rate_reads(data):
    bench(data, "--name", "my model")
    lists, _ = read_verdicts(data / "run" / "verdicts.jsonl")
    assert {v.model for v in lists} == {"my model"}
    folder = contests(data / "contests", 300)
    said = veriloop(
        "rate", "models", data / "run" / "verdicts.jsonl", "--contests", folder, "--out", data / "r"
    )
    assert "my model" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--language", "rust"), "--language is cpp or python, not 'rust'"),
        (("--submitter", "elsewhere"), "--submitter is local or a URL"),
        (("--compilers", "python"), "--compilers is such as"),
        (("--compilers", "python=cobol"), "no language is called 'cobol'"),
        (("--policy", "slow"), "no time policy"),
        (("--checkers", "gone"), "no such folder of checkers"),
        (("--contests", "gone"), "no such folder of contests"),
    ],
)
def test_options_that_cannot_be_followed(data, words, says):
    with pytest.raises(InputError) as caught:
        bench(data, *words)
    assert says in str(caught.value)


def test_examples_are_no_hidden_tests_unless_asked(data):
    sample = (
        "<table class='vjudge_sample'><tr><td><pre>1</pre></td><td><pre>2</pre></td></tr></table>"
    )
    bare = CodeEloProblem("9A", "Next", "Div. 3", description="Add one.", examples=sample)
    write_codeelo([bare], data / "problems.jsonl")
    table = {asked(bare, "python").text: [RIGHT, WRONG]}
    (data / "policy.json").write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(InputError, match="1 with no hidden tests"):
        bench(data)
    said = bench(data, "--examples")
    assert "100.0 [100.0, 100.0]" in said  # judged by the examples alone


def test_compilers_stand_over_the_usual_ones():
    assert named_compilers("cpp=c++20") | {"python": ""} == {"cpp": "cpp20", "python": ""}


def test_humaneval_from_a_file_to_a_page(tmp_path):
    row = {
        "task_id": "t/0", "prompt": "def one():\n    \"\"\"One.\"\"\"\n", "entry_point": "one",
        "test": "def check(candidate):\n    assert candidate() == 1\n",
    }  # fmt: skip
    data = tmp_path / "h.jsonl"
    data.write_text(f"{json.dumps(row)}\n{{\n", encoding="utf-8")
    policy = tmp_path / "p.json"
    policy.write_text(
        json.dumps({"*": ["    return 1\n", "```python\ndef one():\n    return 2\n```"]}),
        encoding="utf-8",
    )
    said = veriloop(
        "bench",
        "humaneval",
        data,
        "--engine",
        f"scripted:{policy}",
        "--samples",
        2,
        "--out",
        tmp_path / "run",
        "-q",
    )
    assert "HumanEval: scripted, python" in said
    assert "set aside 1 row" in said
    told = json.loads((tmp_path / "run" / "humaneval.json").read_text("utf-8"))
    assert told["attempts"][0]["verdicts"] == ["AC", "WA"]
    assert "t/0" in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_whole_samples_and_the_code_verifier_as_stages(tmp_path):
    tests = ({"input": "1\n", "output": "2\n"}, {"input": "7\n", "output": "8\n"})
    problem = Problem("code", "Add one to n.", uid="next", tests=tests)
    Table(tmp_path / "p" / "problems", Problem).write_piece(0, [problem])
    indented = "```python\ndef f(n):\n    m = n + 1 if n < 5 else 0\n\n    return m\nprint(f(int(input())))\n```"
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"*": [RIGHT, indented]}), encoding="utf-8")
    engine = ("--engine", f"scripted:{policy}")
    for name, words, expected in (("whole", ["--whole"], [1.0, 0.5]), ("cut", [], [1.0, 0.0])):
        solutions, out = tmp_path / name, tmp_path / f"{name}-verdicts"
        veriloop(
            "sample",
            "--problems",
            tmp_path / "p",
            *engine,
            "--n",
            2,
            "--out",
            solutions,
            *words,
            "-q",
        )
        veriloop(
            "verify",
            "code",
            "--problems",
            tmp_path / "p",
            "--solutions",
            solutions,
            "--fraction",
            "--out",
            out,
            "-q",
        )
        assert [
            v.value for v in read_all(out, Verdict)
        ] == expected  # cut at blank lines it does not compile


def test_a_judge_served_by_one_process_judges_for_another(data):
    """The real server as a process of its own, asked by the real client through the command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = subprocess.Popen(
        [sys.executable, "-m", "veriloop.cli", "serve", "judge", data / "problems.jsonl", "--port", str(port),
         "--compilers", "python=python"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "VERILOOP_KEY": "k"},
    )  # fmt: skip
    try:
        assert served.stderr
        line = served.stderr.readline()
        found = re.search(r"judging 2 problems on (http://127\.0\.0\.1:\d+)", line)
        assert found, line
        _wait_for(f"{found[1]}/health")
        env = {"VERILOOP_JUDGE_KEY": "k"}
        words = (
            "bench", "codeelo", data / "problems.jsonl", "--engine", f"scripted:{data / 'policy.json'}", "--language",
            "python", "--samples", 2, "--limit", 2, "--submitter", found[1], "--out", data / "run", "-q",
        )  # fmt: skip
        result = CliRunner().invoke(app, [str(word) for word in words], env=env)
        assert result.exit_code == 0, (result.output, result.exception)
        told = json.loads((data / "run" / "codeelo.json").read_text("utf-8"))
        assert [a["verdicts"] for a in told["attempts"]] == [["WA", "AC"], ["NC", "WA"]]
        assert told["judge"] == found[1]
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=30)


def _wait_for(url):
    for _ in range(200):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")


def test_the_recipe_gives_every_recorded_program_its_verdict(tmp_path):
    """The functions alone: the whole takes half a minute (``veriloop run codeelo``)."""
    import asyncio

    from veriloop.recipes.codeelo.recipe import Settings, own_sets, run_codeelo
    from veriloop.runs.stages import Run

    sets = [one for one in own_sets() if one.name == "own-functions"]
    outcome = asyncio.run(run_codeelo(Run(tmp_path), sets, Settings()))
    assert outcome.unexpected == []
    assert (outcome.checked, outcome.rated) == (12, None)


def test_the_recipes_programs_and_problems_are_whole():
    from veriloop.bench.codeelo.lacks import lacks
    from veriloop.recipes.codeelo import recorded
    from veriloop.recipes.codeelo.recipe import ProgramSet, own_sets

    sets = own_sets()
    for one in sets:
        if isinstance(one, ProgramSet):
            assert set(one.right) == {p.id for p in one.problems}
            assert not lacks(one.problems, contests={9001}).by_problem
            assert len(recorded.programs(one.problems, one.language, one.right).answers) == 5
    firsts = [recorded.order(recorded.KINDS, place).index("right") for place in range(9)]
    assert firsts == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    wrong = recorded.unexpected(recorded.FUNCTION_KINDS, ["f"], {"f": ["AC", "AC", "RE", "NC"]})
    assert wrong == ["f, wrong: AC, expected WA"]
    assert Path(recorded.HERE / "README.md").is_file()


def test_a_data_folder_that_holds_neither_set_is_bad_input(tmp_path):
    from veriloop.recipes.codeelo.recipe import data_sets

    with pytest.raises(InputError, match="there is neither code_contests"):
        data_sets(tmp_path)
