"""``veriloop serve model``: an engine behind an OpenAI-compatible server.

Chat and completions with n, seed, stop, logprobs, echo (prompt scoring) and continuation of a final assistant
turn. Requests that arrive together share the engine's batches. Binds to loopback unless told otherwise, and
then demands a key.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from veriloop.errors import EngineError, EngineRefused, EngineTimeout, InputError, MissingExtra
from veriloop.protocols import Completion, Engine, Reply, Request, ScoreRequest
from veriloop.records import Finish
from veriloop.serve import wire
from veriloop.serve.reach import demand_bearer, demand_key, listen, run_app

try:
    from fastapi import FastAPI
    from fastapi import Request as Call
    from fastapi.responses import JSONResponse, Response, StreamingResponse
except ImportError as error:
    raise MissingExtra("fastapi", "serve", "veriloop serve") from error


def create_app(engine: Engine, *, key: str | None = None) -> FastAPI:
    """The server as an ASGI application. With ``key``, every call but /health needs it as a bearer token."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.close()

    app = FastAPI(title="Veriloop", lifespan=lifespan)

    demand_bearer(app, key, _failure(401, "authentication_error", "a valid API key is needed"))
    _answer_errors(app)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        entry = {"id": engine.name, "object": "model", "created": 0, "owned_by": "veriloop"}
        return {"object": "list", "data": [entry]}

    @app.post("/v1/chat/completions")
    async def chat(call: Call) -> Response:
        body = await _body(call, engine)
        request = wire.chat_request(body)
        reply = await engine.generate(request)
        return _answer(body, wire.chat_response(engine.name, reply, logprobs=request.logprobs))

    @app.post("/v1/completions")
    async def completions(call: Call) -> Response:
        body = await _body(call, engine)
        requests = wire.text_requests(body)
        replies = [await _complete(engine, request) for request in requests]
        echoes = [
            (str(r.prompt), await engine.score(ScoreRequest("", str(r.prompt))))
            if body.get("echo")
            else None
            for r in requests
        ]
        shown = wire.text_response(engine.name, replies, echoes, logprobs=requests[0].logprobs)
        return _answer(body, shown)

    return app


def _answer_errors(app: FastAPI) -> None:
    """Errors in the OpenAI format, with the status that says whose fault it is."""

    @app.exception_handler(InputError)
    async def bad_input(_: Call, error: InputError) -> Response:
        return _failure(400, "invalid_request_error", error.message, error.field)

    @app.exception_handler(ValueError)
    async def bad_value(_: Call, error: ValueError) -> Response:
        return _failure(400, "invalid_request_error", str(error))

    @app.exception_handler(EngineError)
    async def failed(_: Call, error: EngineError) -> Response:
        refused = isinstance(error, EngineRefused)
        status = 400 if refused else 504 if isinstance(error, EngineTimeout) else 500
        return _failure(status, "invalid_request_error" if refused else "server_error", str(error))


async def _complete(engine: Engine, request: Request) -> Reply:
    """A reply of no tokens where none were asked for: that is how clients score a prompt."""
    if request.sampling.max_tokens > 0:
        return await engine.generate(request)
    empty = Completion("", Finish.LENGTH, tokens=0, logprobs=(), pieces=())
    return Reply((empty,) * request.n)


async def _body(call: Call, engine: Engine) -> dict[str, Any]:
    try:
        body = await call.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InputError("the body must be a JSON object")
    asked = body.get("model")
    if asked not in (None, "", engine.name):
        raise InputError(f"this server has the model {engine.name!r}, not {asked!r}", field="model")
    return body


def _answer(body: dict[str, Any], shown: dict[str, Any]) -> Response:
    if not body.get("stream"):
        return JSONResponse(shown)

    def events() -> Any:
        for chunk in wire.chunks(shown):
            yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
        if (body.get("stream_options") or {}).get("include_usage"):
            yield f"data: {json.dumps({**shown, 'choices': []})}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def _failure(status: int, kind: str, message: str, field: str | None = None) -> Response:
    detail = {"message": message, "type": kind, "param": field, "code": status}
    return JSONResponse({"error": detail}, status_code=status)


def serve(
    engine: Engine, *, host: str = "127.0.0.1", port: int = 8000, key: str | None = None
) -> None:
    """Run the server until it is interrupted. Raises InputError for an open address without a key."""
    demand_key(host, key)
    run_app(create_app(engine, key=key), listen(host, port))
