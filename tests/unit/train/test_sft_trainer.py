from collections import Counter

import pytest

from veriloop.train.sft_config import SftConfig
from veriloop.train.sft_trainer import plan_batches

LENGTHS = [3, 9, 4, 12, 7, 5, 30, 2, 8, 6, 11]


@pytest.mark.parametrize(("batch", "micro"), [(4, None), (4, 2), (4, 1), (3, 1), (16, 4), (16, 16)])
def test_every_row_is_read_once_in_each_epoch_in_updates_of_equally_many_parts(batch, micro):
    config = SftConfig("b", "o", epochs=3, batch=batch, micro_batch=micro).filled()
    plan = plan_batches(LENGTHS, config)
    assert len(plan.parts) == plan.updates * plan.size
    start = 0
    for end in plan.ends:
        rows = [i for part in plan.parts[start * plan.size : end * plan.size] for i in part]
        assert Counter(rows) == Counter(range(len(LENGTHS)))
        start = end
    assert start == plan.updates
    assert all(plan.parts)
    assert [plan.epoch(u) for u in (0, plan.ends[0], plan.updates - 1)] == [0, 1, 2]


def test_the_order_is_the_seeds_and_changes_with_the_epoch():
    one = plan_batches(LENGTHS, SftConfig("b", "o", epochs=2, batch=2, seed=1).filled())
    again = plan_batches(LENGTHS, SftConfig("b", "o", epochs=2, batch=2, seed=1).filled())
    other = plan_batches(LENGTHS, SftConfig("b", "o", epochs=2, batch=2, seed=2).filled())
    assert one == again != other
    half = len(one.parts) // 2
    assert one.parts[:half] != one.parts[half:]
