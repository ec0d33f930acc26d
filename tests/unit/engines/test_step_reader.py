"""Which reader opens for which folder; what each one reads is its own test's."""

import importlib.util
from pathlib import Path

import pytest

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.published_heads import PublishedReader
from veriloop.engines.step_reader import open_reader
from veriloop.errors import InputError

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).with_name("tiny_published.py")
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
PROBLEM, STEPS = published.tiny.PROBLEM, published.tiny.STEPS


def test_every_reader_has_one_shape(tmp_path):
    base = published.tiny.save_checkpoint(tmp_path / "base")
    ProcessRewardModel.create(base).save(tmp_path / "prm")
    readers = [
        open_reader(tmp_path / "prm"),
        open_reader(tmp_path / "prm", "process", dtype="bfloat16"),
        open_reader(published.skywork(tmp_path / "skywork")),
        open_reader(published.shepherd(tmp_path / "shepherd"), "math-shepherd"),
        open_reader(published.classifier(tmp_path / "classifier"), separator="\n"),
    ]
    kinds = [type(reader) for reader in readers]
    assert kinds == [ProcessRewardModel, ProcessRewardModel, *[PublishedReader] * 3]
    for reader in readers:
        (scores,) = reader.score([reader.encode(PROBLEM, STEPS)])
        assert len(scores) == len(STEPS)
        assert all(0 <= score <= 1 for score in scores)
        assert reader.limit == 256
    with pytest.raises(InputError, match="dtype"):
        open_reader(tmp_path / "skywork", dtype="float33")
