"""What a check is given and says."""

import pytest

from veriloop.verify.instructions.followed import Followed, Given, compared, counted
from veriloop.verify.instructions.tables import rules_of


def test_what_cannot_be_told_needs_a_reason():
    with pytest.raises(ValueError, match="needs a reason"):
        Followed(None, "")
    assert eval(repr(Followed(None, "short"))) == Followed(None, "short")


@pytest.mark.parametrize(
    ("found", "less", "least"), [(4, True, False), (5, False, True), (6, False, True)]
)
def test_relations_at_their_edge(found, less, least):
    assert compared(found, "less than", 5, "words").value is less
    assert compared(found, "at least", 5, "words").value is least


@pytest.mark.parametrize(
    ("found", "exactly", "least"), [(2, False, False), (3, True, True), (4, False, True)]
)
def test_counts(found, exactly, least):
    assert counted(found, 3, "bullets", exactly=True).value is exactly
    assert counted(found, 3, "bullets", exactly=False) == Followed(
        least, f"{found} of at least 3 bullets"
    )


def test_fields_are_read_as_what_they_are():
    given = Given(" text ", {"n": 3.0, "words": ["a", "b"], "word": "a"}, rules_of("en"))
    assert (given.count("n"), given.texts("words"), given.text("word")) == (3, ("a", "b"), "a")
    assert given.stripped == "text"
