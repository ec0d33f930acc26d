"""What a run in a box costs beside a bare launch: posix_spawn (the floor), bubblewrap and firejail for each run.

``python benchmarks/launch_overhead.py [--repeats 300] [--mode namespaces] [--launcher native]``. One static C program
that writes a word; all ways take turns, in one process that runs as it would in the judge. Printed are medians of
wall time per launch, all of Python's own work included, and their ratio to the floor. ``--pin`` puts everything on one
core, which takes out the scheduler's moves where others use the machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.pool import Sandbox

SOURCE = '#include <unistd.h>\nint main(void) { return write(1, "hello\\n", 6) == 6 ? 0 : 1; }\n'
EVERY = {"firejail": 10}  # takes a turn at every tenth round only: it is slow
BWRAP = [
    "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib",
    "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/var",
]  # fmt: skip
FIREJAIL = ["firejail", "--quiet", "--noprofile", "--net=none"]


def spawn(argv: list[str], output: int) -> None:
    os.ftruncate(output, 0)
    os.lseek(output, 0, os.SEEK_SET)
    moves = [(os.POSIX_SPAWN_DUP2, output, 1)]
    pid = os.posix_spawn(argv[0], argv, {}, file_actions=moves)
    _, status, _ = os.wait4(pid, 0)
    assert status == 0, status
    assert os.pread(output, 100, 0) == b"hello\n"


def ways(program: Path, box: LaunchedBox, output: int) -> dict[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {}
    box.load({"hello": program})
    limits = Limits()

    def boxed() -> None:
        outcome = box.run(["{box}/hello"], limits=limits, stdin=b"")
        assert outcome.clean, outcome
        assert outcome.stdout == b"hello\n", outcome

    found["posix_spawn and wait4"] = lambda: spawn([str(program)], output)
    found[f"our box ({box.isolation})"] = boxed
    for name, command in (("bwrap", BWRAP), ("firejail", FIREJAIL)):
        if path := shutil.which(name):
            own = (
                ["--ro-bind", str(program), "/hello", "/hello"]
                if name == "bwrap"
                else [str(program)]
            )
            argv = [path, *command[1:], *own]
            try:
                spawn(argv, output)
            except (AssertionError, OSError) as error:
                print(f"{name} does not run here: {error}")
                continue
            found[name] = lambda argv=argv: spawn(argv, output)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--mode", default=None)
    parser.add_argument("--launcher", default=None)
    parser.add_argument("--pin", action="store_true")
    options = parser.parse_args()
    if options.pin:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    times: dict[str, list[float]] = {}
    output = os.memfd_create("output")
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.open(
            slots=1, mode=options.mode, launcher=options.launcher, untrusted=False
        ) as sandbox,
        sandbox.lease() as box,
    ):
        source, program = Path(folder) / "hello.c", Path(folder) / "hello"
        source.write_text(SOURCE)
        subprocess.run(["cc", "-O2", "-static", "-o", str(program), str(source)], check=True)
        os.chmod(folder, 0o755)
        each = ways(program, box, output)
        for turn in range(-20, options.repeats):
            for name, way in each.items():
                if turn % EVERY.get(name, 1):
                    continue
                start = time.perf_counter()
                way()
                if turn >= 0:
                    times.setdefault(name, []).append(time.perf_counter() - start)
    floor = statistics.median(times["posix_spawn and wait4"])
    print(f"load {os.getloadavg()[0]:.1f}, {options.repeats} rounds, medians of wall time")
    for name, taken in times.items():
        median, tenth = statistics.median(taken), statistics.quantiles(taken, n=10)[0]
        print(
            f"{name:44} {median * 1e6:9,.0f} us  {median / floor:6.2f} x  (p10 {tenth * 1e6:,.0f})"
        )


if __name__ == "__main__":
    main()
