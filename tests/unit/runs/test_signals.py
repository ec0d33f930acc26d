"""The first Ctrl-C asks, the second has its usual effect, and nothing stays behind."""

import asyncio
import os
import signal
import threading

import pytest

from veriloop.runs.signals import listening

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("sent", SIGNALS)
def test_the_first_signal_asks_once_and_the_usual_effect_is_back(sent):
    async def scenario():
        heard = []
        usual = [signal.getsignal(sig) for sig in SIGNALS]
        with listening(heard.append):
            assert signal.getsignal(sent) not in usual
            os.kill(os.getpid(), sent)
            while not heard:
                await asyncio.sleep(0.001)
            assert [signal.getsignal(sig) for sig in SIGNALS] == usual
        assert [signal.getsignal(sig) for sig in SIGNALS] == usual
        return heard

    assert asyncio.run(scenario()) == [sent.name]


def test_stages_side_by_side_are_all_told_whichever_ends_first():
    async def scenario():
        one, two = [], []
        first, second = listening(one.append), listening(two.append)
        first.__enter__()
        second.__enter__()
        third = []
        with listening(third.append):
            pass
        first.__exit__(None, None, None)
        os.kill(os.getpid(), signal.SIGTERM)
        while not two:
            await asyncio.sleep(0.001)
        second.__exit__(None, None, None)
        return one, two, third

    assert asyncio.run(scenario()) == ([], ["SIGTERM"], [])


def test_elsewhere_signals_keep_their_effect():
    seen = []

    async def scenario():
        with listening(seen.append):
            await asyncio.sleep(0)

    usual = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: asyncio.run(scenario()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is usual
    assert seen == []
