"""A page as one HTML file that opens from disk: styles, pictures, data and script inside, nothing fetched.

The page carries a content security policy that allows its own script and styles by their hash and no address at
all, so that even a mistake in escaping could neither run nor call home. The same page gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import count, groupby
from pathlib import Path
from string import Template
from typing import TypeAlias

from veriloop.ids import Json
from veriloop.report.browser import Browser, browser_json
from veriloop.report.cells import describe_n
from veriloop.report.draw_bars import draw_bars, draw_grouped_bars
from veriloop.report.draw_forest import draw_forest
from veriloop.report.draw_grid import draw_grid
from veriloop.report.draw_heatmap import draw_heatmap
from veriloop.report.draw_lines import draw_lines, draw_traces
from veriloop.report.draw_scatter import draw_scatter
from veriloop.report.draw_violins import draw_violins
from veriloop.report.forest import ForestPlot
from veriloop.report.grid import Grid
from veriloop.report.items import Items, items_html
from veriloop.report.markup import Markup, element, escape, join, number, slug
from veriloop.report.page import Gallery, Page, Provenance, Section, Text
from veriloop.report.plots import (
    BarPlot,
    GroupedBarPlot,
    HeatMap,
    LinePlot,
    Plot,
    ScatterPlot,
    TracePlot,
    ViolinPlot,
)
from veriloop.report.tables import Table, table_html
from veriloop.store.atomic import write_whole

PLOTS = (
    BarPlot,
    ForestPlot,
    Grid,
    HeatMap,
    LinePlot,
    GroupedBarPlot,
    ScatterPlot,
    TracePlot,
    ViolinPlot,
)
Picture: TypeAlias = "Plot | ForestPlot | Grid"
SCRIPTS = ("browser.js", "copy.js")
_OPTION = re.compile(r"(--[a-z][a-z-]*)")
NO_DATA = "There is nothing to draw."


def render(page: Page) -> str:
    """The whole file as text."""
    packed = any(isinstance(section, Items) for section in page.sections)
    style = "".join(_template(name) for name in ("style.css", *["items.css"] * packed))
    script = "\n".join(_template(name) for name in (*SCRIPTS, *["items.js"] * packed))
    blocks = _blocks(page)
    links = [element("a", title, href=f"#{anchor}") for title, anchor, _ in blocks if title]
    return Template(_template("page.html")).substitute(
        title=escape(page.title),
        subtitle=element("p", page.subtitle, class_="subtitle") if page.subtitle else "",
        headline=element("p", _unbroken(page.headline), class_="headline") if page.headline else "",
        nav=element("nav", *links, aria_label="Sections") if len(links) > 1 else "",
        body=join((block for _, _, block in blocks), "\n"),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _unbroken(text: str) -> Markup:
    """The text with its command-line options kept on one line."""
    parts = _OPTION.split(text)
    return join(
        element("span", part, class_="option") if i % 2 else part for i, part in enumerate(parts)
    )


def write_page(page: Page, path: Path) -> None:
    """Write the page to ``path``: the whole file or none. Raises StoreError."""
    write_whole(path, render(page).encode("utf-8"))


@cache
def _template(name: str) -> str:
    return (files("veriloop.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _blocks(page: Page) -> list[tuple[str, str, Markup]]:
    """(title, anchor, HTML) of each part; neighbouring plots share one part."""
    out: list[tuple[str, str, Markup]] = []

    def add(title: str, content: Markup, class_: str) -> None:
        anchor = slug(title)
        if anchor in (used := {other for _, other, _ in out}):
            anchor = next(name for i in count(2) if (name := f"{anchor}-{i}") not in used)
        heading = [element("h2", title)] if title else []
        out.append((title, anchor, element("section", *heading, content, id=anchor, class_=class_)))

    for plots, run in groupby(page.sections, lambda section: isinstance(section, PLOTS)):
        if plots:
            figures = [_figure(section) for section in run if isinstance(section, PLOTS)]
            # Only the first run has a heading: later ones go on with the section above them.
            title = "" if any(name == "Plots" for name, _, _ in out) else "Plots"
            add(title, element("div", *figures, class_="figures"), "plots")
        else:
            for section in run:
                add(section.title, _section(section), type(section).__name__.lower())
    if page.provenance:
        add("What made this page", _provenance(page.provenance), "provenance")
    return out


def _section(section: Section) -> Markup:
    if isinstance(section, Table):
        shown = table_html(section)
        if section.folded:
            shown = element("details", element("summary", section.folded), shown)
        return join([_paragraph(section.caption), shown])
    if isinstance(section, Browser):
        return _browser(section)
    if isinstance(section, Items):
        return join([_paragraph(section.caption), items_html(section)])
    if isinstance(section, Text):
        return _text(section)
    return _gallery(section) if isinstance(section, Gallery) else _figure(section)


def _gallery(gallery: Gallery) -> Markup:
    """A fold for each group, the first one open."""
    folds = [
        element(
            "details",
            element("summary", name),
            element("div", *map(_figure, plots), class_="figures"),
            class_="fold",
            **({} if i else {"open": "open"}),
        )
        for i, (name, plots) in enumerate(gallery.groups)
    ]
    return join([_paragraph(gallery.caption), *folds])


def _paragraph(text: str, class_: str = "caption") -> Markup:
    return element("p", text, class_=class_) if text else Markup()


def _text(text: Text) -> Markup:
    paragraphs = [element("p", paragraph) for paragraph in text.paragraphs]
    terms = [join([element("dt", name), element("dd", says)]) for name, says in text.terms]
    links = [
        element("li", element("a", link.label, href=link.url, rel="noopener noreferrer"))
        for link in text.links
    ]
    return join(
        [
            *paragraphs,
            element("dl", *terms) if terms else Markup(),
            element("ul", *links, class_="links") if links else Markup(),
        ]
    )


def _figure(plot: Picture) -> Markup:
    """The picture under its title, what it shows, on how many items, and its numbers to unfold."""
    numbers = plot.numbers()
    parts = [element("figcaption", element("h3", plot.title), _paragraph(plot.caption))]
    if numbers.rows and numbers.columns:
        parts.append(_picture(plot))
        parts.append(_paragraph(_beneath(plot), "legend"))
        parts.append(
            element("details", element("summary", "Numbers"), table_html(numbers), class_="numbers")
        )
    else:
        parts.append(_paragraph(NO_DATA, "empty"))
    return element("figure", *parts)


def _picture(plot: Picture) -> Markup:
    if isinstance(plot, BarPlot):
        return draw_bars(plot)
    if isinstance(plot, LinePlot):
        return draw_lines(plot)
    if isinstance(plot, ScatterPlot):
        return draw_scatter(plot)
    if isinstance(plot, ViolinPlot):
        return draw_violins(plot)
    if isinstance(plot, HeatMap):
        return draw_heatmap(plot)
    if isinstance(plot, Grid):
        return draw_grid(plot)
    if isinstance(plot, ForestPlot):
        return draw_forest(plot)
    return draw_grouped_bars(plot) if isinstance(plot, GroupedBarPlot) else draw_traces(plot)


def _beneath(plot: Picture) -> str:
    """What stands under a picture: its n and losses, and what whiskers, bands and shades are."""
    if isinstance(plot, Grid):
        return ""
    if isinstance(plot, TracePlot):
        marked = any(p.first_error is not None and p.first_error >= 0 for p in plot.panels)
        return "Shaded: the first wrong step and all after it, by gold labels." if marked else ""
    says = [describe_n(plot.cells)]
    if isinstance(plot, HeatMap):
        says.append("intervals are in the numbers" if plot.interval else "")
    elif any(cell.interval for cell in plot.cells):
        mark = "bands" if isinstance(plot, LinePlot) else "whiskers"
        says.append(f"{mark}: {plot.interval or 'intervals'}")
    if isinstance(plot, ForestPlot):
        says.append(f"shaded: {plot.detectable}" if any(r.detectable for r in plot.rows) else "")
        hollow = any(row.cell.interval and not row.clear for row in plot.rows)
        says.append("hollow: the interval holds 0" if hollow else "")
    if isinstance(plot, ViolinPlot) and any(v.bounded for v in plot.violins):
        says.append(f"hollow: {plot.bounded}")
    said = "; ".join(part for part in says if part)
    return f"{said}." if said else ""


def _browser(browser: Browser) -> Markup:
    if not browser.problems:
        return join([_paragraph(browser.caption), _paragraph("No solutions to show.", "empty")])
    return join(
        [
            _paragraph(browser.caption),
            element("div", class_="browse"),
            element(
                "script", browser_json(browser), type="application/json", class_="browser-data"
            ),
            element("noscript", element("p", "Leafing through solutions needs JavaScript.")),
        ]
    )


def _provenance(made: Provenance) -> Markup:
    facts: list[tuple[str, str]] = [("Command", made.command)]
    if made.made:
        facts.append(("Made", made.made))
    if made.cpu:
        facts.append(("Processor", made.cpu))
    if made.times:
        facts.append(("Time", "\n".join(_stage_lines(made))))
    if made.seeds:
        facts.append(("Seeds", "\n".join(f"{name} = {seed}" for name, seed in made.seeds.items())))
    if made.versions:
        facts.append(("Versions", "\n".join(f"{k} {v}" for k, v in made.versions.items())))
    if made.config:
        facts.append(("Configuration", "\n".join(_flat(made.config))))
    if made.files:
        facts.append(("Files", "\n".join(_file_lines(made))))
    terms = [join([element("dt", name), element("dd", text)]) for name, text in facts]
    button = element("button", "Copy", type="button", class_="copy", data_copy="provenance-facts")
    return join([button, element("dl", *terms, id="provenance-facts")])


def _stage_lines(made: Provenance) -> list[str]:
    wide = max(len(stage.name) for stage in made.times)
    lines: list[str] = []
    for stage in made.times:
        cpu = f"  {number(stage.cpu):>9} s CPU" if stage.cpu is not None else ""
        note = f"  {stage.note}" if stage.note else ""
        lines.append(f"{stage.name:<{wide}}  {number(stage.wall):>9} s{cpu}{note}")
    known = [stage.cpu for stage in made.times if stage.cpu is not None]
    cpu = f"  {number(sum(known)):>9} s CPU" if len(known) == len(made.times) else ""
    total = number(sum(stage.wall for stage in made.times))
    return [*lines, f"{'total':<{wide}}  {total:>9} s{cpu}"] if len(lines) > 1 else lines


def _file_lines(made: Provenance) -> list[str]:
    wide = max(len(file.name) for file in made.files)
    return [
        f"{file.name:<{wide}}  {file.size:>13,} B  {file.digest}".rstrip() for file in made.files
    ]


def _flat(config: Json, prefix: str = "") -> Sequence[str]:
    """Nested settings as ``a.b = value`` lines, in their own order."""
    if isinstance(config, Mapping) and config:
        lines: list[str] = []
        for name, value in config.items():
            lines += _flat(value, f"{prefix}.{name}" if prefix else str(name))
        return lines
    shown = config if isinstance(config, str) else repr(config)
    return [f"{prefix} = {shown}"]
