"""``veriloop bench biases``: ProcessBench or own groups, a family of saved scores, and what cannot be run."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Verdict
from veriloop.store.pieces import Table
from veriloop.store.processbench import SUBSETS

DATA = Path(__file__).parents[2] / "data" / "processbench_sample.json"


def command(out, *words):
    return CliRunner().invoke(app, ["bench", "biases", "-o", str(out), *map(str, words)])


def ran(out, *words):
    result = command(out, *words)
    assert result.exception is None, result.exception
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80
    assert (out / "report.html").is_file()
    return json.loads((out / "biases.json").read_text(encoding="utf-8")), result.output


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    for subset in SUBSETS:
        mine = [row for row in raw if row["id"].startswith(f"{subset}-")]
        (folder / f"{subset}.json").write_text(json.dumps(mine), encoding="utf-8")
    for name, wrong in (("exact", 0.1), ("blind", 0.9)):
        lines = [
            {"id": r["id"], "step_scores": [wrong if i == r["label"] else 0.9 for i in range(len(r["steps"]))]}
            for r in raw
        ]  # fmt: skip
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def own(tmp_path):
    """Folders of three problems with two solutions each, the second wrong at its last step."""
    problems = [Problem("own", f"problem {i}", reference="1", subset="own") for i in range(3)]
    solutions = [
        Solution(p.id, ("a", "b"), answer=str(j), sample=j) for p in problems for j in range(2)
    ]
    Table(tmp_path / "p" / "problems", Problem).write_piece(0, problems)
    Table(tmp_path / "s" / "solutions", Solution).write_piece(0, solutions)

    def verdicts(name, of):
        made = [
            Verdict(s.problem, s.id, name, Form.SCORE, Granularity.STEP, **of(s)) for s in solutions
        ]
        Table(tmp_path / name / "verdicts", Verdict).write_piece(0, made)

    verdicts("gold", lambda s: {"value": 1.0 - s.sample, "first_error": 1 if s.sample else -1})
    verdicts("answer", lambda s: {"value": float(s.sample == 0 or s.problem == problems[0].id)})
    verdicts("prm", lambda s: {"value": 0.5, "step_scores": (0.9, 0.1 if s.sample else 0.95)})
    return tmp_path


def test_a_family_on_processbench(data, tmp_path):
    scores = [f"--scores={name}={tmp_path / name}.jsonl" for name in ("exact", "blind")]
    told, output = ran(tmp_path / "out", "--data", data, *scores, "--threshold", "blind=0.95")
    exact, blind = told["verifiers"]
    assert exact["first_error"]["macro"]["value"] == 100.0
    assert (exact["extracted_micro"]["value"], exact["extracted_micro"]["n"]) == (100.0, 4)
    assert blind["protocol"] == "step scores above 0.95"
    assert [e["n"] for e in told["process_error"]["by_subset"].values()] == [2] * 4
    assert told["best_of_n"] is None
    assert "earliest counts" in " ".join(output.split())


def folders(own):
    return (
        "--problems", own / "p", "--solutions", own / "s",
        "--gold", own / "gold", "--answer", own / "answer",
    )  # fmt: skip


def test_own_groups_serve_both_sides(own, tmp_path):
    told, output = ran(tmp_path / "out", *folders(own), f"--scores=prm={own / 'prm'}", "--n", 2)
    (prm,) = told["verifiers"]
    assert prm["first_error"]["macro"]["value"] == 100.0
    assert told["process_error"]["pooled"]["value"] == 25.0
    assert prm["best_of_n"]["value"] == 100.0
    assert prm["minimum_at_last"]["value"] == 50.0
    assert prm["minimum_over"] == "Best-of-N solutions"
    assert "best of" in output


def test_processbench_with_the_best_of_n_of_other_solutions(own, data, tmp_path):
    told, _ = ran(
        tmp_path / "out",
        "--data", data, *folders(own)[:4], "--answer", own / "answer",
        f"--scores=m={tmp_path / 'exact.jsonl'}", f"--best-of=m={own / 'prm'}", "--n", 2,
    )  # fmt: skip
    (one,) = told["verifiers"]
    assert (one["best_of_n"]["value"], one["minimum_at_last"]["n"]) == (100.0, 6)
    assert one["first_error"]["macro"]["n"] == 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "labelled solutions are needed"),
        (("--data", "a", "--gold", "b"), "labelled solutions are needed"),
        (("--gold", "b"), "--gold needs both"),
        (("--data", "a", "--scores", "prm"), "NAME=VALUE, not 'prm'"),
        (("--data", "a", "--scores", "m=a", "--scores", "m=b"), "names 'm' twice"),
        (("--data", "a", "--threshold", "m=0.5"), "of which there are no --scores"),
        (("--data", "a", "--best-of", "m=b"), "--best-of needs"),
        (("--data", "absent"), "no such file or folder"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(tmp_path, words, message):
    result = command(tmp_path / "out", *words)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_bad_line_of_scores_is_set_aside_and_what_is_silent_is_said(data, tmp_path):
    path = tmp_path / "exact.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:-1], "{}\n"]), encoding="utf-8")
    other = tmp_path / "other" / "exact.jsonl"  # of the same name, and a bad line of its own
    other.parent.mkdir()
    other.write_text("".join([*lines[:-1], "[]\n"]), encoding="utf-8")
    scores = (f"--scores=m={path}", f"--scores=a/b={other}")
    told, output = ran(tmp_path / "out", "--data", data, *scores)
    assert "set aside 1 row" in output
    assert "m: nothing is saved of 1 of 12 solutions" in output
    assert told["verifiers"][0]["first_error"]["pooled"]["unscored"] == 1
    kept = [tmp_path / "out" / f"scores.{name}.quarantine.jsonl" for name in ("m", "a-b")]
    assert [json.loads(file.read_text())["raw"] for file in kept] == [{}, []]
