"""The least that a client of a chat server can be: what is between it and a real one is what that one does besides.

    python benchmarks/bare_client.py sockets http://127.0.0.1:8001 1000 64

``aiohttp`` posts and reads with that library and keeps nothing. ``sockets`` is no HTTP client at all: it writes bytes
to open connections and looks for the end of an answer, so its rate is that of the server, the kernel and asyncio.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

PATH = "/v1/chat/completions"
Ask = Callable[[bytes], Awaitable[bytes]]


def body(i: int) -> bytes:
    """One chat."""
    text = f"Question {i}: Natalia sold clips to {i} friends, and then half as many. How many?"
    asked = {"model": "mock", "messages": [{"role": "user", "content": text}], "max_tokens": 64}
    return json.dumps({**asked, "temperature": 0, "seed": i}).encode()


async def by_turns(requests: int, asks: list[Ask]) -> None:
    """Every request once; whoever has an answer takes the next."""
    left = iter(range(requests))

    async def worker(ask: Ask) -> None:
        for i in left:
            assert json.loads(await ask(body(i)))["usage"]["completion_tokens"] == 6

    await asyncio.gather(*(worker(ask) for ask in asks))


async def aiohttp_client(url: str, requests: int, flight: int) -> None:
    import aiohttp

    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def ask(data: bytes) -> bytes:
            async with session.post(f"{url}{PATH}", data=data) as response:
                return await response.read()

        await by_turns(requests, [ask] * flight)


class Socket(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.gathered = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    async def ask(self, data: bytes) -> bytes:
        """The body of the answer."""
        self.answer = asyncio.get_running_loop().create_future()
        head = f"POST {PATH} HTTP/1.1\r\nHost: mock\r\nContent-Length: {len(data)}\r\n\r\n"
        self.transport.write(head.encode() + data)
        return await self.answer

    def data_received(self, data: bytes) -> None:
        """Gather bytes until the answer is whole."""
        self.gathered += data
        head, _, found = self.gathered.partition(b"\r\n\r\n")
        size = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if size and len(found) == int(size):
            self.gathered = b""
            self.answer.set_result(found)


async def sockets(url: str, requests: int, flight: int) -> None:
    loop, server = asyncio.get_running_loop(), urlsplit(url)
    assert server.hostname
    assert server.port
    opened = [
        await loop.create_connection(Socket, server.hostname, server.port) for _ in range(flight)
    ]
    await by_turns(requests, [connection.ask for _, connection in opened])
    for transport, _ in opened:
        transport.close()


CLIENTS = {"aiohttp": aiohttp_client, "sockets": sockets}

if __name__ == "__main__":
    name, address, count, at_once = sys.argv[1:]
    asyncio.run(CLIENTS[name](address, int(count), int(at_once)))
