"""Both launchers, in every mode that this machine and user can have, must hold and measure programs alike."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import probes
from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Mode, Outcome, Stopped
from veriloop.sandbox.protocol import Protection
from veriloop.sandbox.slots import Slot

PYTHON = "/usr/bin/python3"
ROOT = os.geteuid() == 0
OWN_ROOT = (Mode.NAMESPACES, Mode.ROOT_NAMESPACES)

pytestmark = pytest.mark.skipif(not os.path.exists(PYTHON), reason="no Python in /usr/bin")


def modes() -> list[Mode]:
    works = {p.what for p in probes.probes() if p.state == "ok"}
    weak = Mode.LANDLOCK_UID if ROOT else Mode.LANDLOCK
    found = [weak] if {"landlock", "seccomp"} <= works else []
    if "box of root" in works:
        found.insert(0, Mode.ROOT_NAMESPACES)
    if "box of a user" in works:
        found.insert(0, Mode.NAMESPACES)
    return found


LAUNCHERS = ["python", "native"] if probes.compiler().state == "ok" else ["python"]
EVERY_PAIR = [(name, m) for name in LAUNCHERS for m in modes()]
# The native launcher in namespaces has a test file of its own, and root's namespaces differ by the user alone.
PAIRS = [
    (name, m)
    for name, m in EVERY_PAIR
    if m is not Mode.ROOT_NAMESPACES and (name, m) != ("native", Mode.NAMESPACES)
]


@pytest.mark.parametrize(
    ("launcher", "mode"), [p for p in EVERY_PAIR if p not in PAIRS], ids=lambda p: str(p)
)
def test_the_other_pairs_hold_too(launcher, mode):
    code = (
        "import os, time\nprint(os.getuid(), os.getgid(), os.getgroups(), os.getpid(), os.uname().nodename)\n"
        "print(open('/proc/self/status').read().split('CapBnd:')[1].split()[0])\n"
        "for path in ('/etc/passwd', '/root', '/box/new'):\n"
        "    try: os.listdir(path) if path == '/root' else open(path, 'a')\n"
        "    except OSError: print('no')\n"
        "n = 0\ntry:\n    while n < 9:\n        if os.fork() == 0: time.sleep(9)\n        n += 1\n"
        "except BlockingIOError: print(n)\n"
        "while True: pass\n"
    )
    with contextlib.closing(LaunchedBox(Slot(mode), launcher=launcher)) as box:
        box.load({"main.py": code.encode()})
        argv = [PYTHON, "-u", "-I", "-S", "main.py"]
        found = box.run(argv, limits=Limits(cpu_s=0.1, processes=4), proc=True)
        assert box.run(["/bin/echo", "on"], limits=Limits()).stdout == b"on\n"
    first, capabilities, *rest = found.stdout.decode().splitlines()
    user, group, *others = first.split()
    assert user == group
    assert (int(user) >= 60_000) == ROOT
    assert not ROOT or (others[0], others[2]) == ("[]", "box")
    assert int(capabilities, 16) == 0
    assert rest == ["no", "no", "no", "3"]
    assert found.stopped is Stopped.CPU


@pytest.fixture(scope="module", params=PAIRS, ids=lambda p: f"{p[0]}-{p[1].value}")
def box(request):
    launcher, mode = request.param
    opened = LaunchedBox(Slot(mode), launcher=launcher)
    yield opened
    opened.close()


def run(box: LaunchedBox, code: str, *, stdin=None, **limits) -> Outcome:
    box.load({"main.py": code.encode()})
    limits.setdefault("memory", 256 * MIB)
    argv = [PYTHON, "-I", "-S", "{box}/main.py"]
    return box.run(argv, limits=Limits(**limits), stdin=stdin)


def test_a_program_reads_writes_and_ends_with_its_status(box):
    code = (
        "import os, sys\ndata = sys.stdin.buffer.read()\nsys.stdout.buffer.write(data[::-1])\n"
        "sys.stderr.write(os.getcwd())\nsys.exit(3)"
    )
    for data in (b"abc\0\xff", b"", b"x" * 300_000):
        found = run(box, code, stdin=data)
        assert (found.exit, found.signal, found.stopped) == (3, None, None)
        assert found.stdout == data[::-1]
        assert found.stdout_bytes == len(data)
        assert found.stderr.endswith(b"/box")
    assert found.isolation.launcher == box.launcher
    assert found.isolation.mode is box.slot.mode


def test_a_fatal_signal_is_told(box):
    found = run(box, "import os; os.abort()")
    assert (found.exit, found.signal, found.stopped) == (None, signal.SIGABRT, None)


def test_the_environment_and_descriptors_are_those_given(box):
    code = (
        "import os\nfor n in range(3, 64):\n    try:\n        os.fstat(n)\n        print('open', n)\n"
        "    except OSError:\n        pass\n"
        "print(sorted(os.environ), os.getuid(), os.getgroups(), os.getpid() == os.getsid(0))"
    )
    text = run(box, code).stdout.decode()
    assert "open" not in text
    names = text[text.index("[") + 1 : text.index("]")].replace("'", "").split(", ")
    assert set(names) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"}
    uid, groups = text.split("]")[1].split()[0], text.split("[")[2].split("]")[0]
    assert (int(uid) >= 60_000) == ROOT
    assert not (ROOT and groups), "groups of root were kept"
    assert text.strip().endswith("True")


def test_cpu_time_of_the_whole_tree_is_counted(box):
    """The worker is an orphan of a session of its own: what the main process waited for does not contain it."""
    code = (
        "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        while time.process_time() < 0.15: pass\n        os.write(w, b'.')\n    os._exit(0)\n"
        "os.wait(); os.close(w); os.read(r, 1)"
    )
    found = run(box, code, processes=8, cpu_s=2)
    assert found.exit == 0
    assert 0.15 <= found.cpu_s < 1
    over = run(box, code, processes=8, cpu_s=0.1)
    assert over.stopped is Stopped.CPU


def test_cpu_time_of_children_that_nobody_waits_for_is_counted(box):
    """Where a parent ignores SIGCHLD the kernel charges an ended child to nobody."""
    code = (
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor _ in range(2):\n"
        "    if os.fork() == 0:\n        while time.process_time() < 0.1: pass\n        os._exit(0)\n"
        "    try:\n        os.wait()\n    except ChildProcessError:\n        pass\n"
    )
    assert run(box, code, processes=8, cpu_s=2).cpu_s > 0.15


def test_a_busy_loop_ends_at_its_cpu_limit_and_a_sleeper_at_its_wall(box):
    busy = run(box, "while True: pass", cpu_s=0.1)
    assert (busy.stopped, busy.exit, busy.signal) == (Stopped.CPU, None, signal.SIGKILL)
    assert 0.1 < busy.cpu_s < 1.2
    idle = run(box, "import time; time.sleep(60)", cpu_s=0.1, wall_s=0.2)
    assert idle.stopped is Stopped.WALL
    assert idle.cpu_s < 0.1
    assert idle.wall_s >= 0.2


def test_nothing_outlives_a_run_and_daemons_do_not_hold_it(box):
    code = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        os.fork()\n"
        "        time.sleep(60)\nprint('done', flush=True)"
    )
    mark = f"mark-{os.getpid()}-{box.pid}"
    box.load({"main.py": code.encode()})
    argv = [PYTHON, "-I", "-S", "{box}/main.py", mark]
    found = box.run(argv, limits=Limits(processes=16))
    assert (found.exit, found.stdout) == (0, b"done\n")
    assert found.wall_s < 30
    assert not marked(mark)


def test_peaks_are_the_programs_own_though_the_judge_is_large(box):
    ballast = bytearray(80 * MIB)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert run(box, "pass").peak < 20 * MIB
    found = run(box, "x = bytearray(60 << 20)\nimport time; time.sleep(0.03)")
    assert 60 * MIB <= found.peak < 80 * MIB
    assert found.stopped is None
    del ballast


def test_memory_that_processes_share_is_counted_once(box):
    code = (
        "import os, time\nx = b'x' * (40 << 20)\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        time.sleep(0.1); os._exit(0)\nfor _ in range(6): os.wait()"
    )
    found = run(box, code, processes=8, memory=128 * MIB)
    assert (found.exit, found.stopped) == (0, None)
    assert 40 * MIB < found.peak < 128 * MIB


def test_memory_over_the_limit_is_seen_with_and_without_address_space(box):
    code = "x = []\nwhile True: x.append(b'x' * (1 << 20))"
    assert run(box, code, memory=128 * MIB).stopped is Stopped.MEMORY
    held = run(box, code, memory=64 * MIB, address_space=False)
    assert held.stopped is Stopped.MEMORY


def test_output_is_bounded_and_standard_error_kept_in_part(box):
    flood = run(box, "while True: print('x' * 65535)", output=MIB)
    assert flood.stopped is Stopped.OUTPUT
    assert (flood.stdout_bytes or 0) > MIB
    noise = run(box, "import sys\nfor _ in range(300): sys.stderr.write('e' * 4096)", stderr=1000)
    assert (noise.exit, noise.stderr) == (0, b"e" * 1000)


def test_files_and_the_scratch_folder_are_bounded(box):
    box.load({})
    argv = ["/bin/sh", "-c", "exec head -c 3000000 /dev/zero > $TMPDIR/file"]
    found = box.run(argv, limits=Limits(file_size=MIB, output=MIB))
    assert found.signal == signal.SIGXFSZ
    assert found.stopped is Stopped.OUTPUT
    if box.slot.mode in OWN_ROOT:
        small = box.run(argv, limits=Limits(scratch=MIB))
        assert b"No space left" in small.stderr


def test_the_scratch_folder_starts_empty_and_the_box_is_read_only(box):
    code = (
        "import os\ntmp = os.environ['TMPDIR']\nprint(os.listdir(tmp))\n"
        "deep = tmp\nfor _ in range(60):\n    deep += '/d'; os.mkdir(deep)\n"
        "open(tmp + '/file', 'w').close(); os.chmod(deep, 0); os.symlink('/', tmp + '/link')\n"
        "try:\n    open('new', 'w')\nexcept OSError as error:\n    print(error.errno in (13, 30))\n"
    )
    for _ in range(2):
        found = run(box, code)
        assert found.stdout == b"[]\nTrue\n"


def test_forbidden_calls_end_the_program(box):
    for call in ("socket.socket(16, 3)", "socket.socket(40, 1)"):  # netlink, vsock
        found = run(box, f"import socket; {call}")
        assert (found.signal, found.stopped) == (signal.SIGSYS, Stopped.SECURITY)
    for family in ("AF_UNIX", "AF_INET", "AF_INET6"):
        refused = run(box, f"import socket; socket.socket(socket.{family})")
        assert refused.exit == 1
        assert b"PermissionError" in refused.stderr


def test_processes_are_bounded_where_it_says_so(box):
    if Protection.PIDS not in box.protections:
        pytest.skip("nothing bounds processes here")
    found = run(box, "import os\nprint(1)\nos.fork()")
    assert found.exit == 1
    assert b"BlockingIOError" in found.stderr
    code = (
        "import os, time\nn = 0\ntry:\n    while n < 50:\n        if os.fork() == 0: time.sleep(9)\n"
        "        n += 1\nexcept BlockingIOError:\n    pass\nprint(n)"
    )
    assert int(run(box, code, processes=6).stdout) == 5


def test_threads_may_be_all_that_a_program_has(box):
    code = (
        "import os, threading\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
        "try:\n    os.fork() or os._exit(0)\n    print('forked')\nexcept BlockingIOError:\n    print('refused')\n"
    )
    for only, said in ((False, b"forked"), (True, b"refused")):
        found = run(box, code, processes=8, threads_only=only)
        assert found.stdout.split() == [b"thread", said]


def test_the_kernel_ends_the_program_and_not_its_launcher_where_memory_runs_out(box):
    """Files of the scratch folder count in a group, and the program itself is smaller than a Python."""
    if box.slot.mode not in OWN_ROOT:
        pytest.skip("files are on the disk here")
    code = (
        "import os\nwith open(os.environ['TMPDIR'] + '/file', 'wb') as file:\n"
        "    for _ in range(60): file.write(bytes(1 << 20))\n"
    )
    found = run(box, code, memory=32 * MIB, output=MIB, address_space=False)
    assert found.stopped is Stopped.MEMORY
    assert run(box, "print(1)").stdout == b"1\n"


def test_a_program_dies_with_its_launcher_though_it_changed_its_user(box):
    if box.slot.mode in OWN_ROOT:
        pytest.skip("the namespace ends it")
    code = "import ctypes\nn = ctypes.c_int()\nctypes.CDLL(None).prctl(2, ctypes.byref(n))\nprint(n.value)"
    assert int(run(box, code).stdout) == signal.SIGKILL


def test_a_lower_limit_of_the_user_is_used_as_far_as_it_goes():
    code = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_STACK, (8 << 20, 64 << 20))\n"
        "from veriloop.sandbox.launcher import LaunchedBox, Limits\n"
        "from veriloop.sandbox.slots import Mode, Slot\nfor name in sys.argv[2:]:\n"
        "    box = LaunchedBox(Slot(Mode(sys.argv[1])), launcher=name)\n"
        "    print(box.run(['/bin/sh', '-c', 'ulimit -s'], limits=Limits()).stdout)\n    box.close()\n"
    )
    command = [sys.executable, "-c", code, modes()[0].value, *LAUNCHERS]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert shown.stdout.splitlines() == ["b'65536\\n'"] * len(LAUNCHERS), shown.stderr


def test_files_of_the_host_are_out_of_reach(box, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    code = (
        "import os\n"
        f"for path in ({str(secret)!r}, '/etc/passwd', '/proc/1/environ', '/proc/self/status'):\n"
        "    try:\n        print(open(path).read())\n    except OSError:\n        print('no')\n"
        "try:\n    print(os.listdir('/'))\nexcept OSError:\n    print('no')\n"
    )
    rows = run(box, code).stdout.decode().splitlines()
    assert rows[:4] == ["no"] * 4
    if box.slot.mode in OWN_ROOT:
        assert "root" not in rows[4]
        assert "'tmp'" in rows[4]
    else:
        assert rows[4] == "no"


def test_proc_is_shown_on_request_and_only_the_boxs_own(box):
    if box.slot.mode not in OWN_ROOT or Protection.PROC not in box.protections:
        pytest.skip("no /proc of its own here")
    box.load({"main.py": b"import os; print([n for n in os.listdir('/proc') if n.isdigit()])"})
    argv = [PYTHON, "-I", "-S", "{box}/main.py"]
    seen = box.run(argv, limits=Limits(), proc=True).stdout.decode()
    assert len(seen.split(",")) == 2  # process 1 and the program
    assert box.run(argv, limits=Limits()).stdout == b"[]\n"


def test_a_program_cannot_end_or_inspect_its_launcher(box):
    code = (
        "import os, signal\nfor pid in (1, os.getppid(), -1):\n    os.kill(pid, signal.SIGKILL)\n"
    )
    before = box.pid
    run(box, code.replace("os.kill", "pid and pid > 1 and os.kill"))
    if box.slot.mode in OWN_ROOT:
        run(box, code)
    again = run(box, "print('still here')")
    assert again.stdout == b"still here\n"
    assert box.pid == before


def test_only_plain_files_are_taken_out(box):
    code = (
        "import os\ntmp = os.environ['TMPDIR'] + '/'\nopen(tmp + 'plain', 'w').write('taken')\n"
        "os.symlink('/etc/passwd', tmp + 'link'); os.mkfifo(tmp + 'pipe'); os.mkdir(tmp + 'folder')\n"
    )
    assert run(box, code).exit == 0
    assert box.collect("plain", limit=5) == b"taken"
    assert box.collect("plain", limit=4) is None
    for name in ("link", "pipe", "folder", "absent"):
        assert box.collect(name, limit=100) is None


def test_a_program_that_is_not_there_is_the_callers_mistake(box):
    box.load({"text": b"not a program"})
    for name in ("{box}/absent", "{box}/text"):
        with pytest.raises(SandboxError, match=r"execve .*(absent|text)"):
            box.run([name], limits=Limits())
    assert run(box, "print(1)").stdout == b"1\n"


def test_pipes_are_passed_on(box):
    here, there = os.pipe()
    back, out = os.pipe()
    os.write(there, b"question")
    os.close(there)
    box.load({"main.py": b"print(input()[::-1])"})
    argv = [PYTHON, "-I", "-S", "{box}/main.py"]
    found = box.run(argv, limits=Limits(), stdin=here, stdout=out)
    os.close(out)
    assert os.read(back, 100) == b"noitseuq\n"
    assert (found.stdout, found.stdout_bytes) == (b"", None)
    os.close(here)
    os.close(back)


def test_nothing_reaches_the_next_run_through_the_standard_streams(box):
    """Flags, times and modes of the open files behind them, which a program may be able to change."""
    leave = (
        "import fcntl, os\nfor n in range(3):\n"
        "    fcntl.fcntl(n, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)\n"
        "    acts = lambda: os.lseek(n, 3, 0), lambda: os.fchmod(n, 0o777), lambda: os.utime(n, (7, 7))\n"
        "    for act in acts:\n        try: act()\n        except OSError: pass\n"
    )
    look = (
        "import fcntl, os, sys\nfor n in range(3):\n    flags = fcntl.fcntl(n, fcntl.F_GETFL)\n"
        "    assert not flags & (os.O_NONBLOCK | os.O_APPEND), n\n    s = os.fstat(n)\n"
        "    assert 7 not in (s.st_mtime, s.st_atime) and s.st_mode & 0o777 != 0o777, n\n"
        "print(sys.stdin.read())"
    )
    for given in (b"text", None):
        run(box, leave, stdin=given)
        found = run(box, look, stdin=given)
        assert (found.exit, found.stdout) == (0, (given or b"") + b"\n"), found.stderr


def test_a_run_can_be_stopped_from_another_thread(box):
    timer = threading.Timer(0.1, box.stop)
    timer.start()
    found = run(box, "import time; time.sleep(60)", wall_s=50)
    timer.join()
    assert (found.signal, found.stopped) == (signal.SIGKILL, None)
    assert found.wall_s < 40


JUDGE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.slots import Slot
box = LaunchedBox(Slot(Mode(sys.argv[2])), launcher="python")
box.load({"main.py": b"import time, sys; sys.stderr.write('x'); time.sleep(77)"})
print(box._places["box"], flush=True)
box.run(["/usr/bin/python3", "-I", "-S", "{box}/main.py", sys.argv[3]], limits=Limits(wall_s=90))
"""


@pytest.mark.parametrize("mode", [m for m in modes() if m is not Mode.ROOT_NAMESPACES])
def test_a_killed_judge_leaves_no_process_group_or_folder(mode):
    mark = f"mark-{os.getpid()}-{mode.value}"
    package = str(Path(__file__).resolve().parents[3])
    judge = subprocess.Popen(
        [sys.executable, "-c", JUDGE, package, mode.value, mark], stdout=subprocess.PIPE
    )
    assert judge.stdout is not None
    folder = judge.stdout.readline().decode().strip()
    until = time.monotonic() + 20
    while len(marked(mark)) < 2 and time.monotonic() < until:  # the judge, and the program
        time.sleep(0.01)
    assert len(marked(mark)) == 2
    judge.kill()
    judge.wait()
    judge.stdout.close()
    name = f"veriloop-{judge.pid}-"
    while time.monotonic() < until and (marked(mark) or groups(name) or Path(folder).exists()):
        if mode in OWN_ROOT and not marked(mark) and not groups(name):
            break
        time.sleep(0.01)
    assert not marked(mark)
    assert not groups(name)
    if mode not in OWN_ROOT:
        assert not Path(folder).parent.exists()


def marked(mark: str) -> list[Path]:
    return [p for p in Path("/proc").iterdir() if p.name.isdigit() and reads(p, mark.encode())]


def reads(process: Path, mark: bytes) -> bool:
    try:
        return mark in (process / "cmdline").read_bytes()
    except OSError:
        return False


def groups(name: str) -> list[Path]:
    return [
        p
        for c in ("memory", "pids", "unified")
        for p in Path("/sys/fs/cgroup").glob(f"{c}/{name}*")
    ]


AS_NOBODY = """
import os, sys
package = sys.modules["veriloop"] = type(sys)("veriloop")  # without what the package itself needs
package.__path__ = [sys.argv[1] + "/veriloop"]
from veriloop.sandbox import probes
from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.slots import Slot
works = {p.what for p in probes.probes() if p.state == "ok"}
for mode, row in ((Mode.NAMESPACES, "box of a user"), (Mode.LANDLOCK, "landlock")):
    if row in works:
        box = LaunchedBox(Slot(mode), launcher="python")
        code = "import os; print(os.getuid(), os.path.exists('/etc/passwd'), flush=True)"
        box.load({"main.py": code.encode() + b"\\nwhile True: pass"})
        out = box.run(["/usr/bin/python3", "-I", "-S", "{box}/main.py"], limits=Limits(cpu_s=0.1))
        print(mode.value, out.stopped.value, out.stdout.decode().split(), 0.1 < out.cpu_s < 1.5)
        box.load({"main.py": b"import os; os.fork()"})
        argv = ["/usr/bin/python3", "-I", "-S", "{box}/main.py"]
        out = box.run(argv, limits=Limits(processes=8, threads_only=True))
        print(mode.value, "forks are refused" if b"BlockingIOError" in out.stderr else out)
        box.close()
print("done")
"""


@pytest.mark.skipif(not ROOT, reason="the other tests run as a plain user already")
def test_a_plain_user_gets_the_same_verdicts():
    package = str(Path(__file__).resolve().parents[3])
    shown = subprocess.run(
        [PYTHON, "-c", AS_NOBODY, package], capture_output=True, text=True,
        user=65534, group=65534, extra_groups=[], env={}, cwd="/", timeout=120,
    )  # fmt: skip
    rows = shown.stdout.splitlines()
    assert rows[-1] == "done", shown.stderr
    assert len(rows) > 1
    assert all(r.split(" ", 1)[1].startswith("cpu ['65534', '") for r in rows[:-1:2]), rows
    assert {r.split(" ", 1)[1] for r in rows[1:-1:2]} == {"forks are refused"}, rows
    assert all(r.endswith("True") for r in rows[:-1:2])


@pytest.mark.skipif(not ROOT, reason="for root only")
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_root_does_not_lend_its_user(launcher):
    with pytest.raises(SandboxError, match="as root take 'landlock-uid'"):
        LaunchedBox(Slot(Mode.LANDLOCK), launcher=launcher)


def test_python_starts_where_there_is_no_compiler(tmp_path):
    """The PATH has no compiler, so the pool takes the launcher in Python by itself."""
    if shutil.which("cc", path=str(tmp_path)):
        pytest.skip("a compiler where none can be")
    code = (
        "from veriloop.sandbox.pool import Sandbox\n"
        "with Sandbox.open(slots=1, mode='none', untrusted=False) as sandbox: print(sandbox.isolation)"
    )
    env = {"PATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert "/python" in shown.stdout, shown.stderr
