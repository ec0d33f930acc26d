import importlib.util
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import Encoded, length_batches

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)
PROBLEM = tiny.PROBLEM


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


def test_blank_lines_are_neutral_even_where_they_merge_with_a_full_stop(base):
    model = ProcessRewardModel.create(base, head="surprise")
    encoded = model.encode(PROBLEM, ("So 12+3=15.", "30"))
    tokenizer = AutoTokenizer.from_pretrained(base)
    written = [tokenizer.decode([i]) for i in encoded.ids[encoded.start :]]
    assert any(piece == ".\n\n" for piece in written)  # the tokenizer does merge
    assert [written[i] for i in encoded.neutral if written[i].strip()] == [".\n\n"]
    assert all("\n" in written[i] for i in encoded.neutral)
    assert [i for i, piece in enumerate(written) if "\n" in piece] == list(encoded.neutral)
    assert set(encoded.ends) <= set(encoded.neutral)


def test_cutting_keeps_whole_steps_only():
    whole = Encoded(tuple(range(20)), 6, (3, 8, 13), (3, 8, 13))
    assert whole.upto(20) is whole
    assert whole.upto(19) == Encoded(tuple(range(15)), 6, (3, 8), (3, 8))
    assert whole.upto(10) == Encoded(tuple(range(10)), 6, (3,), (3,))
    assert whole.upto(9).ends == ()


def test_length_batches_cover_everything_within_the_budget():
    lengths = [5, 100, 7, 5, 30, 29, 1]
    batches = list(length_batches(lengths, 60))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 60
