import sys

import pytest

from veriloop.sandbox import probes as probing
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.probes import Probe


def rows(*works: str, **absent: str) -> list[Probe]:
    return [
        *(Probe(name, "ok", "seen") for name in works),
        *(Probe(name.replace("_", " "), "absent", why) for name, why in absent.items()),
    ]


@pytest.mark.parametrize(
    ("works", "mode"),
    [
        (("box of a user", "box of root", "landlock", "seccomp"), Mode.NAMESPACES),
        (("box of root", "landlock", "seccomp", "no_new_privs"), Mode.ROOT_NAMESPACES),
        (("landlock", "seccomp", "no_new_privs", "process limit of a uid"), Mode.LANDLOCK_UID),
        (("landlock", "seccomp", "no_new_privs"), Mode.LANDLOCK),
        (("landlock", "no_new_privs", "process limit of a uid"), Mode.NONE),
        (("seccomp", "no_new_privs", "user namespace"), Mode.NONE),
        ((), Mode.NONE),
    ],
)
def test_the_ladder(works, mode):
    assert probing.strongest(rows(*works)) is mode


def test_this_machine_is_tried_once_and_every_row_says_something():
    found = probing.probes()
    assert found is probing.probes()
    assert len({p.what for p in found}) == len(found) == 20
    assert all(p.note and "\t" not in p.note for p in found)
    assert probing.strongest() in Mode


def test_protections_are_only_those_that_work():
    some = rows("seccomp", "cgroup1 memory", landlock="not here", cgroup1_cpuacct="denied")
    assert probing.protections(some) == ("seccomp",)
    more = rows("seccomp", "landlock", "cgroup1 memory", "cgroup1 cpuacct", "cgroup2")
    assert probing.protections(more) == ("seccomp", "landlock", "cgroup1", "cgroup2")


@pytest.mark.parametrize(
    "command",
    [
        ["/nowhere/python"],
        [sys.executable, "-c", "print('seccomp\\tok\\tx'); raise SystemExit('no ctypes')"],
    ],
)
def test_a_child_that_cannot_run_is_a_row_not_an_error(command):
    last = probing.tried(command)[-1]
    assert (last.what, last.state) == ("trials", "absent")
    assert "nowhere" in last.note or "no ctypes" in last.note
    assert last.note in probing.refusal([last])


@pytest.mark.parametrize(
    ("file", "content", "teaches"),
    [
        ("proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
        ("proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        (
            "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("proc/self/status", "Name:\tx\nSeccomp:\t2\n", "--security-opt seccomp=unconfined"),
        ("run/.containerenv", "", "--cap-add SYS_ADMIN"),
        ("proc/self/status", "Name:\tx\nSeccomp:\t0\n", "CONFIG_USER_NS"),
    ],
)
def test_advice_names_what_to_enable(tmp_path, file, content, teaches):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(content + "\n")
    missing = rows(user_namespace="unshare: not permitted", landlock="no such call")
    lines = probing.advice(missing, root=tmp_path)
    assert "unshare: not permitted" in lines[0]
    assert any(teaches in line for line in lines)
    assert any("lsm=" in line for line in lines)
    assert sum("sysctl" in line for line in lines) == ("sys/" in file)


def test_there_is_nothing_to_advise_at_the_strongest():
    assert probing.advice(rows("box of a user")) == ()


def test_refusal_names_the_way_on():
    text = probing.refusal(rows(user_namespace="unshare: not permitted"))
    assert "unshare: not permitted" in text
    assert "untrusted=False" in text
    assert "--trusted" in text


def test_refusal_of_no_isolation_where_there_is_one_does_not_call_the_machine_weak():
    text = probing.refusal(rows("box of a user"))
    assert text.startswith("mode 'none' is not for untrusted programs")
    assert ". ." not in text


def test_every_mode_says_what_it_holds():
    assert all(len(probing.held(mode)) < 80 for mode in Mode)


def test_the_compiler_row_tells_what_was_built():
    row = probing.compiler()
    assert ("static" in row.note) or ("none" in row.note) or row.state == "absent"
