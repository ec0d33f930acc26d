"""``process_results`` and its aggregation called as the harness documents them; the harness is not installed here."""

import math

from veriloop.bridges.lm_eval import count_unscored, mean_of_scored, process_results
from veriloop.engines.scripted import Scripted
from veriloop.verify.answer import Answer
from veriloop.verify.judge import Judge

GSM8K = {"question": "What is 6 * 7?", "answer": "6 * 7 = 42\n#### 42"}


def test_a_doc_and_its_texts_become_a_metric():
    process = process_results(Answer(), name="right")
    assert process(GSM8K, ["The answer is 42."]) == {"right": 1.0, "right_unscored": 0.0}
    assert process(GSM8K, ["The answer is 41."]) == {"right": 0.0, "right_unscored": 0.0}
    lost = process({"question": "What is 6 * 7?"}, ["The answer is 42."])
    assert lost == {"right": None, "right_unscored": 1.0}


def test_repeats_are_one_group_and_their_mean_leaves_out_the_lost():
    told = "<analysis_1>.</analysis_1><conclusion>Correct</conclusion>"
    judge = Judge(Scripted({}, default=told, failures={1: "error"}))
    assert process_results(judge)(GSM8K, [["a", "b", "c", "d"]]) == {
        "judge": 1.0,
        "judge_unscored": 0.25,
    }
    assert process_results("answer")(GSM8K, []) == {"answer": None, "answer_unscored": 1.0}


def test_aggregation_leaves_out_and_counts_what_has_no_value():
    items = [1.0, None, 0.0, 0.5, None]
    assert mean_of_scored(items) == 0.5
    assert count_unscored(items) == 2
    assert math.isnan(mean_of_scored([None]))
