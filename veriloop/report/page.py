"""What a report page is made of: a headline, sections in order, and what made it.

Plain frozen dataclasses: records and numbers in, nothing computed here. Sections are tables (``tables``), plots
(``plots``) and galleries of these, texts, browsers of solutions (``browser``) and lists of items (``items``);
``render`` turns a page into one HTML file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, final

from veriloop.ids import Json
from veriloop.report.browser import Browser
from veriloop.report.forest import ForestPlot
from veriloop.report.grid import Grid
from veriloop.report.items import Items
from veriloop.report.plots import Plot
from veriloop.report.tables import Table


@final
@dataclass(frozen=True)
class Link:
    """A link that the caller gives: the only way for an address to get into a page."""

    label: str
    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://", "#")):
            raise ValueError(
                f"the link {self.label!r} goes to {self.url!r}; give an address that starts with https://, "
                "http:// or #"
            )


@final
@dataclass(frozen=True)
class Text:
    """Short paragraphs, plain text; then terms with their explanations; then links."""

    title: str
    paragraphs: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()


@final
@dataclass(frozen=True)
class StageTime:
    """How long a stage took: seconds on the clock, and seconds of processor time where known."""

    name: str
    wall: float
    cpu: float | None = None
    note: str = ""


@final
@dataclass(frozen=True)
class MadeFile:
    """A file the run read or wrote."""

    name: str
    size: int
    digest: str = ""


@final
@dataclass(frozen=True)
class Provenance:
    """What made the page, enough to make it again. ``made`` is when, as text: a page has no clock of its own."""

    command: str
    made: str = ""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    seeds: Mapping[str, int] = field(default_factory=dict[str, int])
    config: Mapping[str, Json] = field(default_factory=dict[str, Json])
    times: tuple[StageTime, ...] = ()
    cpu: str = ""
    files: tuple[MadeFile, ...] = ()


@final
@dataclass(frozen=True)
class Gallery:
    """Many pictures of one kind, folded in groups, each with a name; the first group is open."""

    title: str
    groups: tuple[tuple[str, tuple[Plot, ...]], ...]
    caption: str = ""


Section: TypeAlias = "Table | Plot | ForestPlot | Grid | Gallery | Text | Browser | Items"


@final
@dataclass(frozen=True)
class Page:
    """A report. ``headline`` answers in one or two sentences whether it worked; the first table belongs first."""

    title: str
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
    provenance: Provenance | None = None
    headline: str = ""
