import os
import subprocess
import time
from multiprocessing import Pipe

from veriloop.abacus import checkpoint
from veriloop.engines.pool_worker import COMMAND, Opening, portable
from veriloop.errors import EngineError, InputError
from veriloop.protocols import Reply, Request, Sampling

FOLDER = str(checkpoint("policy"))


class Unportable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def start(opening):
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [*COMMAND, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),), env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    ours.send(opening)
    return process, ours


def ask(pipe, *messages):
    for message in messages:
        pipe.send(message)


def test_it_answers_until_the_pipe_closes_and_then_ends():
    process, pipe = start(Opening(FOLDER, slots=8, dtype="float32"))
    request = Request("Step 1:", Sampling(max_tokens=8))
    ask(pipe, (1, request), (2, Request("", Sampling(max_tokens=8))), (3, request), (3, None))
    found = {}
    while len(found) < 2:
        found.update(pipe.recv())
    assert isinstance(found[1], Reply)
    assert isinstance(found[2], EngineError)
    ask(pipe, (4, Request("Step 1:", Sampling(max_tokens=10_000), n=400)))
    time.sleep(0.2)
    pipe.close()  # in the middle of a step
    assert process.wait(20) == 0


def test_errors_cross_the_pipe_as_they_are_or_say_the_same():
    kept = portable(InputError("bad", file="f", row=3))
    assert isinstance(kept, InputError)
    told = portable(Unportable(1, 2))
    assert isinstance(told, EngineError)
    assert "Unportable: 1 2" in str(told)
    assert portable(Reply(())) == Reply(())
