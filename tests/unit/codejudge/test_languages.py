"""The language table: names that models and people use, suffixes, and programs that are really there."""

import subprocess
from pathlib import Path

import pytest

from veriloop.codejudge.languages import (
    LANGUAGES,
    Language,
    Toolchain,
    installed,
    language,
    language_of_file,
    toolchain,
)
from veriloop.errors import InputError

WANTED = {"cpp17", "cpp20", "cpp23", "c", "python", "pypy", "java", "javascript", "rust", "go"}
OF_FUNCTIONS = {"perl", "php", "ruby"}  # HumanEval-XL's


def test_the_languages_of_the_issue_are_there():
    assert set(LANGUAGES) == WANTED | OF_FUNCTIONS
    assert list(LANGUAGES) == sorted(LANGUAGES)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("c++", "cpp17"), ("C++", "cpp17"), ("CPP", "cpp17"), ("cc", "cpp17"), ("C++20", "cpp20"),
        ("py", "python"), ("Python3", "python"), ("pypy3", "pypy"), ("JS", "javascript"),
        ("golang", "go"), ("rs", "rust"), ("Java", "java"), (" c ", "c"),
    ],
)  # fmt: skip
def test_labels_of_fences_and_people_are_known(name, key):
    assert language(name).key == key


@pytest.mark.parametrize(
    ("file", "key"),
    [("a.cpp", "cpp17"), ("a.cc", "cpp17"), ("a.C", "cpp17"), ("a.c", "c"), ("x/a.py", "python"),
     ("A.java", "java"), ("a.js", "javascript"), ("a.rs", "rust"), ("a.go", "go"), ("A.PY", "python")],
)  # fmt: skip
def test_a_suffix_stands_for_a_language(file, key):
    assert language_of_file(Path(file)) == key


def test_no_name_or_suffix_stands_for_two_languages():
    names = [n for row in LANGUAGES.values() for n in (row.key, *row.names)]
    suffixes = [s for row in LANGUAGES.values() for s in row.suffixes]
    assert len(names) == len(set(names))
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize("name", ["cobol", "", "c+++"])
def test_an_unknown_language_is_refused_with_the_list(name):
    with pytest.raises(InputError, match="cpp17"):
        language(name)
    with pytest.raises(InputError, match="--language"):
        language_of_file(Path("notes.txt"))


def test_versions_are_what_the_programs_say():
    found = installed()
    assert "c" in found  # the suite needs gcc
    for key in found:
        chain = toolchain(key)
        assert chain is not None
        assert Path(chain.compiler or chain.runner).is_file()
        assert any(c.isdigit() for c in found[key])
    said = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() in found["c"]


def test_folders_outside_the_system_are_named_so_that_a_box_can_show_them():
    for key in installed():
        chain = toolchain(key)
        assert chain is not None
        for program in (chain.compiler, chain.runner):
            shown = [Path("/usr"), *chain.folders]
            assert not program or any(Path(program).is_relative_to(f) for f in shown)


def test_contestants_text_never_becomes_an_argument_and_placeholders_of_the_box_are_left_to_it():
    row = Language("x", "X", (), (), "main.x", ("{runner}", "{box}/{other}", "-m{mib}", "{tmp}"))
    argv = Toolchain(row, "", "/usr/bin/x").fill(row.run, mib=64)
    assert argv == ["/usr/bin/x", "{box}/{other}", "-m64", "{tmp}"]
