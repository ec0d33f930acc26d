"""Monte Carlo labels: the shortcuts give what an exhaustive run gives, sample for sample, and cost what they say.

Source: arXiv 2501.07301, section 2.1. The engine is a coin whose bias depends on the prefix; exhaustive labels
are computed here by brute force from the same coins.
"""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import EngineError, VerifierError
from veriloop.ids import derive_seed
from veriloop.protocols import Completion, Reply, Request
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.verify.montecarlo import MonteCarlo

PROBLEM = Problem("t", "2 + 2 = ?", "4")


def heads(seed: int, sample: int, bias: float) -> bool:
    return derive_seed(seed, sample) / 2**63 < bias


@dataclass
class Coin:
    """Answers 4 with the bias of the number of steps in the prefix; every rollout has a stream of its own."""

    biases: tuple[float, ...]
    asked: list[tuple[int, int]] = field(default_factory=list)
    name: str = "coin"

    async def generate(self, request: Request) -> Reply:
        steps = request.prefix.count("\n\n")
        for j in range(request.first, request.first + request.n):
            self.asked.append((request.seed, j))
        await asyncio.sleep(0)
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


biases = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), min_size=1, max_size=7).map(tuple)


@settings(max_examples=60, deadline=None)
@given(biases, st.sampled_from(["4", "5"]), st.sampled_from([1, 3, 8]), st.integers(0, 50))
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


def test_k_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        MonteCarlo(Coin((1.0,)), Same(), 0)
