"""Saved answers of the API: who counts, how two answers are joined, and what is named where they are bad."""

import copy

import pytest

from veriloop.bench.rating.contest_records import about, of_answers, result_of
from veriloop.bench.rating.place import why_not_rated
from veriloop.errors import InputError

FILE = "1.standings.json"


def row(handle, points, penalty=0.0, kind="CONTESTANT", more=()):
    members = [{"handle": h} for h in (handle, *more)]
    party = {"members": members, "participantType": kind}
    return {"party": party, "points": points, "penalty": penalty, "rank": 1}


def change(handle, old, new, **more):
    return {"handle": handle, "oldRating": old, "newRating": new, **more}


STANDINGS = {
    "contest": {"id": 1971, "name": "Round (Div. 3)", "durationSeconds": 8100},
    "problems": [
        {"index": "A", "points": 500.0, "rating": 800, "tags": ["math"]},
        {"index": "B", "points": 1000.0},
    ],
    "rows": [
        row("low", 500.0),
        row("high", 1500.0),
        row("guest", 1500.0, kind="OUT_OF_COMPETITION"),
        row("low", 1500.0, kind="PRACTICE"),
        row("team", 1500.0, more=["mate"]),
        row("unrated", 700.0),
    ],
}
CHANGES = [change("high", 1500, 1550), change("low", 1200, 1180)]


def test_rows_of_contestants_with_a_rating_change_best_first():
    contest = of_answers(STANDINGS, CHANGES, FILE)
    assert (contest.id, contest.division, contest.minutes) == (1971, "Div. 3", 135)
    assert contest.standing.ratings.tolist() == [1500, 1200]
    assert contest.standing.points.tolist() == [1500, 500]
    assert contest.standing.new_ratings is not None
    assert contest.standing.new_ratings.tolist() == [1550, 1180]
    assert contest.standing.entered is None
    assert [(p.index, p.points) for p in contest.listed()] == [("A", 500), ("B", 1000)]
    assert (contest.listed()[0].difficulty, contest.listed()[0].tags) == (800, ("math",))


def test_a_rating_change_without_a_row_is_a_mismatch_that_is_said():
    contest = of_answers(STANDINGS, [*CHANGES, change("gone", 1, 2)], FILE)
    assert why_not_rated(contest) == ("contest 1971: 2 rows of the standing, but 3 rating changes")


def test_accounts_that_were_set_back_to_zero_are_left_out_and_counted():
    contest = of_answers(STANDINGS, [CHANGES[0], change("low", 1200, 0)], FILE)
    assert (len(contest.standing), contest.changes, contest.resets) == (1, 1, 1)


def test_counts_of_contests_where_all_have_them():
    counted = [{**c, "contests": 3} for c in CHANGES]
    assert of_answers(STANDINGS, counted, FILE).standing.entered is not None
    assert of_answers(STANDINGS, [counted[0], CHANGES[1]], FILE).standing.entered is None


def test_an_answer_in_its_wrapper_or_bare_and_a_refused_one():
    assert result_of({"status": "OK", "result": CHANGES}, FILE) == CHANGES
    assert result_of(CHANGES, FILE) == CHANGES
    with pytest.raises(InputError, match="refused this request: contestId: not found"):
        result_of({"status": "FAILED", "comment": "contestId: not found"}, FILE)


def broken(at, value):
    told = copy.deepcopy(STANDINGS)
    inner = told
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return told


@pytest.mark.parametrize(
    ("at", "value", "says"),
    [
        (("rows",), None, "contest.standings, with rows"),
        (("contest", "id"), "x", "contest.id"),
        (("contest", "durationSeconds"), 0, "lasts longer"),
        (("problems",), None, '"problems"'),
        (("problems", 0, "points"), "many", "field 'points'"),
        (("problems", 0, "points"), 0, "more than 0"),
        (("problems", 1, "index"), "A", "'A' comes twice"),
        (("problems", 0, "index"), None, "has an index"),
        (("problems", 0, "tags"), "math", "field 'tags'"),
        (("rows", 0, "points"), float("nan"), "row 1, field 'points'"),
        (("rows", 1, "party"), None, "row 2, field 'party'"),
        (("rows", 2, "party"), {"members": [{"handle": "low"}]}, "row 3.*has a row already"),
    ],
)
def test_a_bad_standing_is_named(at, value, says):
    with pytest.raises(InputError, match=says):
        of_answers(broken(at, value), CHANGES, FILE)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "contest.ratingChanges"),
        ([{}], "row 1, field 'ratingChanges'"),
        ([CHANGES[0], change("low", 1.5, 3)], "row 2, field 'oldRating'.*got 1.5"),
        ([CHANGES[0], change("low", True, 3)], "got True"),
        ([change("low", 1, 3, contests=-1)], "field 'contests'"),
        ([CHANGES[0], CHANGES[0]], "two rating changes"),
    ],
)
def test_bad_rating_changes_are_named(changes, says):
    with pytest.raises(InputError, match=says):
        of_answers(STANDINGS, changes, FILE)


def test_a_division_that_is_given_goes_before_the_name():
    told = about({"contest": {"name": "Div. 2", "division": "Div. 4"}, "problems": []}, FILE, 1)
    assert told["division"] == "Div. 4"
    assert told["minutes"] is None
