"""What hostile programs are let loose at is there, everybody may reach it, and it is gone afterwards."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veriloop.codejudge.selftest.scenes import SelftestError, build, scene, tagged


def test_a_scene_is_reachable_and_then_gone(attacked):
    del attacked
    with scene() as there:
        assert (there.folder / "secret").read_text() == there.secret
        assert there.folder.stat().st_mode & 0o777 == 0o755
        assert there.secret in Path(f"/proc/{there.victim}/environ").read_text()
        with socket.create_connection(("127.0.0.1", there.port), timeout=5):
            pass
        assert there.filled("read_path {file} {box}") == [
            "read_path",
            f"{there.folder}/secret",
            "{box}",
        ]
        there.user_file()
        assert there.spoiled() == []
        os.utime(there.folder / "input")
        assert there.spoiled() == ["the mode or time of the user's input was changed"]
        (there.folder / "input").write_text("4\n")
        assert len(there.spoiled()) == 2
    assert not there.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(there.victim, 0)


def test_processes_are_found_by_their_tag(attacked):
    scene = attacked.scene
    assert scene.leftovers() == []
    child = subprocess.Popen([scene.hostile, scene.tag, "victim"], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"READY\n"
        assert tagged(scene.tag) == [child.pid]
        assert scene.leftovers() == [f"process {child.pid} is still alive"]
    finally:
        child.kill()
        child.communicate()
    assert scene.leftovers() == []


def test_load_ends(attacked):
    with attacked.scene.load(5.0):
        while len(tagged("load\0loop")) < 4:  # until each has executed its program
            time.sleep(0.01)
    assert tagged("load\0loop") == []


def test_without_a_compiler_one_line_says_so(tmp_path):
    script = "from pathlib import Path; from veriloop.codejudge.selftest.scenes import build; build(Path('.'))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, timeout=60, text=True,
    )  # fmt: skip
    assert "SelftestError: no C compiler" in done.stderr


def test_sources_that_do_not_compile_are_an_error(tmp_path):
    with pytest.raises(SelftestError, match="do not compile"):
        build(tmp_path / "no" / "such" / "folder")
