import importlib.util
import json
import random
import shutil
import signal
from dataclasses import replace
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError
from veriloop.records import Example, ExampleKind, Message
from veriloop.train.process import ProcessConfig, train_process

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).parents[1] / "engines" / "tiny_reward.py"
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.save_checkpoint(tmp_path_factory.mktemp("base"))


def examples(count, seed=0):
    """Steps that begin with "Oh" are wrong; nothing follows a wrong one."""
    rng = random.Random(seed)
    made = []
    while len(made) < count:
        steps, labels = [], []
        for _ in range(rng.randint(1, 4)):
            word = rng.choice(("So", "So", "So", "Oh"))
            steps.append(f"{word} {rng.randint(0, 9)}+{rng.randint(0, 9)}.")
            labels.append(float(word == "So"))
            if not labels[-1]:
                break
        problem = f"Add numbers, case {len(made)}"
        made.append(Example(ExampleKind.STEP_LABELS, problem, tuple(steps), tuple(labels)))
    return made


def config(base, out, head="linear", **more):
    usual = {"epochs": 3, "rate": 3e-3, "batch": 8}
    return ProcessConfig(str(base), str(out), head=head, **(usual | more))


def together(base, out, **more):
    """A training whose batches have no even number of solutions, so that processes' shares differ."""
    return config(base, out, **({"epochs": 2, "rate": 3e-4, "batch": 5, "keep": "best"} | more))


def weights(folder):
    return load_file(Path(folder) / "model.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("objective", ["hard", "soft-mse", "soft-bce"])
def test_the_linear_head_learns_what_the_labels_say(base, tmp_path, objective):
    learn = config(base, tmp_path, objective=objective, epochs=4)
    report = train_process(examples(120), learn, validation=examples(20, seed=9))
    assert report.losses[-1] < report.losses[0] / 2
    assert report.validation[-1].f1 > 85
    model = ProcessRewardModel.load(tmp_path)
    steps = ("So 1+2.", "So 5+8.", "Oh 1+2.")
    (scores,) = model.score([model.encode("Add numbers, case 200", steps)])
    assert [score > 0.5 for score in scores] == [True, True, False]


def test_the_surprise_head_learns_and_leaves_the_models_frozen(base, tmp_path):
    learn = config(base, tmp_path, "surprise", epochs=6, reference=str(base))
    report = train_process(examples(80), learn)
    assert report.losses[-1] < report.losses[0] - 0.1
    before, after = weights(base), weights(tmp_path)
    for name, value in before.items():
        assert torch.equal(after[f"base.{name}"], value)
        assert torch.equal(after[f"reference.{name}"], value)


def test_a_frozen_base_leaves_only_the_head_to_learn(base, tmp_path):
    train_process(examples(30), config(base, tmp_path, freeze_base=True))
    after = weights(tmp_path)
    assert all(torch.equal(after[name], value) for name, value in weights(base).items())
    fresh = ProcessRewardModel.create(base).network.state_dict()
    assert not torch.equal(after["score.0.weight"], fresh["score.0.weight"])


@pytest.mark.parametrize("head", ["linear", "surprise"])
def test_same_seed_same_weights_and_another_seed_others(base, tmp_path, head):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_process(examples(24), config(base, tmp_path / name, head, seed=seed, epochs=2))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


@pytest.mark.parametrize("head", ["linear", "surprise"])
def test_parts_of_a_batch_add_up_to_the_whole(base, tmp_path, head):
    losses = {}
    for name, tokens in (("whole", 8192), ("parts", 120)):
        learn = config(base, tmp_path / name, head, batch_tokens=tokens, epochs=1)
        losses[name] = train_process(examples(24), learn).losses[0]
    assert losses["parts"] == pytest.approx(losses["whole"], abs=1e-5)
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    for (
        name
    ) in whole:  # three steps of up to 3e-3 each; AdamW enlarges rounding where gradients vanish
        torch.testing.assert_close(whole[name], parts[name], atol=1e-3, rtol=0)


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def straight(base, tmp_path_factory):
    """A training with each head that nothing stopped, and its validation examples."""
    held, made = examples(20, seed=4), {}
    for head in ("linear", "surprise"):
        learn = config(base, tmp_path_factory.mktemp(head), head, save_every=3, keep="best")
        made[head] = (learn, train_process(examples(40), learn, validation=held), held)
    return made


@pytest.mark.parametrize("head", ["linear", "surprise"])
@pytest.mark.parametrize("stop", [2, 7, 14])
def test_a_training_that_stopped_ends_with_the_same_weights(straight, tmp_path, head, stop):
    learn, whole, held = straight[head]
    again = replace(learn, out=str(tmp_path / "stopped"))

    def kill(progress):
        if progress.step == stop:
            raise Killed

    with pytest.raises(Killed):
        train_process(examples(40), again, validation=held, on_progress=kill)
    assert not (tmp_path / "stopped" / "model.safetensors").exists()
    report = train_process(examples(40), again, validation=held)
    assert report.resumed_from == (stop - 1) // 3 * 3
    assert same(weights(again.out), weights(learn.out))
    assert (report.losses, report.validation) == (whole.losses, whole.validation)
    assert not (tmp_path / "stopped" / "training.state").exists()


@pytest.mark.slow
@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="a process must start loaded")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child runs no other thread
def test_a_training_killed_by_the_system_ends_with_the_same_weights(base, tmp_path):
    learn = config(base, tmp_path / "straight", save_every=0)
    train_process(examples(40), learn)
    again = replace(learn, out=str(tmp_path / "killed"), save_every=1)
    fork = get_context("fork")  # of this process, in which torch is loaded
    heard, told = fork.Pipe(duplex=False)
    tell = {"on_progress": lambda progress: told.send(progress.step)}
    run = fork.Process(target=train_process, args=(examples(40), again), kwargs=tell)
    run.start()
    told.close()
    while heard.recv() < 8:
        pass
    run.kill()
    run.join()
    heard.close()
    assert run.exitcode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "training.json").exists()
    report = train_process(examples(40), replace(learn, out=again.out))
    assert report.resumed_from >= 7
    assert same(weights(again.out), weights(learn.out))


def test_another_training_does_not_take_up_the_state(base, tmp_path):
    def kill(progress):
        if progress.step == 5:
            raise Killed

    learn = config(base, tmp_path, save_every=1)
    with pytest.raises(Killed):
        train_process(examples(40), learn, on_progress=kill)
    assert train_process(examples(41), learn).resumed_from == 0


def test_a_finished_model_is_kept_until_something_changes(base, tmp_path):
    learn = config(base, tmp_path, epochs=1)
    bad = Example(ExampleKind.STEP_LABELS, "p", (), ())
    seen = []
    first = train_process([*examples(20), bad], learn, validation=examples(5))
    kept = train_process(
        [*examples(20), bad], learn, validation=examples(5), on_progress=seen.append
    )
    assert (kept, seen) == (first, [])
    train_process(examples(20), learn, on_progress=seen.append)
    assert [p.step for p in seen] == [1, 2, 3]
    assert (seen[-1].steps, seen[-1].epoch) == (3, 0)


def test_bad_examples_are_left_out_with_their_reason(base, tmp_path):
    good = examples(12)
    labels = ExampleKind.STEP_LABELS
    bad = [
        Example(ExampleKind.DEMONSTRATION, "p", ("a",)),
        Example(labels, "p", (), ()),
        Example(labels, "p", ("a",), (1.5,)),
        Example(labels, "p", ("fine", "a <extra_0> b"), (1.0, 0.0)),
        Example(labels, "long " * 300, ("a",), (1.0,)),
        Example(labels, "p", ("a",), (float("nan"),)),
    ]
    report = train_process([*good[:6], *bad, *good[6:]], config(base, tmp_path, epochs=1))
    assert report.examples == 12
    assert [(d.row, d.reason) for d in report.quarantined] == [
        (7, "demonstration, not step labels"),
        (8, "no steps"),
        (9, "a label outside [0, 1]"),
        (10, "step 1 holds the separator '<extra_0>'"),
        (11, "no step fits within 256 tokens"),
        (12, "a label outside [0, 1]"),
    ]
    with pytest.raises(InputError, match=r"is left: .*not step labels"):
        train_process(bad[:1], config(base, tmp_path / "none"))


@pytest.mark.parametrize("objective", ["hard", "soft-mse", "soft-bce"])
def test_what_follows_a_first_error_changes_nothing(base, tmp_path, objective):
    """As in data sets of others, which label every step: the labels and the steps after the first 0 are not learnt."""
    cut = examples(20)
    full = [
        replace(e, completions=(*e.completions, "So 1+1.", "Oh 2."), labels=(*e.labels, 1.0, 0.0))
        if e.labels[-1] == 0
        else e
        for e in cut
    ]
    reports = [
        train_process(data, config(base, tmp_path / name, objective=objective, epochs=1))
        for name, data in (("cut", cut), ("full", full))
    ]
    assert same(weights(tmp_path / "cut"), weights(tmp_path / "full"))
    assert [r.after_error for r in reports] == [0, 2 * reports[0].balance.wrong]
    assert reports[0].balance == reports[1].balance


def test_a_validation_solution_that_does_not_fit_is_not_judged(base, tmp_path):
    long = Example(ExampleKind.STEP_LABELS, "p", ("word " * 20,) * 30, (1.0,) * 29 + (0.0,))
    data = examples(12)
    report = train_process(data, config(base, tmp_path, epochs=1), validation=[*data[:4], long])
    assert (report.held_out.examples, report.held_out.shared_problems) == (4, 4)
    assert [(d.row, d.what) for d in report.held_out.quarantined] == [(5, long.id)]
    with pytest.raises(InputError, match=r"no validation example is left: .* steps do not fit"):
        train_process(data, config(base, tmp_path / "x", epochs=1), validation=[long])
    strict = config(base, tmp_path / "y", epochs=1, on_truncation="error")
    with pytest.raises(InputError, match="would be lost"):
        train_process(data, strict, validation=[long])


def test_steps_beyond_the_length_are_counted(base, tmp_path):
    long = Example(ExampleKind.STEP_LABELS, "p", ("word " * 20,) * 30, (1.0,) * 29 + (0.0,))
    report = train_process([long, *examples(8)], config(base, tmp_path, epochs=1))
    assert report.examples == 9
    assert 0 < report.cut_steps < 30
    total = 30 + sum(len(e.labels) for e in examples(8))
    assert report.balance.labels == total - report.cut_steps


def test_the_report_tells_the_balance_of_the_classes_and_no_paths(base, tmp_path):
    data = examples(50)
    report = train_process(data, config(base, tmp_path, epochs=1))
    flat = [label for e in data for label in e.labels]
    assert (report.balance.labels, report.balance.positive) == (len(flat), sum(flat) / len(flat))
    text = (tmp_path / "training.json").read_text()
    assert str(tmp_path.parent) not in text
    assert json.loads(text)["config"]["epochs"] == 1


def test_a_chat_is_shown_as_its_last_user_turn(base, tmp_path):
    chat = (Message("user", "first"), Message("assistant", "so"), Message("user", "Add numbers"))
    out = []
    for name, prompt in (("chat", chat), ("text", "Add numbers")):
        data = [replace(e, prompt=prompt) for e in examples(10)]
        train_process(data, config(base, tmp_path / name, epochs=1))
        out.append(weights(tmp_path / name))
    assert same(*out)


def test_the_best_epoch_is_kept_where_asked(base, tmp_path):
    # Labels turned round: the longer it learns, the worse it does on the validation examples.
    turned = [replace(e, labels=tuple(1 - x for x in e.labels)) for e in examples(64)]
    held = examples(32, seed=3)
    learn = config(base, tmp_path / "best", epochs=3, keep="best")
    best = train_process(turned, learn, validation=held)
    f1 = [score.f1 for score in best.validation]
    assert best.kept == f1.index(max(f1)) < 2
    last = replace(learn, keep="last", out=str(tmp_path / "last"))
    assert train_process(turned, last, validation=held).kept == 2
    assert not same(weights(learn.out), weights(last.out))
    with pytest.raises(InputError, match="needs validation"):
        train_process(turned, learn)


def test_bfloat16_with_recomputed_activations_learns_too(base, tmp_path):
    learn = config(base, tmp_path, dtype="bfloat16", gradient_checkpointing=True, epochs=4)
    report = train_process(examples(24), learn)
    assert report.losses[-1] < report.losses[0] - 0.1
    assert weights(tmp_path)["score.0.weight"].dtype == torch.float32


@pytest.mark.parametrize("label", [1.0, 0.0])
def test_the_best_epoch_needs_right_and_wrong_solutions_to_be_told(base, tmp_path, label):
    """Without either the F1 of every epoch is 0, and the first would be kept as the best."""
    held = [Example(ExampleKind.STEP_LABELS, "Add numbers", ("So 1+2.",), (label,))]
    with pytest.raises(InputError, match="keep='best' needs right solutions and solutions with a"):
        train_process(examples(4), config(base, tmp_path, keep="best"), validation=held)
    assert not (tmp_path / "training.json").exists()


def test_another_base_of_the_older_kind_is_another_training(base, tmp_path):
    """Weights in ``pytorch_model.bin`` are read by transformers too, and count like those in safetensors."""
    old = shutil.copytree(base, tmp_path / "old")
    state = load_file(old / "model.safetensors")
    (old / "model.safetensors").unlink()
    made = []
    for factor in (1.0, 0.5):
        torch.save({name: w * factor for name, w in state.items()}, old / "pytorch_model.bin")
        learn = config(old, tmp_path / "out", epochs=1)
        made.append(train_process(examples(8), learn).fingerprint)
    assert made[0] != made[1]
