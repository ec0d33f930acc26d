"""Boxes for the programs of these tests: the strongest isolation that the machine has."""

import pytest

from veriloop.codejudge.compiling import Compiler
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.rulings import Ready
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.pool import Sandbox


@pytest.fixture(scope="session")
def sandbox():
    found = [t for key in ("c", "javascript", "python") if (t := toolchain(key))]
    binds = [(str(f), str(f)) for t in found for f in t.folders]
    with Sandbox.open(slots=3, binds=binds) as opened:
        yield opened


@pytest.fixture(scope="session")
def build(sandbox):
    """Compiles a program, ready under the limits of a jury's program or those given."""
    compiler = Compiler()

    def ready(source: str | bytes, language: str = "python", *, defines=(), **limits) -> Ready:
        text = source.encode() if isinstance(source, str) else source
        built = compiler.build(text, language, lease=sandbox.lease, defines=defines)
        assert not built.refused, built.message
        return built.ready(Limits(**({"cpu_s": 10.0, "memory": 512 * MIB} | limits)))

    return ready


@pytest.fixture
def box(sandbox):
    with sandbox.lease() as leased:
        yield leased


@pytest.fixture
def boxes(sandbox):
    with sandbox.lease() as first, sandbox.lease() as second:
        yield first, second
