import json
import random

import pytest

from veriloop.abacus import FAMILIES, problem, problems, split_of
from veriloop.abacus.problems import LIMIT


def _evaluate(meta, index):
    """Value of a node by plain recursion through Python's own arithmetic."""
    node = meta["nodes"][index]
    a, b = (
        node[side]["n"] if "n" in node[side] else _evaluate(meta, node[side]["v"]) for side in "ab"
    )
    return eval(f"{a} {node['op']} {b}")


def test_value_graph_agrees_with_python_arithmetic():
    for item in problems(3, 300, "train"):
        last = len(item.meta["nodes"]) - 1
        assert str(_evaluate(item.meta, last)) == item.answer
        for index, node in enumerate(item.meta["nodes"]):
            assert node["value"] == _evaluate(item.meta, index)
            assert 1 <= node["value"] <= LIMIT


def test_every_given_number_stands_in_the_text():
    for item in problems(4, 300, "train"):
        words = item.text.replace(".", " ").replace("?", " ").split()
        for node in item.meta["nodes"]:
            for side in "ab":
                number = node[side].get("n")
                implied = number == 2 and any(w in item.text for w in ("twice", "double", "half"))
                assert number is None or implied or str(number) in words


def test_a_problem_depends_on_its_place_only():
    places = [(seed, index) for seed in (0, 1) for index in range(40)]
    alone = {place: problem(*place, "heldout") for place in places}
    random.Random(0).shuffle(places)
    assert all(problem(*place, "heldout") == alone[place] for place in places)
    assert list(problems(1, 40, "heldout")) == [alone[1, i] for i in range(40)]
    # A constant of the file format: shipped data and checkpoints rest on it.
    assert problem(0, 0, "heldout").id == "abacus-heldout-0-0"


def test_splits_share_no_question():
    texts = {
        split: {item.text for seed in (0, 1) for item in problems(seed, 1500, split)}
        for split in ("pretrain", "train", "heldout")
    }
    assert not texts["train"] & texts["heldout"]
    assert not texts["pretrain"] & (texts["train"] | texts["heldout"])
    assert all(split_of(text) == split for split, group in texts.items() for text in group)


def test_variety_and_plain_data():
    items = list(problems(0, 600, "train"))
    assert {item.family for item in items} == set(FAMILIES)
    assert {item.steps for item in items} == {2, 3, 4, 5}
    assert len({item.text for item in items}) > 590
    assert all(json.loads(json.dumps(item.meta)) == item.meta for item in items)
    trapped = sum(bool(item.meta["traps"]) for item in items) / len(items)
    assert 0.45 < trapped < 0.75


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="heldout"):
        problem(0, 0, "test")  # type: ignore[arg-type]
