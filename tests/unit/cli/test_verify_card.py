"""``veriloop verify card``: both kinds of input, the files it leaves, and one line for what cannot be used."""

import json

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.store.pieces import Table

HEAD = "subset,idx,label,evaluator,strategy,winner,winner_swapped_order,scores\n"


def judge(solution, value, who, lost=None):
    return Verdict(
        solution.problem, solution.id, who, Form.BINARY, Granularity.TRAJECTORY,
        None if lost else value, lost, first_error=None if lost else (-1 if value else 0),
    )  # fmt: skip


@pytest.fixture
def folders(tmp_path):
    """Ten problems of two solutions; gold, a good judge that loses one, and a contrary one."""
    problems = [Problem("sums", f"{i} + 1?") for i in range(10)]
    solutions = [Solution(p.id, ("one", "two"), sample=k) for p in problems for k in range(2)]
    truth = [k % 2 for k in range(20)]
    lost = [Unscored.ENGINE] + [None] * 19
    said = {
        "gold": [judge(s, t, "gold") for s, t in zip(solutions, truth, strict=True)],
        "good": [judge(s, t, "good", x) for s, t, x in zip(solutions, truth, lost, strict=True)],
        "contrary": [judge(s, 1 - t, "contrary") for s, t in zip(solutions, truth, strict=True)],
        "silent": [judge(s, 0, "silent", Unscored.ENGINE) for s in solutions],
    }
    Table(tmp_path / "p" / "problems", Problem).write_piece(0, problems)
    Table(tmp_path / "s" / "solutions", Solution).write_piece(0, solutions)
    for name, verdicts in said.items():
        Table(tmp_path / name / "verdicts", Verdict).write_piece(0, verdicts)
    other = Solution(problems[0].id, ("else",), sample=9)
    Table(tmp_path / "other" / "verdicts", Verdict).write_piece(0, [judge(other, 1, "other")])
    both = [*said["good"], *said["contrary"]]
    Table(tmp_path / "both" / "verdicts", Verdict).write_piece(0, both)
    return tmp_path


def run(folders, *verdicts, gold="gold", more=()):
    given = [x for v in verdicts for x in ("--verdicts", v)]
    where = ["--problems", f"{folders / 'p'}", "--solutions", f"{folders / 's'}"]
    given += ["--gold", f"{folders / gold}", "-o", f"{folders / 'out'}", *more]
    return CliRunner().invoke(app, ["verify", "card", *where, *given])


def test_folders_become_a_card(folders):
    shown = run(folders, f"{folders / 'good'}", f"{folders / 'contrary'}", f"{folders / 'silent'}")
    assert shown.exit_code == 0, shown.output
    assert max(map(len, shown.output.splitlines()[:-1])) <= 80
    told = json.loads((folders / "out" / "card.json").read_text())
    good, contrary, silent = told["verifiers"]
    assert (good["verifier"], good["accuracy"]["value"], good["accuracy"]["n"]) == (
        "good",
        100.0,
        19,
    )
    assert good["accuracy_of_all"]["value"] == 95.0
    assert good["without_vote"] == {"engine": 1}
    assert contrary["accuracy"]["value"] == 0.0
    assert contrary["first_errors"]["pooled"]["n"] == 20
    assert silent["accuracy"] is None
    assert silent["failed"]["value"] == 100.0
    assert told["panel"]["panel"]["value"] == 100.0
    page = (folders / "out" / "report.html").read_text()
    assert "Verifier report card" in page
    assert "never gave a value" in page


def test_a_folder_of_two_and_another_name(folders):
    shown = run(
        folders, f"{folders / 'both'}", f"again={folders / 'good'}", more=["--only", "again"]
    )
    assert shown.exit_code == 0, shown.output
    told = json.loads((folders / "out" / "card.json").read_text())
    assert [v["verifier"] for v in told["verifiers"]] == ["again"]


@pytest.mark.parametrize(
    ("verdicts", "gold", "more", "says"),
    [
        (["other"], "gold", [], "{}/other, row 1, field 'solution': "),
        (["good"], "silent", [], "{}/silent: none of the 20 gold verdicts has a value"),
        (["good"], "both", [], "{}/both: gold is the verdicts of one verifier, and here are"),
        (["good", "both"], "gold", [], "{}/both: verdicts of 'good' are in two folders"),
        (["good"], "gold", ["--only", "best"], "no verifier 'best' here; there are good"),
        (["none"], "gold", [], "{}/none: there are no verdicts here"),
    ],
)
def test_folders_that_cannot_be_used(folders, verdicts, gold, more, says):
    shown = run(folders, *(f"{folders / v}" for v in verdicts), gold=gold, more=more)
    assert isinstance(shown.exception, InputError)
    assert str(shown.exception).startswith(says.format(folders))
    assert "\n" not in str(shown.exception)
    assert not (folders / "out").exists()


def test_two_verifiers_cannot_have_one_name(folders):
    shown = run(folders, f"x={folders / 'both'}")
    assert "'x' cannot name 2 verifiers at once (contrary, good)" in str(shown.exception)


def test_recorded_votes_become_a_card(tmp_path):
    rows = "".join(
        f"S,{i},{1 + i % 2},A,plain,{1 + i % 2},{1 + i % 2},\nS,{i},{1 + i % 2},B,plain,1,2,\n"
        for i in range(12)
    )
    (tmp_path / "votes.csv").write_text(HEAD + rows)
    asked = ["verify", "card", "--votes", f"{tmp_path / 'votes.csv'}", "-o", f"{tmp_path / 'o'}"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    told = json.loads((tmp_path / "o" / "card.json").read_text())
    first, second = told["verifiers"]
    assert first["order"]["consistent"]["value"] == 100.0
    assert second["accuracy"]["value"] == 50.0
    assert second["order"]["consistent"]["value"] == 0.0
    assert second["order"]["first_shown"]["value"] == 100.0
    (tmp_path / "votes.csv").write_text(HEAD + "S,0,1,A,plain,both,1,\n")
    bad = CliRunner().invoke(app, asked)
    assert "row 2, field 'winner': is 1, 2, or empty" in str(bad.exception)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "give --problems, --solutions, --gold and at least one --verdicts, or --votes"),
        (["--votes", "v.csv", "--gold", "g"], "--votes is a whole input"),
    ],
)
def test_half_an_input_is_refused(given, says):
    assert says in str(CliRunner().invoke(app, ["verify", "card", *given]).exception)
