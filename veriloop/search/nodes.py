"""What a tree search thought of every step it looked at: its nodes as records, beside what it found.

A tree knows more than its leaves: the mean value of each partial solution, and which of them the chosen path runs
through. Both become verdicts here, so that writers of feedback can pair siblings (MCTS-DPO, arXiv 2405.00451; Chain
of Preference Optimization, 2406.09136) or reward steps (ReST-MCTS*, 2406.03816). The search itself is ``search.tree``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Engine
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Problem,
    Solution,
    Traits,
    Verdict,
)
from veriloop.search.found import Found, found, solution_of
from veriloop.search.growing import Grower
from veriloop.search.partial import best_first
from veriloop.search.tree import Node, Tree, TreeSearch

VALUE, PATH = "tree-value", "tree-path"


@final
@dataclass(frozen=True)
class TreeNodes:
    """Every node that ``tree`` visited, as a solution: whole, or a prefix, whose finish is LENGTH.

    Each has two verdicts: ``tree-value``, the mean value of its visits, and ``tree-path``, 1 where the best whole
    solution goes through it and else 0; ``detail`` counts the visits. A node that was never visited is worth only
    what the step verifier said of it and is left out; no path is told where no solution was finished. Where nothing was
    visited, what the tree found is handed on as ``TreeSearch`` would.
    """

    tree: TreeSearch
    least_visits: int = 1

    def __post_init__(self) -> None:
        if self.least_visits < 1:
            raise ValueError(f"least_visits is at least 1, got {self.least_visits}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """The nodes, best-valued first. Raises EngineError as the engine does."""
        return (await self.trace(problem, engine)).solutions

    async def trace(self, problem: Problem, engine: Engine) -> Found:
        """The nodes with both verdicts, and what the search took."""
        how = self.tree
        grower = Grower(problem, engine, how.verifier, how.by, logprobs=how.prior == "logprob")
        tree = Tree(how, grower)
        await tree.run()
        seen = [node for node in _below(tree.root) if node.visits >= self.least_visits]
        seen.sort(key=lambda node: (-node.mean, -node.visits))
        if not seen:
            return found(tree.result(), grower, describe(self))
        best = next((one for one in best_first(tree.result()) if one.finish is Finish.STOP), None)
        solutions = tuple(
            solution_of(node.partial, grower, i, made_by=describe(self))
            for i, node in enumerate(seen)
        )
        verdicts: list[Verdict] = []
        for node, solution in zip(seen, solutions, strict=True):
            verdicts.append(self._verdict(solution, VALUE, node.mean, node))
            if best is not None:
                on = best.steps[: len(node.partial.steps)] == node.partial.steps
                verdicts.append(self._verdict(solution, PATH, float(on), node))
        first = replace(
            verdicts[0], detail={**verdicts[0].detail, "search": grower.spent.to_json()}
        )
        return Found(solutions, (first, *verdicts[1:]), grower.spent)

    def _verdict(self, solution: Solution, name: str, value: float, node: Node) -> Verdict:
        traits: Traits | None = getattr(self.tree.verifier, "traits", None)
        return Verdict(
            problem=solution.problem,
            solution=solution.id,
            verifier=name,
            form=Form.BINARY if name == PATH else Form.SCORE,
            granularity=Granularity.STEP,
            value=value,
            detail={"visits": node.visits},
            made_by=describe(self),
            source=traits.source if traits else None,
            trained=traits.trained if traits else None,
        )


def _below(root: Node) -> Iterator[Node]:
    """Every node but the root, which has no step, in order of growth."""
    for child in root.children or ():
        yield child
        yield from _below(child)
