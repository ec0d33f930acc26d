"""A fingerprint follows content, not place or time, and sees a change at either end of a large file."""

import os

from veriloop.engines.fingerprints import TOKENIZER, folder_fingerprint

MIB = 1 << 20


def folder(path, weights=b"w" * 100, template="t"):
    path.mkdir()
    (path / "config.json").write_text("{}")
    (path / "chat_template.jinja").write_text(template)
    (path / "model.safetensors").write_bytes(weights)
    return path


def test_equal_folders_are_equal_wherever_and_whenever(tmp_path):
    one, two = folder(tmp_path / "a"), folder(tmp_path / "b")
    os.utime(two / "config.json", (1, 1))
    (two / "README.md").write_text("not part of it")
    assert folder_fingerprint(one) == folder_fingerprint(str(two))


def test_every_change_that_can_matter_is_seen(tmp_path):
    big = bytearray(5 * MIB)
    prints = {folder_fingerprint(folder(tmp_path / "plain", bytes(big)))}
    for name, at in (("first", 0), ("mib", MIB - 1), ("end", 5 * MIB - 1), ("tail", 4 * MIB)):
        changed = bytearray(big)
        changed[at] = 1
        prints.add(folder_fingerprint(folder(tmp_path / name, bytes(changed))))
    prints.add(folder_fingerprint(folder(tmp_path / "longer", bytes(big) + b"x")))
    prints.add(folder_fingerprint(folder(tmp_path / "template", bytes(big), "other")))
    assert len(prints) == 7


def test_a_tokenizer_is_known_without_its_weights(tmp_path):
    one, two = folder(tmp_path / "a", b"1"), folder(tmp_path / "b", b"2")
    assert folder_fingerprint(one, TOKENIZER) == folder_fingerprint(two, TOKENIZER)
    assert folder_fingerprint(one) != folder_fingerprint(two)


def test_no_folder_has_no_fingerprint(tmp_path):
    assert folder_fingerprint(tmp_path / "absent") is None
