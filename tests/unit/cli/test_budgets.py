"""A run under a budget: what it says, how it exits, and that it goes on under a larger one."""

import json

import pytest
import typer
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.cli.budgets import open_purse, say_spent
from veriloop.engines.budget import Purse
from veriloop.errors import InputError
from veriloop.records import Solution
from veriloop.runs.stages import read_all
from veriloop.store.cache import Cache, Spent


@pytest.fixture
def spec(tmp_path):
    """Answers of two words to questions of one, each asked for with 8 words at most."""
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({f"q{i}": ["four words"] for i in range(9)}))
    rows = [{"question": f"q{i}", "answer": f"#### {i}"} for i in range(9)]
    (tmp_path / "p.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    ran("problems", tmp_path / "p.jsonl", "--out", tmp_path / "problems")
    return f"scripted:{path}"


def ran(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def sample(tmp_path, spec, *more, code=0):
    where = ["--problems", tmp_path / "problems", "--engine", spec, "--out", tmp_path / "out"]
    return ran("sample", *where, "--n", 1, "--max-tokens", 8, "--quiet", *more, code=code)


def test_a_run_stops_at_its_budget_with_exit_code_3_and_goes_on_under_a_larger_one(tmp_path, spec):
    stopped = sample(tmp_path, spec, "--max-tokens-total", 60, code=3)
    told = " ".join(stopped.output.split())
    assert "dropped: budget spent" in told
    assert "of 60 tokens" in told
    assert "run the same command again with a larger --max-tokens-total" in told
    kept = read_all(tmp_path / "out", Solution)
    assert 0 < len(kept) < 9
    spent = Cache(tmp_path / "out" / "calls.sqlite").spent()
    assert 0 < spent.tokens <= 60

    again = sample(tmp_path, spec, "--max-tokens-total", 60, code=3)  # earlier starts count
    assert "of 60 tokens" in again.output
    assert len(read_all(tmp_path / "out", Solution)) == len(kept)

    whole = sample(tmp_path, spec, "--max-tokens-total", 10_000)
    assert "dropped" not in whole.output
    assert "of 10,000 tokens" in whole.output
    assert len(read_all(tmp_path / "out", Solution)) == 9
    assert Cache(tmp_path / "out" / "calls.sqlite").paid_twice() == 0


def test_all_memories_below_a_folder_count(tmp_path):
    for name in ("", "a/b"):
        cache = Cache(tmp_path / name / "calls.sqlite")
        cache.start(["k"])
        cache.put_many({"k": {"text": "t", "tokens": 3, "prompt_tokens": 4, "usd": 0.5}})
        cache.close()
    assert open_purse(tmp_path, 100, None) == Purse(100, None, Spent(2, 14, 1.0))
    assert open_purse(tmp_path, None, None) is None
    assert open_purse(tmp_path / "new", None, 2.0) == Purse(None, 2.0)


def test_nothing_refused_is_no_error(capsys):
    say_spent(None)
    say_spent(Purse(10, spent=Spent(1, 4, 0.0)))
    assert capsys.readouterr().err == "spent 4 of 10 tokens\n"
    with pytest.raises(typer.Exit) as stopped:
        say_spent(Purse(10, spent=Spent(1, 4, 0.0), refused=1))
    assert stopped.value.exit_code == 3


def test_dollars_need_a_price(tmp_path, spec):
    where = ["--problems", tmp_path / "problems", "--engine", spec, "--out", tmp_path / "out"]
    words = [str(word) for word in ["sample", *where, "--max-usd", "1"]]
    error = CliRunner().invoke(app, words).exception
    assert isinstance(error, InputError)
    assert "cannot be opened: a budget in dollars needs the engine's price" in str(error)
