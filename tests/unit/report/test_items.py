"""Packed items: what goes in comes out, whatever the text is; the page's own script shows, finds and walks."""

import base64
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.items import Items, ItemVerdict, ShownItem, items_html
from veriloop.report.page import Page
from veriloop.report.render import render

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
)
RIGHT, WRONG = ItemVerdict(1.0, rule="lead-in", extracted="B"), ItemVerdict(0.0, rule="fallback")


def item(number=0, *verdicts, **fields):
    fields = {
        "task": "mgsm",
        "language": "en",
        "row": number,
        "prompt": f"question {number}",
        "answer": f"answer {number}",
        "uid": f"mgsm-{number}",
        **fields,
    }
    return ShownItem(verdicts=verdicts or (RIGHT, RIGHT), **fields)


def section(*items):
    return Items("Items", items, ("official", "fixed"))


def unpacked(made, html):
    """(index, pieces) as a browser reads them."""
    root = html(f"<div>{items_html(made)}</div>")

    def read(node):
        return json.loads(zlib.decompress(base64.b64decode(node.text)))

    (index,) = root.by_class("items-index")
    return read(index), [read(node) for node in root.by_class("items-piece")]


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co")), max_size=40)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(words, words, st.sampled_from([0.0, 1.0, 0.3333, None])), max_size=8))
def test_what_goes_in_comes_out(html, drawn):
    items = [
        item(i, ItemVerdict(v, "" if v is not None else "no number"), None, prompt=p, answer=a)
        for i, (p, a, v) in enumerate(drawn)
    ]
    if not items:
        assert "No items" in items_html(section())
        return
    index, pieces = unpacked(section(*items), html)
    assert index["value"] == [[v for _, _, v in drawn], [None] * len(drawn)]
    assert index["row"] == list(range(len(drawn)))
    reasons = [index["names"][i] for i in index["reason"][0]]
    assert reasons == ["no number" if v is None else "" for _, _, v in drawn]
    shown = [(p["prompts"][one[0]], one[2]) for p in pieces for one in p["items"]]
    assert shown == [(p, a) for p, a, _ in drawn]


def test_many_items_go_into_pieces_and_each_prompt_once(html):
    items = [item(i, prompt=f"p{i // 3}" + "x" * 999, answer="y" * 1000) for i in range(1200)]
    index, pieces = unpacked(section(*items), html)
    assert index["pieces"] == [len(p["items"]) for p in pieces]
    assert sum(index["pieces"]) == 1200
    assert len(pieces) > 2
    assert all(len(p["prompts"]) <= len(p["items"]) // 3 + 2 for p in pieces)


def test_the_same_items_give_the_same_bytes():
    made = section(*(item(i, answer=HOSTILE * i) for i in range(20)))
    assert items_html(made) == items_html(made)


@pytest.mark.parametrize(
    ("answer", "span", "told"),
    [
        ("The answer is 18.", (14, 16), "18"),
        ("𝟏𝟖 is 🧮 18", (8, 10), "18"),  # signs that are two units in a browser
        ("a\r\nb 18", (5, 7), "18"),
        ("18", (0, 99), "18"),
        ("x18", (-5, 1), "x"),
        ("18", (7, 9), None),
        ("18", (2, 1), None),
        ("18", None, None),
    ],
)
def test_a_span_is_counted_as_browsers_count_and_cut_to_the_answer(html, answer, span, told):
    one = item(0, ItemVerdict(1.0, span=span), None, answer=answer)
    _, (piece,) = unpacked(section(one), html)
    _, _, shown, (verdict, none) = piece["items"][0]
    begin, end = verdict[1:3]
    units = shown.encode("utf-16-le")
    assert none is None
    assert (units[2 * begin : 2 * end].decode("utf-16-le") if begin >= 0 else None) == told


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ValueError, match="None where there is none"):
        Items("I", (item(0, RIGHT),), ("official", "fixed"))
    with pytest.raises(ValueError, match="reason"):
        ItemVerdict(float("nan"))


def test_no_text_can_leave_its_place(html, browse):
    bad = item(
        0,
        ItemVerdict(0.0, rule=HOSTILE, extracted=HOSTILE, span=(0, 9), note=HOSTILE),
        ItemVerdict(None, HOSTILE),
        prompt=HOSTILE,
        answer=HOSTILE,
        gold=HOSTILE,
        model=HOSTILE,
        language=HOSTILE,
        uid=HOSTILE,
    )
    page = render(Page("kept", sections=(section(bad),)))
    assert "owned" not in page
    dom = browse(page)
    assert dom.all("title")[0].text == "kept"
    assert not dom.all("img")
    assert dom.by_class("answer-text")[0].text == HOSTILE
    assert [m.text for m in dom.all("mark")] == ["</script>"]


SEVERAL = (
    *(
        item(i, RIGHT if i % 2 else WRONG, RIGHT, language=code, model=m, answer=f"{m} {code} {i}")
        for i in range(60)
        for code in ("en", "th")
        for m in ("large", "small")
    ),
    item(
        60,
        ItemVerdict(None, "no number"),
        ItemVerdict(None, "no number"),
        answer="needle",
        cut=True,
    ),
    item(61, WRONG, RIGHT, answer=None, uid=None),
)

SCRIPT = """
(async () => {
  const root = document.querySelector(".packed");
  while (!root.list) await null;
  const list = root.list, out = [];
  const choose = async (label, option) => {
    const field = [...root.querySelectorAll(".tools label")].find((l) => l.firstChild.data === label);
    const select = field.querySelector("select");
    select.selectedIndex = [...select.options].findIndex((o) => o.textContent === option);
    list.choice[label] = null;
    select.dispatchEvent(new Event("change"));
    await list.filter();
  };
  const seen = () => out.push(root.querySelector(".count").textContent);
  const title = () => out.push(root.querySelector("h3").textContent);
  const press = async (key) => {
    list.rows.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await list.go(list.at);
    title();
  };
  await list.filter(); seen();
  await choose("Language", "th"); seen();
  await choose("Verdict", "verdict changes"); seen();
  await choose("Model", "small"); seen(); title();
  for (const key of ["ArrowDown", "End", "ArrowDown", "Home", "j", "k"]) await press(key);
  out.push(root.querySelectorAll(".row").length < 30 && list.found.length === 30);
  await list.visit(list.found[2] - 2); title();
  await choose("Language", "any"); await choose("Verdict", "any"); await choose("Model", "any");
  await choose("Rule", "fixed: not read, no number"); seen();
  await choose("Rule", "any");
  await choose("Answer", "cut off"); seen(); title(); out.push(root.querySelector(".detail .facts").textContent);
  await choose("Answer", "not cut off"); seen(); await choose("Answer", "any");
  list.wanted = "NEEDLE"; await list.filter(); seen();
  list.wanted = "no such text"; await list.filter(); seen(); out.push(root.querySelector(".detail").textContent);
  document.body.replaceChildren(...out.map((t) => node("p", "", t)));
})();
"""


def test_filters_find_and_keys_walk(browse):
    dom = browse(render(Page("T", sections=(section(*SEVERAL),))), SCRIPT)
    assert [p.text for p in dom.all("p")] == [
        "242 of 242 items",
        "120 of 242 items",
        "60 of 242 items",
        "30 of 242 items",
        "mgsm · th · mgsm-0",
        "mgsm · th · mgsm-2",
        "mgsm · th · mgsm-58",
        "mgsm · th · mgsm-58",
        "mgsm · th · mgsm-0",
        "mgsm · th · mgsm-2",
        "mgsm · th · mgsm-0",
        "true",
        "mgsm · en · mgsm-4",
        "1 of 242 items",
        "1 of 242 items",
        "mgsm · en · mgsm-60",
        "row 60 · answer cut off by the limit",
        "241 of 242 items",
        "1 of 242 items",
        "0 of 242 items",
        "No item fits these filters. Widen one of them.",
    ]


def test_an_item_shows_both_verdicts_and_where_they_read(browse):
    verdicts = (
        ItemVerdict(0.0, rule="fallback", extracted="A", span=(4, 5)),
        ItemVerdict(1.0, rule="lead-in", extracted="C", span=(14, 15), note="loose 1"),
    )
    shown = item(3, *verdicts, answer="The Answer is C", gold="C", model="m", setting="native")
    other = item(
        3, ItemVerdict(None, "no letter"), RIGHT, language="ar", model="m", setting="native"
    )
    dom = browse(render(Page("T", sections=(section(shown, other),))))
    cards = [[n.text for n in c.all("b", "dd")] for c in dom.by_class("card")]
    assert cards == [["official", "fallback", "A"], ["fixed", "lead-in", "C", "loose 1"]]
    assert [(m.text, m.attributes["title"]) for m in dom.all("mark")] == [
        ("A", "read by official"),
        ("C", "read by fixed"),
    ]
    (languages,) = dom.by_class("language")
    assert [b.text for b in languages.all("button")] == ["en ✗ ✓", "ar ? ✓"]
    assert [r.by_class("first")[0].text for r in dom.by_class("row")] == [
        "mgsm · en · mgsm-3",
        "mgsm · ar · mgsm-3",
    ]
