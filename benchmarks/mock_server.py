"""A server that answers chat completions after a fixed time, each by what was asked, and counts what it saw.

    python benchmarks/mock_server.py --port 8001 --latency 0.05

It speaks just enough HTTP/1.1 (keep-alive, Content-Length) to be cheaper than any client measured against it.
``GET /seen`` tells when the first request came and the last answer went, how many came, and how many of them had
been answered before; ``POST /forget`` begins anew. With ``--capacity`` it serves so many at once and the others
queue; with ``--refuse`` as well, requests beyond so many are refused with status 429 and a Retry-After. A request
that holds the text ``--fail`` always gets the status ``--fail-status``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from zlib import crc32

HEAD = "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n"
ANSWER = (
    '{"id":"mock","object":"chat.completion","created":0,"model":"mock","choices":[{"index":0,"message":'
    '{"role":"assistant","content":"The answer is %010d."},"finish_reason":"stop"}],"usage":'
    '{"prompt_tokens":12,"completion_tokens":6,"total_tokens":18}}'
)


@dataclass(frozen=True)
class Habits:
    """How a server behaves. ``latency`` is seconds of service; ``capacity`` and ``refuse`` of 0 have no limit."""

    latency: float = 0.05
    capacity: int = 0
    refuse: int = 0
    retry_after: str = "1"
    fail: bytes = b""
    fail_status: int = 500


@dataclass
class Seen:
    """What a server saw since it began, or was told to forget. Times are seconds of its clock."""

    first: float = 0.0
    last: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter[int])
    arrivals: Counter[int] = field(default_factory=Counter[int])
    answered: set[int] = field(default_factory=set[int])
    again: int = 0
    open: int = 0
    most: int = 0

    def come(self, name: int) -> None:
        """A request came."""
        self.first = self.first or time.perf_counter()
        self.arrivals[name] += 1
        self.again += name in self.answered
        self.open += 1
        self.most = max(self.most, self.open)

    def go(self, name: int, status: int) -> None:
        """Its answer went."""
        self.last = time.perf_counter()
        self.statuses[status] += 1
        self.open -= 1
        if status == 200:
            self.answered.add(name)

    def told(self) -> bytes:
        """As JSON: ``again`` counts requests that had been answered with 200 before they came."""
        said = {
            "requests": self.arrivals.total(),
            "distinct": len(self.arrivals),
            "again": self.again,
            "answered": len(self.answered),
            "most": self.most,
            "seconds": self.last - self.first,
            "statuses": dict(self.statuses),
        }
        return json.dumps(said).encode()


@dataclass
class Server:
    """What all connections share."""

    habits: Habits
    seen: Seen = field(default_factory=Seen)
    serving: int = 0
    queue: deque[tuple[Mock, int]] = field(default_factory=lambda: deque[tuple[Mock, int]]())

    def take(self, connection: Mock, body: bytes) -> None:
        """A whole request: serve it, queue it, refuse it or fail it."""
        name, habits = crc32(body), self.habits
        self.seen.come(name)
        if habits.fail and habits.fail in body:
            self.send(connection, name, status=habits.fail_status)
        elif habits.refuse and self.seen.open > habits.refuse:
            self.send(connection, name, status=429)
        elif habits.capacity and self.serving >= habits.capacity:
            self.queue.append((connection, name))
        else:
            self.serve(connection, name)

    def serve(self, connection: Mock, name: int) -> None:
        """Work on a request."""
        self.serving += 1
        asyncio.get_running_loop().call_later(self.habits.latency, self.finish, connection, name)

    def finish(self, connection: Mock, name: int) -> None:
        """Answer it, and take the next one of the queue."""
        self.serving -= 1
        self.send(connection, name)
        while self.queue and self.serving < self.habits.capacity:
            self.serve(*self.queue.popleft())

    def send(self, connection: Mock, name: int, *, status: int = 200) -> None:
        """Send an answer, where somebody still waits for it."""
        if connection.transport.is_closing():
            self.seen.open -= 1
            return
        more = f"Retry-After: {self.habits.retry_after}\r\n" if status == 429 else ""
        body = ANSWER % name if status == 200 else '{"error": {"message": "as asked"}}'
        connection.transport.write(f"{HEAD.format(status, len(body), more)}{body}".encode())
        self.seen.go(name, status)

    def tell(self, connection: Mock, *, forget: bool) -> None:
        """What was seen, or a new beginning."""
        if forget:
            self.seen = Seen(open=self.serving + len(self.queue))
        said = self.seen.told()
        connection.transport.write(HEAD.format(200, len(said), "").encode() + said)


class Mock(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Gather bytes until requests are whole."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + size:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            if b"/chat/completions" in head[:200]:
                self.server.take(self, body)
            else:
                self.server.tell(self, forget=head.startswith(b"post /forget"))


async def serve(port: int, habits: Habits) -> None:
    """Serve on loopback until the process is ended; prints the port once it listens."""
    loop = asyncio.get_running_loop()
    shared = Server(habits)
    server = await loop.create_server(lambda: Mock(shared), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--capacity", type=int, default=0, help="served at once; 0 is any number")
    parser.add_argument("--refuse", type=int, default=0, help="429 beyond so many; 0 is never")
    parser.add_argument("--retry-after", default="1", help="seconds, or a date")
    parser.add_argument("--fail", default="", help="a request with this text always fails")
    parser.add_argument("--fail-status", type=int, default=500)
    given = parser.parse_args()
    asyncio.run(
        serve(
            given.port,
            Habits(
                given.latency,
                given.capacity,
                given.refuse,
                given.retry_after,
                given.fail.encode(),
                given.fail_status,
            ),
        )
    )
