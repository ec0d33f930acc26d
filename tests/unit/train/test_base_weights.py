import xxhash

from veriloop.train.base_weights import weights_of


def test_the_hash_is_of_the_bytes_in_the_order_of_names_wherever_they_lie(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "b.safetensors").write_bytes(b"two")
        (tmp_path / name / "a.safetensors").write_bytes(b"one")
    expected = xxhash.xxh3_128_hexdigest(b"onetwo")
    assert weights_of(str(tmp_path / "here")) == weights_of(str(tmp_path / "there")) == expected
    (tmp_path / "there/a.safetensors").write_bytes(b"One")
    assert weights_of(str(tmp_path / "there")) != expected


def test_the_older_kind_counts_only_where_there_is_none_of_the_newer(tmp_path):
    nothing = weights_of(str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(b"old")
    assert weights_of(str(tmp_path)) == xxhash.xxh3_128_hexdigest(b"old") != nothing
    (tmp_path / "model.safetensors").write_bytes(b"new")
    assert weights_of(str(tmp_path)) == xxhash.xxh3_128_hexdigest(b"new")
