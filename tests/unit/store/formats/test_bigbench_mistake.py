"""BIG-Bench-Mistake: the counts of the raw files, and the marked mistake."""

import json
from collections import Counter

import pytest

from veriloop.errors import InputError
from veriloop.store.formats.bigbench_mistake import BigBenchMistake

ROW = {
    "input": "(1 + 2) =",
    "steps": ["1 + 2 = 4.", "So the answer is 4"],
    "target": "3",
    "answer": "4",
    "mistake_index": 0,
}
# traces with a mistake marked, without; of the latter, those whose answer is wrong all the same
COUNTS = {
    "logical_deduction": (294, 6, 0),
    "multistep_arithmetic": (238, 62, 18),
    "tracking_shuffled_objects": (260, 40, 8),
}


@pytest.mark.parametrize("task", sorted(COUNTS))
def test_published_counts(shared_data, task):
    file = shared_data("bigbench_mistake") / f"{task}.jsonl"
    counted = Counter()
    for line in file.read_text().splitlines():
        (item,) = BigBenchMistake().read(json.loads(line), task)
        wrong = item.verdict.first_error != -1
        counted["wrong" if wrong else "right"] += 1
        counted["odd"] += not wrong and not item.verdict.detail["final_answer_correct"]
        assert item.verdict.value == (not wrong)
    assert (counted["wrong"], counted["right"], counted["odd"]) == COUNTS[task]


def test_a_row():
    (item,) = BigBenchMistake().read(ROW, "multistep_arithmetic")
    assert (item.problem.prompt, item.problem.reference) == ("(1 + 2) =", "3")
    assert (item.solution.answer, item.verdict.first_error) == ("4", 0)
    assert item.verdict.step_scores == (0.0,)
    (none,) = BigBenchMistake().read({**ROW, "mistake_index": None, "answer": None})
    assert (none.verdict.first_error, none.verdict.step_scores) == (-1, (1.0, 1.0))
    assert none.verdict.detail == {"final_answer_correct": False}


@pytest.mark.parametrize("value", [-1, 2, True, "0", 0.0])
def test_an_index_out_of_range_is_named(value):
    with pytest.raises(InputError, match="expected null or 0 to 1") as caught:
        BigBenchMistake().read({**ROW, "mistake_index": value})
    assert caught.value.field == "mistake_index"
