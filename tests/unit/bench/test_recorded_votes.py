"""Recorded votes of judges: what a row means, what is refused and where, and LLMBar's own figures."""

import numpy as np
import pytest

from veriloop.bench.recorded_votes import recorded_votes
from veriloop.errors import InputError

HEAD = "subset,idx,label,evaluator,strategy,winner,winner_swapped_order,scores\n"


def written(tmp_path, text, name="votes.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_vote_is_the_share_of_the_orders_that_take_the_first_output(tmp_path):
    rows = "S,0,1,J,a,1,1,\nS,1,2,J,a,1,2,\nS,2,2,J,a,,2,\nS,3,1,J,a,,,\nS,0,1,J,b,2,2,7|8\n"
    found = recorded_votes(written(tmp_path, HEAD + rows))
    assert found.verifiers == ("J a", "J b")
    assert found.ballots.items == ("S/0", "S/1", "S/2", "S/3")
    assert found.ballots.gold.tolist() == [1.0, 0.0, 0.0, 1.0]
    np.testing.assert_array_equal(found.ballots.votes[:, 0], [1.0, 0.5, 0.0, np.nan])
    assert found.reasons[:, 0].tolist() == ["", "", "", "unparsed"]
    assert found.reasons[:, 1].tolist() == ["", "no verdict", "no verdict", "no verdict"]
    np.testing.assert_array_equal(found.credit()[:, 0], [1.0, 0.5, 1.0, np.nan])
    assert found.families == ("J", "J")
    assert found.ballots.pairs


def test_without_the_swapped_order_there_is_one_vote_and_no_order(tmp_path):
    head = "subset,idx,label,evaluator,strategy,winner\n"
    found = recorded_votes(written(tmp_path, head + "S,0,1,J,a,1\nS,1,1,J,a,2\n"))
    assert found.orders is None
    assert found.ballots.votes[:, 0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD + "S,0,1,J,a,3,1,\n", "row 2, field 'winner': is 1, 2, or empty"),
        (HEAD + "S,0,1,J,a,1,A,\n", "row 2, field 'winner_swapped_order': is 1, 2, or empty"),
        (HEAD + "S,0,1,J,a,1,1,\nS,1,,J,a,1,1,\n", "row 3, field 'label': is 1 or 2, not ''"),
        (HEAD + "S,0,1,J,a,1,1,\nS,0,2,J,b,1,1,\n", "row 3, field 'label': S/0 has another label"),
        (HEAD + "S,0,1,J,a,1,1,\nS,0,1,J,a,2,1,\n", "row 3: J a has a vote on S/0 already"),
        (HEAD + "S,0,1,,a,1,1,\n", "row 2, field 'evaluator': is empty"),
        (HEAD, "holds no vote"),
        ("", "row 1: no column 'subset'"),
        ("subset,idx,label,evaluator,winner\n", "row 1: no column 'strategy'"),
    ],
)
def test_bad_votes_are_refused_with_their_place(tmp_path, text, where):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        recorded_votes(path)
    assert str(caught.value).startswith(f"{path}")
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        recorded_votes(tmp_path / "absent.csv")
    path = tmp_path / "bytes.csv"
    path.write_bytes(HEAD.encode() + b"S,0,1,J,\xff,1,1,\n")
    with pytest.raises(InputError, match="not text in UTF-8"):
        recorded_votes(path)


def test_llmbar_is_what_its_authors_recorded(shared_data):
    found = recorded_votes(shared_data("llmbar") / "evaluator_votes.csv")
    assert found.ballots.votes.shape == (419, 65)
    credit = found.credit()
    means = np.nanmean(credit, axis=0)
    assert 100 * means.max() == pytest.approx(87.2, abs=0.05)
    assert found.verifiers[int(means.argmax())] == "GPT-4 Metrics_Reference"
    # All calls of all judges as one vote; an even split is half right.
    assert found.orders is not None
    lead = np.nansum(2 * found.orders - 1, axis=(0, 2))
    toward = np.where(found.right, lead, -lead)
    majority = np.where(toward > 0, 1.0, np.where(toward < 0, 0.0, 0.5)).mean()
    assert 100 * majority == pytest.approx(62.9, abs=0.05)
