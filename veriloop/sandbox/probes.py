"""What this machine allows: which isolation a box can have here, what is missing, and how to get it.

Each row was tried for real, once for each process and user, in a bare child (``trials``) that leaves nothing behind.
Nothing here raises: where even the child cannot be started, every row is absent and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, final

from veriloop.sandbox import bare
from veriloop.sandbox.outcomes import Mode

State = Literal["ok", "absent"]

_TIMEOUT = 60
_HELD = {
    Mode.NAMESPACES: "own root, processes, network and IPC; what runs is nobody outside",
    Mode.ROOT_NAMESPACES: "own root, processes, network and IPC, under a uid of its own",
    Mode.LANDLOCK_UID: "files by Landlock and a uid of its own; the network by seccomp",
    Mode.LANDLOCK: "weak: files by Landlock; fork bombs and signals to your processes are not held",
    Mode.NONE: "limits only: programs can read and change what you can",
}


@final
@dataclass(frozen=True)
class Probe:
    """One row: what was tried, whether it works, and what was seen or why not."""

    what: str
    state: State
    note: str


def probes() -> tuple[Probe, ...]:
    """All rows of the kernel, in order; tried at the first call, as the user that this process is then."""
    return _tried(os.geteuid(), os.getpid())


@cache
def _tried(uid: int, pid: int) -> tuple[Probe, ...]:
    del uid, pid  # only there to try again after a fork or a change of user
    return tried(bare.command("trials"))


def tried(command: list[str]) -> tuple[Probe, ...]:
    """The rows that ``command`` prints, as ``trials`` does; one row that says why where it prints none."""
    try:
        shown = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, cwd="/", env={}, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (Probe("trials", "absent", f"could not be made: {error}"),)
    rows = [row.split("\t") for row in shown.stdout.splitlines()]
    found = [
        Probe(row[0], "ok" if row[1] == "ok" else "absent", row[2]) for row in rows if len(row) == 3
    ]
    if shown.returncode:
        why = shown.stderr.strip().splitlines()[-1:] or [f"status {shown.returncode}"]
        found.append(Probe("trials", "absent", f"ended early: {why[0]}"))
    return tuple(found)


@cache
def compiler() -> Probe:
    """Whether a C compiler makes static programs here that run; tried once."""
    command = shutil.which(os.environ.get("CC", "") or "cc") or shutil.which("gcc")
    if command is None:
        return Probe("c compiler", "absent", "none: the slower launcher in Python is used")
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "trial.c", Path(folder) / "trial"
        source.write_text("int main(void) { return 42; }\n")
        try:
            build = [command, "-static", "-O1", "-o", str(made), str(source)]
            subprocess.run(build, capture_output=True, timeout=_TIMEOUT, check=True)
            status = subprocess.run([str(made)], timeout=_TIMEOUT, check=False).returncode
        except (OSError, subprocess.SubprocessError) as error:
            return Probe("c compiler", "absent", f"{command} links nothing static: {error}")
    if status != 42:
        return Probe("c compiler", "absent", f"what {command} makes ends with status {status}")
    return Probe("c compiler", "ok", f"{command}, static: the native launcher can be built")


def strongest(rows: Iterable[Probe] | None = None) -> Mode:
    """The strongest mode that these rows (default: this machine's) allow."""
    works = {p.what for p in (probes() if rows is None else rows) if p.state == "ok"}
    if "box of a user" in works:
        return Mode.NAMESPACES
    if "box of root" in works:
        return Mode.ROOT_NAMESPACES
    if {"landlock", "seccomp", "no_new_privs"} <= works:
        return Mode.LANDLOCK_UID if "process limit of a uid" in works else Mode.LANDLOCK
    return Mode.NONE


def protections(rows: Iterable[Probe] | None = None) -> tuple[str, ...]:
    """What can be had beside the mode, by the names that ``Isolation`` uses."""
    works = {p.what for p in (probes() if rows is None else rows) if p.state == "ok"}
    found = [name for name in ("seccomp", "landlock") if name in works]
    if {"cgroup1 memory", "cgroup1 cpuacct"} <= works:
        found.append("cgroup1")
    if "cgroup2" in works:
        found.append("cgroup2")
    return tuple(found)


def held(mode: Mode) -> str:
    """What the mode holds, in half a line."""
    return _HELD[mode]


def advice(rows: Iterable[Probe] | None = None, *, root: Path = Path("/")) -> tuple[str, ...]:
    """What to change on this machine for a stronger mode, most useful first; empty at the strongest.

    ``root`` is where ``proc`` and the marks of container engines are looked for.
    """
    rows = tuple(probes() if rows is None else rows)
    notes = {p.what: p.note for p in rows if p.state == "absent"}
    if strongest(rows) is Mode.NAMESPACES:
        return ()
    if "trials" in notes:
        return (f"the trials of this machine failed ({notes['trials']})",)
    failed = notes.get("user namespace") or notes.get("box of a user") or "not tried"
    lines = [f"a program cannot get namespaces of its own: {failed}", *_namespace_advice(root)]
    if len(lines) == 1:
        lines.append(
            "run it outside a chroot, on a kernel with CONFIG_USER_NS, or as root with CAP_SYS_ADMIN"
        )
    if "landlock" in notes:
        lines.append(
            f"Landlock is missing ({notes['landlock']}): it needs Linux 5.13 and 'landlock' in the boot "
            "parameter lsm=, and a container's seccomp profile must let its calls through"
        )
    if "seccomp" in notes:
        lines.append(f"seccomp filters are missing ({notes['seccomp']})")
    return tuple(lines)


def _namespace_advice(root: Path) -> list[str]:
    lines = []
    if _read(root / "proc/sys/user/max_user_namespaces") == "0":
        lines.append("allow user namespaces: sysctl -w user.max_user_namespaces=15000")
    if _read(root / "proc/sys/kernel/unprivileged_userns_clone") == "0":
        lines.append("allow them to users: sysctl -w kernel.unprivileged_userns_clone=1")
    if _read(root / "proc/sys/kernel/apparmor_restrict_unprivileged_userns") not in ("", "0"):
        lines.append(
            "AppArmor takes their rights away: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give "
            "this Python a profile with 'userns,'"
        )
    filtered = "\nSeccomp:\t2" in _read(root / "proc/self/status")
    if filtered or any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        lines.append(
            "a container engine may forbid them: start it with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined (Kubernetes: seccompProfile type Unconfined), or with "
            "--cap-add SYS_ADMIN for the mode of root"
        )
    return lines


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def refusal(rows: Iterable[Probe] | None = None) -> str:
    """The text of the error where untrusted programs may not be run: what is missing and what to enable."""
    lines = "; ".join(advice(rows))
    begun = (
        f"this machine has no isolation for untrusted programs. {lines}"
        if lines
        else f"mode '{Mode.NONE}' is not for untrusted programs, and this machine has a stronger one"
    )
    return (
        f"{begun}. Without isolation they could read and change every file that you can; "
        "to run programs that you trust, say so: --trusted, in Python untrusted=False"
    )
