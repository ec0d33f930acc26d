"""Monte Carlo labels: what stops early gives what an exhaustive run gives, sample for sample, and costs what it says.

Source: arXiv 2501.07301, sections 2.1 and 4.1. The engine is a coin whose bias depends on the prefix; exhaustive
labels are computed here by brute force from the same coins. Binary search and skipping are tested for what they are:
never before the true first label 0, and equal to it where labels are 1s followed by 0s.
"""

import asyncio
import math
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.openai_wire import completion_body
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, VerifierError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request
from veriloop.records import Cost, Finish, Group, Message, Problem, Solution, Unscored
from veriloop.verify.montecarlo import MonteCarlo

PROBLEM = Problem("t", "2 + 2 = ?", "4")


def heads(seed: int, sample: int, bias: float) -> bool:
    return derive_seed(seed, sample) / 2**63 < bias


@dataclass
class Coin:
    """Answers 4 with the bias of the number of steps in the prefix; every rollout has a stream of its own."""

    biases: tuple[float, ...]
    asked: list[tuple[int, int]] = field(default_factory=list)
    open: int = 0
    most: int = 0
    name: str = "coin"

    async def generate(self, request: Request) -> Reply:
        steps = request.prefix.count("\n\n")
        for j in range(request.first, request.first + request.n):
            self.asked.append((request.seed, j))
        self.open += 1
        self.most = max(self.most, self.open)
        for _ in range(5):
            await asyncio.sleep(0)
        self.open -= 1
        return Reply(
            tuple(
                Completion(
                    f"so \\boxed{{{4 if heads(request.seed, j, self.biases[steps - 1]) else 5}}}",
                    Finish.STOP,
                    tokens=3,
                )
                for j in range(request.first, request.first + request.n)
            ),
            prompt_tokens=10,
            usd=0.25 * request.n,
        )

    async def score(self, request):
        raise EngineError("a coin has no probabilities")

    async def close(self) -> None: ...


class Same:
    async def equal(self, reference: str, answer: str) -> bool:
        return reference == answer


def solution(steps: int, answer: str | None = "4") -> Solution:
    return Solution(PROBLEM.id, tuple(f"step {i}" for i in range(steps)), Finish.STOP, answer)


def verify(verifier: MonteCarlo, *solutions: Solution):
    return asyncio.run(verifier.verify(Group(PROBLEM, solutions)))


def brute_force(biases, answer, k, seed) -> list[int]:
    """Successes of all k rollouts of every prefix, the last being the answer itself times k."""
    counts = []
    for i in range(len(biases) - 1):
        prefix = "".join(f"step {j}\n\n" for j in range(i + 1))
        stream = derive_seed(seed, "rollout", PROBLEM.id, prefix)
        counts.append(sum(heads(stream, j, biases[i]) for j in range(k)))
    return [*counts, k * (answer == "4")]


BIASES = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), min_size=1, max_size=7).map(tuple)
ANSWERS = st.sampled_from(["4", "5"])
EIGHTHS = st.integers(0, 7).map(lambda eighth: eighth / 8)


def needed(k, threshold):
    """The fewest successes of k whose share is above the threshold, by counting."""
    return min(c for c in range(k + 1) if c / k > threshold)


def first_zero(counts, need):
    return next((i for i, c in enumerate(counts) if c < need), -1)


@settings(max_examples=60, deadline=None)
@given(BIASES, ANSWERS, st.sampled_from([1, 3, 8]), st.integers(0, 50))
def test_labels_equal_exhaustive_ones_sample_for_sample(biases, answer, k, seed):
    counts = brute_force(biases, answer, k, seed)
    first = next((i for i, c in enumerate(counts) if c == 0), -1)
    end = len(counts) if first == -1 else first + 1
    target = solution(len(biases), answer)
    for estimate, expected in (
        ("soft", [c / k for c in counts[:end]]),
        ("hard", [float(c > 0) for c in counts[:end]]),
    ):
        engine = Coin(biases)
        (verdict,) = verify(MonteCarlo(engine, Same(), k, estimate=estimate, seed=seed), target)
        (full,) = verify(
            MonteCarlo(Coin(biases), Same(), k, estimate=estimate, seed=seed, exhaustive=True),
            target,
        )
        assert verdict.first_error == first == full.first_error
        assert list(verdict.step_scores) == expected == list(full.step_scores)
        assert full.cost.rollouts == k * (len(biases) - 1)
        assert verdict.cost.rollouts == len(engine.asked) == len(set(engine.asked))
        assert verdict.cost.rollouts <= full.cost.rollouts
        assert verdict.cost.tokens == 3 * verdict.cost.rollouts
        assert verdict.cost.usd == 0.25 * verdict.cost.rollouts


@settings(max_examples=120, deadline=None)
@given(BIASES, ANSWERS, st.sampled_from([1, 2, 3, 5, 8]), EIGHTHS, st.integers(0, 50))
def test_every_threshold_gives_the_exhaustive_labels_with_the_same_rollouts(
    biases, answer, k, threshold, seed
):
    counts = brute_force(biases, answer, k, seed)
    need = needed(k, threshold)
    first = first_zero(counts, need)
    end = len(counts) if first == -1 else first + 1
    options = {"k": k, "threshold": threshold, "seed": seed}
    engine, target = Coin(biases), solution(len(biases), answer)
    (verdict,) = verify(MonteCarlo(engine, Same(), **options), target)
    (full,) = verify(MonteCarlo(Coin(biases), Same(), **options, exhaustive=True), target)
    assert verdict.first_error == full.first_error == first
    expected = [float(c >= need) for c in counts[:end]]
    assert list(verdict.step_scores) == list(full.step_scores) == expected
    made, every = verdict.detail["outcomes"], full.detail["outcomes"]
    assert [outcome.count("1") for outcome in every] == counts[:-1]
    assert len(made) == min(end, len(counts) - 1), "left to right, up to the first label 0"
    assert all(long.startswith(short) for short, long in zip(made, every, strict=False))
    assert len(engine.asked) == len(set(engine.asked)) == sum(map(len, made))
    for short, long in zip(made, every, strict=False):
        alone = settled(long, need)
        if 1 < need < k:
            assert len(short) == alone, "no rollout in vain"
        else:
            assert alone <= len(short) <= max(2 * alone - 1, 1), "at most as many again"


def settled(outcomes, need):
    """How many rollouts decide the label when they are made one at a time."""
    return next(
        done
        for done in range(1, len(outcomes) + 1)
        if outcomes[:done].count("1") >= need or outcomes[:done].count("0") > len(outcomes) - need
    )


@settings(max_examples=120, deadline=None)
@given(BIASES, ANSWERS, st.sampled_from([1, 4, 8]), EIGHTHS, st.integers(0, 50))
def test_binary_search_halves_and_errs_to_one_side_only(biases, answer, k, threshold, seed):
    counts = brute_force(biases, answer, k, seed)
    labels = [c >= needed(k, threshold) for c in counts]
    options = {"k": k, "threshold": threshold, "seed": seed}
    target = solution(len(biases), answer)
    (full,) = verify(MonteCarlo(Coin(biases), Same(), **options, exhaustive=True), target)
    (verdict,) = verify(MonteCarlo(Coin(biases), Same(), **options, search="binary"), target)
    rolled = [i for i, outcome in enumerate(verdict.detail["outcomes"]) if outcome]
    assert len(rolled) <= math.ceil(math.log2(len(labels)))
    every = full.detail["outcomes"]
    assert all(every[i].startswith(verdict.detail["outcomes"][i]) for i in rolled)
    if verdict.first_error == -1:
        assert answer == "4"
    else:
        assert not labels[verdict.first_error]
        assert -1 < full.first_error <= verdict.first_error
    if labels == sorted(labels, reverse=True):
        assert verdict.first_error == full.first_error
        assert verdict.step_scores == full.step_scores
    assert (verdict.detail["search"], verdict.detail["right"]) == ("binary", answer == "4")


@settings(max_examples=60, deadline=None)
@given(BIASES, ANSWERS, st.sampled_from(["left-to-right", "binary"]), st.integers(0, 50))
def test_skipping_right_answers_changes_nothing_for_wrong_ones(biases, answer, search, seed):
    target = solution(len(biases), answer)
    options = {"k": 4, "seed": seed, "search": search}
    engine = Coin(biases)
    (verdict,) = verify(MonteCarlo(engine, Same(), **options, skip_right=True), target)
    (kept,) = verify(MonteCarlo(Coin(biases), Same(), **options), target)
    if answer == "4":
        assert verdict.step_scores == (1.0,) * len(biases)
        assert (verdict.first_error, verdict.cost.rollouts, engine.asked) == (-1, 0, [])
        assert verdict.detail["search"] == "skipped"
    else:
        assert (verdict.first_error, verdict.step_scores) == (kept.first_error, kept.step_scores)
        assert verdict.detail == kept.detail | {"right": False}
        assert verdict.cost == kept.cost


def test_what_searched_stands_in_the_record():
    coin = Coin((0.0, 1.0))
    (plain,) = verify(MonteCarlo(coin, Same()), solution(2))
    (fast,) = verify(MonteCarlo(coin, Same(), search="binary", skip_right=True), solution(2, "7"))
    assert (plain.detail["search"], plain.detail["threshold"]) == ("left-to-right", 0.0)
    assert "search='left-to-right', skip_right=False" in plain.made_by
    assert fast.detail["search"] == "binary"
    assert "search='binary', skip_right=True" in fast.made_by


def test_a_prefix_stops_at_its_first_success_and_a_solution_at_its_first_zero():
    engine = Coin((1.0, 1.0, 0.0, 1.0))
    (verdict,) = verify(MonteCarlo(engine, Same(), 8, estimate="hard"), solution(4))
    assert verdict.step_scores == (1.0, 1.0, 0.0)
    assert verdict.cost.rollouts == 1 + 1 + 8
    assert verdict.detail["outcomes"] == ["1", "1", "0" * 8]


def test_the_last_step_is_the_answer_check_and_costs_no_rollout():
    engine = Coin((0.5,))
    (right, wrong) = verify(MonteCarlo(engine, Same()), solution(1), solution(1, "7"))
    assert (right.first_error, wrong.first_error) == (-1, 0)
    assert engine.asked == []


def test_failures_are_reasons_and_never_zeros():
    class Broken(Coin):
        async def generate(self, request: Request) -> Reply:
            raise EngineError("down")

    class Hangs:
        async def equal(self, reference: str, answer: str) -> bool:
            raise VerifierError("hung")

    (engine,) = verify(MonteCarlo(Broken((1.0, 1.0)), Same()), solution(2))
    (checker,) = verify(MonteCarlo(Coin((1.0, 1.0)), Hangs()), solution(2))
    (empty,) = verify(MonteCarlo(Coin((1.0,)), Same()), solution(0))
    no_reference = Group(Problem("t", "?"), (solution(2),))
    (unknown,) = asyncio.run(MonteCarlo(Coin((1.0, 1.0)), Same()).verify(no_reference))
    reasons = [v.unscored for v in (engine, checker, empty, unknown)]
    assert reasons == [Unscored.ENGINE, Unscored.CHECKER, Unscored.EMPTY, Unscored.NO_REFERENCE]
    assert all(v.value is None and v.first_error is None for v in (engine, checker, empty, unknown))


def test_solutions_that_share_a_prefix_share_its_rollouts():
    engine = Coin((0.5, 0.5, 0.5))
    a, b = (
        solution(3),
        Solution(PROBLEM.id, ("step 0", "step 1", "other"), Finish.STOP, "4", sample=1),
    )
    first, second = verify(MonteCarlo(engine, Same(), estimate="soft"), a, b)
    assert first.detail["outcomes"] == second.detail["outcomes"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": 0}, "at least 1"),
        ({"threshold": 1.0}, "from 0 to below 1"),
        ({"threshold": -0.1}, "from 0 to below 1"),
        ({"estimate": "soft", "threshold": 0.5}, "soft labels"),
        ({"estimate": "soft", "search": "binary"}, "soft labels"),
        ({"exhaustive": True, "search": "binary"}, "exhaustive"),
        ({"exhaustive": True, "skip_right": True}, "exhaustive"),
    ],
)
def test_options_that_contradict_say_so(options, said):
    with pytest.raises(ValueError, match=said):
        MonteCarlo(Coin((1.0,)), Same(), **options)


@dataclass
class Short(Coin):
    """Gives ``change`` samples more or fewer than were asked for."""

    change: int = -1

    async def generate(self, request: Request) -> Reply:
        reply = await super().generate(request)
        extra = reply.completions * 2
        return Reply(extra[: request.n + self.change], reply.prompt_tokens, usd=reply.usd)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_wrong_number_of_samples_is_a_failure_and_its_cost_is_kept(change):
    engine = Short((1.0, 1.0), change=change)
    (verdict,) = verify(MonteCarlo(engine, Same(), estimate="soft"), solution(2))
    assert verdict.unscored is Unscored.ENGINE
    assert "asked for 8" in verdict.detail["error"]
    assert verdict.cost == Cost(1, 8 + change, 10, 3 * (8 + change), 2.0)


def test_all_solutions_of_all_problems_are_in_flight_at_once():
    engine = Coin((1.0,) * 4)
    verifier = MonteCarlo(engine, Same())
    groups = [
        Group(
            (problem := Problem("t", f"{i} + 2 = ?", "4")),
            tuple(
                Solution(problem.id, ("a", f"b {j}", "c", "d"), Finish.STOP, "4", sample=j)
                for j in range(3)
            ),
        )
        for i in range(20)
    ]

    async def work():
        return await asyncio.gather(*(verifier.verify(group) for group in groups))

    found = asyncio.run(work())
    assert engine.most == 60
    assert [len(verdicts) for verdicts in found] == [3] * 20


@pytest.mark.parametrize(
    "prompt", ["2 + 2 = ?", (Message("system", "s"), Message("user", "2 + 2?"))]
)
def test_requests_of_one_solution_extend_one_another_as_a_server_reads_them(prompt):
    """What a prefix cache needs: the text of each prefix begins with the one before, byte for byte."""
    engine = Scripted(lambda request: "\\boxed{4}")
    problem = Problem("t", prompt, "4")
    steps = ("Δx = 2 — «é» 🙂", " two\nlines ", "", "\\boxed{4}")
    target = Solution(problem.id, steps, Finish.STOP, "4")
    verifier = MonteCarlo(engine, Same(), 4, estimate="soft")
    (verdict,) = asyncio.run(verifier.verify(Group(problem, (target,))))
    assert verdict.first_error == -1
    bodies = [
        completion_body(request, model="m", sample=request.first, n=request.n, extra={})[1]
        for request in engine.requests
    ]
    assert [body["n"] for body in bodies] == [4, 4, 4], "samples of one prefix go together"
    written = [body["messages"][-1]["content"] for body in bodies]
    assert all(after.startswith(before) for before, after in pairwise(written))
    assert written[-1] == "Δx = 2 — «é» 🙂\n\n two\nlines \n\n\n\n"
    assert all(body["messages"][:-1] == bodies[0]["messages"][:-1] for body in bodies)
    assert all(body["continue_final_message"] for body in bodies)


def test_a_solution_of_300_steps():
    steps = 300
    engine = Coin((1.0,) * 200 + (0.0,) * 100)
    binary = Coin(engine.biases)
    (found,) = verify(MonteCarlo(engine, Same()), solution(steps, "5"))
    (halved,) = verify(MonteCarlo(binary, Same(), search="binary"), solution(steps, "5"))
    assert found.first_error == halved.first_error == 200
    assert len(found.step_scores) == 201
    assert found.cost.rollouts == 200 + 8
    assert sum(map(bool, halved.detail["outcomes"])) <= 9
