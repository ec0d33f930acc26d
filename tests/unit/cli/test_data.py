"""veriloop data: formats there and back from the command line, and bad input in one line."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.store.formats import KINDS


def veriloop(*words):
    return CliRunner().invoke(app, ["data", *map(str, words)], catch_exceptions=False)


def test_formats_are_listed():
    lines = veriloop("formats").output.splitlines()
    assert [line.split()[0] for line in lines] == list(KINDS)
    assert "one problem a row: question, reasoning_steps (a list)" in lines[1]


def test_convert_says_what_it_did(request, tmp_path):
    source = request.config.rootpath / "tests/data/prm800k_sample.jsonl"
    told = veriloop("convert", source, "--to", "veriloop", "-o", tmp_path / "records").output
    assert told.splitlines() == [
        f"labelled solutions read from {source}: 3 by human",
        f"written to {tmp_path / 'records'} as veriloop: 3 problems, 3 solutions, 3 verdicts",
    ]
    out = tmp_path / "trl.jsonl"
    told = veriloop(
        "convert", source, "--from", "prm800k", "--alternatives", "--to", "trl", "-o", out
    ).output
    assert told.splitlines()[1] == f"written to {out} as trl: 21 rows, 21 solutions"
    assert len(out.read_text().splitlines()) == 21


def test_convert_says_what_was_lost(tmp_path):
    rows = [
        {"question": "a", "steps": ["1"], "scores": [0.5]},
        {"question": "b", "steps": ["1"], "scores": [7]},
    ]
    source, out = tmp_path / "set.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    told = veriloop("convert", source, "--to", "math-shepherd", "-o", out).output
    assert told.splitlines()[2:] == [
        f"set aside 1 row: {source}, row 2, field 'scores[0]': expected a number from 0 to 1, got 7; "
        f"all in {tmp_path / 'set.jsonl.quarantine.jsonl'}",
        f"left out 1 solution, all in {out}.left_out.jsonl:",
        "  1: math-shepherd: step_scores: expected labels of 0 or 1 (a threshold makes them)",
    ]


def test_bad_input_is_one_line_and_exit_code_2(tmp_path):
    source = tmp_path / "set.jsonl"
    source.write_text('{"a": 1}\n')
    for words, message in (
        ((source, "--to", "trl"), f"{source}, row 1: unknown format with the columns a; known are"),
        ((source, "--to", "csv"), "there is no format 'csv'; there are bigbench-mistake"),
        ((tmp_path / "absent.json", "--to", "trl"), "there is no such file or folder"),
        ((source, "--to", "trl", "--alternatives"), "--alternatives"),
    ):
        with pytest.raises(InputError) as refused:
            veriloop("convert", *words, "-o", tmp_path / "out.jsonl")
        (line,) = str(refused.value).splitlines()
        assert message in line
        assert not (tmp_path / "out.jsonl").exists()
    command = [sys.executable, "-m", "veriloop.cli", "data", "convert", *map(str, words)]
    made = subprocess.run(
        [*command, "-o", str(tmp_path / "out.jsonl")], capture_output=True, text=True
    )
    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr == f"veriloop: {line}\n"
