"""Lookup: the passages that answer, with their sources, and a fingerprint of what they say, not of where they lie."""

import asyncio

import pytest

from veriloop.errors import InputError
from veriloop.search.tools.lookup import Lookup

ROWS = (
    '{"text": "The Seine flows through Paris.", "title": "Seine"}\n'
    '{"text": "The Tiber flows through Rome.", "title": "Tiber"}\n'
)


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "d.jsonl").write_text(ROWS)
    return tmp_path / "d.jsonl"


def call(tool, text):
    return asyncio.run(tool.call(text))


def test_the_best_passages_stand_first(documents):
    assert call(Lookup(str(documents)), "river flows in Rome").text == (
        "[1] Tiber\nThe Tiber flows through Rome.\n\n[2] Seine\nThe Seine flows through Paris."
    )
    assert call(Lookup(str(documents), k=1), "Paris").text.startswith("[1] Seine\n")


def test_nothing_found_is_no_error_and_no_words_are_one(documents):
    assert call(Lookup(str(documents)), "zebra").text == "no passage has any of these words"
    assert not call(Lookup(str(documents)), "?!").ok


def test_the_fingerprint_is_of_the_passages(documents, tmp_path):
    other = tmp_path / "elsewhere.jsonl"
    other.write_text(ROWS)
    assert Lookup(str(documents)).fingerprint() == Lookup(str(other)).fingerprint()
    other.write_text(ROWS.replace("Rome", "Roma"))
    assert Lookup(str(documents)).fingerprint() != Lookup(str(other)).fingerprint()


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        Lookup("x", k=0)
    with pytest.raises(InputError, match="no such file"):
        call(Lookup(str(tmp_path / "none")), "a")


def test_a_query_is_bounded(documents):
    assert call(Lookup(str(documents)), "Rome " * 200).ok
    assert "write 1 to 200 words" in call(Lookup(str(documents)), "Rome " * 201).error
