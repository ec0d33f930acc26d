"""Tables from buffers equal those of pyarrow's own builder, to the byte of the file, and import no pandas."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.records import Dropped, Example, Problem, Solution, Verdict
from veriloop.store.arrays import array_of, table_of_rows
from veriloop.store.rows import COLUMNS, schema

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)


def of_type(kind):
    """Values of an Arrow type, None among them."""
    if pa.types.is_list(kind):
        return st.none() | st.lists(inside(kind.value_type), max_size=3)
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({field.name: inside(field.type) for field in kind})
    return st.none() | inside(kind)


def inside(kind):
    if pa.types.is_boolean(kind):
        return st.booleans()
    return {pa.string(): TEXT, pa.int64(): WHOLE, pa.float64(): REAL}[kind]


@given(st.data(), st.sampled_from(sorted(COLUMNS, key=lambda kind: kind.__name__)))
@settings(max_examples=60, deadline=None)
def test_every_schema_gives_the_table_and_the_bytes_of_from_pylist(data, kind):
    wanted = schema(kind)
    loose = pa.schema([field.with_nullable(True) for field in wanted], metadata=wanted.metadata)
    row = st.fixed_dictionaries({field.name: of_type(field.type) for field in loose})
    rows = data.draw(st.lists(row, max_size=5))
    ours, theirs = table_of_rows(rows, loose), pa.Table.from_pylist(rows, schema=loose)
    ours.validate(full=True)
    assert ours.equals(theirs, check_metadata=True)
    assert written(ours) == written(theirs)


def written(table):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    return sink.getvalue().to_pybytes()


def test_lists_of_more_than_eight_and_a_column_of_nulls():
    values = [None, *([True, None, False] * 5)]
    assert array_of(values, pa.bool_()).to_pylist() == values
    assert array_of([None] * 20, pa.string()).to_pylist() == [None] * 20
    assert {Problem, Solution, Verdict, Example, Dropped} == set(COLUMNS)


def test_another_type_is_refused():
    with pytest.raises(TypeError, match="no column of ours is of type int8"):
        array_of([1], pa.int8())


def test_writing_a_piece_imports_no_pandas(tmp_path):
    program = (
        "import sys; from pathlib import Path; from veriloop.records import Solution;"
        "from veriloop.store.pieces import Table;"
        "Table(Path(sys.argv[1]), Solution).write_piece(0, [Solution('p', ('a',))]);"
        "print('pandas' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
