"""Kept programs: whole or absent, within the folder's size, shared by processes."""

import os

from veriloop.codejudge.artifacts import Artifacts, cache_folder


def test_what_was_put_is_there_for_the_next_process(tmp_path):
    Artifacts(tmp_path).put("ab" * 32, b"\0program\xff")
    assert Artifacts(tmp_path).get("ab" * 32) == b"\0program\xff"
    assert Artifacts(tmp_path).get("cd" * 32) is None
    assert os.stat(tmp_path / ("ab" * 32)).st_mode & 0o111 == 0


def test_a_file_that_was_cut_short_or_changed_is_as_good_as_absent(tmp_path):
    Artifacts(tmp_path).put("a", b"x" * 1000)
    path = tmp_path / "a"
    whole = path.read_bytes()
    for broken in (b"", whole[:20], whole[:-1], whole[:-1] + b"y"):
        path.write_bytes(broken)
        assert Artifacts(tmp_path).get("a") is None
    path.write_bytes(whole)
    assert Artifacts(tmp_path).get("a") == b"x" * 1000


def test_the_folder_stays_within_its_limit_and_the_last_used_stay(tmp_path):
    kept = Artifacts(tmp_path, limit=5000)
    for number in range(10):
        kept.put(str(number), bytes(968))  # 1000 with its hash
        os.utime(tmp_path / str(number), (number, number))
    assert Artifacts(tmp_path).get("2") is not None  # used now: the newest
    kept.sweep()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2", "6", "7", "8", "9"]


def test_memory_is_bounded_and_a_folder_that_cannot_be_written_is_as_good_as_none(tmp_path):
    kept = Artifacts(None, memory=2500)
    for name in "abc":
        kept.put(name, bytes(1000))
    assert [kept.get(n) is not None for n in "abc"] == [False, True, True]
    kept.put("huge", bytes(3000))
    assert kept.get("huge") is None
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    missing = Artifacts(blocked / "below")
    missing.put("a", b"program")
    assert missing.get("a") == b"program"
    assert eval(repr(missing).replace("PosixPath", "type(tmp_path)")) == missing


def test_the_default_folder_is_the_users_cache():
    assert cache_folder().parts[-2:] == ("veriloop", "judge")
