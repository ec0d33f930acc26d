import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.train.ranks import Ranks
from veriloop.train.step_examples import prepare
from veriloop.train.trainer import Trainer

_spec = importlib.util.spec_from_file_location(
    "training_tests", Path(__file__).with_name("test_process.py")
)
t = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(t)
DATA = t.examples(7)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return t.tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


def trainer(base, tmp_path, **more):
    """A trainer that clips nothing, so that AdamW's first moments tell the gradient."""
    settings = t.config(base, tmp_path, max_norm=1e9, **more).filled()
    model = ProcessRewardModel.create(base, head=settings.head)
    data = prepare(model, DATA, model.limit)
    return Trainer(
        settings, model, Ranks(), data=data, held=prepare(model, [], 256),
        state=(tmp_path / "training.state", "x"),
    )  # fmt: skip


def gradient(made):
    """Of one update on all examples, by parameter."""
    made._learn(range(len(DATA)), made.model.inputs(made.data.encoded))
    state = made.optimiser.state
    return {name: state[weight]["exp_avg"] / 0.1 for name, weight in made.weights.items()}


def by_hand(base, objective):
    """The mean over all labelled steps, solution by solution, each read alone."""
    model = ProcessRewardModel.create(base)
    total, count = torch.zeros(()), 0
    for example in DATA:
        encoded = model.encode(example.prompt, example.completions)
        logits = model.step_logits([torch.tensor(encoded.ids)], [encoded.ends])
        labels = torch.tensor(example.labels)
        right = logits.softmax(-1)[:, 1]
        if objective == "soft-mse":
            total = total + ((right - labels) ** 2).sum()
        elif objective == "soft-bce":
            total = total + F.binary_cross_entropy(right, labels, reduction="sum")
        else:
            total = total + F.cross_entropy(logits, labels.long(), reduction="sum")
        count += len(labels)
    (total / count).backward()
    return {name: weight.grad for name, weight in model.network.named_parameters()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=1e-6, rtol=1e-5)
    assert max(value.abs().max() for value in one.values()) > 1e-2


@pytest.mark.parametrize("objective", ["hard", "soft-mse", "soft-bce"])
def test_the_gradient_is_that_of_the_mean_over_all_labelled_steps(base, tmp_path, objective):
    assert_same(by_hand(base, objective), gradient(trainer(base, tmp_path, objective=objective)))


@pytest.mark.parametrize(
    "how",
    [
        {"micro_batch": 1},
        {"micro_batch": 2},
        {"batch_tokens": 150},
        {"gradient_checkpointing": True},
    ],
    ids=str,
)
def test_accumulating_and_recomputing_change_no_gradient(base, tmp_path, how):
    plain, other = trainer(base, tmp_path), trainer(base, tmp_path, **how)
    assert_same(gradient(plain), gradient(other))


def test_recomputing_does_recompute(base, tmp_path):
    """A layer passes once without, and twice with it."""
    calls = []
    for again in (False, True):
        made = trainer(base, tmp_path, gradient_checkpointing=again)
        layer = made.model.network.model.layers[0]
        layer.mlp.register_forward_pre_hook(lambda *_: calls.append(1))
        gradient(made)
        assert len(calls) == (2 if again else 1)
        calls.clear()


def test_a_killed_training_goes_on_with_less_in_memory(base, tmp_path):
    learn = t.config(base, tmp_path / "straight", rate=3e-4, save_every=3)
    straight = t.train_process(t.examples(24), learn)

    def kill(progress):
        if progress.step == 5:
            raise t.Killed

    again = replace(learn, out=str(tmp_path / "killed"))
    with pytest.raises(t.Killed):
        t.train_process(t.examples(24), again, on_progress=kill)
    small = replace(again, micro_batch=1, batch_tokens=64, gradient_checkpointing=True)
    went_on = t.train_process(t.examples(24), small)
    assert went_on.resumed_from == 3
    assert went_on.losses == pytest.approx(straight.losses, abs=1e-5)
    one, other = t.weights(learn.out), t.weights(again.out)
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=1e-5, rtol=1e-4)
