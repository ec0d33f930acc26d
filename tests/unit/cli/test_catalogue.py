"""veriloop catalogue: rows listed in 80 columns, filtered, shown whole, as JSON and as a page."""

import json
import re

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError
from veriloop.recipes.catalogue.rows import read_rows


def veriloop(*words):
    result = CliRunner().invoke(app, ["catalogue", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_all_rows_are_listed_in_80_columns():
    lines = veriloop()
    assert max(map(len, lines)) <= 80
    states = [line.split()[-1] for line in lines if re.search(r" (runs|lacks)$", line)]
    assert len(states) == 33
    assert lines[-1] == (
        f"33 rows: {states.count('runs')} run, {states.count('lacks')} lack a part."
    )
    assert any(line.startswith("    - search: contrasting principles") for line in lines)


def test_filters_together_leave_what_fits_all_of_them():
    lines = veriloop("--task", "rag", "--feedback", "imitation", "--runs")
    assert [line.split()[0] for line in lines[1:-2]] == ["CAG"]
    assert lines[-1] == "1 of 33 rows: 1 run, 0 lack a part."
    tree = veriloop("--search", "tree", "--verifier", "orm", "--lacks")
    assert tree[1].startswith("LLaMA-Berry")


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.names[0])
def test_one_row_is_shown_whole_in_80_columns(row):
    lines = veriloop(row.names[-1])
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert text.startswith(row.names[0])
    if row.runs:
        assert f"search {row.parts['search']['kind']}(" in text
        assert "needs" in text
    else:
        assert all(" ".join(one.why.split()) in text for one in row.lacks)


def test_json_holds_the_whole_row():
    (row,) = json.loads("\n".join(veriloop("rft", "--json")))
    assert row["names"] == ["STaR", "RFT", "WizardMath"]
    assert row["parts"]["search"] == {"kind": "sample", "n": 4}
    assert row["needs"] == ["equality", "policy"]
    assert len(json.loads("\n".join(veriloop("--json")))) == 33


def test_a_page_draws_the_grid(tmp_path):
    page = tmp_path / "catalogue.html"
    assert veriloop("--report", page)[-1] == f"page: {page}"
    text = page.read_text()
    assert text.count("<rect") > 90
    assert "linear search" in text
    assert "Chain of Preference Optimization" in text


def test_a_page_of_a_shorter_list_still_shows_the_whole_catalogue(tmp_path):
    """A grid of the rows of one task would call squares that other rows fill not listed."""
    whole, some = tmp_path / "a" / "page.html", tmp_path / "b" / "page.html"
    for page, words in ((whole, ()), (some, ("--task", "code"))):
        page.parent.mkdir()
        veriloop(*words, "--report", page)
    assert some.read_text() == whole.read_text()


def test_own_rows_are_listed_from_their_file(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(
        '[[method]]\nnames = ["Mine"]\npapers = [""]\nsearch = "tree"\nverifiers = ["PRM"]\n'
        'feedback = "imitation"\ntasks = ["math"]\nforms = ["score"]\ngranularities = ["step"]\n'
        '[[method.lacks]]\nroom = "verify"\npart = "luck"\nwhy = "there is none"\n'
    )
    assert veriloop("--rows", own)[-1] == "1 rows: 0 run, 1 lack a part."


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--task", "cooking"), "--task is one of alignment, code, general"),
        (("--verifier", "oracle"), "--verifier is one of golden annotation"),
        (("RLHP",), "did you mean RLHF"),
        (("STaR", "--task", "code"), "is in the catalogue, and the other options leave it out"),
        (("--rows", "absent.toml"), "absent.toml: cannot be read"),
    ],
)
def test_bad_input_is_one_line(words, says):
    with pytest.raises(InputError, match=re.escape(says)):
        CliRunner().invoke(app, ["catalogue", *words], catch_exceptions=False)
