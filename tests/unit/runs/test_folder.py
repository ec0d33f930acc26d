"""One run at a time, one fingerprint for good."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from veriloop.errors import InputError, StoreError
from veriloop.records import Problem
from veriloop.runs.folder import claim, held
from veriloop.store.pieces import Table

HOLD = textwrap.dedent("""
    import multiprocessing, sys, time
    from pathlib import Path
    from veriloop.runs.folder import held
    with held(Path(sys.argv[1])):
        # A forked worker that outlives its parent, as a killed run leaves them behind.
        worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        worker.start()
        print(worker.pid, flush=True)
        time.sleep(60)
""")


def test_another_process_is_kept_out_until_it_dies(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    orphan = int(child.stdout.readline())
    try:
        with pytest.raises(StoreError, match="another run is writing here"), held(tmp_path):
            pass
        child.kill()
        child.wait()
        with held(tmp_path):
            pass
    finally:
        os.kill(orphan, signal.SIGKILL)
        child.stdout.close()


def test_the_same_process_is_kept_out_too_and_let_in_again(tmp_path):
    again = tmp_path / "b" / ".." / "a"
    with (
        held(tmp_path / "a"),
        held(tmp_path / "b"),
        pytest.raises(StoreError, match="another run"),
        held(again),
    ):
        pass
    with held(tmp_path / "a"):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written to"), held(tmp_path / "file" / "a"):
        pass


def test_a_claim_holds_for_the_same_fingerprint_alone(tmp_path):
    claim(tmp_path, {"seed": 1, "by": {"b": 1, "a": (1, 2)}})
    text = (tmp_path / "stage.json").read_text()
    assert text == '{"by":{"a":[1,2],"b":1},"seed":1}'
    claim(tmp_path, {"by": {"a": [1, 2], "b": 1}, "seed": 1})
    says = r"made otherwise \(seed was 1, is 2; new was not there, is x\): --fresh .* another --out"
    with pytest.raises(InputError, match=says):
        claim(tmp_path, {"by": {"a": [1, 2], "b": 1}, "seed": 2, "new": "x"})
    assert (tmp_path / "stage.json").read_text() == text
    with pytest.raises(InputError, match=r"give another --out$"):  # and nothing of --fresh
        claim(tmp_path, {"by": {"a": [1, 2], "b": 1}, "seed": 1, "makes": ["verdicts"]})


def test_fresh_deletes_pieces_and_nothing_else(tmp_path):
    claim(tmp_path, {"seed": 1})
    table = Table(tmp_path / "problems", Problem)
    table.write_piece(0, [Problem("t", "p")])
    (table.folder / ".part-00001.parquet.unfinished").touch()
    (tmp_path / "problems" / "notes.txt").touch()
    (tmp_path / "calls.sqlite").touch()
    claim(tmp_path, {"seed": 2}, fresh=True)
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert names == ["calls.sqlite", "problems/notes.txt", "stage.json"]
