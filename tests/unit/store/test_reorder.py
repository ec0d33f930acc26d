"""A table in another order is the same records, each where it was sent."""

import os

import numpy as np
import pytest

from veriloop.records import Dropped
from veriloop.store.pieces import Table
from veriloop.store.reorder import reorder


@pytest.mark.parametrize(("count", "piece_rows"), [(1, 10), (20_000, 4096), (3000, 3000)])
def test_records_stand_where_they_were_sent(tmp_path, count, piece_rows):
    records = [Dropped(f"solution {i}", "why", row=i) for i in range(count)]
    table, out = Table(tmp_path / "a", Dropped), Table(tmp_path / "b", Dropped)
    for index, at in enumerate(range(0, count, 1500)):
        table.write_piece(index, records[at : at + 1500])
    places = np.random.default_rng(0).permutation(count)
    reorder(table, places, out, piece_rows)
    rows = np.concatenate([column.to_numpy() for column in out.column("row")])
    assert (rows == np.argsort(places)).all()
    assert out.count() == count
    assert next(iter(out.read())) == records[int(np.argsort(places)[0])]
    pieces = -(-count // piece_rows)
    assert sorted(os.listdir(out.folder)) == [f"part-{i:05d}.parquet" for i in range(pieces)]
