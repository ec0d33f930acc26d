"""A verifier as an entry of TRL's ``reward_funcs`` (GRPO, RLOO and what else takes them).

TRL calls it with lists: prompts, completions, every other column of the data set, and leaves a reward of None out of
sums, baselines and logs. TRL itself is not imported here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from veriloop.bridges.judging import judge_all, wait, why_not
from veriloop.bridges.rows import problem_of, solution_of, text_of
from veriloop.errors import InputError
from veriloop.protocols import Verifier
from veriloop.records import Finish, Problem, Solution
from veriloop.verify.opening import open_verifier

Rewards: TypeAlias = "list[float | None]"
RewardFunction: TypeAlias = "Callable[..., Rewards] | Callable[..., Awaitable[Rewards]]"


def reward_function(
    verifier: Verifier | str,
    *,
    columns: Mapping[str, str] | None = None,
    eos: Sequence[int] = (),
    sync: bool = False,
    name: str | None = None,
) -> RewardFunction:
    """``f(prompts, completions, **columns) -> [reward or None, one for each completion]``, async unless ``sync``.

    ``verifier`` may be a text for ``open_verifier``. Prompts and completions may be texts or chats. The columns of the
    data set carry the problem: ``columns`` says which stands for a field, where it is not named as in
    ``rows.COLUMNS``. With ``eos``, the ids that end a text, a completion that does not end with one was cut. Rows that
    ask the same are judged together; what a ranking is worth, ``judging.rewards_of`` says. How many rewards there are
    not, in all and by reason, goes to ``log_metric`` as shares, and the reasons to ``log_extra``. ``name`` is what TRL
    logs the rewards under. Raises InputError, when called, on a row that cannot be a problem.
    """
    opened = open_verifier(verifier)
    known = name or re.sub(r"\W+", "_", opened.name)

    async def reward(
        prompts: Sequence[Any], completions: Sequence[Any], **given: Any
    ) -> list[float | None]:
        items = _items(prompts, completions, given, columns, frozenset(eos))
        judged = await judge_all(opened, items)
        reasons = [why_not(verdict, value) for verdict, value in judged]
        _log(known, reasons, given)
        return [value for _, value in judged]

    def rewarded(
        prompts: Sequence[Any], completions: Sequence[Any], **given: Any
    ) -> list[float | None]:
        return wait(reward(prompts, completions, **given))

    made = rewarded if sync else reward
    made.__name__ = made.__qualname__ = known
    return made


def _items(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    given: Mapping[str, Any],
    columns: Mapping[str, str] | None,
    eos: frozenset[int],
) -> list[tuple[Problem, Solution]]:
    count = len(completions)
    if len(prompts) != count:
        raise InputError(f"{len(prompts)} prompts for {count} completions: one for each")
    lists = {k: v for k, v in given.items() if isinstance(v, list | tuple) and len(v) == count}
    ids = lists.pop("completion_ids", None)
    items: list[tuple[Problem, Solution]] = []
    for place in range(count):
        row = {"prompt": prompts[place], **{key: value[place] for key, value in lists.items()}}
        try:
            problem = problem_of(row, columns)
        except InputError as error:
            raise InputError(error.message, row=place, field=error.field) from error
        finish, tokens = Finish.GIVEN, None
        if ids is not None:
            tokens = len(ids[place])
            if eos:
                ended = tokens > 0 and ids[place][-1] in eos
                finish = Finish.STOP if ended else Finish.LENGTH
        text = text_of(completions[place])
        items.append((problem, solution_of(problem, text, finish=finish, tokens=tokens)))
    return items


def _log(name: str, reasons: Sequence[str], given: Mapping[str, Any]) -> None:
    metric, extra = given.get("log_metric"), given.get("log_extra")
    if metric is not None and reasons:
        counts = Counter(reason for reason in reasons if reason)
        metric(f"{name}/unscored", counts.total() / len(reasons))
        for reason, count in sorted(counts.items()):
            metric(f"{name}/unscored/{reason}", count / len(reasons))
    if extra is not None:
        extra(f"{name}/unscored", list(reasons))
