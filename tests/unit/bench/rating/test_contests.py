import numpy as np
import pytest

from veriloop.bench.rating.contests import BONUS, REMAINING, Contest, Standing, division_of
from veriloop.errors import InputError


@pytest.mark.parametrize(
    ("name", "division"),
    [
        ("Educational Codeforces Round 86 (Rated for Div. 2)", "Div. 2"),
        ("Codeforces Round 640 (Div. 4)", "Div. 4"),
        ("Ozon Tech Challenge 2020 (Div.1 + Div.2, Rated, T-shirts + prizes!)", "Div. 1 + 2"),
        ("Codeforces Global Round 7", "Div. 1 + 2"),
        ("Codeforces Round 641 (Div. 1)", "Div. 1"),
        ("Good Bye 2017", ""),
    ],
)
def test_divisions_as_contests_are_named(name, division):
    assert division_of(name) == division


def test_the_bonus_of_six_contests_is_what_a_new_account_lacks():
    assert sum(BONUS) == REMAINING[0] == 1400
    assert tuple(np.diff(REMAINING)) == tuple(-b for b in BONUS)


def test_a_new_account_is_calculated_as_1400_and_an_old_one_as_shown():
    shown = np.array([0, 500, 1350, 1500, 1500])
    standing = Standing(np.zeros(5), np.zeros(5), shown, entered=np.array([0, 1, 5, 6, 99]))
    calculated = standing.calculated()
    assert calculated is not None
    assert calculated.tolist() == [1400, 1400, 1400, 1500, 1500]
    assert Standing(np.zeros(5), np.zeros(5), shown).calculated() is None


def test_rows_are_sorted_best_first_and_ties_keep_their_order():
    standing = Standing(
        np.array([1.0, 2.0, 1.0, 2.0, 1.0]), np.array([5.0, 9, 3, 7, 5]), np.array([1, 2, 3, 4, 5])
    )
    assert standing.sorted().ratings.tolist() == [4, 2, 3, 1, 5]
    assert standing.sorted().sorted() is not standing
    ready = standing.sorted()
    assert ready.sorted() is ready


def test_what_no_standing_can_hold():
    with pytest.raises(ValueError, match="one length"):
        Standing(np.zeros(2), np.zeros(2), np.zeros(3, int))
    with pytest.raises(ValueError, match="finite"):
        Standing(np.array([np.nan]), np.zeros(1), np.zeros(1, int))


def test_a_contest_without_problems_says_what_file_to_write():
    standing = Standing(np.zeros(1), np.zeros(1), np.zeros(1, int))
    contest = Contest(1999, standing, source="1999.csv")
    with pytest.raises(InputError, match=r"1999\.csv: contest 1999 lists no problems.*1999\.json"):
        contest.listed()
    assert not contest.exact
    assert Contest(1354, standing).exact
