"""An item's fields are read by name; a field that is no text is refused."""

import pytest

from veriloop.bench.pmmeval.items import Item


def test_texts_are_read_by_name():
    item = Item("mgsm", "en", 0, {"question": "1 + 1?"}, "2")
    assert item.text("question") == "1 + 1?"
    assert (item.uid, item.subset, item.source) == (None, "", "")


def test_a_field_that_is_no_text_is_refused():
    item = Item("mifeval", "en", 0, {"prompt": "Write.", "kwargs": [{}]})
    with pytest.raises(TypeError, match="kwargs of mifeval is a text, got list"):
        item.text("kwargs")


def test_a_field_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        Item("mgsm", "en", 0, {}).text("question")
