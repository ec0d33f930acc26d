"""The relay over real pipes: nothing lost, nothing blocked, bytes counted, ends seen."""

import contextlib
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.codejudge.relay import WAITING, Flow, Relay, Transcript


@pytest.fixture
def lines():
    """A relay with both of its flows, and the four far ends: (written to, read from) of each."""
    wake = os.eventfd(0, os.EFD_CLOEXEC)
    pipes = [os.pipe() for _ in range(4)]
    flows = (
        Flow(b"<", pipes[0][0], pipes[1][1], limit=1 << 20),
        Flow(b">", pipes[2][0], pipes[3][1], limit=1 << 20),
    )
    relay = Relay(flows, wake)
    far = [pipes[0][1], pipes[1][0], pipes[2][1], pipes[3][0]]
    yield relay, far, wake
    relay.close()
    for descriptor in [*far, wake]:
        if descriptor >= 0:
            os.close(descriptor)


def run_until_woken(relay):
    while not relay.step():
        pass


def test_what_is_written_at_one_end_is_read_at_the_other_however_slow_the_reader(lines):
    relay, (mine, jurys, _, _), wake = lines
    sent = os.urandom(3 * WAITING)

    def write():
        data = sent
        while data:
            data = data[os.write(mine, data) :]

    got = bytearray()

    def read():
        while len(got) < len(sent):
            got.extend(os.read(jurys, 1000))
        os.eventfd_write(wake, 1)

    threads = [threading.Thread(target=work) for work in (write, read)]
    for thread in threads:
        thread.start()
    run_until_woken(relay)
    for thread in threads:
        thread.join()
    assert bytes(got) == sent
    assert relay.flows[0].bytes == len(sent)


def test_a_reader_that_takes_nothing_keeps_its_writer_waiting_and_not_the_other_direction(lines):
    relay, (mine, _, jury, heard), _ = lines
    os.set_blocking(mine, False)
    held = 0
    for _ in range(100):
        with contextlib.suppress(BlockingIOError):
            held += os.write(mine, bytes(1 << 16))
        relay.step(until=0)
    assert held < WAITING + (1 << 20)
    assert len(relay.flows[0].pending) < WAITING + (1 << 16)
    os.write(jury, b"hello")
    relay.step(until=0)
    assert os.read(heard, 10) == b"hello"


def test_over_the_limit_the_writer_is_cut_off(lines):
    relay, (mine, _, _, _), _ = lines
    flow = relay.flows[0]
    flow.shut_sink()  # so that everything is read and dropped
    while not flow.over:
        os.write(mine, bytes(4096))
        relay.step(until=0)
    with pytest.raises(BrokenPipeError):
        os.write(mine, b"more")
    assert flow.bytes <= flow.limit + (1 << 16)


def test_a_reader_that_is_gone_does_not_disturb_the_writer(lines):
    relay, far, _ = lines
    os.close(far[1])
    far[1] = -1
    for _ in range(50):
        os.write(far[0], bytes(4096))
        relay.step(until=0)
    assert relay.flows[0].told
    assert relay.flows[0].bytes == 50 * 4096


def test_finish_takes_the_rest_and_then_the_end(lines):
    relay, far, _ = lines
    os.write(far[0], b"last words")
    os.close(far[0])
    far[0] = -1
    relay.finish(relay.flows[0])
    assert relay.flows[0].spent
    assert os.read(far[1], 100) == b"last words"
    assert list(relay.transcript.said) == [(b"<", b"last words")]


@given(
    st.lists(
        st.tuples(st.sampled_from([b"<", b">"]), st.binary(min_size=1, max_size=9)), max_size=30
    )
)
def test_the_transcript_keeps_the_end_and_forgets_the_rest(said):
    transcript = Transcript(limit=50)
    for mark, data in said:
        transcript.add(mark, data)
    kept = list(transcript.said)
    assert kept == said[len(said) - len(kept) :]
    size = sum(len(data) for _, data in kept)
    assert size <= 50
    if len(kept) < len(said):
        assert size + len(said[-len(kept) - 1][1]) > 50
    transcript.add(b"<", bytes(49) + b"abc")
    assert list(transcript.said) == [(b"<", bytes(47) + b"abc")]
