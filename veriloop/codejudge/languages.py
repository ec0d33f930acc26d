"""The languages a submission may be in: one row each, and where their toolchains stand on this machine.

A row says how a source is compiled and run inside a box; ``toolchain`` finds the programs it needs. Adding a language
is adding a row. How long a program may run is not said here: see ``policies``.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from veriloop.errors import InputError, SandboxError
from veriloop.sandbox.limits import MIB

_CXX = (
    "{compiler}", "-O2", "-std={standard}", "-static", "-pipe", "-DONLINE_JUDGE",
    "-fno-diagnostics-color", "-fmax-errors=5",
)  # fmt: skip
_CXX_END = ("-o", "{tmp}/prog", "main.cpp")
_PYTHON_CHECK = (
    "import sys, warnings; warnings.simplefilter('ignore'); name = sys.argv[1]; "
    "compile(open(name, 'rb').read(), 'main.py', 'exec')"
)
_JAVA = (
    "set -e; {compiler} -J-Xss64m -J-Xmx1g -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 "
    "-encoding UTF-8 -proc:none -nowarn -Xmaxerrs 5 -d {tmp}/classes *.java; "
    "cd {tmp}/classes; exec tar -cf {tmp}/classes.tar ."
)
# Programs find their libraries by /proc/self/exe, which a box does not show.
_JAVA_LIBRARIES = "{home}/lib:{home}/lib/server"


@final
@dataclass(frozen=True)
class Language:
    """One language.

    ``compile`` and ``run`` are argv in which ``{compiler}`` and ``{runner}`` stand for the programs found, ``{home}``
    for the folder above the first one's, ``{box}`` and ``{tmp}`` for the box's folders, and in ``run`` ``{mib}`` and
    ``{bytes}`` for the memory limit and ``{stack_kib}`` for the stack; the environments likewise. Compilers are
    started in ``{box}``, where ``source`` is the source's file name; ``artifact`` is the file that they leave in
    ``{tmp}``, empty where the source itself is run. ``own_memory`` is what the runtime takes by itself, in bytes: it
    is added to a problem's limit. ``address_space`` False means that the runtime reserves far more than it uses,
    ``proc`` that it cannot do without /proc.
    """

    key: str
    title: str
    names: tuple[str, ...]
    suffixes: tuple[str, ...]
    source: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    artifact: str = ""
    compiler: tuple[str, ...] = ()
    runner: tuple[str, ...] = ()
    version: tuple[str, ...] = ("{compiler}", "--version")
    compile_environment: Mapping[str, str] = field(default_factory=dict[str, str])
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    address_space: bool = True
    processes: int = 1
    own_memory: int = 0
    proc: bool = False


@final
@dataclass(frozen=True)
class Toolchain:
    """A language's programs as found here. ``folders`` must be readable in the box beside /usr and /lib."""

    language: Language
    compiler: str
    runner: str
    folders: tuple[Path, ...] = ()

    def fill(self, argv: tuple[str, ...], **values: object) -> list[str]:
        """``argv`` with its own placeholders filled; ``{box}`` and ``{tmp}`` are left to the box."""
        first = Path(self.compiler or self.runner)
        values |= {"compiler": self.compiler, "runner": self.runner, "home": first.parents[1]}
        return [re.sub(r"\{(\w+)\}", lambda m: str(values.get(m[1], m[0])), word) for word in argv]

    def environment(self, names: Mapping[str, str], **values: object) -> dict[str, str]:
        """``names`` with the placeholders of their values filled."""
        return dict(zip(names, self.fill(tuple(names.values()), **values), strict=True))


def _cxx(key: str, title: str, standard: str, names: tuple[str, ...]) -> Language:
    return Language(
        key,
        title,
        names,
        (".cpp", ".cc", ".cxx", ".c++", ".C") if key == "cpp17" else (),
        "main.cpp",
        ("{box}/prog",),
        tuple(word.replace("{standard}", standard) for word in _CXX) + _CXX_END,
        "prog",
        ("g++",),
    )


# C and C++ programs have one thread, as under isolate and CMS: threads' stacks, as large as the memory limit, would not
# fit into the address space, whose limit makes an allocation fail as contestants expect, and one process is measured
# faster. No limit on the address space of Python and Rust: solutions there recurse in a thread with a stack of hundreds
# of MiB, most of which they never touch.
_ROWS = (
    Language(
        "c", "C17", ("c17", "c11", "gcc"), (".c",), "main.c", ("{box}/prog",),
        (*(word.replace("{standard}", "gnu17") for word in _CXX), "-o", "{tmp}/prog", "main.c", "-lm"),
        "prog", ("gcc",),
    ),
    _cxx("cpp17", "C++17", "gnu++17", ("cpp", "c++", "cc", "cxx", "c++17", "g++", "gcc++", "cplusplus")),
    _cxx("cpp20", "C++20", "gnu++20", ("c++20",)),
    _cxx("cpp23", "C++23", "gnu++23", ("c++23",)),
    Language(
        "go", "Go", ("golang",), (".go",), "main.go", ("{box}/prog",),
        ("{compiler}", "build", "-o", "{tmp}/prog", "main.go"),
        "prog", ("go",), (), ("{compiler}", "version"),
        {
            "GOCACHE": "{tmp}/go", "GO111MODULE": "off", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local",
            "GOFLAGS": "-buildvcs=false",
        },
        {"GOMEMLIMIT": "{bytes}"},
        address_space=False, processes=64,
    ),
    Language(
        "java", "Java", (), (".java",), "Main.java",
        (
            "{runner}", "-Xmx{mib}m", "-Xss64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
            "-XX:-UsePerfData", "-DONLINE_JUDGE=true", "-jar", "{box}/main.jar",
        ),
        ("/bin/sh", "-c", _JAVA), "classes.tar", ("javac",), ("java",),
        ("{runner}", "-version"), {"LD_LIBRARY_PATH": _JAVA_LIBRARIES},
        {"LD_LIBRARY_PATH": _JAVA_LIBRARIES},
        address_space=False, processes=64, own_memory=64 * MIB,
    ),
    Language(
        "javascript", "JavaScript", ("js", "node", "nodejs"), (".js", ".cjs"), "main.js",
        ("{runner}", "--max-old-space-size={mib}", "--stack-size={stack_kib}", "{box}/main.js"),
        ("{compiler}", "--check", "main.js"), "", ("node",), ("node",),
        compile_environment={"OPENSSL_CONF": "/dev/null"}, environment={"OPENSSL_CONF": "/dev/null"},
        address_space=False, processes=64, own_memory=64 * MIB,
    ),
    Language(
        "perl", "Perl 5", ("pl", "perl5"), (".pl",), "main.pl", ("{runner}", "{box}/main.pl"),
        ("{compiler}", "-c", "main.pl"), "", ("perl",), ("perl",),
        address_space=False, processes=16,
    ),
    Language(
        "php", "PHP", (), (".php",), "main.php",
        ("{runner}", "-n", "-d", "memory_limit=-1", "-d", "display_errors=stderr", "{box}/main.php"),
        ("{compiler}", "-n", "-l", "main.php"), "", ("php",), ("php",),
        address_space=False, processes=16,
    ),
    Language(
        "pypy", "PyPy 3", ("pypy3",), (), "main.py", ("{runner}", "-I", "-S", "{box}/main.py"),
        ("{compiler}", "-I", "-S", "-c", _PYTHON_CHECK, "main.py"), "", ("pypy3",), ("pypy3",),
        compile_environment={"PYPY_GC_NURSERY": "4M"}, environment={"PYPY_GC_NURSERY": "4M"},
        address_space=False, processes=16, own_memory=64 * MIB,
    ),
    Language(
        "python", "Python 3", ("py", "python3", "py3", "cpython"), (".py",), "main.py",
        ("{runner}", "-I", "-S", "{box}/main.py"),
        ("{compiler}", "-I", "-S", "-c", _PYTHON_CHECK, "main.py"), "",
        ("/usr/bin/python3",), ("/usr/bin/python3",),
        address_space=False, processes=16,
    ),
    Language(
        "ruby", "Ruby", ("rb",), (".rb",), "main.rb",
        ("{runner}", "--disable-gems", "{box}/main.rb"),
        ("{compiler}", "--disable-gems", "-c", "main.rb"), "", ("ruby",), ("ruby",),
        address_space=False, processes=16,
    ),
    Language(
        "rust", "Rust 2021", ("rs",), (".rs",), "main.rs", ("{box}/prog",),
        (
            "{compiler}", "--sysroot={home}", "--edition=2021",
            "-Copt-level=2", "-Ctarget-feature=+crt-static", "-Clinker=/usr/bin/gcc",
            "--color=never", "--cfg=ONLINE_JUDGE", "-Awarnings", "-o", "{tmp}/prog", "main.rs",
        ),
        "prog", ("rustc",), compile_environment={"LD_LIBRARY_PATH": "{home}/lib"},
        address_space=False, processes=16,
    ),
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = {row.key: row for row in _ROWS}
"""Every language the judge knows, by key, installed or not."""

_NAMES = {name: row.key for row in _ROWS for name in (row.key, *row.names)}
SUFFIXES: Mapping[str, str] = {suffix: row.key for row in _ROWS for suffix in row.suffixes}


def language(name: str) -> Language:
    """The language of this key or other name, such as ``C++`` or ``py``. Raises InputError."""
    key = _NAMES.get(name.strip().lower())
    if key is None:
        raise InputError(f"no language is called {name!r}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[key]


def language_of_file(path: Path) -> str:
    """The key of the language that a file's suffix stands for. Raises InputError."""
    suffix = path.suffix if path.suffix in SUFFIXES else path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"the suffix {path.suffix!r} stands for no language: give --language, one of {', '.join(LANGUAGES)}",
            file=str(path),
        )
    return SUFFIXES[suffix]


@functools.cache
def toolchain(key: str) -> Toolchain | None:
    """The programs of a language on this machine; None where one is missing. Remembered by the process."""
    row = LANGUAGES[key]
    try:
        compiler, runner = _program(row.compiler), _program(row.runner)
    except FileNotFoundError:
        return None
    return Toolchain(row, compiler, runner, _folders(key, compiler or runner))


@functools.cache
def version(key: str) -> str:
    """What the compiler or interpreter of a language says that it is, in one line. Raises SandboxError."""
    found = toolchain(key)
    try:
        if found is None:
            raise FileNotFoundError(key)
        return _said(found.fill(found.language.version)).partition("\n")[0].strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(
            f"{LANGUAGES[key].title} does not work on this machine: {error}"
        ) from error


def installed() -> Mapping[str, str]:
    """The languages whose programs are on this machine: key -> version, as the compiler or interpreter says it."""
    found: dict[str, str] = {}
    for key in LANGUAGES:
        if toolchain(key):
            with contextlib.suppress(SandboxError):
                found[key] = version(key)
    return found


def folders() -> tuple[Path, ...]:
    """What boxes must show beside the system's own folders, so that every language found here works in them."""
    found = [f for key in LANGUAGES if (chain := toolchain(key)) for f in chain.folders]
    return tuple(dict.fromkeys(found))


def _program(names: tuple[str, ...]) -> str:
    """Where the first of these programs really is; empty for none wanted. Raises FileNotFoundError."""
    if not names:
        return ""
    for name in names:
        if found := shutil.which(name):
            real = os.path.realpath(found)
            return _behind_rustup(found) if os.path.basename(real) == "rustup" else real
    if names == ("/usr/bin/python3",):
        return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    raise FileNotFoundError(names[0])


def _behind_rustup(shim: str) -> str:
    """The compiler that rustup's stand-in would start: the stand-in itself needs a home folder and settings."""
    try:
        return str(Path(_said([shim, "--print", "sysroot"])) / "bin" / "rustc")
    except (OSError, subprocess.SubprocessError) as error:
        raise FileNotFoundError(shim) from error


def _said(argv: list[str]) -> str:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True
    )
    return (done.stdout or done.stderr).strip()


def _folders(key: str, program: str) -> tuple[Path, ...]:
    """What the program reads outside /usr: its own installation, and for Java its settings in /etc."""
    home = Path(program).parents[1]
    folders = [] if program.startswith(("/usr/", "/bin/", "/lib/")) else [home]
    if key == "java":
        links = (home / "lib" / "jvm.cfg", home / "conf" / "security" / "java.security")
        reached = [p.resolve() for p in links if p.exists()]
        folders += [Path(*p.parts[:3]) for p in reached if p.parts[1] == "etc"]
    return tuple(dict.fromkeys(folders))
