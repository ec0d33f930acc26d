"""A repr rebuilds what it shows, however the parts are nested."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.protocols import Completion, Sampling
from veriloop.records import Finish
from veriloop.search.sample import Sample
from veriloop.testing import check_repr
from veriloop.testing.rebuild import require
from veriloop.text.chats import Chat


@dataclass(frozen=True)
class Holder:
    parts: tuple
    where: Path = Path("a")
    table: dict = field(default_factory=dict)


def test_nested_parts_enums_and_paths_are_found():
    check_repr(Sample(n=2, sampling=Sampling(stop=("#",)), chat=Chat(system="s")))
    told = Completion("x", Finish.LENGTH, 1, (-0.5,))
    check_repr(Holder((Sampling(), [Chat()]), Path("b"), {"k": Scripted({"q": told})}))
    check_repr("not a dataclass")


def test_what_cannot_be_rebuilt_is_told_what_to_do():
    with pytest.raises(AssertionError, match=r"field\(init=False, repr=False\)"):
        check_repr(Scripted(lambda request: "a"))


def test_require_speaks_only_where_something_fails():
    require(True, "silent")
    with pytest.raises(AssertionError, match="says why"):
        require(False, "says why")
