"""Who may reach a server; the servers themselves, keys included, are in test_model.py and test_judge.py."""

import pytest

from veriloop.errors import InputError
from veriloop.serve.reach import demand_key, is_loopback, listen


def test_what_is_loopback():
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("example.org")


@pytest.mark.parametrize(
    ("host", "key", "says"),
    [
        ("0.0.0.0", None, "give a key"),
        ("example.org", None, "give a key"),
        ("0.0.0.0", " ", "the key is empty"),
        ("127.0.0.1", "", "the key is empty"),
    ],
)
def test_a_key_is_needed_beyond_loopback_and_is_never_empty(host, key, says):
    with pytest.raises(InputError, match=says):
        demand_key(host, key)


def test_no_key_is_needed_on_loopback():
    demand_key("127.0.0.1", None)
    demand_key("0.0.0.0", "k")


def test_a_host_that_there_is_not_is_one_line():
    with pytest.raises(InputError, match=r"^cannot listen on no\.such\.host\.invalid:0: [^\n]+$"):
        listen("no.such.host.invalid", 0)
