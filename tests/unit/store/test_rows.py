"""Records survive the trip through rows and Parquet exactly, and what cannot be kept is refused by name."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.records import (
    Cost,
    Dropped,
    Example,
    ExampleKind,
    Finish,
    Form,
    Granularity,
    Message,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS, from_row, record_id, schema, to_row

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
odd = st.sampled_from(["\x00", "e\u0301", "\U0001f9ee", "\u2028", "\ufeffx", "\u202e١", "\r\n"])
words = texts | odd
numbers = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-(2**63), 2**63 - 1)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(words, anything, max_size=3)
object_lists = st.lists(objects, max_size=2).map(tuple)
word_lists = st.lists(words, max_size=4).map(tuple)
prompts = words | st.lists(st.builds(Message, words, words), max_size=3).map(tuple)

problems = st.builds(
    Problem,
    task=words,
    prompt=prompts,
    reference=st.none() | words,
    subset=words,
    language=words,
    uid=st.none() | words,
    tests=object_lists,
    instructions=object_lists,
    meta=objects,
    made_by=words,
)
solutions = st.builds(
    Solution,
    problem=words,
    steps=word_lists,
    finish=st.sampled_from(Finish),
    answer=st.none() | words,
    tokens=st.none() | integers,
    engine=words,
    seed=integers,
    sample=integers,
    made_by=words,
)
costs = st.builds(Cost, integers, integers, integers, integers, numbers)
verdicts = st.builds(
    lambda outcome, **rest: Verdict(value=outcome[0], unscored=outcome[1], **rest),
    outcome=st.tuples(numbers, st.none()) | st.tuples(st.none(), st.sampled_from(Unscored)),
    problem=words,
    solution=words,
    verifier=words,
    form=st.sampled_from(Form),
    granularity=st.sampled_from(Granularity),
    step_scores=st.lists(numbers, max_size=4).map(tuple),
    first_error=st.none() | st.integers(-1, 100),
    critique=st.none() | words,
    correction=st.none() | words,
    cost=costs,
    detail=objects,
    made_by=words,
)
examples = st.builds(
    lambda pairs, **rest: Example(
        completions=tuple(p[0] for p in pairs), labels=tuple(p[1] for p in pairs), **rest
    ),
    pairs=st.lists(st.tuples(words, numbers), max_size=4),
    kind=st.sampled_from([ExampleKind.STEP_LABELS, ExampleKind.CRITIQUE]),
    prompt=prompts,
    problem=words,
    solutions=word_lists,
    source=words,
    made_by=words,
)
dropped = st.builds(
    Dropped, what=words, reason=words, source=words, row=st.none() | integers, detail=objects
)
records = st.one_of(problems, solutions, verdicts, examples, dropped)


@given(records)
@settings(max_examples=300, deadline=None)
def test_a_row_gives_the_record_back_with_its_id(record):
    row = to_row(record)
    assert row["id"] == record_id(record)
    assert list(row) == schema(type(record)).names
    assert from_row(type(record), row) == record


@pytest.mark.parametrize("kind", list(FOLDERS))
def test_parquet_gives_the_records_back_in_order(kind):
    strategy = {
        Problem: problems,
        Solution: solutions,
        Verdict: verdicts,
        Example: examples,
        Dropped: dropped,
    }[kind]

    @given(st.lists(strategy, max_size=5))
    @settings(max_examples=25, deadline=None)
    def check(some):
        with tempfile.TemporaryDirectory() as folder:
            table = Table(Path(folder), kind)
            table.write_piece(0, some)
            assert list(table.read()) == some
            assert table.count() == len(some)

    check()


@given(records, st.data())
@settings(max_examples=100, deadline=None)
def test_a_lone_surrogate_is_refused_by_field(record, data):
    """Whichever text field it stands in."""
    names = [n for n, v in vars(record).items() if isinstance(v, str) and type(v) is str]
    name = data.draw(st.sampled_from(sorted(set(names) - {"id"})))
    object.__setattr__(record, name, "a\ud800b")
    record.__dict__.pop("id", None)
    with pytest.raises(InputError, match="lone surrogate") as caught:
        to_row(record)
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Solution("p", ("fine", "\udfff")), "steps"),
        (Problem("t", "p", meta={"k": ["\ud800"]}), "meta"),
        (Problem("t", (Message("user", "\ud800"),)), "chat"),
        (Problem("t", "p", tests=({"x": float("nan")},)), "tests"),
        (Solution("p", (), tokens=2**63), "tokens"),
        (Solution("p", (), seed=1.5), "seed"),
        (Solution("p", "not a list of steps"), "steps"),
        (
            Verdict("p", "s", "v", Form.SCORE, Granularity.STEP, 1.0, step_scores=(float("nan"),)),
            "step_scores",
        ),
        (Verdict("p", "s", "v", Form.SCORE, Granularity.STEP, float("inf")), "value"),
        (Verdict("p", "s", "v", Form.SCORE, Granularity.STEP, 1.0, cost=Cost(calls=2**70)), "cost"),
    ],
)
def test_what_no_file_can_hold_is_refused_by_field(record, field):
    with pytest.raises(InputError) as caught:
        to_row(record)
    assert caught.value.field == field


def test_whole_numbers_given_for_floats_read_back_under_the_same_id():
    """The id of a verdict of 1 and of 1.0 differ; the row keeps the one that reading will find."""
    given_int = Verdict("p", "s", "v", Form.BINARY, Granularity.STEP, 1, step_scores=(1, 0.5))
    as_float = Verdict("p", "s", "v", Form.BINARY, Granularity.STEP, 1.0, step_scores=(1.0, 0.5))
    assert to_row(given_int)["id"] == as_float.id
    assert from_row(Verdict, to_row(given_int)).id == as_float.id
    kind = ExampleKind.STEP_LABELS
    assert from_row(Example, to_row(Example(kind, "p", ("a",), (1,)))).labels == (1.0,)


GOOD = to_row(Solution("p", ("one", "two"), Finish.STOP, "2", tokens=7, engine="m"))


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"steps": "one"}, "steps", "a list of texts"),
        ({"steps": ["one", 2]}, "steps", "a list of texts"),
        ({"finish": "halt"}, "finish", "one of stop, length, given"),
        ({"tokens": "7"}, "tokens", "a 64-bit integer or null"),
        ({"tokens": True}, "tokens", "a 64-bit integer or null"),
        ({"engine": None}, "engine", "expected text, got None"),
        ({"grade": 1}, "grade", "no such column"),
        ({"answer": "3", "id": "0" * 32}, "id", "does not fit"),
        ({"steps": ["one"]}, "id", "does not fit"),
    ],
)
def test_a_foreign_row_is_refused_with_file_row_and_field(change, field, message):
    with pytest.raises(InputError, match=message) as caught:
        from_row(Solution, {**GOOD, **change}, file="a.parquet", index=12)
    assert (caught.value.file, caught.value.row, caught.value.field) == ("a.parquet", 12, field)
    assert str(caught.value).startswith(f"a.parquet, row 12, field {field!r}: ")


def test_a_missing_column_takes_its_default_unless_it_is_required():
    assert from_row(Solution, {"problem": "p", "steps": ["a"]}) == Solution("p", ("a",))
    with pytest.raises(InputError, match="expected a list of texts, got none"):
        from_row(Solution, {"problem": "p"})
    with pytest.raises(InputError, match="expected text, got none") as caught:
        from_row(Problem, {"task": "t"})
    assert caught.value.field == "prompt"


def test_a_row_that_breaks_the_record_is_refused():
    row = to_row(Verdict("p", "s", "v", Form.BINARY, Granularity.STEP, 1.0))
    with pytest.raises(InputError, match="a value or a reason"):
        from_row(Verdict, {**row, "unscored": "engine"})
    both = {**to_row(Problem("t", "p")), "chat": json.dumps([{"role": "user", "content": "p"}])}
    with pytest.raises(InputError, match="has both"):
        from_row(Problem, both)
    with pytest.raises(InputError, match="role"):
        from_row(Problem, {"task": "t", "chat": json.dumps([{"content": "p"}])})
