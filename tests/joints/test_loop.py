"""Every arrow from problems to Best-of-N as a user gives it: one command each, on folders of records.

Solutions and critiques are scripted, so that all labels are known beforehand: two solutions of each problem, one
right and one with a planted fault, and a judge that tells the truth, or nonsense where it is told to.
"""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.abacus import corrupted_steps, gold_steps
from veriloop.abacus.world import abacus_problems
from veriloop.cli import app
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.records import NO_ERROR, Example, Problem, Solution, Unscored, Verdict
from veriloop.runs.stages import read_all, read_dropped
from veriloop.text.answers import extract_answer
from veriloop.verify.judge import Judge

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "gsm8k_sample.jsonl"
COUNT = 5
NONSENSE = "I cannot say."


def veriloop(*words, code=0):
    """Run a command in this process; what it printed. Errors of ours pass as they are."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def write_steps(problem, index):
    """A right solution and one with a planted fault that shows in its answer."""
    draw = random.Random(index)
    right = gold_steps(problem.meta)
    while True:
        wrong = corrupted_steps(problem.meta, draw)
        if extract_answer("\n\n".join(wrong)) != problem.reference:
            return right, wrong


PROBLEMS = abacus_problems(0, COUNT)
WRITTEN = {p.text: write_steps(p, i) for i, p in enumerate(PROBLEMS)}


def script(path, table):
    path.write_text(json.dumps(table))
    return f"scripted:{path}"


def policy(folder, texts=None):
    """An engine that knows both solutions of each problem, or of those in ``texts``."""
    known = {t: both for t, both in WRITTEN.items() if texts is None or t in texts}
    return script(
        folder / "policy.json", {t: ["\n\n".join(s) for s in both] for t, both in known.items()}
    )


def judge(folder, solutions, verdicts, nonsense=()):
    """An engine that says of each solution what its gold verdict says; nonsense of some."""
    said = {v.solution: v.first_error for v in verdicts}
    text = {p.id: p for p in PROBLEMS}
    ask, table = Judge(Scripted({})).ask, {}
    for solution in solutions:
        where = said[solution.id]
        analysed = len(solution.steps) if where == NO_ERROR else where + 1
        blocks = "".join(f"<analysis_{i + 1}>.</analysis_{i + 1}>" for i in range(analysed))
        end = "Correct" if where == NO_ERROR else "Incorrect"
        answer = f"{blocks}<conclusion>{end}</conclusion>"
        (message,) = ask(text[solution.problem], solution.steps)
        table[message.content] = NONSENSE if solution.id in nonsense else answer
    return script(folder / "judge.json", table)


@pytest.fixture(scope="module")
def solved_once(tmp_path_factory):
    """Problems, two solutions of each, and the gold verdicts, in a folder."""
    folder = tmp_path_factory.mktemp("solved")
    veriloop("problems", "abacus", "--count", COUNT, "--out", folder / "problems")
    veriloop("sample", *given(folder, "problems"), "--engine", policy(folder), "--n", 2,
             "--out", folder / "solutions", "-q")  # fmt: skip
    verify(folder, "gold")
    return folder


@pytest.fixture
def solved(solved_once, tmp_path):
    """The same for one test, which may write into it."""
    return shutil.copytree(solved_once, tmp_path / "solved")


def given(folder, *names):
    return [word for name in names for word in (f"--{name}", folder / name)]


def verify(folder, kind, *options, out=None, code=0):
    out = folder / (out or kind)
    where = given(folder, "problems", "solutions")
    veriloop("verify", kind, *where, "--out", out, *options, "-q", code=code)
    return read_all(out, Verdict)


def solutions_of(folder):
    return read_all(folder / "solutions", Solution)


def rolled_out(solution, problem):
    """The first step after which no scripted solution that begins so ends right, by brute force."""
    both = ["\n\n".join(steps) for steps in WRITTEN[problem.text]]
    for index in range(len(solution.steps) - 1):
        prefix = "\n\n".join(solution.steps[: index + 1]) + "\n\n"
        ends = [extract_answer(text) for text in both if text.startswith(prefix)]
        if problem.reference not in ends:
            return index
    return NO_ERROR if solution.answer == problem.reference else len(solution.steps) - 1


def parts(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.parquet")}


def test_problems_and_samples(solved):
    assert read_all(solved / "problems", Problem) == PROBLEMS
    found = solutions_of(solved)
    assert [s.problem for s in found] == [p.id for p in PROBLEMS for _ in range(2)]
    assert [list(s.steps) for s in found] == [s for both in WRITTEN.values() for s in both]
    assert [s.answer == p.reference for p in PROBLEMS for s in found if s.problem == p.id] == [
        True,
        False,
    ] * COUNT


def test_answer_and_gold_agree_with_how_the_solutions_were_written(solved):
    assert [v.value for v in verify(solved, "answer")] == [1.0, 0.0] * COUNT
    gold = read_all(solved / "gold", Verdict)
    assert [v.value for v in gold] == [1.0, 0.0] * COUNT
    assert {v.first_error for v in gold[::2]} == {NO_ERROR}
    lengths = [len(wrong) for _, wrong in WRITTEN.values()]
    assert all(0 <= v.first_error < n for v, n in zip(gold[1::2], lengths, strict=True))


def test_montecarlo_labels_are_those_of_brute_force(solved):
    verdicts = verify(solved, "montecarlo", "--engine", policy(solved), "--k", 4)
    problems = {p.id: p for p in PROBLEMS}
    expected = [rolled_out(s, problems[s.problem]) for s in solutions_of(solved)]
    assert [v.first_error for v in verdicts] == expected
    assert len(set(expected)) > 1
    soft = verify(
        solved, "montecarlo", "--engine", policy(solved), "--k", 4, "--estimate", "soft", out="soft"
    )
    assert [v.first_error for v in soft] == expected
    assert {score for v in soft for score in v.step_scores} == {0.0, 0.5, 1.0}


def test_judge_labels_and_consensus(solved):
    found, gold = solutions_of(solved), read_all(solved / "gold", Verdict)
    engine = judge(solved, found, gold, nonsense={found[0].id, found[3].id})
    said = verify(solved, "judge", "--engine", engine)
    assert [v.unscored for v in said if not v.scored] == [Unscored.UNPARSED] * 2
    assert [said.index(v) for v in said if not v.scored] == [0, 3]
    assert all(v.value is None and v.critique == NONSENSE for v in (said[0], said[3]))
    readable = [i for i in range(len(found)) if i not in (0, 3)]
    assert [said[i].first_error for i in readable] == [gold[i].first_error for i in readable]

    mc = verify(solved, "montecarlo", "--engine", policy(solved), "--k", 4, out="mc")
    where = [*given(solved, "problems", "solutions"), "--source", "mc"]
    veriloop("label", solved / "mc", *where, "--out", solved / "plain")
    out = veriloop(
        "label",
        solved / "mc",
        solved / "judge",
        *where,
        "--agree",
        "judge",
        "--out",
        solved / "agreed",
    )
    agree = [i for i in readable if mc[i].first_error == said[i].first_error]
    plain, agreed = (read_all(solved / name, Example) for name in ("plain", "agreed"))
    assert [e.solutions for e in plain] == [(s.id,) for s in found]
    assert [e.solutions for e in agreed] == [(found[i].id,) for i in agree]
    dropped = read_dropped(solved / "agreed")
    assert len(agreed) + len(dropped) == len(found)
    assert [d.what for d in dropped if d.reason == "judge: unparsed"] == [found[0].id, found[3].id]
    assert "2 dropped: judge: unparsed" in out
    assert f"{len(agree)} examples" in out


@pytest.mark.slow
def test_training_scoring_and_best_of_n(solved):
    """The published head on the shipped policy: what is proved here is that the arrows fit, not quality."""
    where = given(solved, "problems", "solutions")
    veriloop("label", solved / "gold", *where, "--source", "gold", "--out", solved / "labels")
    trained = veriloop("train", solved / "labels", "--base", "abacus:policy", "--epochs", 1,
                       "--rate", 1e-3, "--out", solved / "prm", "-q")  # fmt: skip
    assert f"trained on {2 * COUNT} examples" in trained
    verdicts = verify(solved, "process", "--checkpoint", solved / "prm")
    found = solutions_of(solved)
    assert [v.solution for v in verdicts] == [s.id for s in found]
    assert [len(v.step_scores) for v in verdicts] == [len(s.steps) for s in found]
    assert all(0 < score < 1 for v in verdicts for score in v.step_scores)
    verify(solved, "answer")
    table = veriloop("bench", "best-of-n", solved / "answer", solved / "process", *where, "--n", 2)
    assert "Best of 2" in table
    assert "100.0" in table, "pass@2: one of the two solutions of each problem is right"
    assert "50.0" in table, "and half of all are"


def test_the_same_bytes_whatever_the_concurrency(solved):
    found, gold = solutions_of(solved), read_all(solved / "gold", Verdict)
    critic = judge(solved, found, gold)
    for flight in (1, 64):
        here = solved / f"flight-{flight}"
        options = ["--in-flight", flight, "-q"]
        where = given(solved, "problems")
        veriloop("sample", *where, "--engine", policy(solved), "--n", 2, "--seed", 3, *options,
                 "--out", here / "solutions")  # fmt: skip
        where += ["--solutions", here / "solutions"]
        for kind, engine in (("montecarlo", policy(solved)), ("judge", critic)):
            veriloop("verify", kind, *where, "--engine", engine, *options, "--out", here / kind)
    assert len(parts(solved / "flight-1")) == 6
    assert parts(solved / "flight-1") == parts(solved / "flight-64")


def test_a_failing_engine_loses_its_own_items_and_fails_only_the_strict(solved):
    some = policy(solved, [p.text for p in PROBLEMS[:2]])
    command = ["sample", *given(solved, "problems"), "--engine", some, "--n", 2, "-q", "--out"]
    out = veriloop(*command, solved / "lenient")
    assert "4 solutions" in out
    assert "3 dropped: engine failed" in out
    assert [d.what for d in read_dropped(solved / "lenient")] == [p.id for p in PROBLEMS[2:]]
    veriloop(*command, solved / "strict", "--strict", code=1)
    assert parts(solved / "lenient/solutions") == parts(solved / "strict/solutions")
    veriloop(*command, solved / "lenient", "--strict", code=1)  # nothing to do, and still lost


def test_a_command_given_again_does_nothing_and_a_changed_one_is_refused(solved):
    before = parts(solved)
    command = ["sample", *given(solved, "problems"), "--engine", policy(solved), "-q",
               "--out", solved / "solutions", "--n"]  # fmt: skip
    veriloop(*command, 2)
    assert parts(solved) == before
    with pytest.raises(InputError, match="made otherwise"):
        veriloop(*command, 3)
    assert parts(solved) == before


def test_a_malformed_row_is_named_and_the_rest_is_read(tmp_path):
    rows = SAMPLE.read_text().splitlines()
    bad = json.loads(rows[1])
    del bad["answer"]
    source = tmp_path / "train.jsonl"
    source.write_text("\n".join([rows[0], json.dumps(bad), "{not json", *rows[2:]]))
    out = veriloop("problems", source, "--out", tmp_path / "problems")
    assert f"{len(rows) - 1} problems" in out
    assert len(read_all(tmp_path / "problems", Problem)) == len(rows) - 1
    assert "row 2" in out
    (quarantine,) = (p for p in tmp_path.rglob("*") if "quarantine" in p.name and p.is_file())
    kept = [json.loads(line) for line in quarantine.read_text().splitlines()]
    assert [row["row"] for row in kept] == [2, 3]
    assert "answer" in json.dumps(kept[0])
    assert all("train.jsonl" in json.dumps(row) for row in kept)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify", "answer", "--problems", "none", "--solutions", "none", "-o", "out"], "none"),
        (["problems", "none.jsonl", "-o", "out"], "none.jsonl"),
        (["sample", "--problems", "none", "--engine", "nobody", "-o", "out"], "none"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(words, said, tmp_path):
    root = str(Path(__file__).resolve().parents[2])
    made = subprocess.run(
        [sys.executable, "-m", "veriloop.cli", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 2
    assert made.stderr.startswith("veriloop: ")
    assert said in made.stderr
    assert len(made.stderr.strip().splitlines()) == 1
