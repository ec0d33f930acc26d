import importlib.util
import random
from pathlib import Path

import pytest

from veriloop.engines.decoder import Sequence, open_decoder

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny.save_qwen2(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def decoder(checkpoint):
    return open_decoder(checkpoint, slots=32)


def mixed(n, seed=0):
    """Sequences of every kind: lengths, temperatures, cuts, stops."""
    rng = random.Random(seed)
    pool = tiny.prompts(n // 2, seed=seed)
    kinds = ((1.0, 1.0, 0), (0.7, 0.9, 0), (1.3, 1.0, 20), (0.0, 1.0, 0), (0.8, 0.8, 10))
    return [
        Sequence(
            rng.choice(pool), seed=i, max_tokens=rng.randint(1, 90),
            temperature=t, top_p=p, top_k=k, stop_ids=frozenset(rng.sample(range(407), 3)), logprobs=True,
        )
        for i in range(n)
        for t, p, k in [rng.choice(kinds)]
    ]  # fmt: skip


ODD = {"hidden_size": 36, "intermediate_size": 37, "num_attention_heads": 3, "num_hidden_layers": 2}


@pytest.mark.parametrize(("kv", "sizes"), [(1, {}), (2, {}), (1, ODD), (3, ODD)])
def test_company_order_and_slots_change_no_bit(tmp_path, kv, sizes):
    path = tiny.save_qwen2(tmp_path, kv=kv, **sizes)
    asked = mixed(20)
    decoder = open_decoder(path, slots=16, prefix_bytes=20_000)
    alone = [tiny.run(decoder, [s])[0] for s in asked]
    assert tiny.run(decoder, asked) == alone
    rng = random.Random(1)
    for _ in range(2):
        order = rng.sample(range(len(asked)), len(asked))
        company = mixed(15, seed=rng.randrange(1000))
        crowd = [asked[i] for i in order]
        for guest in company:
            crowd.insert(rng.randrange(len(crowd)), guest)
        by_seed = {id(s): r for s, r in zip(crowd, tiny.run(decoder, crowd), strict=True)}
        assert [by_seed[id(s)] for s in asked] == alone
    assert tiny.run(open_decoder(path, slots=7), asked) == alone


def test_arrivals_between_steps_change_no_bit(decoder):
    asked = mixed(40, seed=5)
    together = tiny.run(decoder, asked)
    handles = []
    for s in asked:
        handles.append(decoder.add(s))
        for _ in range(random.Random(s.seed).randint(0, 4)):
            decoder.step()
    decoder.drain()
    assert [h.result for h in handles] == together


def test_stop_tokens_limits_and_checks(decoder):
    prompt = tiny.prompts(1, seed=4)[0]
    free = tiny.run(decoder, [Sequence(prompt, seed=1, max_tokens=30)])[0].token_ids
    at = next(i for i in range(5, 30) if free[i] not in free[:i])
    stopped = tiny.run(
        decoder, [Sequence(prompt, seed=1, max_tokens=30, stop_ids=frozenset({free[at], 406}))]
    )[0]
    assert (stopped.token_ids, stopped.finish) == (free[: at + 1], "stop")
    seen = []
    check = lambda ids: seen.append(tuple(ids)) or len(ids) == 9  # noqa: E731
    checked = tiny.run(decoder, [Sequence(prompt, seed=1, max_tokens=30, stop_check=check)])[0]
    assert (checked.token_ids, checked.finish) == (free[:9], "stop")
    assert seen == [free[: i + 1] for i in range(9)]
    seen.clear()
    watched = Sequence(
        prompt, seed=1, max_tokens=30, stop_check=check, watch_ids=frozenset({free[at]})
    )
    tiny.run(decoder, [watched])
    assert seen == [free[: i + 1] for i in range(30) if free[i] == free[at]]


def test_the_context_is_a_limit(decoder):
    got = tiny.run(decoder, [Sequence(tuple(range(1, 401)), seed=1, max_tokens=1000)])[0]
    assert (len(got.token_ids), got.finish) == (112, "length")


def test_cancelled_sequences_free_their_slots(decoder):
    asked = [Sequence(p, seed=i, max_tokens=60) for i, p in enumerate(tiny.prompts(50))]
    want = tiny.run(decoder, asked)
    handles = [decoder.add(s) for s in asked]
    for _ in range(5):
        decoder.step()
    for h in handles[::2]:
        decoder.cancel(h)
    decoder.drain()
    assert [h.result for h in handles[1::2]] == want[1::2]
    assert all(h.cancelled for h in handles[::2] if h.result is None)
