"""``veriloop bench select``: from score tables to verdicts, numbers and a page; and what it cannot read."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from veriloop.bench.parallel import ParallelScores
from veriloop.bench.score_tables import write_scores
from veriloop.cli import app
from veriloop.errors import InputError

SYSTEMS = ("f1:8b", "f1:70b", "f2-1B", "f2-9B")


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    generator = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("scores")
    systems = []
    for name, share in zip(SYSTEMS, (0.3, 0.7, 0.4, 0.8), strict=True):
        table = {
            (key, code): {
                str(i): float(v) for i, v in enumerate(generator.random(n) < (at or share))
            }
            for key, n, at in (("keep", 60, None), ("drop", 30, 0.5))
            for code in ("en", "ar", "es", "fr", "ja", "ko")
        }
        systems.append(ParallelScores(name, table))
    (root / "run").mkdir()
    write_scores(root / "run" / "scores.jsonl", systems[:2])
    write_scores(root / "others.csv", systems[2:])
    return [root / "run", root / "others.csv"]


def command(out, *words):
    return CliRunner().invoke(
        app, ["bench", "select", "-o", str(out), "--resamples", "50", *map(str, words)]
    )


PAIRS = ("--pair", "f1:8b:f1:70b", "--pair", "f2-1B:f2-9B")


def test_sets_are_kept_or_dropped_in_80_columns(scores, tmp_path):
    result = command(tmp_path / "out", *scores, *PAIRS)
    assert result.exception is None, result.exception
    told = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert told["kept"] == {"paper": ["keep"], "directed": ["keep"], "strict": ["keep"]}
    assert told["pairs"] == ["f1:8b:f1:70b", "f2-1B:f2-9B"]
    assert told["sets"][0]["languages"] == ["en", "ar", "es", "fr", "ja"]
    assert max(map(len, result.stdout.splitlines()[:-2])) <= 80
    assert "does not say how languages are joined" in result.stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "rule keeps 1 of 2 sets (keep)" in page


def test_options_reach_the_test(scores, tmp_path):
    words = ("--languages", "ko,en", "--pool", "per_language_any", "--limit", "20", "--seed", "5")
    result = command(tmp_path / "out", *scores, *PAIRS, *words, "--one-sided", "--alpha", "0.001")
    assert result.exception is None, result.exception
    told = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert told["criterion"] == {
        "alpha": 0.001,
        "pool": "per_language_any",
        "one_sided": True,
        "languages": ["ko", "en"],
        "others": 4,
        "limit": 20,
        "seed": 5,
        "power": 0.8,
    }
    assert told["sets"][0]["pairs"][0]["pooled"]["compared"]["difference"]["n"] == 40


def test_bad_rows_are_set_aside_and_told(scores, tmp_path):
    with_bad = tmp_path / "others.csv"
    with_bad.write_bytes(scores[1].read_bytes() + b"keep,en,x,f2-1B,12\n")
    result = command(tmp_path / "out", scores[0], with_bad, *PAIRS)
    assert result.exception is None, result.exception
    assert "set aside 1 row: " in result.output
    assert (tmp_path / "out" / "scores.quarantine.jsonl").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--pair", "f1:8b"),
            "'f1:8b' is no two systems of these scores; there are 'f1:70b', 'f1:8b'",
        ),
        (("--pair", "f1:8b:f3"), "is no two systems"),
        (("--pair", "f1:8b:f1:70b", "--pool", "mixed"), "--pool is one of"),
        (("--pair", "f1:8b:f1:70b", "--languages", "en,,zh"), "--languages is a list"),
        (("--pair", "f1:8b:f1:70b", "--languages", "xx"), "no set has the language 'xx'"),
        (("--pair", "f1:8b:f1:8b"), "two models"),
    ],
)
def test_bad_options_are_one_clear_line(scores, tmp_path, words, says):
    result = command(tmp_path / "out", *scores, *words)
    assert isinstance(result.exception, InputError)
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_pair_that_can_be_read_in_two_ways_is_refused(tmp_path):
    table = {("s", "en"): {"1": 1.0, "2": 0.0}}
    systems = [ParallelScores(name, table) for name in ("a", "a:b", "b:c", "c")]
    write_scores(tmp_path / "scores.jsonl", systems)
    result = command(tmp_path / "out", tmp_path / "scores.jsonl", "--pair", "a:b:c")
    assert "can be read in several ways" in str(result.exception)


def test_no_such_file(tmp_path):
    result = command(tmp_path / "out", tmp_path / "none.jsonl", "--pair", "a:b")
    assert "no such file of scores" in str(result.exception)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score": 100}, "2 of 4 scores are not in [0, 1], and a test of the others would mislead"),
        ({"uid": None}, "no score of these pairs has a uid"),
    ],
)
def test_a_table_that_would_mislead_is_refused(tmp_path, change, says):
    good = [
        {"set": "s", "language": "en", "uid": f"u{i}", "system": name, "score": i}
        for name in ("a", "b")
        for i in range(2)
    ]
    rows = [{**row, **change} if "uid" in change or row["score"] else row for row in good]
    path = tmp_path / "scores.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = command(tmp_path / "out", path, "--pair", "a:b")
    assert isinstance(result.exception, InputError)
    assert says in str(result.exception)
    assert not (tmp_path / "out" / "report.html").exists()
