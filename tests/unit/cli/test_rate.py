"""``veriloop rate``: its four commands on the shipped contest and on small folders, and what cannot be rated."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError

DATA = Path(__file__).parents[2] / "data"
CONTEST = DATA / "contests" / "1342.csv.gz"
LISTS = DATA / "verdict_lists.jsonl"


def rate(*words):
    return CliRunner().invoke(app, ["rate", *map(str, words)])


def ran(*words):
    result = rate(*words)
    assert result.exception is None, result.exception
    lines = [row for row in result.stdout.splitlines() if not row.startswith(("report", "numbers"))]
    assert max(map(len, lines)) <= 80
    return result


def refused(*words):
    error = rate(*words).exception
    assert isinstance(error, InputError), error
    assert len(str(error).splitlines()) == 1
    return str(error)


def test_models_over_the_shipped_contest(tmp_path):
    result = ran("models", LISTS, "--contests", DATA / "contests", "-o", tmp_path)
    told = json.loads((tmp_path / "ratings.json").read_text(encoding="utf-8"))
    ratings = {(m["model"], m["language"]): m["rating"] for m in told["models"]}
    # bee solves four: the cap. ant solves A at the first attempt, B at the second, C at the seventh: 3 with 70.
    assert ratings["bee", "cpp"] == 2198
    assert ratings["ant", "cpp"] == 1964
    assert "2,198" in result.stdout
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!")


def test_every_option_changes_what_is_written(tmp_path):
    base = ["models", LISTS, "--contests", DATA / "contests", "--orders", "0", "--resamples", "10"]
    ran(*base, "-o", tmp_path / "a", "--bounds", "wide", "--place", "1", "--ratings", "calculated")
    wide = json.loads((tmp_path / "a" / "ratings.json").read_text())
    assert wide["rule"]["bounds"] == "wide"
    assert wide["rule"]["place"] == 1
    assert wide["rule"]["ratings"] == "calculated"
    assert wide["models"][0]["rating"] > 2198
    ran(*base, "-o", tmp_path / "b", "--score", "human-time", "--minutes", "3")
    timed = json.loads((tmp_path / "b" / "ratings.json").read_text())
    assert "taking 3 minutes, problems in sequence" in timed["rule"]["says"]
    (ant,) = [m for m in timed["models"] if (m["model"], m["language"]) == ("ant", "cpp")]
    # A at 3, B at 9 after a failure, C at 30 after six: 42 minutes and 70 of penalty
    assert (ant["contests"][0]["points"], ant["contests"][0]["penalty"]) == (3, 112)
    assert ant["rating"] < 1964
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"problem_id": "1342A", "rating": 1000, "tags": ["math"]}\n')
    ran(*base, "-o", tmp_path / "c", "--score", "expected-failures", "--problems", facts)
    shares = json.loads((tmp_path / "c" / "ratings.json").read_text())["models"][0]
    assert shares["pass_rate"]["medium"]["value"] == 100


def test_bad_rows_and_bad_contests_are_said_and_the_rest_is_rated(tmp_path):
    folder = tmp_path / "contests"
    folder.mkdir()
    for path in (DATA / "contests").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "7.csv").write_text("points,penalty,old_rating\n1,0,x\n")
    few = "points,penalty,old_rating\n" + "".join(f"{n},0,1500\n" for n in range(200))
    (folder / "8.csv").write_text(few)
    lists = tmp_path / "lists.jsonl"
    lists.write_text(LISTS.read_text(encoding="utf-8") + '{"model": "x"}\n', encoding="utf-8")
    result = ran("models", lists, "--contests", folder, "-o", tmp_path / "out")
    said = " ".join(result.stderr.split())
    assert "row 1, field 'old_rating'" in said
    assert "set aside 1 row" in said
    assert "contest 8: 200 rated rows" in " ".join(result.stdout.split())
    assert (tmp_path / "out" / "lists.jsonl.quarantine.jsonl").is_file()


def test_a_name_cannot_talk_to_the_terminal(tmp_path):
    lists = tmp_path / "lists.jsonl"
    row = {"model": "m\x1b[31m", "problem_id": "1342A", "language": "cpp", "verdicts": ["AC"]}
    lists.write_text(json.dumps(row) + "\n")
    made = ran("models", lists, "--contests", DATA / "contests", "-o", tmp_path / "out")
    assert "too low" in made.stdout
    assert "\x1b" not in made.stdout


def test_the_official_change_and_its_window(tmp_path):
    result = ran("change", CONTEST, "--top", "2", "-o", tmp_path / "changes.csv")
    assert "14,939 of 14,939 official changes are met exactly" in result.stdout
    assert "the published algorithm is exact there" in " ".join(result.stdout.split())
    rows = list(csv.DictReader((tmp_path / "changes.csv").read_text().splitlines()))
    assert len(rows) == 14_939
    assert (rows[0]["rank"], rows[0]["rating"], rows[0]["new"]) == ("1", "1927", "2273")


def test_a_later_contest_is_called_approximate(tmp_path):
    path = tmp_path / "1900.csv"
    path.write_text("points,penalty,old_rating,contests\n5,0,0,0\n3,0,1500,9\n1,0,1600,9\n")
    result = ran("change", path)
    told = " ".join(result.stdout.split())
    assert "Contests after 1354 (Educational 87) are approximate" in told
    assert "9.5 %" in told
    (first,) = [row.split() for row in result.stdout.splitlines() if row.startswith("1 ")]
    assert int(first[-1]) == 0 + 500 + int(first[-2])  # the bonus of the first contest


def test_a_virtual_participant_with_a_score_or_with_verdicts():
    """A at the first attempt, B at the second, C at the seventh is 3 solved with 70: the same row from either."""
    by_score = ran("replay", CONTEST, "--points", "3", "--penalty", "70", "--rating", "1400")
    by_lists = ran("replay", CONTEST, "--verdicts", LISTS, "--model", "ant", "--language", "cpp")
    row, other = (
        next(line.split() for line in r.stdout.splitlines() if line.startswith("1342"))
        for r in (by_score, by_lists)
    )
    assert row == other[:-1]
    assert int(other[-1].replace(",", "")) == 500 + int(row[-2])  # as shown: a new account
    folder = ran("replay", DATA / "contests", "--verdicts", LISTS, "--model", "bee")
    assert "1342" in folder.stdout


def test_a_replay_leaves_nothing_out_in_silence(tmp_path):
    for path in (DATA / "contests").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "7.csv").write_text("points,penalty,old_rating\n1,0,x\n")
    lists = tmp_path / "lists.jsonl"
    lists.write_text(LISTS.read_text(encoding="utf-8") + '{"model": "x"}\n', encoding="utf-8")
    words = ("replay", tmp_path, "--verdicts", lists, "--model", "bee")
    result = ran(*words)
    assert "7.csv, row 1, field 'old_rating'" in result.stderr
    assert "set aside 1 row" in result.stderr
    assert "shown" in result.stdout
    assert "shown" not in ran(*words, "--rating", "1900").stdout  # that is no new account


def test_the_leaderboard_with_and_without_own_models(tmp_path):
    assert "o1-mini" in ran("leaderboard").stdout
    ran("models", LISTS, "--contests", DATA / "contests", "-o", tmp_path, "--orders", "0")
    lines = ran("leaderboard", tmp_path / "ratings.json").stdout.splitlines()
    (mine,) = [i for i, row in enumerate(lines) if row.startswith("python · ant (here)")]
    (best,) = [i for i, row in enumerate(lines) if row.startswith("o1-mini")]
    assert mine < best


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["models", "none.jsonl", "--contests", DATA / "contests"], "no such file of verdicts"),
        (["models", LISTS, "--contests", "none"], "no such folder of contests"),
        (["models", LISTS, "--contests", DATA / "contests", "--score", "x"], "--score is one of"),
        (["models", LISTS, "--contests", DATA / "contests", "--bounds", "x"], "--bounds is"),
        (["change", "none.csv"], "no such file of a contest"),
        (["replay", CONTEST], "either --points"),
        (["replay", CONTEST, "--points", "1", "--verdicts", LISTS], "either --points"),
        (["replay", CONTEST, "--points", "nan"], "--points is a finite number"),
        (["replay", CONTEST, "--points", "1", "--penalty", "inf"], "--penalty is a finite number"),
        (["replay", CONTEST, "--points", "1", "--rating", "100000"], "--rating is from"),
        (
            ["replay", CONTEST, "--verdicts", LISTS],
            "there are ant in cpp, ant in python, bee in cpp",
        ),
        (["replay", CONTEST, "--verdicts", LISTS, "--model", "cow"], "no model 'cow'"),
        (["leaderboard", LISTS], "not a ratings.json"),
    ],
)
def test_what_cannot_be_done_is_one_line(words, says):
    assert says in refused(*words)
