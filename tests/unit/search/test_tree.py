"""Monte Carlo tree search against a slow one written from the formula, which recounts everything every time."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.protocols import Completion, Sampling
from veriloop.records import Finish
from veriloop.search import KINDS
from veriloop.search.greedy import GuidedGreedy
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import AGGREGATES, Partial
from veriloop.search.tree import Tree, TreeSearch, priors
from veriloop.testing import check_search


def test_the_contract_of_a_search(forest):
    search = TreeSearch(forest.Exact(), 6, 3)
    asyncio.run(check_search(search, forest.PROBLEM, forest.engine()))
    assert KINDS["mcts"] == f"{TreeSearch.__module__}:{TreeSearch.__name__}"


@dataclass
class Slow:
    """The search over paths, written from its description; ``drawn`` are the samples of a growth."""

    worth: Callable[[tuple[int, ...]], float]
    shape: tuple[int, int]
    drawn: int
    exploration: float
    widening: float
    to_the_end: bool = False
    children: dict = field(default_factory=dict)
    lots: dict = field(default_factory=lambda: defaultdict(int))
    dry: set = field(default_factory=set)
    values: dict = field(default_factory=lambda: defaultdict(list))
    ended: list = field(default_factory=list)

    def grow(self, path):
        branching, depth = self.shape
        before = self.children.setdefault(path, [])
        samples = range(self.lots[path] * self.drawn, (self.lots[path] + 1) * self.drawn)
        lot = list(dict.fromkeys((*path, sample % branching) for sample in samples))
        new = [child for child in lot if child not in before]
        before += new
        self.lots[path] += 1
        self.ended += [child for child in lot if len(child) == depth]
        if not new or self.widening == 0:
            self.dry.add(path)

    def closed(self, path):
        if len(path) == self.shape[1]:
            return path in self.dry
        return path in self.dry and all(self.closed(child) for child in self.children[path])

    def bound(self, path, child):
        seen = self.values[child]
        mean = sum(seen) / len(seen) if seen else self.worth(child)
        spread = math.sqrt(len(self.values[path])) / len(self.children[path])
        return mean + self.exploration * spread / (1 + len(seen))

    def simulate(self):
        path = ()
        while len(path) < self.shape[1]:
            if path not in self.children:
                if not self.to_the_end:
                    break
                self.grow(path)
            alive = [c for c in self.children[path] if not self.closed(c)]
            wanted = math.ceil(len(self.values[path]) ** self.widening)
            if path not in self.dry and (not alive or self.lots[path] < wanted):
                self.grow(path)
            alive = [c for c in self.children[path] if not self.closed(c)]
            if not alive:
                return
            path = max(alive, key=lambda c, path=path: self.bound(path, c))
        value = self.worth(path)
        if len(path) == self.shape[1]:
            self.dry.add(path)
        else:
            self.grow(path)
        for end in range(len(path) + 1):
            self.values[path[:end]].append(value)

    def run(self, simulations):
        self.grow(())
        for _ in range(simulations):
            if self.closed(()):
                break
            self.simulate()


def nodes(node):
    yield node
    for child in node.children or ():
        yield from nodes(child)


@settings(max_examples=60, deadline=None)
@given(
    salt=st.integers(0, 10**6),
    how=st.sampled_from(AGGREGATES),
    shape=st.sampled_from([(1, 3), (2, 3), (3, 2), (3, 3), (5, 2)]),
    drawn=st.integers(1, 3),
    simulations=st.integers(1, 60),
    exploration=st.sampled_from([0.0, 0.5, 1.0, 5.0]),
    widening=st.sampled_from([0.0, 0.5, 0.9]),
    value=st.sampled_from(["end", "score"]),
)
def test_visits_and_values_are_those_of_the_slow_one(
    forest, salt, how, shape, drawn, simulations, exploration, widening, value
):
    depth = shape[1]
    by_hand = Slow(
        lambda path: forest.value(salt, path, depth, how),
        shape,
        drawn,
        exploration,
        widening,
        value == "end",
    )
    by_hand.run(simulations)
    search = TreeSearch(
        forest.Exact(salt),
        simulations,
        drawn,
        exploration,
        widening=widening,
        value=value,
        by=Stepwise(aggregate=how),
    )
    grower = Grower(forest.PROBLEM, forest.engine(*shape), search.verifier, search.by)
    tree = Tree(search, grower)
    asyncio.run(tree.run())
    seen = {forest.path_of(node.partial.steps): node for node in nodes(tree.root)}
    assert {path: node.visits for path, node in seen.items() if node.visits} == {
        path: len(found) for path, found in by_hand.values.items() if found
    }
    for path, node in seen.items():
        assert node.total == pytest.approx(sum(by_hand.values[path]), abs=1e-9)
    assert [forest.path_of(one.steps) for one in tree.ended] == by_hand.ended


@pytest.mark.parametrize("drawn", [1, 2, 3])
def test_widening_reaches_children_that_one_growth_did_not_sample(forest, drawn):
    """Five ways at every node; with one growth of each only the first few are ever seen."""
    how = TreeSearch(forest.Exact(3), 10**4, drawn)
    every = forest.leaves(5, 2)
    best = max(every, key=lambda p: forest.value(3, p, 2, "last"))
    assert set(forest.paths(forest.run(how, by=forest.engine(5, 2)))) == set(every)
    assert forest.paths(forest.run(how, by=forest.engine(5, 2)))[0] == best
    narrow = forest.paths(forest.run(replace(how, widening=0.0), by=forest.engine(5, 2)))
    assert set(narrow) == {p for p in every if max(p) < drawn}


@pytest.mark.parametrize("how", AGGREGATES)
@pytest.mark.parametrize("prior", ["uniform", "logprob"])
def test_with_many_simulations_it_finds_everything_and_the_best_comes_first(forest, how, prior):
    for salt in range(5):
        search = TreeSearch(forest.Exact(salt), 10**6, 3, prior=prior, by=Stepwise(aggregate=how))
        found = forest.paths(forest.run(search, by=forest.engine(3, 3)))
        every = forest.leaves(3, 3)
        assert found == sorted(every, key=lambda p: -forest.value(salt, p, 3, how))


def test_few_simulations_find_the_best_more_often_than_chance(forest):
    """Three ways down a tree with 32 leaves, most of which are then never seen."""
    hits = wins = 0
    for salt in range(40):
        search = TreeSearch(forest.Exact(salt), 3, 2, by=Stepwise(aggregate="min"))
        solutions = forest.run(search, by=forest.engine(2, 5))
        worths = {p: forest.value(salt, p, 5, "min") for p in forest.leaves(2, 5)}
        found = forest.paths(solutions)
        wins += found[0] == max(worths, key=worths.get)
        hits += len(found) / len(worths)
    assert wins / 40 > 1.5 * hits / 40


@pytest.mark.parametrize("salt", range(5))
def test_the_first_way_down_is_guided_greedy_search(forest, salt):
    engine = forest.engine(3, 4, drawn=True)
    (greedy,) = forest.run(GuidedGreedy(forest.Exact(salt), 4), by=engine)
    search = TreeSearch(forest.Exact(salt), 1, 4)
    assert greedy.steps in {s.steps for s in forest.run(search, by=engine)}
    assert forest.run(search, by=engine)[0].steps == greedy.steps


def test_priors_are_shares():
    logs = [Partial(logprob=x) for x in (-0.5, -1.5, -0.5)]
    shares = priors(logs, "logprob")
    total = 2 * math.exp(-0.5) + math.exp(-1.5)
    assert shares == pytest.approx([math.exp(x) / total for x in (-0.5, -1.5, -0.5)], abs=1e-12)
    assert priors(logs, "uniform") == [1 / 3] * 3
    assert priors([*logs, Partial()], "logprob") == [0.25] * 4, "unknown is not 0"
    assert priors([], "logprob") == []


def test_log_probabilities_are_asked_for_where_they_count_and_steer(forest):
    """Equal scores: the likelier child is entered first."""

    def write(request):
        done = forest.answers(2, 2)(request)
        log = -0.1 if request.first else -3.0
        stop = "\n\n" if not request.prefix else None
        return Completion(done.split("\n\n")[0], Finish.STOP, 1, (log,), stop=stop)

    engine = type(forest.engine())(write)
    search = TreeSearch(forest.Flat(), 1, 2, prior="logprob")
    forest.run(search, by=engine)
    assert [r.logprobs for r in engine.requests] == [True, True]
    assert engine.requests[1].prefix == forest.step((0,), 2) + "\n\n", (
        "nothing has been visited yet"
    )
    forest.run(replace(search, simulations=2), by=engine)
    assert engine.requests[-1].prefix == forest.step((1,), 2) + "\n\n"
    uniform = type(forest.engine())(write)
    forest.run(replace(search, prior="uniform"), by=uniform)
    assert not any(r.logprobs for r in uniform.requests)


def test_rollouts_value_a_leaf_and_count_as_found(forest):
    search = TreeSearch(forest.Exact(2), 1, 2, value="rollouts", rollouts=3)
    engine = forest.engine(3, 3)
    tree = Tree(search, Grower(forest.PROBLEM, engine, search.verifier, search.by))
    asyncio.run(tree.run())
    first = max(((0,), (1,)), key=lambda p: forest.value(2, p, 3, "last"))
    whole = [(*first, child, 0) for child in range(3)]
    assert [forest.path_of(one.steps) for one in tree.ended] == whole
    mean = sum(forest.value(2, p, 3, "last") for p in whole) / 3
    assert tree.root.total == pytest.approx(mean, abs=1e-12)
    (rollout,) = [r for r in engine.requests if r.n == 3]
    assert rollout.sampling.stop == ()
    assert rollout.prefix == forest.step(first, 3) + "\n\n"


def test_the_budget_is_not_overrun_by_more_than_one_simulation(forest):
    search = TreeSearch(forest.Exact(), 10**6, 3, widening=0.0, value="score", budget=100)
    spent = forest.trace(search, by=forest.engine(3, 6)).spent
    one = 3 * 5  # samples of a growth, words of a step at most
    assert 100 <= spent.tokens < 100 + one
    (free,) = [forest.trace(replace(search, budget=None), by=forest.engine(3, 2)).spent]
    assert free.tokens == 3 * 4 + 9 * 5, "words: a growth of the root, and one of each child"


def test_without_a_finished_solution_the_best_that_is_left_is_cut(forest):
    search = TreeSearch(forest.Exact(4), 2, 2, value="score", by=Stepwise(max_steps=9))
    (found,) = forest.run(search, by=forest.engine(2, 9))
    assert found.finish is Finish.LENGTH
    grown = [(0,), (1,)]
    best = max(grown, key=lambda p: forest.value(4, p, 9, "last"))
    assert forest.path_of(found.steps)[:1] in (best, *grown)
    short = TreeSearch(forest.Exact(4), 50, 2, by=Stepwise(max_steps=2))
    (cut,) = forest.run(short, by=forest.engine(2, 9))
    assert (cut.finish, len(cut.steps)) == (Finish.LENGTH, 2)


def test_unscored_children_are_never_entered(forest):
    search = TreeSearch(forest.Exact(blind=("move 1: 0", "move 2: 1")), 50, 2)
    engine = forest.engine(2, 3)
    traced = forest.trace(search, by=engine)
    assert forest.paths(traced.solutions) == sorted(
        [(1, 0, 0), (1, 0, 1)], key=lambda p: -forest.value(0, p, 3, "last")
    )
    assert traced.spent.unscored == 2
    assert not any("move 1: 0" in r.prefix or "move 2: 1" in r.prefix for r in engine.requests)
    (blind,) = forest.run(TreeSearch(forest.Exact(blind=("move",)), 50, 2), by=engine)
    assert (blind.finish, blind.steps) == (Finish.LENGTH, forest.steps((0,), 3))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"simulations": 0}, "at least 1"),
        ({"expand": 0}, "at least 1"),
        ({"rollouts": 0}, "at least 1"),
        ({"value": "best"}, "end, score or rollouts, got 'best'"),
        ({"widening": 1.0}, "below 1, got 1.0"),
        ({"prior": "best"}, "logprob or uniform, got 'best'"),
    ],
)
def test_what_is_impossible_is_refused(forest, options, said):
    with pytest.raises(ValueError, match=said):
        TreeSearch(forest.Exact(), **options)


def test_a_step_is_sampled_as_asked(forest):
    engine = forest.engine()
    by = Stepwise(Sampling(900, 0.7, 0.9, 5, stop=("END",)), max_step_tokens=40)
    forest.run(TreeSearch(forest.Exact(), 1, 2, by=by), by=engine)
    first = engine.requests[0]
    assert first.sampling == Sampling(40, 0.7, 0.9, 5, stop=("END", "\n\n"))
    assert first.n == 2
