"""The small known worlds that searches are tried in, as fixtures."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _beside(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


_forest, _loops = _beside("forest"), _beside("loops")


@pytest.fixture(scope="session")
def forest():
    return _forest


@pytest.fixture(scope="session")
def loops():
    return _loops
