"""Folders of labelled records: each record once, in the order of the problems, joined by what label reads."""

import json
import os
from dataclasses import replace

import pytest

from veriloop.errors import InputError, StoreError
from veriloop.records import Dropped, Problem, Solution, Verdict
from veriloop.runs.folder import held
from veriloop.runs.record_folders import (
    PIECE_ROWS,
    check_free,
    is_records,
    read_records,
    write_records,
)
from veriloop.runs.stages import read_all, read_dropped, read_groups
from veriloop.runs.streams import Sources, join_in_order
from veriloop.store.formats import Labels, labelled


def of(name, *steps, verifier="mc"):
    problem = Problem("made-up", name)
    solution = Solution(problem.id, steps)
    return labelled(problem, solution, Labels(verifier, (1.0,) * len(steps)))


def test_records_are_written_once_and_in_the_order_of_their_problems(tmp_path):
    count = PIECE_ROWS + 50
    items = [of(f"problem {i % 7}", f"step {i}") for i in range(count)]
    counts = write_records(iter(items), tmp_path / "out")
    assert counts == {"problems": 7, "solutions": count, "verdicts": count, "dropped": 0}
    assert sorted(os.listdir(tmp_path / "out")) == [".lock", "problems", "solutions", "verdicts"]
    assert is_records(tmp_path / "out")
    read = list(read_records(tmp_path / "out"))
    assert read == sorted(items, key=lambda item: int(item.problem.text.split()[1]))
    folder = tmp_path / "out"
    joined = join_in_order(Sources(folder, folder, (folder,)))
    assert not joined.in_memory
    assert joined.sizes.tolist() == [len(range(i, count, 7)) for i in range(7)]
    assert list(joined.read(0)) == read_groups(folder, folder, folder)


def test_what_was_labelled_before_is_left_out_and_said(tmp_path):
    told = []
    first, other = of("a", "1"), of("a", "1", verifier="judge")
    again = replace(first, verdict=replace(first.verdict, step_scores=(0.5,), value=0.5))
    surrogate = of("b", "\ud800")
    counts = write_records([first, again, other, surrogate], tmp_path, dropped=told.append)
    assert counts == {"problems": 1, "solutions": 1, "verdicts": 2, "dropped": 2}
    assert [one.reason for one in told] == [
        "mc has labelled the same solution before",
        "veriloop: steps: text with a lone surrogate cannot be written as UTF-8",
    ]
    assert read_dropped(tmp_path) == told
    assert read_all(tmp_path, Problem) == [first.problem]
    assert read_all(tmp_path, Solution) == [first.solution]
    assert read_all(tmp_path, Verdict) == [first.verdict, other.verdict]


def test_a_folder_with_several_verifiers_needs_one_named(tmp_path):
    items = [of("a", "1"), of("a", "1", verifier="judge"), of("b", "2")]
    write_records(items, tmp_path)
    with pytest.raises(InputError, match="verdicts of judge and mc: name the verifier"):
        list(read_records(tmp_path))
    assert list(read_records(tmp_path, "mc")) == [items[0], items[2]]
    silent = Dropped(items[2].solution.id, "no label by judge", items[2].problem.id)
    assert list(read_records(tmp_path, "judge")) == [items[1], silent]
    with pytest.raises(InputError, match="no verdict of human, only of judge, mc"):
        list(read_records(tmp_path, "human"))


def test_what_is_there_is_replaced_only_when_asked_and_only_when_all_is_written(tmp_path):
    write_records([of("a", "1"), of("a", "\ud800")], tmp_path)
    with pytest.raises(InputError, match="problems, solutions, verdicts, dropped already"):
        check_free(tmp_path, fresh=False)
    check_free(tmp_path, fresh=True)

    def stops():
        yield of("b", "2")
        raise InputError("half-way")

    with pytest.raises(InputError, match="half-way"):
        write_records(stops(), tmp_path)
    assert [item.problem.text for item in read_records(tmp_path)] == ["a"]
    write_records([of("b", "2")], tmp_path)
    assert [item.problem.text for item in read_records(tmp_path)] == ["b"]
    assert read_dropped(tmp_path) == []
    assert not (tmp_path / ".unfinished").exists()
    (tmp_path / "stage.json").write_text(json.dumps({}))
    with pytest.raises(InputError, match="is the folder of a stage"):
        check_free(tmp_path, fresh=True)


def test_one_writer_at_a_time(tmp_path):
    with held(tmp_path), pytest.raises(StoreError, match="another run is writing here"):
        write_records([of("a", "1")], tmp_path)


def test_dropped_records_are_a_table(tmp_path):
    write_records([of("a", "1"), of("a", "1")], tmp_path)
    assert [type(one) for one in read_dropped(tmp_path)] == [Dropped]
