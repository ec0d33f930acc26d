"""Attacks that take more than they may: processes, memory, output, time, and figures that hide it."""

from __future__ import annotations

from dataclasses import replace

from veriloop.codejudge.selftest.attacks import MANY, PRIVATE, SPACES, TRUTH, Attack
from veriloop.codejudge.selftest.attempts import SHORT, Attempt, Lift
from veriloop.sandbox.limits import MIB

_LOOPING = replace(SHORT, cpu_s=0.2)
_WAITING = replace(MANY, cpu_s=0.2, wall_s=0.3)
_CROWDED = Lift("limits", "processes", 400)
_LONGER = Lift("limits", "cpu_s", 1.9)
_PATIENT = Lift("limits", "wall_s", 3.0)
_SEEN_LATE = Lift("nothing", why="as the slower chain, whose links live long enough to be seen")
_UNSEEN = Lift("defence", "seccomp cgroup")
_ROOMY = Lift("limits", "memory", 512 * MIB)

EXCESSES = (
    Attack(
        1,
        "fork bomb",
        "process limit, pid space",
        "more processes than allowed, or processes alive after the run",
        (
            Attempt("fork_bomb 16", ("done",), MANY, _CROWDED, PRIVATE),
            Attempt("fork_bomb 1", ("done",), lift=_CROWDED, weakest=PRIVATE),
            Attempt("fork_chain 600", ("done",), MANY, weakest=PRIVATE),
            Attempt("fork_chain 600 0", ("done",), MANY, _SEEN_LATE, PRIVATE),
        ),
    ),
    Attack(
        2,
        "threads and clones",
        "process limit, own init",
        "more threads than allowed; CPU time that is charged to nobody",
        (
            Attempt("thread_bomb 16", ("stopped",), MANY, _CROWDED, PRIVATE),
            Attempt("clone_parent 100", ("done",), MANY),
            Attempt("double_fork 100", ("done",), MANY),
            Attempt("unwaited 200", ("done",), MANY),
            Attempt("unwaited 200 40", ("done",), MANY, needs="cgroup"),
            Attempt("burn_threads 100", ("done",), MANY, TRUTH),
        ),
    ),
    Attack(
        3,
        "memory bomb",
        "cgroup, address space",
        "more memory held than allowed, or more than the judge saw",
        (
            Attempt("touch 88", ("done", "memory", "signal"), lift=_ROOMY),
            Attempt("touch_in_children 88 3", ("memory", "done"), MANY, _ROOMY),
            Attempt("stack 96 88", ("signal", "memory"), lift=_ROOMY),
            Attempt("stack 40 88", ("done",), lift=Lift("limits", "stack", 8 * MIB)),
            Attempt("hold 40", ("done",), lift=TRUTH, peak_most=44),
            Attempt("peak 40", ("done",), lift=TRUTH, peak_most=44),
        ),
    ),
    Attack(
        4,
        "memory unseen by limits",
        "seccomp, tmpfs size",
        "files without a name, shared segments, a file system filled",
        (
            Attempt("memfd 88", ("done", "memory", "security"), lift=_UNSEEN),
            Attempt("shm 88", ("done", "memory", "security"), lift=_UNSEEN),
            Attempt(
                "fill_files {tmp} 16",
                ("done",),
                lift=Lift("limits", "scratch", 64 * MIB),
                weakest=SPACES,
            ),
            Attempt("fill_files /dev/shm 0", ("done",)),
            Attempt(
                "behind_end 24 {tmp}",
                limits=replace(SHORT, file_size=16 * MIB),
                lift=Lift("limits", "file_size", 64 * MIB),
                weakest=SPACES,
            ),
            Attempt("pipes 40", ("done",), lift=Lift("limits", "open_files", 512)),
        ),
    ),
    Attack(
        5,
        "output flood",
        "capped file or reader",
        "more output kept than allowed, or a judge that stops reading",
        (
            Attempt(
                "flood_stdout 8",
                ("output", "signal", "exit"),
                lift=Lift("limits", "output", 64 * MIB),
            ),
            Attempt("flood_stderr 4", ("done",), lift=TRUTH),
            Attempt(
                "flood_by_many 900",
                ("cpu", "wall"),
                replace(MANY, cpu_s=0.4, wall_s=0.4),
                Lift("limits", "cpu_s", 5.0),
            ),
            Attempt("sparse_stdout", ("output", "signal", "done")),
        ),
    ),
    Attack(
        6,
        "never ending",
        "CPU and wall limits",
        "a run that computes, sleeps, is stopped, or waits on",
        (
            Attempt("loop 300", ("cpu",), _LOOPING, _LONGER),
            Attempt("nap 400", ("wall",), _WAITING, _PATIENT),
            Attempt("stop_self 400", ("wall",), _WAITING, _PATIENT),
            Attempt("read_blocked", ("wall",), _WAITING, TRUTH, stdin="pipe"),
        ),
    ),
    Attack(
        7,
        "ignored signals",
        "SIGKILL, hard limit",
        "a program that computes on past SIGXCPU and SIGTERM",
        (Attempt("ignore_signals 300", ("cpu",), _LOOPING, _LONGER),),
    ),
    Attack(
        12,
        "daemon holding output",
        "end with the main program",
        "the judge waits for a process that left its session",
        (Attempt("daemonize 400", ("done",), MANY),),
    ),
    Attack(
        18,
        "filling the file system",
        "sized tmpfs per run",
        "files without number, folders that cannot be removed",
        (
            Attempt(
                "fill_inodes {tmp} 256",
                ("done",),
                lift=Lift("limits", "inodes", 4096),
                weakest=SPACES,
            ),
            Attempt("deep_folders {tmp} 200", ("done",), then="is_empty {tmp}"),
        ),
    ),
    Attack(
        22,
        "input that nobody reads",
        "input from a file",
        "a judge that blocks in writing, or dies of SIGPIPE",
        (Attempt("ignore_input", ("done",), lift=TRUTH, stdin="large"),),
    ),
    Attack(
        24,
        "figures of the last run",
        "fresh counters",
        "the next run is charged for time or memory of this one",
        (
            Attempt("burn 150", ("done",), lift=TRUTH, then="fine"),
            Attempt("hold 50", ("done",), lift=TRUTH, then="fine"),
            Attempt("double_fork 100", ("done",), MANY, TRUTH, then="fine"),
            Attempt("touch_in_children 88 3", ("memory", "done"), MANY, TRUTH, then="fine"),
        ),
    ),
    Attack(
        25,
        "overload",
        "CPU time, not the clock",
        "a program at half its limit fails while the machine is busy",
        (
            Attempt(
                "burn_slowly 100",
                ("done",),
                replace(SHORT, cpu_s=0.2),
                Lift("limits", "wall_s", 0.3),
            ),
            Attempt("burn 200", ("done",), replace(SHORT, cpu_s=0.4, wall_s=4.0), TRUTH, load=3.0),
        ),
    ),
)
