"""A failed judge never becomes a zero: shown for every kind of verifier that there is.

A kind is shown with everything that it asks out of order, and, where it asks an engine, with one that answers nonsense.
A new kind has to enter ``CASES``.
"""

import asyncio
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from veriloop.engines.pooling import PoolingServer
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.scripted import Scripted
from veriloop.errors import VerifierError
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier, sample_groups
from veriloop.testing.judge import SpokenJudge
from veriloop.verify import KINDS
from veriloop.verify.answer import Answer
from veriloop.verify.cascade import Cascade
from veriloop.verify.code import Code
from veriloop.verify.combine import Majority
from veriloop.verify.compare import Pairwise, Pointwise
from veriloop.verify.critic import ContrastiveCritic, Critic
from veriloop.verify.equality import MathEquality
from veriloop.verify.equations import Equations
from veriloop.verify.facts import Facts
from veriloop.verify.instructions.verifier import Instructions
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo
from veriloop.verify.outcome import Outcome
from veriloop.verify.panel import Panel
from veriloop.verify.plus_minus import PlusMinus
from veriloop.verify.pooling import Pooling
from veriloop.verify.process import Process
from veriloop.verify.route import Goal, Router
from veriloop.verify.rubric import Rubric
from veriloop.verify.rules import Length, Pattern
from veriloop.verify.surprise import MinTokenProbability

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).parents[1] / "engines" / "tiny_published.py"
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)


@dataclass(frozen=True)
class Broken:
    """An equality that cannot compare."""

    name: str = "broken"

    async def equal(self, reference, answer):
        raise VerifierError("no result within 5 s")


@dataclass(frozen=True)
class Told:
    text: str = ""
    error: str = "closed"
    ok: bool = False


@dataclass(frozen=True)
class Closed:
    """A tool that answers nothing."""

    name: str = "closed"
    description: str = "Claims are checked by nobody."

    async def call(self, text):
        return Told()


def labelled():
    """Each sum with two right solutions and a wrong one, and an answer check's word on each."""
    groups = []
    for group in sample_groups():
        right, wrong = group.solutions
        other = replace(right, steps=("By heart.", *right.steps), sample=2)
        whole = replace(group, solutions=(right, wrong, other))
        groups.append(replace(whole, verdicts=asyncio.run(Answer().verify(whole))))
    return groups


def programs():
    """A problem with a test, and programs of which the judge says that it failed."""
    problem = Problem("code", "Echo.", tests=({"input": "1\n", "output": "1\n"},))
    texts = [f"```python\nprint({n})  # JE\n```" for n in range(2)]
    solutions = [Solution(problem.id, (t,), Finish.STOP, sample=n) for n, t in enumerate(texts)]
    return [Group(problem, tuple(solutions))]


def spoilt(made):
    """The checkpoint ``made`` with a weight that is no number."""
    from safetensors.torch import load_file, save_file

    for path in Path(made).glob("*.safetensors"):
        weights = {name: tensor.clone() for name, tensor in load_file(path).items()}
        for tensor in weights.values():
            tensor.view(-1)[0] = float("nan")
        save_file(weights, path, metadata={"format": "pt"})
    return str(made)


def prm(folder):
    out = folder / "prm"
    base = published.tiny.save_checkpoint(folder / "base")
    ProcessRewardModel.create(base, seed=4).save(out)
    return out


# What each kind asks, and how it is built over an engine; "engine" kinds are tried with nonsense too.
ENGINE = {
    "cascade": lambda engine: Cascade((Judge(engine), Judge(engine, name="second"))),
    "contrastive": ContrastiveCritic,
    "critic": Critic,
    "facts": lambda engine: Facts(engine, Closed()),
    "judge": Judge,
    "min-token-probability": MinTokenProbability,
    "pairwise": Pairwise,
    "panel": lambda engine: Panel((Judge(engine), Judge(engine, name="second")), Majority()),
    "plus-minus": PlusMinus,
    "pointwise": lambda engine: Pointwise(Judge(engine)),
    "router": lambda engine: Router(((Goal("all"), Judge(engine)),)),
    "rubric": Rubric,
}
# Rollouts without an answer did not get there: nonsense is a legitimate 0 of theirs.
ROLLOUTS = {"montecarlo": lambda engine: MonteCarlo(engine, MathEquality(), k=2)}
# What asks no engine: built out of order in a folder, with the groups that it is to judge.
OTHERS = {
    "answer": lambda folder: (Answer(Broken()), ()),
    "code": lambda folder: (Code(judge=SpokenJudge()), programs()),
    "outcome": lambda folder: (
        Outcome(
            spoilt(published.classifier(folder, labels=1, kind="Sequence", seed=31)),
            granularity="step",
        ),
        (),
    ),
    "pooling": lambda folder: (
        Pooling(PoolingServer("m", "http://127.0.0.1:9", backoff=0.001, retries=1), prm(folder)),
        (),
    ),
    "process": lambda folder: (Process(spoilt(prm(folder))), ()),
}
# What asks nobody cannot fail; it may have nothing to go by, which is no zero either.
NOBODY = {
    "equations": (Equations(), "No number is written here.", Unscored.ABSTAINED),
    "instructions": (Instructions(), "Nothing was asked for.", Unscored.NO_REFERENCE),
    "length": (Length(most=5, unit="tokens"), "Of unknown length.", Unscored.ABSTAINED),
    "pattern": (Pattern(required=("boxed",)), "", Unscored.EMPTY),
}


def test_every_kind_is_shown_here():
    assert sorted([*ENGINE, *ROLLOUTS, *OTHERS, *NOBODY]) == sorted(KINDS)


@pytest.mark.parametrize("kind", NOBODY)
def test_nothing_to_go_by_makes_no_zero(kind):
    verifier, text, reason = NOBODY[kind]
    problem = Problem("t", "q", "1")
    solution = Solution(problem.id, (text,) if text else ())
    (verdict,) = asyncio.run(verifier.verify(Group(problem, (solution,))))
    assert (verdict.value, verdict.unscored) == (None, reason)
    asyncio.run(check_verifier(verifier))


@pytest.mark.parametrize("kind", [*ENGINE, *ROLLOUTS])
def test_an_engine_that_fails_or_cannot_be_read_makes_no_zero(kind):
    build = {**ENGINE, **ROLLOUTS}[kind]
    asked = build(Scripted({}))  # a script without answers fails every call
    unreadable = None if kind in ROLLOUTS else "I cannot say."
    groups = labelled() if kind == "contrastive" else sample_groups()
    asyncio.run(check_verifier(asked, groups, failing=build, unreadable=unreadable, rebuild=False))
    for group in groups:
        verdicts = asyncio.run(asked.verify(group))
        assert {v.unscored for v in verdicts} == {Unscored.ENGINE}, kind


@pytest.mark.parametrize("kind", OTHERS)
def test_a_server_a_checker_or_weights_that_fail_make_no_zero(kind, tmp_path):
    async def main():
        broken, groups = OTHERS[kind](tmp_path)
        await check_verifier(broken, groups, failing=broken, rebuild=False)
        for group in groups or sample_groups():
            verdicts = await broken.verify(group)
            assert {v.unscored for v in verdicts} <= {Unscored.ENGINE, Unscored.CHECKER}, kind
            assert all(v.detail for v in verdicts)
        if hasattr(broken, "server"):
            await broken.server.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "compose",
    [
        lambda lost: Panel((lost, Answer()), Majority()),
        lambda lost: Cascade((lost, Answer())),
        lambda lost: Router(((Goal("sums", tasks=("sums",)), Answer()),), default=lost),
    ],
)
def test_a_failed_member_leaves_the_word_to_the_others_and_makes_no_zero(compose):
    verifier = compose(Judge(Scripted({})))
    asyncio.run(check_verifier(verifier, rebuild=False))
    for group in sample_groups():
        assert [v.value for v in asyncio.run(verifier.verify(group))] == [1.0, 0.0]
