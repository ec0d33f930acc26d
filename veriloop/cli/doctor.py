"""``veriloop doctor``: what is installed, what works on this machine, and which extra to add for the rest.

Each probe does the thing it speaks of on a small scale; none needs a network. Probes never raise: a failed one
is a row that says what to do.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

State = Literal["ok", "absent", "broken"]

EXTRAS: dict[str, tuple[tuple[str, ...], str]] = {
    "serve": (("fastapi", "uvicorn"), "veriloop serve: an OpenAI-compatible server"),
    "hub": (("datasets",), "problems by hub name"),
    "train": (("accelerate",), "veriloop train in several processes"),
    "vllm": (("vllm",), "vLLM in this process"),
}
CORE = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "aiohttp", "pyarrow")


@final
@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, how it stands, and what was seen or what to do."""

    what: str
    state: State
    note: str


def findings() -> Iterator[Finding]:
    """All probes, in order, as they finish."""
    cores = os.cpu_count() or 1
    yield Finding(
        "python", "ok", f"{platform.python_version()} on {platform.system()}, {cores} cores"
    )
    for module in CORE:
        yield _version(module)
    for what, probe in _PROBES.items():
        try:
            yield Finding(what, "ok", probe())
        except Exception as error:
            yield Finding(what, "broken", f"{type(error).__name__}: {error}")
    yield from _judge()
    for extra, (modules, purpose) in EXTRAS.items():
        missing = [m for m in modules if importlib.util.find_spec(m) is None]
        if missing:
            yield Finding(
                f"extra {extra}", "absent", f"{purpose}; to add: pip install 'veriloop[{extra}]'"
            )
        else:
            yield Finding(f"extra {extra}", "ok", purpose)


def _judge() -> Iterator[Finding]:
    """What holds judged programs here, how to get more, and which languages can be judged."""
    from veriloop.codejudge import languages
    from veriloop.sandbox import probes
    from veriloop.sandbox.outcomes import Mode

    rows, mode = probes.probes(), probes.strongest()
    held = f"mode {mode.value}: {probes.held(mode)}"
    if mode is Mode.NONE:
        held += "; untrusted programs are refused"
    yield Finding("judge", "absent" if mode is Mode.NONE else "ok", held)
    for line in probes.advice(rows):
        yield Finding("  advice", "absent", line)
    try:
        yield Finding("  tried", "ok", _one_run())
    except Exception as error:
        yield Finding("  tried", "broken", f"{type(error).__name__}: {error}")
    compiler = probes.compiler()
    yield Finding("  launcher", compiler.state, compiler.note)
    lacking = [f"{p.what} ({p.note})" for p in rows if p.state == "absent" and p.note != "not root"]
    if lacking:
        yield Finding("  lacking", "absent", "; ".join(lacking))
    found = languages.installed()
    titles = {key: row.title for key, row in languages.LANGUAGES.items()}
    shown = ", ".join(titles[key] for key in found)
    yield Finding("  languages", "ok" if found else "absent", shown or "no toolchain is installed")
    if missing := [title for key, title in titles.items() if key not in found]:
        yield Finding("  without", "absent", ", ".join(missing) + ": no toolchain")


def _one_run() -> str:
    from veriloop.sandbox.limits import Limits
    from veriloop.sandbox.pool import Sandbox

    with Sandbox.open(slots=1, untrusted=False) as sandbox, sandbox.lease() as box:
        start = time.perf_counter()
        outcome = box.run(["/bin/sh", "-c", "exit 7"], limits=Limits())
        took = time.perf_counter() - start
    if outcome.exit != 7:
        raise ValueError(f"a program that exits with 7 came back as {outcome}")
    return f"a program ran under {outcome.isolation} in {1000 * took:.0f} ms"


def _version(module: str) -> Finding:
    try:
        return Finding(module, "ok", importlib.metadata.version(module))
    except importlib.metadata.PackageNotFoundError:
        return Finding(module, "broken", "not installed: pip install veriloop")


def _accelerator() -> str:
    import torch

    if torch.cuda.is_available():
        return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    return f"none: models run on the CPU, {torch.get_num_threads()} thread(s) for each process"


def _threads() -> str:
    value = os.environ.get("OMP_NUM_THREADS")
    if value == "1":
        return "OMP_NUM_THREADS=1"
    return "set to 1 in worker processes; contended OpenMP threads run 9 to 30 times slower"


def _models() -> str:
    from veriloop.abacus import checkpoint

    sizes = [
        f"{name} {sum(f.stat().st_size for f in checkpoint(name).iterdir()) / 1e6:.1f} MB"
        for name in ("policy", "judge")
    ]
    return "embedded models: " + ", ".join(sizes)


def _decode() -> str:
    import asyncio

    from veriloop.abacus import checkpoint
    from veriloop.engines.local import Local
    from veriloop.protocols import Request, Sampling
    from veriloop.records import Message

    async def sample() -> int:
        engine = Local(str(checkpoint("policy")))
        try:
            reply = await engine.generate(
                Request((Message("user", "Ann has 3 apples."),), Sampling(max_tokens=32), n=64)
            )
        finally:
            await engine.close()
        return sum(c.tokens or 0 for c in reply.completions)

    start = time.process_time()
    tokens = asyncio.run(sample())
    return (
        f"{tokens} tokens sampled in {time.process_time() - start:.1f} CPU seconds, start included"
    )


def _answers() -> str:
    import asyncio

    from veriloop.verify.equality import MathEquality

    async def check() -> tuple[bool, bool]:
        equality = MathEquality()
        try:
            return await equality.equal("1/2", r"\frac{2}{4}"), await equality.equal("1/2", "2")
        finally:
            await equality.close()

    if asyncio.run(check()) != (True, False):
        raise ValueError("1/2 = 2/4 was not judged right")
    return "math-verify runs in a worker that can be killed"


def _storage() -> str:
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "probe.sqlite")
        mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        db.close()
    return f"SQLite {sqlite3.sqlite_version}, journal {mode}"


_PROBES: dict[str, Callable[[], str]] = {
    "accelerator": _accelerator,
    "threads": _threads,
    "models": _models,
    "decoding": _decode,
    "answers": _answers,
    "storage": _storage,
}
