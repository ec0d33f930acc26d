"""What an answer came to: a value or a reason; what cannot be read counts wrong, what never came counts nowhere."""

import pytest

from veriloop.bench.pmmeval.outcomes import LOST, Answered, Judged, Outcome


def outcome(judged):
    return Outcome("mgsm", "th", 3, "p1", judged, uid="mgsm-3")


@pytest.mark.parametrize(("value", "reason"), [(None, ""), (0.0, "no number"), (1.0, LOST)])
def test_a_judgement_has_a_value_or_a_reason(value, reason):
    with pytest.raises(ValueError, match="a value or a reason"):
        Judged(value, reason)


def test_an_unread_answer_counts_wrong_and_a_lost_one_nowhere():
    read, unread, lost = (
        outcome(j) for j in (Judged(0.5), Judged(None, "no number"), Judged(None, LOST))
    )
    assert (read.value, read.lost) == (0.5, False)
    assert (unread.value, unread.lost) == (0.0, False)
    assert (lost.value, lost.lost) == (None, True)


def test_reprs_rebuild():
    judged = Judged(1.0, "", "boxed", "18", (3, 5), {"other": "1234"})
    answered = Answered("m", "native", "fixed", (outcome(judged), outcome(Judged(None, LOST))))
    assert eval(repr(answered)) == answered
