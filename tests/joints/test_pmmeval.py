"""P-MMEval from files to a page: an oracle is right everywhere, a guesser is at chance, models join later."""

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.bench.clustered import clustered_mean
from veriloop.bench.pmmeval.alignment import align
from veriloop.bench.pmmeval.outcomes import Outcome
from veriloop.bench.pmmeval.prompting import asked
from veriloop.bench.pmmeval.reading import read_pmmeval
from veriloop.bench.pmmeval.scorers import JUDGES, judge_of
from veriloop.bench.pmmeval.summary import joined
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.bench.statistics import Bootstrap
from veriloop.cli import app

ROOT = Path(__file__).resolve().parents[2]
MINIATURE = ROOT / "tests/data/pmmeval"
SHARED = ROOT.parent / "shared/data"
CHANCE = {"xnli": 1 / 3, "mhellaswag": 1 / 4, "mlogiqa": 1 / 4, "mmmlu": 1 / 4}
spec = importlib.util.spec_from_file_location("oracle", Path(__file__).parent / "pmmeval_oracle.py")
assert spec is not None
assert spec.loader is not None
ORACLE = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ORACLE)


def bench(*arguments):
    said = CliRunner().invoke(app, ["bench", "pmmeval", "-q", *map(str, arguments)])
    assert said.exit_code == 0, said.output
    return said.output


def scripted(path, answer):
    """An engine that gives each item of the miniature its answer, as it is asked in any setting."""
    items = [i for own in read_pmmeval(str(MINIATURE)).items.values() for i in own]
    table = {
        asked(item, setting).prompt[-1].content: answer(item)
        for item in items
        for setting in ("en", "native")
    }
    path.write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    return f"scripted:{path}"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The oracle's run over the miniature: all tasks, all languages."""
    folder = tmp_path_factory.mktemp("pmmeval")
    model = scripted(folder / "oracle.json", ORACLE.right_answer)
    said = bench("--model", model, "--data", MINIATURE, "--out", folder / "run")
    return folder, said, json.loads((folder / "run/result.json").read_text(encoding="utf-8"))


def test_the_oracle_is_right_in_every_task_and_language_under_fixed(run):
    _, _, result = run
    (fixed,) = (one for one in result["scored"] if one["scoring"] == "fixed")
    assert set(fixed["means"]["sets"]) == set(TASKS)
    places = fixed["means"]["languages"]
    assert {place.split("/")[1] for place in places} == set(LANGUAGES)
    assert not {place: m["value"] for place, m in places.items() if m["value"] < 99.999}
    assert fixed["lost"] == 0


def test_official_scoring_denies_the_oracle_what_is_right(run):
    """Whole functions in JavaScript, and at least one instruction, are wrong to the official harness."""
    _, _, result = run
    (official,) = (one for one in result["scored"] if one["scoring"] == "official")
    assert official["parts"]["sets"]["humaneval_xl, javascript"]["value"] == 0
    for task in ("xnli", "mlogiqa", "mmmlu", "mgsm", "flores"):
        assert official["means"]["sets"][task]["value"] == pytest.approx(100)


def test_terminal_page_and_files(run):
    folder, said, result = run
    assert all(len(line) <= 80 for line in said.splitlines() if not line.startswith("report:"))
    assert (folder / "run/report.html").stat().st_size > 50_000
    rows = [
        json.loads(line) for line in (folder / "run/scores.jsonl").read_text("utf-8").splitlines()
    ]
    assert {row["set"] for row in rows} == set(TASKS)
    assert len(rows) == sum(
        one["means"]["sets"][t]["n"] for one in result["scored"] for t in TASKS if one["scoring"] == "fixed"
    )  # fmt: skip
    assert [c["kind"] for c in result["contrasts"]] == ["scorings"]
    assert result["transfers"]


def test_another_model_and_another_prompt_join_an_earlier_run(run):
    folder, _, _ = run
    model = scripted(folder / "guess.json", lambda item: ORACLE.guess(item, 0))
    bench("--model", model, "--name", "guess-7b", "--data", MINIATURE, "--tasks", "xnli,mlogiqa",
          "--prompt", "en", "--prompt", "native", "--out", folder / "two",
          "--beside", folder / "run")  # fmt: skip
    result = json.loads((folder / "two/result.json").read_text(encoding="utf-8"))
    (models,) = (c for c in result["contrasts"] if c["kind"] == "models")
    assert models["held"] == "prompt en"
    assert abs(models["sets"]["xnli"]["difference"]["value"]) > 30
    (settings,) = (c for c in result["contrasts"] if c["kind"] == "settings")
    assert settings["held"] == "guess-7b"
    lines = (folder / "two/scores.jsonl").read_text("utf-8").splitlines()
    assert len({json.loads(line)["system"] for line in lines}) == 3


@pytest.fixture(scope="module")
def whole_sets():
    """Everything that is answered in text and lies beside the checkout."""
    if not (SHARED / "pmmeval").is_dir():
        pytest.skip("needs ../shared/data/pmmeval")
    return read_pmmeval(str(SHARED), tasks=tuple(JUDGES)).items


def test_the_oracle_over_the_whole_sets(whole_sets):
    """Every row that is here, but every 8th of FLORES; programs are judged in the miniature."""
    wrong = []
    for (task, language), own in whole_sets.items():
        for item in own[:: 8 if task == "flores" else 1]:
            problem, answer = asked(item, "en"), ORACLE.right_answer(item)
            if judge_of(task)(problem, answer, "fixed").value != pytest.approx(1.0):
                wrong.append((task, language, item.row))
    assert not wrong


def test_a_guesser_is_at_chance_within_its_interval(whole_sets):
    found = {task: [] for task in CHANCE}
    places = {place: own for place, own in whole_sets.items() if place[0] in CHANCE}
    for (task, language), own in align(places).items.items():
        for item in own:
            problem = asked(item, "en")
            judged = judge_of(task)(problem, ORACLE.guess(item, 1), "fixed")
            found[task].append(
                Outcome(task, language, item.row, problem.id, judged, item.uid, item.subset)
            )
    for task, outcomes in found.items():
        scores, _ = joined("guess", outcomes, lambda o: [(o.task, o.value)])
        mean = clustered_mean(scores, bootstrap=Bootstrap(level=0.99)).estimate
        assert mean.n > 100
        assert mean.low < 100 * CHANCE[task] < mean.high, task
