"""Reading by columns gives what reading by rows gives, record for record and refusal for refusal."""

from dataclasses import replace

import pyarrow as pa
import pytest

from veriloop.errors import InputError
from veriloop.records import (
    Cost,
    Dropped,
    Example,
    ExampleKind,
    Finish,
    Form,
    Granularity,
    Message,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.store.columns import records_of
from veriloop.store.rows import COLUMNS, from_row, schema, to_row

VERDICT = Verdict(
    "p", "s", "mc", Form.BINARY, Granularity.STEP, 0.0, step_scores=(1.0, 0.0), first_error=1,
    cost=Cost(3, 4, 5, 6, 0.5), detail={"k": 8, "successes": [8, 0]},
)  # fmt: skip
RECORDS = {
    Problem: [
        Problem("t", "é 1 + 1?", "2", "sub", uid="u", tests=({"in": "x"},), meta={"a": [1, None]}),
        Problem("t", "no more"),
    ],
    Solution: [
        Solution("p", ("one", "zwei \u2028"), Finish.STOP, "2", tokens=7, engine="m", seed=3),
        Solution("p", ()),
    ],
    Verdict: [
        VERDICT,
        replace(VERDICT, value=None, unscored=Unscored.UNPARSED, step_scores=(), first_error=None),
    ],
    Example: [
        Example(ExampleKind.STEP_LABELS, "q", ("a", "b"), (1.0, 0.25), "p", ("s",), "mc"),
        Example(ExampleKind.PREFERENCE, "q", ("a", "b")),
    ],
    Dropped: [Dropped("w", "why", "f", 3, {"a": 1}), Dropped("w", "why")],
}


def batch(rows, kind, types=None):
    return pa.RecordBatch.from_pylist(rows, schema=types or schema(kind))


def by_columns(rows, kind, types=None):
    return list(records_of(kind, batch(rows, kind, types), file="f", first=1))


@pytest.mark.parametrize("kind", list(RECORDS))
def test_batches_of_our_own_are_read_back(kind):
    rows = [to_row(record) for record in RECORDS[kind]]
    assert by_columns(rows, kind) == RECORDS[kind]
    assert by_columns([], kind) == []
    shuffled = pa.schema(list(reversed(list(schema(kind)))))
    assert by_columns(rows, kind, shuffled) == RECORDS[kind]


@pytest.mark.parametrize("kind", [Problem, Example])
def test_chats_and_texts_may_stand_in_one_batch(kind):
    chat = (Message("system", "s"), Message("user", "u"))
    records = [*RECORDS[kind], replace(RECORDS[kind][1], prompt=chat)]
    assert by_columns([to_row(record) for record in records], kind) == records


def changed(kind, field, value):
    """Two rows of a kind; the second is changed."""
    good, bad = (to_row(record) for record in RECORDS[kind])
    return [good, {**bad, field: value}]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Problem, "id", "0" * 32),
        (Problem, "prompt", "another"),
        (Problem, "prompt", None),
        (Problem, "chat", '[{"role": "user", "content": "too"}]'),
        (Problem, "task", None),
        (Problem, "tests", "{}"),
        (Problem, "tests", "[1]"),
        (Problem, "meta", "[]"),
        (Problem, "meta", "not JSON"),
        (Solution, "steps", ["one", None]),
        (Solution, "steps", None),
        (Solution, "finish", "halt"),
        (Solution, "seed", None),
        (Solution, "seed", 9),
        (Verdict, "value", 1.0),
        (Verdict, "value", float("nan")),
        (Verdict, "step_scores", [0.5, float("inf")]),
        (Verdict, "step_scores", [None]),
        (Verdict, "first_error", -7),
        (Verdict, "unscored", "why"),
        (Verdict, "cost", {**to_row(VERDICT)["cost"], "calls": None}),
        (Verdict, "cost", {**to_row(VERDICT)["cost"], "usd": float("nan")}),
        (Verdict, "cost", None),
        (Example, "labels", [0.5]),
        (Example, "kind", "poem"),
        (Dropped, "detail", "3"),
    ],
)
def test_what_rows_refuse_columns_refuse_with_the_same_words(kind, field, value):
    loose = pa.schema([item.with_nullable(True) for item in schema(kind)])
    rows = batch(changed(kind, field, value), kind, loose).to_pylist()
    said = []
    for index, row in enumerate(rows, start=1):
        try:
            from_row(kind, row, file="f", index=index)
        except InputError as error:
            said.append(str(error))
    if not said:  # a field outside the id may be changed
        assert by_columns(rows, kind, loose)[1] == from_row(kind, rows[1])
        return
    with pytest.raises(InputError) as caught:
        by_columns(rows, kind, loose)
    assert str(caught.value) == said[0]
    assert (caught.value.file, caught.value.row) == ("f", 2)


def test_the_records_before_a_bad_one_are_read():
    rows = changed(Solution, "id", "0" * 32)
    reading = records_of(Solution, batch(rows, Solution), file="f", first=7)
    assert next(reading) == RECORDS[Solution][0]
    with pytest.raises(InputError, match="row 8, field 'id'"):
        next(reading)


def test_foreign_batches_are_read_row_by_row():
    rows = [to_row(record) for record in RECORDS[Solution]]
    names = [name for name in schema(Solution).names if name not in ("id", "tokens")]
    fewer = pa.schema([schema(Solution).field(name) for name in names])
    kept = [{name: row[name] for name in names} for row in rows]
    assert by_columns(kept, Solution, fewer) == [from_row(Solution, row) for row in kept]
    small = pa.schema(
        [pa.field("seed", pa.int32()) if f.name == "seed" else f for f in schema(Solution)]
    )
    assert by_columns(rows, Solution, small) == RECORDS[Solution]
    more = schema(Solution).append(pa.field("grade", pa.int64()))
    with pytest.raises(InputError, match="no such column"):
        by_columns([{**row, "grade": 1} for row in rows], Solution, more)


def test_an_id_may_be_left_out():
    rows = [{**to_row(record), "id": None} for record in RECORDS[Verdict]]
    loose = pa.schema([item.with_nullable(True) for item in schema(Verdict)])
    assert by_columns(rows, Verdict, loose) == RECORDS[Verdict]


def test_every_field_of_a_record_has_its_column():
    for kind, columns in COLUMNS.items():
        assert [name for name in columns if name != "chat"] == list(kind.__dataclass_fields__)
