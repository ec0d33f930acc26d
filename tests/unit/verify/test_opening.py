import asyncio
import sys
from pathlib import Path

import pytest

from veriloop.errors import InputError
from veriloop.testing import sample_groups
from veriloop.verify.answer import Answer
from veriloop.verify.equality import MathEquality
from veriloop.verify.opening import is_outside, open_verifier

OUTSIDE = """
from veriloop.verify.answer import Answer

def strict(name="strict"):
    return Answer(name=name)

def nothing():
    return 3
"""


@pytest.fixture
def outside(tmp_path):
    """A package of somebody else on the path, with an entry point."""
    Path(tmp_path, "others_verifiers.py").write_text(OUTSIDE)
    info = tmp_path / "others-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    info.joinpath("entry_points.txt").write_text(
        "[veriloop.verifiers]\nstrict = others_verifiers:strict\n"
    )
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))
    sys.modules.pop("others_verifiers", None)


def test_a_kind_is_opened_with_its_fields(tmp_path):
    assert open_verifier("answer", name="mine") == Answer(name="mine")
    script = tmp_path / "judge.json"
    script.write_text('{"*": "<conclusion>Correct</conclusion>"}')
    judge = open_verifier("judge", engine=f"scripted:{script}", seed=3)
    assert (judge.name, judge.seed, judge.engine.name) == ("judge", 3, "scripted")
    rollouts = open_verifier("montecarlo", engine=f"scripted:{script}", k=2)
    assert (rollouts.k, rollouts.equality) == (2, MathEquality())


def test_a_verifier_is_opened_already():
    mine = Answer(name="mine")
    assert open_verifier(mine) is mine
    with pytest.raises(InputError, match="k: fields are for a verifier named by a text"):
        open_verifier(mine, k=2)


def test_a_class_or_an_entered_name_of_another_package_is_a_verifier_too(outside):
    for spec in ("others_verifiers:strict", "strict"):
        assert is_outside(spec)
        said = asyncio.run(open_verifier(spec).verify(sample_groups()[0]))
        assert [(v.verifier, v.value) for v in said] == [("strict", 1.0), ("strict", 0.0)]
    assert not is_outside("answer")
    assert not is_outside("anwser")
    assert not is_outside("http://a:b")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("anwser", "no verifier 'anwser': write a kind, MODULE:CLASS"),
        ("no_such_module:Thing", "cannot be imported: No module named 'no_such_module'"),
        ("others_verifiers:Thing", "the module 'others_verifiers' has no 'Thing'"),
        ("others_verifiers:nothing", "makes a int, which is no verifier"),
        ("judge", "the verifier 'judge' needs engine, which no option gives"),
    ],
)
def test_what_names_no_verifier_says_so(outside, spec, said):
    with pytest.raises(InputError, match=said):
        open_verifier(spec)


def test_what_no_option_gives_is_named():
    with pytest.raises(
        InputError, match="'panel' needs verifiers and rule, which no option gives: make the"
    ):
        open_verifier("panel")
    with pytest.raises(InputError, match="cannot be imported"):
        open_verifier(".relative:Kind")
