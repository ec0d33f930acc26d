"""The door itself: every command explains itself, opens nothing heavy to do so, and turns errors into exit codes."""

import functools
import inspect
import re
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from veriloop import __version__
from veriloop.cli import app, command_paths
from veriloop.records import Problem, Solution
from veriloop.store.pieces import Table

GROUPS = {("run",), ("bench",), ("serve",)}


@functools.cache
def root():
    return typer.main.get_command(app)


def test_the_commands_of_the_pipeline_are_there_in_its_order():
    stages = [path[0] for path in command_paths() if len(path) == 1 and path not in GROUPS]
    assert stages[:7] == ["demo", "problems", "sample", "search", "verify", "label", "train"]
    assert ("run", "prm") in command_paths()
    assert ("verify", "run") in command_paths()  # what ``verify KIND`` is
    assert {("bench", "processbench"), ("bench", "best-of-n")} <= set(command_paths())


@pytest.mark.parametrize("path", command_paths(), ids=" ".join)
def test_help_describes_the_command_and_each_of_its_options(path):
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    command = root()
    for word in path:
        command = command.commands[word]
    assert command.help
    nameless = [p.name for p in command.params if not getattr(p, "help", None)]
    assert nameless == []


def test_verify_shows_also_the_commands_that_are_no_kind():
    shown = CliRunner().invoke(app, ["verify", "--help"], env={"COLUMNS": "200"}).output
    assert all(word in shown for word in ("equations", "rubric", "card", "combine"))


def test_help_loads_no_heavy_library():
    asked = "import sys; from veriloop.cli import app; app(['--help'], standalone_mode=False); "
    heavy = (
        "print([m for m in ('torch', 'transformers', 'pyarrow', 'aiohttp') if m in sys.modules])"
    )
    made = subprocess.run(
        [sys.executable, "-c", asked + heavy], capture_output=True, text=True, check=True
    )
    assert made.stdout.strip().splitlines()[-1] == "[]"


def test_the_version():
    assert CliRunner().invoke(app, ["--version"]).output.strip() == f"veriloop {__version__}"


def test_an_unknown_option_is_a_usage_error():
    result = CliRunner().invoke(app, ["run", "prm", "--temprature", "1"])
    assert result.exit_code == 2
    assert "--temperature" in result.output


SIGNED = {"--seed", "--rating"}  # a contest rating below 0 is one


def counts():
    """Every option that counts something: its command, its name, and its least value."""
    for path in command_paths():
        command = functools.reduce(lambda at, word: at.commands[word], path, root())
        if not hasattr(command, "commands"):
            types = inspect.signature(command.callback).parameters
            for option in command.params:
                kind = types[option.name].annotation if option.name in types else ""
                if kind in ("int", "int | None") and option.opts[0] not in SIGNED:
                    yield path, option.opts[0], option.min


def test_every_count_has_a_least_value_and_one_below_it_is_a_usage_error():
    found = list(counts())
    assert len(found) > 90
    for path, name, least in found:
        assert least is not None, (*path, name)
        for value in (least - 1, -5):
            result = CliRunner().invoke(app, [*path, f"{name}={value}"])
            assert result.exit_code == 2, (*path, name)
            said = " ".join(result.output.replace("│", " ").split())
            assert f"Invalid value for '{name}': Input should be greater than or" in said


@pytest.mark.parametrize(
    "command", ["bench pmmeval", "bench ifeval", "sample", "label", "verify run"]
)
@pytest.mark.parametrize("value", ["0", "-5"])
def test_a_limit_of_no_tokens_is_a_usage_error(command, value):
    result = CliRunner().invoke(app, [*command.split(), "--max-tokens", value])
    assert (result.exit_code, "'--max-tokens'" in result.output) == (2, True)


@pytest.mark.parametrize("path", command_paths(), ids=" ".join)
def test_help_at_80_columns_cuts_no_name_of_an_option(path):
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80"}).output
    assert not re.search("--[a-z-]*\N{HORIZONTAL ELLIPSIS}", shown)


def test_help_of_bounded_numbers_leaves_room_for_words():
    shown = CliRunner().invoke(app, ["bench", "pmmeval", "--help"], env={"COLUMNS": "80"}).output
    assert "<int> [x>=1]" in shown
    assert "range" not in shown
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown  # nothing is cut


@pytest.mark.parametrize("option", ["--temperature=-3", "--n=0", "--top-p=0"])
def test_samples_that_cannot_be_drawn_are_a_usage_error(option):
    result = CliRunner().invoke(
        app, ["sample", "--problems", ".", "--engine", "abacus:policy", "-o", "s", option]
    )
    assert result.exit_code == 2
    assert option.split("=")[0] in result.output


def test_verdicts_without_a_value_are_counted_at_the_end(tmp_path):
    problem = Problem("sums", "2 + 2?")
    solution = Solution(problem.id, ("It is 4.",), answer="4")
    Table(tmp_path / "p" / "problems", Problem).write_piece(0, [problem])
    Table(tmp_path / "s" / "solutions", Solution).write_piece(0, [solution])
    folders = ["--problems", tmp_path / "p", "--solutions", tmp_path / "s", "-o", tmp_path / "v"]
    result = CliRunner().invoke(app, ["verify", "answer", "-q", *map(str, folders)])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["1 verdicts", "  1 without a value: no_reference"]
    named = [*map(str, folders[:-1]), str(tmp_path / "named")]
    assert (
        CliRunner().invoke(app, ["verify", "run", "answer", "-q", *named]).output == result.output
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("errors.InputError('bad', file='a.jsonl', row=3, field='x')", 2),
        ("errors.RunStopped('stopped; go on')", 130),
        ("errors.StoreError('full')", 1),
    ],
)
def test_errors_of_ours_are_one_line_and_a_code(error, code):
    """A command of the test's own raises inside the real ``main``."""
    program = (
        "from veriloop import cli, errors\n"
        "@cli.app.command('fail')\n"
        f"def fail():\n    raise {error}\n"
        "cli.main()\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", program, "fail"], capture_output=True, text=True, check=False
    )
    assert made.returncode == code
    (line,) = made.stderr.splitlines()
    assert line.startswith("veriloop: ")
    assert "Traceback" not in made.stderr
    if code == 2:
        assert line == "veriloop: a.jsonl, row 3, field 'x': bad"
