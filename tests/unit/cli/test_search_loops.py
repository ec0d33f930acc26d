"""The loops of ``veriloop search`` from the door: what they write and say, and what they refuse."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from typer.main import get_command

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Problem, Solution, Verdict
from veriloop.runs.stages import Run, read_all

PROBLEMS = [Problem("sums", f"What is {i} + {i}?", str(2 * i)) for i in range(1, 3)]
ANSWERS = {
    "What is 1 + 1?": "1 + 1 = 3. \\boxed{3}",
    "What is 2 + 2?": "2 + 2 = 4. \\boxed{4}",
    "Add.": "```python\nprint(3)\n```",
    "*": "1 + 1 = 2. \\boxed{2}",
}
COMMAND = get_command(app)


@pytest.fixture
def given(tmp_path):
    tests = (
        {"input": "1 2\n", "output": "3\n", "sample": True},
        {"input": "4 4\n", "output": "8\n"},
    )
    asyncio.run(Run(tmp_path / "p").problems("", PROBLEMS))
    asyncio.run(Run(tmp_path / "c").problems("", [Problem("code", "Add.", tests=tests)]))
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    (tmp_path / "g.tsv").write_text("Paris\tcapital of\tFrance\n")
    return tmp_path


def call(folder, kind, *more, problems="p"):
    place = ["--problems", str(folder / problems), "-o", str(folder / "s")]
    engine = ["--engine", f"scripted:{folder / 'answers.json'}", "-q"]
    return CliRunner().invoke(COMMAND, ["search", kind, *place, *engine, *more])


@pytest.mark.parametrize(
    ("kind", "options", "problems", "ended", "answers"),
    [
        (
            "refine",
            ("--verifier", "equations", "--rounds", "1"),
            "p",
            "accepted 2\n  3 calls",
            "324",
        ),
        ("refine", ("--verifier", "answer", "--calls", "2"), "p", "budget 1, accepted 1", "324"),
        ("self-debug", ("--rounds", "1", "--mode", "simple"), "c", "accepted 1", [None]),
        ("tools", ("--tool", "calculator", "--n", "2"), "p", "answered 4", "2222"),
        (
            "chain-of-verification",
            ("--way", "compared", "--tokens", "60"),
            "p",
            "no questions 2",
            "34",
        ),
    ],
)
def test_solutions_and_verdicts_are_pairs_and_a_second_run_does_nothing(
    given, kind, options, problems, ended, answers
):
    made = call(given, kind, *options, problems=problems)
    assert made.exit_code == 0, made.output
    assert f"ended: {ended}" in made.output
    assert "tokens generated" in made.output
    solutions, verdicts = read_all(given / "s", Solution), read_all(given / "s", Verdict)
    assert [v.solution for v in verdicts] == [s.id for s in solutions]
    assert sorted(map(str, (s.answer for s in solutions))) == sorted(map(str, answers))
    files = {p: p.read_bytes() for p in (given / "s").rglob("*.parquet")}
    assert call(given, kind, *options, problems=problems).output == made.output
    assert {p: p.read_bytes() for p in (given / "s").rglob("*.parquet")} == files


def test_another_document_is_another_run(given):
    """What a tool knows decides the records, so a folder that was made with other triples is refused."""
    graph = ("--tool", f"graph:{given / 'g.tsv'}?single=capital of")
    assert call(given, "tools", *graph).exit_code == 0
    (given / "g.tsv").write_text("Rome\tcapital of\tItaly\n")
    assert "made" in str(call(given, "tools", *graph).exception)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("refine", ("--verifier", "taste"), "no verifier 'taste': write code, answer"),
        ("refine", ("--verifier", "process:"), "no verifier 'process:'"),
        ("refine", ("--verifier", "gold", "--shows", "all"), "shows is one of critique"),
        ("refine", ("--verifier", "gold", "--context", "none"), "context is all or last"),
        ("refine", ("--verifier", "facts:web"), "no tool 'web'"),
        ("self-debug", ("--mode", "loud"), "mode is one of simple"),
        ("self-debug", ("--language", "cobol"), "no language is called 'cobol'"),
        ("tools", ("--tool", "browser"), "no tool 'browser': write calculator, python"),
        ("tools", ("--tool", "lookup:nowhere"), "no such file or folder"),
        ("tools", ("--tool", "calculator", "--tool", "calculator"), "two tools share a name"),
        ("chain-of-verification", ("--way", "back"), "way is one of together"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_opened(given, kind, options, said):
    result = call(given, kind, *options)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not (given / "s").exists()


def test_a_problem_without_a_public_test_is_set_aside(given):
    asyncio.run(
        Run(given / "h").problems("", [Problem("code", "p", tests=({"input": "", "output": "1"},))])
    )
    result = call(given, "self-debug", problems="h")
    assert result.exit_code == 1
    assert "unusable input" in result.output
    assert "may be shown" in result.output
