"""Problem packages of Kattis and the ICPC (``problem.yaml``, ``data``, ``output_validators``) as judged problems.

Both the legacy format and 2023-07, with DOMjudge's ``domjudge-problem.ini``. What the package says and a judged problem
cannot hold (groups graded by other rules than the mean, a comparison of ours that is not exactly the validator's) is
told through ``said`` and never passed over in silence. The package's own submissions are in ``submissions``.
"""

from __future__ import annotations

import configparser
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import yaml

from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.folder import check_whole
from veriloop.codejudge.languages import language_of_file
from veriloop.codejudge.notes import Said, tell
from veriloop.codejudge.places import inside, paired, readable, regular
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.codejudge.settings import Settings, shown
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

SETTINGS = "problem.yaml"
DOMJUDGE = "domjudge-problem.ini"
VALIDATORS = ("output_validators", "output_validator")
FORMATS = ("legacy", "legacy-icpc", "icpc", "2023-07", "2023-07-draft", "2025-09")
_MOST_BYTES = 1 << 20


def is_package(path: Path) -> bool:
    """True for a folder with a package's settings, or with a package's folders of tests."""
    return (path / SETTINGS).is_file() or (path / "data" / "secret").is_dir()


def open_package(path: str | Path, *, said: Said = tell) -> JudgedProblem:
    """The problem in the package ``path``. ``said`` takes one line for each thing that was assumed or left out.

    Raises InputError with file and field.
    """
    with readable(str(path)):
        return _opened(Path(path), said)


def _opened(root: Path, said: Said) -> JudgedProblem:
    if not root.is_dir():
        raise InputError("there is no such folder", file=str(root))
    settings = _yaml(root, SETTINGS)
    _check_format(settings)
    flags = _flags(root, settings)
    jury = _jury(root, settings, flags)
    interactive = jury is not None and _says(settings, "interactive")
    compare, exact = ("tokens", True) if jury else _compare(flags, settings, said)
    problem = JudgedProblem(
        name=root.resolve().name,
        title=_title(settings),
        tests=_tests(root),
        **_limits(root, settings, said),
        compare=compare,
        checker=None if interactive else jury,
        interactor=jury if interactive else None,
        guessed=not exact,
    )
    if _says(settings, "scoring"):
        said(
            f"{problem.name}: scores are the mean over the tests; how the package grades groups is not applied"
        )
    check_whole(problem, settings.file)
    return problem


@final
@dataclass(frozen=True)
class _Flags:
    """Arguments of the output validator, and the file that gave them."""

    words: tuple[str, ...]
    file: str


def _yaml(root: Path, name: str) -> Settings:
    file = str(root / name)
    if not (root / name).exists():
        return Settings({}, file)
    path = inside(root, name, file=str(root), field=name)
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"more than {_MOST_BYTES} bytes of settings", file=file)
    try:
        loaded = yaml.safe_load(path.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: {error.reason} at byte {error.start}", file=file) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())[:200]}", file=file) from error
    if loaded is None:
        return Settings({}, file)
    if not isinstance(loaded, Mapping):
        raise InputError(f"expected a table of fields, got {shown(loaded)}", file=file)
    return Settings(loaded, file)


def _check_format(settings: Settings) -> None:
    given = str(settings.values.get("problem_format_version", "legacy"))
    if given not in FORMATS:
        raise settings.refuse(
            "problem_format_version", f"expected one of {', '.join(FORMATS)}, got {given!r}"
        )
    if _says(settings, "multi-pass") or _says(settings, "submit-answer"):
        raise settings.refuse("type", "multi-pass and submit-answer problems are not judged here")


def _says(settings: Settings, word: str) -> bool:
    """Whether ``type`` or ``validation`` holds a word: texts of words in the legacy format, lists in the new one."""
    words: list[str] = []
    for field in ("type", "validation"):
        value = settings.values.get(field, "")
        words += [str(w) for w in value] if isinstance(value, list) else str(value).split()
    return word in words or (word == "scoring" and "score" in words)


def _title(settings: Settings) -> str:
    name: Any = settings.values.get("name", "")
    if isinstance(name, Mapping):  # by language
        name = name.get("en", next(iter(name.values()), ""))
    if not isinstance(name, str | int | float):
        raise settings.refuse("name", f"expected a text, got {shown(name)}")
    return " ".join(str(name).split())


def _limits(root: Path, settings: Settings, said: Said) -> dict[str, Any]:
    table = settings.table("limits") or Settings({}, settings.file, "limits")
    given = {
        f"{SETTINGS} limits.time_limit": table.seconds("time_limit"),
        ".timelimit": _time_file(root),
        f"{DOMJUDGE} timelimit": _ini(root).seconds("timelimit"),
    }
    times = {source: seconds for source, seconds in given.items() if seconds is not None}
    if len(set(times.values())) > 1:
        listed = ", ".join(f"{source} says {seconds:g} s" for source, seconds in times.items())
        raise InputError(f"contradictory time limits: {listed}", file=str(root))
    limits: dict[str, Any] = {"memory": table.size("memory"), "output": table.size("output")}
    if times:
        limits["time_s"] = next(iter(times.values()))
    else:
        said(
            f"{root.name}: no time limit is given (the format takes it from the jury's programs): "
            f"{JudgedProblem.time_s:g} s taken; write another into .timelimit"
        )
    limits["memory"] = limits["memory"] or 2048 * MIB  # the format's own default
    return {name: value for name, value in limits.items() if value is not None}


def _time_file(root: Path) -> float | None:
    if not (root / ".timelimit").exists():
        return None
    path = inside(root, ".timelimit", file=str(root), field=".timelimit")
    text = path.read_bytes()[:100].decode(errors="replace").strip()
    return Settings({".timelimit": _number(text)}, str(path)).seconds(".timelimit")


def _ini(root: Path) -> Settings:
    """The fields of ``domjudge-problem.ini``, which has no section."""
    file = str(root / DOMJUDGE)
    if not (root / DOMJUDGE).exists():
        return Settings({}, file)
    path = inside(root, DOMJUDGE, file=str(root), field=DOMJUDGE)
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        parser.read_string("[problem]\n" + path.read_bytes()[:_MOST_BYTES].decode())
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(
            f"not an ini file: {' '.join(str(error).split())[:200]}", file=file
        ) from error
    fields = {k: v.strip("'\" ") for k, v in parser["problem"].items()}
    if "timelimit" in fields:
        return Settings({**fields, "timelimit": _number(fields["timelimit"])}, file)
    return Settings(fields, file)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _flags(root: Path, settings: Settings) -> _Flags:
    """The validator's arguments: of ``problem.yaml``, or of the groups of tests where all say the same."""
    found = {_words(settings, "validator_flags"): settings.file}
    for name in ("testdata.yaml", "test_group.yaml"):
        for path in sorted((root / "data").rglob(name)):
            group = _yaml(root, str(path.relative_to(root)))
            for field in ("output_validator_flags", "output_validator_args"):
                if field in group.values:
                    found[_words(group, field)] = group.file
    if len(found) > 1:
        found.pop((), None)
    if len(found) > 1:
        (first, where), (second, there), *_ = found.items()
        raise InputError(
            f"one comparison serves all tests here, and {where} gives the validator {' '.join(first)!r}, "
            f"{there} {' '.join(second)!r}",
            file=str(root),
        )
    return _Flags(*next(iter(found.items())))


def _words(settings: Settings, field: str) -> tuple[str, ...]:
    value = settings.values.get(field) or ""
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    if not isinstance(value, str):
        raise settings.refuse(field, f"expected a text, got {shown(value)}")
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise settings.refuse(field, f"{value!r}: {error}") from error


def _compare(flags: _Flags, settings: Settings, said: Said) -> tuple[str, bool]:
    """The comparison that stands for the default validator under these flags, and whether it is exactly that.

    The default validator compares tokens and takes letters of both cases for equal.
    """
    known = {"float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"}
    switches, tolerances = set[str](), dict[str, str]()
    words = list(flags.words)
    while words:
        word = words.pop(0)
        if word in known and words:
            tolerances[word] = words.pop(0)
        elif word in ("case_sensitive", "space_change_sensitive"):
            switches.add(word)
        else:
            raise InputError(
                f"the default validator has no flag {word!r}; there are case_sensitive, space_change_sensitive, "
                f"{', '.join(sorted(known))} with a number",
                file=flags.file,
                field="validator_flags",
            )
    spec, exact = _spec(switches, tolerances)
    try:
        comparator(spec)
    except InputError as error:
        raise InputError(error.message, file=flags.file, field="validator_flags") from error
    if not exact:
        name = Path(settings.file).parent.name
        said(
            f"{name}: {' '.join(flags.words)!r} is compared by {spec!r}, which is near it and not the same"
        )
    return spec, exact


def _spec(switches: set[str], tolerances: Mapping[str, str]) -> tuple[str, bool]:
    if tolerances:
        values = set(tolerances.values())
        both = "float_tolerance" in tolerances or len(tolerances) == 2
        smallest = min(values, key=lambda v: n if isinstance(n := _number(v), float) else 0.0)
        return f"numbers:{smallest}", both and len(values) == 1 and not switches
    if "space_change_sensitive" in switches:
        return "exact", "case_sensitive" in switches
    return ("tokens" if "case_sensitive" in switches else "tokens-anycase"), True


def _jury(root: Path, settings: Settings, flags: _Flags) -> JuryProgram | None:
    """The output validator, where the package has one of its own and says so, or says nothing of it."""
    folders = [root / name for name in VALIDATORS if (root / name).is_dir()]
    validation = str(settings.values.get("validation", ""))
    if not folders:
        if "custom" in validation or _says(settings, "interactive"):
            raise settings.refuse(
                "validation",
                "a validator of its own is asked for, and output_validators is not there",
            )
        return None
    if validation.startswith("default"):
        return None
    if len(folders) > 1:
        raise InputError(f"both {' and '.join(VALIDATORS)} are there", file=str(root))
    source, files = _program(folders[0], root)
    table = settings.table("limits") or Settings({}, settings.file, "limits")
    cpu_s, memory = table.seconds("validation_time"), table.size("validation_memory")
    return JuryProgram(
        source,
        language_of_file(source),
        "kattis",
        files,
        flags.words,
        cpu_s or JuryProgram.cpu_s,
        memory or JuryProgram.memory,
    )


def _program(folder: Path, root: Path) -> tuple[Path, tuple[Path, ...]]:
    """The one source of the program in ``folder`` or its only folder, and the files beside it."""
    entries = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    if len(entries) == 1 and entries[0].is_dir():
        return _program(entries[0], root)
    if any(path.is_dir() for path in entries):
        raise InputError("several validators are there, and one can judge", file=str(folder))
    files = [regular(path, root, file=str(folder)) for path in entries]
    if any(path.name in ("build", "run") for path in files):
        raise InputError(
            "a validator with a build script of its own is not built here", file=str(folder)
        )
    sources = [path for path in files if _is_source(path)]
    if len(sources) != 1:
        names = ", ".join(path.name for path in sources) or "none"
        raise InputError(
            f"expected one source file of a known language, got {names}", file=str(folder)
        )
    return sources[0], tuple(path for path in files if path != sources[0])


def _is_source(path: Path) -> bool:
    try:
        return bool(language_of_file(path))
    except InputError:
        return False


def _tests(root: Path) -> tuple[Test, ...]:
    """The samples, then the secret tests, each in the order of their paths, as the format has it."""
    tests: list[Test] = []
    for kind in ("sample", "secret"):
        folder = root / "data" / kind
        if folder.is_dir():
            regular_folder = folder.resolve().is_relative_to(root.resolve())
            if not regular_folder:
                raise InputError("is a link out of the package", file=str(folder))
            found = sorted(paired(folder, root, file=str(folder)), key=lambda t: t.name)
            tests += [
                Test(f"{kind}/{t.name}", t.input, t.answer, sample=kind == "sample") for t in found
            ]
    if not tests:
        raise InputError("there are no tests in data/sample and data/secret", file=str(root))
    return tuple(tests)
