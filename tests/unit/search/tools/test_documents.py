"""Documents as passages: folders, files, rows, and what bad ones are told."""

import pytest

from veriloop.errors import InputError
from veriloop.search.tools.documents import MOST_BYTES, Passage, read_passages


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    (tmp_path / "b.txt").write_text("one\nline\n\n\ntwo\n", encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("\ufeff# Head", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"text": " row ", "title": "T"}\n\n{"text": "r2"}\n')
    (tmp_path / ".hidden.txt").write_text("no")
    (tmp_path / "d.pdf").write_bytes(b"\xff")
    assert read_passages(tmp_path) == (
        Passage("# Head", "a/x.md"),
        Passage("one\nline", "b.txt"),
        Passage("two", "b.txt"),
        Passage("row", "T"),
        Passage("r2", "c.jsonl, row 3"),
    )


@pytest.mark.parametrize(
    ("name", "content", "says", "row"),
    [
        ("a.jsonl", b'{"text": "a"}\n{', "not JSON", 2),
        ("a.jsonl", b'{"text": "a"}\n["b"]', "a row is", 2),
        ("a.jsonl", b'{"text": " "}', "the text not empty", 1),
        ("a.txt", b"\xff\xfe", "not UTF-8", None),
        ("a.txt", b"  \n", "no passage is here", None),
    ],
)
def test_what_cannot_be_read_names_its_place(tmp_path, name, content, says, row):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        read_passages(tmp_path / name)
    assert caught.value.row == row
    assert name in caught.value.file


def test_nothing_is_there(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_passages(tmp_path / "none")
    with pytest.raises(InputError, match="no passage is here"):
        read_passages(tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    """A corpus of others may hold ``notes.txt -> /home/me/key``: what a model can look up lies in the folder."""
    (tmp_path / "key").write_text("secret")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").symlink_to(folder / "a.txt")
    assert len(read_passages(folder)) == 2
    (folder / "c.txt").symlink_to(tmp_path / "key")
    with pytest.raises(InputError, match="a link that leads out of the folder"):
        read_passages(folder)


def test_more_than_memory_should_hold_is_refused_unread(tmp_path):
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # sparse: nothing is written
    with pytest.raises(InputError, match="256 MiB of documents, and at most 256"):
        read_passages(tmp_path)
