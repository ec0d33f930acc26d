"""The short texts that name engines, and what a wrong one is told."""

import json

import pytest

from veriloop.engines import KINDS, open_engine
from veriloop.engines.http import Http
from veriloop.engines.scripted import Scripted
from veriloop.engines.vllm import VLLM
from veriloop.errors import InputError


def test_a_model_at_an_address_is_a_server():
    assert open_engine("m@http://h:1") == Http("m", "http://h:1")
    named = open_engine("Qwen/Qwen2.5-7B@https://h/v1", retries=1)
    assert named == Http("Qwen/Qwen2.5-7B", "https://h/v1", retries=1)
    assert open_engine("qwen2.5:7b@http://h:11434") == Http("qwen2.5:7b", "http://h:11434")
    assert open_engine("ft@v2@http://h") == Http("ft@v2", "http://h")


def test_fields_of_a_server_may_follow_its_address():
    spelled = "m@http://h:1?concurrency=auto&timeout=60&retries=2&samples_per_call=all"
    fields = {"concurrency": "auto", "timeout": 60.0, "retries": 2, "samples_per_call": None}
    assert open_engine(spelled) == Http("m", "http://h:1", **fields)
    assert open_engine("m@http://h:1?concurrency=8", retries=1) == Http(
        "m", "http://h:1", concurrency=8, retries=1
    )


def test_scripted_reads_its_file(tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"q": ["a"]}))
    assert open_engine(f"scripted:{path}", name="x") == Scripted({"q": ["a"]}, name="x")


def test_vllm_takes_a_folder_or_a_name():
    assert open_engine("vllm:Qwen/Qwen2.5-7B", max_batch=8) == VLLM("Qwen/Qwen2.5-7B", max_batch=8)


@pytest.mark.parametrize("kind", ["local", "pool"])
def test_weights_are_named_by_their_folder(tmp_path, kind):
    (tmp_path / "config.json").write_text("{}")
    engine = open_engine(f"{kind}:{tmp_path}")
    assert type(engine).__module__ == f"veriloop.engines.{kind}"
    assert type(open_engine(str(tmp_path))).__name__ in ("Local", "Pool")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("gpt-4", "neither an engine nor a folder"),
        ("http://localhost:8000", "names no model: write MODEL@http://localhost:8000"),
        ("local:", "names nothing after the colon"),
        ("local:nowhere", "holds no config.json"),
        ("openai:gpt-4", r"'openai' in 'openai:gpt-4' is no kind of engine \(.*http, local, pool"),
        ("scripted:nowhere.json", "cannot be read"),
        (
            "m@http://h?speed=9",
            "'speed' in 'm@http://h.speed=9' is no option of a server; there are",
        ),
        ("m@http://h?concurrency=fast", "concurrency='fast' in .* cannot be read"),
        ("m@http://h?concurrency=0", "cannot be opened: concurrency is at least 1, or 'auto'"),
    ],
)
def test_anything_else_is_told_what_to_write(spec, says):
    with pytest.raises(InputError, match=says):
        open_engine(spec)


def test_a_folder_without_a_checkpoint_is_told_so(tmp_path):
    with pytest.raises(InputError, match=r"holds no config\.json"):
        open_engine(str(tmp_path))


def test_other_packages_add_kinds_by_an_entry_point(tmp_path, monkeypatch):
    """A package as pip would have installed it: a module, and its metadata beside it."""
    (tmp_path / "outside.py").write_text("def made(rest, **options):\n    return rest, options\n")
    info = tmp_path / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[veriloop.engines]\nmine = outside:made\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert open_engine("mine:x:y", a=1) == ("x:y", {"a": 1})
    assert open_engine("mine:m@http://h") == ("m@http://h", {})
    with pytest.raises(InputError, match="mine"):
        open_engine("yours:x")


def test_the_kinds_are_the_documented_ones():
    assert list(KINDS) == ["http", "local", "pool", "scripted", "vllm"]
