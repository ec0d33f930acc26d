"""A file is the old one or the new one, whatever happens while it is written."""

import os
import resource
import subprocess
import sys
import textwrap

import pytest

from veriloop.errors import StoreError
from veriloop.store.atomic import whole_file, write_whole


def test_a_file_is_replaced_whole_and_its_folder_made(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    write_whole(path, b"one")
    write_whole(path, b"two!")
    assert path.read_bytes() == b"two!"
    assert os.listdir(path.parent) == ["file.bin"]


def test_a_kill_while_writing_leaves_the_old_or_the_new(tmp_path):
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from veriloop.store.atomic import whole_file, write_whole
        for i in range(10**9):
            write_whole(Path(sys.argv[1]), bytes([i % 251]) * 300_000)
            print(i, flush=True)
    """)
    path = tmp_path / "file.bin"
    for lines in (1, 3, 5):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(lines):
            child.stdout.readline()
        child.kill()
        told = child.stdout.read().split()
        child.stdout.close()
        child.wait()
        data = path.read_bytes()
        assert len(data) == 300_000
        assert len(set(data)) == 1
        last = max([int(n) for n in told if n.isdigit()], default=lines - 1)
        assert data[0] in (last % 251, (last + 1) % 251)


def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path):
    path = tmp_path / "file.bin"
    write_whole(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StoreError) as caught:
            write_whole(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value).startswith(f"{path}: could not be written (File too large)")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with whole_file(path) as file:
        file.write(b"old")

    def half() -> None:
        with whole_file(path) as file:
            file.write(b"new")
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        half()
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["file.bin"]
