import os

import pytest

from veriloop.sandbox import zygote_folders as folders


def test_emptying_goes_down_any_depth_and_follows_no_link(tmp_path):
    """Deeper than the longest path; names that collide when they are moved up."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    (folder / "closed").mkdir()
    (folder / "closed" / "inner").write_text("x")
    (folder / "closed").chmod(0)
    os.mkfifo(folder / "pipe")
    here = os.open(folder, os.O_RDONLY)
    for depth in range(500):
        os.mkdir("directory", dir_fd=here)
        if depth % 100 == 0:
            os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        inner = os.open("directory", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    folders.empty(str(folder))
    assert list(folder.iterdir()) == []
    assert (kept / "file").read_text() == "x"


def test_folders_without_mounts(tmp_path):
    made = folders.Folders(scratch=str(tmp_path), mounted=False, owner=0)
    made.fresh_tmp(1000, 10)
    (tmp_path / "tmp" / "old").write_text("from the run before")
    (tmp_path / "tmp" / "link").symlink_to("old")
    found = made.collect("old")
    assert found is not None
    assert os.read(found, 100) == b"from the run before"
    os.close(found)
    for name in ("link", "absent", ".", "..", "", "a/b"):
        assert made.collect(name) is None
    made.fresh_tmp(1000, 10)
    assert os.listdir(made.tmp) == []

    made.open_box(1, 4)
    source = os.memfd_create("source")
    os.write(source, b"abcd")
    made.put("prog", source)
    with pytest.raises(FileExistsError):
        made.put("prog", source)
    os.close(source)
    made.seal()
    assert (tmp_path / "box" / "prog").read_bytes() == b"abcd"
    assert os.access(tmp_path / "box" / "prog", os.X_OK)
    assert os.stat(made.box).st_mode & 0o222 == 0
    made.open_box(0, 0)
    assert os.listdir(made.box) == []


def test_what_a_program_changed_of_an_open_file_is_undone():
    opened = os.memfd_create("x")
    os.write(opened, b"abc")
    os.fchmod(opened, 0o777)
    os.utime(opened, (5, 5))
    folders.restore(opened, 0o444)
    status = os.fstat(opened)
    assert (status.st_mode & 0o777, status.st_mtime) == (0o444, 0)
    assert os.lseek(opened, 0, os.SEEK_CUR) == 0
    os.close(opened)
