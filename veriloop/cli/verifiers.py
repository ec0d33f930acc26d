"""Step verifiers by a short text: what ``--prm`` may name, opened with what it needs and closed at the end."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from veriloop.cli.opening import model_path, remembered, spelled
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.protocols import Verifier
    from veriloop.verify.pooling import Pooling

SPECS = (
    "PATH of a checkpoint (its kind is read off config.json), MODEL@URL for a server's pooling endpoint, "
    "orm:PATH for an outcome reward model on every prefix, plus-minus:ENGINE for a generative one, "
    "math-shepherd:PATH, skywork:PATH or token-classification:PATH; options follow as in "
    "PATH?aggregate=last&..."
)
_AT_URL = re.compile(r"(?P<model>.+?)@(?P<url>https?://.+)", re.DOTALL)
_LAYOUTS = ("math-shepherd", "skywork", "token-classification")
_FIXED = ("api_key", "model", "name", "url")  # given by the text itself, or not on a command line


@asynccontextmanager
async def step_verifier(spec: str, folder: Path, *, name: str = "prm") -> AsyncIterator[Verifier]:
    """The step verifier that ``spec`` names, filed under ``name``; what it remembers is kept in ``folder``.

    ``spec`` is one of ``SPECS``. What follows a question mark are fields of the verifier, ``key=value`` joined
    by ``&`` and percent-encoded. Raises InputError on anything else.
    """
    what, options = _split(spec)
    kind, colon, rest = what.partition(":")
    at_url = _AT_URL.fullmatch(what)
    if kind == "plus-minus" and colon:
        from veriloop.verify.plus_minus import PlusMinus

        async with remembered(_named(rest, spec), folder) as engine:
            with spelled(spec):
                made = PlusMinus(engine, name=name, **_fields(PlusMinus, options))
            yield made
    elif at_url:
        with spelled(spec):
            model = at_url["model"]
            if kind in (*_LAYOUTS, "orm"):
                model = model.removeprefix(f"{kind}:")
                options = {"layout": "outcome" if kind == "orm" else kind, **options}
            pooling = _pooling(model, at_url["url"], options, name)
        try:
            yield pooling
        finally:
            await pooling.server.close()
    else:
        with spelled(spec):
            made = _local(spec, what, options, name)
        yield made


def _local(spec: str, what: str, options: Mapping[str, str], name: str) -> Verifier:
    from veriloop.engines.layouts import layout_of
    from veriloop.verify.outcome import Outcome
    from veriloop.verify.process import Process

    kind, colon, rest = what.partition(":")
    named = colon and kind in (*_LAYOUTS, "orm")
    path = model_path(_named(rest, spec) if named else what)
    if not os.path.isfile(os.path.join(path, "config.json")):
        raise InputError(
            f"{spec!r} needs the folder of a checkpoint, and {path!r} holds no config.json: write {SPECS}"
        )
    others = dict(options)
    layout = others.pop("layout", kind if named else "auto")
    if layout in ("orm", "outcome") or (layout == "auto" and layout_of(path) == "outcome"):
        return Outcome(path, name=name, **_fields(Outcome, {"granularity": "step", **others}))
    return Process(path, name=name, **_fields(Process, {"layout": layout, **others}))


def whole_answers(spec: str) -> str:
    """The spec of an outcome model asked about whole answers. A server is asked about every prefix all the same: the
    value of a verdict is that of the last, the whole answer.
    """
    named = spec if spec.startswith("orm:") else f"orm:{spec}"
    if _AT_URL.match(named):
        return named
    return f"{named}{'&' if '?' in named else '?'}granularity=trajectory"


def _split(spec: str) -> tuple[str, dict[str, str]]:
    """What is named and its options; a path that stands there as it is has none."""
    if not spec:
        raise InputError(f"no verifier is named: write {SPECS}")
    if "?" not in spec or os.path.exists(spec):
        return spec, {}
    what, _, query = spec.partition("?")
    try:
        return what, dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise InputError(
            f"the options {query!r} of {spec!r} cannot be read ({error}): write {SPECS}"
        ) from error


def _named(rest: str, spec: str) -> str:
    if not rest:
        raise InputError(f"{spec!r} names nothing after the colon: write {SPECS}")
    return rest


def _pooling(model: str, url: str, options: Mapping[str, str], name: str) -> Pooling:
    from veriloop.engines.layouts import layout_of
    from veriloop.engines.pooling import PoolingServer
    from veriloop.verify.pooling import Pooling

    known = {field.name for field in fields(PoolingServer)}
    of_server = {key: value for key, value in options.items() if key in known}
    others = {key: value for key, value in options.items() if key not in known}
    tokenizer = others.pop("tokenizer", model)
    if not os.path.isdir(tokenizer):
        raise InputError(
            f"steps are tokenized here, and {tokenizer!r} is no folder: give the folder of the tokenizer of "
            f"the model that {url} runs, as in {model}@{url}?tokenizer=FOLDER"
        )
    if others.get("layout", "auto") == "auto" and (Path(tokenizer) / "config.json").is_file():
        others["layout"] = layout_of(tokenizer)
    if others.get("layout") == "outcome":
        of_server.setdefault("shape", "classify")  # the others score tokens
    server = PoolingServer(model, url, **_fields(PoolingServer, of_server))
    return Pooling(server, tokenizer, name=name, **_fields(Pooling, others))


def _fields(kind: Any, options: Mapping[str, str]) -> dict[str, Any]:
    """The options as fields of the dataclass ``kind``, in their types. Raises InputError."""
    plain = [f for f in fields(kind) if f.init and f.name not in _FIXED]
    taken = {f.name: f.default for f in plain if isinstance(f.default, str | int | float | None)}
    made: dict[str, Any] = {}
    for key, text in options.items():
        if key not in taken:
            raise InputError(
                f"{kind.__name__} has no option {key!r}: it has {', '.join(sorted(taken))}"
            )
        default = taken[key]
        try:
            made[key] = type(default)(text) if isinstance(default, int | float) else text
        except ValueError as error:
            raise InputError(f"{key} is a number, got {text!r}") from error
    return made
