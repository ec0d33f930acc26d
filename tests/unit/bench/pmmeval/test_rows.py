"""Rows of every task in the columns of the release and of its copies, and rows that cannot be used."""

from pathlib import Path

import pytest

from veriloop.bench.pmmeval.layouts import Place
from veriloop.bench.pmmeval.rows import read_row
from veriloop.errors import InputError

OPTIONS = {"option_1": "one", "option_2": "two", "option_3": "three", "option_4": "four"}
NO_COMMA = {"instruction_id_list": ["punctuation:no_comma"]}
END = {"instruction_id_list": ["startend:end_checker"]}
LETTERED = {"A": "one", "B": "two", "C": "three", "D": "four"}


def read(task, row, *, subset=""):
    place = Place(Path("x.jsonl"), "x.jsonl", task, "en", "release", subset)
    return read_row(row, place, 7)


def refused(task, row):
    with pytest.raises(InputError) as caught:
        read(task, row)
    return caught.value


@pytest.mark.parametrize(
    ("task", "row", "fields", "gold"),
    [
        (
            "xnli",
            {"premise": "p", "statement": "s", "answer": "c"},
            {"premise": "p", "statement": "s"},
            "C",
        ),
        (
            "mhellaswag",
            {"ctx": "c", **OPTIONS, "label": 3, "activity_label": "x"},
            {"context": "c", **LETTERED, "activity": "x"},
            "D",
        ),
        (
            "mhellaswag",
            {"question": "c", **LETTERED, "answer": "B"},
            {"context": "c", **LETTERED, "activity": ""},
            "B",
        ),
        (
            "mlogiqa",
            {"context": "c", "question": "q", **OPTIONS, "answer": "0"},
            {"context": "c", "question": "q", **LETTERED},
            "A",
        ),
        (
            "mmmlu",
            {"Question": "q", **LETTERED, "Answer": "D", "Subject": "anatomy"},
            {"question": "q", **LETTERED, "subject": "anatomy"},
            "D",
        ),
        ("mgsm", {"question": "q", "answer": "276,000"}, {"question": "q"}, "276000"),
        ("mgsm", {"question": "q", "answer": 18}, {"question": "q"}, "18"),
        ("mgsm", {"question": "q", "answer": "18.0"}, {"question": "q"}, "18"),
        ("mgsm", {"question": "q", "answer_number": "-5"}, {"question": "q"}, "-5"),
        ("flores", {"src": "Hello.", "tgt": "안녕."}, {"source": "Hello."}, "안녕."),
    ],
)
def test_columns_of_the_release_and_of_copies(task, row, fields, gold):
    item = read(task, row)
    assert (item.fields, item.gold) == (fields, gold)
    assert (item.row, item.source, item.language, item.uid) == (7, "x.jsonl", "en", None)


def test_numbers_as_options_are_texts():
    assert read("mmmlu", {"question": "q", **LETTERED, "A": 17, "answer": "A"}).text("A") == "17"


def test_subsets():
    row = {"question": "q", **LETTERED, "answer": "A", "difficulty": "hard"}
    assert read("mmmlu", row).subset == "hard"
    assert read("mmmlu", row, subset="easy").subset == "easy"  # the folder knows best


def test_programs_have_no_gold_and_state_their_key():
    row = {
        "task_id": "python/3", "prompt": "def f():", "entry_point": "f", "test": "assert f()", "language": "python",
    }  # fmt: skip
    item = read("humaneval_xl", row)
    assert (item.gold, item.subset, item.uid) == (None, "python", "humaneval-xl-python/3")
    assert (item.text("declaration"), item.text("description")) == ("", "")


def test_instructions_lose_the_nulls_that_columns_fill_in():
    row = {
        "key": 12, "prompt": "p", "instruction_id_list": ["length_constraints:number_words"],
        "kwargs": [{"num_words": 300, "relation": "at least", "end_phrase": None}],
    }  # fmt: skip
    item = read("mifeval", row)
    assert item.fields["kwargs"] == [{"num_words": 300, "relation": "at least"}]
    assert item.uid == "mifeval-12"


def test_a_stated_key_and_a_null_one():
    assert read("mgsm", {"uid": "mgsm-3", "question": "q", "answer": "1"}).uid == "mgsm-3"
    row = {"uid": None, "key": 4, "prompt": "p", **NO_COMMA, "kwargs": [{}]}
    assert read("mifeval", row).uid is None


def test_prompts_without_their_arguments():
    """A copy that lost the texts: usable where nothing is lacking, a guess is never used."""
    row = {"uid": "m", "question": "p", "instruction_id_list": ["detectable_format:number_bullet_lists"],
           "kwargs_numeric": {"num_bullets": 4}, "kwargs_text_missing": []}  # fmt: skip
    assert read("mifeval", row).fields["kwargs"] == [{"num_bullets": 4}]
    row = {"uid": "m", "question": "p", "instruction_id_list": ["combination:repeat_prompt"],
           "kwargs_numeric": {"prompt_to_repeat_guess": "p"}, "kwargs_text_missing": ["prompt_to_repeat"]}  # fmt: skip
    error = refused("mifeval", row)
    assert (error.field, error.message) == (
        "kwargs", "the copy lacks the text of prompt_to_repeat"
    )  # fmt: skip
    error = refused("mifeval", {**row, "kwargs_text_missing": []})
    assert error.message == "combination:repeat_prompt needs a text, got None"


@pytest.mark.parametrize(
    ("task", "row", "field", "says"),
    [
        ("xnli", {"premise": "p", "statement": "s", "answer": "D"}, "answer", "one of A, B, C"),
        ("xnli", {"premise": "p", "statement": " ", "answer": "A"}, "statement", "empty"),
        ("xnli", {"premise": "p", "statement": "s"}, "answer", "no column answer or label"),
        ("mhellaswag", {"ctx": "c", **OPTIONS, "label": 4}, "label", "its number from 0, got 4"),
        ("mhellaswag", {"ctx": "c", **OPTIONS, "label": True}, "label", "got True"),
        ("mhellaswag", {"ctx": "c", **OPTIONS, "label": "²"}, "label", "one of A, B, C, D"),
        ("mlogiqa", {"context": "c", "question": "q", "A": "x", "answer": 0}, "B", "no column B or option_2"),
        ("mmmlu", {"question": 5, **LETTERED, "answer": "A"}, "question", "expected a text, got 5"),
        ("mgsm", {"question": "", "answer": "17"}, "question", "empty"),
        ("mgsm", {"question": "q", "answer": "many"}, "answer", "whole number"),
        ("mgsm", {"question": "q", "answer": "1.5"}, "answer", "whole number"),
        ("flores", {"src": "Hello."}, "tgt", "no column tgt or target"),
        ("humaneval_xl", {"prompt": "p", "test": "t"}, "entry_point", "no column entry_point"),
        ("mifeval", {"prompt": "p", "instruction_id_list": []}, "instruction_id_list", "a list of instruction"),
        ("mifeval", {"prompt": "p", **NO_COMMA}, "kwargs", "a list of objects"),
        ("mifeval", {"prompt": "p", **NO_COMMA, "kwargs": []}, "kwargs", "1 instr"),
        ("mifeval", {"prompt": "p", **END, "kwargs": [{}]}, "end_phrase", "needs a text, got None"),
        ("mifeval", {"prompt": "p", **END, "kwargs": [{"end_phrase": 3}]}, "end_phrase", "got 3"),
        ("mifeval", {"prompt": "p", "instruction_id_list": ["x:y"], "kwargs": [{}]}, "id", "got 'x:y'"),
        ("mifeval", {"prompt": "p", **END, "kwargs": ["x"]}, "kwargs", "objec"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_name_their_field(task, row, field, says):
    error = refused(task, row)
    assert error.field == field
    assert says in error.message
    assert "\n" not in str(error)


def test_rows_that_are_no_objects():
    assert "an object with columns" in refused("mgsm", ["q", "1"]).message
    assert refused("mgsm", InputError("not JSON")).message == "not JSON"
