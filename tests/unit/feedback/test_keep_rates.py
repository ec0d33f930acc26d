"""Keep rates are counts of critiques: checked against counting by hand, and gates in their order."""

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.keep_rates import BY, GateRate, KeepRates, Rate
from veriloop.protocols import Kept
from veriloop.records import (
    Dropped,
    Example,
    ExampleKind,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)

FATES = st.sampled_from(
    [
        "kept",
        "unseen",
        "verdict: no correction",
        "accepts: rejects",
        "accepts: engine",
        "leak: it speaks of a reference",
    ]
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["qwen", "llama", ""]),
        st.sampled_from(["4", "$4$", "5", None]),
        st.sampled_from([1.0, 0.0, None]),
        FATES,
    ),
    max_size=6,
)


def made_of(number, rows):
    problem = Problem("t", f"q{number}", subset="odd" if number % 2 else "")
    solutions = tuple(
        Solution(problem.id, ("x",), answer=answer, engine=engine, sample=i)
        for i, (engine, answer, *_) in enumerate(rows)
    )
    labels = tuple(
        Verdict(
            problem.id,
            s.id,
            "answer",
            Form.BINARY,
            Granularity.TRAJECTORY,
            value,
            Unscored.CHECKER if value is None else None,
        )
        for s, (*_, value, _) in zip(solutions, rows, strict=True)
    )
    fates = [(s, fate) for s, (*_, fate) in zip(solutions, rows, strict=True)]
    kept = Kept(
        tuple(
            Example(ExampleKind.CRITIQUE, "q", ("c",), (1.0,), solutions=(s.id,))
            for s, fate in fates
            if fate == "kept"
        ),
        tuple(Dropped(s.id, fate, problem.id) for s, fate in fates if ": " in fate),
    )
    return Group(problem, solutions, labels), kept


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, max_size=4))
def test_rates_are_counts(made):
    pairs = [made_of(number, rows) for number, rows in enumerate(made)]
    rates = KeepRates().add_all(pairs)
    kept, of = Counter(), Counter()
    for number, rows in enumerate(made):
        answers = str(len({a.strip("$") for _, a, *_ in rows if a}))
        for engine, _, value, fate in rows:
            keys = [
                ("all", "all"),
                ("source", "odd" if number % 2 else "(none)"),
                ("answers", answers),
                ("model", engine or "(none)"),
                ("class", {1.0: "right", 0.0: "wrong", None: "(none)"}[value]),
            ]
            for key in keys:
                kept[key] += fate == "kept"
                of[key] += fate != "unseen"
    assert rates.overall == Rate("all", kept["all", "all"], of["all", "all"])
    for what in BY:
        expected = {Rate(n, kept[w, n], of[w, n]) for w, n in of if w == what and of[w, n]}
        assert set(rates.by(what)) == expected
        assert len(rates.by(what)) == len(expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, max_size=4))
def test_what_comes_to_a_gate_is_what_the_one_before_let_through(made):
    rates = KeepRates().add_all(made_of(i, rows) for i, rows in enumerate(made))
    gates = rates.by_gate()
    assert [g.name for g in gates] == [
        *("verdict", "accepts", "answer", "agreement", "last-step", "leak")
    ]
    assert gates[0].of == rates.overall.of
    assert all(after.of == before.kept for before, after in itertools.pairwise(gates))
    assert gates[-1].kept == rates.overall.kept
    assert all(g.of - g.kept == sum(n for _, n in g.reasons) for g in gates)


def test_gates_by_hand():
    rows = [("e", "4", 1.0, "kept")] * 3 + [("e", "5", 0.0, "accepts: rejects")] * 2
    rows += [("e", "5", 0.0, "accepts: engine"), ("e", "5", 0.0, "leak: it speaks of a reference")]
    rates = KeepRates(gates=("accepts",))
    rates.add(*made_of(1, rows))
    assert rates.by_gate() == (
        GateRate("verdict", 7, 7),
        GateRate("accepts", 4, 7, (("rejects", 2), ("engine", 1))),
        GateRate("leak", 3, 4, (("it speaks of a reference", 1),)),
    )
    told = rates.to_json(lambda kept, of: (0.0, 1.0))
    assert told["all"] == {
        "name": "all",
        "kept": 3,
        "of": 7,
        "share": 3 / 7,
        "interval": [0.0, 1.0],
    }
    assert [r["name"] for r in told["answers"]] == ["2"]
    assert told["gates"][1] == {
        **{"name": "accepts", "kept": 4, "of": 7, "share": 4 / 7, "interval": [0.0, 1.0]},
        **{"removed": 3, "reasons": {"rejects": 2, "engine": 1}},
    }


def test_nothing_counted_has_no_share():
    told = KeepRates().to_json(lambda kept, of: (kept / of, kept / of))
    assert told["all"] == {"name": "all", "kept": 0, "of": 0}
    assert told["source"] == []


def test_numbers_of_answers_stand_in_order_and_corrections_are_no_students():
    rates = KeepRates()
    for number in (10, 2, 1):
        rows = [("e", str(i), 1.0, "kept") for i in range(number)]
        group, kept = made_of(number, rows)
        extra = Solution(group.problem.id, ("x",), answer="99", engine="correction of e")
        rates.add(Group(group.problem, (*group.solutions, extra), group.verdicts), kept)
    assert [r.name for r in rates.by("answers")] == ["1", "2", "10"]
    assert rates.by("model") == (Rate("e", 13, 13),)


def test_which_answers_are_the_same_is_handed_in():
    rows = [("e", "4", 1.0, "kept"), ("e", "5", 1.0, "kept")]
    rates = KeepRates()
    rates.add(*made_of(1, rows), key=lambda problem, answer: "same")
    assert [r.name for r in rates.by("answers")] == ["1"]
