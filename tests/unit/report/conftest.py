"""Looking at pages: a strict HTML reader, a check that pictures stay in their frame, and a real browser."""

import importlib.util
import math
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from veriloop.bench.pmmeval.summary import summarise
from veriloop.report.markup import VOID
from veriloop.report.svg import text_width


def beside(name: str) -> ModuleType:
    """A module that lies beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fake_page, fake_answers = beside("fake_page"), beside("fake_answers")


@dataclass(eq=False)
class Node:
    """An element as it was read."""

    tag: str
    attributes: dict[str, str]
    parts: list = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(p if isinstance(p, str) else p.text for p in self.parts)

    def all(self, *tags: str) -> list["Node"]:
        found = []
        for part in self.parts:
            if isinstance(part, Node):
                if not tags or part.tag in tags:
                    found.append(part)
                found += part.all(*tags)
        return found

    def by_class(self, name: str) -> list["Node"]:
        return [n for n in self.all() if name in n.attributes.get("class", "").split()]


class Reader(HTMLParser):
    """Reads HTML into nodes; an end tag that does not close the innermost element is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].parts.append(data)


def read(html: str) -> Node:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"never closed: {[n.tag for n in reader.open[1:]]}"
    return reader.root


def extent(node: Node) -> tuple[list[float], list[float]]:
    """The x and y that a shape reaches; texts by their estimated width."""
    at = {k: float(v) for k, v in node.attributes.items() if re.fullmatch(r"-?[\d.]+", v)}
    if node.tag == "line":
        return [at["x1"], at["x2"]], [at["y1"], at["y2"]]
    if node.tag == "rect":
        return [at["x"], at["x"] + at["width"]], [at["y"], at["y"] + at["height"]]
    if node.tag == "circle":
        return [at["cx"] - at["r"], at["cx"] + at["r"]], [at["cy"] - at["r"], at["cy"] + at["r"]]
    if node.tag == "path":
        numbers = [float(n) for n in re.findall(r"-?\d[\d.]*", node.attributes["d"])]
        return numbers[0::2], numbers[1::2]
    wide = text_width(node.text)
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[node.attributes["text-anchor"]]
    left = at["x"] - share * wide
    return [left, left + wide], [at["y"] - 11, at["y"] + 3]


def in_frame(markup: str) -> Node:
    """Check that every shape of a picture is finite and inside its view box; give the picture."""
    svg = read(markup).all("svg")[0]
    left, top, wide, tall = map(float, svg.attributes["viewbox"].split())
    for node in svg.all("line", "rect", "circle", "path", "text"):
        xs, ys = extent(node)
        assert all(map(math.isfinite, [*xs, *ys])), node
        assert min(xs) >= left - 0.5, (node, xs)
        assert max(xs) <= left + wide + 0.5, (node, xs)
        assert min(ys) >= top - 0.5, (node, ys)
        assert max(ys) <= top + tall + 0.5, (node, ys)
    for node in svg.all("rect"):
        assert float(node.attributes["width"]) >= 0
        assert float(node.attributes["height"]) >= 0
    return svg


@pytest.fixture(scope="session")
def fake():
    """The realistic page and its parts."""
    return fake_page


@pytest.fixture(scope="session")
def made_up():
    """``fake_answers``: answers to P-MMEval of made-up models."""
    return fake_answers


@pytest.fixture(scope="session")
def several():
    """(measured, summary) of two models in two settings, three tasks, three languages."""
    measured = fake_answers.measured(
        24,
        models=("Qwen2.5-0.5B-Instruct", "Qwen2.5-7B-Instruct"),
        tasks=("flores", "mlogiqa", "mmmlu", "mifeval"),
        languages=("en", "zh", "th"),
    )
    return measured, summarise([one for m in measured for one in m.answered])


@pytest.fixture(scope="session")
def alone():
    """The same of one model in one setting, one task, one language."""
    measured = fake_answers.measured(
        80,
        models=("mine",),
        settings=("en",),
        tasks=("mlogiqa",),
        languages=("en",),
    )
    return measured, summarise([one for m in measured for one in m.answered])


@pytest.fixture(scope="session")
def html():
    """``html(text)`` reads HTML strictly."""
    return read


@pytest.fixture(scope="session")
def framed():
    """``framed(svg)`` checks that nothing leaves the picture."""
    return in_frame


@pytest.fixture
def browse(tmp_path):
    """``browse(page_text, script, size)`` opens the page in a real browser, runs the script, gives the DOM."""
    program = next((p for name in ("chromium", "google-chrome") if (p := shutil.which(name))), None)
    if program is None:
        pytest.skip("needs chromium to run the page's own script")

    def run(text: str, script: str = "", size: str = "1400,2000") -> Node:
        path = tmp_path / "page.html"
        if script:  # the page's policy refuses scripts that are not its own
            text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
            text = text.replace("</body>", f"<script>{script}</script></body>")
        path.write_text(text, encoding="utf-8")
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
        flags += "--disable-background-networking --disable-component-update --disable-sync"
        command = [program, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}"]
        command += [f"--window-size={size}", "--dump-dom", path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return read(done.stdout)

    return run
