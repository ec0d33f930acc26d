"""A page of 10,000 items in a browser: its size, and how long until a row, an answer, and what a filter finds are seen.

``python benchmarks/item_page.py [--items 10000] [--characters 1500]``. Items are made up: words of ten lengths of
alphabets drawn as people draw them (Zipf), which pack like prose does; three models answer each prompt. Chromium
opens the file from disk, without a cache, and is asked through its debugging port; times are of its own clock from the
start of the navigation (rows, answer) or of the choice (filters), each in a fresh browser, medians printed. A row
counts as seen when it is laid out in the document. Beside it: the same items as plain JSON in one script element that
is parsed at once, without a list, which is what a page does that does not pack.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from veriloop.report.items import Items, ItemVerdict, ShownItem
from veriloop.report.page import Page
from veriloop.report.render import write_page

TASKS = ("xnli", "mhellaswag", "mgsm", "mlogiqa", "mmmlu", "mifeval")
ALPHABETS = {
    "en": "etaoinshrdlu", "zh": "的一是不了人我在有他这为之大来以个中上们", "ar": "اليموننرتبةعد", "es": "eaosrnidlctu",
    "ja": "のにをはがでとしていたるあかなこ", "ko": "이다는에가을의하지고", "th": "านรกอเสงมยลวด", "fr": "esaitnrulodc",
    "pt": "aeosrindmutc", "vi": "nhticgaoăêuđ",
}  # fmt: skip
MODELS = ("large", "middle", "small")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --remote-debugging-port=0"
)
WAIT = """(async () => {
  const until = async (done) => { while (!done()) await new Promise((go) => setTimeout(go, 1)); };
  await until(() => window.firstAnswer && document.readyState === "complete");
  const loaded = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  return {loaded, rows: document.querySelectorAll(".packed .row").length, %s};
})()"""
WAIT_PLAIN = """(async () => {
  while (!window.rows) await new Promise((go) => setTimeout(go, 1));
  return {first: window.firstRow};
})()"""
FIRST = "first: window.firstRow, answer: window.firstAnswer"
WATCH = """
const watch = new MutationObserver(() => {
  const now = performance.now();
  const row = document.querySelector(".packed .row");
  if (row && row.offsetHeight && window.firstRow === undefined) window.firstRow = now;
  const answer = document.querySelector(".answer-text");
  if (answer && answer.offsetHeight && window.firstAnswer === undefined) window.firstAnswer = now;
});
watch.observe(document, {childList: true, subtree: true});
"""
FILTERS = """(async () => {
  const list = document.querySelector(".packed").list;
  const timed = async (work) => {
    const at = performance.now();
    await work();
    return performance.now() - at + 0 * list.rows.offsetHeight;
  };
  const out = {};
  const mgsm = (i) => list.name("task", i) === "mgsm";
  out.task = await timed(async () => { list.choice.Task = mgsm; await list.filter(); });
  out.found = list.found.length;
  out.changes = await timed(async () => { list.choice = {v: list.tests()[1][1]}; await list.filter(); });
  list.choice = {};
  out.text = await timed(async () => { list.wanted = "needle"; await list.filter(); });
  out.hits = list.found.length;
  out.again = await timed(async () => { list.wanted = "needl"; await list.filter(); });
  list.wanted = ""; await list.filter();
  out.jump = await timed(async () => { await list.go(list.found.length - 1); });
  out.rows = document.querySelectorAll(".packed .row").length;
  return out;
})()"""


def words(alphabet: str, generator: np.random.Generator, size: int) -> np.ndarray[Any, Any]:
    """A vocabulary in one alphabet."""
    letters = np.array(list(alphabet))
    lengths = generator.integers(2, 10, size)
    return np.array(["".join(generator.choice(letters, n)) for n in lengths], dtype=object)


def made_up(count: int, characters: int) -> Items:
    """Prompts of a third of the characters, answers of two thirds; every thousandth answer holds a needle."""
    generator = np.random.default_rng(5)
    vocabularies = {code: words(letters, generator, 8000) for code, letters in ALPHABETS.items()}
    weights = 1 / np.arange(1, 8001)
    weights /= weights.sum()

    def text(code: str, length: int) -> str:
        drawn = generator.choice(vocabularies[code], length // 5, p=weights)
        return " ".join(drawn)[:length]

    items: list[ShownItem] = []
    codes = list(ALPHABETS)
    while len(items) < count:
        number = len(items) // len(MODELS)
        task, code = TASKS[number // 100 % len(TASKS)], codes[number % len(codes)]
        prompt = text(code, characters // 3)
        for model in MODELS:
            answer = text(code, characters - characters // 3)
            if len(items) % 1000 == 7:
                answer += " needle"
            official, fixed = generator.random(2) < (0.5, 0.6)
            verdicts = (
                ItemVerdict(float(official), rule="fallback", extracted="A", span=(0, 1)),
                ItemVerdict(float(fixed), rule="lead-in", extracted="B", span=(20, 31))
                if generator.random() < 0.95
                else ItemVerdict(None, "no letter"),
            )
            uid = f"{task}-{number // len(codes):05}"
            items.append(
                ShownItem(task, code, number, prompt, answer, verdicts, uid, "", model, "en", "B")
            )
    return Items("Items", tuple(items[:count]), ("official", "fixed"))


def plain_page(items: Items, path: Path) -> None:
    """The rival: JSON as it is."""
    rows = [[i.task, i.language, i.uid, i.model, i.prompt, i.answer] for i in items.items]
    data = json.dumps(rows, ensure_ascii=False).replace("<", "\\u003c")
    script = "window.rows = JSON.parse(document.getElementById('d').textContent); window.firstRow = performance.now();"
    path.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><script type="application/json" id="d">{data}</script>'
        f"<script>{script}</script>",
        encoding="utf-8",
    )


async def asked(path: Path, scripts: list[str], watch: str = "") -> list[Any]:
    """Open the file in a fresh browser and give what the scripts come to, one after another."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("needs chromium or google-chrome")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS.split(), f"--user-data-dir={profile}", "about:blank"]
        silent = subprocess.DEVNULL
        browser = subprocess.Popen(command, stdout=silent, stderr=silent, start_new_session=True)
        try:
            port_file = Path(profile) / "DevToolsActivePort"
            while not port_file.exists() or not port_file.read_text():
                await asyncio.sleep(0.05)
            port = port_file.read_text().split()[0]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as reply:
                    target = next(t for t in await reply.json() if t["type"] == "page")
                address = target["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    return await _driven(socket, path, scripts, watch)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()


async def _driven(socket: Any, path: Path, scripts: list[str], watch: str) -> list[Any]:
    number = 0

    async def call(method: str, **parameters: Any) -> Any:
        nonlocal number
        number += 1
        await socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            said = await socket.receive_json()
            if said.get("id") == number:
                return said.get("result", said)

    await call("Page.enable")
    size = {"width": 1400, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    await call("Emulation.setDeviceMetricsOverride", **size)
    if watch:
        await call("Page.addScriptToEvaluateOnNewDocument", source=watch)
    await call("Page.navigate", url=path.as_uri())
    out: list[Any] = []
    for script in scripts:
        told = await call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)  # fmt: skip
        if "exceptionDetails" in told:
            raise SystemExit(f"the page failed: {told}")
        out.append(told["result"]["value"])
    return out


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    """The median of each number over the rounds."""
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--characters", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    section = made_up(options.items, options.characters)
    raw = sum(len((i.prompt + (i.answer or "")).encode()) for i in section.items)
    with tempfile.TemporaryDirectory() as folder:
        path, plain = Path(folder) / "page.html", Path(folder) / "plain.html"
        begun = time.process_time()
        write_page(Page("Items", sections=(section,)), path)
        took = time.process_time() - begun
        plain_page(section, plain)
        opened, filtered, rivals = [], [], []
        for _ in range(options.rounds):
            seen, found = asyncio.run(asked(path, [WAIT % FIRST, FILTERS], WATCH))
            opened.append(seen)
            filtered.append(found)
            rivals.append(asyncio.run(asked(plain, [WAIT_PLAIN]))[0])
        print(f"load {os.getloadavg()[0]:.1f}; {options.items:,} items, {raw / 1e6:.1f} MB of text")
        print(f"packed page {path.stat().st_size / 1e6:.1f} MB, written in {took:.2f} s of CPU")
        parsed = medians(rivals)["first"]
        print(f"plain JSON page {plain.stat().st_size / 1e6:.1f} MB: parsed at {parsed:.0f} ms")
        print({name: round(value, 1) for name, value in medians(opened).items()})
        print({name: round(value, 1) for name, value in medians(filtered).items()})


if __name__ == "__main__":
    main()
