"""Pages and tables that show what a run found: numbers and records in, one self-contained HTML file out.

Nothing here computes a result. Build a ``Page`` of sections and give it to ``write_page``; give a ``Table`` to
``veriloop.report.terminal.terminal_table`` for the end of a run.
"""

from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.cells import Cell
from veriloop.report.forest import ForestPlot, ForestRow
from veriloop.report.items import Items, ItemVerdict, ShownItem
from veriloop.report.page import Link, MadeFile, Page, Provenance, Section, StageTime, Text
from veriloop.report.plots import (
    Bar,
    BarPlot,
    Dot,
    GroupedBarPlot,
    HeatMap,
    Line,
    LinePlot,
    Panel,
    Point,
    Reference,
    ScatterPlot,
    Series,
    Trace,
    TracePlot,
    Violin,
    ViolinPlot,
)
from veriloop.report.render import render, write_page
from veriloop.report.tables import Column, Row, Table
from veriloop.report.terminal import terminal_table

__all__ = [
    "Bar",
    "BarPlot",
    "BrowsedProblem",
    "BrowsedSolution",
    "BrowsedVerdict",
    "BrowsedVerifier",
    "Browser",
    "Cell",
    "Column",
    "Dot",
    "ForestPlot",
    "ForestRow",
    "GroupedBarPlot",
    "HeatMap",
    "ItemVerdict",
    "Items",
    "Line",
    "LinePlot",
    "Link",
    "MadeFile",
    "Page",
    "Panel",
    "Point",
    "Provenance",
    "Reference",
    "Row",
    "ScatterPlot",
    "Section",
    "Series",
    "ShownItem",
    "StageTime",
    "Table",
    "Text",
    "Trace",
    "TracePlot",
    "Violin",
    "ViolinPlot",
    "render",
    "terminal_table",
    "write_page",
]
