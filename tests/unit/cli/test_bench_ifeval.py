"""``veriloop bench ifeval``: from a file to tables and a page, and on where it was stopped."""

import json

import pytest
from typer.testing import CliRunner

from veriloop.cli import app

ROW = {
    "key": 1000,
    "prompt": "Write a title without commas.",
    "instruction_id_list": ["punctuation:no_comma", "detectable_format:title"],
    "kwargs": [{}, {}],
}


@pytest.fixture
def files(tmp_path):
    data = tmp_path / "ifeval.jsonl"
    data.write_text(f"{json.dumps(ROW)}\n{{\n", encoding="utf-8")
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"*": ["Sure, here:\n<<So>>"]}), encoding="utf-8")
    return data, policy


def veriloop(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_from_a_file_to_a_page(tmp_path, files):
    data, policy = files
    out = tmp_path / "run"
    words = ("bench", "ifeval", "--data", data, "--engine", f"scripted:{policy}", "-o", out, "-q")
    shown = veriloop(*words)
    assert shown.exit_code == 0, shown.output
    assert "set aside 1 row" in shown.output
    assert "IFEval: scripted" in shown.output
    assert all(len(line) <= 80 for line in shown.stdout.splitlines() if str(tmp_path) not in line)
    told = json.loads((out / "ifeval.json").read_text("utf-8"))["summary"]
    assert told["prompt_level"]["strict"]["value"] == 0.0
    assert told["prompt_level"]["loose"]["value"] == 100.0
    assert told["instruction_level"]["strict"]["value"] == 50.0
    page = (out / "report.html").read_text("utf-8")
    assert "1000" in page
    again = veriloop(*words)
    assert again.stdout == shown.stdout


def test_a_file_that_is_not_there_is_one_line(tmp_path, files):
    _, policy = files
    shown = veriloop(
        "bench", "ifeval", "--data", tmp_path / "no.jsonl", "--engine", f"scripted:{policy}"
    )
    assert shown.exit_code != 0
    assert "there is no such file" in str(shown.exception or shown.output)


def test_a_language_without_rules_and_a_folder_are_one_line(tmp_path, files):
    data, policy = files
    words = ("bench", "ifeval", "--engine", f"scripted:{policy}", "-o", tmp_path / "run")
    shown = veriloop(*words, "--data", data, "--language", "xx")
    assert "language is one of en, zh, " in str(shown.exception)
    assert "name a JSONL file (it holds ifeval.jsonl)" in str(
        veriloop(*words, "--data", tmp_path).exception
    )
    assert not (tmp_path / "run").exists()
