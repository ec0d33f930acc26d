"""The corpora: models never saw a problem that labels or measures."""

import itertools

from veriloop.abacus import problems, split_of
from veriloop.abacus.corpus import critic_pairs, judge_pairs, policy_pairs


def test_models_saw_only_the_pretraining_split():
    later = {i.text for s in ("train", "heldout") for i in problems(0, 500, s)}
    for user, _ in itertools.islice(policy_pairs(0), 500):
        assert user.startswith("Practice.") or split_of(user) == "pretrain"
        assert user not in later
    for user, _ in itertools.islice(critic_pairs(2), 500):
        if not user.startswith(("Practice.", "Compare.")):
            told = user.split("\n")[1] if user.startswith("<math_problem>") else user
            assert split_of(told) == "pretrain"
    for user, _ in itertools.islice(judge_pairs(1), 500):
        if user.startswith("<math_problem>"):
            assert split_of(user.split("\n")[1]) == "pretrain"


def test_the_critic_sees_few_critiques_without_a_reference():
    """What it is weak at is what the corpus holds little of."""
    users = [user for user, _ in itertools.islice(critic_pairs(2), 3000)]
    beside = sum("<reference_solution>" in user for user in users)
    alone = sum("<step_1>" in user for user in users) - beside
    assert 0.36 < beside / 3000 < 0.48
    assert 0.003 < alone / 3000 < 0.02
