"""An extraction has a value or a reason, never both, never neither."""

import pytest

from veriloop.text.extraction import Extraction


def test_a_value_needs_no_reason_and_a_reason_no_value():
    assert Extraction("C", (0, 1), "json").value == "C"
    assert Extraction(None, reason="empty").reason == "empty"


@pytest.mark.parametrize(("value", "reason"), [(None, ""), ("C", "no letter")])
def test_neither_and_both_are_refused(value, reason):
    with pytest.raises(ValueError, match="a value or a reason"):
        Extraction(value, reason=reason)


def test_the_repr_rebuilds_it():
    found = Extraction("18", (3, 5), "boxed")
    assert eval(repr(found)) == found
