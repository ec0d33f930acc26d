"""JSON files: what is read back is what was written, in lines that people can read."""

import json

import pytest

from veriloop.errors import StoreError
from veriloop.store.json_files import write_json


def test_what_is_read_back_is_what_was_written(tmp_path):
    told = {"model": "模型", "scores": [0.5, None, True], "by": {"en": {"n": 3}}}
    path = tmp_path / "new" / "result.json"
    write_json(path, told)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == told
    assert text.splitlines()[:2] == ["{", '  "model": "模型",']
    assert text.endswith("}\n")
    assert [p.name for p in path.parent.iterdir()] == ["result.json"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not be written"):
        write_json(tmp_path / "file" / "result.json", {})
