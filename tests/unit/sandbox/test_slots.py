"""What a box is set up with, read back from the message that launchers get."""

import os

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import protocol, seccomp
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.slots import (
    FIRST_UID,
    Slot,
    claim_uid,
    control_groups,
    physical_cores,
    scratch_folder,
    sweep_groups,
    world_readable,
)


def read(message: bytes) -> tuple[tuple[int, ...], bytes, list[str]]:
    head = protocol.SETUP.unpack_from(message)
    at = protocol.SETUP.size
    code = message[at : at + head[6] + head[7]]
    return head, code, protocol.split_strings(message[at + len(code) :])


def test_the_message_holds_filter_folder_binds_and_groups(tmp_path):
    slot = Slot(Mode.LANDLOCK, ((str(tmp_path), "/opt/x"),))
    head, code, texts = read(slot.setup(7, 60_001, "folder"))
    assert head[:6] == (protocol.Kind.SETUP, 7, protocol.VERSION, 3, 60_001, 3)
    assert code == (seccomp.program(own_user=True) or b"") + (seccomp.threads_only() or b"")
    assert texts[0] == "folder"
    last = 1 + 2 * head[8]
    binds = dict(zip(texts[1:last:2], texts[2:last:2], strict=True))
    assert binds[str(tmp_path)] == "/opt/x"
    assert binds["/usr"] == "/usr"
    assert len(texts) == last + 2 * head[9]


def test_no_secret_of_the_system_is_shown():
    shown = [host for host, _ in Slot(Mode.NAMESPACES).seen()]
    assert [p for p in shown if p.startswith("/etc")] == [
        p for p in ("/etc/ld.so.cache", "/etc/alternatives") if os.path.exists(p)
    ]
    assert not {"/", "/home", "/root", "/proc", "/sys", "/dev", "/dev/shm"} & set(shown)


def test_what_is_left_out_is_not_asked_for():
    slot = Slot(Mode.NAMESPACES, without=frozenset({"seccomp", "landlock", "cgroup"}))
    head, code, _ = read(slot.setup(1, 0, ""))
    assert (head[5], head[9], code) == (0, 0, b"")
    with pytest.raises(ValueError, match="secomp"):
        Slot(Mode.NAMESPACES, without=frozenset({"secomp"}))


def test_a_user_id_is_claimed_once_and_free_again_after():
    first, hold = claim_uid()
    second, other = claim_uid()
    assert first >= FIRST_UID
    assert second != first
    hold.close()
    again, third = claim_uid()
    assert again <= first
    other.close()
    third.close()


def test_groups_are_named_and_not_yet_made():
    for kind, folder in control_groups("veriloop-test"):
        assert kind in {"memory1", "pids1", "cpu1", "2"}
        assert folder.endswith("/veriloop-test")
        assert not os.path.exists(folder)


def test_only_groups_that_nobody_has_are_swept():
    """One of a dead judge, a minute old; one of ours; one that is new."""
    places = [folder for _, folder in control_groups("x")]
    if not places or os.geteuid():
        pytest.skip("no control groups can be made here")
    parent = os.path.dirname(places[0])
    dead = 2**22 - 1  # no process has so high a number
    old, ours, new = (
        f"{parent}/veriloop-{n}" for n in (f"{dead}-1", f"{os.getpid()}-99", f"{dead}-2")
    )
    for folder in (old, ours, new):
        os.mkdir(folder)
    for folder in (old, ours):
        os.utime(folder, (1, 1))
    sweep_groups()
    assert not os.path.exists(old)
    for folder in (ours, new):
        os.rmdir(folder)


def test_folders_are_made_only_for_boxes_without_a_root():
    assert scratch_folder(Mode.NAMESPACES) == scratch_folder(Mode.ROOT_NAMESPACES) == ""
    folder = scratch_folder(Mode.LANDLOCK)
    assert os.listdir(folder) == []
    os.rmdir(folder)


def test_cores_are_counted_without_their_threads():
    assert 1 <= physical_cores() <= len(os.sched_getaffinity(0))
    assert physical_cores([0]) == 1
    assert physical_cores([100_000, 100_001]) == 2  # nothing is known of them


def test_only_plain_readable_files_can_be_opened_again(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"")
    for mode, expected in ((0o644, True), (0o600, False)):
        file.chmod(mode)
        opened = os.open(file, os.O_RDONLY)
        assert world_readable(opened) is expected
        os.close(opened)
    reading, writing = os.pipe()
    assert not world_readable(reading)
    os.close(reading)
    os.close(writing)


def test_binds_that_cannot_be_are_refused():
    with pytest.raises(SandboxError, match="no such file"):
        Slot(Mode.NAMESPACES, (("/no/such", "/x"),)).seen()
    for inside in ("x", "/", "/a/../b"):
        with pytest.raises(SandboxError, match="absolute path"):
            Slot(Mode.NAMESPACES, (("/usr", inside),)).seen()
