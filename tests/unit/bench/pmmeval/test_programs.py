"""Programs of answers: which is meant, what the official cut leaves of it, and what the sandbox says."""

import asyncio

import pytest

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.outcomes import UNJUDGED
from veriloop.bench.pmmeval.programs import Programs, defines, why_unjudged
from veriloop.bench.pmmeval.prompting import asked
from veriloop.bench.pmmeval.scorers import judged_of
from veriloop.records import Group, Solution, Unscored

PYTHON = Item(
    "humaneval_xl",
    "es",
    0,
    {
        "prompt": 'import math\n\n\ndef area(r: float) -> int:\n    """ El área.\n    """\n',
        "entry_point": "area",
        "test": "def check(candidate):\n    assert candidate(1) == 3\n    assert candidate(2.0) == 12\n",
        "declaration": "import math\n\n\ndef area(r: float) -> int:\n",
        "description": "El área.",
    },
    None,
    "humaneval-xl-python/0",
    "python",
)
SCRIPT = Item(
    "humaneval_xl",
    "es",
    0,
    {
        "prompt": "/**\n * El doble.\n */\nfunction twice(x) {\n",
        "entry_point": "twice",
        "test": 'const _ = require("lodash")\nif (!_.isEqual(twice(2), 4)) { throw "1" }\n',
        "declaration": "",
        "description": "El doble.",
    },
    None,
    "humaneval-xl-javascript/0",
    "javascript",
)
BODY = "    return int(math.pi * r * r)\n"
TYPED = f"def area(r: float) -> int:\n{BODY}"
WHOLE = f"def area(r):\n{BODY}"


def judged(item, answer, scoring):
    problem = asked(item, "en")
    solution = Solution(problem.id, (answer,) if answer else ())
    (verdict,) = asyncio.run(Programs(scoring).verify(Group(problem, (solution,))))
    found = judged_of(verdict)
    return (found.value, found.rule if found.value is not None else found.reason)


@pytest.mark.parametrize(
    ("item", "answer", "fixed", "official"),
    [
        (PYTHON, f"Claro:\n```python\n{TYPED}```\nListo.", (1.0, "block"), 1.0),
        (PYTHON, f"Claro:\n```python\n{WHOLE}```\nListo.", (1.0, "block"), 0.0),  # not the prompt's own head
        (PYTHON, f"```python\nimport math\n\n{WHOLE}```", (1.0, "block"), 0.0),  # cut at the second line
        (PYTHON, f"```\n{BODY}```", (1.0, "body"), 1.0),
        (PYTHON, BODY, (1.0, "completion"), 1.0),
        (PYTHON, f"import math\n{WHOLE}", (1.0, "bare"), 0.0),
        (PYTHON, WHOLE.replace("r * r", "r"), (0.0, "bare"), 0.0),
        (PYTHON, f"<think>```python\nx\n```</think>```python\n{WHOLE}```", (1.0, "block"), 0.0),  # the first block
        (PYTHON, "No lo sé.", (None, "no code block"), 0.0),
        (PYTHON, "", (None, "empty"), 0.0),
        (SCRIPT, "```javascript\nfunction twice(x) {\n  return 2 * x;\n}\n```", (1.0, "block"), 0.0),  # never closed
        (SCRIPT, "  return 2 * x;\n}", (1.0, "completion"), 1.0),
    ],
)  # fmt: skip
def test_which_program_is_meant(item, answer, fixed, official):
    assert judged(item, answer, "fixed") == fixed
    assert judged(item, answer, "official") == (official, "cut")


def test_a_judge_that_fails_is_no_zero():
    class Broken:
        def judge(self, problem, submission, *, stop_at_first=True):
            from veriloop.codejudge.verdicts import Code, Report

            return Report(problem.name, "python", Code.JE, None)

    problem = asked(PYTHON, "en")
    group = Group(problem, (Solution(problem.id, (WHOLE,)),))
    (verdict,) = asyncio.run(Programs("fixed", judge=Broken()).verify(group))
    assert (verdict.value, verdict.unscored) == (None, Unscored.CHECKER)
    assert judged_of(verdict).reason == UNJUDGED


def test_what_cannot_be_judged_is_told():
    assert why_unjudged("python") == ""
    assert "does not know scala" in why_unjudged("scala")


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("def f(x):", True), ("func f (x int) int {", True), ("sub f\n{", True), ("function f($x){", True),
        ("const f = (x) => x;", True), ("static int f(int x) throws A {", True), ("return f(x);", False),
        ("if (f(x)) {", False), ("f == 3", False), ("def ff(x):", False),
    ],
)  # fmt: skip
def test_code_that_defines_a_function(code, does):
    assert defines(code, "f") is does
