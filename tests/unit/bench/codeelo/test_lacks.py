"""What a problem lacks: one case for each."""

from pathlib import Path

import pytest

from veriloop.bench.codeelo.lacks import DOUBTFUL, UNJUDGED, Lack, lacks
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.codejudge.problem import JuryProgram, Test

WHOLE = {
    "div": "Div. 3",
    "rating": 800,
    "tags": ("dp",),
    "time_limit_ms": 1000,
    "memory_limit_mb": 256,
    "compare": "tokens",
    "tests": (Test("1", b"1", b"1"),),
}
JURY = JuryProgram(Path("check.py"), "python")


def missing(name="1971A", contests=(1971,), **changes):
    found = lacks([CodeEloProblem(name, **{**WHOLE, **changes})], contests=contests)
    return list(found.by_problem.get(name, ()))


def test_a_whole_problem_lacks_nothing():
    assert missing() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tests": ()}, [Lack.TESTS]),
        ({"compare": ""}, []),
        ({"compare": "", "output": "print any of them"}, [Lack.CHECKER]),
        ({"compare": "", "output": "in any case"}, [Lack.COMPARATOR]),
        ({"compare": "", "checker": JURY, "output": "print any of them"}, []),
        ({"interaction": "talk"}, [Lack.INTERACTOR]),
        ({"interaction": "talk", "interactor": JURY}, []),
        ({"time_limit_ms": None}, [Lack.TIME]),
        ({"memory_limit_mb": None}, [Lack.MEMORY]),
        ({"rating": None}, [Lack.RATING]),
        ({"tags": ()}, [Lack.TAGS]),
        ({"name": "digjump"}, [Lack.CONTEST]),
        ({"contests": ()}, [Lack.STANDINGS]),
        ({"contests": (), "div": "Div. 2"}, [Lack.STANDINGS, Lack.SCORING]),
        ({"contests": None, "div": "Div. 2"}, []),
    ],
)
def test_each_lack(changes, expected):
    assert missing(**changes) == expected


def test_counts_and_names():
    found = lacks(
        [
            CodeEloProblem("1A"),
            CodeEloProblem("1B", **{**WHOLE, "compare": "", "output": "in any case"}),
            CodeEloProblem("1C", **WHOLE),
        ]
    )
    assert found.problems == 3
    assert found.counts()[Lack.COMPARATOR] == 1
    assert found.having(UNJUDGED) == ["1A"]
    assert found.having(DOUBTFUL) == ["1B"]
