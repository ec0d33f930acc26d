"""``reward_func`` called as OpenRLHF documents it: whole queries, their prompts, labels."""

import numpy as np
import pytest

from veriloop.bridges.openrlhf import reward_function
from veriloop.errors import InputError
from veriloop.verify.answer import Answer

PROMPT = "User: 6 * 7?\nAssistant:"


def test_queries_become_rewards_and_what_is_lost_is_logged():
    reward_func = reward_function(Answer(), unscored=-2.0, tensor=np.array)
    texts = [" The answer is 42.", " The answer is 41.", " The answer is 42."]
    found = reward_func([PROMPT + t for t in texts], [PROMPT] * 3, ["42", "42", None])
    assert found["rewards"].tolist() == found["scores"].tolist() == [1.0, 0.0, -2.0]
    assert found["extra_logs"]["answer_unscored"].tolist() == [0.0, 0.0, 1.0]


def test_a_query_without_its_prompt_is_named():
    reward_func = reward_function("answer", unscored=0.0, tensor=np.array)
    with pytest.raises(InputError, match="row 1, field 'queries'"):
        reward_func([PROMPT, "other"], [PROMPT] * 2, ["1", "1"])
