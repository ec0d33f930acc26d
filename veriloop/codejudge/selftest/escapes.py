"""Attacks that reach what is not theirs: files, other processes, the network, the kernel, the next test."""

from __future__ import annotations

from veriloop.codejudge.selftest.attacks import AS_ROOT, MANY, PRIVATE, SPACES, TRUTH, Attack, calls
from veriloop.codejudge.selftest.attempts import NO_SECCOMP, PLAIN, Attempt, Lift

_FAMILIES = (
    "2 1",
    "2 2",
    "10 1",
    "1 1",
    "1 2",
    "16 3",
    "38 5",
    "40 1",
)  # UNIX, INET, NETLINK, ALG, VSOCK
_OPEN_TO_ALL = (
    "ptrace", "process_vm_readv", "process_vm_writev", "unshare_user", "setns", "perf_event_open", "keyctl",
    "request_key", "userfaultfd", "shmget", "msgget", "semget", "personality", "name_to_handle_at", "pidfd_getfd",
    "kcmp", "io_uring_setup",
)  # fmt: skip
_OPEN_TO_ROOT = (
    "unshare_mount", "fsopen", "bpf", "syslog", "mount", "umount2", "pivot_root", "move_mount", "kexec_load",
    "reboot", "swapon", "open_by_handle_at", "init_module", "acct", "fanotify_init",
)  # fmt: skip
_BYSTANDER = Lift("nothing", why="done to the bystander in place of the machine's own process 1")

ESCAPES = (
    Attack(
        8,
        "reading tests, secrets",
        "mounts, pids, Landlock",
        "a secret file, the judge's source, another's environment",
        (
            Attempt("read_path {file} {folder}"),
            Attempt("read_path /root /home /etc/shadow /var/log", lift=AS_ROOT),
            Attempt("read_proc {secret}"),
            Attempt("read_init", lift=AS_ROOT),
            Attempt("spoil_input", stdin="file"),
            Attempt("spoil_input", stdin="file", proc=True),
            Attempt("read_proc {secret}", proc=True),
            Attempt("read_init", lift=AS_ROOT, proc=True),
        ),
    ),
    Attack(
        9,
        "network",
        "seccomp, net namespace",
        "a socket of any family; a service of the machine reached",
        (
            *(Attempt(f"socket {family}", lift=NO_SECCOMP) for family in _FAMILIES),
            Attempt("reach_loopback {port}"),
            Attempt("reach_abstract {abstract}"),
            Attempt("reach_outside"),
        ),
    ),
    Attack(
        10,
        "writing outside",
        "read-only mounts, no root",
        "a file of the system, the kernel or the box opened to write",
        (
            Attempt("create / /usr /usr/bin /etc /dev /proc /sys /var/tmp {folder}"),
            Attempt(
                "open_for_writing /proc/sys/kernel/core_pattern /etc/passwd /usr/bin/env /proc/sysrq-trigger",
                lift=AS_ROOT,
            ),
            Attempt("create {box}"),
            Attempt("spoil_program {box}/hostile"),
            Attempt("change_mode {file} {folder}"),
            Attempt("make_device {tmp}", lift=AS_ROOT),
            Attempt("leave_root {tmp}", lift=AS_ROOT),
        ),
    ),
    Attack(
        11,
        "attacking judge, init",
        "pid space, seccomp, uid",
        "a signal, tracer or system call that reaches another process",
        (
            Attempt("signal_others {victim} {judge}", weakest=PRIVATE),
            Attempt("meddle {victim} prlimit", weakest=PRIVATE),
            Attempt("meddle {victim} priority", weakest=PRIVATE),
            Attempt("meddle {victim} affinity", weakest=PRIVATE),
            Attempt("meddle {victim} scheduler", weakest=PRIVATE),
            Attempt("meddle {victim} disk", weakest=PRIVATE),
            Attempt("meddle {victim} attach"),
            Attempt("meddle {victim} pidfd"),
            Attempt("meddle 1 prlimit", lift=_BYSTANDER, weakest=SPACES),
            Attempt("meddle 1 priority", lift=_BYSTANDER, weakest=SPACES),
            Attempt("meddle 1 affinity", lift=_BYSTANDER, weakest=SPACES),
            Attempt("meddle 1 scheduler", lift=_BYSTANDER, weakest=SPACES),
            Attempt("meddle 1 disk", lift=_BYSTANDER, weakest=SPACES),
            Attempt("meddle 1 attach", lift=_BYSTANDER, weakest=SPACES),
            Attempt("kill_init {victim} {judge}", lift=_BYSTANDER, weakest=SPACES, then="fine"),
            Attempt("jump_queue", lift=AS_ROOT),
            Attempt("terminal", lift=Lift("nothing", why="a test has no terminal")),
            Attempt("raise_limits", lift=AS_ROOT),
            Attempt("clone_namespace", limits=MANY, lift=NO_SECCOMP),
            Attempt("clone_namespace 3", limits=MANY, lift=NO_SECCOMP),
            Attempt("old_entry", ("done", "security", "signal"), lift=NO_SECCOMP),
            Attempt("x32_entry", lift=Lift("nothing", why="most kernels are built without x32")),
            *calls(NO_SECCOMP, *_OPEN_TO_ALL),
            *calls(AS_ROOT, *_OPEN_TO_ROOT),
        ),
    ),
    Attack(
        13,
        "links, pipes for outputs",
        "no links followed",
        "a file of the user's, or a judge that waits, in place of an output",
        tuple(
            Attempt(
                f"plant {what} {{tmp}}/out {{file}}",
                ("done",),
                lift=lift,
                collect=name,
                collected=got,
            )
            for what, name, got, lift in (
                ("file", "out", b"plain", TRUTH),
                ("symlink", "out", None, PLAIN),
                ("hardlink", "out", None, PLAIN),
                ("fifo", "out", None, TRUTH),
                ("folder", "out", None, TRUTH),
                ("large", "out", None, PLAIN),
            )
        ),
    ),
    Attack(
        14,
        "words to the next test",
        "fresh files, ipc, seccomp",
        "the next run finds a file, a segment, a queue, a key",
        (
            Attempt("leave_file {tmp}", ("done",), then="find_file {tmp}"),
            Attempt("leave_file {box}", ("done",), then="find_file {box}"),
            Attempt("leave_shm", then="find_shm"),
            Attempt("leave_queue", then="find_queue"),
            Attempt("leave_key", then="find_key"),
            Attempt("leave_marks {tmp}", then="find_marks {tmp}"),
            Attempt("leave_marks", then="find_marks", stdin="file", proc=True),
            Attempt("leave_list {tmp}", then="find_list {tmp}"),
            Attempt("forge", ("done",), lift=TRUTH, then="read_outputs"),
        ),
    ),
    Attack(
        16,
        "forged protocol",
        "wait status, closed files",
        "a descriptor of the judge is open in the program",
        (Attempt("forge", ("done",), lift=PLAIN),),
    ),
    Attack(
        19,
        "shadowed modules",
        "python -I -S, sealed box",
        "the next test imports a module that this one wrote",
        (Attempt("shadow.py leave {tmp} {box} .", ("done",), then="shadow.py find {tmp} {box}"),),
    ),
    Attack(
        20,
        "recognising the judge",
        "own host name, clean env",
        "the machine's name, the user's environment",
        (
            Attempt("environment PATH HOME LANG LC_ALL TMPDIR PWD", ("done",)),
            Attempt("host_name {host}", ("done",), weakest=SPACES),
        ),
    ),
    Attack(
        23,
        "core dumps, set-user-ID",
        "core limit 0, no_new_privs",
        "a core file; a capability, a group or a privilege",
        (
            Attempt("core_size", ("done",)),
            Attempt("crash", ("signal",), lift=TRUTH, collect="core"),
            Attempt("privileges", ("done",), weakest=PRIVATE),
        ),
    ),
)
