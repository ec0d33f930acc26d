"""``veriloop bench best-of-n``: from the file of a set to a table and a page, on scripted models."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.cli.selecting import Options, _names
from veriloop.errors import InputError
from veriloop.records import Solution
from veriloop.runs.stages import read_all

DATA = Path(__file__).resolve().parents[2] / "data"


def veriloop(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def script(path, table):
    path.write_text(json.dumps(table), encoding="utf-8")
    return f"scripted:{path}"


@pytest.fixture
def chosen(tmp_path):
    """A policy that knows two of four choices and hesitates: right, wrong, wrong, right."""
    rows = (DATA / "gaokao_math_qa_sample.jsonl").read_text("utf-8").splitlines()
    table = {}
    for row in map(json.loads, rows):
        options = "\n".join(f"({k}) {v}" for k, v in row["options"].items())
        wrong = "A" if row["label"] != "A" else "B"
        right = ", ".join(row["label"])
        texts = [f"因为如此。\n\n故选：{a}。" for a in (right, wrong, wrong, right)]
        table[f"{row['question'].strip()}\n{options}"] = texts
    return script(tmp_path / "policy.json", table)


def test_from_the_file_of_a_set_to_a_page(tmp_path, chosen):
    out = tmp_path / "bon"
    prm = f"plus-minus:{script(tmp_path / 'prm.json', {'*': ['+']})}"
    words = ("bench", "best-of-n", "--set", "gaokao_math_qa", "--data", DATA / "gaokao_math_qa_sample.jsonl",
             "--engine", chosen, "--n", 4, "--prm", prm, "--out", out, "-q")  # fmt: skip
    shown = veriloop(*words)
    assert "the paper's set has 351 rows" in " ".join(shown.split())
    assert "first of equal scores" in shown
    assert max(len(line) for line in shown.splitlines() if not line.startswith("report:")) <= 80
    told = json.loads((out / "best_of_n.json").read_text("utf-8"))
    (board,) = told["sets"].values()
    rows = {(r["rule"], r["verifier"]): r["accuracy"]["value"] for r in board["rows"]}
    assert rows["mean", ""] == 50.0
    assert rows["pass", ""] == 100.0
    assert rows["maj", ""] == 100.0  # two of each: the answer seen first
    assert {rule for rule, who in rows if who == "prm"} >= {"product", "min", "last", "mean"}
    assert (out / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    again = veriloop(*words)
    assert again.split() == shown.split()  # nothing is asked again, nothing changes
    answers = {s.answer for s in read_all(out / "solutions", Solution)}
    assert answers == {"D", "A", "C", "AD", "ACD"}


def test_records_of_two_sets_with_their_mean(tmp_path, chosen):
    out = tmp_path / "bon"
    veriloop("bench", "best-of-n", "--set", "gaokao_math_qa", "--data", DATA / "gaokao_math_qa_sample.jsonl",
             "--engine", chosen, "--n", 2, "--out", out, "-q")  # fmt: skip
    other = tmp_path / "other"
    table = {"*": ["It is \\boxed{9 页}.", "It is \\boxed{68}."]}
    veriloop("bench", "best-of-n", "--set", "cmath", "--data", DATA / "cmath_sample.jsonl",
             "--engine", script(tmp_path / "cmath.json", table), "--n", 2, "--out", other, "-q")  # fmt: skip
    shown = veriloop(
        "bench", "best-of-n", out / "answer", other / "answer",
        "--problems", out / "problems", "--problems", other / "problems",
        "--solutions", out / "solutions", "--solutions", other / "solutions", "--n", 2,
        "--greedy", out / "solutions",
    )  # fmt: skip
    assert "Best of 2 on 2 sets" in shown
    assert "GaoKao choice" in " ".join(shown.split())
    assert "greedy" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give either --solutions, or --engine"),
        (("--engine", "m@http://h", "--solutions", "y"), "give either --solutions, or --engine"),
        (("--engine", "m@http://h", "--set", "gsm8k"), "each --set has one --data: got 1 and 0"),
        (("--solutions", "y", "--prm", "x"), "name a folder with --out"),
        (("--solutions", "y"), "name problems: --problems FOLDER"),
    ],
)
def test_options_that_do_not_fit(words, said):
    with pytest.raises(InputError, match=said):
        veriloop("bench", "best-of-n", *words)


def test_solutions_without_a_verdict_on_their_answers_need_a_folder(tmp_path, chosen):
    out = tmp_path / "bon"
    veriloop("bench", "best-of-n", "--set", "gaokao_math_qa", "--data", DATA / "gaokao_math_qa_sample.jsonl",
             "--engine", chosen, "--n", 2, "--out", out, "-q")  # fmt: skip
    with pytest.raises(InputError, match="no verdict of 'answer'"):
        veriloop(
            "bench", "best-of-n", "--problems", out / "problems", "--solutions", out / "solutions"
        )


def test_names_of_verifiers():
    assert _names([("a/prm-7b?device=cuda", "prm"), ("b/rm", "orm")]) == ["prm", "orm"]
    assert _names([("a/x", "prm"), ("b/x", "prm")]) == ["prm-x", "prm-x-2"]
    assert _names([("a/prm-7b", "prm"), ("b/soft", "prm")]) == ["prm-7b", "prm-soft"]
    assert Options(None).n == 8
