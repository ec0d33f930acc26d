"""Monte Carlo tree search over steps: PUCT chooses which partial solution to grow, a step verifier values it.

The rule is AlphaZero's (Silver et al. 2017, arXiv 1712.01815) without a game: there is one player, a leaf is worth
what the verifier says of it or what rollouts from it come to, and a subtree in which nothing is left to find is not
entered again. Simulations of one problem follow one another; those of many problems share the engine's batches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, final

from veriloop.ids import describe
from veriloop.protocols import Engine, Verifier
from veriloop.records import Finish, Problem, Solution
from veriloop.search.found import Found, found
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import Aggregate, Partial, merge, stopped, worth

Prior: TypeAlias = Literal["logprob", "uniform"]
Value: TypeAlias = Literal["end", "score", "rollouts"]


@final
@dataclass(eq=False)
class Node:
    """A partial solution in the tree. ``children`` None has not been grown; ``total`` sums the values of visits.

    It has been grown ``lots`` times; ``dry`` when the last of them brought nothing new, so that no more are sampled.
    ``closed`` has nothing left to find: finished and visited, or dry with all children closed.
    """

    partial: Partial
    worth: float = 0.0
    prior: float = 1.0
    parent: Node | None = field(default=None, repr=False)
    children: list[Node] | None = None
    visits: int = 0
    total: float = 0.0
    lots: int = 0
    dry: bool = False
    closed: bool = False

    @property
    def is_exhausted(self) -> bool:
        """True where no child is open."""
        return all(child.closed for child in self.children or ())

    @property
    def mean(self) -> float:
        """Mean value of its visits; before the first, what the verifier said of it."""
        return self.total / self.visits if self.visits else self.worth

    def best_child(self, exploration: float) -> Node:
        """The open child with the largest mean + exploration * prior * sqrt(visits here) / (1 + its visits)."""
        spread = exploration * math.sqrt(self.visits)
        return max(
            (child for child in self.children or () if not child.closed),
            key=lambda child: child.mean + spread * child.prior / (1 + child.visits),
        )

    def line(self) -> Iterator[Node]:
        """The node and its ancestors, up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


@final
@dataclass(frozen=True)
class TreeSearch:
    """``simulations`` rounds of select, value, grow, back up; every finished solution that was seen is returned.

    A growth samples ``expand`` steps. On its way down a simulation grows a node again, by ``expand`` other samples,
    where it has been grown fewer than visits ** ``widening`` times, or has no open child (progressive widening,
    Couetoux et al. 2011); with 0 every node is grown once. ``prior`` "uniform" treats a node's distinct children
    alike, "logprob" gives each the softmax of its mean token log-probability (uniform where the engine gives none).

    ``value`` says what is backed up. "end": the simulation goes on down, growing as it goes, until a solution ends,
    and takes its score, so the first simulation is guided greedy search. "score": it stops at the first node that
    was not grown and takes its score, as AlphaZero does. "rollouts": it stops there too and takes the mean score of
    ``rollouts`` whole solutions sampled from it, which also count as found. Scores should be in [0, 1], which is
    what ``exploration`` is set against. ``budget`` bounds the tokens generated for one problem: no simulation begins
    after it.
    """

    verifier: Verifier
    simulations: int = 4
    expand: int = 4
    exploration: float = 1.0
    prior: Prior = "uniform"
    widening: float = 0.5
    value: Value = "end"
    rollouts: int = 2
    budget: int | None = None
    by: Stepwise = field(default_factory=Stepwise)

    def __post_init__(self) -> None:
        if min(self.simulations, self.expand, self.rollouts) < 1:
            raise ValueError(
                "simulations, expand and rollouts are at least 1, got "
                f"{self.simulations}, {self.expand} and {self.rollouts}"
            )
        if not 0 <= self.widening < 1:
            raise ValueError(f"widening is at least 0 and below 1, got {self.widening}")
        if self.prior not in ("logprob", "uniform"):
            raise ValueError(f"prior is logprob or uniform, got {self.prior!r}")
        if self.value not in ("end", "score", "rollouts"):
            raise ValueError(f"value is end, score or rollouts, got {self.value!r}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """The finished solutions, best first, or the best unfinished one. Raises EngineError as the engine does."""
        return (await self.trace(problem, engine)).solutions

    async def trace(self, problem: Problem, engine: Engine) -> Found:
        """The solutions with what the verifier said of them and what the search took."""
        grower = Grower(problem, engine, self.verifier, self.by, logprobs=self.prior == "logprob")
        tree = Tree(self, grower)
        await tree.run()
        return found(tree.result(), grower, describe(self))


@final
@dataclass
class Tree:
    """One problem's tree, and what was found in it."""

    how: TreeSearch
    grower: Grower
    root: Node = field(default_factory=lambda: Node(Partial()))
    ended: list[Partial] = field(default_factory=list[Partial])
    blind: list[Partial] = field(default_factory=list[Partial])  # candidates without a score

    async def run(self) -> None:
        """Grow the root, then simulate until the tree is closed or what is allowed is spent."""
        await self._grow(self.root)
        for _ in range(self.how.simulations):
            if self.root.closed or self._is_spent():
                return
            leaf = await self._select()
            if leaf is None:
                continue
            value = await self._value(leaf)
            if leaf.partial.finish is None:
                await self._grow(leaf)
            else:
                leaf.dry = True
                close(leaf)
            back_up(leaf, value)

    def result(self) -> list[Partial]:
        """What ended; where nothing did, the best leaf that is left, or a candidate that nobody could judge."""
        whole = [one for one in self.ended if one.finish is Finish.STOP]
        if whole:
            return merge(whole)
        leaves = [node.partial for node in _leaves(self.root) if node.partial.steps]
        left = [*self.ended, *leaves]
        return stopped([max(left, key=_rank)] if left else self.blind[:1] or [Partial()])

    async def _select(self) -> Node | None:
        """The next leaf; None where the way ended at a node that another growth brought nothing new to."""
        node = self.root
        while node.partial.finish is None:
            if node.children is None and self.how.value != "end":
                return node
            wanted = math.ceil(node.visits**self.how.widening)
            again = not node.dry and (node.is_exhausted or node.lots < wanted)
            if node.children is None or again:
                await self._grow(node)
            if node.is_exhausted:
                return None
            node = node.best_child(self.how.exploration)
        return node

    def _is_spent(self) -> bool:
        spent, budget = self.grower.spent.tokens, self.how.budget
        return budget is not None and spent is not None and spent >= budget

    async def _value(self, leaf: Node) -> float:
        if self.how.value != "rollouts" or leaf.partial.finish is not None:
            return leaf.worth
        made = await self.grower.complete(leaf.partial, self.how.rollouts)
        self.ended += [one for one in made if one.rank is not None]
        scored = [(one.rank, one.seen) for one in made if one.rank is not None]
        total = sum(seen for _, seen in scored)
        values = (seen * worth(rank, self.grower.by.aggregate) for rank, seen in scored)
        return math.fsum(values) / total if total else leaf.worth

    async def _grow(self, node: Node) -> None:
        """Sample the node's next lot of children, and close what has nothing left to find."""
        samples = self.how.expand
        (candidates,) = await self.grower.grow([(node.partial, node.lots * samples, samples)])
        scored = [one for one in candidates if one.rank is not None]
        self.blind += [one for one in candidates if one.rank is None]
        self.ended += [one for one in scored if one.finish is not None]
        known = {(child.partial.steps, child.partial.finish) for child in node.children or ()}
        new = [
            _child(node, one, self.grower.by.aggregate)
            for one in scored
            if one.finish is not Finish.LENGTH and (one.steps, one.finish) not in known
        ]
        node.children = [*(node.children or ()), *new]
        node.lots += 1
        node.dry = not new or self.how.widening == 0
        shares = priors([child.partial for child in node.children], self.how.prior)
        for child, share in zip(node.children, shares, strict=True):
            child.prior = share
        close(node)


def back_up(leaf: Node, value: float) -> None:
    """Enter a leaf's value as one visit of it and of all its ancestors."""
    for node in leaf.line():
        node.visits += 1
        node.total += value


def close(leaf: Node) -> None:
    """Close a node, and then its ancestors, as far as nothing is left to find there."""
    for node in leaf.line():
        if not (node.dry and node.is_exhausted):
            return
        node.closed = True


def priors(candidates: Sequence[Partial], how: Prior) -> list[float]:
    """A share for each candidate, adding up to 1: equal ones, or the softmax of the mean log-probabilities."""
    logs = [one.logprob for one in candidates]
    known = [log for log in logs if log is not None]
    if how == "uniform" or len(known) < len(logs):
        return [1 / len(candidates)] * len(candidates) if candidates else []
    weights = [math.exp(log - max(known)) for log in known]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _child(parent: Node, one: Partial, how: Aggregate) -> Node:
    return Node(one, worth(_rank(one), how), parent=parent)


def _leaves(root: Node) -> Iterator[Node]:
    left = [root]
    while left:
        node = left.pop()
        if not node.children:
            yield node
        left += reversed(node.children or [])


def _rank(one: Partial) -> float:
    return -math.inf if one.rank is None else one.rank
