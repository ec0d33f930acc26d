"""Whole samples: the same streams as ``Sample``, and every character of the text."""

import asyncio

from veriloop.engines.scripted import Scripted
from veriloop.protocols import Completion
from veriloop.records import Finish, Problem
from veriloop.search import KINDS
from veriloop.search.sample import Sample
from veriloop.search.whole import Whole
from veriloop.testing import check_search

PROBLEM = Problem("code", "Write f.")
CODE = "```python\ndef f():\n    x = 1\n\n    return x\n```\n"


def search(sample, text):
    engine = Scripted(lambda request: Completion(text, Finish.STOP))
    return asyncio.run(sample.search(PROBLEM, engine))


def test_the_contract_of_a_search():
    asyncio.run(check_search(Whole(n=3, seed=5), PROBLEM, Scripted({}, default=[CODE, "no"])))
    assert KINDS["whole"] == f"{Whole.__module__}:{Whole.__name__}"


def test_white_space_is_kept():
    (solution,) = search(Whole(1), CODE)
    assert solution.steps == (CODE,)
    assert solution.text == CODE
    (cut,) = search(Sample(1), CODE)
    assert "\n    return x" not in cut.text  # why this search exists
    assert solution.made_by == repr(Whole(1))


def test_no_text_is_no_step():
    assert [s.steps for s in search(Whole(2), " \n\n")] == [(), ()]


def test_the_same_streams_as_sample():
    whole, cut = Scripted({}, default="x"), Scripted({}, default="x")
    asyncio.run(Whole(3, seed=7).search(PROBLEM, whole))
    asyncio.run(Sample(3, seed=7).search(PROBLEM, cut))
    assert whole.requests == cut.requests
