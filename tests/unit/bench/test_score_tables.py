"""Score tables: three kinds of files that say the same, and bad rows that are set aside with file, row and field."""

import json

import pytest

from veriloop.bench.parallel import ParallelScores
from veriloop.bench.score_tables import FILE, read_scores, write_scores
from veriloop.errors import InputError

SYSTEMS = (
    ParallelScores(
        'm "1", ü',
        {("xnli", "en"): {"a": 1.0, "b": 0.0}, ("xnli", "zh"): {"a": 1 / 3}},
        {("xnli", "zh"): (1.0, 0.1)},
    ),
    ParallelScores("n", {("mgsm", "th"): {"a": 1.0}}),
    ParallelScores("only loose", {}, {("mgsm", "th"): (0.0,)}),
)
GOOD = {"set": "s", "language": "en", "uid": "u", "system": "m", "score": 1}


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_what_is_written_is_read_again(tmp_path, suffix):
    path = tmp_path / f"scores{suffix}"
    write_scores(path, SYSTEMS)
    read, aside = read_scores([path])
    assert read == SYSTEMS
    assert len(aside) == 0


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_clusters_are_kept_and_a_table_without_any_has_no_such_column(tmp_path, suffix):
    path = tmp_path / f"scores{suffix}"
    write_scores(path, SYSTEMS)
    assert b"cluster" not in path.read_bytes()
    joined = {"xnli": {"a": "premise", "c": "premise"}}
    scores = {("xnli", "en"): {"a": 1.0, "b": 0.0, "c": 1.0}, ("xnli", "zh"): {"a": 0.5}}
    one = ParallelScores("m", scores, {("xnli", "zh"): (1.0,)}, joined)
    write_scores(path, [one, *SYSTEMS[1:]])
    assert read_scores([path])[0] == (one, *SYSTEMS[1:])


def test_a_folder_is_read_by_its_file_and_several_sources_are_one_table(tmp_path):
    for name, systems in (("a", SYSTEMS[:1]), ("b", SYSTEMS[1:])):
        (tmp_path / name).mkdir()
        write_scores(tmp_path / name / FILE, systems)
    read, _ = read_scores([tmp_path / "a", tmp_path / "b"])
    assert read == SYSTEMS


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"score": 73.5}, "score", r"in \[0, 1\], got 73.5; divide points"),
        ({"score": None}, "score", "got None"),
        ({"score": "many"}, "score", "got 'many'"),
        ({"score": float("nan")}, "score", "got nan"),
        ({"score": 10**400}, "score", "got 1000"),
        ({"set": ""}, "set", "expected a text"),
        ({"language": 3}, "language", "expected a text, got 3"),
        ({"system": "\ud800"}, "system", "expected a text"),
        ({"uid": True}, "uid", "expected a text, got True"),
        ({"cluster": ["x"]}, "cluster", "expected a text, got"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_rest_is_read(tmp_path, change, field, says):
    path = tmp_path / "scores.jsonl"
    rows = [GOOD, {**GOOD, "uid": "v", **change}, {**GOOD, "uid": "w"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (read,), aside = read_scores([path])
    assert read.scores == {("s", "en"): {"u": 1.0, "w": 1.0}}
    (bad,) = aside.rows
    assert (bad.file, bad.row, bad.field) == (str(path), 2, field)
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(bad.reason)


def test_a_number_may_be_a_uid(tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({**GOOD, "uid": 7}) + "\n", encoding="utf-8")
    assert read_scores([path])[0][0].scores == {("s", "en"): {"7": 1.0}}


def test_a_missing_uid_is_said_and_never_taken_for_unaligned(tmp_path):
    path = tmp_path / "scores.jsonl"
    row = {key: value for key, value in GOOD.items() if key != "uid"}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1, field 'uid': there is none.*has the uid null"):
        read_scores([path])


def test_a_second_score_of_an_item_is_set_aside_across_files(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(json.dumps(GOOD) + "\n", encoding="utf-8")
    (read,), aside = read_scores([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert read.scores["s", "en"] == {"u": 1.0}
    assert "has a score of 'u' in s/en already" in aside.rows[0].reason
    assert aside.rows[0].file.endswith("b.jsonl")


def test_a_uid_has_one_cluster(tmp_path):
    path = tmp_path / "scores.jsonl"
    rows = [{**GOOD, "cluster": 1}, {**GOOD, "language": "fr", "cluster": 2}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (read,), aside = read_scores([path])
    assert read.clusters == {"s": {"u": "1"}}
    assert set(read.scores) == {("s", "en")}
    assert "'u' is of '1' in another row, here of '2'" in aside.rows[0].reason


def test_torn_lines_and_other_json_are_set_aside(tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{{\n[1]\n", encoding="utf-8")
    _, aside = read_scores([path])
    assert [(row.row, row.raw) for row in aside.rows] == [(2, "{\n"), (3, [1])]


def test_csv_by_its_head(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("score,system,uid,language,set,more\n0.5,m,,en,s,x\n1,m,u,en,s,\n", "utf-8-sig")
    (read,), _ = read_scores([path])
    assert read == ParallelScores("m", {("s", "en"): {"u": 1.0}}, {("s", "en"): (0.5,)})
    path.write_text("score,system,language,set\n1,m,en,s\n", "utf-8")
    with pytest.raises(InputError, match="there is no 'uid'"):
        read_scores([path])


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("none.jsonl", None, "no such file of scores"),
        ("scores.txt", b"x", "unknown file type .txt"),
        ("scores.csv", b"\xff\xfe", "not UTF-8"),
        ("scores.csv", b'set,language,uid,system,score\n"s', "not a CSV file"),
        ("scores.jsonl", b"", "there are no scores"),
        ("scores.parquet", b"x", "not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, data, says):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        read_scores([path])
    assert str(path) in str(caught.value)


def test_scores_are_written_to_known_types_only(tmp_path):
    with pytest.raises(InputError, match=r"one of \.jsonl, \.csv, \.parquet"):
        write_scores(tmp_path / "scores.xlsx", SYSTEMS)
