import json

import pytest

from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
    browser_json,
)
from veriloop.report.page import Page
from veriloop.report.render import render

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
)


def one(*verdicts, **solution):
    solution = {"steps": ("a", "b", "c"), **solution}
    made = BrowsedSolution(verdicts=verdicts, **solution)
    return Browser(
        "B", (BrowsedProblem("p", "?", (made,)),), (BrowsedVerifier("v"), BrowsedVerifier("w"))
    )


def test_the_data_reads_back_as_it_went_in():
    verdict = BrowsedVerdict("w", 0.31234567, "", (0.9, 0.12345), 1, ("7/8", "1/8"), "why")
    data = json.loads(browser_json(one(verdict, answer="4", right=False, gold_first_error=1)))
    (problem,) = data["problems"]
    (solution,) = problem["solutions"]
    assert solution["steps"] == ["a", "b", "c"]
    assert (solution["answer"], solution["right"], solution["gold"]) == ("4", False, 1)
    assert solution["verdicts"] == [
        None,
        {
            "value": 0.3123,
            "scores": [0.9, 0.123],
            "error": 1,
            "notes": ["7/8", "1/8"],
            "critique": "why",
        },
    ]


def test_a_verdict_without_a_value_is_not_a_zero():
    data = json.loads(browser_json(one(BrowsedVerdict("v", unscored="unparsed"))))
    assert data["problems"][0]["solutions"][0]["verdicts"][0] == {"unscored": "unparsed"}


@pytest.mark.parametrize("text", [HOSTILE, "<!--", "\u2028\u2029", "a\ud800b\x00", "&lt;"])
def test_no_text_can_end_its_script_element(text):
    shown = browser_json(one(steps=(text,)))
    assert not set("<>&\u2028\u2029\x00") & set(shown)
    shown.encode("utf-8")
    back = json.loads(shown)["problems"][0]["solutions"][0]["steps"][0]
    assert back == text.replace("\ud800", "\ufffd").replace("\x00", "\ufffd")


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ValueError, match="list it there"):
        one(BrowsedVerdict("unlisted", 1.0))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        BrowsedVerdict("v", 1.0, step_scores=(0.5, 1.5))
    with pytest.raises(ValueError, match="unscored"):
        BrowsedVerdict("v", float("nan"))


def test_the_page_shows_untrusted_steps_as_text(browse, fake):
    dom = browse(render(Page("kept", "", (fake.browser(2, 2),))))
    assert dom.all("title")[0].text == "kept"
    assert not dom.all("img")
    assert len(dom.all("script")) == 2
    steps = [n.text for n in dom.by_class("step")]
    assert fake.HOSTILE in steps
    assert len(steps) == 5


CHOOSE = """
function choose(label, option) {
  const field = [...document.querySelectorAll(".tools label")].find((l) => l.firstChild.data === label);
  const select = field.querySelector("select");
  select.value = String([...select.options].findIndex((o) => o.textContent === option));
  select.dispatchEvent(new Event("change"));
}
const out = [];
const seen = () => out.push(document.querySelector(".count").textContent);
"""


def counted(browser, fits, subset=None):
    problems = [p for p in browser.problems if subset in (None, p.subset)]
    found = [[s for s in p.solutions if fits(s)] for p in problems]
    solutions = sum(map(len, found))
    kept = sum(map(bool, found))
    end = "" if solutions == 1 else "s"
    return f"{kept} of {len(browser.problems)} problems, {solutions} solution{end}"


def test_filters_find_what_a_count_by_hand_finds(browse, fake):
    browser = fake.browser()

    def errors(s):
        return {v.first_error for v in s.verdicts if v.first_error is not None}

    def of(s, name):
        return next((v for v in s.verdicts if v.verifier == name), None)

    def missed(s):
        return s.gold_first_error >= 0 and of(s, "Judge").first_error not in (
            None,
            s.gold_first_error,
        )

    script = (
        CHOOSE
        + """
    seen(); choose("Final answer", "wrong"); seen(); choose("Subset", "purchases"); seen();
    choose("Subset", "any"); choose("Final answer", "any"); choose("Verdicts", "verifiers disagree"); seen();
    choose("Colour and judge by", "Judge"); choose("Verdicts", "first error missed"); seen();
    choose("Verdicts", "unscored"); seen(); choose("Verdicts", "any"); choose("Final answer", "picked"); seen();
    choose("Final answer", "any");
    const search = document.querySelector("input[type=search]");
    search.value = "P07"; search.dispatchEvent(new Event("input")); seen();
    search.value = "nothing like it"; search.dispatchEvent(new Event("input")); seen();
    out.push(document.querySelector(".detail").textContent);
    document.body.replaceChildren(...out.map((t) => make("p", "", t)));
    """
    )
    shown = [p.text for p in browse(render(Page("T", "", (browser,))), script).all("p")]
    assert shown == [
        "40 of 40 problems, 320 solutions",
        counted(browser, lambda s: not s.right),
        counted(browser, lambda s: not s.right, "purchases"),
        counted(browser, lambda s: len(errors(s)) > 1),
        counted(browser, missed),
        counted(browser, lambda s: of(s, "Judge").unscored),
        counted(browser, lambda s: s.picked_by),
        "1 of 40 problems, 8 solutions",
        "0 of 40 problems, 0 solutions",
        "No solution fits these filters. Widen one of them.",
    ]
    assert len(set(shown)) == len(shown)


def test_a_solution_shows_scores_gold_labels_and_every_verdict(browse):
    verifiers = (
        BrowsedVerifier("Monte Carlo", "MC"),
        BrowsedVerifier("Judge"),
        BrowsedVerifier("PRM"),
        BrowsedVerifier("Critic"),
    )
    verdicts = (
        BrowsedVerdict("Monte Carlo", 0.0, "", (0.625, 0.0), 1, ("5/8", "0/8")),
        BrowsedVerdict("Judge", 0.0, first_error=2),
        BrowsedVerdict("PRM", 0.31, "", (0.9, 0.31, 0.2)),
        BrowsedVerdict("Critic", unscored="unparsed"),
    )
    solution = BrowsedSolution(("a", "b", "c"), "4", False, 1, verdicts, ("vote",))
    page = Page("T", "", (Browser("B", (BrowsedProblem("p", "?", (solution,), "5"),), verifiers),))
    dom = browse(render(page))
    chips = [[c.text for c in li.by_class("chip")] for li in dom.by_class("steps")[0].all("li")]
    assert chips == [
        ["MC 5/8", "PRM 0.90"],
        ["MC 0/8 wrong here ✓", "PRM 0.31"],
        ["Judge wrong here ✗", "PRM 0.20"],
    ]
    assert [g.text for g in dom.by_class("gold")] == [
        "right",
        "first wrong step",
        "after the error",
    ]
    assert [s.text for s in dom.by_class("score")] == ["0.63", "0.00", "–"]
    summary = [c.text for c in dom.by_class("summary")[0].by_class("chip")]
    assert summary == [
        "Gold step 2",
        "MC 0.00 · step 2 ✓",
        "Judge 0 · step 3 ✗",
        "PRM 0.31",
        "Critic unscored: unparsed",
    ]
    assert "vote" in dom.by_class("pick")[0].text
    assert dom.by_class("mark")[0].attributes["aria-label"] == "final answer wrong"


def test_arrow_keys_walk_through_problems(browse, fake):
    script = """
    const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    document.querySelector(".problems button").focus();
    press("ArrowDown"); press("ArrowDown"); press("ArrowUp"); press("End"); press("ArrowDown");
    document.title = document.querySelector(".detail h3").textContent + "|" + document.activeElement.dataset.index;
    """
    dom = browse(render(Page("T", "", (fake.browser(4, 2),))), script)
    assert dom.all("title")[0].text == "p03 · purchases|3"


def test_an_empty_browser_says_so(html):
    assert "No solutions to show." in html(render(Page("T", "", (Browser("B", ()),)))).text
