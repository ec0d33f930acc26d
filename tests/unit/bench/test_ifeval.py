"""IFEval: official rows as problems, bad ones set aside, accuracies counted by hand, and what a stopped run keeps."""

import asyncio
import json

import pytest

from veriloop.bench.ifeval import (
    ifeval_problem,
    measure_ifeval,
    read_ifeval,
    sampling,
    summarise,
)
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, InputError
from veriloop.protocols import Completion
from veriloop.records import Finish, Group, Problem, Solution
from veriloop.runs.stages import Run
from veriloop.search.whole import Whole
from veriloop.verify.instructions.verifier import Instructions

ROW = {
    "key": 7,
    "prompt": "Write three words without a comma.",
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"relation": "at least", "num_words": 3, "keyword": None}],
}
GERMAN = {
    "key": 8,
    "prompt": "Answer in German.",
    "instruction_id_list": ["language:response_language"],
    "kwargs": [{"language": "de"}],
}
TITLE = {
    "key": 9,
    "prompt": "Give a title.",
    "instruction_id_list": ["detectable_format:title"],
    "kwargs": [None],
}


def write(path, *rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def measure(found, answers, out, n=1, **options):
    search = Whole(n, sampling(n))
    run = Run(out, **options)
    return asyncio.run(measure_ifeval(run, found, engine=Scripted(answers), search=search))


def test_a_row_as_a_problem():
    problem = ifeval_problem(ROW)
    assert (problem.uid, problem.task, problem.language) == ("7", "ifeval", "en")
    assert problem.instructions[1]["kwargs"] == {"relation": "at least", "num_words": 3}
    mifeval = {**ROW, "lang": "ko", "question": ROW["prompt"]}
    del mifeval["prompt"]
    assert ifeval_problem(mifeval).language == "ko"
    assert ifeval_problem(mifeval).text == ROW["prompt"]
    assert ifeval_problem(ROW, "fr").language == "fr"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("key", None, "key"),
        ("key", True, "key"),
        ("prompt", " ", "prompt"),
        ("instruction_id_list", [], "instruction_id_list"),
        ("instruction_id_list", ["punctuation:no_comma", "none:such"], "id"),
        ("kwargs", [{}], "kwargs"),
        ("kwargs", [{}, 3], "kwargs"),
        ("kwargs", [{}, {"relation": "about", "num_words": 3}], "relation"),
    ],
)
def test_bad_rows_are_set_aside_by_field(tmp_path, field, value, named):
    found = read_ifeval(write(tmp_path / "i.jsonl", {**ROW, field: value}, ROW, ROW))
    assert [p.uid for p in found.problems] == ["7"]
    assert [(b.row, b.field) for b in found.quarantine.rows] == [(1, named), (3, "key")]


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_ifeval(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"a folder; name a JSONL file \(it holds no .jsonl\)"):
        read_ifeval(tmp_path)
    with pytest.raises(InputError, match="no usable problem"):
        read_ifeval(write(tmp_path / "a.jsonl", {}, []))
    with pytest.raises(InputError, match=r"a folder; name a JSONL file \(it holds a.jsonl\)"):
        read_ifeval(tmp_path)


@pytest.mark.parametrize("code", ["xx", "english", "e"])
def test_a_language_without_rules_is_refused_with_those_that_have_some(tmp_path, code):
    path = write(tmp_path / "i.jsonl", ROW)
    with pytest.raises(InputError, match=f"one of en, zh, ar, es, ja, .*, not '{code}'"):
        read_ifeval(path, language=code)
    for known in ("th", "zh-CN", "pt_BR", ""):
        (problem,) = read_ifeval(path, language=known).problems
        assert problem.language == (known or "en")


def test_accuracies_by_hand(tmp_path):
    found = read_ifeval(write(tmp_path / "i.jsonl", ROW, GERMAN, TITLE))
    answers = {
        ROW["prompt"]: ["Sure,\nthree words here"],  # a comma in the first line: loosely both
        GERMAN["prompt"]: ["Ja."],  # too short to tell
        TITLE["prompt"]: ["<<So>>"],
    }
    summary = measure(found, answers, tmp_path / "run").summary
    assert (summary.prompts, summary.instructions, summary.unchecked) == (3, 4, 1)
    prompt, instruction = summary.by_prompt, summary.by_instruction
    assert (prompt.strict.value, prompt.strict.n, prompt.strict.unscored) == (50.0, 2, 1)
    assert prompt.loose.value == 100.0
    assert instruction.strict.value == pytest.approx(200 / 3)
    assert (instruction.strict.n, instruction.strict.unscored) == (3, 1)
    assert summary.worst == pytest.approx(100 / 3)
    assert summary.kinds["punctuation:no_comma"].strict.value == 0.0
    assert summary.kinds["language:response_language"].strict is None
    told = json.loads((tmp_path / "run" / "ifeval.json").read_text("utf-8"))
    assert told["summary"]["prompt_level"]["strict"]["value"] == 50.0
    rows = (tmp_path / "run" / "items.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["key"] for row in rows] == ["7", "8", "9"]
    assert json.loads(rows[0])["instructions"][0]["strict"] is False


def test_lost_answers_are_counted_and_asked_again(tmp_path):
    found = read_ifeval(write(tmp_path / "i.jsonl", ROW, TITLE))
    asked = []

    def answer(request):
        text = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        asked.append(text)
        if text == ROW["prompt"] and asked.count(text) == 1:
            raise EngineError("the server is gone")
        return "<<So>>" if text == TITLE["prompt"] else "One, two"

    lost = measure(found, answer, tmp_path / "run").summary
    assert (lost.lost, lost.by_prompt.strict.value, lost.by_prompt.strict.n) == (1, 100.0, 1)
    again = measure(found, answer, tmp_path / "run", retry_lost=True).summary
    assert (again.lost, again.by_prompt.strict.value, again.by_prompt.strict.n) == (0, 50.0, 2)


def test_cut_and_empty_answers_are_judged_as_they_stand(tmp_path):
    found = read_ifeval(write(tmp_path / "i.jsonl", ROW, TITLE))
    cut = Completion("three words here", Finish.LENGTH, tokens=3)
    summary = measure(found, {ROW["prompt"]: [cut], TITLE["prompt"]: [" "]}, tmp_path / "r").summary
    assert (summary.cut, summary.unchecked) == (1, 0)
    assert (summary.by_prompt.strict.value, summary.by_prompt.strict.n) == (50.0, 2)


def test_intervals_are_over_prompts():
    """Forty instructions of two prompts that agree within each: as uncertain as two draws, not as forty."""
    one = {"id": "punctuation:no_comma", "kwargs": {}}
    problems = [Problem("ifeval", f"p{i}", instructions=(one,) * 20) for i in range(2)]
    groups = []
    for problem, text in zip(problems, ("none", "a, b"), strict=True):
        group = Group(problem, (Solution(problem.id, (text,)),))
        verdicts = asyncio.run(Instructions().verify(group))
        groups.append(Group(problem, group.solutions, verdicts))
    found = summarise(groups, problems).by_instruction.strict
    assert (found.value, found.low, found.high, found.n) == (50.0, 0.0, 100.0, 40)
    alike = summarise(groups[:1], problems[:1]).by_instruction.strict
    assert (alike.value, alike.high) == (100.0, 100.0)
    assert alike.low == pytest.approx(20.65, abs=0.01)  # Wilson, 1 of 1


def test_every_published_row_can_be_asked(shared_data):
    found = read_ifeval(shared_data("ifeval") / "en_input_data.jsonl")
    assert (len(found.problems), len(found.quarantine.rows)) == (541, 0)
    assert sum(len(p.instructions) for p in found.problems) == 834
    for language in ("en", "ko"):
        found = read_ifeval(shared_data("pmmeval") / language / "mifeval.jsonl")
        assert (len(found.problems), {p.language for p in found.problems}) == (96, {language})
