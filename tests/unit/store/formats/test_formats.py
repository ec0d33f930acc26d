"""Every format, both ways: the published rows exactly, and made-up solutions up to what the format cannot hold."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.records import Form, Problem, Solution
from veriloop.store.formats import KINDS, Labels, detect, labelled, open_format
from veriloop.testing.rebuild import check_repr

# file or folder, format, rows, labelled solutions
PUBLISHED = [
    ("processbench/gsm8k.json", "processbench", 400, 400),
    ("processbench/math.json", "processbench", 1000, 1000),
    ("processbench/olympiadbench.json", "processbench", 1000, 1000),
    ("processbench/omnimath.json", "processbench", 1000, 1000),
    ("raw_formats/samples_prm800k.jsonl", "prm800k", 6, 6),
    ("raw_formats/samples_math-shepherd.jsonl", "math-shepherd", 7, 7),
    ("raw_formats/samples_math-aps.jsonl", "math-aps", 3, 124),
    ("raw_formats/samples_math-aps-tree.jsonl", "math-aps-tree", 3, 242),
    ("scan_prm/scan_base_train_100.jsonl", "scan", 100, 100),
    ("scan_prm/scan_pro_train_100.jsonl", "scan", 100, 100),
    ("bigbench_mistake/logical_deduction.jsonl", "bigbench-mistake", 300, 300),
    ("bigbench_mistake/multistep_arithmetic.jsonl", "bigbench-mistake", 300, 300),
    ("bigbench_mistake/tracking_shuffled_objects.jsonl", "bigbench-mistake", 300, 300),
]
SAMPLES = {
    "bigbench_mistake_sample.jsonl": "bigbench-mistake",
    "math_aps_sample.jsonl": "math-aps",
    "math_aps_tree_sample.jsonl": "math-aps-tree",
    "math_shepherd_sample.jsonl": "math-shepherd",
    "prm800k_sample.jsonl": "prm800k",
    "processbench_sample.json": "processbench",
    "scan_sample.jsonl": "scan",
}


def rows_of(path):
    text = path.read_text(encoding="utf-8")
    return (
        json.loads(text)
        if path.suffix == ".json"
        else [json.loads(x) for x in text.split("\n") if x]
    )


def there_and_back(row, subset):
    """The rows written from what was read of a row, by way of Veriloop's own records as text."""
    form, own = detect(row), open_format("veriloop")
    read = form.read(row, subset)
    again = [own.read(json.loads(json.dumps(own.write([item]))))[0] for item in read]
    assert again == list(read)
    assert len({item.solution.id for item in read}) == len(read)
    return [form.write(again)] if form.per_problem else [form.write([item]) for item in again]


@pytest.mark.parametrize(("file", "name", "rows", "solutions"), PUBLISHED)
def test_published_rows_come_back_exactly(shared_data, file, name, rows, solutions):
    folder, _, inner = file.partition("/")
    found = rows_of(shared_data(folder) / inner)
    assert len(found) == rows
    assert {detect(row).name for row in found} == {name}
    assert sum(len(open_format(name).read(row)) for row in found) == solutions
    for row in found:
        assert there_and_back(row, "set") == [row]


@pytest.mark.parametrize("file", sorted(SAMPLES))
def test_samples_come_back_exactly(request, file):
    for row in rows_of(request.config.rootpath / "tests/data" / file):
        assert detect(row).name == SAMPLES[file]
        assert there_and_back(row, "set") == [row]


def test_every_format_has_a_sample_or_is_made_here():
    assert set(KINDS) == {*SAMPLES.values(), "trl", "veriloop"}
    for name in KINDS:
        form = open_format(name)
        assert form.name == name
        check_repr(form)


def test_unknown_names_options_and_columns_are_refused():
    with pytest.raises(InputError, match="no format 'prm'; there are bigbench-mistake"):
        open_format("prm")
    with pytest.raises(InputError, match=r"scan has no such option: expand=True"):
        open_format("scan", expand=True)
    with pytest.raises(InputError, match=r"columns question, solution; known are .*scan: question"):
        detect({"question": "", "solution": ""})
    both = {"question": "", "steps": [], "scores": [], "reasoning_steps": []}
    with pytest.raises(InputError, match="fit math-aps and scan: name the format"):
        detect(both)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "",
        " ",
        "\n\n",
        "Step 1: x",
        "x ки y",
        "Step 2: ки",
        "+",
        "1 + 1 = -",
        "a\n\nb",
        "数",
        "\u2028",
        "\r\n",
    ]
)
PROMPT = TEXT.filter(lambda text: text.strip())


@st.composite
def solutions(draw, soft):
    steps = draw(st.lists(TEXT, min_size=1, max_size=6))
    label = st.sampled_from([0.0, 0.125, 0.5, 1.0] if soft else [0.0, 1.0])
    count = draw(st.integers(1, len(steps)))
    scores = tuple(draw(label) for _ in range(count))
    if 0.0 not in scores:
        steps = steps[:count]
    problem = Problem("made-up", draw(PROMPT), draw(st.none() | TEXT), subset="here")
    solution = Solution(problem.id, tuple(steps), answer=draw(st.none() | TEXT))
    labels = Labels("anyone", scores, form=Form.SCORE if soft else Form.BINARY)
    return labelled(problem, solution, labels)


def written_and_read(name, item, **detail):
    form = open_format(name)
    item = replace(item, verdict=replace(item.verdict, detail=detail))
    row = json.loads(json.dumps(form.write([item])))
    assert form.fits(row)
    (read,) = form.read(row, item.problem.subset)
    return item, read


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(solutions(soft=True))
def test_scores_of_labelled_steps_are_kept(item):
    count = len(item.verdict.step_scores)
    for name in ("scan", "trl"):
        _, read = written_and_read(name, item)
        assert read.problem.prompt == item.problem.prompt
        assert read.solution.steps == item.solution.steps[:count]
        assert read.verdict.step_scores == item.verdict.step_scores
        assert read.verdict.first_error == item.verdict.first_error


@FEW
@given(solutions(soft=False), st.booleans())
def test_the_first_error_is_kept(item, correct):
    for name in ("processbench", "bigbench-mistake"):
        _, read = written_and_read(name, item, final_answer_correct=correct)
        assert read.problem.prompt == item.problem.prompt
        assert read.solution.steps == item.solution.steps
        assert read.verdict.first_error == item.verdict.first_error
        assert read.verdict.value == item.verdict.value


@FEW
@given(solutions(soft=False))
def test_prm800k_keeps_hard_labels(item):
    _, read = written_and_read("prm800k", item)
    assert read.problem.prompt == item.problem.prompt
    assert read.problem.reference == item.problem.reference
    assert read.solution.steps == item.solution.steps
    assert read.verdict.step_scores == item.verdict.step_scores


@FEW
@given(solutions(soft=False))
def test_math_shepherd_refuses_what_it_would_split_elsewhere(item):
    count = len(item.verdict.step_scores)
    steps = item.solution.steps[:count]
    held = any("ки" in text for text in (item.problem.prompt, *steps))
    if held or "Step 1:" in item.problem.prompt:
        with pytest.raises(InputError, match="expected no"):
            written_and_read("math-shepherd", item)
        return
    _, read = written_and_read("math-shepherd", item)
    assert read.problem.prompt == item.problem.prompt.strip()
    assert read.problem.subset == "here"
    assert read.verdict.step_scores == item.verdict.step_scores
    for i, (step, told) in enumerate(zip(steps, read.solution.steps, strict=True), start=1):
        prefix = f"Step {i}:"
        assert told in (step.strip(), f"{prefix} {step.strip()}".strip())
        assert told.startswith(prefix)


@FEW
@given(solutions(soft=True))
def test_math_aps_keeps_values_and_loses_white_space_alone(item):
    count = len(item.verdict.step_scores)
    for name in ("math-aps", "math-aps-tree"):
        _, read = written_and_read(name, item)
        assert read.problem.prompt == item.problem.prompt
        assert read.solution.steps == tuple(s.strip() for s in item.solution.steps[:count])
        assert read.verdict.step_scores == item.verdict.step_scores


@FEW
@given(solutions(soft=True))
def test_our_own_format_keeps_everything(item):
    given_item, read = written_and_read("veriloop", item, counted=3)
    assert read == given_item


@pytest.mark.parametrize("name", sorted(KINDS))
def test_300_steps(name):
    problem = Problem("made-up", "Count.", "300")
    steps = tuple(f"Number {i}" for i in range(300))
    item = labelled(problem, Solution(problem.id, steps), Labels("anyone", (1.0,) * 299 + (0.0,)))
    _, read = written_and_read(name, item, final_answer_correct=False)
    assert len(read.solution.steps) == 300
    assert read.verdict.first_error == 299
    assert read.verdict.step_scores == item.verdict.step_scores


@pytest.mark.parametrize("name", ["math-shepherd", "prm800k"])
def test_soft_labels_are_not_made_hard_in_silence(name):
    problem = Problem("made-up", "1 + 1?")
    item = labelled(problem, Solution(problem.id, ("2",)), Labels("mc", (0.25,)))
    with pytest.raises(InputError, match=r"labels of 0 or 1 .* got 0\.25") as caught:
        open_format(name).write([item])
    assert caught.value.field == "step_scores[0]"


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"veriloop"}))
def test_a_solution_without_labels_is_refused(name):
    problem = Problem("made-up", "1 + 1?")
    item = labelled(problem, Solution(problem.id, ("2",)), Labels("mc", (1.0,)))
    lost = replace(
        item.verdict, step_scores=(), first_error=None, detail={"final_answer_correct": True}
    )
    with pytest.raises(InputError, match="expected"):
        open_format(name).write([replace(item, verdict=lost)])
    beyond = replace(item.verdict, step_scores=(1.0, 1.0), first_error=4)
    with pytest.raises(InputError, match=r"expected|ProcessBench says"):
        open_format(name).write([replace(item, verdict=beyond)])


@pytest.mark.parametrize(
    "name", ["bigbench-mistake", "math-aps", "math-aps-tree", "math-shepherd", "prm800k", "scan"]
)
def test_a_chat_is_refused_where_a_problem_is_text(name):
    from veriloop.records import Message

    problem = Problem("made-up", (Message("user", "1 + 1?"),))
    item = labelled(problem, Solution(problem.id, ("2",)), Labels("mc", (1.0,)))
    with pytest.raises(InputError, match="this one is a chat") as caught:
        open_format(name).write([item])
    assert caught.value.field == "prompt"
