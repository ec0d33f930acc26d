"""Groups that are streamed are the groups that a join in memory gives, from whatever place reading begins."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.runs.stages import read_groups
from veriloop.runs.streams import Sources, ids_key, join_in_order, stream_groups
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS


def keep(folder: Path, records, size: int = 4) -> Path:
    """The records in pieces of ``size``."""
    table = Table(folder / FOLDERS[type(records[0])], type(records[0]))
    for start in range(0, len(records), size):
        table.write_piece(start // size, records[start : start + size])
    return folder


def records(counts):
    """A problem for each count, so many solutions, and two verdicts of each."""
    problems = [Problem("t", f"question {i}") for i in range(len(counts))]
    solutions = [
        Solution(p.id, ("a", "b"), sample=j)
        for p, count in zip(problems, counts, strict=True)
        for j in range(count)
    ]
    verdicts = [
        [
            Verdict(s.problem, s.id, name, Form.SCORE, Granularity.STEP, unscored=Unscored.UNPARSED)
            for s in solutions
        ]
        for name in ("mc", "judge")
    ]
    return problems, solutions, verdicts


def sources(folder: Path, problems, solutions, verdicts, size: int = 4) -> Sources:
    return Sources(
        keep(folder / "problems", problems, size),
        keep(folder / "solutions", solutions, size + 1),
        tuple(keep(folder / f"v{i}", said, size + 2) for i, said in enumerate(verdicts)),
    )


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(1, 6), st.data())
@settings(max_examples=10, deadline=None)
def test_the_merge_is_the_join(counts, size, data):
    counts[data.draw(st.integers(0, len(counts) - 1))] = 2  # a folder without records is refused
    problems, solutions, (mc, judge) = records(counts)
    # A verifier may have seen only some of the solutions.
    judge = [v for v in judge if data.draw(st.booleans())] or judge
    told: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        given_ = sources(Path(name), problems, solutions, (mc, judge), size)
        expected = read_groups(given_.problems, given_.solutions, *given_.verdicts)
        assert list(stream_groups(given_, said=told.append)) == expected
        joined = join_in_order(given_)
        assert joined.sizes.tolist() == [len(g.solutions) for g in expected]
        first = data.draw(st.integers(0, len(expected)))
        assert list(joined.read(first)) == expected[first:]
    assert told == []
    assert not joined.in_memory


@pytest.mark.parametrize("which", ["solutions", "verdicts"])
def test_folders_in_another_order_are_joined_in_memory_and_that_is_said(tmp_path, which):
    problems, solutions, verdicts = records([2, 1, 3])
    if which == "solutions":
        solutions = solutions[::-1]
    else:
        verdicts[1] = verdicts[1][::-1]
    given_ = sources(tmp_path, problems, solutions, verdicts)
    told: list[str] = []
    assert list(stream_groups(given_, said=told.append)) == read_groups(
        given_.problems, given_.solutions, *given_.verdicts
    )
    folder = "solutions" if which == "solutions" else "v1"
    (line,) = told
    assert f"{folder}/{which} is not in the order of the problems" in line
    assert "joined in memory" in line


def test_a_problem_that_stands_twice_is_joined_as_ever(tmp_path):
    problems, solutions, verdicts = records([2, 1])
    given_ = sources(tmp_path, [*problems, problems[0]], solutions, verdicts)
    told: list[str] = []
    groups = list(stream_groups(given_, said=told.append))
    assert groups == read_groups(given_.problems, given_.solutions, *given_.verdicts)
    assert "repeats some of the problems" in told[0]


@pytest.mark.parametrize("which", ["solutions", "verdicts"])
def test_records_of_another_run_are_refused_by_name_before_anything_is_read(tmp_path, which):
    problems, solutions, verdicts = records([2, 1, 1])
    kept = problems[:2] if which == "solutions" else problems
    if which == "verdicts":
        stray = Problem("t", "elsewhere")
        verdicts[0][-1] = Verdict(
            stray.id, "s", "mc", Form.SCORE, Granularity.STEP, unscored=Unscored.UNPARSED
        )
    wanted = stray.id if which == "verdicts" else problems[2].id
    with pytest.raises(InputError, match=f"{wanted} is not among the problems") as caught:
        join_in_order(sources(tmp_path, kept, solutions, verdicts))
    assert which in str(caught.value.file)


def test_a_folder_without_the_records_asked_for_is_named(tmp_path):
    problems, solutions, _ = records([1])
    given_ = sources(tmp_path, problems, solutions, ())
    with pytest.raises(InputError, match="no verdicts here"):
        join_in_order(Sources(given_.problems, given_.solutions, (tmp_path / "none",)))


def test_a_folder_that_changes_while_it_is_read_is_no_other_group(tmp_path):
    problems, solutions, _ = records([1, 1, 1])
    given_ = sources(tmp_path, problems, solutions, ())
    joined = join_in_order(given_)
    keep(tmp_path / "solutions", solutions[::-1], 5)
    with pytest.raises(InputError, match="changed while it was read"):
        list(joined.read(0))


def test_the_key_tells_other_records_and_another_order_but_not_other_pieces(tmp_path):
    problems, *_ = records([1] * 9)

    def key(name: str, some, size: int = 4):
        return ids_key(Table(keep(tmp_path / name, some, size) / "problems", Problem))

    assert key("a", problems) == key("b", problems, 2)
    assert key("a", problems)[:2] == ["problems", 9]
    assert (
        len(
            {
                str(key(n, p))
                for n, p in (("c", problems), ("d", problems[::-1]), ("e", problems[:8]))
            }
        )
        == 3
    )
