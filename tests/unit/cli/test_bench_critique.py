"""``veriloop bench critique``: by a server, from recorded critiques, resumed, and with what cannot be."""

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.errors import InputError

DATA = Path(__file__).parents[2] / "data"
spec = importlib.util.spec_from_file_location(
    "loopback", Path(__file__).parents[1] / "engines" / "loopback.py"
)
assert spec is not None
assert spec.loader is not None
LOOPBACK = importlib.util.module_from_spec(spec)
spec.loader.exec_module(LOOPBACK)
server = LOOPBACK.threaded

CRITIQUE = """## Critique of Student Solution Steps
### Critique of Step 1
It adds where it has to multiply.

## Conclusion of Critique
The solution is Incorrect.
The first error step number: 1

## Correction of Student Solution
CORRECTION_START
It is \\boxed{300}.
CORRECTION_END"""


def is_critic(body):
    return "CORRECTION" in json.dumps(body)


def answers(body, count):
    del count
    return LOOPBACK.chat(CRITIQUE if is_critic(body) else "So it is \\boxed{300}.")


def command(out, *words):
    return CliRunner().invoke(app, ["bench", "critique", "-o", str(out), "--quiet", *words])


def ran(out, *words):
    result = command(out, *words)
    assert result.exception is None, result.exception
    *lines, last = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert last == f"report: {out / 'report.html'}"
    return json.loads((out / "result.json").read_text(encoding="utf-8")), result.stdout


def test_three_scenarios_and_error_identification_by_a_server(tmp_path):
    ei, known = tmp_path / "gsm8k.json", tmp_path / "known.jsonl"
    rows = [
        {
            "id": f"gsm8k-{i}",
            "generator": "m",
            "problem": f"Problem {i}?",
            "steps": ["It is 3.", "So it is 3."],
            "final_answer_correct": i == 2,
            "label": (0, 1, -1)[i],
        }
        for i in range(3)
    ]
    ei.write_text(json.dumps(rows))
    known.write_text(
        "".join(json.dumps({"problem": f"Problem {i}?", "answer": "300"}) + "\n" for i in (0, 2))
    )
    words = ["--data", str(DATA / "realcritic"), "--ei", str(ei), "--answers", str(known)]
    with server(answers) as served:
        words += ["--model", f"m@{served.url}/v1"]
        told, output = ran(tmp_path / "a", *words)
        asked = len(served.bodies)
        # Two students' texts stand in both scenarios, and no call is made twice.
        assert asked == 3 * 6 + 6 + 3 - 2
        assert all(b["temperature"] == 0 and b["max_tokens"] == 2048 for b in served.bodies)
        again, _ = ran(tmp_path / "a", *words)
        assert len(served.bodies) == asked
    assert again["scores"] == told["scores"]
    # Only one problem of six has the answer 300; the critic calls everything wrong.
    for name, before in (("incorrect", 0), ("balanced", 1), ("own", 1)):
        matrix = told["scores"]["scenarios"][name]["matrix"]
        assert matrix["right_right"] == before
        assert matrix["right_right"] + matrix["wrong_right"] == 1
        assert matrix["n"] == 6
    assert told["scores"]["scenarios"]["balanced"]["matrix"]["right_wrong"] == 3
    assert told["scores"]["scenarios"]["own"]["disagreements"]["kept"] == 1
    assert told["scores"]["cc_acc"]["value"] == pytest.approx(100 / 6)
    exact, near, gated, both = told["error_identification"]
    shares = [e["scores"]["subsets"][0]["acc_error"]["value"] for e in (exact, near, gated)]
    assert shares == [50.0, 100.0, 100.0]  # the gate leaves out the one whose answer is not known
    assert (gated["unknown"], both["unknown"], near["lent"]) == (1, 1, 1)
    assert "What became of the solutions: m" in output
    assert "all wrong, balanced, own solutions had less" in " ".join(output.split())


def test_what_a_server_fails_on_is_left_out_until_it_is_retried(tmp_path):
    broken = [True]

    def handler(body, count):
        if broken[0]:
            return LOOPBACK.http(400, {"error": "no"})
        return answers(body, count)

    with server(handler) as served:
        words = ["--data", str(DATA / "realcritic"), "--model", f"m@{served.url}/v1"]
        words += ["--scenario", "incorrect", "--sets", "gsm8k"]
        told, output = ran(tmp_path / "a", *words)
        assert told["lost"] == {"engine": 3}
        assert told["scores"]["scenarios"]["incorrect"]["mean"] is None
        assert "left out of every denominator: 3 engine" in output
        broken[0] = False
        told, _ = ran(tmp_path / "a", *words, "--retry-lost")
    assert told["lost"] == {}
    assert told["scores"]["scenarios"]["incorrect"]["matrix"]["wrong_right"] == 1


def test_recorded_critiques_are_scored_without_a_model(tmp_path):
    file = DATA / "realcritic_o1mini_sample.jsonl"
    told, output = ran(tmp_path / "a", "--critiques", str(file), "--name", "o1-mini")
    assert told["critic"] == "o1-mini"
    assert told["recorded"] == {"rows": 8, "differing": []}
    assert "recorded scores that agree: 8 of 8" in output
    assert (tmp_path / "a" / f"{file.stem}.quarantine.jsonl").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give one of --model and --critiques"),
        (("--model", "m@http://h"), "name what is to be criticised"),
        (("--critiques", "x.jsonl", "--ei", "y"), "leave out --data and --ei"),
        (
            ("--model", "m@http://h", "--data", "x", "--scenario", "half"),
            "incorrect, balanced, own or all",
        ),
        (("--critiques", "x.jsonl"), "no such file"),
        (("--model", "m@http://h", "--data", "x", "--scenario", "incorrect"), "at least one of"),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path, words, message):
    result = command(tmp_path / "a", *words)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
