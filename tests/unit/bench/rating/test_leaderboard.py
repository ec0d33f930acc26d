"""The published table is consistent with itself and with the set's problems."""

import json
from collections import Counter
from fractions import Fraction

from veriloop.bench.rating.leaderboard import published_codeelo
from veriloop.bench.rating.passes import BUCKETS, read_facts

BOARD = published_codeelo()


def test_it_is_the_sites_table(shared_data):
    told = json.loads((shared_data("codeelo") / "leaderboard.json").read_text(encoding="utf-8"))
    assert {m.model: m.rating for m in BOARD.models} == {
        name: row["Elo Rating"] for name, row in told.items()
    }
    for m in BOARD.models:
        row = told[m.model]
        assert all(row[name] == rating for name, rating in m.divisions.items())
        assert all(row[f"Tag: {tag}"] == share for tag, share in m.tags.items())
        assert all(row[f"Pass@{k}"] == share for k, share in m.pass_at.items())
        assert all(row[f"Pass Rate {b.title()}"] == share for b, share in m.pass_rate.items())


def test_models_stand_best_first():
    ratings = [m.rating for m in BOARD.models]
    assert ratings == sorted(ratings, reverse=True)
    assert (BOARD.models[0].model, ratings[0]) == ("o1-mini", 1578)
    assert [m.model for m in BOARD.nearest(1300, 2)] == ["o1-mini", "QwQ-32B-Preview"]


def is_multiple(percent, of):
    """Whether a percentage with two decimals can be a whole number of ``of``-ths."""
    nearest = Fraction(round(percent * of / 100), of)
    return abs(float(100 * nearest) - percent) <= 0.005 + 1e-9


def test_all_132_pass_at_k_are_multiples_of_one_in_398_and_of_no_other_size():
    shares = [share for m in BOARD.models for share in m.pass_at.values()]
    assert len(shares) == 132
    hits = {size: sum(is_multiple(s, size) for s in shares) for size in (387, 398, 408)}
    assert hits[398] == 132
    assert hits[387] < 20
    assert hits[408] < 20


def test_pass_rates_are_accepted_attempts_of_eight_a_problem():
    assert sum(BOARD.by_bucket.values()) == BOARD.problems == 398
    for m in BOARD.models:
        for bucket, share in m.pass_rate.items():
            assert is_multiple(share, 8 * BOARD.by_bucket[bucket]), (m.model, bucket)
        for tag, share in m.tags.items():
            assert is_multiple(share, 8 * BOARD.by_tag[tag]), (m.model, tag)


def test_a_tag_that_stands_at_zero():
    zero = Counter(tag for m in BOARD.models for tag, share in m.tags.items() if share == 0)
    assert (zero["trees"], zero["dfs and similar"], zero["graphs"], zero["dp"]) == (30, 24, 20, 16)


def test_bucket_sizes_of_the_two_sets_of_problems(shared_data):
    path = shared_data("codeelo") / "problems_meta.jsonl"
    facts = read_facts(path)
    first_only = {
        row["problem_id"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if (row := json.loads(line))["div"] == "Div. 1"
    }

    def sizes(names):
        counts = Counter(facts[name].bucket for name in names)
        return tuple(counts[b] for b in BUCKETS)

    assert sizes(facts) == (79, 51, 278)
    assert sizes(set(facts) - first_only) == (79, 51, 257)
    assert BOARD.by_tag["data structures"] == sum(
        "data structures" in f.tags for f in facts.values()
    )
