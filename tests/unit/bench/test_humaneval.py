"""HumanEval: official rows as problems, bad ones set aside, and the set's own solutions under the real judge."""

import asyncio
import json

import pytest

from veriloop.bench.humaneval import (
    humaneval_problem,
    measure_humaneval,
    read_humaneval,
    sampling,
)
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.runs.stages import Run
from veriloop.search.whole import Whole
from veriloop.testing.judge import SpokenJudge
from veriloop.verify.code import Code

ROW = {
    "task_id": "HumanEval/900",
    "prompt": 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add {all}.\n    """\n',
    "entry_point": "total",
    "canonical_solution": "    return sum(xs)\n",
    "test": "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n",
}


def write(path, *rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def measure(found, answers, out, **options):
    engine = Scripted({p.text: answers(p) for p in found.problems})
    n = len(next(iter(engine.answers.values())))
    search = Whole(n, sampling(n))
    verifier = Code(found.language, **options)
    return asyncio.run(
        measure_humaneval(Run(out), found, engine=engine, search=search, verifier=verifier)
    )


def test_a_row_as_a_problem():
    problem = humaneval_problem(ROW)
    assert (problem.uid, problem.task) == ("HumanEval/900", "humaneval")
    assert problem.tests[0]["language"] == "python"
    assert ROW["prompt"].rstrip() in problem.text
    assert "```python\n" in problem.text
    assert problem.tests[0]["function"] == "total"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task_id", 3),
        ("prompt", ""),
        ("entry_point", None),
        ("test", " "),
        ("language", "cobol"),
        ("test", "assert 1"),
    ],
)
def test_bad_rows_are_set_aside_by_field(tmp_path, field, value):
    found = read_humaneval(write(tmp_path / "h.jsonl", {**ROW, field: value}, ROW, ROW))
    assert [p.uid for p in found.problems] == ["HumanEval/900"]
    assert [(b.row, b.field) for b in found.quarantine.rows] == [(1, field), (3, "task_id")]


def test_files_that_cannot_be_used(tmp_path):
    for gone in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError, match="there is no such file"):
            read_humaneval(gone)
    with pytest.raises(InputError, match="no usable problem"):
        read_humaneval(write(tmp_path / "a.jsonl", {}))
    script = {**ROW, "task_id": "js", "language": "javascript"}
    with pytest.raises(InputError, match="javascript and python"):
        read_humaneval(write(tmp_path / "b.jsonl", ROW, script))


def test_sampling_is_greedy_for_one():
    assert (sampling(1).temperature, sampling(8).temperature) == (0.0, 0.8)


def test_pass_at_k_and_what_is_written(tmp_path):
    rows = [{**ROW, "task_id": f"t{j}", "prompt": f"# {j}\n{ROW['prompt']}"} for j in range(2)]
    found = read_humaneval(write(tmp_path / "h.jsonl", *rows))

    def answers(problem):
        said = "WA" if problem.uid == "t0" else "fine"
        return [f"```python\ndef total(xs): {said}\n```", "```python\ndef total(xs): return 1\n```"]

    result = measure(found, answers, tmp_path / "run", judge=SpokenJudge())
    assert {k: e.value for k, e in result.summary.passes.first.items()} == {1: 50.0, 2: 100.0}
    told = json.loads((tmp_path / "run" / "humaneval.json").read_text("utf-8"))
    assert told["attempts"][0]["verdicts"] == ["WA", "AC"]
    rows = (tmp_path / "run" / "attempts.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["problem"] for row in rows] == ["t0", "t1"]


def test_a_right_a_completed_and_a_wrong_answer_under_the_real_judge(tmp_path):
    found = read_humaneval(write(tmp_path / "h.jsonl", ROW))

    def answers(problem):
        return [
            "```python\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n```",
            ROW["canonical_solution"],
            "```python\ndef total(xs):\n    return len(xs)\n```",
            "```python\nimport sys\nsys.exit(0)\n```",
        ]

    result = measure(found, answers, tmp_path / "run")
    assert result.attempts[0].verdicts[:3] == ("AC", "AC", "WA")
    assert result.attempts[0].verdicts[3] in ("WA", "RE")
    assert result.summary.passes.unbiased[1].value == 50.0


def test_the_sets_own_solutions_pass(tmp_path, shared_data):
    """Eight of the 164; all of them pass in ``veriloop bench humaneval`` with the set's own solutions."""
    file = shared_data("humaneval") / "HumanEval.jsonl"
    rows = {r["task_id"]: r for r in map(json.loads, file.read_text("utf-8").splitlines())}
    found = read_humaneval(file, limit=8)

    def answers(problem):
        row = rows[problem.uid]
        return [f"```python\n{row['prompt']}{row['canonical_solution']}```"]

    result = measure(found, answers, tmp_path / "run")
    assert [a.verdicts for a in result.attempts] == [("AC",)] * 8
