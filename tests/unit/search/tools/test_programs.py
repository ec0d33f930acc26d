"""Programs in the real sandbox: what is seen of each way to end, and that nothing measured is told."""

import asyncio

import pytest

from veriloop.errors import InputError
from veriloop.search.tools.programs import Programs


def call(code, **options):
    return asyncio.run(Programs(cpu_s=0.3, **options).call(code))


@pytest.mark.parametrize(
    ("code", "ok", "says"),
    [
        ("print(6 * 7)", True, "42"),
        ("", True, "(the program printed nothing)"),
        ("print('seen')\n1/0", False, "ZeroDivisionError: division by zero\n(exit code 1)"),
        ("print(", False, "SyntaxError"),
        ("import sys; sys.exit(3)", False, "(exit code 3)"),
        ("import time; time.sleep(9)", False, "(stopped: over the time limit of 0.3 s)"),
        ("x = [0] * 10**9", False, "(stopped: over the memory limit of 64 MiB)"),
        ("import socket; socket.socket()", False, "Error"),
        ("open('/tmp/a', 'w').write('b'); print(open('/tmp/a').read())", True, "b"),
        ("print(open('/tmp/a').read())", False, "FileNotFoundError"),
    ],
)
def test_each_way_to_end(code, ok, says):
    seen = call(code, memory_mb=64)
    assert seen.ok is ok
    assert says in (seen.text or seen.error)
    if "seen" in code:
        assert seen.error.startswith("seen\n"), "what it had printed is kept"


def test_output_is_bounded():
    seen = call("print('x' * 10**6)", output=1000)
    assert not seen.ok
    assert seen.error.endswith("(stopped: over the limit of 1000 bytes of output)")
    assert len(seen.error) < 1100


def test_what_a_program_prints_on_an_input():
    run = Programs().printed("print(int(input()) + 1)", language="python", stdin="4\n")
    assert asyncio.run(run) == "5"
    nothing = Programs().printed("pass", language="python", stdin="")
    assert asyncio.run(nothing) == "(nothing)"


def test_what_cannot_be_is_refused_at_once():
    with pytest.raises(InputError, match="no language is called 'cobol'"):
        Programs("cobol")
    with pytest.raises(ValueError, match="cpu_s must be positive"):
        Programs(cpu_s=0)
    with pytest.raises(ValueError, match="at least 1"):
        Programs(output=0)
    assert "more than 262,144 bytes" in call("#" * 300_000).error
