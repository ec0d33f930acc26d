"""A verifier as OpenRLHF's ``reward_func``, for the Python file that ``--remote_rm_url`` names.

OpenRLHF knows no "cannot score": what becomes of such a sample is the caller's choice and is logged. Written to the
documented signature; neither OpenRLHF nor torch is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from veriloop.bridges.judging import judge_all, wait
from veriloop.bridges.rows import problem_of, solution_of
from veriloop.errors import InputError
from veriloop.protocols import Verifier
from veriloop.verify.opening import open_verifier


def reward_function(
    verifier: Verifier | str,
    *,
    unscored: float,
    tensor: Callable[[list[float]], Any],
) -> Callable[..., dict[str, Any]]:
    """``reward_func(queries, prompts, labels) -> {"rewards", "scores", "extra_logs"}``.

    ``queries`` are prompts with their responses, ``labels`` the references (None for none). ``unscored`` is the reward
    of what cannot be scored, whose share goes to ``extra_logs``. ``tensor`` makes a tensor of numbers, as
    ``torch.tensor`` does. Samples of one prompt are judged together. In the file::

        reward_func = reward_function("answer", unscored=0.0, tensor=torch.tensor)
    """
    opened = open_verifier(verifier)

    def reward_func(
        queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **more: Any
    ) -> dict[str, Any]:
        items = []
        for place, (query, prompt) in enumerate(zip(queries, prompts, strict=True)):
            if not query.startswith(prompt):
                raise InputError("a query begins with its prompt", row=place, field="queries")
            row: Mapping[str, Any] = {"prompt": prompt, "reference": labels[place]}
            problem = problem_of(row)
            items.append((problem, solution_of(problem, query[len(prompt) :])))
        found = [reward for _, reward in wait(judge_all(opened, items))]
        rewards = [unscored if reward is None else reward for reward in found]
        lost = [float(reward is None) for reward in found]
        logs = {f"{opened.name}_unscored": tensor(lost)}
        return {"rewards": tensor(rewards), "scores": tensor(rewards), "extra_logs": logs}

    return reward_func
