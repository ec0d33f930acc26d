"""A judge behind HTTP: three calls in JSON, all POST, retried and waited for; the server side is ``serve.judge``.

``/submit`` {"problem", "language", "code", "tag"} gives {"submission": ticket}; ``/status`` {"submission", "wait"}
gives {"verdict": name or null, "detail": {...}}, or {"unknown": true}; ``/problem`` {"problem"} describes one. A
refusal with status 404 says that there is no such problem, 422 that there is no such language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from veriloop.bench.codeelo.submitting import Handed, Judgement
from veriloop.bench.codeelo.verdict_names import verdict_named
from veriloop.codejudge.verdicts import Code
from veriloop.engines.http_link import Link, Manners
from veriloop.engines.openai_wire import Unusable
from veriloop.errors import EngineRefused, InputError
from veriloop.ids import Json

_REFUSED = {404: "problem", 422: "language"}
NOBODY = "anonymous"  # sent in place of a key, so that a key meant for another server never is


@final
@dataclass(frozen=True)
class Remote:
    """The judge at ``url``. ``key`` is its bearer token; ``timeout`` seconds are for one call beyond what it waits,
    ``retries`` come after the first attempt.
    """

    url: str
    key: str | None = field(default=None, repr=False, compare=False)
    timeout: float = 60.0
    retries: int = 5
    backoff: float = 0.5
    concurrency: int = 32
    link: Link = field(default_factory=Link, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The judge's address."""
        return self.url.rstrip("/")

    @property
    def judgeable(self) -> None:
        """Only the judge knows."""

    async def submit(self, handed: Handed) -> str:
        """The ticket that the judge gave. Raises InputError, EngineError."""
        body = {
            "problem": handed.problem,
            "language": handed.language,
            "code": handed.code,
            "tag": handed.tag,
        }
        return await self._call("submit", body, _ticket)

    async def status(self, ticket: str, *, wait_s: float = 0.0) -> Judgement | None:
        """The verdict by whatever name the judge gives it, None while there is none. Raises KeyError, EngineError."""
        answer = await self._call("status", {"submission": ticket, "wait": wait_s}, _object)
        if answer.get("unknown"):
            raise KeyError(ticket)
        given = answer.get("verdict")
        code = verdict_named(given)
        if code is None:
            return None
        told = answer.get("detail")
        detail: dict[str, Json] = dict(told) if isinstance(told, Mapping) else {}
        if code is Code.JE and given != "JE":
            detail.setdefault("message", f"the judge said {given!r}"[:200])
        return Judgement(code, detail)

    async def problem(self, problem: str) -> Mapping[str, Json]:
        """What the judge says of a problem. Raises InputError, EngineError."""
        return await self._call("problem", {"problem": problem}, _object)

    async def close(self) -> None:
        """Close this event loop's connections."""
        await self.link.close()

    def fingerprint(self) -> Json:
        """The address: what stands behind it is its owner's business."""
        return ["remote", self.name]

    async def _call(self, call: str, body: Mapping[str, Any], read: Any) -> Any:
        manners = Manners(
            self.name,
            self.key or NOBODY,
            concurrency=self.concurrency,
            timeout=self.timeout + float(body.get("wait") or 0.0),
            retries=self.retries,
            backoff=self.backoff,
        )
        try:
            return await self.link.call(manners, f"{self.name}/{call}", body, read=read)
        except EngineRefused as error:
            field = next(
                (f for status, f in _REFUSED.items() if f"status {status}" in str(error)), ""
            )
            if not field:
                raise
            raise InputError(str(error), field=field) from error


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Unusable(f"expected a JSON object, got {type(answer).__name__}")
    return answer


def _ticket(answer: Any) -> str:
    ticket = _object(answer).get("submission")
    if not isinstance(ticket, str | int) or isinstance(ticket, bool) or ticket == "":
        raise Unusable(f"expected a submission's number or name, got {ticket!r}")
    return str(ticket)
