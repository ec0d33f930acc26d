"""Protocols: the plain requests and replies are frozen, hashable and rebuilt by their repr."""

import dataclasses

from veriloop import protocols
from veriloop.protocols import Completion, Kept, Reply, Request, Sampling, Scored, ScoreRequest
from veriloop.records import Finish, Message


def test_requests_rebuild_from_their_repr_and_hash():
    request = Request((Message("user", "q"),), Sampling(temperature=0.7, stop=("\n",)), seed=3, n=4)
    assert eval(repr(request)) == request
    assert hash(request) == hash(eval(repr(request)))


def test_everything_here_is_frozen():
    for kind in (Sampling, Request, Completion, Reply, ScoreRequest, Scored, Kept):
        assert kind.__dataclass_params__.frozen, kind
        assert dataclasses.is_dataclass(kind)


def test_unknown_is_none_and_never_zero():
    completion = Completion("x", Finish.STOP)
    assert completion.tokens is None
    assert completion.logprobs is None
    assert Reply(()).prompt_tokens is None


def test_only_contracts_live_here():
    functions = [n for n, v in vars(protocols).items() if callable(v) and not isinstance(v, type)]
    assert [n for n in functions if getattr(protocols, n).__module__ == protocols.__name__] == []
