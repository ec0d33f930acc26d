"""Fields of raw rows: what is refused, and that the error names the field."""

import math

import pytest

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.formats import Labels, labelled
from veriloop.store.formats import fields as f


@pytest.mark.parametrize("value", [-100, -0.01, 1.01, math.nan, math.inf, True, "1", None, [1]])
def test_a_label_out_of_range_is_named(value):
    with pytest.raises(InputError, match="expected a number from 0 to 1, got") as caught:
        f.scores({"scores": [1, value]}, "scores", 2)
    assert caught.value.field == "scores[1]"


def test_labels_pair_with_steps():
    assert f.scores({"s": [1, 0, 0.5]}, "s", 3) == (1.0, 0.0, 0.5)
    assert {type(x) for x in f.scores({"s": [1, 0]}, "s", 2)} == {float}
    for wrong in ([1], [1, 1, 1], None, "11"):
        with pytest.raises(InputError, match="expected 2 labels, one a step, got"):
            f.scores({"s": wrong}, "s", 2)


@pytest.mark.parametrize("value", [None, [], "text", [1], ["a", None]])
def test_steps_are_a_list_of_texts(value):
    with pytest.raises(InputError, match="a list of texts, at least one") as caught:
        f.texts({"steps": value}, "steps")
    assert caught.value.field == "steps"
    assert f.texts({"steps": ["a", ""]}, "steps") == ("a", "")


def test_texts():
    assert f.problem_text({"q": " 1 + 1? "}, "q") == " 1 + 1? "
    assert f.maybe_text({}, "q") is None
    for wrong in (" \n", "", None, 3):
        with pytest.raises(InputError) as caught:
            f.problem_text({"q": wrong}, "q", field="question.q")
        assert caught.value.field == "question.q"
    with pytest.raises(InputError, match="expected text, got 3"):
        f.maybe_text({"q": 3}, "q")


def test_what_a_format_sets_aside_is_its_own():
    problem = Problem("made-up", "1 + 1?")
    detail = f.set_aside("scan", {"level": 3})
    item = labelled(problem, Solution(problem.id, ("2",)), Labels("mc", (1.0,), detail=detail))
    assert f.kept(item, "scan") == {"level": 3}
    assert f.kept(item, "trl") == {}
    assert f.set_aside("scan", {}) == {}


def test_labels_up_to_the_first_error():
    assert f.until(-1, ["a", "b"]) == (1.0, 1.0)
    assert f.until(0, ["a", "b"]) == (0.0,)
    assert f.until(1, ["a", "b", "c"]) == (1.0, 0.0)


def test_white_space_around_a_text():
    for text in ("a", " a", "a\n", "\n\n a b\t", "", " \n"):
        before, after = f.white(text)
        assert before + text.strip() + after == text
        assert not (before + after).strip()
