"""The tutorial does what it says: its blocks of Python run in order, and its verifier has under 40 lines."""

import ast
import re
import sys
from pathlib import Path

from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.records import Problem, Solution, Verdict
from veriloop.runs.stages import read_all
from veriloop.store.pieces import Table
from veriloop.testing import sample_groups

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial_verifier.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_the_verifier_has_under_40_lines():
    verifier = BLOCKS[0]
    assert "async def verify" in verifier
    assert len([line for line in verifier.splitlines() if line.strip()]) < 40


def test_every_block_runs_and_gives_what_the_page_promises(capsys):
    namespace = {"__name__": "tutorial"}
    for number, block in enumerate(BLOCKS):
        exec(compile(ast.parse(block), f"{PAGE.name}, block {number}", "exec"), namespace)
    lines = capsys.readouterr().out.splitlines()
    assert ast.literal_eval(lines[-1]) == [1.0, 0.0, None]
    assert {line.split()[0] for line in lines[:-1]} == {"-", "arithmetic"}
    found = namespace["found"]
    assert set(found) == {"best of 4", "refine", "beam"}
    assert {s.problem for s in found.values()} == {namespace["problems"][0].id}
    table = namespace["table"]
    assert (table.problems, table.left_out) == (4, 0)


def test_the_verifier_runs_from_the_command_line_under_its_name(tmp_path):
    (tmp_path / "my_package.py").write_text(BLOCKS[0], encoding="utf-8")
    groups, folder = sample_groups(), tmp_path / "run"
    Table(folder / "p" / "problems", Problem).write_piece(0, [g.problem for g in groups])
    solutions = [s for g in groups for s in g.solutions]
    Table(folder / "s" / "solutions", Solution).write_piece(0, solutions)
    words = ["verify", "my_package:Arithmetic", "--quiet", "--problems", folder / "p"]
    words += ["--solutions", folder / "s", "--out", folder / "v"]
    sys.path.insert(0, str(tmp_path))
    try:
        result = CliRunner().invoke(app, [str(word) for word in words])
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("my_package", None)
    assert result.exit_code == 0, result.output
    found = {v.solution: v.value for v in read_all(folder / "v", Verdict)}
    assert [found[s.id] for s in solutions] == [1.0, 0.0, 1.0, 0.0]
