"""Files without a name: who may do what, and that big and odd ones come through whole."""

import os

import pytest

from veriloop.sandbox.memory_files import copy_file, memory_file, read_all, write_all


@pytest.fixture
def files():
    own, given = memory_file("test", 0o622, os.O_WRONLY)
    yield own, given
    os.close(own)
    os.close(given)


def test_the_given_descriptor_can_only_do_what_it_is_for(files):
    own, given = files
    assert os.write(given, b"abc") == 3
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(given, 1)
    assert read_all(own, 3) == b"abc"
    assert os.get_inheritable(own) is os.get_inheritable(given) is False


@pytest.mark.parametrize("size", [0, 1, 4096, 3_000_001])
def test_what_is_written_is_read(files, size):
    own, _ = files
    data = os.urandom(size)
    write_all(own, data)
    assert read_all(own, size) == data
    assert read_all(own, size + 10) == data
    assert read_all(own, size // 2) == data[: size // 2]


def test_a_copy_replaces_what_was_there(files, tmp_path):
    own, _ = files
    write_all(own, b"x" * 100_000)
    (tmp_path / "file").write_bytes(b"short")
    with open(tmp_path / "file", "rb") as file:
        copy_file(file.fileno(), own)
    assert read_all(own, 100_000) == b"short"
