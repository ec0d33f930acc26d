"""Errors: one teaching line, where it came from, and they cross process boundaries."""

import pickle

import pytest

from veriloop import errors


def test_input_errors_name_file_row_and_field():
    error = errors.InputError("expected text, got 3", file="a.jsonl", row=7, field="question")
    assert str(error) == "a.jsonl, row 7, field 'question': expected text, got 3"
    assert str(errors.InputError("no rows")) == "no rows"


def test_every_error_is_in_the_tree_and_pickles():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)]
    assert len(kinds) == 11
    for kind in kinds:
        assert issubclass(kind, errors.VeriloopError)
        assert kind.__name__ in (errors.__doc__ or "") or kind is errors.VeriloopError
    error = errors.InputError("m", file="f", row=0, field="x")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row) == (str(error), 0)
    missing = errors.MissingExtra("vllm", "vllm", "the offline engine")
    assert str(pickle.loads(pickle.dumps(missing))) == str(missing)
    assert "pip install 'veriloop[vllm]'" in str(missing)


def test_a_boundary_notes_where_a_failure_came_from():
    with pytest.raises(KeyError) as caught, errors.boundary("verify", "judge"):
        raise KeyError("x")
    assert caught.value.__notes__ == ["in verify: judge"]
