"""veriloop feedback: folders of verdicts -> demonstrations, pairs and rewards; bad input in one line."""

import json
import re

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.store.pieces import Table

PROBLEMS = [Problem("t", f"Question {i}?", "7") for i in range(3)]
SOLUTIONS = [
    Solution(p.id, (f"text {j} of {i}",), Finish.STOP, engine="w", sample=j)
    for i, p in enumerate(PROBLEMS)
    for j in range(4)
]
VALUES = [1.0, 0.0, Unscored.ENGINE, 1.0] * 3


@pytest.fixture
def given(tmp_path):
    Table(tmp_path / "P/problems", Problem).write_piece(0, PROBLEMS)
    Table(tmp_path / "S/solutions", Solution).write_piece(0, SOLUTIONS)
    Table(tmp_path / "V/verdicts", Verdict).write_piece(0, [*verdicts("answer", Form.BINARY)])
    Table(tmp_path / "R/verdicts", Verdict).write_piece(0, [*verdicts("order", Form.RANKING)])
    return tmp_path


def verdicts(name, form):
    for solution, value in zip(SOLUTIONS, VALUES, strict=True):
        has = {"unscored": value} if isinstance(value, Unscored) else {"value": value}
        yield Verdict(solution.problem, solution.id, name, form, Granularity.TRAJECTORY, **has)


def words(given, kind, *more, by="answer", verdicts="V", out="F"):
    folders = [
        "--problems",
        given / "P",
        "--solutions",
        given / "S",
        "--verdicts",
        given / verdicts,
    ]
    return [str(w) for w in ("feedback", kind, *folders, "--by", by, "-o", given / out, *more)]


def veriloop(*args, **options):
    result = CliRunner().invoke(app, [*words(*args, **options), "-q"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def rows(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_demonstrations_are_the_accepted_solutions(given):
    trl = given / "rows.jsonl"
    told = veriloop(given, "demonstrations", "--k", "1", "--trl", trl)
    assert told == [
        "3 examples, 9 dropped",
        "  3 dropped: answer: beyond 1 of a problem",
        "  3 dropped: answer: engine",
        "  3 dropped: answer: not accepted",
        f"3 rows in {trl}",
    ]
    assert rows(trl)[0] == {"prompt": "Question 0?", "completion": "text 0 of 0"}


def test_pairs_and_rewards(given):
    trl = given / "rows.jsonl"
    veriloop(given, "pairs", "--trl", trl, out="pairs")
    assert [(r["chosen"], r["rejected"]) for r in rows(trl)[:2]] == [
        ("text 0 of 0", "text 1 of 0"), ("text 3 of 0", "text 1 of 0")
    ]  # fmt: skip
    veriloop(given, "rewards", "--transform", "sign", "--trl", trl, out="rewards")
    assert [r["reward"] for r in rows(trl)] == [1.0, -1.0, 1.0] * 3


def test_a_ranking_makes_pairs_and_no_rewards(given):
    trl = given / "rows.jsonl"
    veriloop(given, "pairs", "--trl", trl, by="order", verdicts="R", out="pairs")
    assert rows(trl)[0] == {
        "prompt": "Question 0?", "chosen": "text 1 of 0", "rejected": "text 0 of 0"
    }  # fmt: skip
    told = veriloop(given, "rewards", "--trl", trl, by="order", verdicts="R", out="rewards")
    assert "  9 dropped: order: a ranking is no reward" in told
    assert rows(trl) == []


@pytest.mark.parametrize(
    ("more", "options", "says"),
    [
        ((), {"by": "orm"}, "no verdicts of 'orm' are given (there are answer)"),
        (("--verdicts", "V"), {}, "there are 2 verdicts of 'answer' on solution"),
        (("--order", "longest"), {}, "order sample, shortest or best"),
        (("--verdicts", "absent"), {}, "there are no verdicts here"),
    ],
)
def test_bad_input_says_what_to_give_instead(given, more, options, says):
    more = [given / word if word in ("V", "absent") else word for word in more]
    arguments = words(given, "demonstrations", *more, **options)
    with pytest.raises(InputError, match=re.escape(says)):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert not (given / "F/examples").exists() or not list((given / "F/examples").iterdir())
