import json

import pytest

from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.bench.rating.verdict_files import read_verdicts, write_verdicts
from veriloop.errors import InputError

GOOD = {"model": "m", "problem_id": "1971A", "verdicts": ["WA", "AC"]}


def written(path, *rows):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def test_what_is_written_is_read_back(tmp_path):
    rows = [
        ProblemVerdicts("m", "1971A", ("AC", "NC", "LOST"), "cpp"),
        ProblemVerdicts("ü", "2036E2", ("JE",)),
    ]
    write_verdicts(tmp_path / "v.jsonl", rows)
    read, aside = read_verdicts(tmp_path / "v.jsonl")
    assert read == rows
    assert not aside.rows


@pytest.mark.parametrize(
    ("row", "field", "says"),
    [
        ({**GOOD, "verdicts": ["ok"]}, "verdicts", "'ok' is no verdict"),
        ({**GOOD, "verdicts": [None]}, "verdicts", "None is no verdict"),
        ({**GOOD, "verdicts": []}, "verdicts", "expected a list"),
        ({**GOOD, "verdicts": "AC"}, "verdicts", "expected a list"),
        ({**GOOD, "problem_id": "A"}, "problem_id", "like 1971A"),
        ({**GOOD, "problem_id": 7}, "problem_id", "expected text"),
        ({**GOOD, "model": " "}, "model", "expected text"),
        ({**GOOD, "model": "m\ud800"}, "model", "expected text"),
        ({**GOOD, "language": 3}, "language", "expected text"),
        (GOOD, "problem_id", "given already"),
        ([GOOD], None, "expected an object"),
        ("{", None, "not JSON"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_rest_is_read(tmp_path, row, field, says):
    other = {**GOOD, "problem_id": "1971B"}
    path = written(tmp_path / "v.jsonl", GOOD, row, other)
    read, aside = read_verdicts(path)
    assert [r.problem for r in read] == ["1971A", "1971B"]
    (bad,) = aside.rows
    assert (bad.row, bad.field) == (2, field)
    assert says in bad.reason
    assert bad.file == str(path)


def test_the_same_problem_in_another_language_or_spelling(tmp_path):
    rows = [{**GOOD, "language": "cpp"}, {**GOOD, "language": "python"}]
    read, _ = read_verdicts(written(tmp_path / "v.jsonl", *rows))
    assert [r.language for r in read] == ["cpp", "python"]
    read, aside = read_verdicts(
        written(tmp_path / "v.jsonl", GOOD, {**GOOD, "problem_id": "1971/A"})
    )
    assert len(read) == len(aside.rows) == 1


def test_files_without_a_good_row(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_verdicts(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="there are no verdicts"):
        read_verdicts(written(tmp_path / "v.jsonl"))
    with pytest.raises(InputError, match="set aside 1 row"):
        read_verdicts(written(tmp_path / "v.jsonl", "{"))
