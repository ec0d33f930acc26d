"""Shared fixtures. Threads are pinned before torch can load: contended OpenMP threads run many times slower.

Property tests draw the same examples each time, so that a failure is the change's; ``make fuzz`` draws new ones.
"""

import functools
import gc
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as below, for the programs that tests start

import pytest
import typer.testing
from hypothesis import settings

# Bytecode is kept whatever the environment says: rewriting the asserts of all test files is half of what collecting
# them costs each worker.
sys.dont_write_bytecode = False
# Building the tree of all commands takes 0.1 s, and the runner would do it again for every line that is tried.
typer.testing._get_command = functools.cache(typer.main.get_command)

settings.register_profile("suite", derandomize=True)
settings.register_profile("fuzz", derandomize=False, print_blob=True)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Without looking for garbage: what collecting makes (torch, 8,000 items) stays to the end. A third of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data():
    """A whole public set by its folder name; the test skips, saying so, where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(
                f"needs the public set {name!r} in ../shared/data (see tests/data/README.md)"
            )
        return path

    return find
