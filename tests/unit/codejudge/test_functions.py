"""Function problems: HumanEval's own solutions pass, and a candidate cannot grade itself."""

import json
from pathlib import Path

import pytest

from veriloop.codejudge import functions
from veriloop.codejudge.deciding import Bounds
from veriloop.codejudge.interactive import Interactor
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

DATA = Path(__file__).parents[2] / "data"


def read(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


HUMAN_EVAL = read("human_eval_sample.jsonl")
MULTILINGUAL = read("human_eval_xl_sample.jsonl")
# HumanEval-XL has no JavaScript solutions: these are ours.
JAVASCRIPT = {
    "belowZero": "let b = 0; for (const x of operations) { b += x; if (b < 0) return true; } return false; }",
    "checkDictCase": (
        "const all = Object.keys(dict); if (!all.length) return false;"
        "const bare = all.map((k) => k.split(String.fromCharCode(34)).join(''));"
        "const letters = bare.every((k) => /^[A-Za-z]+$/.test(k));"
        "return letters && (bare.every((k) => k === k.toLowerCase())"
        " || bare.every((k) => k === k.toUpperCase())); }"
    ),
}


@pytest.fixture
def judge(build, boxes):
    """The first ruling or ending that is not AC over a problem's tests, else the last."""

    def verdict(problem, submission, *, time_s=2.0):
        javascript = submission.language == "javascript"
        if javascript and toolchain("javascript") is None:
            pytest.skip("needs node")
        program = build(submission.source, submission.language, cpu_s=time_s, memory=512 * MIB)
        jury = problem.interactor
        interactor = Interactor(build(jury.source.read_bytes(), jury.language), patience_s=0.5)
        boxes[0].load(program.files)
        memory = (1024 if javascript else 512) * MIB
        said = None
        for test in problem.tests:
            talk = interactor.talk(
                boxes, test, submission=program, bounds=Bounds(time_s, memory, 64 * MIB)
            )
            said = talk.ended or (talk.ruling.code, talk.ruling.message)
            if said[0] is not Code.AC:
                break
        return said

    return verdict


@pytest.mark.parametrize("row", HUMAN_EVAL, ids=lambda r: r["entry_point"])
def test_the_published_solution_passes_and_an_empty_body_does_not(judge, row):
    problem = functions.human_eval(row)
    for body, code in ((row["canonical_solution"], Code.AC), ("    pass\n", Code.WA)):
        program = functions.submission(functions.complete(row, body), row["entry_point"])
        said = judge(problem, program)
        assert said[0] is code, said


@pytest.mark.parametrize("row", MULTILINGUAL, ids=lambda r: f"{r['language']}-{r['entry_point']}")
def test_rows_in_other_languages_pass_and_fail_alike(judge, row):
    language, entry = row["language"], row["entry_point"]
    problem = functions.human_eval(row, language=language)
    right = JAVASCRIPT[entry] if language == "javascript" else row["canonical_solution"]
    wrong = "return [[]]; }" if language == "javascript" else "    return [[]]\n"
    for body, code in ((right, Code.AC), (wrong, Code.WA)):
        program = functions.submission(functions.complete(row, body), entry, language=language)
        said = judge(problem, program)
        assert said[0] is code, said


def row(tests, entry="f", prelude="def f(x):\n    pass\n"):
    return {"task_id": "own/0", "prompt": prelude, "entry_point": entry, "test": tests}


PLAIN = row(
    "def check(candidate):\n    assert candidate(3) == 9\n    assert candidate([1]) == [1, 1]\n"
)

FRAUDS = {
    "early exit": "import sys\ndef f(x): sys.exit(0)",
    "exit at once": "import os\nos._exit(0)",
    "exit in a call": "import os\ndef f(x): os._exit(0)",
    "equal to everything": "class A:\n    def __eq__(self, other): return True\ndef f(x): return A()",
    "equal list": "class A(list):\n    def __eq__(self, other): return True\ndef f(x): return A()",
    "equal number": "class A(int):\n    def __eq__(self, other): return True\ndef f(x): return A(1)",
    "frames": (
        "import sys\ndef f(x):\n    g = sys._getframe(1)\n"
        "    while g: g.f_globals.update(check=lambda c: None); g = g.f_back\n"
    ),
    "builtins": "import builtins\nbuiltins.AssertionError = None\nbuiltins.all = lambda x: True\ndef f(x): return 0",
    "json": "import json\njson.loads = json.dumps = lambda *a, **k: True\ndef f(x): return True",
    "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(x): raise SystemExit",
    "assertion": "def f(x): raise AssertionError",
    "writes to the wire": (
        "import os\nfor fd in range(3, 9):\n"
        "    try: os.write(fd, b'[\"value\", 9]\\n' * 9)\n    except OSError: pass\n"
        "def f(x): return 0"
    ),
    "prints": "print('[\"value\", 9]')\ndef f(x): print('[\"value\", 9]')",
    "main": (
        "import sys\nmain = sys.modules['__main__']\nmain.Proxy = None\n"
        "main.judge = lambda *a: ''\ndef f(x): pass"
    ),
    "deep": "def f(x):\n    r = []\n    for _ in range(100000): r = [r]\n    return r",
    "cycle": "def f(x):\n    r = []\n    r.append(r)\n    return r",
    "huge": "def f(x): return 'x' * ((16 << 20) + 1)",
    "huge number": "def f(x): return 1 << (1 << 23)",
    "base exception": "class E(BaseException): pass\ndef f(x): raise E",
    "sends garbage": (
        "import os\ndef f(x):\n    for fd in range(3, 9):\n"
        "        try: os.write(fd, b'\\xff{[\\n')\n        except OSError: pass\n    return 9"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", FRAUDS.values(), ids=FRAUDS.keys())
def test_a_candidate_that_attacks_the_grading_is_refused(judge, code):
    said = judge(functions.human_eval(PLAIN), functions.submission(code, "f"))
    assert said[0] in (Code.WA, Code.RE), said


def test_the_same_tests_accept_an_honest_function_that_prints(judge):
    code = "print('loaded')\ndef f(x):\n    print('called', x)\n    return x * x if x == 3 else x * 2\n"
    said = judge(functions.human_eval(PLAIN), functions.submission(code, "f"))
    assert said[0] is Code.AC, said


@pytest.mark.parametrize(
    ("code", "verdict", "words"),
    [
        ("def f(x) return 1", Code.RE, "SyntaxError"),
        ("def g(x): return 1", Code.RE, "defines no function 'f'"),
        ("import nothing_of_the_kind", Code.RE, "ModuleNotFoundError"),
        ("def f(x):\n    while True: pass", Code.TLE, ""),
        ("def f(x): return x.y", Code.WA, "AttributeError: 'int' object has no attribute 'y'"),
        ("def f(x): return 8", Code.WA, "AssertionError:  at assert candidate(3) == 9"),
        ("def f(x): return object()", Code.WA, "object is not plain data"),
        ("def f(x): return (i for i in [9])", Code.WA, "generator is not plain data"),
        ("class Solution:\n    def f(self, x): return x * x if x == 3 else x * 2", Code.AC, ""),
    ],
)
def test_what_is_wrong_with_a_candidate_is_told(judge, code, verdict, words):
    said = judge(functions.human_eval(PLAIN), functions.submission(code, "f"), time_s=0.2)
    assert (said[0], words in said[1]) == (verdict, True), said


def test_exceptions_of_the_candidate_arrive_as_what_they_are(judge):
    tests = (
        "def check(candidate):\n"
        "    for kind in (ValueError, KeyError, ZeroDivisionError):\n"
        "        try: candidate(kind.__name__)\n"
        "        except kind as error: assert 'no' in str(error)\n"
        "        else: assert False\n"
    )
    code = "import builtins\ndef f(x): raise getattr(builtins, x)('no')"
    assert judge(functions.human_eval(row(tests)), functions.submission(code, "f"))[0] is Code.AC


@pytest.mark.parametrize(
    "tests",
    [
        "def check(candidate: pass",
        "def check(candidate):\n    candidate(print)\n",
        "def check(c): exit(0)",
    ],
)
def test_broken_tests_are_the_jurys_fault(judge, tests):
    problem = functions.human_eval(row(tests))
    said = judge(problem, functions.submission("def f(x): return 1", "f"))
    assert said[0] is Code.JE or "NameError" in said[1], said  # no exit() without site


def test_tests_that_call_nothing_accept_nothing(judge):
    problem = functions.human_eval(row("def check(candidate):\n    pass\n"))
    said = judge(problem, functions.submission("def f(x): return 1", "f"))
    assert said[0] is Code.WA
    assert "never called" in said[1]


CASES = [(([3, 1, 2], 1), [1, 3]), (([], 5), []), (([2, 2], 2), [2, 2])]


@pytest.mark.parametrize(
    ("language", "code", "verdict"),
    [
        ("python", "class Solution:\n  def pick(self, a, n): return sorted(x for x in a if not (x - n) % 2)", Code.AC),
        ("python", "def pick(xs, n): return tuple(sorted(x for x in xs if (x - n) % 2 == 0))", Code.AC),
        ("python", "def pick(xs, n): return xs", Code.WA),
        ("javascript", "var pick = (xs, n) => xs.filter((x) => (x - n) % 2 === 0).sort((a, b) => a - b);", Code.AC),
        ("javascript", "function pick(xs, n) { process.exit(0); }", Code.WA),
        ("javascript", "console.log('[\"value\",1]'); function pick(xs, n) { throw 1; }", Code.WA),
        ("javascript", "function pick(xs, n) {", Code.RE),
    ],
)  # fmt: skip
def test_calls_with_plain_json(judge, language, code, verdict):
    problem = functions.calls("own", CASES)
    said = judge(problem, functions.submission(code, "pick", language=language))
    assert said[0] is verdict, said


def test_numbers_of_calls_have_a_tolerance_only_where_one_is_given(judge):
    submission = functions.submission("def f(x): return x / 3", "f")
    cases = [([1], 0.333333), ([3], 1)]
    assert judge(functions.calls("own", cases), submission)[0] is Code.WA
    assert judge(functions.calls("own", cases, tolerance=1e-5), submission)[0] is Code.AC


def test_lodash_is_the_one_function_that_the_tests_use(judge):
    tests = (
        "const _ = require('lodash');\n"
        "if (!_.isEqual(f(1), {a: [1, NaN, {b: null}]})) throw 'unequal';\n"
        "if (_.isEqual(f(1), {a: [1, NaN, {b: undefined}]})) throw 'null is not undefined';\n"
        "if (_.isEqual([f(2)], [[]])) throw 'an object is no array';\n"
    )
    problem = functions.human_eval(row(tests, prelude="function f(x) {\n"), language="javascript")
    code = "function f(x) { return x === 1 ? {a: [1, NaN, {b: null}]} : {}; }"
    said = judge(problem, functions.submission(code, "f", language="javascript"))
    assert said[0] is Code.AC, said


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: functions.human_eval({"task_id": "x/1", "prompt": "p", "entry_point": "f"}), "test"),
        (lambda: functions.human_eval(row("print(1)")), "test"),
        (lambda: functions.human_eval(row("def check(candidate): pass", entry="f; import os")), "entry_point"),
        (lambda: functions.submission("", "f", language="cpp17"), "language"),
        (lambda: functions.submission("", "f()"), "entry_point"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_names_its_field(call, field):
    with pytest.raises(InputError) as told:
        call()
    assert told.value.field == field
    assert "\n" not in str(told.value)
