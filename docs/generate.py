"""Write the generated parts of the docs: the tree in README.md and the commands in docs/cli.md.

``python docs/generate.py`` writes them; ``--check`` exits with 1 and says what is stale. The captions of the
tree are the first sentences of the modules' docstrings, so they cannot drift from the code.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "veriloop"
WIDTH = 118
FLOORS = [
    ("floor 0: the language", ["errors", "ids", "records", "protocols", "text"]),
    ("floor 1: hands", ["store", "engines", "sandbox", "runs", "codejudge"]),
    ("floor 2: the verbs (none imports another)", ["search", "verify", "feedback", "train"]),
    (
        "floor 3: measuring, showing, joining",
        ["bench", "report", "serve", "bridges", "abacus", "testing"],
    ),
    ("floor 4: the papers", ["recipes"]),
    ("floor 5: the door", ["cli"]),
]


def first_sentence(path: Path) -> str:
    """The first sentence of a module's docstring, on one line, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[a-z)\"`'])\. |\.$", paragraph)[0]


def line(prefix: str, name: str, caption: str) -> str:
    """One line of the tree, cut at WIDTH."""
    text = f"{prefix}{name:<{max(1, 30 - len(prefix))}} {caption}"
    return text if len(text) <= WIDTH else text[: WIDTH - 1].rsplit(" ", 1)[0] + " …"


def tree() -> str:
    """The package as a tree: every module of the first two levels with its caption."""
    named = {name for _, names in FLOORS for name in names}
    found = {
        p.stem if p.suffix == ".py" else p.name
        for p in PACKAGE.iterdir()
        if (p.suffix == ".py" or (p / "__init__.py").exists()) and p.name != "__init__.py"
    }
    if found != named:
        raise SystemExit(f"docs/generate.py: give these rooms a floor: {sorted(found ^ named)}")
    lines = ["veriloop/"]
    for floor, names in FLOORS:
        lines.append(f"│   ── {floor} ──")
        for name in names:
            folder = PACKAGE / name
            if not folder.is_dir():
                lines.append(line("├── ", f"{name}.py", first_sentence(PACKAGE / f"{name}.py")))
                continue
            lines.append(line("├── ", f"{name}/", first_sentence(folder / "__init__.py")))
            for child in sorted(folder.iterdir()):
                if child.suffix == ".py" and child.name != "__init__.py":
                    lines.append(line("│   ├── ", child.name, first_sentence(child)))
                elif (child / "__init__.py").exists():
                    caption = first_sentence(child / "__init__.py")
                    lines.append(line("│   ├── ", f"{child.name}/", caption))
    return "\n".join(lines)


def help_of(*command: str) -> str:
    """What the program prints for ``--help``, at 80 columns."""
    env = os.environ | {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "TERMINAL_WIDTH": "80"}
    shown = subprocess.run(
        [sys.executable, "-m", "veriloop.cli", *command, "--help"],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    return "\n".join(row.rstrip() for row in shown.stdout.strip("\n").splitlines())


def cli_page() -> str:
    """docs/cli.md: the help of every command."""
    sys.path.insert(0, str(ROOT))
    from veriloop.cli import command_paths

    parts = ["# The command line\n\nWritten by `make docs` from the program itself.\n"]
    for path in ((), *command_paths()):
        title = " ".join(("veriloop", *path))
        parts.append(f"## `{title}`\n\n```text\n{help_of(*path)}\n```\n")
    return "\n".join(parts)


def with_tree(readme: str) -> str:
    """README.md with its tree written again between the two marks."""
    marks = r"(<!-- tree -->\n```text\n).*?(\n```\n<!-- /tree -->)"
    return re.sub(marks, lambda m: m[1] + tree() + m[2], readme, flags=re.DOTALL)


def main() -> int:
    """Write, or with ``--check`` compare."""
    readme = ROOT / "README.md"
    pages = {
        readme: with_tree(readme.read_text(encoding="utf-8")),
        ROOT / "docs/cli.md": cli_page(),
    }
    stale = [
        p for p, text in pages.items() if not p.exists() or p.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run `make docs`", file=sys.stderr)
        return bool(stale)
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
