import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from veriloop.engines.token_tree import TokenTree, network_inputs, plant

_spec = importlib.util.spec_from_file_location(
    "tiny_reward", Path(__file__).with_name("tiny_reward.py")
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


def forest(seed, prompts=3, paths=6):
    """Sequences that share prompts of 5 tokens and often more, with their starts."""
    rng = random.Random(seed)
    made = []
    for _ in range(prompts):
        prompt = [rng.randrange(200) for _ in range(5)]
        made += [
            (*prompt, *(rng.randrange(2) for _ in range(rng.randint(1, 8)))) for _ in range(paths)
        ]
    rng.shuffle(made)
    return made, [5] * len(made)


@pytest.mark.parametrize("seed", range(5))
def test_every_path_can_be_walked_back_and_shared_tokens_stand_once(seed):
    sequences, starts = forest(seed)
    trees, places = plant(sequences, starts)
    for ids, (index, nodes) in zip(sequences, places, strict=True):
        tree = trees[index]
        assert tuple(tree.ids[node] for node in nodes) == ids
        assert [tree.parents[node] for node in nodes] == [-1, *nodes[:-1]]
        assert [tree.depths[node] for node in nodes] == list(range(len(ids)))
    prefixes = {ids[: i + 1] for ids in sequences for i in range(len(ids))}
    assert sum(len(tree.ids) for tree in trees) == len(prefixes)
    assert len(trees) == len({ids[:5] for ids in sequences})


@pytest.mark.parametrize("seed", range(5))
def test_a_node_sees_its_ancestors_and_itself(seed):
    trees, places = plant(*forest(seed))
    for index, nodes in places:
        seen = trees[index].seen()
        assert np.flatnonzero(seen[nodes[-1]]).tolist() == sorted(nodes)


def test_a_model_reads_each_path_of_a_tree_as_it_would_alone(tmp_path):
    model = AutoModelForCausalLM.from_pretrained(tiny.save_checkpoint(tmp_path)).eval()
    sequences, starts = forest(1)
    sequences.append((9, 8, 7, 6, 5, 4, 3))  # a chain among the trees
    trees, places = plant(sequences, [*starts, 5])
    inputs = network_inputs(trees, torch.device("cpu"))
    with torch.no_grad():
        together = model.model(**inputs).last_hidden_state
        for ids, (index, nodes) in zip(sequences, places, strict=True):
            alone = model.model(torch.tensor([ids])).last_hidden_state[0]
            torch.testing.assert_close(together[index, nodes], alone, atol=1e-5, rtol=1e-5)


def test_chains_need_no_mask():
    trees, _ = plant([(1, 2, 3), (4, 5, 6, 7)], [2, 2])
    assert all(tree.is_chain for tree in trees)
    assert set(network_inputs(trees, torch.device("cpu"))) == {"input_ids"}
    forked = TokenTree(1)
    forked.add((1, 2, 3))
    forked.add((1, 4))
    assert not forked.is_chain


def test_a_tree_that_is_full_is_followed_by_another():
    sequences = [(1, 2, *([i] * 400)) for i in range(5)]
    trees, places = plant(sequences, [2] * 5)
    assert [len(tree.ids) for tree in trees] == [802, 802, 402]
    assert [index for index, _ in places] == [0, 0, 1, 1, 2]
