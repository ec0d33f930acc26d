"""Reports survive JSON, and the Codeforces names are those that its API has."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.codejudge.reports import CODEFORCES, from_codeforces, from_row, to_row
from veriloop.codejudge.verdicts import Code, Report, TestResult
from veriloop.errors import InputError
from veriloop.sandbox.outcomes import Isolation, Mode

# codeforces.com/apiHelp/objects, Submission.verdict.
API = {
    "FAILED", "OK", "PARTIAL", "COMPILATION_ERROR", "RUNTIME_ERROR", "WRONG_ANSWER", "PRESENTATION_ERROR",
    "TIME_LIMIT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "IDLENESS_LIMIT_EXCEEDED", "SECURITY_VIOLATED", "CRASHED",
    "INPUT_PREPARATION_CRASHED", "CHALLENGED", "SKIPPED", "TESTING", "REJECTED",
}  # fmt: skip

finite = st.floats(0, 100, allow_nan=False)
results = st.builds(
    TestResult,
    st.text(max_size=5),
    st.sampled_from(Code),
    st.none() | st.floats(0, 1),
    cpu_s=finite,
    peak=st.integers(0, 2**40),
    exit=st.none() | st.integers(0, 255),
    message=st.text(max_size=20),
    borderline=st.booleans(),
)
isolations = st.none() | st.builds(
    Isolation, st.sampled_from(Mode), st.sampled_from(["native", "python"]), st.just(("seccomp",))
)


@settings(max_examples=50, deadline=None)
@given(
    st.builds(
        Report, st.text(max_size=5), st.just("c"), st.sampled_from(Code), st.none() | st.floats(0, 1),
        st.lists(results, max_size=3).map(tuple), isolation=isolations, policy=st.just("default"),
    )
)  # fmt: skip
def test_a_report_comes_back_from_json_as_it_was(report):
    row = json.loads(json.dumps(to_row(report), allow_nan=False))
    assert from_row(row) == report
    assert from_row(row | {"name": "a.c", "source": "x"}) == report


@pytest.mark.parametrize("row", [{}, {"code": "XX"}, {"code": "AC", "tests": [{}]}, {"code": "AC"}])
def test_what_is_no_report_is_refused(row):
    with pytest.raises(InputError, match="no report"):
        from_row(row)


def test_every_verdict_has_a_name_of_the_codeforces_api_and_every_name_a_verdict():
    assert set(CODEFORCES) == set(Code)
    assert set(CODEFORCES.values()) <= API
    assert {from_codeforces(name) for name in API} <= set(Code)
    for code, name in CODEFORCES.items():
        assert from_codeforces(name) is (Code.RE if code is Code.OLE else code)
    with pytest.raises(InputError, match="Codeforces"):
        from_codeforces("ACCEPTED")
