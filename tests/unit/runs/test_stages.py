"""The arrows as stages: what each leaves in its folder, what joins, and which folders are refused."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.feedback.labels import StepLabels
from veriloop.records import (
    Dropped,
    Example,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Verdict,
)
from veriloop.runs.stages import Run, identity, join, read_all, read_dropped, read_groups
from veriloop.search.sample import Sample
from veriloop.testing import sample_groups
from veriloop.verify.judge import Judge

PROBLEMS = [group.problem for group in sample_groups()]
SOLUTIONS = [solution for group in sample_groups() for solution in group.solutions]
WRONG_AT_2 = (
    "<analysis_1>ok</analysis_1><analysis_2>no</analysis_2><conclusion>Incorrect</conclusion>"
)
ENGINE = Scripted({}, default=["One.\n\nTwo \\boxed{2}", "One.\n\n\\boxed{3}"])


def loop(folder, *, judge=WRONG_AT_2, engine=ENGINE, **options):
    """Problems to examples, each arrow once."""

    async def run():
        made = Run(folder, **options)
        yielded = [await made.problems("problems", PROBLEMS)]
        yielded += [await made.search("solutions", PROBLEMS, Sample(2), engine)]
        groups = read_groups(folder / "problems", folder / "solutions")
        yielded += [await made.verify("verdicts", groups, Judge(Scripted({}, default=judge)))]
        groups = read_groups(folder / "problems", folder / "solutions", folder / "verdicts")
        yielded += [await made.feedback("labels", groups, StepLabels("judge"))]
        return yielded

    return asyncio.run(run())


def parts(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.parquet")}


def test_every_arrow_leaves_its_records(tmp_path):
    reports = loop(tmp_path)
    counts = [{kind: n for kind, n in r.records.items() if n} for r in reports]
    assert counts == [{"problems": 2}, {"solutions": 4}, {"verdicts": 4}, {"examples": 4}]
    assert read_all(tmp_path / "problems", Problem) == PROBLEMS
    examples = read_all(tmp_path / "labels", Example)
    assert {e.labels for e in examples} == {(1.0, 0.0)}
    assert {e.completions for e in examples} == {
        ("One.", "Two \\boxed{2}"),
        ("One.", "\\boxed{3}"),
    }


def test_what_feedback_leaves_out_is_read_back_with_its_reason(tmp_path):
    loop(tmp_path, judge="nonsense")
    assert read_all(tmp_path / "labels", Example) == []
    dropped = read_dropped(tmp_path / "labels")
    solutions = {s.id for s in read_all(tmp_path / "solutions", Solution)}
    assert {d.reason for d in dropped} == {"judge: unparsed"}
    assert {d.what for d in dropped} == solutions
    assert read_dropped(tmp_path / "solutions") == []


def test_a_problem_whose_search_fails_is_lost_alone(tmp_path):
    *_, report = loop(tmp_path, engine=replace(ENGINE, failures={1: "timeout"}))
    (dropped,) = read_dropped(tmp_path / "solutions")
    assert (dropped.what, dropped.reason) == (PROBLEMS[0].id, "engine timed out")
    assert {s.problem for s in read_all(tmp_path / "solutions", Solution)} == {PROBLEMS[1].id}
    assert report.items == 1, "a problem without solutions is no group"


def test_a_guided_search_leaves_its_solutions_and_what_was_said_of_them(tmp_path):
    """One stage, two folders; another guide in the same folder is refused."""
    group = sample_groups()[0]
    verdict = Verdict(
        group.problem.id,
        group.solutions[0].id,
        "v",
        Form.SCORE,
        Granularity.STEP,
        0.5,
        step_scores=(0.5, 0.5),
    )

    async def find(problem):
        return (*group.solutions[:1], verdict)

    made = Run(tmp_path).trace("s", [group.problem], find, made_by={"verifier": "v"})
    assert asyncio.run(made).records == {"solutions": 1, "verdicts": 1, "dropped": 0}
    assert read_all(tmp_path / "s", Solution) == [group.solutions[0]]
    assert read_all(tmp_path / "s", Verdict) == [verdict]
    other = Run(tmp_path).trace("s", [group.problem], find, made_by={"verifier": "w"})
    with pytest.raises(InputError, match="verifier"):
        asyncio.run(other)


def test_concurrency_does_not_change_a_byte(tmp_path):
    loop(tmp_path / "one", in_flight=1)
    loop(tmp_path / "many", in_flight=64)
    assert len(parts(tmp_path / "one")) == 8
    assert parts(tmp_path / "one") == parts(tmp_path / "many")


def test_a_second_run_does_nothing_and_fresh_does_all(tmp_path):
    loop(tmp_path)
    assert [(r.done, r.resumed) for r in loop(tmp_path)] == [(0, 2)] * 4
    assert [(r.done, r.resumed) for r in loop(tmp_path, fresh=True)] == [(2, 0)] * 4


def test_another_engine_in_the_same_folder_is_refused(tmp_path):
    loop(tmp_path)
    with pytest.raises(InputError, match="made otherwise"):
        loop(tmp_path, engine=Scripted({}, default="other"))


def test_those_who_watch_are_told_of_every_stage(tmp_path):
    events, reports = [], []
    loop(tmp_path, seen=events.append, kept=reports.append)
    names = ["problems", "solutions", "verdicts", "labels"]
    assert [r.stage for r in reports] == names
    assert [e.stage for e in events if e.finished] == names


def test_a_stage_without_a_name_is_the_folder_itself(tmp_path):
    run = Run(tmp_path / "mine")
    report = asyncio.run(run.problems("", PROBLEMS))
    assert report.stage == "mine"
    assert read_all(tmp_path / "mine", Problem) == PROBLEMS


def test_groups_keep_the_order_of_problems_and_leave_out_those_without_solutions():
    said = [
        verdict
        for group in sample_groups()
        for verdict in asyncio.run(Judge(Scripted({}, default=WRONG_AT_2)).verify(group))
    ]
    unsolved = Problem("sums", "nobody tried")
    groups = join([PROBLEMS[1], unsolved, PROBLEMS[0]], SOLUTIONS, said)
    assert [g.problem for g in groups] == [PROBLEMS[1], PROBLEMS[0]]
    assert [g.solutions for g in groups] == [tuple(SOLUTIONS[2:]), tuple(SOLUTIONS[:2])]
    assert [[v.solution for v in g.verdicts] for g in groups] == [
        [s.id for s in SOLUTIONS[2:]],
        [s.id for s in SOLUTIONS[:2]],
    ]


@pytest.mark.parametrize("foreign", ["solutions", "verdicts"])
def test_records_of_another_run_are_refused_by_name(foreign):
    stray = SOLUTIONS[2:]
    (verdict, *_) = asyncio.run(
        Judge(Scripted({}, default=WRONG_AT_2)).verify(Group(PROBLEMS[1], tuple(stray)))
    )
    mixed = (stray, []) if foreign == "solutions" else ([], [verdict])
    with pytest.raises(InputError, match=PROBLEMS[1].id):
        join(PROBLEMS[:1], *mixed)


def test_a_folder_without_the_records_asked_for_is_named(tmp_path):
    asyncio.run(Run(tmp_path).problems("problems", PROBLEMS))
    with pytest.raises(InputError, match="no verdicts") as caught:
        read_all(tmp_path / "problems", Verdict)
    assert caught.value.file == str(tmp_path / "problems")


def test_a_stage_that_made_nothing_is_not_a_missing_one(tmp_path):
    asyncio.run(Run(tmp_path).problems("problems", []))
    asyncio.run(Run(tmp_path).search("solutions", PROBLEMS, Sample(1), Scripted({})))
    assert read_all(tmp_path / "solutions", Solution) == []
    assert {d.reason for d in read_all(tmp_path / "solutions", Dropped)} == {"engine failed"}


@dataclass(frozen=True)
class Told:
    path: str

    def fingerprint(self):
        return ["told"]


def test_what_names_a_plug_in_is_its_fingerprint_or_else_its_description():
    assert identity(Told("/here")) == identity(Told("/there")) == ["told"]
    assert identity(Sample(2)) != identity(Sample(3))
    assert "n=2" in str(identity(Sample(2)))


def test_a_judge_is_known_by_its_engine_and_not_by_that_engine_s_name():
    """Two checkpoints whose folders have one name are two judges."""

    @dataclass(frozen=True)
    class Model:
        weights: str
        name: str = "model"

        def fingerprint(self):
            return {"weights": self.weights}

    first, second = (Judge(Model(weights)) for weights in ("a", "b"))
    assert identity(first) != identity(second)
    assert identity(first) == identity(Judge(Model("a")))
