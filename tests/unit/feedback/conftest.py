"""Random groups of solutions with verdicts of every form, some without a value, some missing."""

import pytest
from hypothesis import strategies as st

from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)

PROBLEM = Problem("t", "What is 2 + 2?", "4")


def solution(index: int, text: str | None = None, finish: Finish = Finish.STOP) -> Solution:
    steps = (f"try {index}", f"so {index}") if text is None else tuple(filter(None, (text,)))
    return Solution(PROBLEM.id, steps, finish, engine="e", sample=index)


def verdict(of: Solution, value: float | Unscored, form: Form = Form.SCORE, **more) -> Verdict:
    has = {"unscored": value} if isinstance(value, Unscored) else {"value": value}
    return Verdict(PROBLEM.id, of.id, "v", form, Granularity.TRAJECTORY, **has, **more)


def make_group(*values: float | Unscored | None, form: Form = Form.SCORE, texts=None) -> Group:
    """One solution for each value; None has no verdict."""
    solutions = tuple(solution(i, texts and texts[i]) for i in range(len(values)))
    pairs = zip(solutions, values, strict=True)
    return Group(PROBLEM, solutions, tuple(verdict(s, v, form) for s, v in pairs if v is not None))


@st.composite
def _groups(draw) -> Group:
    form = draw(st.sampled_from(Form))
    value = {
        Form.BINARY: st.sampled_from([0.0, 1.0]),
        Form.RANKING: st.integers(0, 4).map(float),
    }.get(form, st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0]))
    values = draw(st.lists(st.one_of(value, st.sampled_from([*Unscored]), st.none()), max_size=8))
    solutions = tuple(
        solution(
            i,
            draw(st.sampled_from(["a", "b", "1 + 1 = 2", "c\n1+1=2", ""])),
            draw(st.sampled_from([Finish.STOP, Finish.STOP, Finish.LENGTH])),
        )
        for i in range(len(values))
    )
    said = zip(solutions, values, strict=True)
    return Group(PROBLEM, solutions, tuple(verdict(s, v, form) for s, v in said if v is not None))


@pytest.fixture(scope="session")
def groups():
    return _groups()


@pytest.fixture(scope="session")
def group_of():
    return make_group


@pytest.fixture(scope="session")
def verdict_on():
    return verdict
