"""``veriloop verify critic`` and ``contrastive`` from the door: folders that go on, and options that are refused."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Finish, Problem, Solution
from veriloop.runs.plan import Stage, run_stage
from veriloop.runs.stages import Run, read_groups
from veriloop.text.critiques import Critique, render_critique

PROBLEM = Problem("sums", "What is 17 + 25?", "42")
RIGHT = Solution(PROBLEM.id, ("17 + 25 = 42: \\boxed{42}",), Finish.STOP, "42", engine="a")
WRONG = Solution(PROBLEM.id, ("17 + 25 = 43: \\boxed{43}",), Finish.STOP, "43", engine="b")
REJECTS = render_critique(
    Critique(("17 and 25 make 42.",), False, 0, "17 + 25 = 42: \\boxed{42}", "42")
)


@pytest.fixture
def given(tmp_path):
    async def write(problem):
        return RIGHT, WRONG

    asyncio.run(Run(tmp_path / "p").problems("", [PROBLEM]))
    stage = Stage("s", tmp_path / "s", (Solution,), {})
    asyncio.run(run_stage(stage, [PROBLEM], write))
    (tmp_path / "script.json").write_text(json.dumps({"*": [REJECTS]}))
    return tmp_path


def verify(folder, kind, out, *more):
    place = ["--problems", str(folder / "p"), "--solutions", str(folder / "s")]
    command = ["verify", kind, *place, "-o", str(folder / out), "-q", *more]
    return CliRunner().invoke(app, command)


def engine(folder):
    return ("--engine", f"scripted:{folder / 'script.json'}")


def test_a_direct_critic(given):
    made = verify(given, "critic", "v", *engine(given))
    assert made.exit_code == 0, made.output
    (group,) = read_groups(given / "p", given / "s", given / "v")
    said = group.by("critic")
    assert [said[s.id].first_error for s in (RIGHT, WRONG)] == [0, 0]
    assert said[WRONG.id].correction == "17 + 25 = 42: \\boxed{42}"


def test_a_contrastive_critic_reads_the_labels(given):
    labels = ("--verdicts", str(given / "labels"))
    assert verify(given, "answer", "labels").exit_code == 0
    made = verify(
        given, "contrastive", "v", *engine(given), *labels, "--prompt", "critic_contrastive_bare"
    )
    assert made.exit_code == 0, made.output
    (group,) = read_groups(given / "p", given / "s", given / "v")
    said = group.by("contrastive")
    assert said[WRONG.id].detail["reference"] == RIGHT.id
    assert not said[RIGHT.id].scored


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("critic", (), "critic asks a model: name one with --engine"),
        ("contrastive", ("--engine", "m@http://h"), "--verdicts"),
        ("critic", ("--prompt", "critic_contrastive"), "shows a reference"),
        ("critic", ("--prompt", "criticise"), "no prompt 'criticise'"),
    ],
)
def test_what_cannot_work_is_one_line(given, kind, more, says):
    options = more if kind == "contrastive" or not more else (*engine(given), *more)
    made = verify(given, kind, "v", *options)
    assert isinstance(made.exception, InputError)
    assert says in str(made.exception)
