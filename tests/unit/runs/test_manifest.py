"""The account of a run: complete, never half written, and one entry an attempt."""

import json
import platform
from importlib import metadata

import pytest

from veriloop.errors import InputError
from veriloop.runs.manifest import Manifest, versions
from veriloop.runs.plan import StageReport

REPORT = StageReport("search", 10, 8, 2, {"engine failed": 1}, {"solutions": 9}, 1.5, 1.25, 77, 0.5)


def test_attempts_are_appended_and_a_killed_one_is_marked(tmp_path):
    now = iter([0.0, 60.0, 90.5])
    manifest = Manifest(tmp_path / "run" / "run.json", clock=lambda: next(now))
    manifest.begin(["veriloop", "run", "prm"], seeds={"search": 1}, config="Recipe(n=8)")
    manifest.stage(REPORT)
    manifest.begin(["veriloop", "run", "prm"], seeds={"search": 1}, config={"n": 8})
    manifest.end("finished")
    first, second = manifest.read()["attempts"]
    assert (first["status"], first["ended"]) == ("killed", None)
    assert first["config"] == "Recipe(n=8)"
    assert first["stages"] == {
        "search": {
            "items": 10,
            "done": 8,
            "resumed": 2,
            "dropped": {"engine failed": 1},
            "records": {"solutions": 9},
            "wall_seconds": 1.5,
            "cpu_seconds": 1.25,
            "tokens": 77,
            "usd": 0.5,
        }
    }
    assert (second["status"], second["stages"]) == ("finished", {})
    assert second["started"] == "1970-01-01T00:01:00.000+00:00"
    assert second["ended"] == "1970-01-01T00:01:30.500+00:00"
    assert second["python"] == platform.python_version()
    assert second["seeds"] == {"search": 1}
    assert second["versions"]["transformers"] == metadata.version("transformers")
    assert second["cpus"] >= 1
    assert [p.name for p in manifest.path.parent.iterdir()] == ["run.json"]


def test_versions_name_what_decides_results():
    found = versions()
    assert found["torch"] == metadata.version("torch")
    assert found["veriloop"]


def test_what_is_no_account_is_refused_by_file(tmp_path):
    manifest = Manifest(tmp_path / "run.json")
    with pytest.raises(InputError, match="no run was begun here"):
        manifest.end("finished")
    for text in ("{", "[]", json.dumps({"format": 9})):
        manifest.path.write_text(text)
        with pytest.raises(InputError, match="not a run's account") as caught:
            manifest.begin([], seeds={})
        assert caught.value.file == str(manifest.path)
        assert manifest.path.read_text() == text
