"""Calls to an HTTP server that answers in JSON: one pooled aiohttp session for each event loop, bounded concurrency
(``pacing``), time-outs, and retries that wait as the server asks or else twice as long each time.

What is sent and what an answer means is the caller's; nothing here knows any wire format but how servers refuse.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, final

from veriloop.engines.openai_wire import Unusable, read_refusal, read_retry_after
from veriloop.engines.pacing import AUTO, Pace, pace
from veriloop.errors import EngineError, EngineRefused, EngineTimeout
from veriloop.ids import derive_seed

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
_BUSY = frozenset({429, 503, 529})
_RETRY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})


class _Failed(Exception):
    """One attempt failed in a way that another attempt may mend."""

    def __init__(
        self, why: str, *, wait: float | None = None, late: bool = False, busy: bool = False
    ) -> None:
        super().__init__(why)
        self.why, self.wait, self.late, self.busy = why, wait, late, busy


@final
@dataclass(frozen=True)
class Manners:
    """How ``server`` is asked. ``concurrency`` calls at once, or with ``auto`` as many as it serves best.
    ``timeout`` and ``connect_timeout`` are seconds for one attempt; ``retries`` come after the first attempt,
    ``backoff`` seconds apart and twice as long each time. Where a busy server says Retry-After, nothing at all is
    sent to it for so long, and the attempt does not count until the call has waited ``max_wait`` seconds; where it
    asks for more than that the call fails at once. The key is ``api_key`` or the environment's
    OPENAI_API_KEY, and is no part of the repr.
    """

    server: str
    api_key: str | None = field(default=None, repr=False, compare=False)
    concurrency: int | Literal["auto"] = 64
    timeout: float = 600.0
    connect_timeout: float = 10.0
    retries: int = 5
    backoff: float = 0.5
    max_wait: float = 120.0

    @property
    def key(self) -> str | None:
        """The key that is sent, where there is one."""
        return self.api_key or os.environ.get("OPENAI_API_KEY")

    def wait(self, failed: _Failed, attempt: int, body: Mapping[str, Any]) -> float:
        """Seconds until the next attempt: what the server asked for, or back-off with a seeded jitter."""
        seed = derive_seed(int(body.get("seed") or 0), "retry", attempt)
        jitter = 0.5 + (seed % 1024) / 2048
        if failed.wait is not None:
            return failed.wait + (jitter - 0.5) * min(self.backoff, failed.wait)
        return min(self.backoff * 2**attempt * jitter, self.max_wait)

    def given_up(self, failed: _Failed, attempts: int, wait: float) -> EngineError:
        """The error of a call that failed for the last time."""
        kind = EngineTimeout if failed.late else EngineError
        tries = "once" if attempts == 1 else f"{attempts} times"
        more = ""
        if wait > self.max_wait:
            more = f", and it asks to wait {wait:.0f} s, more than max_wait={self.max_wait:g}"
        return kind(f"{self.server} was asked {tries} and did not answer: {failed.why}{more}")


@final
@dataclass(frozen=True)
class _Open:
    """What is open on one event loop: the session, its slots, and the addresses that were called."""

    session: aiohttp.ClientSession
    pace: Pace
    urls: dict[str, Any] = field(default_factory=dict[str, Any])


@final
@dataclass
class Link:
    """The connections of one engine, on any event loop. ``counts`` says how many ``calls`` were made, how many
    attempts were lost to each cause, and with ``auto`` the present ``concurrency``.
    """

    open: dict[asyncio.AbstractEventLoop, _Open] = field(
        default_factory=dict[asyncio.AbstractEventLoop, "_Open"]
    )
    counts: Counter[str] = field(default_factory=Counter[str])

    def __reduce__(self) -> tuple[type[Link], tuple[()]]:
        return (Link, ())  # another process opens its own connections

    async def close(self) -> None:
        """Close this event loop's connections. A later call opens them again."""
        opened = self.open.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.session.close()

    async def call(
        self,
        manners: Manners,
        url: str,
        body: Mapping[str, Any],
        *,
        read: Callable[[Any], T],
        hint: str = "",
    ) -> T:
        """One call through the retries, and what ``read`` makes of the JSON that came back.

        ``read`` raises Unusable on an answer that is worth another try. Raises EngineError after the last one,
        and EngineRefused, with ``hint`` added, where the server said no for good.
        """
        sent = json.dumps(body).encode()
        self.counts["calls"] += 1
        tries, counted, waited = 0, 0, 0.0
        while True:
            here = self.open.get(asyncio.get_running_loop()) or await self._open(manners)
            try:
                return read(await self._paced(here, url, sent, manners=manners, hint=hint))
            except Unusable as error:
                failed = _Failed(str(error))
            except _Failed as error:
                failed = error
            self.counts[failed.why.split(":")[0]] += 1
            tries += 1
            wait = manners.wait(failed, counted, body)
            waited += wait
            counted += not (failed.busy and failed.wait and waited <= manners.max_wait)
            if counted > manners.retries or wait > manners.max_wait:
                raise manners.given_up(failed, tries, wait)
            await asyncio.sleep(wait)

    async def _paced(
        self, here: _Open, url: str, sent: bytes, *, manners: Manners, hint: str
    ) -> Any:
        """One attempt, when its turn has come. What it meets tells the pace of the next ones."""
        slot = await here.pace.enter()
        served = False
        try:
            payload = await _post(here, url, sent, manners=manners, hint=hint)
            served = True
            return payload
        except _Failed as failed:
            if failed.busy and failed.wait and failed.wait <= manners.max_wait:
                here.pace.hold(failed.wait)
            if failed.busy or failed.late:
                here.pace.too_many(slot, late=failed.late)
            raise
        finally:
            here.pace.leave(slot, served=served)
            if manners.concurrency == AUTO:
                self.counts["concurrency"] = here.pace.limit

    async def _open(self, manners: Manners) -> _Open:
        import aiohttp

        headers = {"Content-Type": "application/json"}
        if key := manners.key:
            headers["Authorization"] = f"Bearer {key}"
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=manners.timeout, sock_connect=manners.connect_timeout
            ),
            trust_env=any(name.lower().endswith("_proxy") for name in os.environ),
        )
        here = _Open(session, pace(manners.concurrency))
        gone = [loop for loop in self.open if loop.is_closed()]
        left = [self.open.pop(loop) for loop in gone]
        self.open[asyncio.get_running_loop()] = here  # before anything is awaited: only once
        for old in left:
            await old.session.close()
        return here


async def _post(here: _Open, url: str, sent: bytes, *, manners: Manners, hint: str) -> Any:
    """The parsed body of a 200. Raises EngineRefused for good, _Failed where another try may help."""
    import aiohttp
    from yarl import URL

    if url not in here.urls:
        here.urls[url] = URL(url)
    data: Any = sent if len(sent) < 1 << 20 else io.BytesIO(sent)
    try:
        async with here.session.post(here.urls[url], data=data) as response:
            raw = await response.read()
            status, header = response.status, response.headers.get("Retry-After")
    except aiohttp.ConnectionTimeoutError as error:
        why = f"no connection in time: {manners.connect_timeout:g} s"
        raise _Failed(why, late=True) from error
    except TimeoutError as error:
        raise _Failed(f"no answer in time: {manners.timeout:g} s", late=True) from error
    except aiohttp.InvalidURL as error:
        raise EngineRefused(f"{url} is no address: {error}") from error
    except aiohttp.ClientPayloadError as error:
        raise _Failed(f"truncated answer: {error}") from error
    except aiohttp.ClientError as error:
        raise _Failed(f"connection lost: {error or type(error).__name__}") from error
    try:
        payload = json.loads(raw)
    except ValueError as error:
        if status == 200:
            raise _Failed(f"truncated answer: {error}") from error
        payload = None
    if status == 200:
        return payload
    said = _censored(read_refusal(payload, raw.decode(errors="replace")), manners.key)
    if status in _RETRY or status >= 500:
        raise _Failed(
            f"status {status}: {said}", wait=read_retry_after(header), busy=status in _BUSY
        )
    raise EngineRefused(f"{url} refused with status {status}: {said}{hint}")


def _censored(said: str, key: str | None) -> str:
    return said.replace(key, "***") if key else said
