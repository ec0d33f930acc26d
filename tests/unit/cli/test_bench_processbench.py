"""``veriloop bench processbench``: each way in, resuming, comparing, what is written, and no leak of the label."""

import asyncio
import importlib.util
import json
import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.bench.critic import VOTING, Critic
from veriloop.bench.processbench import judge_rows
from veriloop.cli import app
from veriloop.cli.scoring import Options, score
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError, RunStopped
from veriloop.store.processbench import SUBSETS, read_processbench
from veriloop.verify.judge import Judge
from veriloop.verify.process import Process

DATA = Path(__file__).parents[2] / "data" / "processbench_sample.json"
ENGINES = Path(__file__).parents[1] / "engines"


def load(name):
    spec = importlib.util.spec_from_file_location(name, ENGINES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOOPBACK, TINY, PUBLISHED = load("loopback"), load("tiny_reward"), load("tiny_published")
server = LOOPBACK.threaded


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "data", lambda row: row)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    base = TINY.save_checkpoint(tmp_path_factory.mktemp("base"), max_position_embeddings=8192)
    out = tmp_path_factory.mktemp("prm")
    ProcessRewardModel.create(base, head="linear", seed=4).save(out)
    return out


def write(folder, change):
    """The sample's rows, three of each subset, changed."""
    folder.mkdir()
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    for subset in SUBSETS:
        mine = [change(row) for row in raw if row["id"].startswith(f"{subset}-")]
        (folder / f"{subset}.json").write_text(json.dumps(mine), encoding="utf-8")
    return folder


def command(data, out, *words):
    asked = ["bench", "processbench", "--data", str(data), "-o", str(out), "--quiet", *words]
    return CliRunner().invoke(app, asked)


def ran(data, out, *words):
    result = command(data, out, *words)
    assert result.exception is None, result.exception
    *lines, last = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert last == f"report: {out / 'report.html'}"
    return json.loads((out / "result.json").read_text(encoding="utf-8")), result.stdout


def answers(body, count):
    del count
    text = body["messages"][-1]["content"]
    guess = len(text) % 3 - 1
    return LOOPBACK.chat(*[rf"{i}: \boxed{{{guess}}}" for i in range(body.get("n") or 1)])


def test_a_reward_model_a_second_run_without_it_and_a_comparison(data, tmp_path, checkpoint):
    told, output = ran(data, tmp_path / "a", "--prm", str(checkpoint))
    assert told["rule"] is None
    assert told["family"] == "prm"
    assert told["verifier"] == checkpoint.name
    assert sum(s["n"] for s in told["scores"]["subsets"]) == 12
    assert "F1 beside the papers' reward models" in output
    assert "Not comparable with published numbers: 12 of 3,400" in " ".join(output.split())
    assert (tmp_path / "a" / "report.html").is_file()
    pieces = sorted((tmp_path / "a" / told["records"]).iterdir())
    again, _ = ran(data, tmp_path / "a", "--prm", str(checkpoint))
    assert again == told
    assert sorted((tmp_path / "a" / told["records"]).iterdir()) == pieces
    saved, _ = ran(
        data, tmp_path / "b", "--scores", str(tmp_path / "a"), "--compare", str(tmp_path / "a")
    )
    skip = ("records", "comparison")
    assert {k: v for k, v in saved.items() if k not in skip} == {
        k: v for k, v in told.items() if k not in skip
    }
    assert saved["comparison"]["macro"]["value"] == 0.0
    assert saved["comparison"]["macro"]["p"] == 1.0
    third, _ = ran(data, tmp_path / "c", "--scores", str(tmp_path / "b"), "--threshold", "gsm8k")
    assert third["rule"] == "gsm8k"
    fourth, _ = ran(data, tmp_path / "d", "--scores", str(tmp_path / "c"))
    assert fourth["scores"] == third["scores"]
    own, _ = ran(data, tmp_path / "e", "--scores", str(tmp_path / "c"), "--threshold", "class")
    assert own["scores"] == told["scores"]


def test_scoring_again_looks_at_the_rows_that_were_scored(data, tmp_path, checkpoint):
    told, _ = ran(data, tmp_path / "a", "--prm", str(checkpoint), "--limit", "2")
    again, output = ran(data, tmp_path / "a", "--scores", str(tmp_path / "a"))
    assert sum(s["n"] for s in again["scores"]["subsets"]) == 8
    assert again["scores"] == told["scores"]
    assert again["limit"] == 2
    assert "8 of 3,400" in " ".join(output.split())


def test_a_scalar_head_has_its_threshold_chosen_on_gsm8k_and_frozen(tmp_path):
    """Of itself; 0.5 would mean nothing to a head that gives one raw number."""
    data = tmp_path / "data"
    data.mkdir()
    for subset in SUBSETS:
        raw = [
            {
                "id": f"{subset}-{i}",
                "generator": "m",
                "problem": f"What is {i} + 1?",
                "steps": [f"{i} + 1 is {i + 1}.", f"{subset}: so it is {i}."],
                "final_answer_correct": False,
                "label": i % 3 - 1,
            }
            for i in range(12)
        ]
        (data / f"{subset}.json").write_text(json.dumps(raw), encoding="utf-8")
    model = str(PUBLISHED.classifier(tmp_path / "orm", labels=1, kind="Sequence", seed=31))
    told, output = ran(data, tmp_path / "a", "--prm", model)
    assert told["rule"] == "gsm8k"
    assert told["unscored"] == {}
    assert told["threshold"] == told["upper_bounds"]["gsm8k"]["threshold"]
    f1 = {s["subset"]: s["f1"]["value"] for s in told["scores"]["subsets"]}
    assert f1["gsm8k"] == pytest.approx(told["upper_bounds"]["gsm8k"]["f1"])
    assert all(f1[name] <= told["upper_bounds"][name]["f1"] + 1e-9 for name in SUBSETS)
    assert "Upper bounds, no results" in output
    untuned, _ = ran(data, tmp_path / "a", "--prm", model, "--threshold", "class")
    assert (untuned["rule"], untuned["threshold"]) == (None, None)
    assert untuned["records"] == told["records"]


def test_a_subset_that_is_not_there_is_missed_before_anything_is_judged(data, tmp_path, checkpoint):
    words = ("--prm", str(checkpoint), "--threshold", "gsm8k")
    result = command(data / "math.json", tmp_path / "a", *words)
    assert isinstance(result.exception, InputError)
    assert "chosen on 'gsm8k', and the data have math: add gsm8k.json" in str(result.exception)
    assert not list((tmp_path / "a").rglob("*.parquet"))


def test_a_critic_votes_and_fewer_votes_are_counted_again(data, tmp_path):
    table = tmp_path / "answers.json"
    table.write_text(json.dumps({"*": [r"\boxed{0}", "lost", r"\boxed{-1}", r"\boxed{-1}"]}))
    spec = f"scripted:{table}"
    four, output = ran(data, tmp_path / "a", "--critic", spec, "--votes", "4")
    two, _ = ran(data, tmp_path / "b", "--critic", spec, "--votes", "2", "--limit", "2")
    assert "Critiques that name no index" in output
    assert four["critiques"]["math"] == {"asked": 12, "unread": 3, "cut": 0}
    assert {p["predicted"] for p in four["predictions"]} == {-1}
    words = ("--scores", str(tmp_path / "a"), "--votes", "2", "--limit", "2")
    again, _ = ran(data, tmp_path / "c", *words)
    assert again["scores"] == two["scores"]
    assert {p["predicted"] for p in again["predictions"]} == {0}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {"temperature": 0.0, "max_tokens": 8192}),
        (("--votes", "8"), {"temperature": 1.0, "top_p": 0.9, "max_tokens": 8192}),
        (
            ("--votes", "2", "--sampling", "qwen-math", "--max-tokens", "100"),
            {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "max_tokens": 100},
        ),
    ],
)
def test_the_official_samplings_reach_the_server(data, tmp_path, words, expected):
    with server(answers) as served:
        ran(data, tmp_path / "a", "--critic", f"m@{served.url}/v1", "--limit", "1", *words)
        votes = int(words[1]) if words else 1
        assert len(served.bodies) == 4 * votes
        for body in served.bodies:
            assert {key: body.get(key) for key in expected} == expected


def test_rows_lost_to_a_server_are_kept_as_lost_until_retried(data, tmp_path):
    broken = [True]

    def handler(body, count):
        return LOOPBACK.http(400, {"error": "no"}) if broken[0] else answers(body, count)

    with server(handler) as served:
        spec = f"m@{served.url}/v1"
        lost, output = ran(data, tmp_path / "a", "--critic", spec)
        assert lost["unscored"] == {"engine": 12}
        assert "counted as wrong: 12 engine" in output
        broken[0] = False
        before = len(served.seen)
        still, _ = ran(data, tmp_path / "a", "--critic", spec)
        assert (still["unscored"], len(served.seen)) == ({"engine": 12}, before)
        told, _ = ran(data, tmp_path / "a", "--critic", spec, "--retry-lost")
        assert (told["unscored"], len(served.seen)) == ({}, before + 12)


def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(data, tmp_path):
    table = tmp_path / "answers.json"
    table.write_text(json.dumps({"*": r"\boxed{0}"}))
    options = Options(data=data, out=tmp_path / "a", critic=f"scripted:{table}")
    told = []

    def interrupt(event):
        told.append(event.done)
        if event.done == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(RunStopped, match="0 of 12 rows are kept"):
        score(options, interrupt)
    assert told[0] == 0
    assert not (tmp_path / "a" / "result.json").exists()
    assert score(options, lambda event: None).result.unscored == {}


FLIPPED = [
    lambda row: row,
    lambda row: {**row, "final_answer_correct": not row["final_answer_correct"]},
]


def test_what_a_critic_is_sent_does_not_depend_on_whether_the_answer_is_right(tmp_path):
    """The whole command against a real server: the bytes are the same, and the field is in none of them."""
    sent = []
    for i, change in enumerate(FLIPPED):
        folder = write(tmp_path / f"data{i}", change)
        with server(answers) as served:
            spec = f"m@{served.url}/v1"
            ran(folder, tmp_path / f"out{i}", "--critic", spec, "--votes", "8")
            sent.append(sorted(json.dumps(body, sort_keys=True) for body in served.bodies))
    assert sent[0] == sent[1]
    assert len(sent[0]) == 12 * 8
    labels = {row.label for row in read_processbench(tmp_path / "data0")}
    assert len(labels) > 2
    for body in sent[0]:
        assert "final_answer" not in body
        assert '"label"' not in body
        assert set(json.loads(body)) <= {
            "model", "messages", "n", "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed",
        }  # fmt: skip


class Watched:
    """A verifier that keeps what it was shown."""

    name = "watched"

    def __init__(self, inner):
        self.inner, self.shown = inner, []

    async def verify(self, group):
        self.shown.append(repr(group))
        return await self.inner.verify(group)


@pytest.mark.parametrize("kind", ["prm", "judge", "critic"])
def test_what_any_verifier_is_shown_does_not_depend_on_it_either(tmp_path, checkpoint, kind):
    """The reward model, the judge that makes training labels, and the critic: groups, requests and verdicts."""
    shown, asked, said = [], [], []
    for i, change in enumerate(FLIPPED):
        rows = read_processbench(write(tmp_path / f"data{i}", change))
        engine = Scripted({}, default=[r"<analysis_1></analysis_1> \boxed{0}", r"\boxed{1}"])
        inner = {
            "prm": Process(str(checkpoint)),
            "judge": Judge(engine),
            "critic": Critic(engine, votes=8, sampling=VOTING),
        }[kind]
        watched = Watched(inner)
        said.append(asyncio.run(judge_rows(rows, watched)))
        shown.append(watched.shown)
        asked.append([repr(request) for request in engine.requests])
    assert shown[0] == shown[1]
    assert asked[0] == asked[1]
    assert said[0] == said[1]
    assert len(asked[0]) == (0 if kind == "prm" else 12)
    assert not any("final_answer_correct" in text for text in (*shown[0], *asked[0]))
    assert all("reference=None" in text for text in shown[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give one of --prm, --critic and --scores"),
        (("--prm", "a", "--critic", "m@http://h"), "give one of"),
        (("--prm", "a", "--votes", "8"), "--votes is for critics"),
        (
            ("--critic", "m@http://h", "--sampling", "hot"),
            "--sampling is paper or qwen-math",
        ),
        (("--scores", "absent.jsonl"), "no such file"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(data, tmp_path, words, message):
    result = command(data, tmp_path / "out", *words)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)


def test_another_systems_scores_on_other_rows_are_refused(data, tmp_path):
    rows = read_processbench(data)
    lines = [json.dumps({"id": row.problem.uid, "first_error": row.label}) + "\n" for row in rows]
    (tmp_path / "all.jsonl").write_text("".join(lines))
    (tmp_path / "some.jsonl").write_text("".join([*lines[:-1], "not json\n"]))
    result = command(
        data, tmp_path / "out", "--scores", str(tmp_path / "all.jsonl"), "--compare", str(tmp_path / "some.jsonl"),
    )  # fmt: skip
    assert isinstance(result.exception, InputError)
    told, _ = ran(data, tmp_path / "out", "--scores", str(tmp_path / "some.jsonl"))
    assert told["unscored"] == {"no verdict": 1}
    assert (tmp_path / "out" / "scores.some.jsonl.quarantine.jsonl").is_file()


def test_bad_rows_of_the_data_and_of_scores_in_a_folder_of_the_same_name_are_both_kept(
    data, tmp_path
):
    raw = json.loads((data / "math.json").read_text())
    (data / "math.json").write_text(json.dumps([*raw, {"id": "math-bad"}]))
    rows = read_processbench(DATA)
    (tmp_path / "b" / "data").mkdir(parents=True)
    lines = [json.dumps({"id": row.problem.uid, "first_error": row.label}) + "\n" for row in rows]
    (tmp_path / "b" / "data" / "own.jsonl").write_text("".join(lines))
    ran(data, tmp_path / "out", "--scores", str(tmp_path / "b" / "data"))
    kept = (tmp_path / "out" / "data.quarantine.jsonl").read_text()
    assert "math-bad" in kept


def test_fewer_votes_counted_in_the_folder_of_all_critiques_lose_none(data, tmp_path):
    texts = [r"\boxed{0}", r"\boxed{0}", *[r"\boxed{-1}"] * 6]
    rows = read_processbench(data)
    lines = [json.dumps({"id": row.problem.uid, "critiques": texts}) + "\n" for row in rows]
    (tmp_path / "critic.jsonl").write_text("".join(lines))
    out = tmp_path / "out"
    eight, _ = ran(data, out, "--scores", str(tmp_path / "critic.jsonl"))
    two, _ = ran(data, out, "--scores", str(out), "--votes", "2")
    again, _ = ran(data, tmp_path / "again", "--scores", str(out / "saved"), "--votes", "8")
    assert {p["predicted"] for p in two["predictions"]} == {0}
    assert again["predictions"] == eight["predictions"]
    assert {p["predicted"] for p in eight["predictions"]} == {-1}
