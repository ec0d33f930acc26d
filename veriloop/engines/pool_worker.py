"""The process behind ``pool``: one checkpoint, one thread, requests in and outcomes out as pickles over two pipes.

It ends when its parent does, however that ends: the pipe closes. Nothing it prints can get between the messages,
because standard output is kept for them and handed to nobody else.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch loads: contended threads run many times slower

import pickle
import select
import signal
import struct
from typing import IO, Any

from veriloop.errors import EngineError

HEADER = struct.Struct("<Q")


def write_message(pipe: IO[bytes], message: Any) -> None:
    """One pickled message with its length."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(HEADER.pack(len(data)) + data)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> Any:
    """The next message. Raises EOFError where the other side is gone."""
    return pickle.loads(_exactly(pipe, HEADER.unpack(_exactly(pipe, HEADER.size))[0]))


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:  # an unbuffered pipe gives what there is
        more = pipe.read(size - len(data))
        if not more:
            raise EOFError("the pipe was closed")
        data += more
    return data


def main() -> None:
    """Serve until the pipe closes. The first message names the weights; the first answer is what came of them."""
    inbox = os.fdopen(os.dup(0), "rb", buffering=0)
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        serve(inbox, outbox)
    except (EOFError, BrokenPipeError):
        return


def serve(inbox: Any, outbox: IO[bytes]) -> None:
    """Take requests while decoding; a failure of the decoder is told and ends the process."""
    from veriloop.engines.local_text import TextDecoder

    weights = read_message(inbox)
    try:
        decoder = TextDecoder(weights)
    except Exception as error:
        write_message(outbox, EngineError(f"{weights.path}: {type(error).__name__}: {error}"))
        return
    write_message(outbox, None)
    while True:
        while not decoder.busy or select.select([inbox], [], [], 0)[0]:
            key, request = read_message(inbox)
            refused = decoder.submit(key, request)
            if refused is not None:
                write_message(outbox, [(key, refused)])
        finished = decoder.step()
        if finished:
            write_message(outbox, finished)


if __name__ == "__main__":
    main()
