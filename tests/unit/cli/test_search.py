"""``veriloop search`` from the door: folders that other commands read, what it says, and options that it refuses."""

import asyncio
import re

import pytest
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.cli import app, command_paths
from veriloop.cli.searching import OPTIONS
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.runs.stages import Run, read_groups
from veriloop.search import KINDS

GROUP = [path for path in command_paths() if path[:1] == ("search",) and len(path) == 2]
PROBLEMS = [Problem("sums", f"What is {i} + {i}?", str(2 * i)) for i in range(1, 4)]
SHORT = ("--max-tokens", "120", "--max-step-tokens", "40")


@pytest.fixture
def given(tmp_path):
    asyncio.run(Run(tmp_path / "p").problems("", PROBLEMS))
    return tmp_path


@pytest.fixture(scope="module")
def prm(tmp_path_factory):
    """A reward model that has learnt nothing, on the shipped policy."""
    from veriloop.engines.process_reward import ProcessRewardModel

    folder = tmp_path_factory.mktemp("prm")
    ProcessRewardModel.create(str(checkpoint("policy"))).save(folder)
    return str(folder)


def call(folder, kind, out, *more, prm="nowhere"):
    place = ["--problems", str(folder / "p"), "-o", str(folder / out)]
    engine = ["--engine", f"local:{checkpoint('policy')}", "--prm", prm]
    return CliRunner().invoke(app, ["search", kind, *place, *engine, "-q", *SHORT, *more])


SIZES = {
    "beam": (("--width", "2", "--expand", "2"), {1, 2}),
    "dvts": (("--width", "3", "--expand", "2"), {3}),
    "greedy": (("--expand", "3"), {1}),
    "mcts": (("--simulations", "4", "--expand", "2"), set(range(1, 12))),
}


@pytest.mark.parametrize("kind", SIZES)
def test_solutions_and_verdicts_are_folders_that_other_commands_read(given, prm, kind):
    options, counts = SIZES[kind]
    made = call(given, kind, "s", *options, prm=prm)
    assert made.exit_code == 0, made.output
    groups = read_groups(given / "p", given / "s", given / "s")
    assert [g.problem.id for g in groups] == [p.id for p in PROBLEMS]
    assert {len(g.solutions) for g in groups} <= counts
    for group in groups:
        assert [v.solution for v in group.verdicts] == [s.id for s in group.solutions]
        assert {v.verifier for v in group.verdicts} == {"prm"}
    spent = [g.verdicts[0].detail["search"] for g in groups]
    (tokens,) = re.findall(r"([\d,]+) tokens generated", made.output)
    assert int(tokens.replace(",", "")) == sum(s["tokens"] for s in spent)
    assert "independent samples" in made.output


def test_the_answers_can_be_judged_and_chosen_among(given, prm):
    call(given, "dvts", "s", "--width", "2", "--expand", "2", prm=prm)
    place = ["--problems", str(given / "p"), "--solutions", str(given / "s")]
    judged = CliRunner().invoke(app, ["verify", "answer", *place, "-o", str(given / "v"), "-q"])
    assert judged.exit_code == 0, judged.output
    table = CliRunner().invoke(
        app, ["bench", "best-of-n", str(given / "v"), str(given / "s"), *place, "--n", "2"]
    )
    assert "product" in table.output


def test_a_second_run_does_nothing_and_another_guide_is_refused(given, prm, tmp_path_factory):
    first = call(given, "greedy", "s", "--expand", "2", prm=prm)
    files = {p: p.read_bytes() for p in (given / "s").rglob("*.parquet")}
    again = call(given, "greedy", "s", "--expand", "2", prm=prm)
    assert again.output == first.output
    assert {p: p.read_bytes() for p in (given / "s").rglob("*.parquet")} == files
    other = call(given, "greedy", "s", "--expand", "2", prm=f"{prm}?threshold=0.25")
    assert isinstance(other.exception, InputError)
    assert "made" in str(other.exception)


def test_every_guided_kind_has_its_options():
    loops = {"refine", "self-debug", "tools", "chain-of-verification"}
    assert set(OPTIONS) == set(KINDS) - {"sample", "tree-nodes", "whole"} - loops
    assert loops | {"guided"} == {name for _, name in map(tuple, GROUP)}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("greedy", "--width", "3"), "greedy has no --width; it has --expand"),
        (("beam", "--simulations", "3"), "beam has no --simulations; it has --width, --expand"),
        (("sideways",), "no guided search 'sideways'; there are beam, dvts, greedy, mcts"),
        (("mcts", "--prior", "best"), "prior is logprob or uniform, got 'best'"),
        (("dvts", "--aggregate", "best"), "aggregate is one of last, min, product, mean"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_opened(given, options, said):
    kind, *more = options
    result = call(given, kind, "s", *more)
    assert said in str(result.exception)
    assert not (given / "s").exists()
