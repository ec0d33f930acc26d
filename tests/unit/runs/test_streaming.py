"""A streamed stage leaves the records of the stage in memory, in large pieces, and resumes after the last one."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from veriloop.errors import InputError, RunStopped
from veriloop.feedback.consensus import Consensus
from veriloop.feedback.kept import KeptFractions
from veriloop.feedback.labels import StepLabels
from veriloop.protocols import Kept
from veriloop.records import (
    Dropped,
    Example,
    ExampleKind,
    Form,
    Granularity,
    Problem,
    Solution,
    Verdict,
)
from veriloop.runs.stages import Run, read_all, read_dropped, read_groups
from veriloop.runs.streaming import Stream, Streaming, stream_examples, stream_feedback
from veriloop.runs.streams import Sources
from veriloop.store.pieces import Table

CONSENSUS = Consensus(StepLabels("mc"), "judge")
SMALL = Streaming(piece_rows=10)


def made(folder: Path, problems: int = 20) -> Sources:
    """Three solutions of each problem; the judge agrees on two of them."""
    asked = [Problem("t", f"question {i}", subset="ab"[i % 2]) for i in range(problems)]
    solutions = [Solution(p.id, ("a", "b"), sample=j) for p in asked for j in range(3)]
    Table(folder / "p" / "problems", Problem).write_piece(0, asked)
    Table(folder / "s" / "solutions", Solution).write_piece(0, solutions)
    for name in ("mc", "judge"):
        said = [
            Verdict(
                s.problem,
                s.id,
                name,
                Form.BINARY,
                Granularity.STEP,
                0.0,
                step_scores=(0.0,) if name == "judge" and s.sample == 2 else (1.0, 0.0),
                first_error=int(name == "mc" or s.sample < 2),
            )
            for s in solutions
        ]
        Table(folder / name / "verdicts", Verdict).write_piece(0, said)
    return Sources(folder / "p", folder / "s", (folder / "mc", folder / "judge"))


def parts(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


def test_the_records_are_those_of_the_stage_in_memory(tmp_path):
    sources = made(tmp_path)
    report = stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL)
    groups = read_groups(sources.problems, sources.solutions, *sources.verdicts)
    other = asyncio.run(Run(tmp_path).feedback("other", groups, CONSENSUS))
    assert read_all(tmp_path / "out", Example) == read_all(tmp_path / "other", Example)
    assert read_dropped(tmp_path / "out") == read_dropped(tmp_path / "other")
    assert (report.items, report.records, report.dropped) == (20, other.records, other.dropped)
    assert report.records == {"examples": 40, "dropped": 20}
    sizes = [
        len(list(Table(tmp_path / "out" / "examples", Example).read_piece(i)))
        + len(list(Table(tmp_path / "out" / "dropped", Dropped).read_piece(i)))
        for i in Table(tmp_path / "out" / "examples", Example).pieces()
    ]
    # 12 solutions fill a piece of 10, whose last group then ends in the next: 12, 9, 9, 12, ...
    assert sum(sizes) == 60
    assert set(sizes) == {9, 12}


def test_what_lacks_is_done_and_the_bytes_are_the_same(tmp_path):
    sources = made(tmp_path)
    whole = stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL)
    before = parts(tmp_path / "out")
    for name in ("examples/part-00004.parquet", "dropped/part-00003.parquet"):
        (tmp_path / "out" / name).unlink()
    fractions = KeptFractions()
    again = stream_feedback(
        tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL, watch=fractions.add
    )
    assert parts(tmp_path / "out") == before
    assert (again.items, again.dropped, again.records) == (20, whole.dropped, whole.records)
    assert 0 < again.resumed < 20
    assert again.resumed + again.done == 20
    assert fractions.overall == (40, 60), "finished pieces are counted too"
    assert fractions.table("subset") == {"a": (20, 30), "b": (20, 30)}
    idle = stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL)
    assert (idle.resumed, idle.done) == (20, 0)


def test_a_folder_made_otherwise_is_refused_and_fresh_replaces_it(tmp_path):
    sources = made(tmp_path)
    stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL)
    labels = StepLabels("mc")
    with pytest.raises(InputError, match=r"made otherwise \(feedback was"):
        stream_feedback(tmp_path / "out", sources, feedback=labels, how=SMALL)
    fewer = Sources(sources.problems, sources.solutions, sources.verdicts[:1])
    with pytest.raises(InputError, match="inputs"):
        stream_feedback(tmp_path / "out", fewer, feedback=CONSENSUS, how=SMALL)
    report = stream_feedback(tmp_path / "out", sources, feedback=labels, how=Streaming(fresh=True))
    assert report.records == {"examples": 60, "dropped": 0}


@dataclass(frozen=True)
class Refuses:
    """Feedback that cannot use one problem, and makes of another what no file can hold."""

    bad: str
    odd: str

    def feedback(self, group):
        if group.problem.id == self.bad:
            raise InputError("not this one")
        text = "\ud800" if group.problem.id == self.odd else "fine"
        return Kept((Example(ExampleKind.CRITIQUE, "q", (text,)),))


def test_a_group_that_cannot_be_used_is_dropped_and_the_rest_is_done(tmp_path):
    sources = made(tmp_path, 5)
    names = [p.id for p in read_all(sources.problems, Problem)]
    feedback = Refuses(names[1], names[3])
    report = stream_feedback(tmp_path / "out", sources, feedback=feedback)
    groups = read_groups(sources.problems, sources.solutions, *sources.verdicts)
    asyncio.run(Run(tmp_path).feedback("out2", groups, feedback))
    assert report.dropped == {"unusable input": 2}
    assert report.lost == 2
    dropped = read_dropped(tmp_path / "out")
    assert [(d.what, d.row) for d in dropped] == [(names[1], 1), (names[3], 3)]
    assert [d.detail for d in dropped] == [d.detail for d in read_dropped(tmp_path / "out2")]


def examples(n: int) -> list[Example]:
    return [Example(ExampleKind.CRITIQUE, f"q{i}", ("fine",)) for i in range(n)]


def every_third(chunk, first):
    return [
        Kept((), (Dropped(e.id, "third", row=row),)) if row % 3 == 0 else Kept((e,))
        for row, e in enumerate(chunk, first)
    ]


@pytest.mark.parametrize("n", [0, 1, 10, 25])
def test_a_filter_over_examples_keeps_or_drops_every_row(tmp_path, n):
    stream = Stream(n, lambda: iter(examples(n)))
    report = stream_examples(tmp_path, stream, keep=every_third, made_by={"by": "3"}, how=SMALL)
    assert report.items == n
    assert read_all(tmp_path, Example) == [e for i, e in enumerate(examples(n), 1) if i % 3]
    assert [d.row for d in read_dropped(tmp_path)] == list(range(3, n + 1, 3))
    before = parts(tmp_path)
    Table(tmp_path / "dropped", Dropped).path(0).unlink()
    stream_examples(tmp_path, stream, keep=every_third, made_by={"by": "3"}, how=SMALL)
    assert parts(tmp_path) == before
    with pytest.raises(InputError, match="made otherwise"):
        stream_examples(
            tmp_path, Stream("other", stream.read), keep=every_third, made_by={"by": "3"}
        )


def test_progress_is_told_and_ctrl_c_says_how_to_go_on(tmp_path):
    sources = made(tmp_path)
    events = []

    def interrupt(event):
        events.append(event)
        if event.done >= 7:
            raise KeyboardInterrupt

    how = Streaming(piece_rows=10, seen=interrupt)
    with pytest.raises(RunStopped, match=r"stopped at 7 items, .* run the same command again"):
        stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=how)
    told = []
    how = Streaming(piece_rows=10, seen=told.append)
    report = stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=how)
    assert [e.done for e in told][-2:] == [20, 20]
    assert (told[-1].finished, told[-1].total, report.resumed) == (True, 20, 7)


def test_a_run_killed_in_the_middle_ends_with_the_bytes_of_one_that_was_not(tmp_path):
    sources = made(tmp_path)
    script = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from veriloop.feedback.consensus import Consensus
        from veriloop.feedback.labels import StepLabels
        from veriloop.runs.streaming import Streaming, stream_feedback
        from veriloop.runs.streams import Sources
        at = Path(sys.argv[1])

        def seen(event):
            if event.done >= 7:
                os.kill(os.getpid(), signal.SIGKILL)

        stream_feedback(
            at / "out",
            Sources(at / "p", at / "s", (at / "mc", at / "judge")),
            feedback=Consensus(StepLabels("mc"), "judge"),
            how=Streaming(piece_rows=10, seen=seen),
        )
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    stream_feedback(tmp_path / "out", sources, feedback=CONSENSUS, how=SMALL)
    how = Streaming(piece_rows=10, name="out")
    stream_feedback(tmp_path / "whole", sources, feedback=CONSENSUS, how=how)
    assert parts(tmp_path / "out") == parts(tmp_path / "whole")


def test_a_piece_of_no_rows_is_refused():
    with pytest.raises(InputError, match="at least 1"):
        Streaming(piece_rows=0)
