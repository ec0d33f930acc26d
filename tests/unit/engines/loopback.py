"""A real HTTP server on loopback whose behaviour each test scripts: what the wire looks like when it breaks."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager, contextmanager


class Reset(Exception):
    """Cut the connection without an answer."""


class Never(Exception):
    """Keep the connection and answer nothing."""


def http(status=200, body=b"", *, headers=(), length=None):
    """Bytes of an answer; ``length`` overrides Content-Length, to promise more than is sent."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {size}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chat(*texts, finish="stop", tokens=3, prompt_tokens=5, logprobs=None):
    """Body of a chat answer with one choice for each text."""
    choices = [
        {
            "index": i,
            "message": {"role": "assistant", "content": text},
            "finish_reason": finish,
            "logprobs": logprobs and {"content": [{"token": "x", "logprob": x} for x in logprobs]},
        }
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": tokens * len(texts)}
    return {"choices": choices, "usage": usage}


def text(*texts, finish="stop", tokens=3, logprobs=None):
    """Body of a text completion's answer."""
    body = chat(*texts, finish=finish, tokens=tokens)
    for choice in body["choices"]:
        choice["text"] = choice.pop("message")["content"]
        choice["logprobs"] = logprobs
    return body


class Loopback:
    """``seen`` holds (path, headers, body) of every request; ``most`` is how many were open at once."""

    def __init__(self, handler):
        self.handler, self.seen, self.open, self.most = handler, [], 0, 0
        self.connections = 0
        self.url = ""

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.seen.append((first.split()[1], headers, body))
                self.open += 1
                self.most = max(self.most, self.open)
                try:
                    answer = self.handler(body, len(self.seen))
                    if asyncio.iscoroutine(answer):
                        answer = await answer
                finally:
                    self.open -= 1
                sent = answer if isinstance(answer, bytes) else http(body=answer)
                writer.write(sent)
                await writer.drain()
                if b"Connection: close" in sent:
                    break
        except Reset:
            writer.transport.abort()
        except Never:
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def bodies(self):
        return [body for _, _, body in self.seen]


@asynccontextmanager
async def loopback(handler):
    """``handler(body, count)`` gives a body as JSON, the bytes of an answer, a coroutine of either, or raises
    Reset or Never; ``count`` is the number of the request, from 1."""
    served = Loopback(handler)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()


@contextmanager
def threaded(handler):
    """The loopback server in a thread of its own."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    held = []

    async def serve():
        async with loopback(handler) as served:
            held.append(served)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield held[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
