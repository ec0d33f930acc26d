import base64
import hashlib
import re
from dataclasses import replace

import pytest

from veriloop.errors import StoreError
from veriloop.report.browser import Browser
from veriloop.report.cells import Cell
from veriloop.report.page import Gallery, Link, MadeFile, Page, Provenance, StageTime, Text
from veriloop.report.plots import (
    Bar,
    BarPlot,
    GroupedBarPlot,
    Line,
    LinePlot,
    Panel,
    Point,
    Reference,
    Series,
    Trace,
    TracePlot,
)
from veriloop.report.render import NO_DATA, render, write_page
from veriloop.report.tables import EMPTY, Column, Row, Table

BAD = "</title></style></script></td><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'"


@pytest.fixture(scope="module")
def text(fake):
    return render(fake.fake_page())


def test_the_page_is_well_formed_and_in_order(text, html):
    root = html(text)
    assert [h.text for h in root.all("h2")] == [
        "Verifiers on held-out problems",
        "Plots",
        "How to read this",
        "Held-out solutions",
        "What made this page",
    ]
    assert root.all("p")[1].attributes["class"] == "headline"
    assert len(root.all("svg")) == len(root.all("figure")) == 6
    ids = [n.attributes["id"] for n in root.all() if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    links = [a.attributes["href"] for a in root.all("nav")[0].all("a")]
    assert [link.lstrip("#") for link in links] == [s.attributes["id"] for s in root.all("section")]


def test_the_page_fetches_nothing(text, html):
    assert set(re.findall(r"https?://[^\"'<\s]+", text)) == {"https://arxiv.org/abs/2412.06559"}
    root = html(text)
    assert not root.all(
        "link", "img", "iframe", "object", "embed", "video", "audio", "base", "form"
    )
    assert not [n for n in root.all() if {"src", "srcset", "action", "style"} & set(n.attributes)]
    assert not [a for n in root.all() for a in n.attributes if a.startswith("on")]
    style = root.all("style")[0].text
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_the_page_its_own_script_and_style_only(text, html):
    root = html(text)
    policy = next(m for m in root.all("meta") if "http-equiv" in m.attributes).attributes["content"]

    def allowed(node):
        digest = hashlib.sha256(node.text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    script = next(s for s in root.all("script") if "type" not in s.attributes)
    assert policy.startswith("default-src 'none';")
    assert f"script-src {allowed(script)}" in policy
    assert f"style-src {allowed(root.all('style')[0])}" in policy
    assert "unsafe" not in policy


def test_the_same_page_gives_the_same_bytes(fake, text):
    assert render(fake.fake_page()) == text


def test_400_browsed_solutions_stay_well_under_5_megabytes(fake):
    page = replace(fake.fake_page(), sections=(fake.browser(50, 8),))
    assert len(render(page).encode()) < 1_000_000


def bad_page():
    cell = Cell(1.0, 0.5, 1.5, 3, 1, BAD)
    table = Table(BAD, (Column(BAD, BAD, BAD),), (Row(BAD, (cell,), BAD, BAD),), BAD, BAD, BAD)
    plots = (
        BarPlot(BAD, (Bar(BAD, cell, BAD),), BAD, references=(Reference(BAD, 1.0),), caption=BAD),
        LinePlot(BAD, (Line(BAD, (Point(1, cell), Point(2, cell))),), BAD, BAD, caption=BAD),
        GroupedBarPlot(BAD, (BAD,), (Series(BAD, (cell,)),), BAD, caption=BAD),
        TracePlot(BAD, (Panel(BAD, 2, (Trace(BAD, (0.1, 0.9)),), 1),), BAD),
    )
    words = Text(BAD, (BAD,), ((BAD, BAD),), (Link(BAD, "https://x.org/" + BAD),))
    made = Provenance(
        BAD,
        BAD,
        {BAD: BAD},
        {BAD: 1},
        {BAD: {BAD: [BAD]}},
        (StageTime(BAD, 1.0, 1.0, BAD),),
        BAD,
        (MadeFile(BAD, 1, BAD),),
    )
    return Page(BAD, BAD, (table, *plots, words, Browser(BAD, (), (), BAD)), made, BAD)


def test_text_from_outside_is_escaped_everywhere(html):
    root = html(render(bad_page()))
    assert len(root.all("script")) == 1
    assert len(root.all("style")) == 1
    assert not root.all("img")
    assert not [n for n in root.all() if "onerror" in n.attributes]
    assert root.all("title")[0].text == BAD
    assert root.text.count("document.title='owned'") > 30


def test_a_browser_runs_none_of_it(browse):
    assert browse(render(bad_page())).all("title")[0].text == BAD


def test_everything_made_is_told(fake, html):
    made = fake.provenance()
    facts = html(render(Page("T", provenance=made))).by_class("provenance")[0].text
    for part in (
        made.command,
        made.made,
        made.cpu,
        "torch 2.13.0",
        "prm = 1",
        "search.temperature = 1.0",
    ):
        assert part in facts
    assert re.search(r"montecarlo +85\.1 s +84\.0 s CPU", facts)
    assert re.search(r"total +134\.0 s +132\.1 s CPU", facts)
    assert re.search(r"solutions\.parquet +1,482,113 B +a3f1c09b77d2e145", facts)


def test_a_gallery_folds_its_groups_and_opens_the_first(html):
    plot = BarPlot("Fruit", (Bar("a", Cell(1.0)),), axis="points")
    groups = (("one", (plot,)), ("other", (plot, plot)))
    root = html(render(Page("P", sections=(Gallery("All", groups, caption="Of two kinds."), plot))))
    folds = root.by_class("fold")
    assert [fold.all("summary")[0].text for fold in folds] == ["one", "other"]
    assert ["open" in fold.attributes for fold in folds] == [True, False]
    assert [len(fold.all("svg")) for fold in folds] == [1, 2]
    assert [h.text for h in root.all("h2")] == ["All", "Plots"]
    assert "Of two kinds." in root.text


def test_empty_parts_say_that_they_are_empty(html):
    sections = (
        Table("T", (Column("x"),), ()),
        BarPlot("a", ()),
        LinePlot("b", ()),
        GroupedBarPlot("c", (), ()),
        TracePlot("d", ()),
        Text("nothing"),
    )
    root = html(render(Page("T", sections=sections)))
    assert root.text.count(NO_DATA) == 4
    assert EMPTY in root.text
    assert not root.all("svg")
    html(render(Page("")))


def test_parts_of_one_name_have_anchors_of_their_own(html):
    root = html(render(Page("T", sections=(Text("a"), Text("a"), Text("a")))))
    assert [s.attributes["id"] for s in root.all("section")] == ["a", "a-2", "a-3"]


def test_every_number_of_a_plot_stands_under_it(fake, html):
    root = html(render(Page("T", sections=fake.plots())))
    for plot, figure in zip(fake.plots(), root.all("figure"), strict=True):
        numbers = figure.all("details")[0].text
        for cell in plot.cells:
            assert cell.shown() in numbers
            assert cell.shown_interval() in numbers
            assert f"n = {cell.n:,}" in numbers


def test_pictures_stay_in_their_frame(fake, framed):
    for svg in re.findall(r"<svg.*?</svg>", render(fake.fake_page()), re.DOTALL):
        framed(svg)


def test_no_text_of_a_picture_is_clipped_in_a_real_browser(browse, text):
    script = """
    const cut = [];
    for (const svg of document.querySelectorAll("svg")) {
      const frame = svg.viewBox.baseVal;
      for (const words of svg.querySelectorAll("text")) {
        const { x, y, width, height } = words.getBBox();
        const beyond = Math.max(-x, -y, x + width - frame.width, y + height - frame.height);
        if (beyond > 0.5) cut.push(words.textContent);
      }
    }
    document.title = document.querySelectorAll("svg text").length + " texts, cut: " + cut.join("|");
    """
    assert re.fullmatch(r"\d\d+ texts, cut: ", browse(text, script).all("title")[0].text)


@pytest.mark.parametrize("size", ["1400,1000", "500,1000"])
def test_the_page_never_scrolls_sideways(browse, text, size):
    script = (
        "const d = document.documentElement; document.title = d.clientWidth + ' ' + d.scrollWidth;"
    )
    room, taken = map(int, browse(text, script, size).all("title")[0].text.split())
    assert taken <= room


def test_writing_replaces_the_whole_file_or_says_why_not(tmp_path):
    path = tmp_path / "deep" / "report.html"
    write_page(Page("one"), path)
    write_page(Page("two"), path)
    assert path.read_text(encoding="utf-8") == render(Page("two"))
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    with pytest.raises(StoreError, match=re.escape(str(path / "x.html"))):
        write_page(Page("three"), path / "x.html")


def test_whiskers_bands_and_shades_are_explained(text, html):
    said = " ".join(p.text for p in html(text).by_class("legend"))
    assert "n = 960; whiskers: 95 % bootstrap intervals." in said
    assert "n = 1,000; bands: 95 % bootstrap intervals over problems." in said
    assert "n = 240; whiskers: intervals." in said
    assert "Shaded: the first wrong step" in said


def test_an_option_in_the_headline_is_not_broken(html, browse):
    """A browser breaks lines at hyphens: "-" at the end of one and "-max-tokens" on the next."""
    page = render(Page("one", headline=f"{'9 ' * 70}of 9 <b> were cut by --max-tokens."))
    (told,) = html(page).by_class("headline")
    assert told.text.endswith("of 9 <b> were cut by --max-tokens.")
    assert [n.text for n in told.by_class("option")] == ["--max-tokens"]
    script = (
        "document.title = [300, 340, 380, 420, 460, 500].map(w => { const p = "
        "document.querySelector('.headline'); p.style.width = w + 'px'; return "
        "p.querySelector('.option').getClientRects().length; }).join(' ');"
    )
    assert browse(page, script).all("title")[0].text == "1 1 1 1 1 1"


def test_a_note_in_the_last_column_gives_no_scrollbar(browse):
    row = Row("one", (Cell(1.0), Cell(2.0, note="why")))
    page = render(Page("one", sections=(Table("T", (Column("a"), Column("b")), (row,)),)))
    script = (
        "const f = document.querySelector('.frame'); document.title = "
        "f.querySelectorAll('sup').length + ' ' + (f.scrollWidth - f.clientWidth);"
    )
    assert browse(page, script).all("title")[0].text == "1 0"
