"""MATH-APS as a tree: one solution for each leaf, with the values on its path."""

import json
import random

import pytest

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.formats import Labels, labelled
from veriloop.store.formats.math_aps_tree import MathAPSTree


def node(text, value, *children):
    return {"text": text, "mc_value": value, "children": list(children)}


def row(root):
    return {"question": "Q?", "final_answer": "2", "question_id": 3, "reasoning_steps": root}


def leaves(tree):
    """(texts, values) of each leaf, by recursion."""
    if not tree["children"]:
        return [([tree["text"]], [tree["mc_value"]])]
    return [
        ([tree["text"], *texts], [tree["mc_value"], *values])
        for child in tree["children"]
        for texts, values in leaves(child)
    ]


def test_published_leaves(shared_data):
    counts = []
    file = shared_data("raw_formats") / "samples_math-aps-tree.jsonl"
    for line in file.read_text().splitlines():
        raw = json.loads(line)
        items = MathAPSTree().read(raw)
        expected = leaves(raw["reasoning_steps"])
        counts.append(len(expected))
        for item, (texts, values) in zip(items, expected, strict=True):
            assert item.solution.steps == tuple(text.strip() for text in texts[1:])
            assert item.verdict.step_scores == tuple(values[1:])
    assert counts == [137, 85, 20]


def test_random_trees_come_back():
    draw = random.Random(0)

    def grow(depth):
        children = [grow(depth + 1) for _ in range(draw.randint(depth == 0, 3 if depth < 4 else 0))]
        return node(draw.choice(["a", "b\n", " c", ""]), draw.randint(0, 8) / 8, *children)

    for _ in range(30):
        root = {**grow(0), "text": "Q?"}
        told = row(root)
        items = MathAPSTree().read(told)
        assert len(items) == len(leaves(root))
        assert MathAPSTree().write(items) == told


def of(problem, *steps, value=1.0):
    return labelled(problem, Solution(problem.id, steps), Labels("mc", (value,) * len(steps)))


def test_solutions_from_elsewhere_share_steps_and_none_is_lost():
    problem = Problem("made-up", "Q?")
    items = [
        of(problem, "A.", "B."),
        of(problem, "A.", "C."),
        of(problem, "A."),
        of(problem, "A.", "C."),
        of(problem, "A.", "C.", value=0.5),
    ]
    told = MathAPSTree().write(items)["reasoning_steps"]
    assert told == {
        **node("Q?", None),
        "children": [
            node("A.", 1.0, node("B.", 1.0), node("C.", 1.0)),
            node("A.", 1.0),
            node("A.", 1.0, node("C.", 1.0)),
            node("A.", 0.5, node("C.", 0.5)),
        ],
    }
    again = MathAPSTree().read(row(told))
    assert [item.solution.steps for item in again] == [item.solution.steps for item in items]
    assert [i.verdict.step_scores for i in again] == [i.verdict.step_scores for i in items]


@pytest.mark.parametrize(
    ("root", "field"),
    [
        (node("Q?", 1.0), "reasoning_steps"),
        (node("Other?", 1.0, node("a", 1.0)), "reasoning_steps"),
        (node("Q?", 2.0, node("a", 1.0)), "reasoning_steps.mc_value"),
        (node("Q?", 1.0, node("a", 1.0), "b"), "reasoning_steps.children[1]"),
        (node("Q?", 1.0, node(3, 1.0)), "reasoning_steps.children[0].text"),
        (
            node("Q?", 1.0, node("a", 1.0, node("b", "x"))),
            "reasoning_steps.children[0].children[0].mc_value",
        ),
        (node("Q?", 1.0, {"text": "a", "mc_value": 1}), "reasoning_steps.children[0].children"),
        (None, "reasoning_steps"),
    ],
)
def test_a_bad_row_is_named(root, field):
    with pytest.raises(InputError) as caught:
        MathAPSTree().read(row(root))
    assert caught.value.field == field
