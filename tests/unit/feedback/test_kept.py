"""Kept fractions are counts of solutions: checked against counting by hand."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.feedback.kept import KeptFractions
from veriloop.protocols import Kept
from veriloop.records import Example, ExampleKind, Group, Problem, Solution

ENGINES = ("qwen", "llama", "")
rows = st.lists(st.tuples(st.sampled_from(ENGINES), st.integers(0, 30), st.booleans()), max_size=8)


def group_of(number: int, made: list[tuple[str, int, bool]]) -> tuple[Group, Kept]:
    problem = Problem("t", f"q{number}", subset="odd" if number % 2 else "even")
    solutions = tuple(
        Solution(problem.id, ("x",) * steps, engine=engine, sample=i)
        for i, (engine, steps, _) in enumerate(made)
    )
    examples = tuple(
        Example(ExampleKind.CRITIQUE, "q", ("x",), problem=problem.id, solutions=(s.id,))
        for s, (*_, kept) in zip(solutions, made, strict=True)
        if kept
    )
    return Group(problem, solutions), Kept(examples)


@given(st.lists(rows, max_size=5))
def test_fractions_are_counts_of_solutions(groups):
    fractions = KeptFractions()
    expected: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for number, made in enumerate(groups):
        fractions.add(*group_of(number, made))
        for engine, steps, kept in made:
            edges = [(0, "0"), (2, "1-2"), (4, "3-4"), (7, "5-7"), (12, "8-12"), (20, "13-20")]
            length = next((name for last, name in edges if steps <= last), "21+")
            for key in (
                ("all", "all"),
                ("generator", engine or "(none)"),
                ("subset", "odd" if number % 2 else "even"),
                ("steps", length),
            ):
                expected[key][0] += kept
                expected[key][1] += 1
    told = fractions.to_json()
    assert fractions.overall == tuple(expected["all", "all"])
    for by in ("generator", "subset", "steps"):
        wanted = {n: {"kept": k, "of": of} for (b, n), (k, of) in expected.items() if b == by}
        assert told[by] == wanted


def test_lengths_come_in_order_and_shares_in_percent():
    fractions = KeptFractions(by=("subset",), bins=(1, 2, 10))
    fractions.add(*group_of(0, [("", 12, True), ("", 1, False), ("", 3, True), ("", 9, True)]))
    assert list(fractions.table("steps")) == ["1", "2-9", "10+"]
    assert fractions.lines() == [
        "kept 3 of 4 (75.0 %)",
        "  subset even: 3 of 4 (75.0 %)",
        "  steps 1: 0 of 1 (0.0 %)",
        "  steps 2-9: 2 of 2 (100.0 %)",
        "  steps 10+: 1 of 1 (100.0 %)",
    ]


def test_what_cannot_be_counted_by_is_refused():
    with pytest.raises(InputError, match="generator, subset, task, not 'mood'"):
        KeptFractions(by=("mood",))
    for bins in ((), (2, 3), (1, 5, 5), (1, 5, 3)):
        with pytest.raises(InputError, match="increasing"):
            KeptFractions(bins=bins)
