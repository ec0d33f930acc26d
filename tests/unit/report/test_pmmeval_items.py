from dataclasses import replace

from veriloop.records import Finish, Message, Problem
from veriloop.report.pmmeval_items import prompt_text, shown_items


def test_every_answer_is_there_with_both_verdicts(several):
    measured, _ = several
    section = shown_items(measured, 10_000)
    assert section.scorings == ("official", "fixed")
    assert len(section.items) == sum(len(m.items) for m in measured)
    outcomes = {
        (m.model, m.setting, a.scoring, o.task, o.language, o.row): o.judged
        for m in measured
        for a in m.answered
        for o in a.outcomes
    }
    for item in section.items:
        for scoring, verdict in zip(section.scorings, item.verdicts, strict=True):
            judged = outcomes[item.model, item.setting, scoring, item.task, item.language, item.row]
            assert verdict is not None
            assert (verdict.value, verdict.reason, verdict.rule, verdict.span) == (
                judged.value, judged.reason, judged.rule, judged.span
            )  # fmt: skip
        assert "counts" not in item.verdicts[0].note


def test_answers_to_one_item_stand_side_by_side(several):
    items = shown_items(several[0], 10_000).items
    keys = [(i.task, i.language, i.subset, i.row) for i in items]
    assert all(keys[k : k + 4] == [keys[k]] * 4 for k in range(0, len(keys), 4))


def test_an_answer_that_the_limit_cut_is_marked(alone):
    (measured,) = alone[0]
    (first, *_) = measured.answers.values()
    answers = {**measured.answers, first.problem: replace(first, finish=Finish.LENGTH)}
    items = shown_items([replace(measured, answers=answers)], 10_000).items
    (cut,) = [i for i in items if i.cut]
    assert cut.answer == first.text


def test_where_there_are_too_many_the_telling_ones_stay(several):
    measured, _ = several
    whole = shown_items(measured, 10_000).items
    telling = {
        id_of(i)
        for i in whole
        if len({v and v.value for v in i.verdicts}) > 1 or any(v and v.reason for v in i.verdicts)
    }
    most = len(telling) + 20
    section = shown_items(measured, most)
    kept = [id_of(i) for i in section.items]
    assert len(kept) == most
    assert telling <= set(kept)
    assert kept == [id_of(i) for i in whole if id_of(i) in set(kept)]  # in their order
    assert f"{most:,} of {len(whole):,}" in section.caption
    assert len(shown_items(measured, 5).items) == 5


def id_of(item):
    return item.model, item.setting, item.task, item.language, item.row


def test_a_chat_is_shown_turn_by_turn():
    assert prompt_text(Problem("t", "plain")) == "plain"
    assert prompt_text(Problem("t", (Message("user", "one"),))) == "one"
    turns = (Message("system", "be short"), Message("user", "one"))
    assert prompt_text(Problem("t", turns)) == "[system]\nbe short\n\n[user]\none"
