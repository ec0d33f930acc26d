"""The recipe's rating and page, from recorded programs under a judge that reads its verdicts off them."""

import asyncio
from html import unescape

import pytest

from veriloop.bench.codeelo.local import Local
from veriloop.bench.codeelo.measuring import Asking, measure_codeelo
from veriloop.recipes.codeelo import page, recorded
from veriloop.recipes.codeelo.contest import PEOPLE
from veriloop.recipes.codeelo.recipe import Outcome, ProgramSet, SetResult, own_sets, rate_own
from veriloop.report.render import render
from veriloop.runs.stages import Run
from veriloop.testing.judge import SpokenJudge


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    own = next(s for s in own_sets() if isinstance(s, ProgramSet) and s.language == "python")
    run = Run(tmp_path_factory.mktemp("run"))
    result = asyncio.run(
        measure_codeelo(
            run,
            own.problems,
            engine=recorded.programs(own.problems, own.language, own.right),
            submitter=Local(own.problems, compilers={}, judge=SpokenJudge()),
            asking=Asking(own.language, samples=len(recorded.KINDS)),
        )
    )
    one = SetResult(own.name, own.title, result, own.problems, ("9001A, wrong: AC, expected WA",))
    return Outcome((one,), rate_own(run, [one]), ("HumanEval is left out",))


def test_the_rating_is_among_the_people_of_the_made_up_contest(outcome):
    (model,) = outcome.rated.models
    (contest,) = outcome.rated.contests
    assert (model.label, len(contest.standing)) == ("python · recorded", PEOPLE)
    assert model.contests[0].attempted == len(contest.listed()) == 5


def test_the_page_says_what_the_rating_is_worth(outcome):
    made = page.recipe_page(outcome)
    text = unescape(render(made))
    assert f"The contest is made up, with {PEOPLE:,} people" in text
    assert "holds the order of its attempts alone" in text
    assert "39 of 40 recorded programs got the verdict" in text
    titles = [section.title for section in made.sections]
    assert len(titles) == len(set(titles))
    assert "Own problems, Python: verdicts" in titles
