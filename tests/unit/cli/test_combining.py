"""``veriloop verify combine`` over folders of verdicts: what it prints, writes and refuses."""

import asyncio

import numpy as np
import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.runs.stages import Run, read_all
from veriloop.verify.recorded import Recorded
from veriloop.verify.rule_files import load_rule

ACCURACY = {"good": 0.9, "fair": 0.7, "liar": 0.1}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Forty problems with two solutions each, judged by three verifiers that err by themselves, and gold."""
    root = tmp_path_factory.mktemp("combine")
    generator = np.random.default_rng(0)
    problems = [Problem("sums", f"{i} + 1?", str(i + 1)) for i in range(40)]
    solutions = [Solution(p.id, (f"So {k}.",), sample=k) for p in problems for k in range(2)]
    truth = {s.id: float(generator.integers(0, 2)) for s in solutions}
    run = Run(root)
    groups = asyncio.run(written(run, problems, solutions))
    for name, chance in {"gold": 1.0, **ACCURACY}.items():
        said = []
        for s in solutions:
            value = truth[s.id] if generator.random() < chance else 1 - truth[s.id]
            lost = name == "fair" and generator.random() < 0.2
            said.append(
                Verdict(
                    s.problem, s.id, name, Form.BINARY, Granularity.TRAJECTORY,
                    None if lost else value, Unscored.ENGINE if lost else None,
                )
            )  # fmt: skip
        asyncio.run(run.verify(name, groups, Recorded.of(name, said)))
    scores = [
        Verdict(s.problem, s.id, "rm", Form.SCORE, Granularity.TRAJECTORY, 8 * truth[s.id] - 4)
        for s in solutions
    ]
    asyncio.run(run.verify("rm", groups, Recorded.of("rm", scores)))
    return root, truth


async def written(run, problems, solutions):
    from veriloop.runs.stages import join

    await run.problems("problems", problems)

    class Given:
        async def search(self, problem, engine):
            return tuple(s for s in solutions if s.problem == problem.id)

    class Nobody:
        name = "nobody"

    await run.search("solutions", problems, Given(), Nobody())
    return join(problems, solutions)


def combine(root, out, *options, members=tuple(ACCURACY)):
    told = [arg for name in members for arg in ("--verdicts", str(root / name))]
    base = ["--problems", str(root / "problems"), "--solutions", str(root / "solutions")]
    return CliRunner().invoke(
        app, ["verify", "combine", *base, *told, "-q", "-o", str(out), *map(str, options)]
    )


def right(out, truth):
    told = read_all(out, Verdict)
    return sum(v.value == truth[v.solution] for v in told), len(told)


def test_calibrated_by_labels_it_turns_the_liar_round_and_says_so(folders, tmp_path):
    root, truth = folders
    rule = tmp_path / "rule.json"
    made = combine(
        root, tmp_path / "out", "--rule", "logistic", "--gold", root / "gold", "--labels", 30,
        "--save-rule", rule,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    text = " ".join(made.output.split())
    assert "3 verifiers, 80 items, 30 gold labels" in text
    assert "leads: good" in text
    flipped = next(line for line in made.output.splitlines() if line.startswith("flipped: "))
    assert "liar" in flipped
    assert "on gold labels it did not see: right on" in text
    assert "80 verdicts" in text
    assert max(map(len, made.output.splitlines())) <= 80
    hits, count = right(tmp_path / "out", truth)
    assert count == 80
    assert hits >= 68
    assert load_rule(rule).labels == 30
    again = combine(root, tmp_path / "again", "--rule", rule)
    assert again.exit_code == 0, again.output
    assert right(tmp_path / "again", truth) == (hits, count)
    assert "a few would" in again.output
    told = combine(root, tmp_path / "told", "--rule", rule, "--gold", root / "gold")
    text = " ".join(told.output.split())
    assert "on these gold labels, of which it may have seen some: right on" in text
    assert "did not see" not in text  # the file does not name the labels it was fitted on
    assert "a few would" not in text


@pytest.mark.parametrize("rule", ["majority", "all", "any", "at-least:2", "dawid-skene"])
def test_rules_without_gold(folders, tmp_path, rule):
    root, _ = folders
    made = combine(root, tmp_path / "out", "--rule", rule)
    assert made.exit_code == 0, made.output
    told = read_all(tmp_path / "out", Verdict)
    assert len(told) == 80
    assert {v.form for v in told} == {Form.BINARY}
    assert ("warning:" in made.output) == (rule == "dawid-skene")
    if rule == "all":  # a lost vote and no reject abstains
        for v in told:
            lost, votes = "lost" in v.detail, v.detail["votes"].values()
            assert (v.unscored is Unscored.ABSTAINED) == (lost and 0.0 not in votes)


def test_scores_are_scaled_when_asked_and_names_can_be_given(folders, tmp_path):
    root, truth = folders
    refused = combine(root, tmp_path / "no", members=("rm", "good"))
    assert isinstance(refused.exception, InputError)
    assert "--scale min-max or --scale logistic" in str(refused.exception)
    made = combine(
        root, tmp_path / "out", "--verdicts", f"better={root / 'rm'}", "--scale", "min-max",
        "--name", "two", members=(),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    told = read_all(tmp_path / "out", Verdict)
    assert {v.verifier for v in told} == {"two"}
    assert all(v.value == truth[v.solution] for v in told)
    assert "better" in told[0].detail["votes"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rule", "logistic"], "none is given"),
        (["--rule", "best"], "no rule 'best'"),
        (["--rule", "none.json"], "cannot be read"),
        (["--scale", "rank"], "min-max or logistic"),
        (["--rule", "at-least:9"], "can never be reached"),
    ],
)
def test_one_line_for_what_cannot_be(folders, tmp_path, options, says):
    made = combine(folders[0], tmp_path / "out", *options)
    assert isinstance(made.exception, InputError)
    assert says in str(made.exception)
    assert "\n" not in str(made.exception)


def test_more_labels_than_gold(folders, tmp_path):
    root, _ = folders
    options = ("--rule", "logistic", "--gold", root / "gold", "--labels", 81)
    made = combine(root, tmp_path / "out", *options)
    assert str(made.exception) == "--labels 81, and gold says 80"
