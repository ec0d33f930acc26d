"""``veriloop serve judge``: programs handed in over HTTP, judged here: the server side of ``bench.codeelo.remote``.

Three calls in JSON, all POST: /submit, /status (which may wait for a verdict), /problem; and /health. Binds to loopback
unless told otherwise, and then demands a key. Who may use it runs programs on this machine, inside the judge's boxes.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from veriloop.bench.codeelo.submitting import Handed, Submitter
from veriloop.codejudge.verdicts import Code
from veriloop.errors import EngineError, InputError, MissingExtra, SandboxError
from veriloop.serve.reach import demand_bearer, demand_key, listen, run_app

try:
    from fastapi import FastAPI
    from fastapi import Request as Call
    from fastapi.responses import JSONResponse, Response
except ImportError as error:
    raise MissingExtra("fastapi", "serve", "veriloop serve") from error

LONGEST_WAIT_S = 60.0
MOST_BYTES = 4 << 20  # of a body; a source of this size is no solution


def create_app(
    submitter: Submitter, *, key: str | None = None, verdicts_only: bool = False
) -> FastAPI:
    """The server as an ASGI application. With ``key``, every call but /health needs it as a bearer token. With
    ``verdicts_only`` nothing that a checker or comparison says is told: answers could be read out of it, test by test.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await submitter.close()

    app = FastAPI(title="Veriloop judge", lifespan=lifespan)

    demand_bearer(app, key, _failure(401, "a valid key is needed"))
    _answer_errors(app)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "judge": submitter.name}

    @app.post("/submit")
    async def submit(call: Call) -> Response:
        body = await _body(call)
        texts = [_text(body, name) for name in ("problem", "language", "code")]
        ticket = await submitter.submit(Handed(*texts, tag=str(body.get("tag") or "")[:200]))
        return JSONResponse({"submission": ticket})

    @app.post("/status")
    async def status(call: Call) -> Response:
        body = await _body(call)
        try:
            found = await submitter.status(_text(body, "submission"), wait_s=_wait(body))
        except KeyError:
            return JSONResponse({"verdict": None, "unknown": True})
        if found is None:
            return JSONResponse({"verdict": None})
        hidden = ("message",) if verdicts_only and found.code is not Code.CE else ()
        detail = {name: value for name, value in found.detail.items() if name not in hidden}
        return JSONResponse({"verdict": found.code.value, "detail": detail})

    @app.post("/problem")
    async def problem(call: Call) -> Response:
        return JSONResponse(dict(await submitter.problem(_text(await _body(call), "problem"))))

    return app


def _answer_errors(app: FastAPI) -> None:
    """404 for a problem that is not here, 422 for a language, 400 for a bad call, 500 for the judge's own fault."""

    @app.exception_handler(InputError)
    async def bad_input(_: Call, error: InputError) -> Response:
        return _failure({"language": 422, "call": 400}.get(error.field or "", 404), error.message)

    @app.exception_handler(SandboxError)
    async def broken(_: Call, error: SandboxError) -> Response:
        return _failure(500, str(error))

    @app.exception_handler(EngineError)
    async def unreachable(_: Call, error: EngineError) -> Response:
        return _failure(502, str(error))


async def _body(call: Call) -> dict[str, Any]:
    raw = bytearray()
    async for part in call.stream():
        raw += part
        if len(raw) > MOST_BYTES:
            raise InputError(f"a call has at most {MOST_BYTES >> 20} MiB", field="call")
    try:
        body = json.loads(bytes(raw))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the body is not JSON: {error}", field="call") from error
    if not isinstance(body, dict):
        raise InputError("the body must be a JSON object", field="call")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} is a text that is not empty, got {value!r}"[:200], field="call")
    return value


def _wait(body: dict[str, Any]) -> float:
    value = body.get("wait", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"wait is a number of seconds, got {value!r}"[:200], field="call")
    return min(max(float(value), 0.0), LONGEST_WAIT_S)


def _failure(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "code": status}}, status_code=status)


def serve(
    submitter: Submitter,
    *,
    host: str = "127.0.0.1",
    port: int = 8010,
    key: str | None = None,
    verdicts_only: bool = False,
) -> None:
    """Run the server until it is interrupted. Raises InputError for an open address without a key, and for one that
    cannot be had.
    """
    demand_key(host, key)
    run_app(create_app(submitter, key=key, verdicts_only=verdicts_only), listen(host, port))
