"""The small known world that guided searches are tried in, as a fixture."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("forest", Path(__file__).with_name("forest.py"))
assert _spec is not None
assert _spec.loader is not None
_forest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_forest)


@pytest.fixture(scope="session")
def forest():
    return _forest
