"""Preference pairs of steps: what a tree search preferred among the next steps of one prefix.

MCTS-DPO (Xie et al., arXiv 2405.00451) pairs the next steps of a node by their values in the tree; Chain of
Preference Optimization (2406.09136) prefers the steps of the path that was chosen to the others that stood beside
them. The nodes of a tree come as solutions, each with its verdict (``veriloop.search.nodes``); nothing here searches.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import final

from veriloop.feedback.pairs import Pairs, Which
from veriloop.feedback.scored import Scored, in_order, scored
from veriloop.ids import describe
from veriloop.protocols import Kept
from veriloop.records import STEP_DELIMITER, Example, ExampleKind, Group, Message, Prompt


@final
@dataclass(frozen=True)
class Siblings:
    """Pairs of last steps, of solutions that are alike up to there, by the verdicts of ``verifier``.

    The prompt is the problem's chat with the steps before as what the assistant has written; chosen and rejected are
    the two steps. Which pairs are made of the siblings of one prefix is ``Pairs``' rule (``margin``, ``which``,
    ``cap``). Every solution is in a pair or dropped with its reason.
    """

    verifier: str
    margin: float = 0.0
    which: Which = "all"
    cap: int | None = None
    seed: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        self._pairs()

    def feedback(self, group: Group) -> Kept:
        """One preference for each pair of siblings, in the order of their prefixes' first solutions."""
        pairs = self._pairs()
        found, dropped = scored(group, self.verifier)
        families: dict[tuple[str, ...], list[Scored]] = defaultdict(list)
        for one in found:
            families[one.solution.steps[:-1]].append(one)
        examples: list[Example] = []
        for prefix, family in families.items():
            # A node is a prefix, not a cut solution: any of them may be the better one.
            stay, left = pairs.pick(family, may_win={one.solution.id for one in family})
            prompt = _going_on(group.problem.prompt, prefix)
            examples += [self._example(prompt, *pair) for pair in stay]
            dropped += left
        return Kept(tuple(examples), in_order(dropped, group))

    def _pairs(self) -> Pairs:
        return Pairs(self.verifier, self.margin, self.which, self.cap, self.seed)

    def _example(self, prompt: Prompt, chosen: Scored, rejected: Scored) -> Example:
        return Example(
            kind=ExampleKind.PREFERENCE,
            prompt=prompt,
            completions=(chosen.solution.steps[-1], rejected.solution.steps[-1]),
            problem=chosen.solution.problem,
            solutions=(chosen.solution.id, rejected.solution.id),
            source=self.source or self.verifier,
            made_by=describe(self),
        )


def _going_on(prompt: Prompt, prefix: tuple[str, ...]) -> Prompt:
    """The chat with what the assistant has written so far, as a prefix that the next step follows."""
    turns = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    if not prefix:
        return turns
    return (*turns, Message("assistant", "".join(step + STEP_DELIMITER for step in prefix)))
