import importlib.util
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from veriloop.engines.heads import HEADS
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_batches import padded, places, read_in_batches

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


def test_padding_is_on_the_right_and_masked():
    ids, mask = padded([torch.tensor([5, 6, 7]), torch.tensor([8])])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    rows, columns = places([(0, 2), (), (1,)], torch.device("cpu"))
    assert (rows.tolist(), columns.tolist()) == ([0, 0, 2], [0, 2, 1])


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), max_size=30),
    st.integers(1, 200),
)
def test_every_number_comes_back_to_its_place_and_batches_keep_to_their_size(sizes, batch_tokens):
    lengths = [length for length, _ in sizes]
    ends = [tuple(range(count)) for _, count in sizes]
    seen = []

    def read(batch):
        seen.append(batch)
        return torch.tensor([1000.0 * i + end for i in batch for end in ends[i]])

    scores = read_in_batches(lengths, ends, batch_tokens=batch_tokens, read=read)
    assert scores == [tuple(1000.0 * i + end for end in row) for i, row in enumerate(ends)]
    assert sorted(i for batch in seen for i in batch) == [i for i, row in enumerate(ends) if row]
    for batch in seen:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= batch_tokens


# Scores are what reading every prefix alone gives, whatever shares a batch


def ragged():
    """Solutions of 1 to 300 steps, with unicode, blank and many-lined steps."""
    draw = random.Random(3)
    words = ["12", "+3", "=15", " größer", "中文步骤", "🙂", "\n", "\tx", "ки", "é́", " then"]
    sizes = [1, 1, 2, 3, 5, 8, 13, 300]
    return [
        tuple("".join(draw.choices(words, k=draw.randrange(5))) for _ in range(size))
        for size in sizes
    ]


@pytest.fixture(scope="module", params=HEADS)
def models(request, tmp_path_factory):
    """The same model twice: what one has read is unknown to the other."""
    base = tiny.save_checkpoint(tmp_path_factory.mktemp("base"), max_position_embeddings=8192)
    return [ProcessRewardModel.create(base, head=request.param, seed=5) for _ in range(2)]


@pytest.mark.parametrize("batch_tokens", [1, 4000])
def test_one_pass_equals_reading_every_prefix_alone(models, batch_tokens):
    model, slow = models
    solutions = ragged()
    fast = model.score([model.encode(tiny.PROBLEM, steps) for steps in solutions], batch_tokens)
    for steps, scores in zip(solutions, fast, strict=True):
        assert len(scores) == len(steps)
        draw = random.Random(len(steps))
        # of the long one a sample of prefixes: each is read from its beginning
        chosen = range(len(steps)) if len(steps) < 20 else draw.sample(range(len(steps)), 3)
        for i in chosen:
            slow._models_hash = (
                f"{batch_tokens} {len(steps)} {i}"  # nothing is shared between passes
            )
            (alone,) = slow.score([slow.encode(tiny.PROBLEM, steps[: i + 1])])
            assert alone[-1] == pytest.approx(scores[i], abs=1e-5)


def test_what_shares_a_batch_changes_no_score(models):
    model, other = models
    encoded = [model.encode(tiny.PROBLEM, steps) for steps in ragged()[:-1]]
    together = model.score(encoded, 100_000)
    order = random.Random(1).sample(range(len(encoded)), len(encoded))
    for i in order:
        other._models_hash = f"alone {i}"
        (alone,) = other.score([encoded[i]])
        assert alone == pytest.approx(together[i], abs=1e-6)
