"""The loops of ``veriloop search`` from the door: what they write and say, and what they refuse."""

import asyncio

import pytest
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Problem, Solution, Verdict
from veriloop.runs.stages import Run, read_all

PROBLEMS = [Problem("sums", f"What is {i} + {i}?", str(2 * i)) for i in range(1, 3)]
SHORT = ("--max-tokens", "24", "-q")


@pytest.fixture
def given(tmp_path):
    tests = (
        {"input": "1 2\n", "output": "3\n", "sample": True},
        {"input": "4 4\n", "output": "8\n"},
    )
    asyncio.run(Run(tmp_path / "p").problems("", PROBLEMS))
    asyncio.run(Run(tmp_path / "c").problems("", [Problem("code", "Add.", tests=tests)]))
    (tmp_path / "g.tsv").write_text("Paris\tcapital of\tFrance\n")
    return tmp_path


def call(folder, kind, *more, problems="p"):
    place = ["--problems", str(folder / problems), "-o", str(folder / "s")]
    engine = ["--engine", f"local:{checkpoint('policy')}"]
    return CliRunner().invoke(app, ["search", kind, *place, *engine, *SHORT, *more])


@pytest.mark.parametrize(
    ("kind", "options", "problems"),
    [
        ("refine", ("--verifier", "gold", "--rounds", "1"), "p"),
        ("refine", ("--verifier", "equations", "--calls", "2"), "p"),
        ("self-debug", ("--rounds", "1", "--mode", "simple"), "c"),
        ("tools", ("--tool", "calculator", "--n", "2"), "p"),
        ("chain-of-verification", ("--way", "compared", "--tokens", "60"), "p"),
    ],
)
def test_solutions_and_verdicts_are_pairs_and_a_second_run_does_nothing(
    given, kind, options, problems
):
    if problems == "c":
        options = (*options, "--tests", "public")
    made = call(given, kind, *options, problems=problems)
    assert made.exit_code == 0, made.output
    assert "ended: " in made.output
    assert "tokens generated" in made.output
    solutions, verdicts = read_all(given / "s", Solution), read_all(given / "s", Verdict)
    assert [v.solution for v in verdicts] == [s.id for s in solutions]
    first = [v for v in verdicts if "search" in v.detail]
    assert sum(int(v.detail["search"]["calls"]) for v in first) >= len(
        {s.problem for s in solutions}
    )
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
