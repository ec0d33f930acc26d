"""Typed verdicts travel unflattened: from verifiers, through Parquet, to every writer of feedback. Nothing is lost on
the way, and what has no value becomes no zero.
"""

import asyncio
import itertools
import math
from dataclasses import replace

import pytest

from veriloop.bench.critic import Critic
from veriloop.bridges.judging import rewards_of
from veriloop.engines.scripted import Scripted
from veriloop.feedback.demonstrations import Demonstrations
from veriloop.feedback.labels import StepLabels
from veriloop.feedback.pairs import Pairs
from veriloop.feedback.rewards import Rewards
from veriloop.records import (
    Cost,
    Example,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Unscored,
    Verdict,
)
from veriloop.store.pieces import Table
from veriloop.verify.answer import Answer
from veriloop.verify.compare import Pairwise
from veriloop.verify.surprise import MinTokenProbability

PROBLEM = Problem("sums", "What is 6 * 7 + 1?", "43")
TEXTS = (("6 * 7 = 42.", r"42 + 1 = \boxed{43}"), ("6 * 7 = 41.", r"41 + 1 = \boxed{42}"))
SOLUTIONS = tuple(Solution(PROBLEM.id, steps, sample=n) for n, steps in enumerate(TEXTS))
GROUP = Group(PROBLEM, SOLUTIONS)
WRITERS = (
    Demonstrations("v", threshold=None),
    Pairs("v"),
    StepLabels("v", threshold=None),
    *(Rewards("v", transform) for transform in ("identity", "centred", "scaled", "sign")),
    Rewards("v", grain="step"),
    Rewards("v", grain="token"),
)


def stored(records, kind, folder):
    table = Table(folder, kind)
    table.write_piece(0, records)
    return list(Table(folder, kind).read())


def full(solution, **fields):
    """A verdict with something in every field."""
    given = {
        "value": 0.25,
        "step_scores": (1.0, 0.25),
        "first_error": 1,
        "critique": "Step 2 is wrong: 41 + 1 is 42.\n\nVerdict: wrong.",
        "correction": "6 * 7 = 42.\n\n42 + 1 = 43",
        "cost": Cost(2, 8, 30, 12, 0.5),
        "detail": {"votes": [1, 0, None], "error": "none"},
        "made_by": "Made(k=8)",
        "source": Source.HUMAN,
        "trained": True,
        "token_scores": (0.5, 0.125),
        "token_offsets": (0, 3),
    }
    where = (solution.problem, solution.id, "v", Form.SCORE, Granularity.STEP)
    return replace(Verdict(*where, **given), **fields)


@pytest.mark.parametrize("source", [*Source, None])
def test_every_form_and_granularity_comes_back_from_parquet_as_it_was(source, tmp_path):
    kinds = itertools.product(Form, Granularity, (True, False, None))
    made = [
        full(SOLUTIONS[0], form=form, granularity=granularity, trained=trained, source=source)
        for form, granularity, trained in kinds
    ]
    back = stored(made, Verdict, tmp_path)
    assert back == made
    assert [v.id for v in back] == [v.id for v in made]


@pytest.mark.parametrize("reason", Unscored)
def test_every_reason_survives_and_no_writer_makes_an_example_of_it(reason, tmp_path):
    blank = {"step_scores": (), "first_error": None, "token_scores": (), "token_offsets": ()}
    made = [
        full(s, value=None, unscored=reason, form=form, granularity=granularity, **blank)
        for s, form, granularity in itertools.product(SOLUTIONS, Form, Granularity)
    ]
    back = stored(made, Verdict, tmp_path)
    assert back == made
    assert rewards_of(back) == [None] * len(made)
    for form, granularity, writer in itertools.product(Form, Granularity, WRITERS):
        said = tuple(v for v in back if (v.form, v.granularity) == (form, granularity))
        kept = writer.feedback(replace(GROUP, verdicts=said))
        assert not kept.examples, writer
        assert [d.what for d in kept.dropped] == [s.id for s in SOLUTIONS]
        assert all(reason.value in dropped.reason for dropped in kept.dropped)


def test_a_lost_verdict_is_no_part_of_a_baseline(tmp_path):
    lost = Solution(PROBLEM.id, ("Who knows?",), sample=2)
    said = (
        full(SOLUTIONS[0], value=1.0, form=Form.BINARY),
        full(SOLUTIONS[1], value=0.0, form=Form.BINARY),
        full(lost, value=None, unscored=Unscored.ENGINE),
    )
    group = Group(PROBLEM, (*SOLUTIONS, lost), tuple(stored(said, Verdict, tmp_path)))
    kept = Rewards("v", "centred").feedback(group)
    assert [e.labels for e in kept.examples] == [(0.5,), (-0.5,)]  # with a zero: 2/3 and -1/3
    assert [d.what for d in kept.dropped] == [lost.id]


def spoken(verifier, folder):
    """What a verifier says of the group, after a stay in Parquet."""
    said = asyncio.run(verifier.verify(GROUP))
    back = tuple(stored(said, Verdict, folder / "verdicts"))
    assert back == said
    assert all(v.source is not None and v.trained is not None for v in back)
    return replace(GROUP, verdicts=back)


def learnt(writer, group, folder):
    """What a writer makes of it, after a stay in Parquet too."""
    examples = writer.feedback(group).examples
    back = stored(examples, Example, folder / "examples")
    assert back == list(examples)
    return back


def test_binary_verdicts_of_whole_solutions_become_demonstrations_and_rewards(tmp_path):
    group = spoken(Answer(), tmp_path)
    (shown,) = learnt(Demonstrations("answer"), group, tmp_path)
    assert shown.to_trl()["completion"] == SOLUTIONS[0].text
    rewards = Rewards("answer").feedback(group).examples
    assert [e.to_trl()["reward"] for e in rewards] == [1.0, 0.0]


def test_a_ranking_becomes_a_pair_and_no_number(tmp_path):
    def better(request):
        shown = request.prompt[0].content
        return f"<better>{1 if shown.index('42.') < shown.index('41.') else 2}</better>"

    group = spoken(Pairwise(Scripted(better)), tmp_path)
    assert [(v.form, v.value) for v in group.verdicts] == [(Form.RANKING, 0), (Form.RANKING, 1)]
    (pair,) = learnt(Pairs("pairwise"), group, tmp_path)
    assert pair.completions == (SOLUTIONS[0].text, SOLUTIONS[1].text)
    assert not Rewards("pairwise").feedback(group).examples


def test_text_keeps_its_words_and_its_first_wrong_step(tmp_path):
    texts = {"42.": r"All is well. \boxed{-1}", "41.": r"6 * 7 is 42. \boxed{0}"}

    def criticise(request):
        return next(said for key, said in texts.items() if key in request.prompt[0].content)

    group = spoken(Critic(Scripted(criticise)), tmp_path)
    assert [v.form for v in group.verdicts] == [Form.TEXT] * 2
    assert [v.critique for v in group.verdicts] == list(texts.values())
    assert [(v.value, v.first_error) for v in group.verdicts] == [(1.0, -1), (0.0, 0)]
    (pair,) = Pairs("critic").feedback(group).examples
    assert pair.solutions == (SOLUTIONS[0].id, SOLUTIONS[1].id)


def logs(solution):
    """A log-probability for each word of the script: low where the slip is."""
    words = solution.text.split()
    return tuple(math.log(0.125 if word.startswith("41") else 0.5) for word in words)


@pytest.mark.parametrize("granularity", ["step", "token"])
def test_scores_of_steps_and_tokens_stay_at_their_places(granularity, tmp_path):
    engine = Scripted({}, logprobs={s.text: logs(s) for s in SOLUTIONS})
    name = "min-token-probability"
    group = spoken(MinTokenProbability(engine, granularity=granularity), tmp_path)
    assert {v.granularity for v in group.verdicts} == {Granularity(granularity)}
    assert [v.value for v in group.verdicts] == pytest.approx([0.5, 0.125])
    steps = learnt(Rewards(name, grain="step"), group, tmp_path)
    assert [e.labels for e in steps] == [v.step_scores for v in group.verdicts]
    tokens = Rewards(name, grain="token").feedback(group)
    if granularity == "step":
        assert not tokens.examples
        assert ["no token scores" in d.reason for d in tokens.dropped] == [True, True]
        return
    for example, verdict, solution in zip(tokens.examples, group.verdicts, SOLUTIONS, strict=True):
        assert "".join(example.completions) == solution.text
        assert example.labels == verdict.token_scores
        ends = (*verdict.token_offsets[1:], len(solution.text))
        pieces = [solution.text[a:b] for a, b in zip(verdict.token_offsets, ends, strict=True)]
        assert list(example.completions) == pieces
