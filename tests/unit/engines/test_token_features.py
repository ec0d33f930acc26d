import torch

from veriloop.engines.token_features import FeatureCache, pass_key
from veriloop.engines.token_tree import plant


def test_the_cache_stays_within_its_bytes_and_forgets_the_oldest():
    cache = FeatureCache(limit=1000)
    rows = {name: (torch.full((10, 5), float(i)), torch.zeros(50)) for i, name in enumerate("abc")}
    for name in "ab":
        cache.put(name, rows[name])
    assert torch.equal(cache.get("a")[0], rows["a"][0])  # now b is the oldest
    cache.put("c", rows["c"])
    assert cache.held == 800
    assert cache.get("b") is None
    assert torch.equal(cache.get("a")[0], rows["a"][0])
    cache.put("huge", [torch.zeros(10000)])
    assert cache.get("huge") is None
    assert cache.held == 800


def test_pass_keys_tell_any_two_passes_apart():
    passes = [
        ("m", [(1, 2, 3)], 1), ("n", [(1, 2, 3)], 1), ("m", [(1, 2, 3)], 2), ("m", [(1, 2, 4)], 1),
        ("m", [(1, 2, 3), (1, 3, 2)], 1), ("m", [(1, 2, 3), (4, 2, 3)], 1),
        ("m", [(4, 2, 3), (1, 2, 3)], 1), ("m", [(1, 2, 3, 4)], 1),
    ]  # fmt: skip
    keys = [pass_key(owner, plant(ids, [start] * len(ids))[0]) for owner, ids, start in passes]
    assert len(set(keys)) == len(passes)
    assert pass_key("m", plant([(1, 2, 3)], [1])[0]) == keys[0]
