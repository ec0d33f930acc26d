"""The page of a critique run is whole, fetches nothing, and shows untrusted critiques as text."""

import asyncio

from veriloop.bench.critique import judge_critiques, score_critiques
from veriloop.bench.error_identification import LocatedCase
from veriloop.bench.metrics import Case
from veriloop.bench.statistics import Bootstrap
from veriloop.records import Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.report.critique import critique_page
from veriloop.report.render import render
from veriloop.store.realcritic import SCENARIOS, SETS, StudentRow

FEW = Bootstrap(resamples=20)


class Exact:
    async def equal(self, reference, answer):
        return reference == answer


def make(sets=SETS, scenarios=SCENARIOS, *, located=True):
    """Six rows of each set and scenario; the fifth is lost, the sixth without a verdict."""
    rows, verdicts = [], []
    for scenario in scenarios:
        for name in sets:
            for i in range(6):
                problem = Problem("realcritic", f"<i>{name}</i> {i}", "4", subset=name)
                solution = Solution(problem.id, ("a < b", "c"), engine=scenario)
                rows.append(
                    StudentRow(scenario, name, f"{name}-{i}", problem, solution, i % 2 == 0)
                )
                value = None if i > 3 else float(i % 2 == 0)
                unscored = {4: Unscored.ENGINE, 5: Unscored.UNPARSED}.get(i)
                answer = "4" if i in (0, 1, 5) else "5"
                verdicts.append(
                    Verdict(
                        problem.id,
                        solution.id,
                        "critic",
                        Form.TEXT,
                        Granularity.STEP,
                        value,
                        unscored,
                        critique="</script><b>fine</b>",
                        detail={"answer": None if i == 4 else answer, "why": "no conclusion"},
                    )
                )
    judged = asyncio.run(judge_critiques(rows, verdicts, Exact()))
    cases = [
        LocatedCase(Case("gsm8k", str(i), i % 3 - 1, i % 2 - 1), i % 2 == 0) for i in range(12)
    ]
    return score_critiques("critic", judged, cases if located else [], bootstrap=FEW)


def test_the_page_holds_every_part_and_no_critique_as_html(html, framed):
    page = critique_page(make())
    text = render(page)
    root = html(text)
    titles = [h.text for h in root.all("h2")]
    assert titles[0] == "What became of the solutions: critic"
    assert "Word and deed: the stated verdict and the corrected answer" in titles
    assert "First wrong step, F1 under each reading of EI-F1" in titles
    assert "<b>fine</b>" not in text
    assert "All wrong: 60.0 % right afterwards" in page.headline
    assert ". Own solutions: " in page.headline
    assert "33.3 % of the wrong ones" not in page.headline
    assert "24 rows could not be judged" in page.headline
    browser = next(s for s in page.sections if hasattr(s, "problems"))
    assert len(browser.problems) == 6 * 8 * 3
    assert browser.problems[4].name.endswith("engine")
    assert browser.problems[5].solutions[0].verdicts[0].unscored == "no conclusion"
    bars = next(s for s in page.sections if getattr(s, "title", "").startswith("Before > after"))
    for place in range(3):
        assert round(sum(s.cells[place].value for s in bars.series), 6) == 100


def test_a_page_of_error_identification_alone():
    result = score_critiques("critic", [], make().located, bootstrap=FEW)
    page = critique_page(result)
    assert "EI-F1" in page.headline
    render(page)
