"""From problems to files on disk: all stages, what is left out, going on after a kill, one model twice paid for."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest

from veriloop.bench.codeelo.local import Local
from veriloop.bench.codeelo.measuring import Asking, measure_codeelo
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.prompts import asked
from veriloop.bench.rating.verdict_files import read_verdicts
from veriloop.codejudge.problem import Test
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, InputError, SandboxError
from veriloop.runs.stages import Run
from veriloop.testing.judge import SpokenJudge

HIDDEN = (Test("1", b"1", b"2"),)
PROBLEMS = (
    CodeEloProblem("1971A", "Sums", "Div. 4", 800, ("math",), tests=HIDDEN),
    CodeEloProblem("1971B", "Strings", "Div. 4", 1500, tests=HIDDEN),
    CodeEloProblem("1971C", "Talk", interaction="Talk."),
    CodeEloProblem("digjump", "Jumps", tests=HIDDEN),
)
ASKING = Asking("python", samples=2)


def fenced(code):
    return f"```python\n{code}\n```"


ANSWERS = {
    "1971A": [fenced("WA"), fenced("x")],
    "1971B": ["I give up.", fenced("TLE")],
    "digjump": [fenced("x"), fenced("JE")],
}


def engine(**options):
    table = {asked(p, "python").text: ANSWERS[p.id] for p in PROBLEMS if p.id in ANSWERS}
    return Scripted(table, name="m", **options)


def measure(folder, model=None, judge=None, problems=PROBLEMS, **how):
    local = Local(problems, compilers={}, judge=judge or SpokenJudge())
    return asyncio.run(
        measure_codeelo(
            Run(folder, **how), problems, engine=model or engine(), submitter=local, asking=ASKING
        )
    )  # fmt: skip


def test_verdict_lists_figures_and_files(tmp_path):
    result = measure(tmp_path)
    assert {a.problem: a.verdicts for a in result.attempts} == {
        "1971A": ("WA", "AC"),
        "1971B": ("NC", "TLE"),
        "digjump": ("AC", "JE"),
    }
    assert list(result.unjudged) == ["1971C"]
    assert (result.summary.lost, result.summary.judge_errors) == (1, 1)
    assert result.summary.passes.buckets["easy"].value == 50.0
    told = json.loads((tmp_path / "codeelo.json").read_text("utf-8"))
    assert told["unjudged"]["1971C"][0] == "no hidden tests"
    assert told["summary"]["pass_at_first"]["2"]["n"] == 2
    lists, bad = read_verdicts(tmp_path / "verdicts.jsonl")
    assert [(v.problem, v.verdicts, v.language) for v in lists] == [
        ("1971A", ("WA", "AC"), "python"),
        ("1971B", ("NC", "TLE"), "python"),
    ]
    assert not bad.rows
    rows = (tmp_path / "attempts.jsonl").read_text("utf-8").splitlines()
    assert len(rows) == 3


def test_an_engine_that_fails_loses_its_problem_and_no_other(tmp_path):
    result = measure(tmp_path, engine(failures={2: "error"}))
    assert sorted(a.verdicts for a in result.attempts)[1] == ("LOST", "LOST")
    assert result.summary.verdicts["LOST"] == 2


def test_what_an_engine_lost_is_asked_and_judged_again_also_after_a_break(tmp_path):
    """The same command with retry_lost, twice: the judge breaks between the answers and their verdicts."""
    measure(tmp_path, engine(failures={2: "error"}))
    with pytest.raises(SandboxError):
        measure(tmp_path, judge=Breaking(1), retry_lost=True)
    result = measure(tmp_path, retry_lost=True)
    whole = measure(tmp_path / "whole")
    assert [a.verdicts for a in result.attempts] == [a.verdicts for a in whole.attempts]
    judge = SpokenJudge()
    measure(tmp_path, judge=judge)
    assert judge.asked == []


def test_no_problem_is_answered(tmp_path):
    with pytest.raises(
        EngineError, match="no problem was answered, at first: call 1 of the script"
    ):
        measure(tmp_path, engine(failures=dict.fromkeys(range(1, 9), "error")))


def test_what_the_problems_lack_is_told_by_problem_with_the_standings_at_hand(tmp_path):
    local = Local(PROBLEMS, compilers={}, judge=SpokenJudge())
    work = measure_codeelo(
        Run(tmp_path), PROBLEMS, engine=engine(), submitter=local, asking=ASKING, contests=(1972,)
    )
    asyncio.run(work)
    told = json.loads((tmp_path / "codeelo.json").read_text("utf-8"))["lacks"]
    limits = ["no time limit: 2 s are used", "no memory limit: 256 MiB used"]
    assert told["1971A"] == [*limits, "no standings of its contest"]
    assert "no contest in its id" in told["digjump"]


def test_nothing_can_be_judged(tmp_path):
    with pytest.raises(
        InputError,
        match=r"no problem of 1 can be judged here \(1 with no hidden tests\)",
    ):
        measure(tmp_path, problems=(CodeEloProblem("1A"),))


def test_two_problems_with_one_statement_are_told_apart_or_refused(tmp_path):
    twins = tuple(CodeEloProblem(name, "T", tests=HIDDEN) for name in ("1A", "1B"))
    with pytest.raises(InputError, match="1A and 1B have one and the same statement"):
        measure(tmp_path, problems=twins)


@dataclass(frozen=True)
class Breaking:
    """A judge whose machine breaks at the n-th program."""

    at: int
    inner: SpokenJudge = field(default_factory=SpokenJudge)

    def judge(self, problem, submission, *, stop_at_first=True):
        if len(self.inner.asked) + 1 >= self.at:
            raise SandboxError("the launcher is gone")
        return self.inner.judge(problem, submission, stop_at_first=stop_at_first)


def test_a_run_that_broke_goes_on_and_ends_as_one_that_did_not(tmp_path):
    broken = engine()
    with pytest.raises(SandboxError, match="the launcher is gone"):
        measure(tmp_path / "a", broken, Breaking(3))
    assert broken.calls == 3
    again = engine()
    measure(tmp_path / "a", again)
    assert again.calls == 0  # no answer is paid for twice
    measure(tmp_path / "b")
    assert (tmp_path / "a" / "codeelo.json").read_bytes() == (
        tmp_path / "b" / "codeelo.json"
    ).read_bytes()
    judge = SpokenJudge()
    measure(tmp_path / "a", engine(), judge)
    assert judge.asked == []  # and no program is judged twice
