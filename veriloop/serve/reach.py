"""Who may reach a server: loopback alone unless told otherwise, and a key beyond it. The same for every server.

What is served is the servers' own business.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from typing import Any

from veriloop.errors import InputError, MissingExtra

try:
    from fastapi import FastAPI
    from fastapi import Request as Call
    from fastapi.responses import Response
except ImportError as error:
    raise MissingExtra("fastapi", "serve", "veriloop serve") from error


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine can reach."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def demand_key(host: str, key: str | None) -> None:
    """Raises InputError for an address that others can reach without a key, and for a key that is empty, such as a
    variable that was not set: anybody could send that.
    """
    if key is not None and not key.strip():
        raise InputError("the key is empty: give one (--key or VERILOOP_KEY), or leave it out")
    if key is None and not is_loopback(host):
        raise InputError(
            f"{host} can be reached by others: give a key (--key or VERILOOP_KEY), or keep to 127.0.0.1"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises InputError where it cannot be had, such as a port that is in use."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = str(error.strerror).split(" (while")[0]
        raise InputError(f"cannot listen on {host}:{port}: {why}") from error


def run_app(app: FastAPI, sock: socket.socket) -> None:
    """Serve the application on the socket until it is interrupted."""
    import uvicorn

    with sock:
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])


def demand_bearer(app: FastAPI, key: str | None, refusal: Response) -> None:
    """With ``key``, every call but /health must send it as a bearer token; ``refusal`` answers the others."""

    @app.middleware("http")
    async def check_key(call: Call, go_on: Any) -> Response:
        if key is not None and call.url.path != "/health":
            given = call.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), key.encode()):
                return refusal
        return await go_on(call)
