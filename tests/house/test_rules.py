"""The rules of CONTRIBUTING.md that a machine can check: sizes, names, docstrings, light imports, public surface."""

import ast
import dataclasses
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import veriloop
from veriloop import protocols

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "veriloop"
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "common", "helpers", "base", "misc", "core", "manager"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_modules_have_at_most_400_lines():
    long = {
        str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 400
    }
    assert not long


def test_functions_have_at_most_60_lines_and_few_over_40():
    sizes = {f"{p.relative_to(ROOT)}:{f.name}": length(f) for p in MODULES for f in functions(p)}
    assert not {name: n for name, n in sizes.items() if n > 60}
    assert sum(n > 40 for n in sizes.values()) <= 0.05 * len(sizes)


def test_functions_take_at_most_6_parameters_keyword_only_after_two():
    """Options of the command line are exempt: there a parameter is a flag."""
    wrong = []
    for path in MODULES:
        if path.is_relative_to(PACKAGE / "cli") or path.name == "cli.py":
            continue
        for f in functions(path):
            positional = [
                a.arg for a in f.args.posonlyargs + f.args.args if a.arg not in ("self", "cls")
            ]
            if len(positional) + len(f.args.kwonlyargs) > 6:
                wrong.append(f"{path.relative_to(ROOT)}:{f.lineno} {f.name}")
    assert not wrong


def test_no_file_is_named_for_nothing():
    assert not [p for p in MODULES if p.stem in FORBIDDEN_NAMES]


def test_every_module_says_what_it_is_for():
    short = [
        str(p.relative_to(ROOT))
        for p in MODULES
        if len(ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) or "") < 40
    ]
    assert not short


def test_nothing_unfinished_or_local_lands():
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|pragma: no cover|/work/|/tmp/")
    files = [*MODULES, *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), *ROOT.glob("benchmarks/*")]
    hits = [
        f"{p.relative_to(ROOT)}:{i}"
        for p in files
        if p.is_file() and p.suffix in {".py", ".md"}
        for i, row in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(row)
    ]
    assert not hits


def test_importing_the_package_loads_no_heavy_library():
    heavy = ["torch", "transformers", "pyarrow", "aiohttp", "numpy", "rich", "math_verify"]
    code = (
        f"import sys, json, veriloop; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == []


def test_what_a_command_imports_before_it_has_work_loads_no_torch():
    """Loading it takes seconds: the rooms that hold it are imported when it is needed, their settings before."""
    rooms = {"bench", "cli", "feedback", "prm", "report", "runs", "scrit", "search"}
    parts = [p.relative_to(PACKAGE.parent).with_suffix("").parts for p in MODULES]
    asked = [".".join(p) for p in parts if rooms & {*p[:-1]} and not p[-1].startswith("__")]
    asked += ["veriloop.train.config", "veriloop.train.sft_config"]
    code = (
        f"import importlib, sys\nfor m in {asked!r}:\n    importlib.import_module(m)\n"
        "    assert not {'torch', 'transformers'} & sys.modules.keys(), m"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_is_sorted_and_complete():
    names = [n for n in vars(veriloop) if not n.startswith("_")]
    public = [n for n in names if not inspect.ismodule(getattr(veriloop, n))]
    assert sorted(public) == list(veriloop.__all__)


def test_the_five_protocols_are_pinned():
    methods = {
        "Engine": ["close", "generate", "name", "score"],
        "Search": ["search"],
        "Verifier": ["name", "verify"],
        "Feedback": ["feedback"],
        "Guide": ["guide"],
    }
    for name, expected in methods.items():
        shape = getattr(protocols, name)
        assert sorted(m for m in vars(shape) if not m.startswith("_")) == expected
    assert len((PACKAGE / "protocols.py").read_text().splitlines()) < 200


@pytest.mark.parametrize(
    "room", ["engines", "search", "verify", "feedback", "bench", "store.formats"]
)
def test_every_kind_can_be_imported_and_is_a_frozen_dataclass(room):
    kinds = importlib.import_module(f"veriloop.{room}").KINDS
    assert list(kinds) == sorted(kinds)
    for target in kinds.values():
        module, name = target.split(":")
        kind = getattr(importlib.import_module(module), name)
        if inspect.isclass(kind):
            assert dataclasses.is_dataclass(kind)
            assert kind.__dataclass_params__.frozen
            assert getattr(kind, "__final__", False), f"{target} is not marked final"


def test_unit_tests_mirror_the_package():
    missing = []
    for path in MODULES:
        inner = path.relative_to(PACKAGE)
        if path.name == "__init__.py" or inner.parts[0] in {"recipes", "cli"}:
            continue
        if not (ROOT / "tests/unit" / inner.parent / f"test_{path.stem}.py").exists():
            missing.append(str(inner))
    assert not missing
