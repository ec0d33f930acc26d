"""The whole: rows become a table and JSON, what fails or breaks is a row that is not held; and as another user."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pytest

from veriloop.cli.judge_selftest import closing, lines
from veriloop.codejudge.selftest.attacks import Attack
from veriloop.codejudge.selftest.attempts import Attempt
from veriloop.codejudge.selftest.running import run, table
from veriloop.codejudge.selftest.stages import Seen, Stage
from veriloop.codejudge.verdicts import Code
from veriloop.errors import SandboxError
from veriloop.sandbox.outcomes import Mode

QUICK = (8, 10, 11, 14, 18)
NOBODY = 65534


@final
@dataclass(frozen=True)
class Doomed:
    """A trial that raises."""

    error: Exception
    name: str = "doomed"
    weakest: Mode = Mode.NONE

    def make(self, stage: Stage) -> Seen:
        raise self.error


def test_rows_are_held_or_not(attacked):
    rows = {
        1: Attack(1, "nothing", "nobody", "nothing", (Attempt("fine", ("done",)),)),
        2: Attack(2, "all", "all", "all", (Attempt("is_empty {box}"), Attempt("call ptrace"))),
        3: Attack(3, "none", "none", "none", (Doomed(SandboxError("gone")), Doomed(KeyError("x")))),
    }
    held, not_held, failed = run(attacked, rows)
    assert (held.state, not_held.state, failed.state) == ("held", "NOT HELD", "NOT HELD")
    assert not_held.verdicts == "SV"
    assert failed.seen[0].breaches == ("the sandbox failed: gone",)
    assert failed.seen[1].breaches == ("the judge failed: KeyError: 'x'",)
    text = [line for row in (held, not_held, failed) for line in lines(row)]
    assert text[2].startswith("   is_empty {box}: ")
    assert all(len(line) <= 80 for line in text)
    assert closing([held]) == "1 attacks, 1 trials: all held."
    assert closing([held, not_held, failed]) == "3 attacks, 5 trials: 2 attacks NOT HELD."
    assert json.loads(json.dumps(not_held.as_json()))["trials"][1]["verdict"] == "SV"


def test_what_a_mode_does_not_claim_is_not_run(attacked):
    weak = Attempt("fine", ("done",), weakest=Mode.NAMESPACES)
    rows = {1: Attack(1, "x", "x", "x", (weak,))}
    (row,) = run(Stage(attacked.scene, attacked.sandbox, attacked.judge), rows)
    assert row.state == ("held" if attacked.isolation.mode is Mode.NAMESPACES else "not claimed")


SCRIPT = """
import json
from veriloop.codejudge.selftest import running, stages
with stages.stage() as there:
    rows = {n: row for n, row in running.table().items() if n in NUMBERS}
    print(json.dumps([row.as_json() for row in running.run(there, rows)]))
"""


def interpreter() -> str | None:
    """A Python of this version that nobody may run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = [sys.executable, shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")]
    for path in filter(None, found):
        # The first start still has root's powers over folders, the second has none.
        again = (
            "import ctypes, subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
        )
        probe = ["setpriv", *AS_NOBODY, path, "-c", again]
        if subprocess.run(probe, capture_output=True, cwd="/", timeout=60).returncode == 0:
            return path
    return None


AS_NOBODY = ("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_plain_user_gets_the_same_verdicts(attacked):
    if shutil.which("setpriv") is None or (python := interpreter()) is None:
        pytest.skip("needs setpriv, and a Python that other users may run")
    if attacked.isolation.mode is not Mode.NAMESPACES:
        pytest.skip("users have other modes than root here")
    with tempfile.TemporaryDirectory() as folder:  # others cannot look into pytest's own
        done = as_nobody(python, Path(folder))
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    ours = [row.as_json() for row in run(attacked, {n: table()[n] for n in QUICK})]
    assert [row["state"] for row in theirs] == ["held"] * len(QUICK), done.stdout
    assert (
        verdicts(theirs).items() <= verdicts(ours).items()
    )  # without control groups a little less is claimed
    assert len(verdicts(theirs)) > 0.95 * len(verdicts(ours))


def as_nobody(python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The selftest by another user, from a copy of the package: the checkout may lie where others cannot look."""
    folder.chmod(0o755)
    here = Path(table.__code__.co_filename).parents[2]
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(here, folder / "packages" / "veriloop", ignore=ignored)
    (folder / "scratch").mkdir()
    os.chown(folder / "scratch", NOBODY, NOBODY)
    packages = [str(folder / "packages"), *(p for p in sys.path if p.endswith("site-packages"))]
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "scratch"),
    }
    command = ["setpriv", *AS_NOBODY, python, "-c", SCRIPT.replace("NUMBERS", repr(QUICK))]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", timeout=120)


def verdicts(rows) -> dict[str, Code]:
    return {f"{r['number']} {t['trial']}": t["verdict"] for r in rows for t in r["trials"]}
