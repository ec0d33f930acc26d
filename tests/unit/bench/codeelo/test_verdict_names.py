"""Names of verdicts: ours, the Codeforces API's, words for people; what is pending; what nobody knows."""

import pytest

from veriloop.bench.codeelo.verdict_names import verdict_named
from veriloop.codejudge.verdicts import Code

# The verdicts of the Codeforces API's Submission object.
API = """
FAILED OK PARTIAL COMPILATION_ERROR RUNTIME_ERROR WRONG_ANSWER PRESENTATION_ERROR TIME_LIMIT_EXCEEDED
MEMORY_LIMIT_EXCEEDED IDLENESS_LIMIT_EXCEEDED SECURITY_VIOLATED CRASHED INPUT_PREPARATION_CRASHED
CHALLENGED SKIPPED TESTING REJECTED
"""


def test_our_own_letters_are_themselves():
    assert [verdict_named(code.value) for code in Code] == list(Code)
    assert verdict_named("ac") is Code.AC


def test_every_verdict_of_the_api_is_known():
    failed = {"FAILED", "CRASHED", "INPUT_PREPARATION_CRASHED"}
    assert {name for name in API.split() if verdict_named(name) is Code.JE} == failed
    assert verdict_named("TESTING") is None
    assert [verdict_named(n) for n in ("OK", "CHALLENGED", "REJECTED", "SKIPPED")] == [
        Code.AC,
        Code.WA,
        Code.WA,
        Code.SK,
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Accepted", Code.AC),
        ("Wrong answer on test 2", Code.WA),
        ("Wrong answer on pretest 12", Code.WA),
        ("Time limit exceeded on test 3", Code.TLE),
        ("Memory limit exceeded [test 3]", Code.MLE),
        ("Idleness limit exceeded on test 1", Code.ILE),
        ("Runtime error on test 5", Code.RE),
        ("Compilation error", Code.CE),
        ("Judge Failed", Code.JE),
        ("Denial of judgement", Code.JE),
        ("RTE", Code.RE),
    ],
)
def test_words_for_people(said, code):
    assert verdict_named(said) is code


@pytest.mark.parametrize("said", [None, "", "In queue", "Running on test 7", "testing", "Pending"])
def test_no_verdict_yet(said):
    assert verdict_named(said) is None


@pytest.mark.parametrize("said", ["Gremlins", "0", 7, "maybe AC", "TEST"])
def test_what_nobody_knows_is_a_judge_error_and_no_wrong_answer(said):
    assert verdict_named(said) is Code.JE
