import torch

from veriloop.train.loop import Schedule, epoch_batches, load_state, save_state


def test_the_rate_climbs_to_its_peak_and_falls_to_nearly_nothing():
    rates = [Schedule(2.0, 100, warmup=0.1).rate(step) for step in range(100)]
    assert rates[:10] == [2.0 * (i + 1) / 10 for i in range(10)]
    assert max(rates) == rates[9] == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[99] == 2.0 / 90


def test_a_schedule_of_one_step_learns():
    assert Schedule(1.0, 1).rate(0) == 1.0


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
