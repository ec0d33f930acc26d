"""Only regular files inside the folder are named; tests are paired by name and sorted as people count."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.codejudge.places import folder_inside, inside, natural, paired, readable, regular
from veriloop.errors import InputError


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def names(folder):
    return [
        (t.name, t.input.name, t.answer.name if t.answer else None)
        for t in paired(folder, folder, file="here")
    ]


def test_every_way_of_naming_pairs_is_read(tmp_path):
    folder = write(
        tmp_path, "1.in", "1.out", "2.in", "2.ans", "03", "03.a", "10.input", "10.answer", "b/1.in",
        "notes.txt", "README", ".hidden.in",
    )  # fmt: skip
    assert names(folder) == [
        ("1", "1.in", "1.out"),
        ("2", "2.in", "2.ans"),
        ("03", "03", "03.a"),
        ("10", "10.input", "10.answer"),
        ("b/1", "1.in", None),
    ]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (["1.in", "1.input"], "the test '1' has two inputs: 1.in and 1.input"),
        (["1.in", "1"], "two inputs"),
        (["1.in", "1.out", "1.ans"], "two answers: 1.ans and 1.out"),
        (["1.out"], "the test '1' has an answer and no input"),
    ],
)
def test_pairs_that_contradict_are_refused(tmp_path, files, why):
    with pytest.raises(InputError, match=f"here: .*{why}"):
        names(write(tmp_path, *files))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", "a\0b", ".."])
def test_names_that_lead_out_are_refused(tmp_path, name):
    (tmp_path.parent / "x").write_text("secret")
    for find in (inside, folder_inside):
        with pytest.raises(InputError, match=r"f, field 'source': .*does not name a"):
            find(tmp_path, name, file="f", field="source")


def test_links_are_followed_within_the_folder_only(tmp_path):
    root = tmp_path / "p"
    root.mkdir()
    write(root, "real.in")
    write(tmp_path, "secret.in")
    (root / "in.in").symlink_to("real.in")
    (root / "out.in").symlink_to("../secret.in")
    (root / "circle.in").symlink_to("circle.in")
    (root / "up").symlink_to("..")
    assert inside(root, "in.in", file="f", field="x").read_bytes() == b"real.in"
    with pytest.raises(InputError, match=r"f, field 'x': 'out.in' is a link out of"):
        inside(root, "out.in", file="f", field="x")
    with pytest.raises(InputError, match=r"'up/secret.in' is a link out of"):
        inside(root, "up/secret.in", file="f", field="x")
    with pytest.raises(InputError, match=r"'circle.in' is not there"):
        inside(root, "circle.in", file="f", field="x")
    with pytest.raises(InputError, match="'up' is a link out of"):
        folder_inside(root, "up", file="f", field="x")
    (root / "circle.in").unlink()
    with pytest.raises(InputError, match="is a link out of"):
        paired(root, root, file="f")


def test_what_is_no_file_is_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "pipe.in")  # opening it would wait for ever
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"'pipe.in' is a FIFO"):
        paired(tmp_path, tmp_path, file="f")
    with pytest.raises(InputError, match="'folder' is a folder"):
        inside(tmp_path, "folder", file="f", field="x")
    with pytest.raises(InputError, match="is not there"):
        inside(tmp_path, "absent", file="f", field="x")
    (tmp_path / "null").symlink_to("/dev/null")
    with pytest.raises(InputError, match="is a link out of"):
        regular(tmp_path / "null", tmp_path, file="f")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 10**6)), max_size=8))
def test_numbers_in_names_sort_as_numbers(parts):
    written = [f"{letter}{number}" for letter, number in parts]
    assert sorted(written, key=natural) == [f"{a}{b}" for a, b in sorted(parts)]


def test_a_file_that_the_system_does_not_give_is_one_line():
    why = r"problem: cannot be read: No such file .*\(/absent\)"
    with pytest.raises(InputError, match=why), readable("problem"):
        Path("/absent").read_bytes()
