"""Problems shown, saved and verified from the command line; and every command of docs/problems.md runs as written."""

import json
import re
import shlex
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.codejudge.comparators import KINDS
from veriloop.codejudge.set_layouts import LAYOUTS
from veriloop.codejudge.submissions import FOLDERS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "tests/data/code_contests_sample.jsonl"


def run(words, home):
    return CliRunner().invoke(app, words, env={"XDG_CACHE_HOME": str(home)})


def test_the_page_runs_as_it_is_written(tmp_path):
    """Its files are written, its commands run in order; each accepts, shows or saves what the page says."""
    for name in ("tests", "veriloop"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name, text in re.findall(
        r"^`([\w./]+)`\n\n```\w*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert len(commands) == PAGE.count("\nveriloop ") == 9
    python = re.findall(r"^```python\n(from veriloop.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with chdir(tmp_path):
        for command in commands:
            shown = run(command[1:], tmp_path / "cache")
            assert shown.exit_code == 0, (command, shown.output)
        for block in python:
            scope = {}
            exec(block, scope)
            assert [p.name for p in scope["problems"]] == ["1000_A", "1025_B", "1045_D"]
            assert scope["bad"] == []


def test_the_page_names_everything_there_is():
    for name in [*KINDS, *FOLDERS]:
        assert re.search(rf"`{name}[`:]", PAGE), name
    for layout in LAYOUTS:
        assert all(f"`{column}`" in PAGE for column in layout.columns), layout.name


def test_a_name_cannot_talk_to_the_terminal(tmp_path):
    (path := tmp_path / "set.jsonl").write_text(
        json.dumps(
            {"problem_id": "a\0\x1b[31m\nb", "input_output": {"inputs": ["1"], "outputs": ["1"]}}
        )
    )
    shown = run(["judge", "problems", str(path)], tmp_path)
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) == 2
    assert not set("\0\x1b") & set(shown.stdout)


def test_bad_rows_are_shown_and_the_rest_too(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_bytes(SAMPLE.read_bytes() + b"{\n")
    shown = run(["judge", "problems", str(path), "--json"], tmp_path)
    assert shown.exit_code == 2
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(row["name"], row["tests"], row["guessed"]) for row in rows] == [
        ("1000_A", 6, False),
        ("1025_B", 6, True),
        ("1045_D", 6, True),
    ]
    assert f"{path}, row 4: not JSON" in shown.stderr


def package(root, **files):
    plain = {"data/secret/1.in": "1", "data/secret/1.ans": "1", ".timelimit": "1"}
    for name, text in (plain | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return str(root)


def test_a_package_whose_program_is_misplaced_is_found_out(tmp_path):
    files = {"submissions/wrong_answer/right.py": "print(1)"}
    shown = run(["judge", "verify", package(tmp_path / "p", **files)], tmp_path / "cache")
    assert shown.exit_code == 1
    assert re.search(r"wrong_answer/right.py +AC +must be WA PE\n0 of 1 submissions", shown.stdout)


def test_a_validator_that_breaks_is_the_judges_failure(tmp_path):
    files = {
        "submissions/accepted/a.py": "print(1)",
        "output_validators/v.py": "raise SystemExit(1)",
    }
    shown = run(["judge", "verify", package(tmp_path / "p", **files)], tmp_path / "cache")
    assert shown.exit_code == 3
    assert re.search(r"accepted/a.py +JE +the judge failed on secret/1:\n .*code 1", shown.stdout)


@pytest.mark.parametrize("command", ["save", "verify", "problems"])
def test_what_is_not_there_is_one_line(tmp_path, command):
    extra = [str(tmp_path / "new")] if command == "save" else []
    shown = run(["judge", command, str(tmp_path / "absent"), *extra], tmp_path)
    assert "absent" in str(shown.exception) + shown.output
    assert shown.exit_code != 0
