"""A server that answers every chat completion with the same text after a fixed time, and does nothing else.

    python benchmarks/mock_server.py --port 8001 --latency 0.05

It speaks just enough HTTP/1.1 (keep-alive, Content-Length) to be cheaper than any client measured against it.
"""

from __future__ import annotations

import argparse
import asyncio
import json

CHOICE = {
    "index": 0,
    "message": {"role": "assistant", "content": "The answer is 42."},
    "finish_reason": "stop",
}
USAGE = {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18}
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def answer() -> bytes:
    """The one answer, headers and all."""
    body = {
        "id": "mock",
        "object": "chat.completion",
        "created": 0,
        "model": "mock",
        "choices": [CHOICE],
        "usage": USAGE,
    }
    sent = json.dumps(body).encode()
    return HEAD.format(len(sent)).encode() + sent


class Mock(asyncio.Protocol):
    """One connection: for each whole request that came in, the answer goes out ``latency`` seconds later."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.buffer = b""
        self.answer = answer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Gather bytes until requests are whole; each is answered later."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            asyncio.get_running_loop().call_later(self.latency, self.reply)

    def reply(self) -> None:
        """Send the answer, where somebody still waits for it."""
        if not self.transport.is_closing():
            self.transport.write(self.answer)


async def serve(port: int, latency: float) -> None:
    """Serve on loopback until the process is ended; prints the port once it listens."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Mock(latency), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    chosen = parser.parse_args()
    asyncio.run(serve(chosen.port, chosen.latency))
