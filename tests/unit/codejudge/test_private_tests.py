"""Hidden tests as LiveCodeBench packs them; pickles that do anything are refused and not run."""

import base64
import json
import pickle
import zlib
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.codejudge.private_tests import pickled_text, unpacked

TESTS = json.dumps([{"input": "1\n", "output": "é\n", "testtype": "stdin"}])


def packed(value, protocol=4):
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_json_stands_as_it_is():
    assert unpacked(TESTS) == TESTS


@given(st.text(), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_any_pickled_text_is_read(text, protocol):
    assert unpacked(packed(text, protocol)) == text
    assert pickled_text(pickle.dumps(text, protocol)) == text


def test_a_pickle_that_runs_is_refused_and_did_not_run(tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(ValueError, match="a pickle that does more than hold a text"):
        unpacked(packed(Runs(trace)))
    assert not trace.exists()
    pickle.loads(pickle.dumps(Runs(trace))).close()  # unpickled, it would have run
    assert trace.exists()


@pytest.mark.parametrize("value", [["a"], 3, None, b"x", OrderedDict(a=1), ("a", "b"), {"a": "b"}])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="pickle"):
        unpacked(packed(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither JSON nor base64 of zlib|cut short"),
        ("not base64!", "neither JSON nor base64"),
        (base64.b64encode(b"plain").decode(), "neither JSON nor base64 of zlib"),
        (packed(TESTS)[:40], "cut short|neither"),
        (base64.b64encode(zlib.compress(b"\x80\x04\x8c")).decode(), "not a pickle of a text"),
        (base64.b64encode(zlib.compress(b".")).decode(), "it holds 0"),
        (base64.b64encode(zlib.compress(b"r\xff\xff\xff\x7f" * 2)).decode(), "not a pickle"),
    ],
)
def test_what_is_damaged_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        unpacked(text)


def test_a_bomb_is_stopped_at_its_size():
    bomb = base64.b64encode(zlib.compress(b"\0" * (1 << 22))).decode()
    with pytest.raises(ValueError, match="unpacks to more than 1000 bytes"):
        unpacked(bomb, most=1000)
