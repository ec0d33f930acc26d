import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from veriloop.errors import StoreError
from veriloop.train.loop import Schedule, epoch_batches, load_state, save_state, shares


def test_the_rate_climbs_to_its_peak_and_falls_to_nearly_nothing():
    rates = [Schedule(2.0, 100, warmup=0.1).rate(step) for step in range(100)]
    assert rates[:10] == [2.0 * (i + 1) / 10 for i in range(10)]
    assert max(rates) == rates[9] == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[99] == 2.0 / 90


@pytest.mark.parametrize("shape", ["linear", "cosine", "constant"])
def test_a_schedule_of_one_step_learns(shape):
    assert Schedule(1.0, 1, shape=shape).rate(0) == 1.0


def test_cosine_and_constant_climb_alike_and_then_fall_by_the_cosine_or_not_at_all():
    cosine = [Schedule(2.0, 100, 0.1, "cosine").rate(step) for step in range(100)]
    constant = [Schedule(2.0, 100, 0.1, "constant").rate(step) for step in range(100)]
    assert cosine[:10] == constant[:10] == [2.0 * (i + 1) / 10 for i in range(10)]
    assert constant[10:] == [2.0] * 90
    for step in (10, 40, 55, 99):
        way = (step - 10) / 90
        assert cosine[step] == pytest.approx(1 + math.cos(math.pi * way))


def test_every_example_once_an_epoch_in_an_order_of_the_epochs_own():
    lengths = [(7 * i) % 40 for i in range(333)]
    first, again, second = (epoch_batches(lengths, 8, 5, epoch) for epoch in (0, 0, 1))
    for batches in (first, second):
        assert sorted(i for batch in batches for i in batch) == list(range(333))
        assert all(len(batch) <= 8 for batch in batches)
    assert first == again
    assert first != second
    assert first != epoch_batches(lengths, 8, 6, 0)


def test_batches_hold_examples_of_similar_length():
    lengths = [(7 * i) % 97 for i in range(800)]
    padded = sum(len(b) * max(lengths[i] for i in b) for b in epoch_batches(lengths, 8, 0, 0))
    assert padded < 1.15 * sum(lengths)  # in random batches it is about 1.7 times


def test_a_state_is_taken_up_by_the_same_training_only(tmp_path):
    path = tmp_path / "training.state"
    assert load_state(path, "a") is None
    save_state(path, {"fingerprint": "a", "step": 3, "weights": {"w": torch.arange(3.0)}})
    state = load_state(path, "a")
    assert state["step"] == 3
    assert torch.equal(state["weights"]["w"], torch.arange(3.0))
    assert load_state(path, "b") is None
    assert [p.name for p in tmp_path.iterdir()] == ["training.state"]


def test_a_state_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "training.state"
    save_state(path, {"fingerprint": "a", "step": 1})
    with pytest.raises(StoreError, match="could not be written"):
        save_state(path / "inside a file", {"fingerprint": "a"})
    assert load_state(path, "a")["step"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["training.state"]


LENGTHS = st.lists(st.integers(1, 200), min_size=1, max_size=40)


@given(LENGTHS, st.integers(1, 5), st.integers(1, 400), st.none() | st.integers(1, 5))
def test_shares_are_a_partition_within_the_limits_and_equally_many(lengths, count, tokens, micro):
    dealt = shares(lengths, count, batch_tokens=tokens, micro_batch=micro)
    assert len(dealt) == count
    assert len({len(parts) for parts in dealt}) == 1
    assert dealt[0][0], "the first process has something to read"
    assert sorted(i for parts in dealt for part in parts for i in part) == list(range(len(lengths)))
    sizes = [sum(len(part) for part in parts) for parts in dealt]
    assert max(sizes) - min(sizes) <= 1
    for part in (part for parts in dealt for part in parts if part):
        assert len(part) == 1 or max(lengths[i] for i in part) * len(part) <= tokens
        assert len(part) <= (micro or len(part))


def test_every_process_gets_short_and_long_solutions():
    one, other = shares(list(range(1, 41)), 2, batch_tokens=10**6)
    assert abs(sum(one[0]) - sum(other[0])) <= 20
