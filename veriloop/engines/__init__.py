"""Who generates text. One file per engine; ``open_engine`` finds one by a short text such as ``MODEL@URL``.

Engines take single requests and batch on their own. ``Cached``, ``Budgeted`` and ``Batching`` wrap others and have
no short text. Other packages add kinds by the entry-point group ``veriloop.engines``: a name, and a callable that takes
what follows the colon, and options.
"""

from __future__ import annotations

import importlib
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from veriloop.errors import InputError
from veriloop.protocols import Engine

KINDS: dict[str, str] = {
    "http": "veriloop.engines.http:Http",
    "local": "veriloop.engines.local:Local",
    "pool": "veriloop.engines.pool:Pool",
    "scripted": "veriloop.engines.scripted:Scripted",
    "vllm": "veriloop.engines.vllm:VLLM",
}
GROUP = "veriloop.engines"
# What may follow a server's address, as ?concurrency=auto&timeout=60, and how each is read.
_IN_URL: dict[str, Any] = {
    "backoff": float,
    "concurrency": lambda text: text if text == "auto" else int(text),
    "connect_timeout": float,
    "continuation": str,
    "max_wait": float,
    "retries": int,
    "samples_per_call": lambda text: None if text == "all" else int(text),
    "timeout": float,
    "tokenizer": str,
    "usd_per_million": lambda text: tuple(float(price) for price in text.split(",", 1)),
}
_AT_URL = re.compile(r"(?P<model>.+?)@(?P<url>https?://.+)", re.DOTALL)
_SPELLINGS = (
    "MODEL@URL for a server (Qwen2.5-7B-Instruct@http://localhost:8000), local:FOLDER, pool:FOLDER or "
    "vllm:FOLDER for weights, scripted:FILE for scripted answers, or just the folder of a checkpoint"
)


def open_engine(spec: str, **options: Any) -> Engine:
    """The engine that ``spec`` names; ``options`` are the fields of its kind. Nothing heavy opens yet.

    ``MODEL@URL`` is a server, some of whose fields may follow its address (``?concurrency=auto&timeout=60``;
    ``samples_per_call=all`` asks for all samples in one call); ``local:``, ``pool:`` and ``vllm:`` are a folder of
    weights, ``scripted:`` a JSON or JSONL file, and a bare folder ``local`` where there is a GPU and ``pool``
    elsewhere. Raises InputError
    on anything else.
    """
    kind, colon, rest = spec.partition(":")
    outside = {entry.name: entry for entry in entry_points(group=GROUP)}
    at_url = _AT_URL.fullmatch(spec)
    if at_url and kind not in {*KINDS, *outside}:
        url, written = _in_url(at_url["url"], spec)
        try:
            return _kind("http")(at_url["model"], url, **{**written, **options})
        except ValueError as error:
            if not written:
                raise
            raise InputError(f"the engine {spec!r} cannot be opened: {error}") from error
    if not colon:
        return _open_folder(spec, options)
    if not rest:
        raise InputError(f"the engine {spec!r} names nothing after the colon: write {_SPELLINGS}")
    if kind == "scripted":
        return _kind(kind).load(rest, **options)
    if kind in ("local", "pool"):
        folder = _folder(rest, spec)
        return _kind(kind)(folder, **options)
    if kind == "vllm":
        return _kind(kind)(rest, **options)
    if kind in outside:
        return outside[kind].load()(rest, **options)
    if kind in ("http", "https"):
        raise InputError(f"the engine {spec!r} names no model: write MODEL@{spec}")
    known = ", ".join(sorted({*KINDS, *outside}))
    raise InputError(f"{kind!r} in {spec!r} is no kind of engine ({known}): write {_SPELLINGS}")


def _in_url(url: str, spec: str) -> tuple[str, dict[str, Any]]:
    """An address without what follows it, and that as fields."""
    address, _, query = url.partition("?")
    written: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _IN_URL:
            known = ", ".join(sorted(_IN_URL))
            raise InputError(f"{name!r} in {spec!r} is no option of a server; there are {known}")
        try:
            written[name] = _IN_URL[name](text)
        except ValueError as error:
            raise InputError(f"{name}={text!r} in {spec!r} cannot be read: {error}") from error
    return address, written


def _kind(name: str) -> Any:
    module, _, attribute = KINDS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def _folder(path: str, spec: str) -> str:
    if not (Path(path) / "config.json").is_file():
        raise InputError(
            f"the engine {spec!r} needs the folder of a checkpoint, and {path!r} holds no config.json: "
            f"write {_SPELLINGS}"
        )
    return path


def _open_folder(spec: str, options: dict[str, Any]) -> Engine:
    if not Path(spec).is_dir():
        raise InputError(f"{spec!r} is neither an engine nor a folder: write {_SPELLINGS}")
    path = _folder(spec, spec)
    torch = importlib.import_module("torch")
    return _kind("local" if torch.cuda.is_available() else "pool")(path, **options)
