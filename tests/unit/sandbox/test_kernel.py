"""Each call is made in a process of its own, and what it did is read from outside or from /proc."""

import os
import subprocess
import sys

import pytest

from veriloop.sandbox import kernel

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def python(code: str, **options) -> str:
    start = "import os\nfrom veriloop.sandbox import kernel\n"
    shown = subprocess.run(
        [sys.executable, "-c", start + code],
        capture_output=True,
        timeout=60,
        text=True,
        check=True,
        **options,
    )
    return shown.stdout


@root
def test_dropped_capabilities_are_gone_from_every_set():
    rows = python("kernel.drop_capabilities()\nprint(open('/proc/self/status').read())")
    sets = dict(row.split(":\t") for row in rows.splitlines() if row.startswith("Cap"))
    assert {int(value, 16) for value in sets.values()} == {0}
    assert len(sets) == 5


def test_descriptors_are_closed_from_a_number_up():
    code = (
        "import sys\nfd = os.dup(0); os.dup2(fd, 700)\nkernel.close_from(3)\n"
        "print(os.listdir('/proc/self/fd'))"
    )
    assert python(code).split("'")[1::2] == ["0", "1", "2", "3"]  # 3 is the folder being read


def test_landlock_leaves_only_what_was_named(tmp_path):
    if not kernel.landlock_version():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("seen")
    (tmp_path / "out").write_text("hidden")
    code = (
        f"kernel.prctl(38, 1)\nkernel.landlock([({str(tmp_path / 'in')!r}, kernel.READ), ('/none', -1)])\n"
        f"for act in (lambda: open({str(tmp_path / 'in/file')!r}).read(),\n"
        f"            lambda: open({str(tmp_path / 'in/file')!r}, 'w'),\n"
        f"            lambda: open({str(tmp_path / 'out')!r})):\n"
        "    try:\n        print(act())\n    except PermissionError:\n        print('refused')\n"
    )
    assert python(code).split() == ["seen", "refused", "refused"]


@root
def test_a_copied_tree_is_read_only_below_too(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "inner").mkdir(parents=True)
    target.mkdir()
    code = (
        "kernel.unshare(kernel.NEWNS)\nkernel.mount('none', '/', flags=kernel.REC | kernel.PRIVATE)\n"
        f"kernel.mount('x', {str(source / 'inner')!r}, 'tmpfs')\n"
        f"kernel.place_tree(kernel.clone_tree({str(source)!r}), {str(target)!r})\n"
        f"print([os.statvfs(p).f_flag & 7 for p in ({str(target)!r}, {str(target / 'inner')!r})])"
    )
    assert python(code).strip() == "[7, 7]"  # read-only, no set-user-ID, no devices
    assert not os.path.ismount(target)


def test_a_call_that_fails_says_why():
    with pytest.raises(OSError, match="pivot_root: ") as caught:
        kernel.pivot_root("/nowhere", "/nowhere")
    assert caught.value.errno in (1, 2)
    with pytest.raises(OSError, match="no_such_call: not known on"):
        kernel.call("no_such_call")
