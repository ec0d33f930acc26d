"""What a tool answers, and that every shipped tool fits the shape and never raises on what a model wrote."""

import asyncio
import dataclasses
import importlib

import pytest

from veriloop.search.tools import KINDS
from veriloop.search.tools.grammar import check_names
from veriloop.search.tools.observation import Observation


def opened(tmp_path):
    (tmp_path / "d.txt").write_text("Paris is in France.")
    (tmp_path / "g.tsv").write_text("Paris\tcapital of\tFrance\n")
    paths = {"lookup": (str(tmp_path / "d.txt"),), "graph": (str(tmp_path / "g.tsv"),)}
    for name, target in KINDS.items():
        module, _, kind = target.partition(":")
        yield getattr(importlib.import_module(module), kind)(*paths.get(name, ()))


def test_an_observation_is_a_text_or_an_error():
    assert Observation("4").ok
    assert not Observation(error="no").ok


@pytest.mark.parametrize("text", ["", "a|b|c|d", "\x00", "((((", "\ud800 é" * 900])
def test_no_tool_raises_on_what_a_model_writes_and_the_same_call_says_the_same(tmp_path, text):
    async def twice(tool):
        return await tool.call(text), await tool.call(text)

    for tool in opened(tmp_path):
        first, second = asyncio.run(twice(tool))
        assert isinstance(first, Observation)
        assert first == second


def test_kinds_are_sorted_frozen_and_can_stand_in_a_tag(tmp_path):
    assert list(KINDS) == sorted(KINDS)
    tools = list(opened(tmp_path))
    check_names(tools)
    assert [tool.name for tool in tools] == list(KINDS)
    assert all(type(tool).__dataclass_params__.frozen for tool in tools)
    assert all(dataclasses.replace(tool) == tool for tool in tools)
