"""A model is asked once, judged twice, and goes on where it was, with other items too."""

import asyncio
import json
from dataclasses import replace

import pytest

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.measuring import Asking, Judging, measure, unjudged_languages
from veriloop.bench.pmmeval.outcomes import LOST
from veriloop.engines.cached import Cached
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, InputError
from veriloop.protocols import Completion
from veriloop.records import Finish
from veriloop.runs.stages import Run


def sums(language, count):
    return [
        Item("mgsm", language, i, {"question": f"{language}: {i} + 1 = ?"}, str(i + 1), f"m-{i}")
        for i in range(count)
    ]


def code(language):
    fields = {"prompt": "p", "entry_point": "f", "test": "t", "declaration": "", "description": ""}
    return Item("humaneval_xl", "en", 0, fields, None, f"{language}/0", language)


def answer(request):
    """The sum, except that one language is never answered and 3 + 1 is 5."""
    told = request.prompt[-1].content
    if "th: " in told:
        raise EngineError("no answer")
    i = int(told.partition(" + 1")[0].rpartition(" ")[2])
    return f"The answer is {i + 1 if i != 3 else 5}."


def run(folder, items, engine, **judging):
    async def work():
        cached = Cached(engine, folder / "calls.sqlite")
        try:
            return await measure(
                Run(folder), items, engine=cached, asking=Asking(), judging=Judging(**judging)
            )
        finally:
            await cached.close()

    return asyncio.run(work())


def values(measured, scoring):
    (answered,) = (a for a in measured.answered if a.scoring == scoring)
    return {(o.language, o.row): o.value for o in answered.outcomes}


def test_answers_are_judged_under_both_scorings_and_what_never_came_is_no_zero(tmp_path):
    engine = Scripted(answer)
    items = sums("en", 5) + sums("th", 2)
    measured = run(tmp_path, items, engine)
    expected = {("en", i): float(i != 3) for i in range(5)} | {("th", i): None for i in range(2)}
    assert values(measured, "fixed") == values(measured, "official") == expected
    lost = [o for o in measured.answered[0].outcomes if o.lost]
    assert [o.judged.reason for o in lost] == [LOST] * 2
    assert {o.uid for o in lost} == {"m-0", "m-1"}
    assert measured.setting == "en"
    assert list(measured.losses.values()) == [2]
    assert "no answer" in next(iter(measured.losses))


def test_where_nothing_is_answered_the_first_error_is_told(tmp_path):
    with pytest.raises(EngineError, match=r"at first: .*no answer.*--retry-lost"):
        run(tmp_path, sums("th", 2), Scripted(answer))


def test_a_language_that_joins_later_pays_for_itself_alone(tmp_path):
    engine = Scripted(answer)
    run(tmp_path, sums("en", 5), engine)
    assert engine.calls == 5
    measured = run(tmp_path, sums("en", 5) + sums("ko", 4), engine)
    assert engine.calls == 9
    assert len(measured.problems) == 9
    again = run(tmp_path, sums("en", 5) + sums("ko", 4), engine, again=True)
    assert engine.calls == 9
    assert again.answered == measured.answered


def test_what_the_token_limit_cut_is_known_and_judged_so(tmp_path):
    def reply(request):
        if "en: 1 + 1" in request.prompt[-1].content:
            return Completion("First, 1 + 1 = 2, and", Finish.LENGTH)
        return answer(request)

    measured = run(tmp_path, sums("en", 3), Scripted(reply))
    fixed = measured.answered[1].outcomes
    assert [o.cut for o in fixed] == [False, True, False]
    assert [o.judged.reason for o in fixed] == ["", "cut off", ""]
    assert values(measured, "official")["en", 1] == 1.0


def test_one_scoring_alone(tmp_path):
    measured = run(tmp_path, sums("en", 2), Scripted(answer), scorings=("fixed",))
    assert [a.scoring for a in measured.answered] == ["fixed"]


def test_programming_languages_that_nothing_judges_are_not_asked(tmp_path):
    engine = Scripted(answer)
    items = [*sums("en", 1), code("scala"), code("swift")]
    assert set(unjudged_languages(items)) == {"scala", "swift"}
    measured = run(tmp_path, items, engine)
    assert engine.calls == 1
    assert set(measured.unjudged) == {"scala", "swift"}
    with pytest.raises(InputError, match="no item to ask"):
        run(tmp_path / "none", [code("scala")], engine)


def test_the_prompt_reaches_the_model_and_the_stages_stand_in_the_folder(tmp_path):
    engine = Scripted(answer)
    run(tmp_path, sums("en", 2), engine)
    assert "en: 0 + 1 = ?" in engine.requests[0].prompt[-1].content
    assert engine.requests[0].sampling.temperature == 0
    for stage in ("problems", "answers", "official", "fixed"):
        assert json.loads((tmp_path / stage / "stage.json").read_text())["items"] == 2
    assert replace(Asking(), setting="native").search() == Asking().search()


def test_an_isolation_that_is_misspelt_is_told_before_anything_is_asked():
    with pytest.raises(InputError, match="no isolation is called 'bogus'; there are "):
        Judging(mode="bogus")
