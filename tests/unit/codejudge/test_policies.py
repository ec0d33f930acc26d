"""Time policies: the default gives nobody more, a named one is what its source says, a written one is its own name."""

import pytest

from veriloop.codejudge.languages import LANGUAGES
from veriloop.codejudge.policies import POLICIES, Policy, policy
from veriloop.errors import InputError


def test_the_default_gives_every_language_the_same_time():
    assert {policy("default").factor(key) for key in LANGUAGES} == {1.0}


def test_stepfun_doubles_python_and_java_only():
    factors = {key: POLICIES["stepfun"].factor(key) for key in LANGUAGES}
    assert {k for k, f in factors.items() if f == 2} == {"python", "pypy", "java"}
    assert {f for k, f in factors.items() if k not in ("python", "pypy", "java")} == {1.0}


def test_a_policy_can_be_written_out_and_is_called_what_it_is():
    made = policy("py=3,C++=1.5")
    assert (made.factor("python"), made.factor("cpp17"), made.factor("java")) == (3, 1.5, 1)
    assert made.name == "cpp17=1.5,python=3"
    assert policy(made.name) == made
    assert eval(repr(made)) == made


@pytest.mark.parametrize(
    "spec", ["", "fast", "python", "python=", "python=0", "python=-1", "python=nan"]
)
def test_what_is_no_policy_is_refused_with_the_choices(spec):
    with pytest.raises(InputError, match="default, stepfun"):
        policy(spec)


def test_unknown_languages_and_infinite_factors_are_refused():
    with pytest.raises(InputError, match="no language is called 'cobol'"):
        policy("cobol=2")
    with pytest.raises(InputError, match="above 0"):
        Policy("endless", {"python": float("inf")})
