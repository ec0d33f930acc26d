"""The corpora: models never saw a problem that labels or measures."""

import itertools

from veriloop.abacus import problems, split_of
from veriloop.abacus.corpus import judge_pairs, policy_pairs


def test_models_saw_only_the_pretraining_split():
    later = {i.text for s in ("train", "heldout") for i in problems(0, 500, s)}
    for user, _ in itertools.islice(policy_pairs(0), 500):
        assert user.startswith("Practice.") or split_of(user) == "pretrain"
        assert user not in later
    for user, _ in itertools.islice(judge_pairs(1), 500):
        if user.startswith("<math_problem>"):
            assert split_of(user.split("\n")[1]) == "pretrain"
