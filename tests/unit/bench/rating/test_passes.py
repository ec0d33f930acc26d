import itertools
from statistics import mean

import pytest

from veriloop.bench.rating.passes import ProblemFacts, facts_of, pass_shares, read_facts
from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError

BOOTSTRAP = Bootstrap(resamples=200)


def attempts(problem, text):
    return ProblemVerdicts("m", problem, tuple(text.split()))


ROWS = [
    attempts("1A", "WA AC AC WA"),
    attempts("1B", "AC WA WA WA"),
    attempts("1C", "WA WA WA WA"),
    attempts("1D", "JE WA AC AC"),
]
FACTS = {
    "1A": ProblemFacts("1A", 800, ("math", "dp")),
    "1B": ProblemFacts("1B", 999, ("math",)),
    "1C": ProblemFacts("1C", 3500, ("dp",)),
}


def test_the_first_k_and_all_subsets_of_k():
    shares = pass_shares(ROWS, FACTS, bootstrap=BOOTSTRAP)
    first = {k: (e.value, e.n, e.unscored) for k, e in shares.first.items()}
    assert first == {1: (25, 4, 0), 2: (75, 4, 0), 4: (pytest.approx(200 / 3), 3, 1)}
    for k in (1, 2):
        of_subsets = mean(
            mean("AC" in chosen for chosen in itertools.combinations(row.counted, k))
            for row in ROWS
        )
        assert shares.unbiased[k].value == pytest.approx(100 * of_subsets)
    assert 8 not in shares.first


def test_rates_by_difficulty_and_tag_leave_lost_attempts_out():
    shares = pass_shares([*ROWS, attempts("1E", "JE JE")], FACTS, bootstrap=BOOTSTRAP)
    assert {n: (e.value, e.n) for n, e in shares.buckets.items()} == {
        "easy": (37.5, 2),
        "hard": (0, 1),
    }
    assert {t: e.value for t, e in shares.tags.items()} == {"dp": 25, "math": 37.5}
    for e in (*shares.buckets.values(), *shares.unbiased.values()):
        assert e.low <= e.value <= e.high


def test_a_problem_of_which_all_attempts_were_lost_is_unscored():
    rows = [attempts("1A", "AC WA"), attempts("1B", "JE JE")]
    found = pass_shares(rows, FACTS, bootstrap=BOOTSTRAP)
    assert (found.buckets["easy"].value, found.buckets["easy"].n) == (50, 1)
    assert found.buckets["easy"].unscored == found.first[1].unscored == 1


@pytest.mark.parametrize(
    ("difficulty", "bucket"),
    [(799, ""), (800, "easy"), (999, "easy"), (1000, "medium"), (1299, "medium"),
     (1300, "hard"), (3500, "hard"), (3501, ""), (None, "")],
)  # fmt: skip
def test_buckets(difficulty, bucket):
    assert ProblemFacts("1A", difficulty).bucket == bucket


def test_facts_from_contests_and_from_official_records(educational_86, tmp_path):
    assert set(facts_of([educational_86])) == {f"1342{i}" for i in "ABCDEF"}
    path = tmp_path / "problems.jsonl"
    path.write_text('{"problem_id": "1A", "rating": 900, "tags": null}\n', encoding="utf-8")
    assert read_facts(path) == {"1A": ProblemFacts("1A", 900)}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"problem_id": "x"}', "problem_id"),
        ('{"problem_id": "1A", "rating": "900"}', "rating"),
        ('{"problem_id": "1A", "tags": "dp"}', "tags"),
        ("[1]", "expected an object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_record_is_named(tmp_path, line, field):
    path = tmp_path / "problems.jsonl"
    path.write_text('{"problem_id": "1A"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"row 2.*{field}"):
        read_facts(path)
