"""The tutorial does what it says: its blocks of Python run in order, and its verifier has under 40 lines."""

import ast
import re
from pathlib import Path

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
