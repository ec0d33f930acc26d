"""What comes of one request: counted where it was answered, and a reason where it was not."""

import asyncio

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply, Request
from veriloop.records import Cost, Finish
from veriloop.verify.asking import Asked, ask


class Silent:
    """An engine that answers without a choice."""

    name = "silent"

    async def generate(self, request):
        return Reply((), 7, usd=0.5)


def broken(request):
    raise EngineError("the server is down")


def test_tokens_of_all_samples_are_counted():
    two = [Completion("a", Finish.STOP, tokens=3), Completion("b", Finish.STOP, tokens=4)]
    asked = asyncio.run(ask(Scripted(lambda request: two), Request("q", n=2)))
    assert [one.text for one in asked.completions] == ["a", "b"]
    assert (asked.cost.calls, asked.cost.tokens, asked.why) == (1, 7, "")
    assert asked.answered


def test_no_choice_was_paid_for_and_a_failure_was_not():
    silent = asyncio.run(ask(Silent(), Request("q")))
    assert silent == Asked((), Cost(1, 0, 7, 0, 0.5), "the engine gave no choice")
    assert silent.answered
    failed = asyncio.run(ask(Scripted(broken), Request("q")))
    assert failed == Asked(why="the server is down")
    assert not failed.answered
