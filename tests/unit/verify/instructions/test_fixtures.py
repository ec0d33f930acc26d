"""Answers in ten languages that were written for the instructions, not for these checks, each with what a reader says.

The files were made apart from the code. ``loose`` is as ``follows`` where it is not named.
"""

import json
from pathlib import Path

import pytest

from veriloop.verify.instructions.checking import KINDS, follows, follows_loosely

FOLDER = Path(__file__).resolve().parents[3] / "data" / "instructions"
FILES = sorted(FOLDER.glob("*.json"))
LANGUAGES = {"en", "zh", "ar", "es", "ja", "ko", "th", "fr", "pt", "vi"}
MIFEVAL = {
    "combination:repeat_prompt",
    "combination:two_responses",
    "detectable_content:number_placeholders",
    "detectable_content:postscript",
    "detectable_format:constrained_response",
    "detectable_format:json_format",
    "detectable_format:number_bullet_lists",
    "detectable_format:number_highlighted_sections",
    "detectable_format:title",
    "keywords:forbidden_words",
    "length_constraints:nth_paragraph_first_word",
    "length_constraints:number_paragraphs",
    "length_constraints:number_sentences",
    "length_constraints:number_words",
    "punctuation:no_comma",
    "startend:end_checker",
    "startend:quotation",
}


def read(path):
    told = json.loads(path.read_text("utf-8"))
    return told["language"], told["rows"], told["omitted"]


def test_there_is_a_file_for_each_language():
    assert {read(path)[0] for path in FILES} == LANGUAGES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_answer_is_judged_as_a_reader_does(path):
    language, rows, _ = read(path)
    wrong = []
    for row in rows:
        one = {"id": row["id"], "kwargs": row["kwargs"]}
        prompt = row.get("prompt", "")
        strict = follows(one, row["answer"], language=language, prompt=prompt)
        loose = follows_loosely(one, row["answer"], language=language, prompt=prompt)
        if (strict.value, loose.value) != (row["follows"], row.get("loose", row["follows"])):
            wrong.append((row["id"], row["answer"][:80], strict, loose.value))
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_kind_has_an_answer_that_follows_and_one_that_does_not(path):
    language, rows, omitted = read(path)
    asked = set(KINDS) if language == "en" else MIFEVAL
    for kind in asked - set(omitted):
        assert {row["follows"] for row in rows if row["id"] == kind} == {True, False}, kind
