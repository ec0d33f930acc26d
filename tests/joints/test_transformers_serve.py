"""Search, rollouts and judge against ``transformers serve``, a real server that is not ours.

It ignores ``n`` and ``logprobs`` in silence and answers one choice with status 200: exactly n samples have to come
back all the same, and a log-probability that is not there is None and never 0.
"""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.abacus.world import abacus_problems
from veriloop.cli import app
from veriloop.engines.http import Http
from veriloop.errors import EngineError
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.records import Finish, Group, Message, Unscored
from veriloop.search.sample import Sample
from veriloop.verify.equality import MathEquality
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo

pytestmark = pytest.mark.slow
pytest.importorskip("fastapi", reason="`transformers serve` needs fastapi")
pytest.importorskip("uvicorn", reason="`transformers serve` needs uvicorn")

SAMPLING = Sampling(max_tokens=160)
MINIATURE = Path(__file__).resolve().parents[1] / "data/pmmeval"
PROBLEMS = abacus_problems(0, 2, "heldout")


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """The shipped policy, told to sample: the server is greedy for checkpoints that do not say so."""
    folder = tmp_path_factory.mktemp("served") / "policy"
    shutil.copytree(checkpoint("policy"), folder)
    path = folder / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"do_sample": True}))
    return folder


@pytest.fixture(scope="module")
def url(served, policy, tmp_path_factory):
    script = Path(sys.executable).with_name("transformers")
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with served([script, "serve"], log, FORCE_MODEL=str(policy)) as url:
        yield url


@pytest.fixture
def engine(url, policy):
    """The server as a user would name it; prefixes go on through the model's own template."""
    return Http(str(policy), url, continuation="template", tokenizer=str(policy), timeout=120)


def run(engine, work):
    async def whole():
        try:
            return await work
        finally:
            await engine.close()

    return asyncio.run(whole())


def test_exactly_n_samples_come_back_and_they_differ(url, policy):
    engine = Http(str(policy), url, samples_per_call=None, timeout=120)
    request = Request((Message("user", PROBLEMS[0].text),), SAMPLING, seed=1, n=3, logprobs=True)
    reply = run(engine, engine.generate(request))
    assert len(reply.completions) == 3
    assert [c.logprobs for c in reply.completions] == [None] * 3
    assert len({c.text for c in reply.completions}) > 1
    assert engine.counts["fewer choices than asked"] == 1, "asked once for three, then one by one"
    assert engine.counts["calls"] == 3


def test_the_search_stage(engine):
    async def search():
        return await asyncio.gather(*(Sample(3, SAMPLING).search(p, engine) for p in PROBLEMS))

    found = run(engine, search())
    assert [[s.sample for s in solutions] for solutions in found] == [[0, 1, 2]] * len(PROBLEMS)
    every = [s for solutions in found for s in solutions]
    assert {s.finish for s in every} <= {Finish.STOP, Finish.LENGTH}
    assert sum(s.answer is not None for s in every) > len(every) / 2
    assert all(s.tokens for s in every)


def test_the_judge_stage_gives_a_verdict_or_a_reason(engine):
    """The policy was never taught to judge: an unreadable answer is unscored, with the answer kept."""

    async def judge():
        solutions = await Sample(2, SAMPLING).search(PROBLEMS[0], engine)
        verifier = Judge(engine, "judge_bare", Sampling(200, 0.0))
        return await verifier.verify(Group(PROBLEMS[0], solutions))

    for verdict in run(engine, judge()):
        assert verdict.scored or verdict.unscored in (Unscored.UNPARSED, Unscored.TRUNCATED)
        assert verdict.value != 0 or verdict.first_error is not None
        assert verdict.critique


def test_rollouts_go_on_from_a_prefix_and_some_succeed(engine):
    """A prefix is the written solution's own beginning, so that what follows must use its numbers."""

    async def verify():
        equality = MathEquality()
        try:
            solutions = await Sample(2, SAMPLING).search(PROBLEMS[1], engine)
            verifier = MonteCarlo(engine, equality, 2, estimate="soft", sampling=SAMPLING)
            return solutions, await verifier.verify(Group(PROBLEMS[1], solutions))
        finally:
            await equality.close()

    solutions, verdicts = run(engine, verify())
    for solution, verdict in zip(solutions, verdicts, strict=True):
        assert verdict.scored, verdict.detail
        assert verdict.cost.rollouts == 2 * len(verdict.detail["outcomes"])
        assert len(verdict.step_scores) <= len(solution.steps)


def test_scoring_is_refused_with_what_to_use_instead(engine):
    with pytest.raises(EngineError, match="veriloop serve model"):
        run(engine, engine.score(ScoreRequest("1 + 1 =", " 2")))


def test_a_benchmark_through_the_door(url, policy, tmp_path):
    """P-MMEval's MGSM in two languages: every item asked, answered and judged, whatever the answers are worth."""
    model = f"{policy}@{url}"
    said = CliRunner().invoke(
        app,
        ["bench", "pmmeval", "-q", "--model", model, "--data", str(MINIATURE), "--tasks", "mgsm",
         "--languages", "en,es", "--limit", "1", "--max-tokens", "24", "--out", str(tmp_path)],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert {one["means"]["sets"]["mgsm"]["n"] for one in result["scored"]} == {2}
    assert [one["lost"] for one in result["scored"]] == [0, 0]
    assert all(0 < count <= 2 * 24 for count in result["tokens"].values())
