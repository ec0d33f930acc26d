"""The launcher is built once, by whoever comes first, into a folder that only its user can write to."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import bare, native, probes

pytestmark = pytest.mark.skipif(probes.compiler().state != "ok", reason="no C compiler")

BARE = bare.command("native")[:5]
CODE = BARE[4].partition("import importlib")[0] + (
    "from veriloop.sandbox import native; print(native.binary())"
)


@pytest.fixture
def quick(tmp_path) -> str:
    """A compiler that makes the same program of everything, at once."""
    made = tmp_path / "quick"
    made.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp /bin/true "$2"\n')
    made.chmod(0o755)
    return str(made)


def start(**environment: str) -> subprocess.Popen[str]:
    given = {"PATH": os.environ["PATH"], **environment}
    package = str(native.SOURCES.parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", CODE, package], env=given, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=60)
    return out.strip() if process.returncode == 0 else error.strip().splitlines()[-1]


def test_two_processes_may_build_at_once(tmp_path, quick):
    both = [start(CC=quick, XDG_CACHE_HOME=str(tmp_path)) for _ in range(2)]
    paths = {said(p) for p in both}
    assert len(paths) == 1
    path = Path(paths.pop())
    assert path.parent == tmp_path / "veriloop"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    before = path.stat().st_mtime_ns
    assert said(start(CC=quick, XDG_CACHE_HOME=str(tmp_path))) == str(path)
    assert path.stat().st_mtime_ns == before


def test_without_a_home_or_in_a_shared_folder_it_goes_elsewhere(tmp_path, quick):
    """Root can write anywhere, so the folder that cannot be had here is a file, or one that others may write to."""
    (tmp_path / "file").write_text("")
    shared = tmp_path / "shared" / "veriloop"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    for home in ("file", "shared"):
        given = {"XDG_CACHE_HOME": str(tmp_path / home), "TMPDIR": str(tmp_path)}
        found = Path(said(start(CC=quick, **given)))
        assert found.parent == tmp_path / f"veriloop-{os.geteuid()}"
    assert not list(shared.iterdir())


def test_no_compiler_and_a_broken_one_are_told(tmp_path):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho 'no such header' >&2\nexit 1\n")
    broken.chmod(0o755)
    line = said(start(CC=str(broken), XDG_CACHE_HOME=str(tmp_path)))
    assert "SandboxError" in line
    assert "no such header" in line
    assert "no C compiler" in said(start(PATH=str(tmp_path / "nothing")))


def test_what_is_there_is_used():
    assert os.access(native.binary(), os.X_OK)
    assert native.binary() == native.binary()
    assert issubclass(SandboxError, Exception)
