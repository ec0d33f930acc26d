"""What options name: models of the embedded world, problem sources, verifiers and their engines."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.cli import app
from veriloop.cli.opening import (
    engine,
    model_path,
    problem_source,
    remembered,
)
from veriloop.cli.options import engines_known
from veriloop.cli.verifying import VerifierOptions, verifier
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError, StoreError
from veriloop.protocols import Request, Sampling
from veriloop.text.answer_rules import AnswerRule
from veriloop.verify import KINDS


def opened(kind, options, out):
    async def work():
        async with verifier(kind, options, out) as made:
            return made

    return asyncio.run(work())


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"*": ["one", "two"]}))
    return f"scripted:{path}"


def test_models_of_the_embedded_world_are_folders_and_others_stay_as_they_are():
    assert model_path("abacus:judge") == str(checkpoint("judge"))
    assert model_path("Qwen@http://localhost:8000") == "Qwen@http://localhost:8000"
    with pytest.raises(InputError, match="no checkpoint 'teacher'; Abacus ships policy, judge"):
        model_path("abacus:teacher")


def test_a_folder_below_a_file_is_one_clear_line(spec, tmp_path):
    (tmp_path / "file").write_text("")

    async def work():
        async with remembered(spec, tmp_path / "file" / "out"):
            pass

    with pytest.raises(StoreError, match=r"out: cannot be written to .* choose another folder"):
        asyncio.run(work())


def test_problems_of_the_embedded_world_by_split(tmp_path):
    train, held = (
        problem_source("abacus", count=5, split=split, seed=1, out=tmp_path)
        for split in ("train", "heldout")
    )
    assert len(train.problems) == len(held.problems) == 5
    assert not {p.text for p in train.problems} & {p.text for p in held.problems}
    assert train.summary() == ""
    with pytest.raises(InputError, match="'test'"):
        problem_source("abacus", count=5, split="test", seed=1, out=tmp_path)


def test_problems_of_a_set_carry_its_rules(tmp_path):
    source = tmp_path / "set.jsonl"
    source.write_text(json.dumps({"question": "How many?", "answer": "1,2"}) + "\n")
    found = problem_source(
        str(source), count=5, split="", seed=0, out=tmp_path, set_name="college_math"
    )
    rule = AnswerRule.of(found.problems[0])
    assert rule is not None
    assert (found.problems[0].task, rule.several) == ("college_math", "any")


def test_problems_of_a_file_say_where_bad_rows_went(tmp_path):
    source = tmp_path / "set.jsonl"
    rows = [{"question": f"{i} + 1?", "answer": f"...\n#### {i + 1}"} for i in range(3)]
    source.write_text("\n".join([*map(json.dumps, rows), json.dumps({"question": "?"})]))
    found = problem_source(str(source), count=9, split="train", seed=0, out=tmp_path)
    assert [p.reference for p in found.problems] == ["1", "2", "3"]
    assert "row 4" in found.summary()
    assert found.saved is not None
    assert str(found.saved) in found.summary()


def test_an_engine_remembers_its_calls_beside_the_records(spec, tmp_path):
    async def ask():
        async with remembered(spec, tmp_path / "out") as model:
            return await model.generate(Request("anything", n=2))

    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert [c.text for c in first.completions] == ["one", "two"]
    assert (first.cached, second.cached) == (0, 2)
    assert (tmp_path / "out" / "calls.sqlite").is_file()
    assert isinstance(engine(spec), Scripted)


@pytest.mark.parametrize(
    "kind", ["montecarlo", "judge", "min-token-probability", "pairwise", "pointwise"]
)
def test_verifiers_that_ask_a_model_need_one(kind, spec, tmp_path):
    with pytest.raises(InputError, match="--engine"):
        opened(kind, VerifierOptions(), tmp_path)
    made = opened(kind, VerifierOptions(engine=spec, k=3, seed=4, max_tokens=9), tmp_path)
    assert KINDS[kind] == f"{type(made).__module__}:{type(made).__name__}"


def test_options_reach_the_verifier(spec, tmp_path):
    options = VerifierOptions(spec, None, 3, "soft", 0.5, 9, "judge_bare", 4)
    mc = opened("montecarlo", options, tmp_path)
    assert (mc.k, mc.estimate, mc.seed, mc.sampling) == (3, "soft", 4, Sampling(9, 0.5))
    judge = opened("judge", options, tmp_path)
    assert (judge.prompt, judge.seed, judge.sampling) == ("judge_bare", 4, Sampling(9, 0.0))


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("process", VerifierOptions(), "--checkpoint"),
        ("guess", VerifierOptions(), "no verifier 'guess'.*montecarlo.*gold"),
        ("montecarlo", VerifierOptions(engine="SPEC", estimate="fuzzy"), "hard or soft"),
    ],
)
def test_what_cannot_be_opened_says_what_to_write(kind, options, said, spec, tmp_path):
    if options.engine:
        options = VerifierOptions(engine=spec, estimate=options.estimate)
    with pytest.raises(InputError, match=said):
        opened(kind, options, tmp_path)


@pytest.mark.parametrize(
    ("kind", "prompt", "said"),
    [
        ("judge", "judj", "no prompt 'judj' in veriloop.verify: there is .*, judge, judge_bare"),
        ("pointwise", "pairwise", "the template declares first, problem, second"),
        ("pairwise", "judge_bare", "the template declares paragraphs, problem"),
    ],
)
def test_a_prompt_that_cannot_be_asked_with_is_told_at_once(kind, prompt, said, spec, tmp_path):
    with pytest.raises(InputError, match=said):
        opened(kind, VerifierOptions(engine=spec, prompt=prompt), tmp_path)


def test_gold_and_answer_need_nothing(tmp_path):
    assert opened("gold", VerifierOptions(), tmp_path).name == "gold"
    assert opened("answer", VerifierOptions(), tmp_path).name == "answer"
    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    "command",
    ["bench pmmeval --model", "bench ifeval --data none.jsonl --engine", "sample --problems . --engine",
     "bench humaneval none.jsonl --engine", "bench codeelo none --engine", "bench critique --model",
     "bench best-of-n --engine", "bench processbench --data none --critic", "label --policy",
     "label --judge", "verify judge --problems . --solutions . --engine", "run prm --policy",
     "run codeelo --engine", "search beam --problems . --prm none --engine",
     "search refine --problems . --verifier answer --engine",
     "search refine --problems . --engine m@http://h --verifier"],
)  # fmt: skip
def test_an_engine_that_is_none_is_told_before_anything_is_read(command, tmp_path):
    spec = "critic:" if command.endswith("--verifier") else ""
    words = [*command.split(), f"{spec}gtp:4", "-o", str(tmp_path / "out")]
    shown = CliRunner().invoke(app, words)
    assert str(shown.exception).startswith("'gtp' in 'gtp:4' is no kind of engine"), shown.output
    assert not (tmp_path / "out").exists()


def test_every_engine_of_an_option_is_looked_at(spec):
    words = ["bench", "pmmeval", "--model", spec, "--model", "m@http://h?retries=x"]
    assert "retries='x'" in str(CliRunner().invoke(app, words).exception)
    assert "Abacus ships" in str(CliRunner().invoke(app, [*words[:-1], "abacus:teacher"]).exception)
    assert engines_known([spec, "abacus:policy", "m@http://h?retries=1", ""])[0] == spec
    assert engines_known("") == ""
    assert engines_known(None) is None


def test_a_folder_in_place_of_a_file_says_what_it_holds(spec, tmp_path):
    words = ["bench", "humaneval", str(tmp_path), "--engine", spec, "-o", str(tmp_path / "out")]
    assert "this is a folder; name a file (it holds no .jsonl)" in str(
        CliRunner().invoke(app, words).exception
    )
    (tmp_path / "a.jsonl").touch()
    assert "name a file (a.jsonl)" in str(CliRunner().invoke(app, words).exception)


@pytest.mark.parametrize("command", ["sample --engine abacus:policy", "verify answer", "label"])
def test_records_are_looked_for_in_folders_that_are_there(command, tmp_path):
    (tmp_path / "file").touch()
    for name, says in (
        ("none", "none: there is no such folder"),
        ("file", "file: this is a file, "),
    ):
        words = [*command.split(), "--problems", str(tmp_path / name), "-o", str(tmp_path / "out")]
        assert says in str(CliRunner().invoke(app, words).exception)
