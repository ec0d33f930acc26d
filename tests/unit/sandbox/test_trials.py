"""Trials run where things are really forbidden: under a container's kind of filter, without namespaces, as nobody."""

import os
import shutil
import subprocess

import pytest

from veriloop.sandbox import bare

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def trials(*names: str, before: str = "", **options) -> dict[str, tuple[str, str]]:
    """State and note by name, of trials made after ``before`` was run in the same process."""
    start = bare.command("trials", *names)
    start[4] = start[4].replace("import importlib\n", f"import importlib, os\n{before}\n")
    shown = subprocess.run(start, capture_output=True, timeout=60, text=True, check=True, **options)
    rows = [row.split("\t") for row in shown.stdout.splitlines()]
    return {name: (state, note) for name, state, note in rows}


def test_nothing_is_left_behind():
    before = os.path.ismount("/usr"), os.uname().nodename
    mark = f"TRIALS={os.getpid()}"
    found = trials(env=dict([mark.split("=")]))
    assert len(found) == 20
    assert "" not in {note for _, note in found.values()}
    assert (os.path.ismount("/usr"), os.uname().nodename) == before
    assert not [p for p in os.listdir("/proc") if p.isdigit() and mark in environment(p)]


def environment(pid: str) -> list[str]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    except OSError:
        return []


DOCKER_LIKE = """
import errno, struct
from veriloop.sandbox import kernel
def on(number): return struct.pack('=HBBI', 0x15, 0, 1, number) + struct.pack('=HBBI', 6, 0, 0, 0x50000 | 1)
numbers = {'x86_64': (272, 165, 155), 'aarch64': (97, 40, 41)}[kernel.MACHINE]
kernel.prctl(38, 1)
kernel.install_filter(struct.pack('=HBBI', 0x20, 0, 0, 0) + b''.join(map(on, numbers))
                      + struct.pack('=HBBI', 6, 0, 0, 0x7fff0000))
"""


def test_a_filter_like_that_of_a_container_engine_takes_the_namespaces_away():
    names = ("user namespace", "namespaces", "box of a user", "box of root", "landlock")
    found = trials(*names, before=DOCKER_LIKE)
    assert [found[n][0] for n in names[:4]] == ["absent"] * 4
    assert "unshare: Operation not permitted" in found["user namespace"][1]


@root
def test_a_machine_without_user_namespaces_leaves_those_of_root():
    """The limit is set inside a user namespace of the test, so the machine's own is not touched."""
    if trials("user namespace")["user namespace"][0] != "ok":
        pytest.skip("there are none here to begin with")
    before = """
from veriloop.sandbox import kernel
def write(path, text):
    with open(path, 'w') as file:
        file.write(text)
reading, writing = os.pipe()
mapper = os.fork()
if mapper == 0:  # stays outside, and is root there
    os.read(reading, 1)
    for name in ('uid_map', 'gid_map'):
        write(f'/proc/{os.getppid()}/{name}', '0 0 65536')
    os._exit(0)
kernel.unshare(kernel.NEWUSER)
os.write(writing, b'.')
assert os.waitpid(mapper, 0)[1] == 0
write('/proc/sys/user/max_user_namespaces', '0')
"""
    found = trials("user namespace", "box of a user", "box of root", before=before)
    assert found["user namespace"][0] == found["box of a user"][0] == "absent"
    assert "No space left" in found["user namespace"][1]
    assert found["box of root"][0] == "ok"


@root
@pytest.mark.skipif(shutil.which("python3", path="/usr/bin") is None, reason="no python of all")
def test_a_plain_user_has_no_rows_of_root():
    start = bare.command("trials", "box of root", "process limit of a uid", "box of a user")
    shown = subprocess.run(
        ["/usr/bin/python3", *start[1:]],
        capture_output=True,
        timeout=60,
        text=True,
        user=65534,
        group=65534,
    )
    states = [row.split("\t")[1:] for row in shown.stdout.splitlines()]
    assert states[:2] == [["absent", "not root"]] * 2
